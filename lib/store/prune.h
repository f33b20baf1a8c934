/*
 * Removing old runs from the log, without reopening a slot.
 *
 * A slot is served again when somebody looks at it and finds no run that covers it. Two look: a
 * plain tick at what lies ahead of a schedule's mark, and a run by hand (--at) wherever a person
 * points. So nothing ahead of a mark is deleted, and up to when the log was pruned is remembered,
 * in sync_prune_state: a run by hand before that is refused.
 *
 * Why no race gets between: the bound is committed before the first run is deleted, and the claim
 * looks for covering runs and for the bound (and at the mark) in one statement, that is, in one
 * snapshot. Commits become visible in the order in which they were made. A snapshot that lacks a
 * deleted run therefore has the bound, and one that lacks the bound has every run. Nobody has to
 * wait for anybody, and an interrupted call leaves nothing worse than a bound that is ahead of the
 * deletions, which the next call makes up for.
 */
#ifndef SYNCSCHED_STORE_PRUNE_H
#define SYNCSCHED_STORE_PRUNE_H

#include "base/error.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Runs are attempted again up to a day after they failed (retry.sql): that, and as much again for
 * clocks that are set.
 */
#define PRUNE_OLDER_THAN_LEAST_MS (INT64_C(2) * 24 * 3600 * 1000)

struct prune_options {
    int64_t older_than_ms; /* at least PRUNE_OLDER_THAN_LEAST_MS; slots and ends of runs both */
    int64_t stop_at_ms;    /* monotonic clock: no batch begins from here on */
    int64_t deadline_ms;   /* monotonic clock: the batch under way is given up */
    bool is_dry;           /* counts and writes nothing */
};

struct prune_result {
    int64_t cutoff;        /* the minute before which slots are old */
    int64_t pruned_before; /* the bound, a minute: the cutoff, or an earlier call's later one */
    int64_t deleted;       /* runs; of a dry run: that would be */
    int64_t kept;     /* runs of slots before the cutoff that are still there; -1: not counted */
    bool has_begun;   /* the bound is set, and deleted tells */
    bool is_complete; /* nothing is left but what is kept on purpose, or was locked */
};

/*
 * Prunes the log, in short transactions of a thousand runs each, in key order; a run that a
 * stranger has locked is left for the next call, and so is what does not fit into the time. Any
 * number may run at once. False with ERROR_DATABASE when it broke off; what was deleted by then is
 * in result.
 */
bool prune_execute(struct database *db, const struct prune_options *options,
                   struct prune_result *result, struct error *err);

#endif
