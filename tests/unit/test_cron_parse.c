/* Covers lib/cron/cron_parse.c: what is accepted, and as which sets. */
#include "support/suite.h"

#include "cron/cron.h"

#include <stdio.h>
#include <string.h>

/* Writes a set as its members, "0,15,30". */
static const char *set_text(uint64_t set)
{
    static char text[256];
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < 64; i++) {
        if ((set >> i & 1) != 0)
            used += (size_t)snprintf(text + used, sizeof text - used, used > 0 ? ",%d" : "%d", i);
    }
    return text;
}

/* A field, put where it belongs in an otherwise open line, and the values it stands for. */
static const struct {
    int place; /* 0 = minute ... 4 = day-of-week */
    const char *field;
    const char *values;
} fields[] = {
    {0, "0", "0"},
    {0, "59", "59"},
    {0, "007", "7"},
    {0, "0000000000000000000000000000000000059", "59"},
    {0, "*/15", "0,15,30,45"},
    {0, "*/59", "0,59"},
    {0, "*/030", "0,30"},
    {0, "1-5", "1,2,3,4,5"},
    {0, "5-5", "5"},
    {0, "5-59/10", "5,15,25,35,45,55"},
    {0, "10-20/30", "10"},
    {0, "50-59/59", "50"},
    {0, "1,2,3", "1,2,3"},
    {0, "3,1,2,1", "1,2,3"},
    {0, "*/30,5,50-52", "0,5,30,50,51,52"},
    {0, "5,*/30", "0,5,30"},
    {1, "0", "0"},
    {1, "23", "23"},
    {1, "*/6", "0,6,12,18"},
    {1, "*/23", "0,23"},
    {1, "22-23,0-2", "0,1,2,22,23"},
    {1, "8-17/3", "8,11,14,17"},
    {2, "1", "1"},
    {2, "31", "31"},
    {2, "*/2", "1,3,5,7,9,11,13,15,17,19,21,23,25,27,29,31"},
    {2, "*/31", "1"},
    {2, "*/10", "1,11,21,31"},
    {2, "10-31/10", "10,20,30"},
    {3, "1", "1"},
    {3, "12", "12"},
    {3, "jan", "1"},
    {3, "DEC", "12"},
    {3, "jAn,Jul", "1,7"},
    {3, "mar-may", "3,4,5"},
    {3, "mar-5", "3,4,5"},
    {3, "3-May", "3,4,5"},
    {3, "jan-dec/3", "1,4,7,10"},
    {3, "*/5", "1,6,11"},
    {3, "*/12", "1"},
    {3, "feb,apr,jun,aug,sep,oct,nov", "2,4,6,8,9,10,11"},
    {4, "0", "0"},
    {4, "7", "0"},
    {4, "0,7", "0"},
    {4, "07", "0"},
    {4, "sun", "0"},
    {4, "Sun,SAT", "0,6"},
    {4, "mon-fri", "1,2,3,4,5"},
    {4, "MON-FRI/2", "1,3,5"},
    {4, "sun-sat", "0,1,2,3,4,5,6"},
    {4, "sun-7", "0,1,2,3,4,5,6"},
    {4, "tue,wed,thu", "2,3,4"},
    {4, "5-7", "0,5,6"},
    {4, "6-7", "0,6"},
    {4, "fri-7", "0,5,6"},
    {4, "7-7", "0"},
    {4, "0-7", "0,1,2,3,4,5,6"},
    {4, "1-7/2", "0,1,3,5"},
    {4, "1-7/3", "0,1,4"},
    {4, "*", "0,1,2,3,4,5,6"},
    {4, "*/2", "0,2,4,6"},
    {4, "*/3", "0,3,6"},
    {4, "*/4", "0,4"},
    {4, "*/5", "0,5"},
    {4, "*/6", "0,6"},
    {4, "*/7", "0"},
};

