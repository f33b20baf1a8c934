/*
 * The claim: the short transaction that turns due slots into pending runs (design section 5, step
 * 4).
 *
 * It takes what was decided from the reading, checks all of it again under the integrations' locks,
 * and writes runs and marks together or not at all. Not for deciding what is due (engine/due.h).
 */
#ifndef SYNCSCHED_STORE_CLAIM_H
#define SYNCSCHED_STORE_CLAIM_H

#include "base/error.h"
#include "base/run.h"
#include "store/database.h"

#include <stddef.h>
#include <stdint.h>

/* What is to become of a slot that no run covers. */
enum claim_fate {
    CLAIM_SERVE,     /* a pending run */
    CLAIM_MISSED,    /* given up in the log: older than the catch-up time */
    CLAIM_CANCELLED, /* given up in the log: owed by a text that was changed since */
};

struct claim_slot {
    size_t key; /* index into the claim's keys */
    int64_t minute;
    enum claim_fate fate;
};

/* One integration concerned. Texts are owned. */
struct claim_key {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char *integration_type;
    char *text_read;     /* cron and zone as read; NULL: disabled, without schedule, or gone */
    char *schedule;      /* what its state row is to hold: text_read, or "" when that is invalid */
    char *schedule_seen; /* what its state row held; NULL: there was none */
    int64_t looked_from; /* the mark that was looked from, a minute */
    int64_t looked_to;   /* the last minute looked at */
    int64_t window_slot; /* its slot in the window, INT64_MIN when it has none there */
};

struct claim {
    struct claim_key *keys;
    size_t key_count;
    size_t key_capacity;
    struct claim_slot *slots; /* in the order of the keys once sorted, ascending for each */
    size_t slot_count;
    size_t slot_capacity;

    int64_t now_us;       /* the server's clock, for ages and created_at */
    int64_t window_first; /* the window's first minute: a run before it is a catch-up */
    int64_t catch_up_ms;
    int64_t valid_until_ms;   /* stopwatch: no transaction begins on this reading from here on */
    int64_t window_last;      /* its last */
    int max_attempts;         /* at a slot that fails, across ticks */
    bool retries_unknown;     /* also those of which nobody knows whether the function ran */
    bool retries_failed;      /* by hand: whatever failed in the window gets another attempt */
    const char *trigger_name; /* who claims; borrowed */
    const char *host;
    bool is_manual;           /* run --at: adopts nothing, leaves state and marks alone */
    bool is_dry;              /* everything is rolled back, no lock is taken */
    bool may_give_up;         /* false while the clocks disagree: nothing is abandoned or missed */
    bool has_unfinished_runs; /* as schedules_read() found it; without, nobody looks for any */
};

enum claim_verdict { CLAIM_RUN, CLAIM_RUN_MISSED, CLAIM_RUN_CANCELLED };

struct claim_run {
    struct run run;
    enum claim_verdict verdict; /* CLAIM_RUN: to be dispatched */
    bool is_adopted;            /* left by an earlier tick, or another attempt by policy */
};

/* Why a slot of the window was not claimed. */
struct claim_obstacle {
    size_t key;
    char active_run[RUN_UUID_SIZE]; /* the run that is active, "" when none is */
    bool is_running;
    int64_t running_minutes;
    char covering_run[RUN_UUID_SIZE]; /* the run that covers the slot, "" when none does */
    char covering_status[16];
};

struct claim_result {
    size_t part_first_key;  /* while claiming: the first key of the transaction under way */
    struct claim_run *runs; /* adopted, claimed and given up; oldest slot first */
    size_t run_count;
    size_t run_capacity;
    struct claim_obstacle *obstacles;
    size_t obstacle_count;
    size_t obstacle_capacity;
    struct run *abandoned; /* by the 30-minute rule: failed now */
    size_t abandoned_count;
    size_t abandoned_capacity;
};

/* Puts keys in key order, the order in which every claim takes its locks, and the slots likewise.
 */
void claim_sort(struct claim *claim);

/* The key of a run's integration in a sorted claim, NULL when it is not among them. Borrowed. */
const struct claim_key *claim_find_key(const struct claim *claim, const struct run *run);

/*
 * At most so many integrations in one transaction: each takes an entry of the server's shared lock
 * table, which by default has room for some 6,400 (max_locks_per_transaction * max_connections),
 * and a claim that overflows it would fail as a whole, minute after minute. And about so many
 * slots, so that a long outage makes many transactions instead of an endless one.
 */
enum { CLAIM_PART_KEYS_MAX = 2000, CLAIM_PART_SLOTS_MAX = 50000 };

/*
 * Carries the claim out; claim_sort() first. One transaction, or several where there is more
 * to do than CLAIM_PART_KEYS_MAX and CLAIM_PART_SLOTS_MAX allow. On failure (ERROR_DATABASE) each
 * of them is in the log as a whole or not at all, and a later tick adopts the runs. Either way
 * claim_result_free() releases the result.
 */
bool claim_execute(struct database *db, const struct claim *claim, int64_t deadline_ms,
                   struct claim_result *result, struct error *err);

void claim_result_free(struct claim_result *result);
void claim_free(struct claim *claim);

#endif
