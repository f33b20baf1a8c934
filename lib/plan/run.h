/*
 * A run: one row of sync_run_log, one attempt to serve one slot (design section 2).
 *
 * Plain data that store, call and tick share.
 */
#ifndef SYNCSCHED_PLAN_RUN_H
#define SYNCSCHED_PLAN_RUN_H

#include "time/instant.h"

#include <stdbool.h>
#include <stdint.h>

/* Sizes with the NUL. A UUID is kept in PostgreSQL's canonical text form. */
enum {
    RUN_UUID_SIZE = 37,
    RUN_TYPE_SIZE = 64,
    RUN_KEY_SIZE = 2 * RUN_UUID_SIZE + 21, /* org/integration/2024-05-01T02:00:00Z */
    RUN_STATE_SIZE = 40,                   /* failed/not_delivered/not_done */
};

/* At most so many types of integrations there are (plan/timetable.h). */
enum { RUN_TYPES = 16 };

/* The period_start of a run that exports everything from the beginning. */
#define RUN_PERIOD_OPEN INT64_MIN

/* One attempt to serve one slot, and the earlier slots folded into it. */
struct run {
    char run_id[RUN_UUID_SIZE];
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char integration_type[RUN_TYPE_SIZE];
    char idempotency_key[RUN_KEY_SIZE];
    int64_t scheduled_for; /* minutes since 1970-01-01T00:00Z, its last slot */
    int64_t covers_from;   /* the same, its first slot */
    int64_t period_start;  /* it exports what lies after this minute, up to scheduled_for */
    int attempt;
    /* As the claim found them: of the last three runs before it, how many failed in a row; */
    int failed_before;
    int64_t begun_before; /* and the slot of the last of these; INT64_MIN: there is none */
};

/*
 * Whether a person should hear that this run failed: the first and the third failure in a row, and
 * the first of each day (UTC).
 */
bool run_failure_is_news(const struct run *run);

/* Who starts ticks, as their runs carry it. Borrowed. */
struct trigger {
    const char *name;
    const char *host;
};

enum run_status { RUN_PENDING, RUN_RUNNING, RUN_COMPLETED, RUN_FAILED, RUN_GONE };

/* What a person, or the function when asked, said afterwards of a run that failed. */
enum run_resolution { RUN_UNRESOLVED, RUN_RESOLVED_DONE, RUN_RESOLVED_NOT_DONE };

/* A status as the log spells it; RUN_GONE for NULL and for any other word. */
enum run_status run_status_parse(const char *text);
const char *run_status_name(enum run_status status);

/* The same for a resolution; RUN_UNRESOLVED for NULL and for any other word. */
enum run_resolution run_resolution_parse(const char *text);
const char *run_resolution_name(enum run_resolution resolution); /* NULL: unresolved */

/* Whether text is a UUID in any case, or the beginning of one; "" is none. */
bool run_begins_uuid(const char *text);

/* The start of the run's period as RFC 3339, in text; NULL for RUN_PERIOD_OPEN. */
const char *run_format_period_start(const struct run *run, char text[INSTANT_TEXT_SIZE]);

/* Key order, in which every claim takes its locks: below 0, 0 or above 0. */
int run_compare_keys(const char *org_a, const char *integration_a, const char *org_b,
                     const char *integration_b);

#endif
