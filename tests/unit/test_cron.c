/* Covers lib/cron/cron.c: what a schedule matches, the star rule, and when it fires next. */
#include "support/cron_match.h"
#include "support/suite.h"

#include "cron/cron.h"
#include "time/zones.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct zone utc = {0};

static struct cron parsed(const char *text)
{
    struct cron cron;
    struct cron_error error;

    ck_assert_msg(cron_parse(text, strlen(text), &cron, &error), "%s: error %d", text,
                  (int)error.code);
    return cron;
}

static int64_t minute_of(const char *time)
{
    struct error err = {0};
    int64_t us;

    ck_assert_msg(instant_parse(time, &us, &err), "%s", err.message);
    return us / INSTANT_US_PER_MINUTE;
}

/* Whether the schedule fires at a time, in UTC. */
static bool fires_at(const char *text, const char *time)
{
    struct cron cron = parsed(text);
    struct civil civil = civil_from_minute(minute_of(time));

    return cron_matches(&cron, &civil);
}

START_TEST(test_matches_its_minute_only)
{
    ck_assert(fires_at("0 2 * * *", "2024-05-01T02:00Z"));
    ck_assert(!fires_at("0 2 * * *", "2024-05-01T02:01Z"));
    ck_assert(!fires_at("0 2 * * *", "2024-05-01T01:59Z"));
    ck_assert(!fires_at("0 2 * * *", "2024-05-01T14:00Z"));
    ck_assert(fires_at("0 2 * * *", "2024-05-02T02:00Z"));
    ck_assert(!fires_at("0 2 * 6 *", "2024-05-01T02:00Z"));
}
END_TEST

/* Each second from half a minute before 02:00 to half a minute after has 02:00 in its window. */
START_TEST(test_window_has_the_slot)
{
    int64_t slot = minute_of("2024-05-01T02:00Z");
    int64_t slot_us = slot * INSTANT_US_PER_MINUTE;
    struct cron cron = parsed("0 2 * * *");

    for (int second = -31; second <= 31; second++) {
        struct window window = window_of(slot_us + second * INSTANT_US_PER_SECOND);
        int found = 0;

        for (int64_t mark = window.first; mark <= window.last; mark++) {
            struct civil civil = civil_from_minute(mark);

            found += cron_matches(&cron, &civil) ? 1 : 0;
        }
        ck_assert_int_eq(found, second >= -30 && second <= 30 ? 1 : 0);
    }
}
END_TEST

/* 2024-11-13 is a Wednesday, the 15th a Friday, the 30th a Saturday. */
static const struct {
    const char *text;
    const char *time;
    bool fires;
} days[] = {
    {"0 2 31 * *", "2024-11-30T02:00Z", false},
    {"0 2 31 * *", "2024-12-31T02:00Z", true},
    {"0 2 30 2 *", "2024-02-29T02:00Z", false},
    {"0 2 29 2 *", "2024-02-29T02:00Z", true},
    /* neither is starred: either will do */
    {"0 0 13 * 5", "2024-11-13T00:00Z", true},
    {"0 0 13 * 5", "2024-11-15T00:00Z", true},
    {"0 0 13 * 5", "2024-11-14T00:00Z", false},
    {"0 0 13 11 5", "2024-12-13T00:00Z", false},
    {"0 0 1-31 * 5", "2024-11-14T00:00Z", true},
    {"0 0 1-31/2 * 5", "2024-11-13T00:00Z", true},
    {"0 0 13 * 0-6", "2024-11-14T00:00Z", true},
    {"0 0 5,* * 5", "2024-11-14T00:00Z", true},
    {"0 0 13 * 5,*", "2024-11-14T00:00Z", true},
    {"0 0 13 * 1-7/7", "2024-11-13T00:00Z", true},
    /* one is starred: both must match */
    {"0 0 * * 5", "2024-11-14T00:00Z", false},
    {"0 0 * * 5", "2024-11-15T00:00Z", true},
    {"0 0 13 * *", "2024-11-14T00:00Z", false},
    {"0 0 13 * *", "2024-11-13T00:00Z", true},
    {"0 0 */2 * 5", "2024-11-13T00:00Z", false},
    {"0 0 */2 * 5", "2024-11-15T00:00Z", true},
    {"0 0 */2 * 5", "2024-11-22T00:00Z", false},
    {"0 0 *,5 * 5", "2024-11-14T00:00Z", false},
    {"0 0 *,5 * 5", "2024-11-15T00:00Z", true},
    {"0 0 13 * */2", "2024-11-13T00:00Z", false},
    {"0 0 14 * */2", "2024-11-14T00:00Z", true},
    {"0 0 14 * *,5", "2024-11-15T00:00Z", false},
    {"0 0 8-14 * */7", "2024-11-10T00:00Z", true},
    {"0 0 8-14 * */7", "2024-11-17T00:00Z", false},
    {"0 0 */2 * */2", "2024-11-19T00:00Z", true},
    {"0 0 */2 * */2", "2024-11-13T00:00Z", false},
};

