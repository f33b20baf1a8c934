/* Covers lib/cron/cron_text.c: what a schedule says of itself, and that no two schedules that
 * fire at different times say the same. */
#include "support/cron_match.h"
#include "support/suite.h"

#include "cron/cron_text.h"
#include "cron_family.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *text;
    const char *words;
} descriptions[] = {
    /* every hour */
    {"* * * * *", "every minute"},
    {"*/5 * * * *", "every 5 minutes"},
    {"0-59/20 * * * *", "every 20 minutes"},
    {"0,30 * * * *", "every 30 minutes"},
    {"*/1 0-23 1-31 1-12 0-6", "every minute"},
    {"*/7 * * * *", "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour"},
    {"5-59/10 * * * *", "at minutes 5, 15, 25, 35, 45 and 55 of every hour"},
    {"30 * * * *", "at minute 30 of every hour"},
    {"@hourly", "at minute 0 of every hour"},
    {"0-10 * * * *", "at minutes 0 to 10 of every hour"},
    {"0,1,30-32,59 * * * *", "at minutes 0, 1, 30 to 32 and 59 of every hour"},
    {"* * * 6 *", "every minute in June"},
    {"*/5 * * 1-3 *", "every 5 minutes from January to March"},
    {"30 * * 6,7 *", "at minute 30 of every hour in June and July"},
    {"* * 1 * *", "every minute on day 1 of the month"},
    {"*/15 * * * 1-5", "every 15 minutes on Monday to Friday"},
    /* times of day, listed */
    {"0 2 * * *", "at 02:00 every day"},
    {"@daily", "at 00:00 every day"},
    {"59 23 * * *", "at 23:59 every day"},
    {"0 6,18 * * *", "at 06:00 and 18:00 every day"},
    {"0 */6 * * *", "at 00:00, 06:00, 12:00 and 18:00 every day"},
    {"15,45 8,17 * * *", "at 08:15, 08:45, 17:15 and 17:45 every day"},
    {"*/10 2 * * *", "at 02:00, 02:10, 02:20, 02:30, 02:40 and 02:50 every day"},
    {"0 9-14 * * *", "at 09:00, 10:00, 11:00, 12:00, 13:00 and 14:00 every day"},
    /* times of day, summed up */
    {"15,45 8-17 * * *", "at minutes 15 and 45 of the hours 8 to 17, every day"},
    {"* 2 * * *", "every minute from 02:00 to 02:59, every day"},
    {"0-6 8 * * *", "every minute from 08:00 to 08:06, every day"},
    {"* 8-17 * * 1-5", "every minute from 08:00 to 17:59, on Monday to Friday"},
    {"*/5 8-17 * * *", "every 5 minutes from 08:00 to 17:55, every day"},
    {"*/7 2 * * *", "every 7 minutes from 02:00 to 02:56, every day"},
    {"*/7 0,1 * * *",
     "at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of the hours 0 and 1, every day"},
    {"*/5 22,23,0,1 * * *", "every 5 minutes in the hours 0, 1, 22 and 23, every day"},
    {"* */8 * * *", "every minute in the hours 0, 8 and 16, every day"},
    {"0 8-17 * * *", "every hour from 08:00 to 17:00, every day"},
    {"30 */2 * 6 *", "every 2 hours from 00:30 to 22:30, every day in June"},
    {"30 0-5,9,22-23 * * *", "at minute 30 of the hours 0 to 5, 9, 22 and 23, every day"},
    {"0-4,30,31 8 * * *", "at minutes 0 to 4, 30 and 31 of the hour 8, every day"},
    /* weekdays */
    {"30 4 * * 1-5", "at 04:30 on Monday to Friday"},
    {"30 4 * * 1-6", "at 04:30 on Monday to Saturday"},
    {"0 22 * * SUN", "at 22:00 on Sundays"},
    {"0 22 * * 7", "at 22:00 on Sundays"},
    {"@weekly", "at 00:00 on Sundays"},
    {"0 0 * * sat,sun", "at 00:00 on Saturdays and Sundays"},
    {"0 0 * * 5-7", "at 00:00 on Friday to Sunday"},
    {"0 0 * * 6,0,1", "at 00:00 on Mondays, Saturdays and Sundays"},
    {"0 0 * * mon,wed,fri", "at 00:00 on Mondays, Wednesdays and Fridays"},
    {"0 0 * * 1-3,6", "at 00:00 on Mondays, Tuesdays, Wednesdays and Saturdays"},
    {"0 0 * * */3", "at 00:00 on Wednesdays, Saturdays and Sundays"},
    {"0 0 1-31 * */7", "at 00:00 on Sundays"},
    {"0 9 * 6 1", "at 09:00 on Mondays in June"},
    {"0 9 * 11,12,1 1-5", "at 09:00 on Monday to Friday in January, November and December"},
    /* days of the month */
    {"@monthly", "at 00:00 on day 1 of the month"},
    {"0 0 1,15 * *", "at 00:00 on days 1 and 15 of the month"},
    {"0 0 1-7 * *", "at 00:00 on days 1 to 7 of the month"},
    {"0 0 */2 * *", "at 00:00 on odd days of the month"},
    {"0 0 2-31/2 * *", "at 00:00 on even days of the month"},
    {"0 0 28-31 * *", "at 00:00 on days 28 to 31 of the month"},
    {"0 2 31 * *", "at 02:00 on day 31 of the month, in the 7 months that have one"},
    {"0 2 30 * *", "at 02:00 on day 30 of the month, in the 11 months that have one"},
    {"0 2 29 * *", "at 02:00 on day 29 of the month, in February in leap years only"},
    {"0 0 13 * 0-6,*", "at 00:00 every day"},
    {"0 0 13 * *,5", "at 00:00 on day 13 of the month"},
    /* months */
    {"@yearly", "at 00:00 on 1 January"},
    {"59 23 31 12 *", "at 23:59 on 31 December"},
    {"0 0 1,15 jun *", "at 00:00 on 1 and 15 June"},
    {"0 0 1-7 6 *", "at 00:00 on 1 to 7 June"},
    {"0 0 */2 2 *", "at 00:00 on odd days of February"},
    {"0 9 * 1-6 *", "at 09:00 every day from January to June"},
    {"0 9 * 6 *", "at 09:00 every day in June"},
    {"0 9 * 1-3,6 *", "at 09:00 every day in January to March and June"},
    {"0 0 1 1,4,7,10 *", "at 00:00 on day 1 of January, April, July and October"},
    {"0 0 1,15 6-8 *", "at 00:00 on days 1 and 15 of June to August"},
    /* days and months that never come together are left out */
    {"0 0 29 2 *", "at 00:00 on 29 February, in leap years"},
    {"0 0 29,30 2 *", "at 00:00 on 29 February, in leap years"},
    {"0 0 29 1,2 *", "at 00:00 on day 29 of January and February, in February in leap years only"},
    {"0 0 31 1-3 *", "at 00:00 on day 31 of January and March"},
    {"0 0 31 4,5 *", "at 00:00 on 31 May"},
    {"0 0 15,31 4 *", "at 00:00 on 15 April"},
    /* never */
    {"0 0 30 2 *", "at 00:00 on 30 February, which never comes"},
    {"0 0 30,31 2 */2", "at 00:00 on 30 and 31 February, which never come"},
    {"* * 31 4,6 *", "every minute on day 31 of April and June, which never comes"},
    /* both day fields, neither starred: either will do */
    {"0 0 13 * 5", "at 00:00 on day 13 of the month and on every Friday"},
    {"0 0 1,15 * 1-5", "at 00:00 on days 1 and 15 of the month and on Monday to Friday"},
    {"0 0 13 6 5", "at 00:00 on 13 June and on every Friday in June"},
    {"0 0 13 1-3 1,4",
     "at 00:00 on day 13 of January to March and on Mondays and Thursdays from January to March"},
    {"0 0 31 * 5",
     "at 00:00 on day 31 of the month, in the 7 months that have one, and on every Friday"},
    {"0 0 29 2 5", "at 00:00 on 29 February, in leap years, and on every Friday in February"},
    {"0 0 31 6 5", "at 00:00 on Fridays in June"},
    {"0 0 31 5,6 5", "at 00:00 on 31 May and on every Friday in May and June"},
    {"0 0 1-31 * 5", "at 00:00 every day"},
    {"0 0 13 6 0-6", "at 00:00 every day in June"},
    /* both day fields, one starred: both must match */
    {"0 0 */2 * 1", "at 00:00 on odd days of the month that are Mondays"},
    {"0 0 1-7 * */7", "at 00:00 on days 1 to 7 of the month that are Sundays"},
    {"0 0 1-7 6 */7", "at 00:00 on days 1 to 7 of June that are Sundays"},
    {"0 0 13 * */4", "at 00:00 on day 13 of the month if it is a Thursday or Sunday"},
    {"0 0 13 6 */4", "at 00:00 on 13 June if it is a Thursday or Sunday"},
    {"0 0 31 * */7",
     "at 00:00 on day 31 of the month, in the 7 months that have one, if it is a Sunday"},
    {"0 0 29 2 */7", "at 00:00 on 29 February, in leap years, if it is a Sunday"},
    {"0 0 */2 * 0-6", "at 00:00 on odd days of the month"},
};

