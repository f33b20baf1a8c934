/*
 * Reading what an audit judges: the schedules, and the runs that touch a period, streamed.
 *
 * One statement, and so one snapshot of marks, log and pruning. Nothing is judged here.
 */
#ifndef SYNCSCHED_STORE_AUDIT_H
#define SYNCSCHED_STORE_AUDIT_H

#include "base/error.h"
#include "plan/audit.h"
#include "store/database.h"
#include "store/run_log.h"
#include "store/schedules.h"

#include <stdint.h>

/* What is read; a period of minutes, [from, to). */
struct history_question {
    int64_t from;
    int64_t to;
    const char *org_id;         /* only this organisation; NULL: everybody */
    const char *integration_id; /* only this integration */
};

/* An integration that has a schedule, a state or a run. Texts are valid during the call only. */
struct history_schedule {
    struct schedule schedule; /* without row and state for one that is known by its runs alone */
    int64_t since;            /* up to this minute an older text held; INT64_MIN: not known */
};

/* What one reading found besides; set before the first integration is handed on. */
struct history_reading {
    int64_t now_us;        /* the server's clock, microseconds since 1970 UTC */
    int64_t pruned_before; /* the first minute from which on the log is whole; INT64_MIN: it is */
};

/* The two calls that hand on what was read: an integration, and then each of its runs. */
struct history_reader {
    void (*read_schedule)(void *context, const struct history_reading *reading,
                          const struct history_schedule *schedule);
    void (*read_run)(void *context, const struct audit_run *run);
    void *context;
};

/*
 * Reads the integrations in key order, each followed by those of its runs that cover a minute of
 * the period, by slot and attempt. Fails with the errors of database.h; what was handed on until
 * then is not all there is.
 */
bool history_read(struct database *db, const struct history_question *question, int64_t deadline_ms,
                  const struct history_reader *reader, struct history_reading *reading,
                  struct error *err);

#endif