START_TEST(test_field_values)
{
    int place = fields[_i].place;
    char line[128] = "";
    struct cron cron;
    struct cron_error error;
    uint64_t sets[5];

    for (int i = 0; i < 5; i++) {
        strcat(line, i > 0 ? " " : "");
        strcat(line, i == place ? fields[_i].field : "*");
    }
    ck_assert_msg(cron_parse(line, strlen(line), &cron, &error), "%s: error %d", line,
                  (int)error.code);
    sets[0] = cron.minutes;
    sets[1] = cron.hours;
    sets[2] = cron.days;
    sets[3] = cron.months;
    sets[4] = cron.weekdays;
    ck_assert_str_eq(set_text(sets[place]), fields[_i].values);
    ck_assert_int_eq(cron.days_starred, place != 2 || fields[_i].field[0] == '*');
    ck_assert_int_eq(cron.weekdays_starred, place != 4 || fields[_i].field[0] == '*');
    ck_assert(cron.fires);
}
END_TEST

/* Two spellings of one schedule. */
static const struct {
    const char *text;
    const char *same;
} lines[] = {
    {"@yearly", "0 0 1 1 *"},        {"@annually", "0 0 1 1 *"},
    {"@monthly", "0 0 1 * *"},       {"@weekly", "0 0 * * 0"},
    {"@daily", "0 0 * * *"},         {"@midnight", "0 0 * * *"},
    {"@hourly", "0 * * * *"},        {" @daily\t", "0 0 * * *"},
    {"  0 2 * * *", "0 2 * * *"},    {"0 2 * * *   ", "0 2 * * *"},
    {"0\t2\t*\t*\t*", "0 2 * * *"},  {"\t 0 \t 2  *\t\t*  * \t", "0 2 * * *"},
    {"00 02 01 01 00", "0 2 1 1 7"}, {"0 0 * jan-dec sun-sat", "0 0 * 1-12 0-6"},
};

START_TEST(test_line_spellings)
{
    struct cron cron = {0};
    struct cron same = {0};
    struct cron_error error;

    ck_assert_msg(cron_parse(lines[_i].text, strlen(lines[_i].text), &cron, &error), "%s: error %d",
                  lines[_i].text, (int)error.code);
    ck_assert(cron_parse(lines[_i].same, strlen(lines[_i].same), &same, &error));
    ck_assert_uint_eq(cron.minutes, same.minutes);
    ck_assert_uint_eq(cron.hours, same.hours);
    ck_assert_uint_eq(cron.days, same.days);
    ck_assert_uint_eq(cron.months, same.months);
    ck_assert_uint_eq(cron.weekdays, same.weekdays);
    ck_assert_int_eq(cron.days_starred, same.days_starred);
    ck_assert_int_eq(cron.weekdays_starred, same.weekdays_starred);
    ck_assert_int_eq(cron.wildcard, same.wildcard);
}
END_TEST

/* What follows the wall clock when daylight saving moves it. */
START_TEST(test_wildcard)
{
    static const struct {
        const char *text;
        bool wildcard;
    } rows[] = {
        {"* 2 * * *", true},    {"*/5 2 * * *", true},   {"0 * * * *", true},
        {"0 */2 * * *", true},  {"*,5 2 * * *", true},   {"@hourly", true},
        {"5,* 2 * * *", false}, {"0 0-23 * * *", false}, {"0-59 2 * * *", false},
        {"0 2 * * *", false},   {"@daily", false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct cron cron;
        struct cron_error error;

        ck_assert(cron_parse(rows[i].text, strlen(rows[i].text), &cron, &error));
        ck_assert_msg(cron.wildcard == rows[i].wildcard, "%s", rows[i].text);
    }
}
END_TEST

START_TEST(test_failure_leaves_cron_alone)
{
    struct cron cron;
    struct cron before;
    struct cron_error error;

    memset(&cron, 0x55, sizeof cron);
    memcpy(&before, &cron, sizeof cron);
    ck_assert(!cron_parse("0 2 * * 8", 9, &cron, &error));
    ck_assert_int_eq(memcmp(&before, &cron, sizeof cron), 0);
}
END_TEST

SUITE(cron_parse)
{
    TCase *cases = tcase_create("cron_parse");

    tcase_add_loop_test(cases, test_field_values, 0, sizeof fields / sizeof fields[0]);
    tcase_add_loop_test(cases, test_line_spellings, 0, sizeof lines / sizeof lines[0]);
    tcase_add_test(cases, test_wildcard);
    tcase_add_test(cases, test_failure_leaves_cron_alone);
    suite_add_tcase(suite, cases);
}