START_TEST(test_descriptions)
{
    struct cron cron = cron_family_parse(descriptions[_i].text);
    struct text text = {0};

    cron_describe(&cron, &text);
    ck_assert_msg(strcmp(text_string(&text), descriptions[_i].words) == 0, "%s: \"%s\"",
                  descriptions[_i].text, text_string(&text));
    text_free(&text);
}
END_TEST

/* What goes before stays. */
START_TEST(test_appends)
{
    struct cron cron = cron_family_parse("0 0 13 * 5");
    struct text text = {0};

    text_add(&text, "runs ");
    cron_describe_dates(&cron, &text);
    ck_assert_str_eq(text_string(&text), "runs on day 13 of the month and on every Friday");
    text_free(&text);
}
END_TEST

/* --- a large family of expressions --- */

enum { FAMILY_MAX = 4000 };

/* A description, and a number for the times at which its schedule fires. */
struct told {
    char expression[CRON_FAMILY_TEXT_SIZE];
    struct text words;
    uint64_t times;
};

static struct told told[FAMILY_MAX];

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * UINT64_C(0x100000001B3); /* FNV-1a, by words */
}

static uint64_t number_of_times(const struct cron *cron)
{
    uint64_t hash = mix(mix(UINT64_C(0xCBF29CE484222325), cron->minutes), cron->hours);

    for (int i = 0; i < CRON_FAMILY_DAYS; i++)
        if (cron_matches_day(cron, &cron_family_days[i]))
            hash = mix(hash, (uint64_t)i);
    return hash;
}

