/*
 * Turns: in which order runs are handed out. Organisations take turns, and each keeps its own
 * order, the oldest slot first (design section 5, step 7).
 */
#ifndef SYNCSCHED_PLAN_TURNS_H
#define SYNCSCHED_PLAN_TURNS_H

#include "plan/run.h"

#include <stddef.h>

struct turn {
    const struct run *run; /* borrowed */
    size_t index;          /* the caller's: it goes along with the run */
    size_t number; /* of its organisation's runs it is the n-th, from 0; set by turns_take() */
};

/*
 * Sorts runs by turns: the first one of each organisation, then the second one of each, and so on;
 * within a turn the oldest slot first, ties in key order.
 */
void turns_take(struct turn *turns, size_t count);

#endif
