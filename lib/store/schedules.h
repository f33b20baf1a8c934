/*
 * Reading the schedules: one statement, streamed row by row, and the trigger's heartbeat beside it.
 *
 * Nothing is judged here: expressions, zones and types are handed on as they stand.
 */
#ifndef SYNCSCHED_STORE_SCHEDULES_H
#define SYNCSCHED_STORE_SCHEDULES_H

#include "base/error.h"
#include "plan/schedule.h"
#include "store/database.h"

#include <stdint.h>

/* What one reading found besides the rows; set before the first row is handed on. */
struct schedules_reading {
    int64_t now_us;           /* the server's clock, microseconds since 1970 UTC */
    int64_t sent_at_ms;       /* the monotonic clock when the question was sent */
    int64_t host_now_us;      /* the host's clock at that moment */
    bool has_unfinished_runs; /* some run waits to be abandoned, adopted or tried again */
    int64_t pruned_before; /* of earlier minutes nobody knows who covered them; INT64_MIN: none */
};

/* A schedule's row, of a statement that includes columns/schedule.sql. Its texts are the row's. */
void schedule_read_row(const struct database_row *row, struct schedule *schedule);

/*
 * Warns about a schedule that is not valid, and counts it; from the hundred-and-first on it only
 * counts, and schedules_warn_of_rest() says how many those were.
 */
void schedules_warn(const struct error *error, size_t *count);
void schedules_warn_of_rest(size_t count);

typedef void schedules_reader(void *context, const struct schedules_reading *reading,
                              const struct schedule *schedule);

/* Who ticks. */
struct trigger {
    const char *name;
    const char *host;
};

/*
 * Reads all schedules that are active, or whose state is still open, in no order; wants_retries:
 * failed runs of the last day are unfinished, too. With a trigger
 * its heartbeat is written in the same round trip; if that fails, *heartbeat says why (its kind is
 * ERROR_NONE otherwise) and the reading counts all the same.
 */
bool schedules_read(struct database *db, const struct trigger *trigger, bool wants_retries,
                    int64_t deadline_ms, schedules_reader *read_schedule, void *context,
                    struct schedules_reading *reading, struct error *heartbeat, struct error *err);

#endif