START_TEST(test_star_rule)
{
    ck_assert_msg(fires_at(days[_i].text, days[_i].time) == days[_i].fires, "%s at %s",
                  days[_i].text, days[_i].time);
}
END_TEST

static const struct {
    const char *text;
    bool fires;
} fires[] = {
    {"0 0 29 2 *", true},   {"0 0 30 2 *", false},      {"0 0 31 2,4,6,9,11 *", false},
    {"0 0 31 4,5 *", true}, {"0 0 30,31 2 */2", false}, {"0 0 30 2 1", true},
    {"0 0 30 2 0-6", true}, {"0 0 29 2 */7", true},     {"0 0 28-31 2 *", true},
    {"0 0 */2 2 *", true},  {"0 0 31 4 sun", true},     {"0 0 31 apr *,1", false},
    {"* * * * *", true},
};

START_TEST(test_never_fires)
{
    struct cron cron = parsed(fires[_i].text);
    int64_t minute;

    ck_assert_msg(cron.fires == fires[_i].fires, "%s", fires[_i].text);
    ck_assert_int_eq(cron_next(&cron, &utc, 0, &minute), fires[_i].fires);
}
END_TEST

/* The calendar of the expected times was checked with `cal`. */
static const struct {
    const char *text;
    const char *zone;
    const char *after;
    const char *next;
} nexts[] = {
    {"0 2 * * *", "Z", "2024-05-01T01:59Z", "2024-05-01T02:00:00Z"},
    {"0 2 * * *", "Z", "2024-05-01T02:00Z", "2024-05-02T02:00:00Z"},
    {"* * * * *", "Z", "2024-12-31T23:59Z", "2025-01-01T00:00:00Z"},
    {"30 * * * *", "Z", "2024-05-01T02:30Z", "2024-05-01T03:30:00Z"},
    {"30 1,23 * * *", "Z", "2024-05-01T01:31Z", "2024-05-01T23:30:00Z"},
    {"59 23 31 12 *", "Z", "2024-12-31T23:59Z", "2025-12-31T23:59:00Z"},
    {"0 0 31 * *", "Z", "2024-10-31T00:00Z", "2024-12-31T00:00:00Z"},
    {"0 2 * * *", "+02:00", "2024-05-01T00:00Z", "2024-05-02T00:00:00Z"},
    {"0 2 * * *", "+02:00", "2024-04-30T23:59Z", "2024-05-01T00:00:00Z"},
    {"0 2 1 * *", "+05:45", "2024-04-30T20:00Z", "2024-04-30T20:15:00Z"},
    {"0 22 31 12 *", "-0330", "2024-12-31T23:59Z", "2025-01-01T01:30:00Z"},
    {"0 0 * * 1", "+14:00", "2024-05-04T00:00Z", "2024-05-05T10:00:00Z"},
    /* the 29th of February: 4 years, 8 across 2100, and on a Sunday 28 and 40 */
    {"0 0 29 2 *", "Z", "2024-02-29T00:00Z", "2028-02-29T00:00:00Z"},
    {"0 0 29 2 *", "Z", "2096-02-29T00:00Z", "2104-02-29T00:00:00Z"},
    {"0 0 29 2 */7", "Z", "2032-02-29T00:00Z", "2060-02-29T00:00:00Z"},
    {"0 0 29 2 */7", "Z", "2088-02-29T00:00Z", "2128-02-29T00:00:00Z"},
    /* neither day field is starred: every Monday of February, too */
    {"0 0 29 2 1", "Z", "2024-02-29T00:00Z", "2025-02-03T00:00:00Z"},
    {"0 0 29 2 1", "Z", "2024-02-26T00:00Z", "2024-02-29T00:00:00Z"},
};

