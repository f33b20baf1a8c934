/*
 * The runs of the log, for those who look at them: those of a period, or one in full. Writes
 * nothing.
 */
#ifndef SYNCSCHED_INSPECT_RUNS_H
#define SYNCSCHED_INSPECT_RUNS_H

#include "base/error.h"
#include "plan/run.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked for; NULL and below 0: any. */
struct runs_options {
    const char *org_id;
    const char *integration_id;
    int64_t from; /* slots, minutes: [from, to) */
    int64_t to;
    const char *status; /* of the log, or accepted, unknown, settled; NULL: any */
    const char *code;
    int64_t http_status;
    int64_t slower_than_ms;
    const char *host;
};

/* A run. Texts are borrowed, and any text; NULL: none. Times are milliseconds; INT64_MIN: none. */
struct runs_record {
    char run_id[RUN_UUID_SIZE];
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    const char *organization;
    const char *timezone;
    const char *integration_type;
    int64_t scheduled_for; /* minutes; period_start may be RUN_PERIOD_OPEN */
    int64_t covers_from;
    int64_t period_start;
    int64_t attempt;
    const char *status;
    const char *idempotency_key;
    const char *triggered_by;
    const char *trigger_name;
    const char *host;
    const char *worker;
    int64_t created_at;
    int64_t started_at;
    int64_t accepted_at;
    int64_t ended_at;
    int64_t retry_at;
    int64_t records; /* below 0: not known */
    const char *error_class;
    const char *error_code;
    const char *error_message;
    int64_t http_status; /* 0: none */
    const char *request_id;
    const char *resolution;
    int64_t resolved_at;
    const char *resolved_by;
    const char *resolution_note;
    bool is_found; /* of one in full: the one that was asked for, not another attempt */
};

/* False, with err, stops the reading. */
typedef bool runs_reader(void *context, const struct runs_record *record, struct error *err);

/*
 * Hands on the runs by slot as they arrive, so that memory is constant: one statement, which uses
 * the key of the log. Fails with the errors of database.h.
 */
bool runs_read(struct database *db, const struct runs_options *options, int64_t deadline_ms,
               runs_reader *read, void *context, struct error *err);

/*
 * Hands on a run by its id, the beginning of one, or its idempotency key, of whose attempts it is
 * the last: all attempts at its slot, in order. Where several ids begin so, those of all of them.
 * ERROR_USAGE where it is none of these.
 */
bool runs_read_one(struct database *db, const char *word, int64_t deadline_ms, runs_reader *read,
                   void *context, struct error *err);

#endif
