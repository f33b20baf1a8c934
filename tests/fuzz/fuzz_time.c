/* Fuzzes lib/time/instant.c and duration.c: TIME and D of the command line. */
#include "fuzz/fuzz.h"

#include "time/duration.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void time_exercise(const char *bytes, size_t length)
{
    char *text = fuzz_string(bytes, length);
    struct error err;
    int64_t value;

    instant_parse(text, &value, &err);
    duration_parse(text, &value, &err);
    free(text);
}

/*
 * Reads a valid TIME once more, by other means: sscanf() and the C library's calendar, which would
 * make another date and time of one that does not exist.
 */
static int64_t instant_seconds(const char *text)
{
    struct tm tm = {0};
    struct tm real;
    const char *offset = text + strlen(text) - strlen("+hh:mm");
    int hours = 0;
    int minutes = 0;
    int64_t seconds;

    sscanf(text, "%4d-%2d-%2d%*c%2d:%2d:%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
           &tm.tm_min, &tm.tm_sec);
    if (strpbrk(text, "Zz") == NULL)
        sscanf(offset + 1, "%2d:%2d", &hours, &minutes);
    tm.tm_year -= 1900;
    tm.tm_mon--;
    real = tm;
    seconds = (int64_t)timegm(&real);
    FUZZ_CHECK(real.tm_mon == tm.tm_mon && real.tm_mday == tm.tm_mday &&
                   real.tm_hour == tm.tm_hour && real.tm_min == tm.tm_min &&
                   real.tm_sec == tm.tm_sec && hours < 24 && minutes < 60,
               "no such time");
    return seconds - (hours * 60 + minutes) * (*offset == '-' ? -60 : 60);
}

static void check_minute(int64_t minute)
{
    char text[INSTANT_TEXT_SIZE];
    struct civil civil = civil_from_minute(minute);
    struct error err;
    int64_t us = -1;

    instant_format_minute(minute, text);
    FUZZ_CHECK(instant_parse(text, &us, &err) && us == minute * INSTANT_US_PER_MINUTE, "%s", text);
    FUZZ_CHECK(civil_to_minute(&civil) == minute, "%s", text);
}

static void check_window(int64_t us)
{
    struct window window = window_of(us);
    int64_t half_us = INSTANT_US_PER_MINUTE / 2;
    int64_t first_us = window.first * INSTANT_US_PER_MINUTE;
    int64_t last_us = window.last * INSTANT_US_PER_MINUTE;

    FUZZ_CHECK(window.first == window.last || window.first + 1 == window.last, "%" PRId64, us);
    FUZZ_CHECK(first_us >= us - half_us && last_us <= us + half_us, "%" PRId64, us);
    FUZZ_CHECK(first_us - INSTANT_US_PER_MINUTE < us - half_us &&
                   last_us + INSTANT_US_PER_MINUTE > us + half_us,
               "%" PRId64, us);
}

static void check_instant(const char *text)
{
    struct error err = {0};
    int64_t us = -1;

    if (!instant_parse(text, &us, &err)) {
        fuzz_check_error(&err, ERROR_USAGE);
        return;
    }
    FUZZ_CHECK(us >= 0 && us / INSTANT_US_PER_SECOND <= INT64_C(253402300799), "%" PRId64, us);
    FUZZ_CHECK(us / INSTANT_US_PER_SECOND == instant_seconds(text), "%" PRId64, us);
    check_minute(us / INSTANT_US_PER_MINUTE);
    check_window(us);
}

static void check_duration(const char *text)
{
    static const struct {
        char unit;
        int64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    struct error err = {0};
    int64_t ms = -1;
    char *unit;
    int64_t count = strtoll(text, &unit, 10);

    if (!duration_parse(text, &ms, &err)) {
        fuzz_check_error(&err, ERROR_USAGE);
        return;
    }
    FUZZ_CHECK(ms >= 0, "%" PRId64, ms);
    FUZZ_CHECK(*unit != '\0' || ms == 0, "%" PRId64 " ms without a unit", ms);
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        FUZZ_CHECK(*unit != units[i].unit || (ms / units[i].ms == count && ms % units[i].ms == 0),
                   "%" PRId64 " ms", ms);
}

static void time_check(const char *bytes, size_t length)
{
    char *text = fuzz_string(bytes, length);

    check_instant(text);
    check_duration(text);
    free(text);
}

const struct fuzz_target fuzz_time = {"time", time_exercise, time_check};
