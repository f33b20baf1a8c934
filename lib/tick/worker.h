/*
 * One child's life: it serves runs one at a time over one database connection and one HTTP
 * connection, until its parent has no more for it (design section 5, step 6).
 */
#ifndef SYNCSCHED_TICK_WORKER_H
#define SYNCSCHED_TICK_WORKER_H

#include "call/http_client.h"
#include "plan/outcome.h"
#include "plan/policy.h"
#include "store/claim.h"
#include "store/database.h"
#include "tick/pool.h"
#include "tick/warnings.h"

#include <stdatomic.h>
#include <stdint.h>

/* What became of a run, as a verdict for the pool. */
enum worker_verdict {
    WORKER_DEFERRED = POOL_DEFERRED, /* its type is throttled, or there is no place for its call */
    WORKER_RETURNED = POOL_RETURNED, /* this worker gets no connection, and another may have one */
    WORKER_LEFT = POOL_UNDONE, /* still pending, or somebody else's: not dispatched by this tick */
    WORKER_COMPLETED = 0,
    WORKER_FAILED,
    WORKER_ACCEPTED, /* the function works on, and reports the end itself */
};

/* Whether a run with this verdict, or POOL_LOST, has failed. A run that was left has no verdict. */
bool worker_has_failed(int verdict);

/*
 * What a worker has to say of a run besides the verdict, in memory that it shares with its parent
 * (memory_share()): whole once the verdict is reported, anything if the worker died before.
 */
struct worker_note {
    enum outcome_class error_class; /* as stored; OUTCOME_NONE: not failed, or not stored */
    char error_code[OUTCOME_CODE_SIZE];
    int http_status; /* of the answer; 0: none came */
    char request_id[OUTCOME_REQUEST_ID_SIZE];
    char error_message[4 * OUTCOME_MESSAGE_CHARACTERS + 1];
    int64_t took_ms; /* the call, with what came again of it; 0: it was not called */
    int64_t late_us; /* from the slot to the start, where that is worth a warning; else 0 */
    bool was_cold;   /* it succeeded, but the platform had to start the function first */
};

/* So many failed runs have a line each; the tick says how many more there are. */
enum { WORKER_FAILURES_SAID = 5 };

/* Why runs were not started: because of what they are, or as any other would not be. */
enum worker_refusal_kind { WORKER_REFUSED_ROW, WORKER_REFUSED_ANY, WORKER_REFUSALS };

/* How many, in shared memory as well, and one worker's words for all. */
struct worker_refusal {
    atomic_size_t count;
    atomic_bool is_whole; /* the error is */
    struct error error;
};

/* Why runs wait, in shared memory as well: what one worker meets, the others need not ask for. */
struct worker_wait {
    _Atomic int64_t full_until_ms;      /* there was no place for a call; 0: there always was */
    _Atomic int64_t throttled_until_ms; /* the external system asked not to be called; 0: no */
    _Atomic int64_t throttled_until;    /* the same in milliseconds since 1970 UTC */
};

/* Those of each type, and of all types together. */
enum { WORKER_WAITS = RUN_TYPES + 1 };

/* What every worker of a tick shares; read-only after the fork. Times: the monotonic clock. */
struct worker_options {
    struct database_address database;
    struct http_target function;
    struct policy policy;
    const struct claim_run *runs;    /* task n serves runs[n] */
    struct worker_note *notes;       /* notes[n] is about it; NULL: nobody reads them */
    struct worker_refusal *refusals; /* of each kind */
    struct worker_wait *waits;
    const struct warnings *warnings; /* what the tick keeps to itself */
    atomic_size_t *warned;           /* warned[kind]: how often, in shared memory */
    atomic_size_t *failures;         /* runs that failed, so far; the same */
    const char *tick_token;          /* the tick's part of the workers' tokens */
    int64_t now_us;                  /* since 1970 UTC, when the tick read or claimed */
    int64_t deadline_ms;             /* the end of the budget */
    int64_t start_until_ms;          /* too little time left after this: runs stay pending */
    int64_t store_until_ms;          /* outcomes may be stored until here */
    int64_t settle_until_ms;         /* what dead workers left may be settled until here */
    bool warns_if_late;
    bool holds_restored; /* starts nothing that was made before the database was restored */
};

/* Until when (monotonic clock) task n cannot start, as far as one knows; for the pool. */
int64_t worker_not_before_ms(const void *context, size_t task);

/* Whether task n's kind has found no place for a call in this tick. */
bool worker_was_full(const struct worker_options *options, size_t task);

/* The same, or its type is throttled. */
bool worker_has_waited(const struct worker_options *options, size_t task);

/* Serves until pool_next() says no; context is a struct worker_options. */
void worker_work(void *context, struct pool_channel *channel);

#endif
