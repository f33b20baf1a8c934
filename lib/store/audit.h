/*
 * Streams what an audit judges: the schedules, and the runs that touch a period.
 *
 * One statement, and so one snapshot of marks, log and pruning. It judges nothing.
 */
#ifndef SYNCSCHED_STORE_AUDIT_H
#define SYNCSCHED_STORE_AUDIT_H

#include "base/error.h"
#include "plan/audit.h"
#include "plan/schedule.h"
#include "store/database.h"

#include <stdint.h>

/* What to read: of a period of minutes, [from, to). */
struct audit_scope {
    int64_t from;
    int64_t to;
    const char *org_id;         /* only this organisation; NULL: everybody */
    const char *integration_id; /* only this integration */
};

/* An integration that has a schedule, a state or a run; or one of its runs. */
struct audit_row {
    int64_t now_us;           /* the server's clock, microseconds since 1970 UTC */
    int64_t pruned_before;    /* from this minute on the log is whole; INT64_MIN: it always was */
    struct schedule schedule; /* of a run its ids alone; none where nothing is in scope */
    int64_t since;            /* up to this minute an older text held; INT64_MIN: not known */
    struct audit_run run;     /* run_id is empty where the row is no run */
};

/* Called for each row; texts are valid during the call only. */
typedef void audit_row_reader(void *context, const struct audit_row *row);

/*
 * Reads the integrations in key order, each followed by those of its runs that cover a minute of
 * the period, by slot and attempt. There is always a row. Fails with the errors of database.h;
 * some rows were not handed on then.
 */
bool audit_read_rows(struct database *db, const struct audit_scope *scope, int64_t deadline_ms,
                     audit_row_reader *read, void *context, struct error *err);

#endif
