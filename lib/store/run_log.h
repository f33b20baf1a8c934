/*
 * The life of one run in sync_run_log: pending -> running -> completed | failed.
 *
 * Each transition is a transaction of its own, guarded by the old status and, past pending, by the
 * worker's token. Each answers how the run stands afterwards: a caller learns from that whether the
 * transition was its own, also when it had to ask again because an answer was lost on the way.
 */
#ifndef SYNCSCHED_STORE_RUN_LOG_H
#define SYNCSCHED_STORE_RUN_LOG_H

#include "base/error.h"
#include "plan/outcome.h"
#include "plan/run.h"
#include "store/database.h"

#include <stdint.h>

/* How a run stands in the log. */
struct run_state {
    enum run_status status; /* RUN_GONE: the row does not exist */
    bool is_mine;           /* its worker is the token asked with */
    bool is_abandoned;      /* given up by the 30-minute rule */
    int64_t started_at_us;  /* 0 while it has not started */
};

/* pending -> running under this token. It is won when the state is RUN_RUNNING and is_mine. */
bool run_log_start(struct database *db, const struct run *run, const char *token,
                   int64_t deadline_ms, struct run_state *state, struct error *err);

/* What run_log_finish() and run_log_settle() have in common. */
typedef bool run_log_store(struct database *db, const struct run *run, const char *token,
                           const struct outcome *outcome, int64_t deadline_ms,
                           struct run_state *state, struct error *err);

/*
 * running -> completed | failed, with what is known of the call. It is stored when the state is
 * RUN_COMPLETED or RUN_FAILED, is_mine, and not is_abandoned.
 */
run_log_store run_log_finish;

/*
 * The answer to a call whose run was abandoned meanwhile, under the integration's lock. A success
 * is recorded when nobody has made another attempt at the slot: the state is RUN_COMPLETED then.
 * Otherwise the run stays failed and its message tells of the answer. Changes nothing when the run
 * is not an abandoned one of this token.
 */
run_log_store run_log_finish_late;

/*
 * The same as run_log_finish() for a run that some dead worker of a tick left running: token is the
 * tick's, which stands in front of its workers' ("TICK/NUMBER"); is_mine says that one of them had
 * the run.
 */
run_log_store run_log_settle;

#endif
