/* Covers lib/cron/cron_jumps.c: what check-cron says of the nights on which clocks change. */
#include "support/suite.h"

#include "cron/cron_text.h"
#include "time/zones.h"

#include <string.h>

static const struct {
    const char *text;
    const char *zone;
    const char *after;
    const char *warnings[3];
} cases[] = {
    {"30 2 * * *",
     "Europe/Oslo",
     "2026-11-23T12:00Z",
     {"on Sunday 2027-03-28 the clocks go forward from 02:00 to 03:00: 02:30 is skipped, and it "
      "runs at 03:00 instead",
      "on Sunday 2027-10-31 the clocks go back from 03:00 to 02:00: 02:30 comes twice, and it runs "
      "the first time only"}},
    {"0,20,40 2 * * *",
     "Europe/Oslo",
     "2026-11-23T12:00Z",
     {"on Sunday 2027-03-28 the clocks go forward from 02:00 to 03:00: the 3 times from 02:00 to "
      "02:40 are skipped, and it runs once instead, at 03:00",
      "on Sunday 2027-10-31 the clocks go back from 03:00 to 02:00: the 3 times from 02:00 to "
      "02:40 come twice, and it runs the first time only"}},
    {"* 2 * * *",
     "Europe/Oslo",
     "2026-11-23T12:00Z",
     {"on Sunday 2027-03-28 the clocks go forward from 02:00 to 03:00: the 60 times from 02:00 to "
      "02:59 are skipped and not made up for",
      "on Sunday 2027-10-31 the clocks go back from 03:00 to 02:00: the 60 times from 02:00 to "
      "02:59 come twice, and it runs both times"}},
    {"0 */2 * * *",
     "Europe/Oslo",
     "2026-11-23T12:00Z",
     {"on Sunday 2027-03-28 the clocks go forward from 02:00 to 03:00: 02:00 is skipped and not "
      "made up for",
      "on Sunday 2027-10-31 the clocks go back from 03:00 to 02:00: 02:00 comes twice, and it runs "
      "both times"}},
    {"30 2 * * 1-6", "Europe/Oslo", "2026-11-23T12:00Z", {NULL}},
    {"30 1 * * *", "Europe/Oslo", "2026-11-23T12:00Z", {NULL}},
    {"0 3 * * *", "Europe/Oslo", "2026-11-23T12:00Z", {NULL}},
    {"30 2 * * *", "UTC", "2026-11-23T12:00Z", {NULL}},
    {"30 2 * * *", "+02:00", "2026-11-23T12:00Z", {NULL}},
    {"30 2 * * *", "Asia/Tokyo", "2026-11-23T12:00Z", {NULL}},
    {"30 2 30 2 *", "Europe/Oslo", "2026-11-23T12:00Z", {NULL}},
    /* keeps its beat in time that passes */
    {"*/5 * * * *", "Europe/Oslo", "2026-11-23T12:00Z", {NULL}},
    {"30 * * * *", "Europe/Oslo", "2026-11-23T12:00Z", {NULL}},
    /* fixed-time, though it names every hour: 03:00 comes on top */
    {"30 0-23 * * *",
     "Europe/Oslo",
     "2027-01-01T12:00Z",
     {"on Sunday 2027-03-28 the clocks go forward from 02:00 to 03:00: 02:30 is skipped, and it "
      "runs at 03:00 instead",
      "on Sunday 2027-10-31 the clocks go back from 03:00 to 02:00: 02:30 comes twice, and it runs "
      "the first time only"}},
    {"30 2 28 3 *",
     "Europe/Oslo",
     "2027-03-28T00:59Z",
     {"on Sunday 2027-03-28 the clocks go forward from 02:00 to 03:00: 02:30 is skipped, and it "
      "runs at 03:00 instead"}},
    {"30 2 28 3 *", "Europe/Oslo", "2027-03-28T01:00Z", {NULL}},
    {"15 2 * * *",
     "Australia/Lord_Howe",
     "2027-07-01T00:00Z",
     {"on Sunday 2027-10-03 the clocks go forward from 02:00 to 02:30: 02:15 is skipped, and it "
      "runs at 02:30 instead"}},
    {"0 12 * * *",
     "Pacific/Apia",
     "2011-12-01T00:00Z",
     {"on Friday 2011-12-30 the clocks go forward from 2011-12-30 00:00 to 2011-12-31 00:00: "
      "2011-12-30 12:00 is skipped and not made up for"}},
};

START_TEST(test_jumps)
{
    struct zones zones = {0};
    struct zone zone;
    struct error err = {0};
    struct cron cron;
    struct cron_error error;
    struct text warnings[CRON_JUMPS_MAX] = {{0}};
    size_t expected = 0;
    size_t count;
    int64_t after_us;

    ck_assert(cron_parse(cases[_i].text, strlen(cases[_i].text), &cron, &error));
    ck_assert(zones_find(&zones, cases[_i].zone, &zone, &err));
    ck_assert(instant_parse(cases[_i].after, &after_us, &err));
    count = cron_warn_of_jumps(&cron, &zone, after_us / INSTANT_US_PER_MINUTE, warnings);
    while (expected < 3 && cases[_i].warnings[expected] != NULL)
        expected++;
    for (size_t i = 0; i < count && i < expected; i++)
        ck_assert_str_eq(text_string(&warnings[i]), cases[_i].warnings[i]);
    ck_assert_uint_eq(count, expected);
    for (size_t i = 0; i < count; i++)
        text_free(&warnings[i]);
    zones_free(&zones);
}
END_TEST

SUITE(cron_jumps)
{
    TCase *all = tcase_create("cron_jumps");

    tcase_add_loop_test(all, test_jumps, 0, sizeof cases / sizeof cases[0]);
    suite_add_tcase(suite, all);
}
