/* Covers cron_next() of lib/cron/cron.c where wall clocks jump: Debian's rule, night by night. */
#include "support/suite.h"

#include "cron/cron.h"
#include "time/zones.h"

#include <string.h>

static int64_t minute_of(const char *time)
{
    struct error err = {0};
    int64_t us;

    ck_assert_msg(instant_parse(time, &us, &err), "%s", err.message);
    return us / INSTANT_US_PER_MINUTE;
}

/* The slots after a time, up to four; "" where there are fewer. */
static const struct {
    const char *text;
    const char *zone;
    const char *after;
    const char *slots[4];
} nights[] = {
    /* Oslo, 2027-03-28: 02:00 to 02:59 do not exist. Fixed-time jobs run at 03:00, once. */
    {"30 2 * * *",
     "Europe/Oslo",
     "2027-03-27T00:00Z",
     {"2027-03-27T01:30:00Z", "2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"}},
    {"0,20,40 2 * * *",
     "Europe/Oslo",
     "2027-03-28T00:00Z",
     {"2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"}},
    {"0 2,3 * * *",
     "Europe/Oslo",
     "2027-03-28T00:00Z",
     {"2027-03-28T01:00:00Z", "2027-03-29T00:00:00Z"}},
    {"30 1,2,3 * * *",
     "Europe/Oslo",
     "2027-03-28T00:00Z",
     {"2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"}},
    {"30 2 28 3 *",
     "Europe/Oslo",
     "2027-03-28T00:00Z",
     {"2027-03-28T01:00:00Z", "2028-03-28T00:30:00Z"}},
    {"30 2 * * 1", "Europe/Oslo", "2027-03-27T00:00Z", {"2027-03-29T00:30:00Z"}},
    /* ... wildcard schedules follow the wall clock: what it skips is not made up for */
    {"30 * * * *",
     "Europe/Oslo",
     "2027-03-28T00:00Z",
     {"2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"}},
    {"*/30 2 * * *",
     "Europe/Oslo",
     "2027-03-27T23:00Z",
     {"2027-03-29T00:00:00Z", "2027-03-29T00:30:00Z"}},
    {"0 */2 * * *",
     "Europe/Oslo",
     "2027-03-27T22:00Z",
     {"2027-03-27T23:00:00Z", "2027-03-28T02:00:00Z"}},
    {"* 2 28 3 *",
     "Europe/Oslo",
     "2027-03-27T00:00Z",
     {"2028-03-28T00:00:00Z", "2028-03-28T00:01:00Z"}},
    {"0 *,2 * * *",
     "Europe/Oslo",
     "2027-03-28T00:30Z",
     {"2027-03-28T01:00:00Z", "2027-03-28T02:00:00Z"}},
    /* ... and 0-23 is not a wildcard, though it names every hour */
    {"30 0-23 * * *",
     "Europe/Oslo",
     "2027-03-28T00:00Z",
     {"2027-03-28T00:30:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:30:00Z"}},
    /* Oslo, 2027-10-31: 02:00 to 02:59 come twice. Fixed-time jobs run the first time only. */
    {"30 2 * * *",
     "Europe/Oslo",
     "2027-10-30T12:00Z",
     {"2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"}},
    {"0 2 * * *",
     "Europe/Oslo",
     "2027-10-30T12:00Z",
     {"2027-10-31T00:00:00Z", "2027-11-01T01:00:00Z"}},
    {"0,59 1-3 * * *",
     "Europe/Oslo",
     "2027-10-31T00:00Z",
     {"2027-10-31T00:59:00Z", "2027-10-31T02:00:00Z", "2027-10-31T02:59:00Z"}},
    {"30 * * * *",
     "Europe/Oslo",
     "2027-10-30T23:59Z",
     {"2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z", "2027-10-31T02:30:00Z"}},
    {"*/30 2 31 10 *",
     "Europe/Oslo",
     "2027-10-30T12:00Z",
     {"2027-10-31T00:00:00Z", "2027-10-31T00:30:00Z", "2027-10-31T01:00:00Z",
      "2027-10-31T01:30:00Z"}},
    /* asked in the middle of the second pass, or between the two */
    {"15 * * * *", "Europe/Oslo", "2027-10-31T00:30Z", {"2027-10-31T01:15:00Z"}},
    {"15 2 * * *", "Europe/Oslo", "2027-10-31T00:30Z", {"2027-11-01T01:15:00Z"}},
    {"15 2 * * *", "Europe/Oslo", "2027-10-31T01:00Z", {"2027-11-01T01:15:00Z"}},
    /* half an hour: Lord Howe, 02:00 becomes 02:30, and 02:00 becomes 01:30 */
    {"15 2 * * *",
     "Australia/Lord_Howe",
     "2027-10-02T12:00Z",
     {"2027-10-02T15:30:00Z", "2027-10-03T15:15:00Z"}},
    {"45 1 * * *",
     "Australia/Lord_Howe",
     "2027-04-03T00:00Z",
     {"2027-04-03T14:45:00Z", "2027-04-04T15:15:00Z"}},
    {"45 * * * *",
     "Australia/Lord_Howe",
     "2027-04-03T14:00Z",
     {"2027-04-03T14:45:00Z", "2027-04-03T15:15:00Z", "2027-04-03T16:15:00Z"}},
    /* midnight itself is skipped: Sao Paulo, 2018-11-04; the day's own job runs at 01:00 */
    {"0 0 * * *",
     "America/Sao_Paulo",
     "2018-11-03T12:00Z",
     {"2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z"}},
    {"30 23 * * *",
     "America/Sao_Paulo",
     "2019-02-16T12:00Z",
     {"2019-02-17T01:30:00Z", "2019-02-18T02:30:00Z"}},
    /* a skipped day is a correction: nothing of 30 December 2011 in Apia is made up for */
    {"0 12 * * *",
     "Pacific/Apia",
     "2011-12-29T12:00Z",
     {"2011-12-29T22:00:00Z", "2011-12-30T22:00:00Z"}},
    {"0 12 30 * *", "Pacific/Apia", "2011-12-01T12:00Z", {"2012-01-29T22:00:00Z"}},
    /* a repeated day is one, too: Kwajalein would go back; here it skipped 1993-08-21 */
    {"0 12 21 8 *", "Pacific/Kwajalein", "1993-08-01T00:00Z", {"1994-08-21T00:00:00Z"}},
    /* two hours: Troll */
    {"30 2 * * *",
     "Antarctica/Troll",
     "2027-03-28T00:00Z",
     {"2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"}},
    {"30 2 * * *",
     "Antarctica/Troll",
     "2027-10-30T12:00Z",
     {"2027-10-31T00:30:00Z", "2027-11-01T02:30:00Z"}},
    /* negative daylight saving is none to the wall clock: Dublin */
    {"30 1 * * *",
     "Europe/Dublin",
     "2027-03-27T12:00Z",
     {"2027-03-28T01:00:00Z", "2027-03-29T00:30:00Z"}},
    {"30 1 * * *",
     "Europe/Dublin",
     "2027-10-30T12:00Z",
     {"2027-10-31T00:30:00Z", "2027-11-01T01:30:00Z"}},
    /* Ramadan: Casablanca goes back an hour in February and forward in March */
    {"30 2 * * *",
     "Africa/Casablanca",
     "2026-02-14T12:00Z",
     {"2026-02-15T01:30:00Z", "2026-02-16T02:30:00Z"}},
    {"30 2 * * *",
     "Africa/Casablanca",
     "2026-03-21T12:00Z",
     {"2026-03-22T02:00:00Z", "2026-03-23T01:30:00Z"}},
    /* by the rule of the zone's file, beyond its table */
    {"30 2 * * *",
     "Europe/Oslo",
     "2060-03-27T12:00Z",
     {"2060-03-28T01:00:00Z", "2060-03-29T00:30:00Z"}},
    {"30 1 * * *",
     "America/New_York",
     "2060-11-06T12:00Z",
     {"2060-11-07T05:30:00Z", "2060-11-08T06:30:00Z"}},
    /* 40 years from one leap-day Sunday to the next, and on local time */
    {"0 0 29 2 */7", "Europe/Oslo", "2088-02-29T00:00Z", {"2128-02-28T23:00:00Z"}},
    {"0 0 29 2 */7", "Asia/Kathmandu", "2088-02-29T00:00Z", {"2128-02-28T18:15:00Z"}},
};

