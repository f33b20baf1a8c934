/*
 * Times as people read them: on the clocks of the organisation, a day beside the time, and lengths
 * of time in few columns.
 */
#ifndef SYNCSCHED_REPORT_WHEN_H
#define SYNCSCHED_REPORT_WHEN_H

#include "base/text.h"
#include "time/zones.h"

#include <stdint.h>

enum { WHEN_SLOT_COLUMNS = 16, WHEN_TIME_COLUMNS = 19, WHEN_LENGTH_COLUMNS = 5 };

/* Where organisations are. `struct when w = {.now_us = ...};` knows none; when_free() ends it. */
struct when {
    int64_t now_us; /* of the report, since 1970 UTC */
    struct zones zones;
    char *timezone; /* the last one, */
    struct zone zone;
    bool is_known; /* and whether it can be read; else UTC is shown for it */
};

/* The zone of this name, borrowed until the next call; NULL is UTC. */
const struct zone *when_zone(struct when *when, const char *timezone);
void when_free(struct when *when);

/* The day of a minute there, since 1970. */
int64_t when_day(const struct zone *zone, int64_t minute);

/* "Tue  3 Mar 02:00", or "2024-03-03 02:00" of another year than now. INT64_MIN: "-". */
void when_add_minute(const struct when *when, const struct zone *zone, int64_t minute,
                     struct text *out);

/* The same with seconds, of milliseconds: "Tue  3 Mar 02:00:07". */
void when_add_time(const struct when *when, const struct zone *zone, int64_t time_ms,
                   struct text *out);

/* Appends a text in which each UTC time of the form 2024-05-01T02:00:00Z is a minute as above. */
void when_add_localized(const struct when *when, const struct zone *zone, const char *string,
                        struct text *out);

/* "02:00:07", on the same clocks. */
void when_add_second(const struct zone *zone, int64_t time_ms, struct text *out);

/* At most WHEN_LENGTH_COLUMNS: "0.8s", "119s", "90m", "47h", "2d". Below 0: nothing. */
void when_add_length(int64_t length_ms, struct text *out);

#endif
