/*
 * The life of one run in sync_run_log: pending -> running -> completed | failed. A run that the
 * function has accepted stays running until it reports (schema.sql).
 *
 * Each transition is a transaction of its own, guarded by the old status and, past pending, by the
 * worker's token. Each returns the run's state afterwards: a caller learns from it whether the
 * transition was its own, also when it had to ask again because an answer was lost on the way.
 */
#ifndef SYNCSCHED_STORE_RUN_LOG_H
#define SYNCSCHED_STORE_RUN_LOG_H

#include "base/error.h"
#include "plan/outcome.h"
#include "plan/run.h"
#include "store/database.h"

#include <stdint.h>

struct run_state {
    enum run_status status; /* RUN_GONE: the row does not exist */
    bool is_mine;           /* its worker is the token of the transition */
    bool is_accepted;       /* the function answered 202 */
    bool is_abandoned;      /* by the 30-minute rule */
    bool lacks_texts;       /* the database refused the outcome's message and request id */
    enum outcome_class error_class;
    char error_code[OUTCOME_CODE_SIZE];
    int64_t started_at_us; /* 0 while it has not started */
    /* Of a run that was to start and is pending: its type is throttled. 0: it is not. */
    int64_t throttled_for_ms;
    int64_t throttled_until_ms; /* since 1970 UTC, by the database's clock */
    bool is_held;               /* the same; it was made before the database was restored */
};

enum run_log_step {
    /*
     * pending -> running under this token. It is won when the state is RUN_RUNNING and is_mine. The
     * run stays RUN_PENDING while its type is throttled, and while there is no place for its call.
     */
    RUN_LOG_START,
    /*
     * The function answered 202. It is stored when the state is RUN_RUNNING, is_mine and
     * is_accepted. When the function has reported the end already, nothing changes.
     */
    RUN_LOG_ACCEPT,
    /*
     * running -> completed | failed, with what is known of the call. It is stored when the state is
     * RUN_COMPLETED or RUN_FAILED, is_mine, and not is_abandoned.
     */
    RUN_LOG_FINISH,
    /*
     * The outcome of a call whose run was abandoned meanwhile, under the integration's lock. A
     * success is recorded when nobody has made another attempt at the slot: the state is
     * RUN_COMPLETED then. Otherwise the run stays failed and its message mentions the outcome.
     * Changes nothing when the run is not an abandoned one of this token.
     */
    RUN_LOG_FINISH_LATE,
    /*
     * Like RUN_LOG_FINISH, for a run that some dead worker of a tick left running: token is the
     * tick's, with which its workers' begin ("TICK/NUMBER"); is_mine says that one of them had it.
     * A run that is_accepted stays running.
     */
    RUN_LOG_SETTLE,
};

/* Borrowed. */
struct run_log_transition {
    enum run_log_step step;
    const struct run *run;
    const char *token;
    const struct outcome *outcome; /* of the call; to start a run: NULL */
    int64_t deadline_ms;           /* monotonic */
    /* To start a run: */
    int64_t call_ms;       /* from now on, its call is over by then */
    int max_calls;         /* in flight at once, over all ticks; 0: no limit */
    int max_calls_of;      /* the same of its type */
    int64_t not_before_us; /* since 1970 UTC: so late it was when the run was claimed, or adopted */
    bool holds_restored;   /* not one that was made before the database was restored */
};

/*
 * Where the database refuses an outcome because of the row (database_refuses_rows()), its texts are
 * reduced to ASCII, and then left out; class, code and numbers are kept.
 */
bool run_log_change(struct database *db, const struct run_log_transition *transition,
                    struct run_state *state, struct error *err);

/*
 * The external system of this type asks not to be called for so long: no run of the type starts
 * until then, in any tick (at most a day).
 */
bool run_log_throttle(struct database *db, const char *integration_type, int64_t for_ms,
                      int64_t deadline_ms, struct error *err);

/* The run of a row that has the columns of sql/columns/run.sql. */
void run_log_copy_run(const struct database_row *row, struct run *run);

/* The same, of a row that also has those of sql/columns/before.sql. */
void run_log_copy_claimed(const struct database_row *row, struct run *run);

#endif
