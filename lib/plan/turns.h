/*
 * Turns: in which order runs are handed out, and integrations claimed. Organisations take turns,
 * and each keeps its own order, the oldest slot first (design section 5, steps 4 and 7).
 */
#ifndef SYNCSCHED_PLAN_TURNS_H
#define SYNCSCHED_PLAN_TURNS_H

#include <stddef.h>
#include <stdint.h>

struct turn {
    const char *org_id; /* borrowed, as is the next */
    const char *integration_id;
    int64_t slot;
    size_t index;  /* the caller's: it goes along */
    size_t number; /* of its organisation's it is the n-th, from 0; set by turns_take() */
};

/*
 * Sorts by turns: the first one of each organisation, then the second one of each, and so on;
 * within a turn the oldest slot first, ties in key order.
 */
void turns_take(struct turn *turns, size_t count);

#endif
