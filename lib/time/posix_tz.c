#include "time/posix_tz.h"

#include "time/instant.h"

#include <stdlib.h>
#include <string.h>

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, TIME_HOURS_MAX = 167, OFFSET_HOURS_MAX = 24 };

enum { RULE_SIZE = 256 }; /* with its NUL; the longest of the database has 50 bytes */

#define DIGITS  "0123456789"
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool take_character(const char **at, char wanted)
{
    if (**at != wanted)
        return false;
    (*at)++;
    return true;
}

/* Takes a number of one to three digits between least and most. */
static bool take_number(const char **at, int least, int most, int *number)
{
    size_t digits = strspn(*at, DIGITS);

    *number = (int)strtol(*at, NULL, 10);
    *at += digits;
    return digits >= 1 && digits <= 3 && *number >= least && *number <= most;
}

/* Takes [+-]hh[:mm[:ss]]. */
static bool take_time(const char **at, int hours_most, int *seconds)
{
    int sign = **at == '-' ? -1 : 1;
    int number;

    *at += **at == '-' || **at == '+' ? 1 : 0;
    *seconds = 0;
    for (int unit_s = HOUR_S; unit_s >= 1; unit_s /= 60) {
        if (unit_s < HOUR_S && !take_character(at, ':'))
            break;
        if (!take_number(at, 0, unit_s == HOUR_S ? hours_most : 59, &number))
            return false;
        *seconds += number * unit_s * sign;
    }
    return true;
}

/* Takes an abbreviation, three letters or more, or anything but '>' between '<' and '>'. */
static bool take_name(const char **at)
{
    bool is_quoted = **at == '<';
    size_t length = is_quoted ? strcspn(*at, ">") : strspn(*at, LETTERS);

    *at += length;
    return is_quoted ? take_character(at, '>') : length >= 3;
}

/* Takes ",date[/time]"; the time is two o'clock where it is not written. */
static bool take_date(const char **at, struct posix_tz_date *date)
{
    bool ok;

    *date = (struct posix_tz_date){.seconds = 2 * HOUR_S};
    if (!take_character(at, ','))
        return false;
    if (take_character(at, 'M')) {
        ok = take_number(at, 1, 12, &date->month) && take_character(at, '.') &&
             take_number(at, 1, 5, &date->week) && take_character(at, '.') &&
             take_number(at, 0, 6, &date->day);
    } else {
        date->counts_no_leap_day = take_character(at, 'J');
        ok = take_number(at, date->counts_no_leap_day ? 1 : 0, 365, &date->day);
    }
    return ok && (!take_character(at, '/') || take_time(at, TIME_HOURS_MAX, &date->seconds));
}

/* The day of a year on which a change falls, in days since 1970. */
static int64_t posix_tz_day(const struct posix_tz_date *date, int year)
{
    bool is_weekday = date->month > 0;
    struct civil civil = {.year = year, .month = is_weekday ? date->month : 1, .day = 1};
    int64_t first = civil_to_day(&civil);
    int day = date->day;

    if (is_weekday) {
        day = (date->day - civil_weekday(first) + 7) % 7 + (date->week - 1) * 7;
        return first + (day < civil_month_days(year, date->month) ? day : day - 7);
    }
    if (date->counts_no_leap_day) /* its day 60 is the first of March in every year */
        day += day >= 60 && civil_month_days(year, 2) == 29 ? 0 : -1;
    return first + day;
}

/* After so many years leap years and weekdays repeat, in this century. */
enum { SOME_YEAR = 2001, YEARS_PER_CYCLE = 28 };

/*
 * Makes a rule that changes nothing one without summer time: one whose offsets are the same, or
 * whose summer time starts again when it ends, or before. Of any other each change must come a
 * minute or more after the one before: otherwise the wall clock is not defined.
 */
static bool posix_tz_settle(struct posix_tz *rule)
{
    bool is_always_summer = true;
    bool is_in_order = true;
    struct posix_tz_change changes[2];

    posix_tz_changes_in(rule, SOME_YEAR, changes);
    for (int i = 1; i <= YEARS_PER_CYCLE; i++) {
        struct posix_tz_change last = changes[1];

        is_in_order = is_in_order && last.at_seconds >= changes[0].at_seconds + 60;
        posix_tz_changes_in(rule, SOME_YEAR + i, changes);
        is_in_order = is_in_order && changes[0].at_seconds >= last.at_seconds + 60;
        is_always_summer = is_always_summer && last.offset_seconds == rule->offset_seconds &&
                           last.at_seconds >= changes[0].at_seconds;
    }
    if (rule->summer_offset_seconds == rule->offset_seconds || is_always_summer) {
        rule->offset_seconds = rule->summer_offset_seconds;
        rule->has_summer = false;
    }
    return !rule->has_summer || is_in_order;
}

bool posix_tz_parse(const char *text, size_t length, struct posix_tz *rule)
{
    char copy[RULE_SIZE] = "";
    const char *at = copy;
    int west;

    *rule = (struct posix_tz){0};
    if (length >= sizeof copy || memchr(text, '\0', length) != NULL)
        return false;
    memcpy(copy, text, length);
    if (!take_name(&at) || !take_time(&at, OFFSET_HOURS_MAX, &west))
        return false;
    rule->offset_seconds = -west;
    if (*at == '\0')
        return true;
    rule->has_summer = true;
    rule->summer_offset_seconds = rule->offset_seconds + HOUR_S;
    if (!take_name(&at))
        return false;
    if (*at != '\0' && *at != ',') {
        if (!take_time(&at, OFFSET_HOURS_MAX, &west))
            return false;
        rule->summer_offset_seconds = -west;
    }
    return take_date(&at, &rule->summer_start) && take_date(&at, &rule->summer_end) &&
           *at == '\0' && posix_tz_settle(rule);
}

void posix_tz_changes_in(const struct posix_tz *rule, int year, struct posix_tz_change changes[2])
{
    int64_t start = posix_tz_day(&rule->summer_start, year) * DAY_S + rule->summer_start.seconds -
                    rule->offset_seconds;
    int64_t end = posix_tz_day(&rule->summer_end, year) * DAY_S + rule->summer_end.seconds -
                  rule->summer_offset_seconds;
    bool is_northern = start < end;

    changes[is_northern ? 0 : 1] = (struct posix_tz_change){start, rule->summer_offset_seconds};
    changes[is_northern ? 1 : 0] = (struct posix_tz_change){end, rule->offset_seconds};
}
