/* Covers what lib/cron/cron_parse.c refuses, cron_judge.c and cron_message.c. */
#include "support/suite.h"

#include "cron/cron.h"
#include "cron/cron_message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MINUTE_VALUES "write a number from 0 to 59"
#define MINUTES       "minutes go from 0 to 59"
#define HOURS         "hours go from 0 to 23"
#define DAYS          "days go from 1 to 31"
#define MONTHS        "months go from 1 to 12, or jan to dec"
#define WEEKDAYS      "weekdays go from 0 to 7 (0 and 7 are Sunday), or sun to sat"
#define DAY_VALUES    "write a number from 0 to 7 (0 and 7 are Sunday), or sun to sat"
#define FIVE_FIELDS                                                                                \
    "write minute, hour, day-of-month, month and day-of-week, such as "                            \
    "\"0 2 * * *\""
#define NO_LAST      "write a day that every month has, such as \"28\""
#define WEEKDAY_ONLY "write the weekday alone, such as \"5\""

static const struct {
    const char *text;
    const char *field;
    const char *value;
    const char *wrong; /* the message after field and value */
    const char *hint;
} errors[] = {
    /* numbers */
    {"60 * * * *", "minute", "60", "is outside 0-59", MINUTES "; the full hour is 0"},
    {"99 * * * *", "minute", "99", "is outside 0-59", MINUTES},
    {"0 24 * * *", "hour", "24", "is outside 0-23", HOURS "; midnight is 0"},
    {"0 0 0 * *", "day-of-month", "0", "is outside 1-31", DAYS "; the first day is 1"},
    {"0 0 32 * *", "day-of-month", "32", "is outside 1-31", DAYS},
    {"0 0 * 0 *", "month", "0", "is outside 1-12", MONTHS "; January is 1"},
    {"0 0 * 13 *", "month", "13", "is outside 1-12", MONTHS "; December is 12"},
    {"0 0 * * 8", "day-of-week", "8", "is outside 0-7", WEEKDAYS},
    {"0,61 * * * *", "minute", "61", "is outside 0-59", MINUTES},
    {"5-64/30 * * * *", "minute", "64", "is outside 0-59", MINUTES},
    {"4294967296 * * * *", "minute", "4294967296", "is too large a number (0-59)", MINUTES},
    {"0 18446744073709551616 * * *", "hour", "18446744073709551616", "is too large a number (0-23)",
     HOURS},
    {"2147483647 * * * *", "minute", "2147483647", "is too large a number (0-59)", MINUTES},
    {"-5 * * * *", "minute", "-5", "lacks a number", MINUTE_VALUES},
    {"5- * * * *", "minute", "5-", "lacks a number", MINUTE_VALUES},
    {"5-/2 * * * *", "minute", "5-/2", "lacks a number", MINUTE_VALUES},
    {"/5 * * * *", "minute", "/5", "lacks a number", MINUTE_VALUES},
    {"+5 * * * *", "minute", "+5", "has \"+\" in it",
     "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "
     "\"*/2\""},
    {"1.5 * * * *", "minute", "1.5", "has \".\", but cron knows whole numbers only",
     "write a whole number"},
    {"0x5 * * * *", "minute", "0x5", "is not a number", MINUTE_VALUES},
    /* names */
    {"mon * * * *", "minute", "mon", "is a weekday",
     "weekdays are the fifth field, such as \"0 2 * * mon\""},
    {"0 0 jan * *", "day-of-month", "jan", "is a month",
     "months are the fourth field, such as \"0 2 1 jan *\""},
    {"0 0 * mon *", "month", "mon", "is a weekday",
     "weekdays are the fifth field, such as \"0 2 * * mon\""},
    {"0 0 * * jan", "day-of-week", "jan", "is a month",
     "months are the fourth field, such as \"0 2 1 jan *\""},
    {"0 0 * * monday", "day-of-week", "monday", "is longer than three letters", "write \"mon\""},
    {"0 0 * September *", "month", "September", "is longer than three letters", "write \"Sep\""},
    {"0 0 * * mo", "day-of-week", "mo", "is neither a number nor a name", DAY_VALUES},
    {"0 0 * * so", "day-of-week", "so", "is neither a number nor a name", DAY_VALUES},
    {"0 0 * * 1mon", "day-of-week", "1mon", "is neither a number nor a name", DAY_VALUES},
    {"H/15 * * * *", "minute", "H/15", "has \"H\", a value that only Jenkins picks",
     "write one number, or \"*\" before a step"},
    /* ranges */
    {"0 22-2 * * *", "hour", "22-2", "runs backwards", "write \"22-23,0-2\""},
    {"0 23-0 * * *", "hour", "23-0", "runs backwards", "write \"23,0\""},
    {"0 1,22-2,5 * * *", "hour", "22-2", "runs backwards", "write \"22-23,0-2\""},
    {"0 22-4/2 * * *", "hour", "22-4/2", "runs backwards", "write \"22,0,2,4\""},
    {"0 22-4/99 * * *", "hour", "22-4/99", "runs backwards", "write \"22\""},
    {"50-10 * * * *", "minute", "50-10", "runs backwards", "write \"50-59,0-10\""},
    {"0 0 25-5 * *", "day-of-month", "25-5", "runs backwards", "write \"25-31,1-5\""},
    {"0 0 31-1 * *", "day-of-month", "31-1", "runs backwards", "write \"31,1\""},
    {"0 0 28-4/3 * *", "day-of-month", "28-4/3", "runs backwards", "write \"28,31,3\""},
    {"0 0 * nov-feb *", "month", "nov-feb", "runs backwards", "write \"11-12,1-2\""},
    {"0 0 * * sat-sun", "day-of-week", "sat-sun", "runs backwards", "write \"6-7\""},
    {"0 0 * * fri-sun", "day-of-week", "fri-sun", "runs backwards", "write \"5-7\""},
    {"0 0 * * 6-0", "day-of-week", "6-0", "runs backwards", "write \"6-7\""},
    {"0 0 * * 7-0", "day-of-week", "7-0", "runs backwards", "write \"7\""},
    {"0 0 * * 7-2", "day-of-week", "7-2", "runs backwards", "write \"0-2\""},
    {"0 0 * * 7-2/2", "day-of-week", "7-2/2", "runs backwards", "write \"0,2\""},
    {"0 0 * * fri-mon", "day-of-week", "fri-mon", "runs backwards", "write \"5-6,0-1\""},
    {"0 0 * * fri-sun/2", "day-of-week", "fri-sun/2", "runs backwards", "write \"5,0\""},
    {"1-2-3 * * * *", "minute", "1-2-3", "has a \"-\" out of place",
     "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "
     "\"*/2\""},
    /* steps */
    {"5/10 * * * *", "minute", "5/10", "has a step after a single number", "write \"5-59/10\""},
    {"0/15 * * * *", "minute", "0/15", "has a step after a single number", "write \"*/15\""},
    {"59/10 * * * *", "minute", "59/10", "has a step after a single number", "write \"59\""},
    {"0 0 1/2 * *", "day-of-month", "1/2", "has a step after a single number", "write \"1-31/2\""},
    {"0 0 * feb/2 *", "month", "feb/2", "has a step after a single number", "write \"2-12/2\""},
    {"0 0 * * 1/2", "day-of-week", "1/2", "has a step after a single number", "write \"1-6/2\""},
    {"0 0 * * 7/2", "day-of-week", "7/2", "has a step after a single number", "write \"7\""},
    {"*/60 * * * *", "minute", "*/60", "has a step beyond its range (0-59)",
     "write \"0\"; steps start anew with each hour"},
    {"0-59/60 * * * *", "minute", "0-59/60", "has a step beyond its range (0-59)",
     "write \"0\"; steps start anew with each hour"},
    {"5/60 * * * *", "minute", "5/60", "has a step beyond its range (0-59)",
     "write \"5\"; steps start anew with each hour"},
    {"*/99999999999 * * * *", "minute", "*/99999999999", "has a step beyond its range (0-59)",
     "write \"0\"; steps start anew with each hour"},
    {"0 */24 * * *", "hour", "*/24", "has a step beyond its range (0-23)",
     "write \"0\"; steps start anew with each day"},
    {"0 0 */32 * *", "day-of-month", "*/32", "has a step beyond its range (1-31)",
     "write \"1\"; steps start anew with each month"},
    {"0 0 * */13 *", "month", "*/13", "has a step beyond its range (1-12)",
     "write \"1\"; steps start anew with each year"},
    {"0 0 * * */8", "day-of-week", "*/8", "has a step beyond its range (0-7)",
     "write \"0\"; steps start anew with each week"},
    {"*/0 * * * *", "minute", "*/0", "has a step of 0", "write a step from 1 to 59"},
    {"0 1-5/00 * * *", "hour", "1-5/00", "has a step of 0", "write a step from 1 to 23"},
    {"*/ * * * *", "minute", "*/", "lacks a number", "write a step from 1 to 59"},
    {"*/-5 * * * *", "minute", "*/-5", "lacks a number", "write a step from 1 to 59"},
    {"*//5 * * * *", "minute", "*//5", "lacks a number", "write a step from 1 to 59"},
    {"*/5/5 * * * *", "minute", "*/5/5", "has a \"/\" out of place",
     "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "
     "\"*/2\""},
    {"*/*  * * * *", "minute", "*/*", "has a step that is not a number",
     "write a step from 1 to 59"},
    {"0 0 * * */mon", "day-of-week", "*/mon", "has a step that is not a number",
     "write a step from 1 to 7"},
    /* stars and lists */
    {"** * * * *", "minute", "**", "has a \"*\" out of place",
     "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "
     "\"*/2\""},
    {"0 0 5* * *", "day-of-month", "5*", "has a \"*\" out of place",
     "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "
     "\"*/2\""},
    {"*5 * * * *", "minute", "*5", "has a \"5\" out of place",
     "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "
     "\"*/2\""},
    {"*-5 * * * *", "minute", "*-5", "has a \"-\" out of place",
     "write \"*\", a number, a range such as \"1-3\", or \"*\" or a range with a step such as "
     "\"*/2\""},
    {"1,,2 * * * *", "minute", "1,,2", "has an empty list item", "remove the extra comma"},
    {",1 * * * *", "minute", ",1", "has an empty list item", "remove the extra comma"},
    {"1, * * * *", "minute", "1,", "has an empty list item", "remove the extra comma"},
    {", * * * *", "minute", ",", "has an empty list item", "remove the extra comma"},
    {"0 0 * * 1,", "day-of-week", "1,", "has an empty list item", "remove the extra comma"},
    /* other schedulers */
    {"0 0 ? * *", "day-of-month", "?", "has \"?\", which cron does not know", "write \"*\""},
    {"0 0 1 * ?", "day-of-week", "?", "has \"?\", which cron does not know", "write \"*\""},
    {"~ * * * *", "minute", "~", "has \"~\", a random value that only some crons know",
     "write one number"},
    {"0~59 * * * *", "minute", "0~59", "has \"~\", a random value that only some crons know",
     "write one number"},
    {"0 0 L * *", "day-of-month", "L", "has \"L\", but cron does not know last days", NO_LAST},
    {"0 0 l * *", "day-of-month", "l", "has \"L\", but cron does not know last days", NO_LAST},
    {"0 0 L-3 * *", "day-of-month", "L-3", "has \"L\", but cron does not know last days", NO_LAST},
    {"0 0 * * 5L", "day-of-week", "5L", "has \"L\", but cron does not know last days",
     WEEKDAY_ONLY},
    {"0 0 * * friL", "day-of-week", "friL", "has \"L\", but cron does not know last days",
     WEEKDAY_ONLY},
    {"0 0 LW * *", "day-of-month", "LW", "has \"W\", but cron does not know nearest weekdays",
     "write the day alone, such as \"15\""},
    {"0 0 15W * *", "day-of-month", "15W", "has \"W\", but cron does not know nearest weekdays",
     "write the day alone, such as \"15\""},
    {"0 0 * * 1#2", "day-of-week", "1#2",
     "has \"#\", but cron cannot count the weekdays of a month",
     "write the weekday alone, such as \"1\""},
    {"0 0 $ * *", "day-of-month", "$", "has \"$\", the last day, which only pg_cron knows",
     "write a day that every month has, such as \"28\""},
    {"02:30 * *", "minute", "02:30", "is a time of day, but minute and hour are two fields",
     "write \"30 2\""},
    {"2:05 * * *", "minute", "2:05", "is a time of day, but minute and hour are two fields",
     "write \"5 2\""},
    {"23:59 * * * *", "minute", "23:59", "is a time of day, but minute and hour are two fields",
     "write \"59 23\""},
    {"25:00 * * * *", "minute", "25:00", "has \":\", but minute and hour are fields of their own",
     "write \"30 2\" for 02:30"},
    {"0 02:30 * * *", "hour", "02:30", "has \":\", but minute and hour are fields of their own",
     "write \"30 2\" for 02:30"},
    /* the line */
    {"", NULL, "", "has no fields, not five", FIVE_FIELDS},
    {" \t ", NULL, "", "has no fields, not five", FIVE_FIELDS},
    {"*", NULL, "*", "has one field, not five", FIVE_FIELDS},
    {"0 2", NULL, "0 2", "has two fields, not five", FIVE_FIELDS},
    {"0 2 *", NULL, "0 2 *", "has three fields, not five", FIVE_FIELDS},
    {" 0 2 * * ", NULL, "0 2 * *", "has four fields, not five", FIVE_FIELDS},
    {"* * * * * *", NULL, "* * * * * *", "has six fields, not five", "remove the seconds field"},
    {"0 0 2 * * ?", NULL, "0 0 2 * * ?", "has six fields, not five", "remove the seconds field"},
    {"0 0 2 * * ? *", NULL, "0 0 2 * * ? *", "has 7 fields, not five",
     "remove the seconds field and the year field"},
    {"1 2 3 4 5 6 7 8", NULL, "1 2 3 4 5 6 7 8", "has 8 fields, not five", FIVE_FIELDS},
    {"30 seconds", NULL, "30 seconds", "has two fields, not five",
     "write \"* * * * *\": every minute is as often as cron goes"},
    {"@reboot", NULL, "@reboot", "names no time", "write a time, such as \"0 2 * * *\""},
    {"@Reboot", NULL, "@Reboot", "names no time", "write a time, such as \"0 2 * * *\""},
    {"@Daily", NULL, "@Daily", "is not in lower case", "write \"@daily\""},
    {"@HOURLY", NULL, "@HOURLY", "is not in lower case", "write \"@hourly\""},
    {"@", NULL, "@", "is not a known @ word on its own", NULL},
    {"@dail", NULL, "@dail", "is not a known @ word on its own", NULL},
    {"@dailyx", NULL, "@dailyx", "is not a known @ word on its own", NULL},
    {"@every 5m", NULL, "@every 5m", "is not a known @ word on its own", NULL},
    {"@daily x", NULL, "@daily x", "is not a known @ word on its own", NULL},
    {"0 0 @daily * *", "day-of-month", "@daily", "has \"@\" in it", NULL},
    /* bytes */
    {"0 2 * * *\n", "day-of-week", "*\\x0a", "has \"\\x0a\" in it",
     "write the expression on one line, without a line break"},
    {"0 2 * * \xc3\xa6", "day-of-week", "\\xc3\\xa6", "has \"\\xc3\", which is not ASCII", NULL},
    {"\x1b[2J * * * *", "minute", "\\x1b[2J", "has \"\\x1b\" in it", NULL},
    {"0\xc2\xa0"
     "2 * * * *",
     "minute", "0\\xc2\\xa02", "has \"\\xc2\", which is not ASCII", NULL},
};

