/*
 * How the integrations stand: each with its schedule, what its log comes to, and its last runs; and
 * who ticks. Two statements, streamed in one round trip, and bounded by the integrations, not by
 * their history. Nothing is judged here.
 */
#ifndef SYNCSCHED_STORE_STATUS_H
#define SYNCSCHED_STORE_STATUS_H

#include "base/error.h"
#include "plan/condition.h"
#include "store/database.h"
#include "store/run_log.h"
#include "store/schedules.h"

#include <stdbool.h>
#include <stdint.h>

enum { STANDING_DAYS = 7 }; /* so far back, or to the last success, failed slots are looked at */

/* What is asked for. */
struct standing_question {
    const char *org_id;         /* only this organisation; NULL: everybody */
    const char *integration_id; /* only this integration */
    int runs;                   /* so many of the last runs of each */
    bool wants_messages;        /* with their error messages */
};

/* A trigger, by its last tick. Texts are valid during the call only. */
struct standing_trigger {
    const char *name;
    const char *host;
    int64_t last_tick_at_ms; /* since 1970 UTC */
};

/* An integration. Texts are valid during the call only. */
struct standing_integration {
    struct schedule schedule;
    const char *organization; /* its name; may be NULL or rubbish, cut to 200 characters */
    int64_t state_since;      /* the text in its state holds from here on; INT64_MIN: not known */
    int64_t last_success;     /* the last slot that was completed; INT64_MIN: none */
    int64_t last_success_at_ms;
    int64_t well_since;       /* the first slot completed after all that failed; INT64_MIN: none */
    int64_t pending_slot;     /* of a run that waits to be begun; INT64_MIN: none */
    int64_t pending_since_ms; /* since when it has waited */
    struct condition_log log;
};

/* One of its last runs. Texts are valid during the call only; times INT64_MIN where not set. */
struct standing_run {
    char run_id[RUN_UUID_SIZE];
    int64_t scheduled_for; /* minutes */
    int64_t covers_from;
    int attempt;
    enum run_status status;
    const char *triggered_by;
    const char *trigger_name; /* NULL in old rows, and so the host */
    const char *host;
    int64_t created_at_ms;
    int64_t started_at_ms;
    int64_t completed_at_ms;
    int64_t failed_at_ms;
    int64_t records_exported; /* -1: not told */
    enum outcome_class error_class;
    const char *error_code;    /* NULL: none */
    const char *error_message; /* NULL: none, or not asked for */
};

/* The calls that hand on what was read: the triggers, then each integration and its runs. */
struct standing_reader {
    void (*read_trigger)(void *context, const struct standing_trigger *trigger);
    void (*read_integration)(void *context, const struct standing_integration *integration);
    void (*read_run)(void *context, const struct standing_run *run);
    void *context;
};

/*
 * Reads the triggers, the one that ticked last first; then the integrations in key order, each
 * followed by its last runs, the newest first. *now_us, the server's clock in microseconds since
 * 1970 UTC, is set before the first of them. Fails with the errors of database.h; what was handed
 * on until then is not all there is.
 */
bool standing_read(struct database *db, const struct standing_question *question,
                   int64_t deadline_ms, const struct standing_reader *reader, int64_t *now_us,
                   struct error *err);

#endif
