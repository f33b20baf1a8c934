/* Covers lib/time/instant.c. */
#include "support/suite.h"

#include "time/instant.h"

#include <string.h>
#include <time.h>

/* Expected values are from `date -u -d TIME +%s`. */
static const struct {
    const char *text;
    int64_t us;
} good[] = {
    {"1970-01-01T00:00Z", 0},
    {"1970-01-01T00:00:00.000001Z", 1},
    {"2024-05-01T02:00Z", INT64_C(1714528800000000)},
    {"2024-05-01T02:00:00Z", INT64_C(1714528800000000)},
    {"2024-05-01t02:00z", INT64_C(1714528800000000)},
    {"2024-05-01 02:00:00z", INT64_C(1714528800000000)},
    {"2024-05-01T04:00+02:00", INT64_C(1714528800000000)},
    {"2024-05-01T04:00:30.5+02:00", INT64_C(1714528830500000)},
    {"2024-04-30T22:30:00-03:30", INT64_C(1714528800000000)},
    {"2024-05-01T02:00-00:00", INT64_C(1714528800000000)},
    {"2024-05-02T01:59+23:59", INT64_C(1714528800000000)},
    {"2024-05-01T02:00:59.999999Z", INT64_C(1714528859999999)},
    {"2024-05-01T02:00:59.9999999999999999999999Z", INT64_C(1714528859999999)},
    {"2024-05-01T02:00:00.0000009Z", INT64_C(1714528800000000)},
    {"2024-02-29T00:00Z", INT64_C(1709164800000000)},
    {"2000-02-29T23:59:59Z", INT64_C(951868799000000)},
    {"2100-02-28T00:00Z", INT64_C(4107456000000000)},
    {"9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999)},
};

static const struct {
    const char *text;
    const char *wrong; /* part of the message */
} bad[] = {
    {"", "does not start with a date"},
    {"now", "does not start with a date"},
    {"1714528800", "does not start with a date"},
    {"24-05-01T02:00Z", "does not start with a date"},
    {"2024-5-1T02:00Z", "does not start with a date"},
    {" 2024-05-01T02:00Z", "does not start with a date"},
    {"-024-05-01T02:00Z", "does not start with a date"},
    {"2024-05-01", "has no time of day"},
    {"2024-05-01  02:00Z", "has a time of day that is not hh:mm"},
    {"2024-05-01_02:00Z", "has no T between date and time"},
    {"2024-05-01T2:00Z", "has a time of day that is not hh:mm"},
    {"2024-05-01T02Z", "has a time of day that is not hh:mm"},
    {"2024-05-01T0200Z", "has a time of day that is not hh:mm"},
    {"2024-05-01T02:00:Z", "has seconds that are not two digits"},
    {"2024-05-01T02:00:5Z", "has seconds that are not two digits"},
    {"2024-05-01T02:00:00.Z", "has a point without digits after it"},
    {"2024-05-01T02:00.5Z", "something else where its offset"},
    {"2024-05-01T02:00:00,5Z", "something else where its offset"},
    {"2024-05-01T02:00", "has no offset from UTC"},
    {"2024-05-01T02:00:30.5", "has no offset from UTC"},
    {"2024-05-01T02:00 Z", "something else where its offset"},
    {"2024-05-01T02:00UTC", "something else where its offset"},
    {"2024-05-01T02:00+02", "has an offset that is not +hh:mm"},
    {"2024-05-01T02:00+0200", "has an offset that is not +hh:mm"},
    {"2024-05-01T02:00+2:00", "has an offset that is not +hh:mm"},
    {"2024-05-01T02:00+", "has an offset that is not +hh:mm"},
    {"2024-05-01T02:00+24:00", "has an offset that does not exist"},
    {"2024-05-01T02:00-01:60", "has an offset that does not exist"},
    {"2024-05-01T02:00Z ", "goes on after its offset"},
    {"2024-05-01T02:00Z+02:00", "goes on after its offset"},
    {"2024-00-01T02:00Z", "has a month that does not exist"},
    {"2024-13-01T02:00Z", "has a month that does not exist"},
    {"2024-05-00T02:00Z", "has a day that does not exist"},
    {"2024-04-31T02:00Z", "has a day that does not exist"},
    {"2023-02-29T02:00Z", "has a day that does not exist"},
    {"2100-02-29T02:00Z", "has a day that does not exist"},
    {"2024-02-30T02:00Z", "has a day that does not exist"},
    {"2024-05-01T24:00Z", "has an hour that does not exist"},
    {"2024-05-01T02:60Z", "has a minute that does not exist"},
    {"2016-12-31T23:59:60Z", "is a leap second"},
    {"2024-05-01T02:00:61Z", "has a second that does not exist"},
    {"1969-12-31T23:59:59Z", "lies before the year 1970"},
    {"0000-01-01T00:00Z", "lies before the year 1970"},
    {"1970-01-01T00:00+00:01", "lies outside the years 1970 to 9999 in UTC"},
    {"9999-12-31T23:59-00:01", "lies outside the years 1970 to 9999 in UTC"},
};

START_TEST(test_instant_good)
{
    struct error err = {0};
    int64_t us = -1;

    ck_assert_msg(instant_parse(good[_i].text, &us, &err), "%s: %s", good[_i].text, err.message);
    ck_assert_int_eq(us, good[_i].us);
}
END_TEST

START_TEST(test_instant_bad)
{
    struct error err = {0};
    int64_t us = -1;

    ck_assert_msg(!instant_parse(bad[_i].text, &us, &err), "%s", bad[_i].text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.message, bad[_i].wrong) != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(err.message, bad[_i].text));
    ck_assert_str_eq(err.hint, "write it as 2024-05-01T02:00Z");
}
END_TEST

