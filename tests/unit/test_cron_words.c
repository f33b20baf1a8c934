/* Covers lib/cron/cron_words.c: sets of numbers as English lists. */
#include "support/suite.h"

#include "cron/cron_words.h"

static uint64_t set_of(const int *values, size_t count)
{
    uint64_t set = 0;

    for (size_t i = 0; i < count; i++)
        set |= UINT64_C(1) << values[i];
    return set;
}

#define SET(...)                                                                                   \
    set_of((const int[]){__VA_ARGS__}, sizeof((const int[]){__VA_ARGS__}) / sizeof(int))

START_TEST(test_sets)
{
    ck_assert_uint_eq(cron_set_range(0, 59), CRON_ALL_MINUTES);
    ck_assert_uint_eq(cron_set_range(0, 23), CRON_ALL_HOURS);
    ck_assert_uint_eq(cron_set_range(1, 31), CRON_ALL_DAYS);
    ck_assert_uint_eq(cron_set_range(1, 12), CRON_ALL_MONTHS);
    ck_assert_uint_eq(cron_set_range(0, 6), CRON_ALL_WEEKDAYS);
    ck_assert_uint_eq(cron_set_range(5, 5), SET(5));
    ck_assert_int_eq(cron_set_count(SET(0, 7, 59)), 3);
    ck_assert_int_eq(cron_set_least(SET(7, 59)), 7);
    ck_assert_int_eq(cron_set_greatest(SET(0, 7, 59)), 59);
}
END_TEST

START_TEST(test_step)
{
    ck_assert_int_eq(cron_set_step(SET(7)), 0);
    ck_assert_int_eq(cron_set_step(SET(0, 59)), 59);
    ck_assert_int_eq(cron_set_step(SET(5, 15, 25, 35)), 10);
    ck_assert_int_eq(cron_set_step(SET(3, 5, 7)), 2);
    ck_assert_int_eq(cron_set_step(SET(3, 5, 8)), 0);
    ck_assert_int_eq(cron_set_step(SET(3, 5, 7, 8, 9)), 0);
    ck_assert_int_eq(cron_set_step(SET(3, 6, 7)), 0);
    ck_assert_int_eq(cron_set_step(CRON_ALL_MINUTES), 1);
    ck_assert_int_eq(cron_set_step(CRON_ALL_MINUTES & ~SET(30)), 0);
}
END_TEST

/* What the text holds, and an empty text again. */
static void ck_assert_text(struct text *text, const char *expected)
{
    ck_assert_str_eq(text_string(text), expected);
    text_free(text);
}

START_TEST(test_counted)
{
    struct text text = {0};

    cron_words_counted(&text, "day", SET(0));
    ck_assert_text(&text, "day 0");
    cron_words_counted(&text, "the hour", SET(9, 10));
    ck_assert_text(&text, "the hours 9 and 10");
    cron_words_months(&text, SET(1));
    ck_assert_text(&text, "January");
    cron_words_months(&text, SET(12));
    ck_assert_text(&text, "December");
    cron_words_weekdays_or(&text, SET(1), false);
    ck_assert_text(&text, "Monday");
    cron_words_weekdays_or(&text, SET(6), false);
    ck_assert_text(&text, "Saturday");
}
END_TEST

START_TEST(test_lists)
{
    struct text text = {0};

    cron_words_numbers(&text, SET(7), " and ");
    ck_assert_text(&text, "7");
    cron_words_numbers(&text, SET(0, 59), " or ");
    ck_assert_text(&text, "0 or 59");
    cron_words_numbers(&text, SET(0, 1, 3, 4, 5, 7), " and ");
    ck_assert_text(&text, "0, 1, 3 to 5 and 7");
    cron_words_numbers(&text, CRON_ALL_MINUTES, " and ");
    ck_assert_text(&text, "0 to 59");
    cron_words_months(&text, SET(1, 2, 3, 6, 12));
    ck_assert_text(&text, "January to March, June and December");
}
END_TEST

START_TEST(test_weekdays)
{
    struct text text = {0};

    cron_words_weekdays(&text, SET(0));
    ck_assert_text(&text, "Sundays");
    cron_words_weekdays(&text, SET(0, 1));
    ck_assert_text(&text, "Mondays and Sundays");
    cron_words_weekdays(&text, SET(0, 5, 6));
    ck_assert_text(&text, "Friday to Sunday");
    cron_words_weekdays(&text, SET(0, 1, 6));
    ck_assert_text(&text, "Mondays, Saturdays and Sundays");
    cron_words_weekdays_or(&text, SET(5), false);
    ck_assert_text(&text, "Friday");
    cron_words_weekdays_or(&text, SET(0, 1, 2, 3), true);
    ck_assert_text(&text, "Mondays, Tuesdays, Wednesdays or Sundays");
}
END_TEST

SUITE(cron_words)
{
    TCase *cases = tcase_create("cron_words");

    tcase_add_test(cases, test_sets);
    tcase_add_test(cases, test_step);
    tcase_add_test(cases, test_counted);
    tcase_add_test(cases, test_lists);
    tcase_add_test(cases, test_weekdays);
    suite_add_tcase(suite, cases);
}
