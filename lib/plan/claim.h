/*
 * What a claim is to carry out: the integrations concerned and their slots.
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
    CLAIM_GIVEN_UP,  /* given up in the log: older than the catch-up time */
    CLAIM_CANCELLED, /* given up in the log: owed by a text that was changed since */
    CLAIM_RESTORED,  /* given up in the log, each slot by itself: it may have been served before
                        the database was restored */
};

enum { CLAIM_FATES = CLAIM_RESTORED + 1 };

struct claim_attempt;

/* Slots at equal distances: first, first + step, ..., last. */
struct claim_progression {
    int64_t first;
    int64_t last;
    int64_t step; /* in minutes, at least 1 */
    enum claim_fate fate;
};

/* One integration concerned. Texts are owned; its slots are the claim's, in order of time. */
struct claim_key {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char *integration_type;
    char *cron_schedule; /* as read; NULL: disabled, without schedule, or gone */
    char *timezone;      /* as read */
    char *text;          /* what its state row is to hold: "CRON ZONE", or "" */
    char *state_text;    /* what its state row held; NULL: there was none */
    int64_t looked_from; /* the mark that was looked from, a minute */
    int64_t looked_to;   /* the last minute looked at */
    int64_t window_slot; /* its slot in the window, INT64_MIN when it has none there */
    bool is_corrected;   /* its mark is from the future */
    size_t first_progression;
    size_t progression_count;
    const struct claim_attempt *attempt; /* by hand, instead of slots; borrowed, NULL: none */
};

/* Another attempt at the slot of a run that is still as it was read. */
struct claim_attempt {
    char run_id[RUN_UUID_SIZE];
    char state[RUN_STATE_SIZE]; /* status, class and resolution, as far as it has them: a/b/c */
};

struct claim {
    struct claim_key *keys;
    size_t key_count;
    size_t key_capacity;
    struct claim_progression *progressions; /* those of each key together */
    size_t progression_count;
    size_t progression_capacity;
};

/*
 * Takes back what the claim would give up as too old: it stays owed, and the marks stay too.
 * Says whether there was any.
 */
bool claim_keep_owed(struct claim *claim);

/* Puts the keys in key order, in which every claim takes its locks. */
void claim_sort(struct claim *claim);

/*
 * In which order the keys of a sorted claim are carried out, where one transaction does not take
 * them all: organisations take turns, and what owes the oldest slot comes first, so that those for
 * which there is no time come first in the next tick. Places in keys, to be freed.
 */
size_t *claim_take_turns(const struct claim *claim);

/* The key of a run's integration in a sorted claim, NULL when it is not among them. Borrowed. */
const struct claim_key *claim_find_key(const struct claim *claim, const struct run *run);

void claim_free(struct claim *claim);

#endif
