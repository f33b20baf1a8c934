/*
 * The policy: what an operator decided about time limits, catch-up and retries, for every tick.
 */
#ifndef SYNCSCHED_PLAN_POLICY_H
#define SYNCSCHED_PLAN_POLICY_H

#include "plan/run.h"

#include <stdbool.h>
#include <stdint.h>

struct policy {
    int64_t catch_up_ms;         /* slots that are older are given up */
    int64_t budget_ms;           /* of a tick, under 30 minutes */
    int64_t timeout_ms;          /* bounds each call; 0: what is left of the budget */
    int64_t cold_start_after_ms; /* a ping that takes longer met one; 0: warns of none */
    int max_attempts;            /* at a slot that fails, across ticks; 1: none but the first */
    bool retries_unknown;        /* also after outcomes that are unknown */
    int max_calls;               /* in flight at once, over all ticks; 0: no limit */
    int max_calls_of[RUN_TYPES]; /* the same of each type (timetable_type()) */
};

/* A run that starts later than this after its slot is late, and a slot that waits for longer is
 * overdue (design section 4). */
enum { POLICY_LATE_MINUTES = 5 };

/* A run that has been running for longer is abandoned (abandon.sql). */
enum { POLICY_ABANDONED_MINUTES = 30 };

#endif
