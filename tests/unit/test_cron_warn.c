/* Covers lib/cron/cron_warn.c: what is said of valid expressions that surprise people, and that
 * it is true of the calendar. */
#include "support/cron_match.h"
#include "support/suite.h"

#include "cron/cron_text.h"
#include "cron_family.h"

#include <string.h>

#define SHORT_MONTHS "February, April, June, September and November"
#define EITHER       "it runs when either day field matches, not only when both do: "
#define BOTH_MUST    "it runs only when both day fields match, because "
#define ODD_DAYS                                                                                   \
    "months have 28 to 31 days: the step 2 starts again at day 1 after day 27, 29 or 31"

static const struct {
    const char *text;
    const char *warnings[CRON_WARNINGS_MAX + 1];
} rows[] = {
    /* nothing to say */
    {"* * * * *", {NULL}},
    {"0 2 * * *", {NULL}},
    {"*/5 */6 * * *", {NULL}},
    {"30 4 * * 1-5", {NULL}},
    {"0 0 1,15 * *", {NULL}},
    {"59 23 31 12 *", {NULL}},
    {"0 0 * */3 *", {NULL}},
    {"0 0 * * */7", {NULL}},
    {"1-59/7 * * * *", {NULL}},
    /* dates that never come: nothing else is said then */
    {"0 0 30 2 *", {"it never fires: February has no day 30"}},
    {"0 0 30,31 2 *", {"it never fires: February has no day 30 or 31"}},
    {"*/7 */5 31 4 */2", {"it never fires: April has no day 31"}},
    {"0 0 31 4,6,9,11 *", {"it never fires: April, June, September and November have no day 31"}},
    {"0 0 30 2 */2", {"it never fires: February has no day 30"}},
    /* months that are skipped */
    {"0 2 31 * *", {"it skips " SHORT_MONTHS ", which have no day 31"}},
    {"0 2 30 * *", {"it skips February, which has no day 30"}},
    {"0 2 30,31 * *", {"it skips February, which has no day 30 or 31"}},
    {"0 0 31 1-3 *", {"it skips February, which has no day 31"}},
    {"0 0 31 4,5 *", {"it skips April, which has no day 31"}},
    {"0 0 29 * *", {"it skips February except in leap years"}},
    {"0 0 29-31 * *", {"it skips February except in leap years"}},
    {"0 0 29 1,2 *", {"it skips February except in leap years"}},
    {"0 0 29 2 *", {"29 February comes in leap years only"}},
    {"0 0 29,30 2 *", {"29 February comes in leap years only, day 30 never"}},
    {"0 0 31 1,3 *", {NULL}},
    {"0 0 30 4 *", {NULL}},
    /* months that lack some of the days */
    {"0 0 15,31 * *", {"day 31 does not come in " SHORT_MONTHS}},
    {"0 0 1,27,31 * *", {"day 31 does not come in " SHORT_MONTHS}},
    {"0 0 15,31 4 *", {"day 31 does not come in April"}},
    {"0 0 15,30 * *", {"day 30 does not come in February"}},
    {"0 0 15,30,31 * *", {"days 30 and 31 do not come in February"}},
    {"0 0 15,29 * *", {"day 29 comes in February in leap years only"}},
    {"0 0 15,29,30,31 * *", {"day 29 comes in February in leap years only, days 30 and 31 never"}},
    /* the end of every month is reached */
    {"0 0 28-31 * *", {NULL}},
    {"0 0 28,30 * *", {NULL}},
    {"0 0 26,31 * *", {"day 31 does not come in " SHORT_MONTHS}},
    {"0 0 1-31 * *", {NULL}},
    {"0 0 1-31/3 * *",
     {"months have 28 to 31 days: the step 3 starts again at day 1 after day 28 or 31"}},
    /* both day fields, either will do: no month is skipped, but days are missing */
    {"0 0 13 * 5", {EITHER "on day 13 of the month and on every Friday"}},
    {"0 0 13 6 1-5", {EITHER "on 13 June and on Monday to Friday in June"}},
    {"0 0 31 * 5",
     {"day 31 does not come in " SHORT_MONTHS,
      EITHER "on day 31 of the month, in the 7 months that have one, and on every Friday"}},
    {"0 0 31 6 5", {"day 31 does not come in June", EITHER "on Fridays in June"}},
    {"0 0 29 2 5",
     {"29 February comes in leap years only",
      EITHER "on 29 February, in leap years, and on every Friday in February"}},
    {"0 0 29 * 5",
     {"day 29 comes in February in leap years only",
      EITHER "on day 29 of the month, in February in leap years only, and on every Friday"}},
    /* both day fields, both must match */
    {"0 0 */2 * 1",
     {BOTH_MUST "one of them starts with *: on odd days of the month that are Mondays", ODD_DAYS}},
    {"0 0 1-7 * */7",
     {BOTH_MUST "one of them starts with *: on days 1 to 7 of the month that are Sundays"}},
    {"0 0 */15 * */7",
     {"day 31 does not come in " SHORT_MONTHS,
      BOTH_MUST "both start with *: on days 1, 16 and 31 of the month that are Sundays",
      "months have 28 to 31 days: the step 15 starts again at day 1 after day 16 or 31"}},
    {"0 0 31 * */7",
     {"it skips " SHORT_MONTHS ", which have no day 31",
      BOTH_MUST "one of them starts with *: on day 31 of the month, in the 7 months that have one, "
                "if it is a Sunday"}},
    /* both day fields, one holds every day */
    {"0 0 1-31 * 5",
     {"it runs every day: either day field will do, and day-of-month holds every day, so "
      "day-of-week has no effect"}},
    {"0 0 31 6 0-6",
     {"it runs every day in June: either day field will do, and day-of-week holds every day, so "
      "day-of-month has no effect"}},
    {"0 0 1-31/2 * 0-6",
     {"it runs every day: either day field will do, and day-of-week holds every day, so "
      "day-of-month has no effect"}},
    {"0 0 */2 * 0-6",
     {"it runs on odd days of the month: both day fields must match, because one starts with *, "
      "and day-of-week holds every day, so day-of-week has no effect",
      ODD_DAYS}},
    {"0 0 1-31 * */7",
     {"it runs on Sundays: both day fields must match, because one starts with *, and day-of-month "
      "holds every day, so day-of-month has no effect"}},
    {"0 0 1-31 * 0-6", {NULL}},
    {"0 0 1-31 * *", {NULL}},
    {"0 0 * * 0-6", {NULL}},
    {"0 0 *,5 * 5", {NULL}},
    /* steps that do not divide their field */
    {"*/7 * * * *",
     {"the step 7 does not divide the 60 minutes of an hour: after minute 56 comes minute 0, 4 "
      "minutes later"}},
    {"*/59 8-17 * * *",
     {"the step 59 does not divide the 60 minutes of an hour: after minute 59 comes minute 0, 1 "
      "minute later"}},
    {"*/7 2 * * *",
     {"the step 7 does not divide the 60 minutes of an hour: after minute 56 comes minute 0"}},
    {"*/7,58 * * * *",
     {"the step 7 does not divide the 60 minutes of an hour: after minute 58 comes minute 0, 2 "
      "minutes later"}},
    {"*/5,*/25 * * * *", {NULL}},
    {"*,*/7 * * * *", {NULL}},
    {"0 */5 * * *",
     {"the step 5 does not divide the 24 hours of a day: after hour 20 comes hour 0, 4 hours "
      "later"}},
    {"0 */5 1 * *",
     {"the step 5 does not divide the 24 hours of a day: after hour 20 comes hour 0"}},
    {"0 0 */2 * *", {ODD_DAYS}},
    {"0 0 */2 6 *", {"months have 28 to 31 days: the step 2 starts again at day 1 after day 29"}},
    {"0 0 1 */5 *",
     {"the step 5 does not divide the 12 months of a year: after November comes January, 2 months "
      "later"}},
    {"0 0 * * */2",
     {"the step 2 does not divide the 7 days of a week: after Saturday comes Sunday, 1 day "
      "later"}},
    {"*/7 */5 */10 */5 */2",
     {"day 31 does not come in June and November",
      BOTH_MUST "both start with *: on days 1, 11, 21 and 31 of January, June and November that "
                "are Tuesdays, Thursdays, Saturdays or Sundays",
      "the step 7 does not divide the 60 minutes of an hour: after minute 56 comes minute 0",
      "the step 5 does not divide the 24 hours of a day: after hour 20 comes hour 0",
      "the step 5 does not divide the 12 months of a year: after November comes January, 2 months "
      "later",
      "the step 2 does not divide the 7 days of a week: after Saturday comes Sunday, 1 day later",
      "months have 28 to 31 days: the step 10 starts again at day 1 after day 21 or 31"}},
};

