/*
 * A moment as people write it (design section 7): TIME, a day (2026-03-01, today, yesterday), which
 * means its midnight where the organisation is, or a duration, which means so long ago.
 */
#ifndef SYNCSCHED_TIME_MOMENT_H
#define SYNCSCHED_TIME_MOMENT_H

#include "base/error.h"
#include "time/zone.h"

#include <stdbool.h>
#include <stdint.h>

struct moment {
    enum { MOMENT_INSTANT, MOMENT_DAY, MOMENT_DAYS_AGO, MOMENT_AGO } form;
    int64_t number; /* microseconds since 1970 UTC; a day since 1970; days; milliseconds */
};

/* Reads one; a duration only where takes_duration. Fails with ERROR_USAGE. */
bool moment_parse(const char *text, bool takes_duration, struct moment *moment, struct error *err);

/* Microseconds since 1970 UTC. Zone and now do not matter to a MOMENT_INSTANT. */
int64_t moment_resolve(const struct moment *moment, const struct zone *zone, int64_t now_us);

#endif
