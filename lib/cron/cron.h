/*
 * Cron expressions: the grammar, what a schedule matches, and when it fires next.
 *
 * An expression is valid if Debian cron, cronie and pg_cron all accept it and run it at the same
 * minutes (design section 4, "Cron expressions"; its core is POSIX crontab). Any other is refused.
 * What is wrong is a value (cron_error.h); cron_message.h has the words for it. Nothing here
 * allocates or reads a clock.
 */
#ifndef SYNCSCHED_CRON_CRON_H
#define SYNCSCHED_CRON_CRON_H

#include "cron/cron_error.h"
#include "time/instant.h"
#include "time/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CRON_LENGTH_MAX = 1000 }; /* bytes; longer expressions are refused unread */

/* The five fields, in their order. */
enum { CRON_MINUTE, CRON_HOUR, CRON_DAY, CRON_MONTH, CRON_WEEKDAY, CRON_FIELD_COUNT };

/*
 * A schedule as sets: bit n means the value n. The star rule: when either day field starts with
 * '*', a date must match both. Otherwise it must match at least one of them.
 */
struct cron {
    uint64_t minutes;  /* 0..59 */
    uint32_t hours;    /* 0..23 */
    uint32_t days;     /* 1..31 */
    uint16_t months;   /* 1..12 */
    uint8_t weekdays;  /* 0..6, 0 = Sunday; 7 has become 0 */
    bool days_starred; /* the field's first character is '*' */
    bool weekdays_starred;
    bool wildcard; /* minute or hour starts with '*': follows the wall clock through DST changes */
    bool fires;    /* false when its months have none of its days (30 February) */
    /* For each field: the step of an item over the whole field that does not divide it, or 0. */
    uint8_t uneven_steps[CRON_FIELD_COUNT];
};

/*
 * Reads an expression of length bytes, which may be any bytes. On failure fills *error with the
 * first error and leaves *cron alone. A valid expression may still never fire.
 */
bool cron_parse(const char *text, size_t length, struct cron *cron, struct cron_error *error);

/*
 * The first slot (a UTC minute) strictly after after_minute, which must lie in the years 1..9999;
 * it may itself lie beyond. Gaps between slots reach 40 years, and the search has no bound. False
 * when the schedule never fires: no month has its days, or all its minutes lie in gaps of the zone.
 *
 * Daylight saving follows Debian's cron (design section 4). A wildcard schedule follows the wall
 * clock: it loses what a gap skips, and a repeated hour fires twice. When a gap of 5 to 179 minutes
 * skips a fixed-time schedule, it fires once, at the first minute after the gap. When up to 180
 * minutes are repeated, it fires in the first pass only. Every schedule follows larger jumps.
 */
bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_minute,
               int64_t *minute);

/*
 * The first matching minute at or after wall_minute of a wall clock that never jumps, as if it
 * were a UTC minute. The schedule must be one that fires.
 */
int64_t cron_next_on_wall(const struct cron *cron, int64_t wall_minute);

/* What a schedule does where its wall clock jumps. */
enum cron_over_jump {
    CRON_FOLLOWS,    /* skipped minutes do not fire, repeated ones fire twice */
    CRON_MAKES_UP,   /* skipped minutes fire once, after the gap */
    CRON_HOLDS_BACK, /* repeated minutes fire in the first pass only */
};

enum cron_over_jump cron_over_jump(const struct cron *cron, int jump_minutes);

#endif