START_TEST(test_warnings)
{
    struct cron cron = cron_family_parse(rows[_i].text);
    struct text warnings[CRON_WARNINGS_MAX] = {0};
    size_t count = cron_warn(&cron, warnings);

    for (size_t i = 0; i < count; i++) {
        ck_assert_msg(rows[_i].warnings[i] != NULL &&
                          strcmp(text_string(&warnings[i]), rows[_i].warnings[i]) == 0,
                      "%s: \"%s\"", rows[_i].text, text_string(&warnings[i]));
        text_free(&warnings[i]);
    }
    ck_assert_msg(rows[_i].warnings[count] == NULL, "%s lacks \"%s\"", rows[_i].text,
                  rows[_i].warnings[count]);
}
END_TEST

/* --- against the calendar, for a large family --- */

static const char *const month_names[] = {"",        "January",  "February", "March",  "April",
                                          "May",     "June",     "July",     "August", "September",
                                          "October", "November", "December"};

/* The months in which a schedule fires, in any year and in years that are no leap years. */
struct fired {
    unsigned int ever;
    unsigned int in_common_years;
};

static struct fired fired_in(const struct cron *cron)
{
    struct fired fired = {0};

    for (int i = 0; i < CRON_FAMILY_DAYS; i++) {
        const struct civil *civil = &cron_family_days[i];

        if (!cron_matches_day(cron, civil))
            continue;
        fired.ever |= 1U << civil->month;
        if (civil->month != 2 || civil->day < 29)
            fired.in_common_years |= 1U << civil->month;
    }
    return fired;
}