START_TEST(test_next)
{
    struct cron cron = parsed(nexts[_i].text);
    struct error err = {0};
    struct zones zones = {0};
    struct zone zone;
    int64_t minute;
    char text[INSTANT_TEXT_SIZE];

    ck_assert(zones_find(&zones, nexts[_i].zone, &zone, &err));
    ck_assert(cron_next(&cron, &zone, minute_of(nexts[_i].after), &minute));
    instant_format_minute(minute, text);
    ck_assert_str_eq(text, nexts[_i].next);
}
END_TEST

/* --- against a scan of all minutes, by a reader and a matcher of another shape --- */

static const char *const scanned[] = {
    "* * * * *",
    "0 2 * * *",
    "*/5 * * * *",
    "*/7 * * * *",
    "0 */6 * * *",
    "15,45 8-17 * * 1-5",
    "0 0 1 * *",
    "0 0 31 * *",
    "0 0 30 * *",
    "0 0 29 2 *",
    "0 0 29 2 1",
    "59 23 31 12 *",
    "0 0 1 1 *",
    "30 3 * * 0",
    "30 3 * * 7",
    "0 0 * * 5-7",
    "0 0 13 * 5",
    "0 0 */2 * 5",
    "0 0 13 * */2",
    "0 0 *,5 * 1",
    "0 0 5,* * 1",
    "0 0 1-31 * 1",
    "0 0 1-7 * 0-6",
    "0 0 1-7 * *",
    "5-59/10 * * * *",
    "0 22-23,0-2 * * *",
    "1-59/2 1-23/2 * * *",
    "0 12 * 6-8 *",
    "0 12 * */3 *",
    "0 12 * 2-12/5 6",
    "17 4 10,20,31 * *",
    "0 0 31 2,4,6,9,11 2",
    "0 0 28-31 * *",
    "59 * * * *",
    "0 23 * * *",
    "59 23 * * *",
    "0 0 * * *",
    "1 0 * * *",
    "*/59 * * * *",
    "*/30 */12 */15 */6 *",
    "0 0 */31 * *",
    "0 0 */31 * */7",
    "0 0 31 */2 *",
    "0 0 1,15 * 3",
    "0 0 1,15 * */3",
    "10-20 10 10 10 *",
    "* 0 1 1 *",
    "* * 29 2 *",
    "*/15 0-6/3 * 11 *",
    "0 9 1-7 * 1",
    "0 9 8-14 * */7",
    "45 23 * 12 0",
    "0,1,2 0 * 1 *",
    "58,59 23 31 * *",
    "0 0 * 2 *",
    "0 0 30 4,6,9,11 *",
    "0 6 * * 1,3,5",
    "0 6 * * 0,6",
    "3-57/9 5 * * 2-4",
    "0 0 2-30/7 3-9/2 *",
    "*/20 9-17/4 * * 1-7/3",
    "0 0 29-31 1-3 *",
};

struct scan {
    bool set[5][60];
    bool both_days;
};

/* Spreads a field of numbers over a table; knows only what the expressions above hold. */
static void scan_field(const char *field, int low, int high, bool table[60])
{
    char copy[64];
    char *rest = NULL;

    snprintf(copy, sizeof copy, "%s", field);
    for (char *part = strtok_r(copy, ",", &rest); part; part = strtok_r(NULL, ",", &rest)) {
        int first = low;
        int last = high;
        int step = 1;

        if (sscanf(part, "*/%d", &step) < 1 && part[0] != '*') {
            int parts = sscanf(part, "%d-%d/%d", &first, &last, &step);

            last = parts == 1 ? first : last;
        }
        for (int value = low; value <= high; value++) {
            if (value >= first && value <= last && (value - first) % step == 0)
                table[value] = true;
        }
    }
}

