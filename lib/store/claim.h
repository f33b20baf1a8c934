/*
 * The claim: the short transaction that turns due slots into pending runs (design section 5, step
 * 4).
 *
 * It takes what was decided from the reading, checks all of it again under the integrations' locks,
 * and writes runs and marks together or not at all. Not for deciding what is due (plan/due.h).
 */
#ifndef SYNCSCHED_STORE_CLAIM_H
#define SYNCSCHED_STORE_CLAIM_H

#include "base/error.h"
#include "plan/claim.h"
#include "plan/policy.h"
#include "plan/schedule.h"
#include "store/database.h"
#include "store/held.h"
#include "time/instant.h"

#include <stddef.h>
#include <stdint.h>

/* The rules that apply to a claim. Texts are borrowed. */
struct claim_options {
    struct policy policy;
    struct trigger trigger;
    struct window window;              /* a run before it is a catch-up */
    int64_t t_us;                      /* the tick's time */
    int64_t now_us;                    /* the clock of the tick, for ages and created_at */
    const struct held_answer *answers; /* of the function, to record, and to serve what is absent */
    size_t answer_count;
    int64_t restored_us;    /* as in struct schedules_reading; INT64_MIN also: it is all served */
    int64_t valid_until_ms; /* monotonic: no transaction begins from here on */
    int64_t deadline_ms;    /* monotonic: the transaction under way fails */
    size_t exceptions;      /* so many integrations were refused while others got through */
    bool retries_failed;    /* by hand: whatever failed in the window gets another attempt */
    bool is_manual;         /* run --at: adopts nothing, leaves state and marks alone */
    bool is_chosen;         /* by hand: the attempts of the keys, and no slot whose period a later
                               run has taken over */
    bool sends_again;       /* the same, and also where one has */
    bool is_dry;            /* everything is rolled back, no lock is taken */
    bool clocks_agree;      /* else either may be wrong: nothing is abandoned, nothing corrected */
    bool may_give_up;       /* runs to adopt that are too old */
    bool has_unfinished_runs; /* as schedules_read() found it; without, nobody looks for any */
};

enum claim_verdict { CLAIM_RUN, CLAIM_RUN_GIVEN_UP, CLAIM_RUN_CANCELLED, CLAIM_RUN_RESTORED };

struct claim_run {
    struct run run;
    enum claim_verdict verdict; /* CLAIM_RUN: to be dispatched */
    bool is_adopted;            /* left by an earlier tick, or another attempt by policy */
    int64_t takes_ms; /* the longest of its integration's latest calls; INT64_MIN: there is none */
};

/* Why a slot of the window was not claimed. */
struct claim_obstacle {
    size_t key;
    char active_run[RUN_UUID_SIZE]; /* the run that is active, "" when none is */
    bool is_running;
    bool is_accepted;
    int64_t running_minutes;
    char covering_run[RUN_UUID_SIZE]; /* the run that covers the slot, "" when none does */
    char covering_status[16];
};

/* A run that the 30-minute rule ended. */
struct claim_abandoned {
    struct run run;
    bool was_accepted; /* the function never reported; else it never answered */
};

struct claim_result {
    struct claim_run *runs; /* adopted, claimed and given up; oldest slot first */
    size_t run_count;
    size_t run_capacity;
    struct claim_obstacle *obstacles;
    size_t obstacle_count;
    size_t obstacle_capacity;
    struct claim_abandoned *abandoned;
    size_t abandoned_count;
    size_t abandoned_capacity;
    size_t passed;          /* integrations that got through */
    size_t refused;         /* those that wait, because the database refuses them */
    struct error refusal;   /* of the first of them, */
    struct run refused_run; /* which has these ids and this type, as far as they are known */
};

/*
 * At most so many integrations in one transaction: each takes an entry of the server's shared lock
 * table, which by default has room for some 6,400 (max_locks_per_transaction * max_connections),
 * and a claim that overflows it would fail as a whole, minute after minute. And about so many
 * progressions of slots, so that a long outage makes many transactions instead of an endless one.
 */
enum { CLAIM_PART_KEYS_MAX = 2000, CLAIM_PART_PROGRESSIONS_MAX = 50000 };

/*
 * Carries the claim out; claim_sort() first. One transaction, or several where there is more to do
 * than CLAIM_PART_KEYS_MAX and CLAIM_PART_PROGRESSIONS_MAX allow. One that the database refuses
 * because of some rows, or of a stranger's lock, is halved until the others are through; when no
 * key gets through at all, and more are refused than the exceptions, that is a failure. On failure
 * (ERROR_DATABASE) each of them is in the log as a whole or not at all, and a later tick adopts the
 * runs. Either way claim_result_free() releases the result.
 */
bool claim_execute(struct database *db, const struct claim *claim,
                   const struct claim_options *options, struct claim_result *result,
                   struct error *err);

/* Copies the refusal, with whose it is before it; organization NULL: its name is not known. */
void claim_copy_refusal(const struct claim_result *result, const char *organization,
                        struct error *err);

/* The tick ends without having begun these runs: those still pending may be adopted at once. */
bool claim_give_back(struct database *db, const struct claim_run *runs, size_t count,
                     int64_t deadline_ms, struct error *err);

void claim_result_free(struct claim_result *result);

#endif
