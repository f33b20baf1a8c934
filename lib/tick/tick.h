/*
 * A tick, from the schedules in the database to the summary (design section 5).
 */
#ifndef SYNCSCHED_TICK_TICK_H
#define SYNCSCHED_TICK_TICK_H

#include "base/error.h"
#include "base/json.h"
#include "call/http_client.h"
#include "plan/due.h"
#include "store/claim.h"
#include "store/database.h"
#include "store/reported.h"
#include "store/schedules.h"
#include "tick/pool.h"
#include "tick/warnings.h"
#include "tick/worker.h"

#include <stdint.h>

/* What to do about slots that may have been served before the database was restored. */
enum tick_after_restore { TICK_HOLDS, TICK_ASKS, TICK_SERVES };

struct tick_options {
    struct database_address database;
    struct http_target function;
    struct trigger trigger;
    struct policy policy;
    int64_t started_at_ms; /* monotonic clock: when the process started */
    int concurrency;       /* 1..POOL_WORKERS_MAX */
    enum tick_after_restore after_restore;
    bool has_at; /* --at: exactly the slots in the window of at_us, now */
    int64_t at_us;
    bool retries_failed; /* with --at: whatever failed in the window gets another attempt */
    bool warms_up;       /* the function is pinged while the claim is made */
    bool is_dry;         /* nothing is written, nobody is called */
    bool takes_notes;    /* workers say why a run failed, was late or cold: tick_result.notes */
    const struct error *notices; /* of the configuration, to be said like the tick's warnings */
    size_t notice_count;
};

/* What a tick did. {0} is an empty one; tick_result_free() releases it. */
struct tick_result {
    bool is_complete; /* the tick got as far as to dispatch; the counts are right */
    bool is_dry;
    size_t triggered;          /* runs that this tick dispatched */
    size_t skipped;            /* integrations with a slot in the window that it did not trigger,
                                  and adopted runs that it did not dispatch */
    size_t failed;             /* of the triggered */
    size_t failures;           /* of these in the log; by hand, of the rounds so far */
    struct error refusal;      /* why runs of this tick stayed pending; ERROR_NONE: of no refusal */
    struct claim_result claim; /* adopted, claimed, given up, abandoned */
    struct reported reported;  /* runs of earlier ticks that their function has ended since */
    struct claim_run *runs;    /* those to dispatch, by turns; task n serves runs[n] */
    int *verdicts;             /* of each run: enum worker_verdict or POOL_LOST */
    struct worker_note *notes; /* about each run; NULL unless options.takes_notes */
    size_t notes_count;        /* that there is room for */
    size_t count;              /* of runs */
    bool is_late_known;        /* this trigger has said within the hour that runs start late, */
    bool is_cold_known;        /* and that there are cold starts */
    struct warnings warnings;  /* for tick_end_warnings() */
    bool is_said_apart;        /* as in struct schedules_reading */
};

/*
 * Carries a tick out. Rows that are not valid and other obstacles are warnings on stderr and do not
 * fail it; runs that failed are counted. False when the tick itself failed; where that was after
 * the claim, the result is complete all the same.
 */
bool tick_run(const struct tick_options *options, struct tick_result *result, struct error *err);

/*
 * Says what a tick's last deeds were worth (NULL: nothing), and what is over; and keeps what was
 * said for the next tick. It costs no tick its result. Where nothing is known of earlier ticks, as
 * by hand, all is said and nothing kept.
 */
void tick_end_warnings(const struct tick_options *options, struct tick_result *result,
                       const struct error *monitor);

void tick_result_free(struct tick_result *result);

/*
 * Steps 5 to 7 alone: serves result->runs, which were claimed at now_us, and fills in verdicts,
 * notes and refusal. Adds to failures, the first of which it says; how many more there are says
 * tick_say_failures().
 */
bool tick_serve_runs(const struct tick_options *options, int64_t now_us, struct tick_result *result,
                     struct error *err);

void tick_say_failures(const struct tick_result *result);

/*
 * What it did, as it is printed (design section 7), to be released. It has the ids of the triggered
 * runs, unless they were rolled back: {"triggered":n,"skipped":n,"failed":n,"runIds":[...]}.
 */
json_t *tick_summary(const struct tick_result *result);

/*
 * The schedules with a slot in the window of at_us, or of the tick's time, as a claim in key order
 * that is not to be executed. Reads only. claim_free() releases it.
 */
bool tick_read_due(const struct tick_options *options, struct claim *claim, struct error *err);

#endif