START_TEST(test_errors)
{
    const char *text = errors[_i].text;
    const char *field = errors[_i].field;
    struct cron cron;
    struct cron_error error;
    struct cron_message message;
    char expected[CRON_MESSAGE_SIZE];

    snprintf(expected, sizeof expected, "%s \"%s\" %s", field != NULL ? field : "expression",
             errors[_i].value, errors[_i].wrong);
    ck_assert_msg(!cron_parse(text, strlen(text), &cron, &error), "%s", text);
    cron_message_make(text, &error, &message);
    ck_assert_pstr_eq(message.field, field);
    ck_assert_str_eq(message.value, errors[_i].value);
    ck_assert_str_eq(message.message, expected);
    ck_assert_uint_gt(strlen(message.hint), 0);
    if (errors[_i].hint != NULL)
        ck_assert_str_eq(message.hint, errors[_i].hint);
    ck_assert_uint_le(error.position + error.length, strlen(text));
    if (strchr(message.value, '\\') == NULL) /* what is pointed at is what is named */
        ck_assert_int_eq(memcmp(text + error.position, message.value, error.length), 0);
}
END_TEST

/* A hint that spells a field out must itself be accepted where the error was. */
START_TEST(test_hints_are_valid)
{
    static const char *const names[] = {"minute", "hour", "day-of-month", "month", "day-of-week"};
    const char *hint = errors[_i].hint;
    char line[128] = "";
    char spelling[64];
    int read = 0;
    struct cron cron;
    struct cron_error error;

    if (errors[_i].field == NULL || hint == NULL)
        return;
    sscanf(hint, "write \"%63[0-9,/-]\"%n", spelling, &read);
    if (read != (int)strlen(hint))
        return;
    for (int i = 0; i < 5; i++) {
        strcat(line, i > 0 ? " " : "");
        strcat(line, strcmp(names[i], errors[_i].field) == 0 ? spelling : "*");
    }
    ck_assert_msg(cron_parse(line, strlen(line), &cron, &error), "%s", line);
}
END_TEST

