#include "time/instant.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>

enum { YEAR_FIRST = 1970, YEAR_LAST = 9999 };

/* From 0000-03-01 to 1970-01-01, and in 400 years, after which the calendar repeats. */
enum { DAYS_BEFORE_EPOCH = 719468, YEARS_PER_CYCLE = 400, DAYS_PER_CYCLE = 146097 };

const char *const civil_weekday_names[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                            "Thursday", "Friday", "Saturday"};
const char *const civil_month_names[12] = {"January",   "February", "March",    "April",
                                           "May",       "June",     "July",     "August",
                                           "September", "October",  "November", "December"};

/* What an RFC 3339 date-time says, before anybody asked whether such a day exists. */
struct instant_parts {
    int date[3];
    int time[2];
    int second;
    int64_t fraction_us;
    int offset_minutes; /* east of UTC */
};

int64_t instant_divide_down(int64_t dividend, int64_t divisor)
{
    int64_t quotient = dividend / divisor;

    return dividend % divisor < 0 ? quotient - 1 : quotient;
}

int civil_month_days(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return month == 2 && is_leap ? 29 : days[month - 1];
}

/*
 * The two directions below are Howard Hinnant's ("chrono-Compatible Low-Level Date Algorithms"): a
 * year that begins in March has its leap day last, so that (153 * month + 2) / 5 days lie before
 * each of its months.
 */
int64_t civil_to_day(const struct civil *civil)
{
    int64_t year = civil->month > 2 ? civil->year : civil->year - 1;
    int month = civil->month > 2 ? civil->month - 3 : civil->month + 9;
    int64_t cycle = instant_divide_down(year, YEARS_PER_CYCLE);
    unsigned year_of_cycle = (unsigned)(year - cycle * YEARS_PER_CYCLE);
    unsigned day_of_year = (unsigned)((153 * month + 2) / 5 + civil->day - 1);

    return cycle * DAYS_PER_CYCLE + year_of_cycle * 365 + year_of_cycle / 4 - year_of_cycle / 100 +
           day_of_year - DAYS_BEFORE_EPOCH;
}

struct civil civil_from_day(int64_t day)
{
    int64_t cycle = instant_divide_down(day + DAYS_BEFORE_EPOCH, DAYS_PER_CYCLE);
    unsigned day_of_cycle = (unsigned)(day + DAYS_BEFORE_EPOCH - cycle * DAYS_PER_CYCLE);
    unsigned year = (day_of_cycle - day_of_cycle / 1460 + day_of_cycle / 36524 -
                     day_of_cycle / (DAYS_PER_CYCLE - 1)) /
                    365;
    unsigned day_of_year = day_of_cycle - (year * 365 + year / 4 - year / 100);
    unsigned month = (5 * day_of_year + 2) / 153;
    struct civil civil = {.month = (int)(month < 10 ? month + 3 : month - 9)};

    civil.year = (int)(cycle * YEARS_PER_CYCLE) + (int)year + (civil.month <= 2 ? 1 : 0);
    civil.day = (int)(day_of_year - (153 * month + 2) / 5) + 1;
    civil.weekday = civil_weekday(day);
    return civil;
}

int civil_weekday(int64_t day)
{
    int64_t since_sunday = day + 4; /* 1970-01-01 was a Thursday */

    return (int)(since_sunday - instant_divide_down(since_sunday, 7) * 7);
}

struct civil civil_from_minute(int64_t minute)
{
    int64_t day = instant_divide_down(minute, INSTANT_MINUTES_PER_DAY);
    int minute_of_day = (int)(minute - day * INSTANT_MINUTES_PER_DAY);
    struct civil civil = civil_from_day(day);

    civil.hour = minute_of_day / 60;
    civil.minute = minute_of_day % 60;
    return civil;
}

int64_t civil_to_minute(const struct civil *civil)
{
    return civil_to_day(civil) * INSTANT_MINUTES_PER_DAY + civil->hour * 60 + civil->minute;
}

struct window window_of(int64_t instant_us)
{
    int64_t half_us = INSTANT_US_PER_MINUTE / 2;

    return (struct window){
        .first = -instant_divide_down(half_us - instant_us, INSTANT_US_PER_MINUTE),
        .last = instant_divide_down(instant_us + half_us, INSTANT_US_PER_MINUTE),
    };
}

/* Writes 2024-05-01T02:00:00 and the rest behind it. */
static void instant_write(int64_t second, const char *rest, char text[INSTANT_TEXT_SIZE])
{
    int64_t minute = instant_divide_down(second, 60);
    struct civil civil = civil_from_minute(minute);

    snprintf(text, INSTANT_TEXT_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%s", civil.year, civil.month,
             civil.day, civil.hour, civil.minute, (int)(second - minute * 60), rest);
}

void instant_format_minute(int64_t minute, char text[INSTANT_TEXT_SIZE])
{
    instant_write(minute * 60, "Z", text);
}

void instant_format_local(int64_t minute, int offset_minutes, char text[INSTANT_TEXT_SIZE])
{
    int ahead = abs(offset_minutes);
    char offset[INSTANT_TEXT_SIZE];

    snprintf(offset, sizeof offset, "%c%02d:%02d", offset_minutes < 0 ? '-' : '+', ahead / 60,
             ahead % 60);
    instant_write((minute + offset_minutes) * 60, offset, text);
}

