/* Covers lib/time/zone.c: the offset at an instant, and where it changes, in real zones. */
#include "support/suite.h"

#include "time/instant.h"
#include "time/tzif.h"
#include "time/zones.h"

#include <string.h>

static int64_t minute_of(const char *time)
{
    struct error err = {0};
    int64_t us;

    ck_assert_msg(instant_parse(time, &us, &err), "%s", err.message);
    return us / INSTANT_US_PER_MINUTE;
}

static struct zone zone_of(const char *name)
{
    static struct zones zones; /* of one test: each runs in a process of its own */
    struct error err = {0};
    struct zone zone;

    ck_assert_msg(zones_find(&zones, name, &zone, &err), "%s", err.message);
    return zone;
}

/* What `zdump -v` says; NULL: no end. */
static const struct {
    const char *zone;
    const char *at;
    int offset_minutes;
    int jump_minutes;
    const char *from;
    const char *to;
} spans[] = {
    {"UTC", "2024-05-01T00:00Z", 0, 0, NULL, NULL},
    {"+05:45", "2024-05-01T00:00Z", 345, 0, NULL, NULL},
    {"Europe/Oslo", "2027-03-28T00:59Z", 60, -60, "2026-10-25T01:00Z", "2027-03-28T01:00Z"},
    {"Europe/Oslo", "2027-03-28T01:00Z", 120, 60, "2027-03-28T01:00Z", "2027-10-31T01:00Z"},
    {"Europe/Dublin", "2027-07-01T00:00Z", 60, 60, "2027-03-28T01:00Z", "2027-10-31T01:00Z"},
    {"America/New_York", "2027-07-01T00:00Z", -240, 60, "2027-03-14T07:00Z", "2027-11-07T06:00Z"},
    {"Australia/Lord_Howe", "2027-05-01T00:00Z", 630, -30, "2027-04-03T15:00Z",
     "2027-10-02T15:30Z"},
    {"Pacific/Apia", "2012-01-15T00:00Z", 840, 1440, "2011-12-30T10:00Z", "2012-03-31T14:00Z"},
    {"America/Sao_Paulo", "2018-12-01T00:00Z", -120, 60, "2018-11-04T03:00Z", "2019-02-17T02:00Z"},
    {"America/Sao_Paulo", "2027-12-01T00:00Z", -180, -60, "2019-02-17T02:00Z", NULL},
    {"Asia/Kathmandu", "2024-01-01T00:00Z", 345, 15, "1985-12-31T18:30Z", NULL},
    /* 44:30 minutes west, until a minute's middle in 1972 */
    {"Africa/Monrovia", "1972-01-07T00:44Z", -45, -1, NULL, "1972-01-07T00:45Z"},
    {"Africa/Monrovia", "1972-01-07T00:45Z", 0, 45, "1972-01-07T00:45Z", NULL},
    /* Ramadan of 2026: an hour back for a month */
    {"Africa/Casablanca", "2026-03-01T00:00Z", 0, -60, "2026-02-15T02:00Z", "2026-03-22T02:00Z"},
    /* the rule, beyond the table of the file */
    {"Europe/Oslo", "2060-07-01T00:00Z", 120, 60, "2060-03-28T01:00Z", "2060-10-31T01:00Z"},
    {"Europe/Oslo", "2060-12-31T23:59Z", 60, -60, "2060-10-31T01:00Z", "2061-03-27T01:00Z"},
    {"Europe/Oslo", "2061-01-01T00:00Z", 60, -60, "2060-10-31T01:00Z", "2061-03-27T01:00Z"},
    {"Australia/Sydney", "2061-01-01T00:00Z", 660, 60, "2060-10-02T16:00Z", "2061-04-02T16:00Z"},
    {"Europe/Oslo", "9999-07-01T00:00Z", 120, 60, "9999-03-28T01:00Z", "9999-10-31T01:00Z"},
};

START_TEST(test_span)
{
    struct zone zone = zone_of(spans[_i].zone);
    struct zone_span span = zone_span_at(&zone, minute_of(spans[_i].at));

    ck_assert_int_eq(span.offset_minutes, spans[_i].offset_minutes);
    ck_assert_int_eq(span.jump_minutes, spans[_i].jump_minutes);
    if (spans[_i].from != NULL)
        ck_assert_int_eq(span.from, minute_of(spans[_i].from));
    if (spans[_i].to != NULL)
        ck_assert_int_eq(span.to, minute_of(spans[_i].to));
    else
        ck_assert_int_eq(span.to, INT64_MAX);
}
END_TEST

static const char *const walked[] = {"Europe/Oslo",      "Europe/Dublin",     "America/Havana",
                                     "Africa/Cairo",     "Africa/Casablanca", "Asia/Gaza",
                                     "Antarctica/Troll", "Pacific/Chatham",   "America/Nuuk"};

/* Span follows span without a hole, until the year 2300. */
static void check_spans_adjoin(const struct zone *zone)
{
    int64_t end = minute_of("2300-01-01T00:00Z");
    struct zone_span span = zone_span_at(zone, minute_of("1970-01-01T00:00Z"));
    int count = 0;

    for (; span.to < end; count++) {
        struct zone_span last_minute = zone_span_at(zone, span.to - 1);
        struct zone_span next = zone_span_at(zone, span.to);

        ck_assert_int_eq(last_minute.from, span.from);
        ck_assert_int_eq(last_minute.offset_minutes, span.offset_minutes);
        ck_assert_int_eq(next.from, span.to);
        ck_assert_int_eq(next.jump_minutes, next.offset_minutes - span.offset_minutes);
        ck_assert_int_ne(next.jump_minutes, 0);
        span = next;
    }
    ck_assert_int_gt(count, 50);
}

/* Through the end of the file's table and on by its rule. */
START_TEST(test_spans_adjoin)
{
    struct zone zone = zone_of(walked[_i]);

    check_spans_adjoin(&zone);
}
END_TEST

static const struct {
    const char *rule;
    int64_t table_from; /* the table's last change, */
    int64_t rule_from;  /* and where the rule begins to count */
} rules[] = {
    {"AAA0BBB,M3.5.0,M10.5.0", 0, 0},
    {"AAA0BBB,M3.5.0,M10.5.0", INT64_MIN, 36000000}, /* 2038: long after the last change */
    {"AAA0BBB,M2.1.0/-167,M12.5.6/167", 0, 0},       /* ends in the next year */
    {"AAA0BBB,0/-167,3/-167", 0, 0},                 /* both in the year before */
    {"AAA0BBB,J364/167,J365/167", 0, 0},             /* both in the year after */
};

START_TEST(test_spans_by_rule_adjoin)
{
    struct tzif_change change = {rules[_i].table_from, 60};
    struct tzif tzif = {.changes = &change, .count = 1, .rule_from = rules[_i].rule_from};
    struct zone zone = {.changes = &tzif};

    ck_assert(posix_tz_parse(rules[_i].rule, strlen(rules[_i].rule), &tzif.rule));
    check_spans_adjoin(&zone);
}
END_TEST

SUITE(zone)
{
    TCase *cases = tcase_create("zone");

    tcase_add_loop_test(cases, test_span, 0, sizeof spans / sizeof spans[0]);
    tcase_add_loop_test(cases, test_spans_adjoin, 0, sizeof walked / sizeof walked[0]);
    tcase_add_loop_test(cases, test_spans_by_rule_adjoin, 0, sizeof rules / sizeof rules[0]);
    suite_add_tcase(suite, cases);
}