/* No code lacks its words. */
START_TEST(test_every_code_has_words)
{
    struct cron_error error = {
        .code = (enum cron_error_code)_i,
        .field = _i < CRON_ERROR_BYTE ? CRON_LINE : CRON_WEEKDAY,
        .length = strlen("monday"),
        .numbers = {1, 2, 0},
    };
    struct cron_message message;

    cron_message_make("monday", &error, &message);
    ck_assert_ptr_null(strpbrk(message.message, "{}"));
    ck_assert_ptr_null(strpbrk(message.hint, "{}"));
    ck_assert_ptr_null(strstr(message.hint, "\"\""));
    ck_assert_uint_gt(strlen(message.message), strlen("day-of-week \"monday\" "));
    ck_assert_uint_gt(strlen(message.hint), strlen("write \""));
}
END_TEST

START_TEST(test_nul_is_a_byte)
{
    static const char text[] = "0 2 * * *\0 1";
    struct cron cron;
    struct cron_error error;
    struct cron_message message;

    ck_assert(!cron_parse(text, sizeof text - 1, &cron, &error));
    cron_message_make(text, &error, &message);
    ck_assert_str_eq(message.value, "0 2 * * *\\x00 1");
    ck_assert(!cron_parse(text, 10, &cron, &error));
    cron_message_make(text, &error, &message);
    ck_assert_str_eq(message.message, "day-of-week \"*\\x00\" has \"\\x00\" in it");
    ck_assert(cron_parse(text, 9, &cron, &error));
}
END_TEST

