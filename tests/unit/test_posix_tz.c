/* Covers lib/time/posix_tz.c: the rules at the end of TZif files. */
#include "support/suite.h"

#include "time/instant.h"
#include "time/posix_tz.h"

#include <string.h>

static int64_t seconds_of(const char *time)
{
    struct error err = {0};
    int64_t us;

    ck_assert_msg(instant_parse(time, &us, &err), "%s", err.message);
    return us / INSTANT_US_PER_SECOND;
}

/* What `zdump -v` or the law says of these nights. */
static const struct {
    const char *rule;
    int year;
    const char *first;
    int first_offset;
    const char *second;
    int second_offset;
} changes[] = {
    {"CET-1CEST,M3.5.0,M10.5.0/3", 2027, "2027-03-28T01:00:00Z", 7200, "2027-10-31T01:00:00Z",
     3600},
    {"EST5EDT,M3.2.0,M11.1.0", 2027, "2027-03-14T07:00:00Z", -14400, "2027-11-07T06:00:00Z",
     -18000},
    /* the southern hemisphere ends its summer first */
    {"AEST-10AEDT,M10.1.0,M4.1.0/3", 2027, "2027-04-03T16:00:00Z", 36000, "2027-10-02T16:00:00Z",
     39600},
    /* half an hour; both offsets are written */
    {"<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", 2027, "2027-04-03T15:00:00Z", 37800,
     "2027-10-02T15:30:00Z", 39600},
    /* Dublin: standard time is in summer, and "summer time" is an hour less, in winter */
    {"IST-1GMT0,M10.5.0,M3.5.0/1", 2027, "2027-03-28T01:00:00Z", 3600, "2027-10-31T01:00:00Z", 0},
    /* on the Saturday evening before the last Sunday: negative times, as in Godthab */
    {"<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2027, "2027-03-28T01:00:00Z", -3600, "2027-10-31T01:00:00Z",
     -7200},
    /* more than a day, as in Gaza and Israel */
    {"IST-2IDT,M3.4.4/26,M10.5.0", 2027, "2027-03-26T00:00:00Z", 10800, "2027-10-30T23:00:00Z",
     7200},
    /* days of the year, with and without 29 February; leap and common years */
    {"AAA0BBB,J60/0,J300/0", 2028, "2028-03-01T00:00:00Z", 3600, "2028-10-26T23:00:00Z", 0},
    {"AAA0BBB,J60/0,J300/0", 2027, "2027-03-01T00:00:00Z", 3600, "2027-10-26T23:00:00Z", 0},
    {"AAA0BBB,J59/0,J300/0", 2028, "2028-02-28T00:00:00Z", 3600, "2028-10-26T23:00:00Z", 0},
    {"AAA0BBB,59/0,300/0", 2028, "2028-02-29T00:00:00Z", 3600, "2028-10-26T23:00:00Z", 0},
    {"AAA0BBB,59/0,300/0", 2027, "2027-03-01T00:00:00Z", 3600, "2027-10-27T23:00:00Z", 0},
    {"AAA0BBB,0/0,365/0:00:01", 2028, "2028-01-01T00:00:00Z", 3600, "2028-12-30T23:00:01Z", 0},
    /* a month that has five of the weekday, and one that has four */
    {"AAA0BBB,M2.5.2/0,M8.5.2/0", 2028, "2028-02-29T00:00:00Z", 3600, "2028-08-28T23:00:00Z", 0},
    {"AAA0BBB,M2.5.2/0,M8.5.2/0", 2027, "2027-02-23T00:00:00Z", 3600, "2027-08-30T23:00:00Z", 0},
};

START_TEST(test_changes_in_year)
{
    struct posix_tz rule;
    struct posix_tz_change found[2];

    ck_assert(posix_tz_parse(changes[_i].rule, strlen(changes[_i].rule), &rule));
    ck_assert(rule.has_summer);
    posix_tz_changes_in(&rule, changes[_i].year, found);
    ck_assert_int_eq(found[0].at_seconds, seconds_of(changes[_i].first));
    ck_assert_int_eq(found[0].offset_seconds, changes[_i].first_offset);
    ck_assert_int_eq(found[1].at_seconds, seconds_of(changes[_i].second));
    ck_assert_int_eq(found[1].offset_seconds, changes[_i].second_offset);
}
END_TEST

static const struct {
    const char *rule;
    int offset_seconds;
} steady[] = {
    {"UTC0", 0},
    {"JST-9", 32400},
    {"<-03>3", -10800},
    {"<+0545>-5:45", 20700},
    {"LMT0:44:30", -2670},
    /* summer time all year, as RFC 9636 writes it */
    {"XXX3EDT4,0/0,J365/23", -14400},
    {"<+01>-1<+02>,0/0,J365/25", 7200},
    /* both names for one offset */
    {"IST0GMT0,M10.5.0,M3.5.0/1", 0},
};

START_TEST(test_steady)
{
    struct posix_tz rule;

    ck_assert(posix_tz_parse(steady[_i].rule, strlen(steady[_i].rule), &rule));
    ck_assert(!rule.has_summer);
    ck_assert_int_eq(rule.offset_seconds, steady[_i].offset_seconds);
}
END_TEST

static const char *const refused[] = {
    "",
    "U0",
    "UTC",
    "UTC+",
    "UTC0:",
    "UTC0:60",
    "UTC25",
    "UTC0 ",
    "<UTC0",
    ":Europe/Oslo",
    "CET-1CEST", /* without dates nobody can say when */
    "CET-1CEST,M3.5.0",
    "CET-1CEST,M3.5.0,",
    "CET-1CEST,M13.5.0,M10.5.0",
    "CET-1CEST,M0.5.0,M10.5.0",
    "CET-1CEST,M3.6.0,M10.5.0",
    "CET-1CEST,M3.0.0,M10.5.0",
    "CET-1CEST,M3.5.7,M10.5.0",
    "CET-1CEST,M3.5,M10.5.0",
    "CET-1CEST,J0,J365",
    "CET-1CEST,J366,J365",
    "CET-1CEST,366,J365",
    "CET-1CEST,M3.5.0/168,M10.5.0",
    "CET-1CEST,M3.5.0,M10.5.0x",
    "CET-1CEST,9999,1",
    "AAA0BBB,100/0,100/1",      /* ends as it begins */
    "AAA0BBB,J3/0,M12.5.0/167", /* lasts until it begins again, but not every year */
};

START_TEST(test_refused)
{
    struct posix_tz rule;

    ck_assert_msg(!posix_tz_parse(refused[_i], strlen(refused[_i]), &rule), "%s", refused[_i]);
}
END_TEST

/* Only length bytes are looked at. */
START_TEST(test_length_counts)
{
    struct posix_tz rule;

    ck_assert(posix_tz_parse("JST-90", 5, &rule));
    ck_assert_int_eq(rule.offset_seconds, 32400);
}
END_TEST

SUITE(posix_tz)
{
    TCase *cases = tcase_create("posix_tz");

    tcase_add_loop_test(cases, test_changes_in_year, 0, sizeof changes / sizeof changes[0]);
    tcase_add_loop_test(cases, test_steady, 0, sizeof steady / sizeof steady[0]);
    tcase_add_loop_test(cases, test_refused, 0, sizeof refused / sizeof refused[0]);
    tcase_add_test(cases, test_length_counts);
    suite_add_tcase(suite, cases);
}
