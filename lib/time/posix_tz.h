/*
 * The rule of POSIX's TZ variable (POSIX 2024, 8.3; RFC 9636, 3.3), by which the footer of a TZif
 * file goes on for ever: "CET-1CEST,M3.5.0,M10.5.0/3". Pure.
 */
#ifndef SYNCSCHED_TIME_POSIX_TZ_H
#define SYNCSCHED_TIME_POSIX_TZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* When in each year the offset changes, by the wall clock before the change. */
struct posix_tz_date {
    int month; /* Mm.w.d: the week-th weekday of a month, week 5 its last; 0: a day of the year */
    int week;
    int day;                 /* d: 0 to 6; n: 0 to 365; Jn: 1 to 365 */
    bool counts_no_leap_day; /* Jn: 29 February is never counted */
    int seconds;             /* after midnight, up to a week before or after */
};

struct posix_tz {
    int offset_seconds; /* standard time, east of UTC (TZ itself counts west) */
    int summer_offset_seconds;
    bool has_summer; /* false: the rest is not set, the offset is the same all year */
    struct posix_tz_date summer_start;
    struct posix_tz_date summer_end;
};

/* One change of the offset. */
struct posix_tz_change {
    int64_t at_seconds; /* since 1970 UTC */
    int offset_seconds; /* from then on */
};

/*
 * Reads a rule; false when the text is not one. Where it names summer time it must have the dates.
 * A zone with summer time all year, which is written as one that ends when the next begins, becomes
 * one without changes. The changes of any other come in order, a minute or more apart.
 */
bool posix_tz_parse(const char *text, size_t length, struct posix_tz *rule);

/* The two changes of a year in order of time; the rule must have summer time. */
void posix_tz_changes_in(const struct posix_tz *rule, int year, struct posix_tz_change changes[2]);

#endif
