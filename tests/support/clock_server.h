/*
 * A PostgreSQL server of a suite's own, whose clock can be set while it runs: under libfaketime.
 */
#ifndef TESTS_SUPPORT_CLOCK_SERVER_H
#define TESTS_SUPPORT_CLOCK_SERVER_H

/*
 * Unchecked fixtures: from the one to the other, libpq's variables lead to that server, for this
 * process and its children. It is a new cluster in memory, and goes with its files.
 */
void clock_server_start(void);
void clock_server_stop(void);

/* Sets its clock off by so much: "+3d", "-2h", "+0"; with statements that begin from now on. */
void clock_server_set(const char *offset);

/*
 * Runs a script of shell, which must succeed. "$d" is the server's directory: its cluster in data, its
 * WAL in archive. "as COMMAND..." runs a program as its user, those of the server in "$bin"; "down"
 * stops the server, "new $PGPORT" makes another cluster in its place, and "up" starts what is there.
 */
void clock_server_run(const char *script);

/* A wrapper for the scene: the program's host has the server's clock. In a static buffer. */
const char *clock_server_wrapper(void);

#endif
