/*
 * Covers lib/plan/trend.c: what became slower, and what exports nothing any more.
 */
#include "support/suite.h"

#include "plan/trend.h"

enum { NONE = -1, DAY = 24 * 60 };

/* The median of each day of three runs, in seconds; NONE: nothing that can be measured. */
static const struct {
    int64_t before_runs;
    int64_t before_ms;
    int days[6];
    int64_t slow_since; /* a day; NONE: it did not become slower */
} lengths[] = {
    {3, 4000, {4, 4, 38, 38, 38, 38}, 2},
    {3, 4000, {4, 4, 4, 4, 4, 6}, 5},         /* half as long again */
    {3, 4000, {4, 4, 4, 4, 4, 5}, NONE},      /* not so much */
    {3, 4000, {38, 38, 38, 38, 38, 4}, NONE}, /* it is over */
    {3, 4000, {38, 4, 38, NONE, 38, 38}, 2},
    {3, 200, {1, 1, 1, 1, 1, 1}, NONE}, /* five times as long, and not a second */
    {3, 200, {1, 1, 1, 1, 1, 2}, 5},
    {2, 4000, {38, 38, 38, 38, 38, 38}, NONE}, /* nothing to compare with */
    {3, INT64_MIN, {38, 38, 38, 38, 38, 38}, NONE},
    {3, INT64_MAX, {4, 4, 4, 4, 4, 4}, NONE},
};

START_TEST(test_slower)
{
    struct trend trend = {
        .before = {.completed = lengths[_i].before_runs, .median_ms = lengths[_i].before_ms}};

    for (int day = 0; day < 6; day++) {
        int seconds = lengths[_i].days[day];
        struct trend_span span = {.completed = 3,
                                  .first_slot = day * DAY,
                                  .exported_slot = day * DAY,
                                  .median_ms = seconds == NONE ? INT64_MIN : seconds * 1000};

        trend_add_day(&trend, &span, true, true);
    }
    ck_assert_int_eq(trend_is_slower(&trend), lengths[_i].slow_since != NONE);
    if (lengths[_i].slow_since != NONE)
        ck_assert_int_eq(trend.slow_since, lengths[_i].slow_since * DAY);
    ck_assert(!trend_is_empty(&trend));
}
END_TEST

/* Days before the period are what it is compared with: none of them is slow. */
START_TEST(test_before)
{
    struct trend trend = {.before = {.completed = 3, .median_ms = 1000}};
    struct trend_span slow = {.completed = 9, .exported_slot = 7, .median_ms = 9000};

    trend_add_day(&trend, &slow, false, true);
    ck_assert(!trend_is_slower(&trend));
}
END_TEST

/* Each day has so many runs; 'x' exported something, '.' nothing, ',' nothing so far. */
static const struct {
    const char *days;
    int64_t runs;
    int64_t empty_since; /* a day; NONE: it exports */
    int64_t exported;    /* a day; NONE: never */
} records[] = {
    {"xxx...", 1, 3, 2},      {"xxx..,", 1, NONE, 2}, /* the last day is not over */
    {"xxx..", 2, 3, 2},       {"xxx..", 1, NONE, 2},  /* two runs say nothing */
    {"xx..xx..", 9, NONE, 5},                         /* as on the weekend before */
    {"xx..xx...", 9, 6, 5},   {"...x", 9, NONE, 3},   {"....", 1, 0, NONE}, /* it never did */
    {"x...,x", 1, NONE, 5},
};

START_TEST(test_empty)
{
    struct trend trend = {.before = {.median_ms = INT64_MIN}};

    for (int day = 0; records[_i].days[day] != '\0'; day++) {
        char kind = records[_i].days[day];
        struct trend_span span = {.completed = records[_i].runs,
                                  .first_slot = day * DAY,
                                  .exported_slot = kind == 'x' ? day * DAY : INT64_MIN,
                                  .median_ms = 1000};

        trend_add_day(&trend, &span, day > 2, kind != ',');
    }
    ck_assert_int_eq(trend_is_empty(&trend), records[_i].empty_since != NONE);
    if (records[_i].empty_since != NONE)
        ck_assert_int_eq(trend.empty_since, records[_i].empty_since * DAY);
    ck_assert_int_eq(trend.is_exporting, records[_i].exported != NONE);
    if (records[_i].exported != NONE)
        ck_assert_int_eq(trend.exported_slot, records[_i].exported * DAY);
}
END_TEST

SUITE(trend)
{
    TCase *tcase = tcase_create("trend");

    tcase_add_loop_test(tcase, test_slower, 0, sizeof lengths / sizeof *lengths);
    tcase_add_test(tcase, test_before);
    tcase_add_loop_test(tcase, test_empty, 0, sizeof records / sizeof *records);
    suite_add_tcase(suite, tcase);
}
