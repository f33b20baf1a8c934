/*
 * The emulated old pooler (scripts/dev/old-pooler) in front of the test's database.
 */
#ifndef SYNCSCHED_TESTS_SUPPORT_POOLER_H
#define SYNCSCHED_TESTS_SUPPORT_POOLER_H

/*
 * Starts one that leaves the first `silent` clients without answer, and lets each wait for wait_s
 * seconds; waits until it listens. It ends with this process, or by pooler_stop().
 */
void pooler_start(const char *silent, const char *wait_s);

void pooler_stop(void);

/* The port at which it listens, in a static buffer. */
const char *pooler_port(void);

/* The port of the server itself, where the program goes through another pooler, too. */
const char *pooler_server_port(void);

/* "SUPABASE_DB_URL=..." of the test's database, by that port as this user; in a static buffer. */
const char *pooler_variable(const char *port, const char *user, const char *password);

#endif
