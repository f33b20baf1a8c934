/*
 * The throwaway server itself: killed as a power cut would end it, and started again.
 *
 * It is found by the data directory that it names, and started again with the arguments and as the
 * user that it had. The connection of support/testdb.h is made anew.
 */
#ifndef SYNCSCHED_TESTS_FAULT_POSTGRES_H
#define SYNCSCHED_TESTS_FAULT_POSTGRES_H

/* SIGKILL to the server and all its processes; it stays away for down_ms, and is back on return. */
void postgres_crash(int down_ms);

#endif
