/*
 * What a claim is to carry out: the integrations concerned, their slots, and the rules that hold.
 *
 * Values only; due.h fills them, store/claim.h carries them out.
 */
#ifndef SYNCSCHED_PLAN_CLAIM_H
#define SYNCSCHED_PLAN_CLAIM_H

#include "plan/run.h"

#include <stdbool.h>
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
    char *state_text;    /* what its state row held; NULL: there was none */
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
    int64_t valid_until_ms;   /* monotonic clock: no transaction begins on this reading after it */
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

/* Puts keys in key order, the order in which every claim takes its locks, and the slots likewise.
 */
void claim_sort(struct claim *claim);

/* The key of a run's integration in a sorted claim, NULL when it is not among them. Borrowed. */
const struct claim_key *claim_find_key(const struct claim *claim, const struct run *run);

void claim_free(struct claim *claim);

#endif