/* The months named between "it skips " and "which". */
static unsigned int months_named(const char *words)
{
    const char *end = strstr(words, ", which ha");
    unsigned int months = 0;

    for (int month = 1; month <= 12; month++) {
        const char *name = strstr(words, month_names[month]);

        if (name != NULL && end != NULL && name < end)
            months |= 1U << month;
    }
    return months;
}

static const char *starting_with(const struct text *warnings, size_t count, const char *start)
{
    for (size_t i = 0; i < count; i++)
        if (strncmp(text_string(&warnings[i]), start, strlen(start)) == 0)
            return text_string(&warnings[i]);
    return NULL;
}

/* A month of the schedule is said to be skipped when, and only when, nothing fires in it. */
static void check_months(const char *expression, const struct cron *cron,
                         const struct text *warnings, size_t count)
{
    struct fired fired = fired_in(cron);
    unsigned int skipped = cron->months & ~fired.ever;
    const char *words = starting_with(warnings, count, "it skips ");
    bool leap_years_only = fired.ever != fired.in_common_years;

    if (fired.ever == 0) {
        ck_assert_msg(count == 1 && starting_with(warnings, count, "it never fires: ") != NULL,
                      "%s", expression);
        return;
    }
    ck_assert_msg(starting_with(warnings, count, "it never") == NULL, "%s", expression);
    ck_assert_msg((words != NULL ? months_named(words) : 0) == skipped, "%s: %s", expression,
                  words != NULL ? words : "no month is skipped");
    if (leap_years_only)
        ck_assert_msg(starting_with(warnings, count, "it skips February except in leap years") !=
                              NULL ||
                          starting_with(warnings, count, "29 February comes in leap years") != NULL,
                      "%s", expression);
}

START_TEST(test_family)
{
    char expression[CRON_FAMILY_TEXT_SIZE];
    size_t told = 0;

    cron_family_fill_days();
    for (size_t n = 0; cron_family_text(_i, n, expression); n++) {
        struct cron cron = cron_family_parse(expression);
        struct text warnings[CRON_WARNINGS_MAX] = {0};
        size_t count = cron_warn(&cron, warnings);

        told += count;
        for (size_t i = 0; i < count; i++)
            cron_family_check_sentence(expression, text_string(&warnings[i]), 500);
        check_months(expression, &cron, warnings, count);
        for (size_t i = 0; i < count; i++)
            text_free(&warnings[i]);
    }
    ck_assert_uint_gt(told, 500);
}
END_TEST

SUITE(cron_warn)
{
    TCase *cases = tcase_create("cron_warn");

    tcase_add_loop_test(cases, test_warnings, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(cases, test_family, 0, 2);
    suite_add_tcase(suite, cases);
}