void instant_format_second(int64_t instant_ms, char text[INSTANT_TEXT_SIZE])
{
    instant_write(instant_divide_down(instant_ms, 1000), "Z", text);
}

void instant_format(int64_t instant_us, char text[INSTANT_TEXT_SIZE])
{
    int64_t second = instant_divide_down(instant_us, INSTANT_US_PER_SECOND);
    char fraction[INSTANT_TEXT_SIZE];

    snprintf(fraction, sizeof fraction, ".%03dZ",
             (int)((instant_us - second * INSTANT_US_PER_SECOND) / 1000));
    instant_write(second, fraction, text);
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Takes a number for each digit of the pattern, of so many digits, and its other characters. */
static bool take(const char **at, const char *pattern, int *numbers)
{
    for (; *pattern != '\0'; pattern++) {
        if (!is_digit(*pattern)) {
            if (*(*at)++ != *pattern)
                return false;
            continue;
        }
        *numbers = 0;
        for (int left = *pattern - '0'; left > 0; left--, (*at)++) {
            if (!is_digit(**at))
                return false;
            *numbers = *numbers * 10 + (**at - '0');
        }
        numbers++;
    }
    return true;
}

/* Takes "Z" or "+hh:mm"; says what is wrong, or NULL. */
static const char *take_offset(const char **at, int *offset_minutes)
{
    char sign = *(*at)++;
    int time[2];

    if (sign == 'Z' || sign == 'z')
        return NULL;
    if (sign == '\0')
        return "has no offset from UTC";
    if (sign != '+' && sign != '-')
        return "has something else where its offset from UTC should be";
    if (!take(at, "2:2", time))
        return "has an offset that is not +hh:mm";
    if (time[0] > 23 || time[1] > 59)
        return "has an offset that does not exist";
    *offset_minutes = (time[0] * 60 + time[1]) * (sign == '-' ? -1 : 1);
    return NULL;
}

/* RFC 3339, section 5.6, with optional seconds; says what is wrong, or NULL. */
static const char *instant_read(const char *at, struct instant_parts *parts)
{
    int64_t unit_us = INSTANT_US_PER_SECOND;
    const char *wrong;

    if (!take(&at, "4-2-2", parts->date))
        return "does not start with a date, yyyy-mm-dd";
    if (*at == '\0')
        return "has no time of day";
    if (*at != 'T' && *at != 't' && *at != ' ')
        return "has no T between date and time";
    at++;
    if (!take(&at, "2:2", parts->time))
        return "has a time of day that is not hh:mm";
    if (*at == ':') {
        if (!take(&at, ":2", &parts->second))
            return "has seconds that are not two digits";
        if (*at == '.' && !is_digit(at[1]))
            return "has a point without digits after it";
        if (*at == '.')
            for (at++; is_digit(*at); at++) /* digits beyond microseconds add nothing */
                parts->fraction_us += (*at - '0') * (unit_us /= 10);
    }
    wrong = take_offset(&at, &parts->offset_minutes);
    return wrong == NULL && *at != '\0' ? "goes on after its offset" : wrong;
}

/* Whether there is such a day and such a time; says what is wrong, or NULL. */
static const char *instant_check(const struct civil *civil, int second)
{
    if (civil->year < YEAR_FIRST)
        return "lies before the year 1970";
    if (civil->month < 1 || civil->month > 12)
        return "has a month that does not exist";
    if (civil->day < 1 || civil->day > civil_month_days(civil->year, civil->month))
        return "has a day that does not exist";
    if (civil->hour > 23)
        return "has an hour that does not exist";
    if (civil->minute > 59)
        return "has a minute that does not exist";
    if (second == 60)
        return "is a leap second, which has no number in POSIX time";
    return second > 60 ? "has a second that does not exist" : NULL;
}

bool instant_parse(const char *text, int64_t *instant_us, struct error *err)
{
    struct instant_parts parts = {0};
    const char *wrong = instant_read(text, &parts);
    struct civil civil = {.year = parts.date[0],
                          .month = parts.date[1],
                          .day = parts.date[2],
                          .hour = parts.time[0],
                          .minute = parts.time[1]};
    char quoted[TEXT_QUOTE_SIZE];

    if (wrong == NULL)
        wrong = instant_check(&civil, parts.second);
    if (wrong == NULL) {
        int64_t minute = civil_to_minute(&civil) - parts.offset_minutes;
        int year = civil_from_minute(minute).year;

        *instant_us = minute * INSTANT_US_PER_MINUTE + parts.second * INSTANT_US_PER_SECOND +
                      parts.fraction_us;
        if (year >= YEAR_FIRST && year <= YEAR_LAST)
            return true;
        wrong = "lies outside the years 1970 to 9999 in UTC";
    }
    text_quote_string(text, quoted);
    error_set(err, ERROR_USAGE, "time \"%s\" %s", quoted, wrong);
    return error_hint(err, "write it as 2024-05-01T02:00Z");
}
