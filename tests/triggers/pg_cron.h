/*
 * pg_cron on the throwaway server, in its database postgres.
 */
#ifndef TESTS_TRIGGERS_PG_CRON_H
#define TESTS_TRIGGERS_PG_CRON_H

#include <stdbool.h>

#define PG_CRON_WRAPPER "/usr/local/lib/syncsched/syncsched-tick"

/* Says on stdout why what cannot be tried here, and returns false, unless the server has it. */
bool pg_cron_is_there(const char *what);

/* Applies schedule.sql, or unschedule.sql, as it is. */
void pg_cron_schedule(void);
void pg_cron_unschedule(void);

/* Runs one statement where pg_cron keeps its jobs. */
void pg_cron_do(const char *sql);

#endif
