/*
 * A time zone: what its wall clock shows, and where that jumps.
 *
 * Everything here counts whole minutes, as slots do. A change of offset takes effect at the first
 * whole UTC minute at or after it; an offset that is no whole number of minutes (Liberia's until
 * 1972) is rounded down. So each UTC minute has one wall minute, and the wall clock runs evenly
 * between two changes. Pure; reading zones by name is zones.h.
 */
#ifndef SYNCSCHED_TIME_ZONE_H
#define SYNCSCHED_TIME_ZONE_H

#include "time/instant.h"

#include <stdint.h>

struct tzif;

/* A zeroed zone is UTC. Nothing to release: the changes of a named zone belong to struct zones. */
struct zone {
    int offset_minutes;         /* east of UTC, where changes is NULL */
    const struct tzif *changes; /* of a named zone; NULL: the same offset at every instant */
};

/* A stretch of time over which the offset stays the same. */
struct zone_span {
    int64_t from; /* UTC minutes, [from, to); INT64_MIN and INT64_MAX where it has no end */
    int64_t to;
    int offset_minutes; /* east of UTC */
    int jump_minutes;   /* by how much the wall clock jumped at from; below 0: back */
};

/* The span that holds that UTC minute; looked up for each instant, never to be remembered. */
struct zone_span zone_span_at(const struct zone *zone, int64_t utc_minute);

/*
 * Writes what the wall clock shows at that UTC minute, 2024-05-01T04:00:00+02:00; returns the name
 * of its weekday.
 */
const char *zone_format_local(const struct zone *zone, int64_t utc_minute,
                              char text[INSTANT_TEXT_SIZE]);

/*
 * The UTC minute at which a day (since 1970) begins there: midnight, the first one where there are
 * two, or the end of the gap that midnight lies in.
 */
int64_t zone_day_begins(const struct zone *zone, int64_t day);

/* The UTC minute from which on the zone's changes repeat every 400 years; INT64_MIN: always. */
int64_t zone_settled_from(const struct zone *zone);

#endif