START_TEST(test_length_limit)
{
    char text[1002];
    struct cron cron;
    struct cron_error error;
    struct cron_message message;

    memset(text, ' ', sizeof text);
    memcpy(text, "0 2 * * *", 9);
    ck_assert(cron_parse(text, 1000, &cron, &error));
    ck_assert(!cron_parse(text, 1001, &cron, &error));
    cron_message_make(text, &error, &message);
    ck_assert_ptr_null(message.field);
    ck_assert_ptr_nonnull(strstr(message.message, "is longer than 1000 bytes"));
    ck_assert_str_eq(message.hint, "write ranges and steps instead of long lists");

    memset(text, '9', sizeof text); /* long values are cut, in every part of the message */
    memcpy(text + 990, " * * * *", 8);
    ck_assert(!cron_parse(text, 998, &cron, &error));
    cron_message_make(text, &error, &message);
    ck_assert_uint_eq(error.length, 990);
    ck_assert_uint_eq(strlen(message.value), CRON_VALUE_SIZE - 1);
    ck_assert_str_eq(message.value + strlen(message.value) - 4, "9...");
    ck_assert_ptr_nonnull(strstr(message.message, "is too large a number (0-59)"));
}
END_TEST

/* Whoever reads further than the first of these pages gets a signal. */
START_TEST(test_megabytes_are_refused_unread)
{
    const size_t length = (size_t)16 << 20;
    const size_t readable = (size_t)64 << 10;
    char *text = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct cron cron;
    struct cron_error error;

    ck_assert(text != MAP_FAILED);
    ck_assert_int_eq(mprotect(text, readable, PROT_READ | PROT_WRITE), 0);
    memset(text, ',', readable);
    ck_assert(!cron_parse(text, length, &cron, &error));
    ck_assert_int_eq(error.code, CRON_ERROR_TOO_LONG);
    ck_assert_uint_eq(error.length, length);
    munmap(text, length);
}
END_TEST