static struct scan scan_read(const char *text)
{
    struct scan scan = {0};
    char field[5][64];

    ck_assert_int_eq(
        sscanf(text, "%63s %63s %63s %63s %63s", field[0], field[1], field[2], field[3], field[4]),
        5);
    scan_field(field[0], 0, 59, scan.set[0]);
    scan_field(field[1], 0, 23, scan.set[1]);
    scan_field(field[2], 1, 31, scan.set[2]);
    scan_field(field[3], 1, 12, scan.set[3]);
    scan_field(field[4], 0, 7, scan.set[4]);
    scan.set[4][0] = scan.set[4][0] || scan.set[4][7];
    scan.both_days = field[2][0] == '*' || field[4][0] == '*';
    return scan;
}

static bool scan_has_day(const struct scan *scan, int64_t day)
{
    time_t seconds = (time_t)(day * 86400);
    struct tm tm;
    bool by_day;
    bool by_weekday;

    gmtime_r(&seconds, &tm);
    by_day = scan->set[2][tm.tm_mday];
    by_weekday = scan->set[4][tm.tm_wday];
    return scan->set[3][tm.tm_mon + 1] &&
           (scan->both_days ? by_day && by_weekday : by_day || by_weekday);
}

/* Two years, a leap year in them, in a zone that differs from row to row. */
START_TEST(test_next_agrees_with_a_scan)
{
    const char *text = scanned[_i];
    struct zone zone = {.offset_minutes = (_i % 3 - 1) * (5 * 60 + 45)};
    struct scan scan = scan_read(text);
    struct cron cron = parsed(text);
    int64_t day = minute_of("2023-07-01T00:00Z") / 1440;
    int64_t offset = zone.offset_minutes;
    int64_t slot = day * 1440 - offset - 1;
    int64_t next = 0;
    bool found;

    for (int64_t end = day + 731; day < end; day++) {
        if (!scan_has_day(&scan, day))
            continue;
        for (int minute = 0; minute < 1440; minute++) {
            if (!scan.set[1][minute / 60] || !scan.set[0][minute % 60])
                continue;
            found = cron_next(&cron, &zone, slot, &next);
            slot = day * 1440 + minute - offset;
            if (!found || next != slot)
                ck_abort_msg("%s: %lld, not %lld", text, (long long)next, (long long)slot);
        }
    }
    ck_assert(!cron_next(&cron, &zone, slot, &next) || next >= day * 1440 - offset);
}
END_TEST

/* Starting anywhere, not only at a slot, gives the slot that a walk over the minutes finds. */
START_TEST(test_next_from_any_minute)
{
    struct cron cron = parsed(scanned[_i]);
    int64_t after = minute_of("2024-02-26T00:00Z");

    for (int i = 0; i < 40; i++) {
        int64_t walked = after + 1;
        int64_t next = 0;
        struct civil civil = civil_from_minute(walked);

        while (!cron_matches(&cron, &civil) && walked < after + 20000)
            civil = civil_from_minute(++walked);
        ck_assert(cron_next(&cron, &utc, after, &next));
        if (cron_matches(&cron, &civil))
            ck_assert_int_eq(next, walked);
        else
            ck_assert_int_gt(next, walked);
        after += 7 * 37;
    }
}
END_TEST

SUITE(cron)
{
    TCase *cases = tcase_create("cron");
    int scans = sizeof scanned / sizeof scanned[0];

    tcase_add_test(cases, test_matches_its_minute_only);
    tcase_add_test(cases, test_window_has_the_slot);
    tcase_add_loop_test(cases, test_star_rule, 0, sizeof days / sizeof days[0]);
    tcase_add_loop_test(cases, test_never_fires, 0, sizeof fires / sizeof fires[0]);
    tcase_add_loop_test(cases, test_next, 0, sizeof nexts / sizeof nexts[0]);
    tcase_add_loop_test(cases, test_next_agrees_with_a_scan, 0, scans);
    tcase_add_loop_test(cases, test_next_from_any_minute, 0, scans);
    suite_add_tcase(suite, cases);
}