START_TEST(test_night)
{
    struct zones zones = {0};
    struct zone zone;
    struct error err = {0};
    struct cron cron;
    struct cron_error error;
    int64_t minute = minute_of(nights[_i].after);

    ck_assert(cron_parse(nights[_i].text, strlen(nights[_i].text), &cron, &error));
    ck_assert_msg(zones_find(&zones, nights[_i].zone, &zone, &err), "%s", err.message);
    for (int i = 0; i < 4 && nights[_i].slots[i] != NULL; i++) {
        char text[INSTANT_TEXT_SIZE];

        ck_assert(cron_next(&cron, &zone, minute, &minute));
        instant_format_minute(minute, text);
        ck_assert_msg(strcmp(text, nights[_i].slots[i]) == 0, "%s in %s: slot %d is %s, not %s",
                      nights[_i].text, nights[_i].zone, i + 1, text, nights[_i].slots[i]);
    }
    zones_free(&zones);
}
END_TEST

/*
 * A wildcard schedule whose only minutes lie in the gap of every year: the sets have dates, the zone has
 * none, and the search must come to an end.
 */
START_TEST(test_never_in_this_zone)
{
    struct zones zones = {0};
    struct zone zone;
    struct error err = {0};
    struct cron cron;
    struct cron_error error;
    const char *text = "* 2 25-31 3 */7"; /* the hour that the last Sunday of March skips */
    int64_t minute;

    ck_assert(cron_parse(text, strlen(text), &cron, &error));
    ck_assert(cron.fires);
    ck_assert(zones_find(&zones, "Europe/Oslo", &zone, &err));
    ck_assert(!cron_next(&cron, &zone, minute_of("2027-01-01T00:00Z"), &minute));
    ck_assert(cron_next(&cron, &(struct zone){0}, minute_of("2027-01-01T00:00Z"), &minute));
    zones_free(&zones);
}
END_TEST

SUITE(cron_zones)
{
    TCase *cases = tcase_create("cron_zones");

    tcase_add_loop_test(cases, test_night, 0, sizeof nights / sizeof nights[0]);
    tcase_add_test(cases, test_never_in_this_zone);
    suite_add_tcase(suite, cases);
}
