/*
 * Time zones of organisations (design section 3): for now UTC and fixed offsets.
 *
 * Offsets are ISO 8601's, positive east of Greenwich: "+02:00" is two hours ahead of UTC. (The
 * offsets of PostgreSQL's `SET TimeZone` and of POSIX's TZ count the other way.)
 */
#ifndef SYNCSCHED_CLOCK_ZONE_H
#define SYNCSCHED_CLOCK_ZONE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum zone_kind {
    ZONE_FIXED = 0, /* the same offset at every instant */
    /* IANA names (Europe/Oslo) get their kind, and their data below, from their own issue. */
};

/* A zeroed zone is UTC. Plain data, nothing to release. */
struct zone {
    enum zone_kind kind;
    int offset_seconds; /* ZONE_FIXED: east of UTC */
};

/*
 * Reads a zone: NULL, "UTC" and "Z" in any case are UTC; "+02:00", "-0330" and "+02" are fixed
 * offsets from -15:59 to +15:59, as far as PostgreSQL goes. Fails with ERROR_INVALID.
 */
bool zone_parse(const char *text, struct zone *zone, struct error *err);

/* Seconds east of UTC at that UTC minute; looked up for each instant, never to be remembered. */
int zone_offset_seconds_at(const struct zone *zone, int64_t utc_minute);

/* What the zone's wall clock shows at that UTC minute, as if it were a UTC minute. */
int64_t zone_wall_minute(const struct zone *zone, int64_t utc_minute);

#endif
