/* Covers lib/time/moment.c, and where a day begins in lib/time/zone.c. */
#include "support/suite.h"

#include "time/moment.h"
#include "time/zones.h"

#include <string.h>

#define NOW "2026-03-29T22:30:15Z" /* half past midnight of the 30th in Oslo, in summer time */

static const struct {
    const char *text;
    const char *zone;
    const char *means;
} good[] = {
    {"2026-03-01T02:00Z", "Europe/Oslo", "2026-03-01T02:00Z"},
    {"2026-03-01T02:00+02:00", "Europe/Oslo", "2026-03-01T00:00Z"},
    {"2026-03-01", "UTC", "2026-03-01T00:00Z"},
    {"2026-03-01", "Europe/Oslo", "2026-02-28T23:00Z"},
    {"2026-03-29", "Europe/Oslo", "2026-03-28T23:00Z"},
    {"2026-03-30", "Europe/Oslo", "2026-03-29T22:00Z"}, /* behind the change */
    {"2026-03-01", "-03:30", "2026-03-01T03:30Z"},
    {"2026-03-01", "+14:00", "2026-02-28T10:00Z"},
    {"2024-03-31", "Asia/Beirut", "2024-03-30T22:00Z"},    /* no midnight: it begins at one */
    {"2011-12-30", "Pacific/Apia", "2011-12-30T10:00Z"},   /* a day that was left out */
    {"2024-11-03", "America/Havana", "2024-11-03T04:00Z"}, /* two midnights: the first */
    {"today", "UTC", "2026-03-29T00:00Z"},
    {"today", "Europe/Oslo", "2026-03-29T22:00Z"},
    {"yesterday", "Europe/Oslo", "2026-03-28T23:00Z"},
    {"90m", "Europe/Oslo", "2026-03-29T21:00:15Z"},
    {"2d", "Europe/Oslo", "2026-03-27T22:30:15Z"},
    {"0", "Europe/Oslo", NOW},
    {"99999d", "Europe/Oslo", "1970-01-01T00:00Z"},
};

static int64_t instant_of(const char *time)
{
    struct error err = {0};
    int64_t us;

    ck_assert_msg(instant_parse(time, &us, &err), "%s", err.message);
    return us;
}

START_TEST(test_good)
{
    struct zones zones = {0};
    struct error err = {0};
    struct moment moment;
    struct zone zone;

    ck_assert(zones_find(&zones, good[_i].zone, &zone, &err));
    ck_assert_msg(moment_parse(good[_i].text, true, &moment, &err), "%s", err.message);
    ck_assert_msg(moment_resolve(&moment, &zone, instant_of(NOW)) == instant_of(good[_i].means),
                  "%s in %s", good[_i].text, good[_i].zone);
    zones_free(&zones);
}
END_TEST

static const struct {
    const char *text;
    bool takes_duration;
} bad[] = {
    {"", true},           {"now", true},      {"Today", true},      {"2026-02-29", true},
    {"2026-03-1", true},  {"26-03-01", true}, {"2026/03/01", true}, {"2026-03-01T02:00", true},
    {"today ", true},     {"2d", false},      {"2w", true},         {"1h30m", true},
    {"1969-12-31", true}, {"-2d", true},      {"-026-03-0", true},  {"2026-03-0a", true},
};

START_TEST(test_bad)
{
    struct error err = {0};
    struct moment moment;

    ck_assert_msg(!moment_parse(bad[_i].text, bad[_i].takes_duration, &moment, &err), "%s",
                  bad[_i].text);
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_ne(err.message, "");
    ck_assert_str_ne(err.hint, "");
}
END_TEST

SUITE(moment)
{
    TCase *tcase = tcase_create("moment");

    tcase_add_loop_test(tcase, test_good, 0, sizeof good / sizeof *good);
    tcase_add_loop_test(tcase, test_bad, 0, sizeof bad / sizeof *bad);
    suite_add_tcase(suite, tcase);
}
