/*
 * The machine that a trigger is tried on: a scene, and beside it the program and its configuration in
 * the places in which scripts/share/triggers expects them, on a machine that tests/triggers/apart has made.
 *
 * Whatever goes wrong in here fails the running test.
 */
#ifndef TESTS_TRIGGERS_MACHINE_H
#define TESTS_TRIGGERS_MACHINE_H

#include "support/program.h"

#include <check.h>
#include <stdbool.h>

/* Says on stdout why what cannot be tried here, and returns false, unless this machine is ours. */
bool machine_is_ours(const char *what);

/* Fixtures: scene_open(), /usr/local/bin/syncsched, /etc/syncsched.conf; and the end of them. */
void machine_open(void);
void machine_close(void);

/* Copies scripts/share/triggers/NAME to a place of the machine, creating its directory. */
void machine_install(const char *name, const char *path, const char *mode);

/* What scripts/share/triggers/NAME, or any other file, holds; to be freed. */
char *machine_read_trigger(const char *name);
char *machine_read(const char *path);

/* Runs a line of shell to its end; its status must be 0. Returns what it wrote; to be freed. */
char *machine_shell(const char *line) __attribute__((warn_unused_result));

/* The same, and throws that away. */
void machine_do(const char *line);

/*
 * Waits until the query, a boolean, says true, which it should within so many seconds; two minutes
 * more are for a busy machine. 0: it says so now.
 */
void machine_wait_for(const char *sql, int seconds);

/* The same where pg_cron keeps its jobs. */
void machine_wait_for_job(const char *sql, int seconds);

/* Ends a daemon and waits for that. */
void machine_end(struct program *daemon);

#endif