static bool is_clean(const char *text)
{
    while (*text >= 0x20 && *text < 0x7F)
        text++;
    return *text == '\0';
}

/* Random lines of the grammar's characters: whatever comes, the text of a message is clean. */
START_TEST(test_noise)
{
    static const char alphabet[] = "0123456789 \t*,-/@LW#?~:.monjaeul\n\x01\xff";
    unsigned int seed = 1;

    for (int i = 0; i < 50000; i++) {
        char text[24];
        size_t length;
        struct cron cron;
        struct cron_error error;
        struct cron_message message;

        seed = seed * 1103515245U + 12345U;
        length = (seed >> 16) % sizeof text;
        for (size_t k = 0; k < length; k++) {
            seed = seed * 1103515245U + 12345U;
            text[k] = alphabet[(seed >> 16) % (sizeof alphabet - 1)];
        }
        if (cron_parse(text, length, &cron, &error)) {
            if (cron.minutes == 0 || cron.hours == 0 || cron.days == 0 || cron.months == 0 ||
                cron.weekdays == 0)
                ck_abort_msg("%.*s has an empty set", (int)length, text);
            continue;
        }
        cron_message_make(text, &error, &message);
        if (error.position + error.length > length || !is_clean(message.value) ||
            !is_clean(message.message) || !is_clean(message.hint) || message.hint[0] == '\0')
            ck_abort_msg("%s", message.message);
    }
}
END_TEST

SUITE(cron_error)
{
    TCase *cases = tcase_create("cron_error");

    tcase_add_loop_test(cases, test_errors, 0, sizeof errors / sizeof errors[0]);
    tcase_add_loop_test(cases, test_hints_are_valid, 0, sizeof errors / sizeof errors[0]);
    tcase_add_loop_test(cases, test_every_code_has_words, 0, CRON_ERROR_CODE_COUNT);
    tcase_add_test(cases, test_nul_is_a_byte);
    tcase_add_test(cases, test_length_limit);
    tcase_add_test(cases, test_megabytes_are_refused_unread);
    tcase_add_test(cases, test_noise);
    suite_add_tcase(suite, cases);
}
