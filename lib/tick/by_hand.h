/*
 * A run by hand that names what to send (design section 4, "By name"): looks first, decides, and
 * sends what was decided, each integration's slots one after the other, the oldest first.
 */
#ifndef SYNCSCHED_TICK_BY_HAND_H
#define SYNCSCHED_TICK_BY_HAND_H

#include "base/error.h"
#include "store/by_hand.h"
#include "tick/tick.h"

#include <stdbool.h>
#include <stdint.h>

struct by_hand_options {
    const struct tick_options *tick; /* its database, function, policy and the like */
    struct by_hand_choice choice;
    struct by_hand_order order; /* without its minutes, which are the reading's */
    bool ends_with_day;         /* the end may lie ahead: it is served up to now */
    int64_t latest_us;          /* the latest time that was named; INT64_MIN: none was */
    const char
        *earliest_option; /* the option that named the first of the minutes; NULL: none did */
};

/*
 * Reads and decides; writes nothing. Refuses (ERROR_USAGE) times in the future, and those before
 * which the log was pruned. by_hand_reading_free() releases the reading in any case.
 */
bool by_hand_look(const struct by_hand_options *options, struct by_hand_reading *reading,
                  struct error *err);

/*
 * Sends it. Obstacles are warnings, as is what the budget had no time for. The result is that of
 * one tick over all of it: skipped are the slots and runs that it left alone. False as tick_run().
 */
bool by_hand_send(const struct by_hand_options *options, const struct by_hand_reading *reading,
                  struct tick_result *result, struct error *err);

#endif
