/*
 * Covers lib/plan/forecast.c: what is due in each minute of a day, and how long it takes.
 */
#include "support/suite.h"

#include "plan/forecast.h"

#include <stdlib.h>

static const struct {
    size_t calls;
    int64_t work_ms;
    int64_t longest_ms;
    struct forecast_limits limits;
    int64_t span_ms;
} spans[] = {
    {0, 0, 0, {.workers = 5}, 0},
    {1, 7000, 7000, {.workers = 5}, 7000},
    {30, 222000, 7400, {.workers = 5}, 44400},
    {60, 1200000, 20000, {.workers = 5}, 240000},
    {12, 240000, 20000, {.workers = 5}, 60000}, /* a third round for two of them */
    {6, 60000, 50000, {.workers = 5}, 50000},
    {6, 120000, 20000, {.workers = 1}, 120000},
    {12, 240000, 20000, {.workers = 5, .max_calls = 2}, 120000},
    {12, 240000, 20000, {.workers = 5, .max_calls = 9}, 60000},
    {12, 240000, 20000, {.workers = 5, .max_calls_of = {0, 3, 0}}, 80000},
    {12, 240000, 20000, {.workers = 5, .max_calls_of = {3, 0, 3}}, 60000},
};

START_TEST(test_span)
{
    struct forecast_calls calls = {spans[_i].calls, spans[_i].work_ms};
    struct forecast_load load = {
        .all = calls, .of = {[1] = calls}, .longest_ms = spans[_i].longest_ms};

    ck_assert_int_eq(forecast_span_ms(&load, &spans[_i].limits), spans[_i].span_ms);
}
END_TEST

/* Schedules of a few texts, in any order, one of them in another zone. */
START_TEST(test_day)
{
    static const struct {
        const char *cron;
        const char *zone;
        int64_t takes_ms;
    } rows[] = {
        {"0 2 * * *", NULL, 1000},  {"* * * * *", NULL, 10},     {"0 2 * * *", NULL, 3000},
        {"0 2 * * *", "+02:00", 7}, {"*/30 * * * *", NULL, 100},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    int64_t now = 28563960 + 60; /* 2024-04-23T01:00Z */
    struct forecast_load loads[FORECAST_MINUTES];
    struct forecast_schedule schedules[ROWS];
    struct timetable timetables[ROWS];
    struct zones zones = {0};
    int64_t work_ms = 0;

    for (size_t i = 0; i < ROWS; i++) {
        struct schedule row = {.is_active = true,
                               .has_organization = true,
                               .integration_type = "xledger",
                               .cron_schedule = rows[i].cron,
                               .timezone = rows[i].zone};
        struct error err = {0};

        ck_assert_msg(timetable_read(&row, &zones, &timetables[i], &err), "%s", err.message);
        schedules[i] = (struct forecast_schedule){&timetables[i], rows[i].cron, rows[i].zone, i,
                                                  rows[i].takes_ms};
    }
    forecast_day(schedules, ROWS, now, loads);
    for (size_t i = 0; i < FORECAST_MINUTES; i++)
        work_ms += loads[i].all.work_ms;
    ck_assert_int_eq(work_ms, 1440 * 10 + 48 * 100 + 7 + 4000);
    for (size_t i = 0; i < FORECAST_MINUTES; i++) {
        int64_t minute = (now + 1 + (int64_t)i) % 1440;
        size_t calls = 1;

        calls += minute % 30 == 0 ? 1 : 0;
        calls += minute == 120 ? 2 : 0;
        calls += minute == 0 ? 1 : 0;

        ck_assert_uint_eq(loads[i].all.count, calls);
        ck_assert_uint_eq(loads[i].of[0].count, minute == 120 ? 1 : 0);
        ck_assert_int_eq(loads[i].longest_ms, minute == 120 ? 3000 : minute % 30 == 0 ? 100 : 10);
    }
    zones_free(&zones);
}
END_TEST

SUITE(forecast)
{
    TCase *cases = tcase_create("forecast");

    tcase_add_loop_test(cases, test_span, 0, (int)(sizeof spans / sizeof *spans));
    tcase_add_test(cases, test_day);
    suite_add_tcase(suite, cases);
}
