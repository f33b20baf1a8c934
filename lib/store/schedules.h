/*
 * Reading the schedules: one statement, streamed row by row, and the trigger's heartbeat beside it.
 *
 * Nothing is judged here: expressions, zones and types are handed on unchanged.
 */
#ifndef SYNCSCHED_STORE_SCHEDULES_H
#define SYNCSCHED_STORE_SCHEDULES_H

#include "base/error.h"
#include "plan/schedule.h"
#include "plan/subject.h"
#include "store/database.h"

#include <stdint.h>

/* What one reading found besides the rows; set before the first row is handed on. */
struct schedules_reading {
    int64_t now_us;           /* the server's clock, microseconds since 1970 UTC */
    int64_t sent_at_ms;       /* the monotonic clock when the statement was sent */
    int64_t host_now_us;      /* the host's clock at that moment */
    bool has_unfinished_runs; /* some run waits to be abandoned, adopted or tried again */
    bool has_held_runs;       /* RESTORED, not long ago, and not resolved */
    bool has_reported_runs;   /* of which no tick has said how they ended (reported.h) */
    int64_t restored_us;      /* the database was restored, and what was served up to then is not
                                 known; INT64_MIN: it is; INT64_MAX: no tick has seen this one */
    int64_t pruned_before;    /* the log lacks runs of earlier minutes; INT64_MIN: it is whole */
    struct error heartbeat;   /* why it was not written; set when all rows are read, */
    int64_t last_tick_us;     /* as is the tick before, not one from the future; INT64_MIN: none */
    bool knows_said;          /* what its ticks have warned of is known, */
    bool is_said_apart;       /* but is not in its row: that could not be written, of late or now */
    char *said;               /* it is this: NULL or to be freed */
};

/*
 * The ids that several rows have. `struct schedules_repeated r = {0};` is empty; a statement of its
 * own, sql_repeated, fills it before the rows are read, by schedules_read_repeated() with it as the
 * context.
 */
struct schedules_repeated {
    struct schedules_ids *ids; /* in key order */
    size_t count;
    size_t capacity;
};

void schedules_read_repeated(void *context, const struct database_row *row);
void schedules_repeated_free(struct schedules_repeated *repeated);

/*
 * A schedule's row, of a statement that includes columns/schedule.sql and columns/texts.sql. Its
 * texts are the row's. False where the row holds no schedule, or is a further one of the same ids:
 * several rows of the same ids are one schedule, which is set aside.
 */
bool schedule_read_row(const struct database_row *row, struct schedules_repeated *repeated,
                       struct schedule *schedule);

/*
 * Warns about the first schedule that is not valid, and counts them; schedules_warn_of_rest() says
 * how many more there were.
 */
void schedules_warn(const struct subject *about, const struct error *error, size_t *count);
void schedules_warn_of_rest(size_t count);

/* What is asked for by --org and --integration; NULL: every one. */
struct schedules_choice {
    const char *org_id;
    const char *integration_id;
};

/*
 * Whether an integration is there of those that were asked for, disabled ones included. Else false:
 * ERROR_USAGE says whether there ever was one, so that nobody takes an empty answer for a good one.
 * Asked for every one, there always is.
 */
bool schedules_check_choice(struct database *db, const struct schedules_choice *choice,
                            int64_t deadline_ms, struct error *err);

typedef void schedules_reader(void *context, const struct schedules_reading *reading,
                              const struct schedule *schedule);

struct schedules_options {
    const struct trigger *trigger; /* whose heartbeat is written along; NULL: nobody's */
    bool is_dry;                   /* it is rolled back */
    bool wants_retries;            /* failed runs of the last day are unfinished, too */
    bool wants_held;               /* it is looked whether there are any */
    int64_t silence_ms;            /* as in struct database_transaction */
    int64_t deadline_ms;
    schedules_reader *read_schedule;
    void *context;
};

/*
 * Reads all schedules that are active, or whose state is still open, in no order, in one round
 * trip. A heartbeat that could not be written fails nothing: reading->heartbeat says why.
 */
bool schedules_read(struct database *db, const struct schedules_options *options,
                    struct schedules_reading *reading, struct error *err);

/*
 * Where the heartbeat was not written: reads what the trigger's ticks have said since that is so,
 * into the reading. Nobody needs its row for that.
 */
void schedules_read_warnings(struct database *db, const struct trigger *trigger,
                             int64_t deadline_ms, struct schedules_reading *reading);

/* What the trigger's ticks have said, as JSON, and where it is kept. */
struct schedules_warnings {
    const char *said;
    bool is_beaten; /* the heartbeat was written, so the trigger's row can be; else apart from it */
    bool was_apart; /* it is there no more */
};

bool schedules_keep_warnings(struct database *db, const struct trigger *trigger,
                             const struct schedules_warnings *warnings, int64_t deadline_ms,
                             struct error *err);

#endif