static int told_compare(const void *one, const void *other)
{
    return strcmp(text_string(&((const struct told *)one)->words),
                  text_string(&((const struct told *)other)->words));
}

/* Whoever reads the description alone knows when the schedule fires: no other fires then. But all
 * that never fire are alike, whatever they say. */
START_TEST(test_family)
{
    size_t count = 0;

    cron_family_fill_days();
    while (cron_family_text(_i, count, told[count].expression)) {
        struct cron cron = cron_family_parse(told[count].expression);

        cron_describe(&cron, &told[count].words);
        cron_family_check_sentence(told[count].expression, told[count].words.data, 1000);
        ck_assert_int_eq(strstr(told[count].words.data, "never") == NULL, cron.fires);
        told[count].times = number_of_times(&cron);
        ck_assert_uint_lt(++count, FAMILY_MAX);
    }
    ck_assert_uint_gt(count, 1500);
    qsort(told, count, sizeof told[0], told_compare);
    for (size_t i = 1; i < count; i++)
        ck_assert_msg(told_compare(&told[i - 1], &told[i]) != 0 ||
                          told[i - 1].times == told[i].times,
                      "%s and %s are both \"%s\"", told[i - 1].expression, told[i].expression,
                      told[i].words.data);
    for (size_t i = 0; i < count; i++)
        text_free(&told[i].words);
}
END_TEST

SUITE(cron_text)
{
    TCase *cases = tcase_create("cron_text");

    tcase_add_loop_test(cases, test_descriptions, 0, sizeof descriptions / sizeof descriptions[0]);
    tcase_add_test(cases, test_appends);
    tcase_add_loop_test(cases, test_family, 0, 2);
    suite_add_tcase(suite, cases);
}
