/* Covers lib/report/check_cron.c: what check-cron prints of an expression, byte for byte. */
#include "support/suite.h"

#include "base/text.h"
#include "report/check_cron.h"
#include "time/instant.h"
#include "time/zones.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *expression;
    const char *zone;
    const char *after;
    int count;
    bool is_json;
    const char *expected;
} cases[] = {
    {"0 2 * * *", "UTC", "2026-11-24T02:00Z", 2, false,
     "0 2 * * *\n"
     "  valid: at 02:00 every day\n"
     "  next: in UTC\n"
     "    Wed 2026-11-25 02:00\n"
     "    Thu 2026-11-26 02:00\n"},
    {"0 2 * * *", "UTC", "2026-11-24T02:00Z", 0, false,
     "0 2 * * *\n"
     "  valid: at 02:00 every day\n"},
    {"0 2 * * *", "-03:30", "2026-11-24T02:00Z", 1, false,
     "0 2 * * *\n"
     "  valid: at 02:00 every day\n"
     "  next: in -03:30 and in UTC\n"
     "    Tue 2026-11-24 02:00 -03:30  2026-11-24T05:30:00Z\n"},
    /* RFC 3339 has no year 10000: neither clock is to show it. */
    {"0 * * * *", "UTC", "9999-12-31T22:00Z", 5, false,
     "0 * * * *\n"
     "  valid: at minute 0 of every hour\n"
     "  next: in UTC\n"
     "    Fri 9999-12-31 23:00\n"},
    {"0 * * * *", "UTC", "9999-12-31T23:00Z", 5, false,
     "0 * * * *\n"
     "  valid: at minute 0 of every hour\n"
     "  next: none before the year 10000\n"},
    {"0 * * * *", "+05:00", "9999-12-31T17:00Z", 5, false,
     "0 * * * *\n"
     "  valid: at minute 0 of every hour\n"
     "  next: in +05:00 and in UTC\n"
     "    Fri 9999-12-31 23:00 +05:00  9999-12-31T18:00:00Z\n"},
    {"0 * * * *", "-05:00", "9999-12-31T22:00Z", 5, false,
     "0 * * * *\n"
     "  valid: at minute 0 of every hour\n"
     "  next: in -05:00 and in UTC\n"
     "    Fri 9999-12-31 18:00 -05:00  9999-12-31T23:00:00Z\n"},
    {"@hourly", "+05:00", "9999-12-31T17:00Z", 5, true,
     "{\"expression\":\"@hourly\",\"valid\":true,\"description\":\"at minute 0 of every hour\","
     "\"fires\":true,\"timezone\":\"+05:00\",\"next\":[\"9999-12-31T18:00:00Z\"],"
     "\"nextLocal\":[\"9999-12-31T23:00:00+05:00\"],\"nextWeekday\":[\"Friday\"],"
     "\"warnings\":[]}\n"},
    {"@hourly", "UTC", "9999-12-31T23:59Z", 5, true,
     "{\"expression\":\"@hourly\",\"valid\":true,\"description\":\"at minute 0 of every hour\","
     "\"fires\":true,\"timezone\":\"UTC\",\"next\":[],\"nextLocal\":[],\"nextWeekday\":[],"
     "\"warnings\":[]}\n"},
    /* The pointer stands under what was shown of the bytes. */
    {"\t\xff 61 * * *", "UTC", "2026-11-24T02:00Z", 5, false,
     " \\xff 61 * * *\n"
     " ^~~~\n"
     "  invalid: minute \"\\xff\" has \"\\xff\", which is not ASCII\n"
     "  hint: write plain ASCII, with ordinary blanks, digits and \"-\"\n"},
    /* What is no UTF-8 is shown in JSON, too, and pointed at where it is shown. */
    {"\t\xff 61 * * *", "UTC", "2026-11-24T02:00Z", 5, true,
     "{\"expression\":\"\\t\\\\xff 61 * * *\",\"valid\":false,\"errors\":[{\"field\":\"minute\","
     "\"value\":\"\\\\xff\","
     "\"message\":\"minute \\\"\\\\xff\\\" has \\\"\\\\xff\\\", which is not ASCII\","
     "\"hint\":\"write plain ASCII, with ordinary blanks, digits and \\\"-\\\"\",\"position\":1,"
     "\"length\":4}]}\n"},
    {"0 25 * * *", "UTC", "2026-11-24T02:00Z", 5, true,
     "{\"expression\":\"0 25 * * *\",\"valid\":false,\"errors\":[{\"field\":\"hour\","
     "\"value\":\"25\",\"message\":\"hour \\\"25\\\" is outside 0-23\","
     "\"hint\":\"hours go from 0 to 23; minutes are the first field\",\"position\":2,"
     "\"length\":2}]}\n"},
};

/* Appends the report on an expression. */
static void add_report(const struct check_cron_options *options, const struct terminal *terminal,
                       const char *expression, bool is_json, struct text *out)
{
    json_t *report = check_cron_report(options, expression, strlen(expression));
    char *line = json_dumps(report, JSON_COMPACT);

    if (is_json)
        text_addf(out, "%s\n", line);
    else
        check_cron_add_text(options, terminal, report, out);
    free(line);
    json_decref(report);
}

START_TEST(test_report)
{
    static const struct terminal plain = {0};
    struct zones zones = {0};
    struct check_cron_options options = {.timezone = cases[_i].zone, .count = cases[_i].count};
    struct error err;
    struct text out = {0};
    int64_t after_us;

    ck_assert(zones_find(&zones, cases[_i].zone, &options.zone, &err));
    ck_assert(instant_parse(cases[_i].after, &after_us, &err));
    options.after_minute = instant_divide_down(after_us, INSTANT_US_PER_MINUTE);
    add_report(&options, &plain, cases[_i].expression, cases[_i].is_json, &out);
    ck_assert_str_eq(text_string(&out), cases[_i].expected);
    text_free(&out);
    zones_free(&zones);
}
END_TEST

/* Covers: colours come in pairs, and without them the text is the same. */
START_TEST(test_colours)
{
    static const char *const expressions[] = {"*/7 * * * *", "0 25 * * *"};
    static const struct terminal plain = {0};
    static const struct terminal coloured = {.has_colour = true};
    struct check_cron_options options = {.timezone = "UTC", .count = 1};

    for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
        struct text expected = {0};
        struct text shown = {0};
        struct text bare = {0};
        int on = 0;
        int off = 0;

        add_report(&options, &plain, expressions[i], false, &expected);
        add_report(&options, &coloured, expressions[i], false, &shown);
        for (const char *at = text_string(&shown); *at != '\0'; at++) {
            if (*at != '\033') {
                text_append(&bare, at, 1);
                continue;
            }
            *(strncmp(at, "\033[0m", strlen("\033[0m")) == 0 ? &off : &on) += 1;
            at = strchr(at, 'm');
        }
        ck_assert_str_eq(text_string(&bare), text_string(&expected));
        ck_assert_int_eq(on, off);
        ck_assert_int_eq(on, 4); /* the expression, two labels, and the warning's or the pointer */
        text_free(&expected);
        text_free(&shown);
        text_free(&bare);
    }
}
END_TEST

SUITE(check_cron_report)
{
    TCase *reports = tcase_create("report");

    tcase_add_loop_test(reports, test_report, 0, sizeof cases / sizeof cases[0]);
    tcase_add_test(reports, test_colours);
    suite_add_tcase(suite, reports);
}
