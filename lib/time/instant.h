/*
 * Instants and civil time: RFC 3339 text, calendar arithmetic, and the window of design section 4.
 *
 * An instant is microseconds, a minute is whole minutes, both since 1970-01-01T00:00Z and without
 * leap seconds (as POSIX counts). The calendar is the Gregorian one, also for the years before it.
 * Everything here is pure; not for reading a clock (clock.h) nor for time zones (zone.h).
 */
#ifndef SYNCSCHED_TIME_INSTANT_H
#define SYNCSCHED_TIME_INSTANT_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum { INSTANT_TEXT_SIZE = 32 };

#define INSTANT_US_PER_SECOND INT64_C(1000000)
#define INSTANT_US_PER_MINUTE INT64_C(60000000)

enum { INSTANT_MINUTES_PER_DAY = 24 * 60 };

/*
 * Reads TIME of design section 7: an RFC 3339 date-time of the years 1970 to 9999 whose seconds and
 * their fraction may be left out. A fraction is cut off after microseconds; 'T' may be 't' or a
 * blank, 'Z' may be 'z'. A leap second (:60) is refused: POSIX time has no number for it.
 * Fails with ERROR_USAGE.
 */
bool instant_parse(const char *text, int64_t *instant_us, struct error *err);

/*
 * Writes a minute of the years 0 to 99999 as the log and the idempotency key have it,
 * 2024-05-01T02:00:00Z, and as a wall clock so far ahead of UTC does, 2024-05-01T04:00:00+02:00.
 */
void instant_format_minute(int64_t minute, char text[INSTANT_TEXT_SIZE]);
void instant_format_local(int64_t minute, int offset_minutes, char text[INSTANT_TEXT_SIZE]);

/* The same of milliseconds since 1970, cut off after seconds: 2024-05-01T02:00:07Z. */
void instant_format_second(int64_t instant_ms, char text[INSTANT_TEXT_SIZE]);

/* An instant to the millisecond, cut off there: 2024-05-01T02:00:30.125Z. */
void instant_format(int64_t instant_us, char text[INSTANT_TEXT_SIZE]);

/* A minute as a calendar and a wall clock show it. */
struct civil {
    int year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
    int hour;
    int minute;
    int weekday; /* 0 = Sunday */
};

struct civil civil_from_minute(int64_t minute);

/* The inverse, which ignores the weekday. The fields must be a real date and time. */
int64_t civil_to_minute(const struct civil *civil);

/* Days since 1970-01-01: of a date (without its time and weekday), and the way back. */
int64_t civil_to_day(const struct civil *civil);
struct civil civil_from_day(int64_t day);

/* 0 = Sunday. */
int civil_weekday(int64_t day);

/* "Sunday" to "Saturday", "January" to "December"; three letters make the usual abbreviation. */
extern const char *const civil_weekday_names[7];
extern const char *const civil_month_names[12];

/* 28 to 31. */
int civil_month_days(int year, int month);

/* Minutes, both ends included. */
struct window {
    int64_t first;
    int64_t last;
};

/*
 * The minutes m with t - 30 s <= m <= t + 30 s, to the microsecond: one, or two when t is exactly
 * at half a minute.
 */
struct window window_of(int64_t instant_us);

/* Division that rounds down, also below zero; divisor > 0. */
int64_t instant_divide_down(int64_t dividend, int64_t divisor);

#endif