START_TEST(test_instant_message_is_clean)
{
    struct error err = {0};
    int64_t us;

    ck_assert(!instant_parse("\x1b[2J\n\xff", &us, &err));
    ck_assert_str_eq(err.message,
                     "time \"\\x1b[2J\\x0a\\xff\" does not start with a date, yyyy-mm-dd");
}
END_TEST

START_TEST(test_instant_format_minute)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format_minute(28575480, text);
    ck_assert_str_eq(text, "2024-05-01T02:00:00Z");
    instant_format_minute(0, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00Z");
    instant_format_minute(-1, text);
    ck_assert_str_eq(text, "1969-12-31T23:59:00Z");
    instant_format_minute(INT64_C(253402300799) / 60, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:00Z");
}
END_TEST

START_TEST(test_instant_format_second)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format_second(INT64_C(1714528867999), text);
    ck_assert_str_eq(text, "2024-05-01T02:01:07Z");
    instant_format_second(-1, text);
    ck_assert_str_eq(text, "1969-12-31T23:59:59Z");
}
END_TEST

/* Covers: cut off, not rounded; also before 1970. */
START_TEST(test_instant_format)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format(INT64_C(28575480) * 60000000 + 30125999, text);
    ck_assert_str_eq(text, "2024-05-01T02:00:30.125Z");
    instant_format(0, text);
    ck_assert_str_eq(text, "1970-01-01T00:00:00.000Z");
    instant_format(-1, text);
    ck_assert_str_eq(text, "1969-12-31T23:59:59.999Z");
}
END_TEST

/* The calendar against the C library's, each day of the years 1600 to 2400, and back again. */
START_TEST(test_civil_agrees_with_gmtime)
{
    for (int64_t day = -135140; day < 157060; day++) {
        int64_t minute = day * 1440 + (day & 1023);
        time_t seconds = (time_t)(minute * 60);
        struct civil civil = civil_from_minute(minute);
        struct tm tm;

        gmtime_r(&seconds, &tm);
        if (civil.year != tm.tm_year + 1900 || civil.month != tm.tm_mon + 1 ||
            civil.day != tm.tm_mday || civil.hour != tm.tm_hour || civil.minute != tm.tm_min ||
            civil.weekday != tm.tm_wday || civil_to_minute(&civil) != minute)
            ck_abort_msg("minute %lld", (long long)minute);
    }
}
END_TEST

START_TEST(test_civil_far_years)
{
    struct civil last = {.year = 9999, .month = 12, .day = 31, .hour = 23, .minute = 59};
    struct civil first = {.year = 1, .month = 1, .day = 1};

    ck_assert_int_eq(civil_to_minute(&last), INT64_C(253402300799) / 60);
    ck_assert_int_eq(civil_from_minute(civil_to_minute(&last)).year, 9999);
    ck_assert_int_eq(civil_from_minute(civil_to_minute(&last) + 1).year, 10000);
    ck_assert_int_eq(civil_from_minute(civil_to_minute(&first)).year, 1);
    ck_assert_int_eq(civil_from_minute(civil_to_minute(&first) - 1).year, 0);
}
END_TEST

static const struct {
    int64_t us;
    int64_t first;
    int64_t last;
} windows[] = {
    {0, 0, 0},
    {1, 0, 0},
    {29999999, 0, 0},
    {30000000, 0, 1},
    {30000001, 1, 1},
    {59999999, 1, 1},
    {60000000, 1, 1},
    {90000000, 1, 2},
    {-1, 0, 0},
    {-29999999, 0, 0},
    {-30000000, -1, 0},
    {-30000001, -1, -1},
    {INT64_C(1714528770000000), 28575479, 28575480},
    {INT64_C(1714528769999999), 28575479, 28575479},
    {INT64_C(1714528770000001), 28575480, 28575480},
    {INT64_C(1714528830000000), 28575480, 28575481},
};

START_TEST(test_window_of)
{
    struct window window = window_of(windows[_i].us);

    ck_assert_int_eq(window.first, windows[_i].first);
    ck_assert_int_eq(window.last, windows[_i].last);
}
END_TEST

SUITE(instant)
{
    TCase *cases = tcase_create("instant");

    tcase_add_loop_test(cases, test_instant_good, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(cases, test_instant_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_test(cases, test_instant_message_is_clean);
    tcase_add_test(cases, test_instant_format_minute);
    tcase_add_test(cases, test_instant_format_second);
    tcase_add_test(cases, test_instant_format);
    tcase_add_test(cases, test_civil_agrees_with_gmtime);
    tcase_add_test(cases, test_civil_far_years);
    tcase_add_loop_test(cases, test_window_of, 0, sizeof windows / sizeof windows[0]);
    suite_add_tcase(suite, cases);
}
