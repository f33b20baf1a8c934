/*
 * Capacity: which calls can still end within a tick, by how long calls of their kind take (design
 * section 5, step 7).
 *
 * What an integration's latest calls took comes from the log; what calls of its type take today is
 * measured as the tick goes. Pure: the caller says what time it is.
 */
#ifndef SYNCSCHED_PLAN_CAPACITY_H
#define SYNCSCHED_PLAN_CAPACITY_H

#include "plan/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Of an integration whose log has no call. */
#define CAPACITY_NOT_KNOWN INT64_MIN

/* So many types have calls of their own; all others are one kind. */
enum { CAPACITY_KINDS_MAX = 8 };

/* What this tick knows of the calls of one type. */
struct capacity_kind {
    char type[RUN_TYPE_SIZE];
    size_t in_flight;
    int64_t first_began_ms; /* of those that are in flight */
    size_t ended;
    int64_t sum_ms; /* of those that have ended */
    int64_t longest_ms;
};

/* A tick. The caller sets the times, which are one clock's; the rest is {0} at the start. */
struct capacity {
    int64_t began_ms;    /* when the first call might begin */
    int64_t deadline_ms; /* what is in flight then is cut off */
    int64_t timeout_ms;  /* of each call; 0: none */
    struct capacity_kind kinds[CAPACITY_KINDS_MAX];
    size_t kind_count;
    size_t ended; /* calls of any kind */
    int64_t sum_ms;
};

/* A call that waits, or was made. */
struct capacity_call {
    const char *type; /* its integration's; borrowed */
    int64_t takes_ms; /* the longest of the integration's latest calls, or CAPACITY_NOT_KNOWN */
    int64_t began_ms; /* 0: it has not begun */
};

/*
 * How long it will take, as far as one can know; 0: one cannot. The longest that its integration's
 * latest calls took, and no less than the mean of its type today, since a day may be slow. Where
 * the integration has no call in the log, the longest of its type today.
 */
int64_t capacity_expect_ms(const struct capacity *capacity, const struct capacity_call *call,
                           int64_t now_ms);

/*
 * Until when it may begin; now_ms or earlier: not in this tick any more; INT64_MAX: as long as
 * anything may, as where nothing is known. It must be able to end by
 * the deadline, with a tenth to spare. What comes first in a tick, before any call has ended and in
 * the first tenth, begins anyway: no later tick has more time for it, so it would never begin.
 */
int64_t capacity_begin_until_ms(const struct capacity *capacity, const struct capacity_call *call,
                                int64_t now_ms);

void capacity_begin(struct capacity *capacity, struct capacity_call *call, int64_t now_ms);
void capacity_end(struct capacity *capacity, const struct capacity_call *call, int64_t now_ms);

/* It has not begun after all. */
void capacity_withdraw(struct capacity *capacity, const struct capacity_call *call);

#endif
