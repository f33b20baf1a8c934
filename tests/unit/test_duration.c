/* Covers lib/time/duration.c. */
#include "support/suite.h"

#include "time/duration.h"

#include <string.h>

static const struct {
    const char *text;
    int64_t ms;
} good[] = {
    {"50s", 50000},    {"15m", 900000},  {"1h", 3600000},
    {"2d", 172800000}, {"0s", 0},        {"0d", 0},
    {"0", 0},          {"007m", 420000}, {"9223372036854775s", INT64_C(9223372036854775000)},
};

static const struct {
    const char *text;
    const char *wrong; /* part of the message */
} bad[] = {
    {"", "does not start with a whole number"},
    {"s", "does not start with a whole number"},
    {"-1s", "does not start with a whole number"},
    {"+1s", "does not start with a whole number"},
    {" 1s", "does not start with a whole number"},
    {"50", "has no unit"},
    {"1.5h", "has an unknown unit"},
    {"50S", "has an unknown unit"},
    {"50ms", "has an unknown unit"},
    {"1h30m", "has an unknown unit"},
    {"1 h", "has an unknown unit"},
    {"1w", "has an unknown unit"},
    {"9223372036854776s", "is too long"},
    {"9223372036854775807d", "is too long"},
    {"9223372036854775808s", "is too long"},
    {"99999999999999999999999999999999s", "is too long"},
};

START_TEST(test_duration_good)
{
    struct error err = {0};
    int64_t ms = -1;

    ck_assert_msg(duration_parse(good[_i].text, &ms, &err), "%s: %s", good[_i].text, err.message);
    ck_assert_int_eq(ms, good[_i].ms);
}
END_TEST

START_TEST(test_duration_bad)
{
    struct error err = {0};
    int64_t ms = -1;

    ck_assert_msg(!duration_parse(bad[_i].text, &ms, &err), "%s", bad[_i].text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_msg(strstr(err.message, bad[_i].wrong) != NULL, "%s", err.message);
    ck_assert_ptr_nonnull(strstr(err.message, bad[_i].text));
    ck_assert_str_eq(err.hint, "write a whole number and a unit: 50s, 15m, 1h or 2d");
}
END_TEST

static const struct {
    int64_t ms;
    const char *text;
} formatted[] = {
    {-5000, "0 s"},     {0, "0 s"},
    {1999, "1 s"},      {119999, "119 s"},
    {120000, "2 min"},  {7199999, "119 min"},
    {7200000, "2 h"},   {172799999, "47 h"},
    {172800000, "2 d"}, {INT64_MAX, "106751991167 d"},
};

START_TEST(test_duration_format)
{
    char text[DURATION_TEXT_SIZE];

    duration_format(formatted[_i].ms, text);
    ck_assert_str_eq(text, formatted[_i].text);
}
END_TEST

SUITE(duration)
{
    TCase *cases = tcase_create("duration");

    tcase_add_loop_test(cases, test_duration_good, 0, sizeof good / sizeof good[0]);
    tcase_add_loop_test(cases, test_duration_bad, 0, sizeof bad / sizeof bad[0]);
    tcase_add_loop_test(cases, test_duration_format, 0, sizeof formatted / sizeof formatted[0]);
    suite_add_tcase(suite, cases);
}
