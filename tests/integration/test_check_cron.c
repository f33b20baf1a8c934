/*
 * check-cron through the real program: what it prints of expressions on the command line, as text
 * and as JSON, its exit statuses, and what of the environment may change them. What it reads from
 * stdin is test_check_cron_lines.c's, its wrong usage test_usage.c's, its words the unit tests'.
 */
#include "support/program.h"
#include "support/suite.h"
#include "support/terminal.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define FROM     "--from 2026-11-23T02:00:00Z "
#define DAILY    "'0 2 * * *'"

enum { ENV_MAX = 24, ESCAPE = 033 };

/* Runs `check-cron ARGUMENTS` in a shell, without a database to be found, and env on top. */
static struct program_result run(const char *arguments, const char *const env[])
{
    char line[1000];
    const char *const argv[] = {"sh", "-c", line, PROGRAM, NULL};
    const char *all[ENV_MAX] = {"PGHOST",     "PGPORT",          "PGUSER",       "PGPASSWORD",
                                "PGDATABASE", "SUPABASE_DB_URL", "SUPABASE_URL", "TZ",
                                "NO_COLOR",   "TERM=xterm"};
    size_t n = 10;
    int length = snprintf(line, sizeof line, "exec \"$0\" check-cron %s", arguments);

    ck_assert_int_lt(length, (int)sizeof line);
    for (size_t i = 0; env != NULL && env[i] != NULL; i++)
        all[n++] = env[i];
    ck_assert_uint_lt(n, COUNT(all));
    return program_run(argv, all);
}

/* ---- Text ---- */

#define TEXT_NEXT     "  next: in UTC\n    Tue 2026-11-24 02:00\n"
#define TEXT_DAILY    "0 2 * * *\n  valid: at 02:00 every day\n"
#define TEXT_ONE      TEXT_DAILY TEXT_NEXT
#define TEXT_TWO      TEXT_DAILY TEXT_NEXT "    Wed 2026-11-25 02:00\n"
#define TEXT_MINUTE   "  invalid: minute \"61\" is outside 0-59\n  hint: minutes go from 0 to 59\n"
#define TEXT_INVALID  "61 * * * *\n^~\n" TEXT_MINUTE
#define TEXT_NO_FIELD "  invalid: expression \"\" has no fields, not five\n"
#define TEXT_ALL_FIVE                                                                              \
    "  hint: write minute, hour, day-of-month, month and day-of-week, such as \"0 2 * * *\"\n"
#define TEXT_NEVER                                                                                 \
    "0 0 30 2 *\n  valid: at 00:00 on 30 February, which never comes\n"                            \
    "  warning: it never fires: February has no day 30\n"
#define TEXT_KATHMANDU                                                                             \
    TEXT_DAILY "  next: in Asia/Kathmandu and in UTC\n"                                            \
               "    Tue 2026-11-24 02:00 +05:45  2026-11-23T20:15:00Z\n"
#define TEXT_OFFSET                                                                                \
    TEXT_DAILY "  next: in -03:30 and in UTC\n"                                                    \
               "    Mon 2026-11-23 02:00 -03:30  2026-11-23T05:30:00Z\n"
#define TEXT_TOTALS(n, invalid, warned)                                                            \
    "\n" #n " expressions: " #invalid " invalid, " #warned " with warnings\n"

static const struct {
    const char *arguments;
    const char *env[3];
    int status;
    const char *out;
} texts[] = {
    /* Strictly after TIME; options before, between and behind operands, for POSIX's getopt, too. */
    {FROM "--count 2 " DAILY, {0}, 0, TEXT_TWO},
    {DAILY " --count=2 " FROM, {0}, 0, TEXT_TWO},
    {DAILY " --count 2 " FROM, {"POSIXLY_CORRECT=1"}, 0, TEXT_TWO},
    {"--from 2026-11-23T01:59:59.999999Z --count 1 " DAILY,
     {0},
     0,
     TEXT_DAILY "  next: in UTC\n    Mon 2026-11-23 02:00\n"},
    {"--from 2026-11-24T02:00+05:45 --count 1 " DAILY, {0}, 0, TEXT_ONE},
    {"--count 0 " DAILY, {0}, 0, TEXT_DAILY},
    {FROM "--count 1 -- " DAILY, {0}, 0, TEXT_ONE},
    {"--count 0 -- " DAILY " --json -1",
     {0},
     1,
     TEXT_DAILY
     "\n--json\n^~~~~~\n  invalid: expression \"--json\" has one field, not five\n" TEXT_ALL_FIVE
     "\n-1\n^~\n  invalid: expression \"-1\" has one field, not five\n" TEXT_ALL_FIVE TEXT_TOTALS(
         3, 2, 0)},
    /* Invalid ones, alone and among others, in the order of the operands. */
    {"'61 * * * *'", {0}, 1, TEXT_INVALID},
    {"'  61 * * * *'", {0}, 1, "  61 * * * *\n  ^~\n" TEXT_MINUTE},
    {"'\t61\t* * * *'", {0}, 1, " 61 * * * *\n ^~\n" TEXT_MINUTE},
    {"''", {0}, 1, "\n" TEXT_NO_FIELD TEXT_ALL_FIVE},
    {"--count 0 '61 * * * *' " DAILY, {0}, 1, TEXT_INVALID "\n" TEXT_DAILY TEXT_TOTALS(2, 1, 0)},
    {"--count 0 " DAILY " '61 * * * *'", {0}, 1, TEXT_DAILY "\n" TEXT_INVALID TEXT_TOTALS(2, 1, 0)},
    {"'0 0 30 2 *'", {0}, 0, TEXT_NEVER},
    {"--count 0 '0 0 30 2 *' " DAILY " '0 0 30 2 *'",
     {0},
     0,
     TEXT_NEVER "\n" TEXT_DAILY "\n" TEXT_NEVER TEXT_TOTALS(3, 0, 2)},
    /* The zone. */
    {FROM "--count 1 --timezone Asia/Kathmandu " DAILY, {0}, 0, TEXT_KATHMANDU},
    {FROM "--timezone UTC --count 2 " DAILY, {0}, 0, TEXT_TWO},
    {FROM "--count 1 --timezone -0330 " DAILY,
     {0},
     0,
     "0 2 * * *\n  valid: at 02:00 every day\n  next: in -0330 and in UTC\n"
     "    Mon 2026-11-23 02:00 -03:30  2026-11-23T05:30:00Z\n"},
    /* The host's own zone and language are none of a schedule's business. */
    {FROM "--count 2 " DAILY, {"TZ=America/New_York"}, 0, TEXT_TWO},
    {FROM "--count 2 " DAILY, {"TZ=:/nonexistent"}, 0, TEXT_TWO},
    {FROM "--count 2 " DAILY, {"LC_ALL=tr_TR.UTF-8", "LANGUAGE=tr"}, 0, TEXT_TWO},
    {FROM "--count 2 " DAILY, {"LC_ALL=no such locale"}, 0, TEXT_TWO},
    {FROM "--count 1 --timezone Asia/Kathmandu " DAILY, {"TZ=Asia/Tokyo"}, 0, TEXT_KATHMANDU},
    /* A database that nobody can reach is none that anybody tries. */
    {FROM "--count 2 " DAILY, {"PGHOST=127.0.0.1", "PGPORT=1"}, 0, TEXT_TWO},
    /* Without a zone database there are UTC and offsets. */
    {FROM "--count 2 " DAILY, {"TZDIR=/nonexistent"}, 0, TEXT_TWO},
    {FROM "--count 1 --timezone -03:30 " DAILY, {"TZDIR=/nonexistent"}, 0, TEXT_OFFSET},
};

START_TEST(test_text)
{
    struct program_result result = run(texts[_i].arguments, texts[_i].env);

    ck_assert_str_eq(result.out, texts[_i].out);
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, texts[_i].status);
    program_result_free(&result);
}
END_TEST

/* Covers: a directory without zones is no UTC in silence. */
START_TEST(test_empty_zone_directory)
{
    char directory[] = "/tmp/syncsched-zones-XXXXXX";
    char variable[64];
    const char *const env[] = {variable, NULL};
    struct program_result result;

    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(variable, sizeof variable, "TZDIR=%s", directory);
    result = run("--timezone Europe/Oslo " DAILY, env);
    ck_assert_str_eq(result.out, "");
    ck_assert_msg(strstr(result.err, "time zone \"Europe/Oslo\" is not known") != NULL, "%s",
                  result.err);
    ck_assert_int_eq(result.status, 2);
    program_result_free(&result);
    result = run(FROM "--count 2 " DAILY, env);
    ck_assert_str_eq(result.out, TEXT_TWO);
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
    rmdir(directory);
}
END_TEST

/* Covers: every byte that a shell can pass on is shown as printable ASCII, in errors, too. */
START_TEST(test_hostile_operands)
{
    char expression[16];
    const char *const as_text[] = {PROGRAM, "check-cron", "--count", "0", "--", expression, NULL};
    const char *const as_zone[] = {PROGRAM, "check-cron", "--timezone", expression, "@daily", NULL};

    for (int byte = 1; byte < 256; byte++) {
        struct program_result text;
        struct program_result zone;

        snprintf(expression, sizeof expression, "%c\033[31m * *", byte);
        text = program_run(as_text, NULL);
        zone = program_run(as_zone, NULL);
        for (size_t i = 0; i < text.out_length; i++)
            ck_assert_msg(text.out[i] == '\n' || (text.out[i] >= ' ' && text.out[i] <= '~'),
                          "byte %02x: %s", (unsigned)byte, text.out);
        for (size_t i = 0; zone.err[i] != '\0'; i++)
            ck_assert_msg(zone.err[i] == '\n' || (zone.err[i] >= ' ' && zone.err[i] <= '~'),
                          "byte %02x: %s", (unsigned)byte, zone.err);
        ck_assert_int_eq(text.status, 1);
        ck_assert_int_eq(zone.status, 2);
        program_result_free(&text);
        program_result_free(&zone);
    }
}
END_TEST

/* ---- Colour ---- */

static const struct {
    const char *env[2];
    bool is_coloured;
} terminals[] = {
    {{0}, true},
    {{"TERM=xterm-256color"}, true},
    {{"NO_COLOR="}, true}, /* empty is as good as unset: no-color.org */
    {{"NO_COLOR=1"}, false},
    {{"NO_COLOR=0"}, false},
    {{"TERM=dumb"}, false},
    {{"TERM"}, false},
};

/* Covers: colour on a terminal, unless somebody does not want it. */
START_TEST(test_colour)
{
    static char shown[4096];
    struct terminal terminal = terminal_open();
    struct program_result result;
    char arguments[100];

    snprintf(arguments, sizeof arguments, "--count 1 " DAILY " '61 * * * *' >%s", terminal.path);
    result = run(arguments, terminals[_i].env);
    terminal_read(&terminal, shown, sizeof shown);
    ck_assert_int_eq(result.status, 1);
    ck_assert_ptr_nonnull(strstr(shown, "at 02:00 every day"));
    ck_assert_int_eq(strchr(shown, ESCAPE) != NULL, terminals[_i].is_coloured);
    if (terminals[_i].is_coloured) {
        ck_assert_ptr_nonnull(strstr(shown, "\033[32mvalid:\033[0m "));
        ck_assert_ptr_nonnull(strstr(shown, "\033[1;31minvalid:\033[0m "));
    }
    terminal_close(&terminal);
    program_result_free(&result);
}
END_TEST

/* Covers: JSON is for machines, on a terminal, too. */
START_TEST(test_no_colour_in_json)
{
    static char shown[4096];
    struct terminal terminal = terminal_open();
    struct program_result result;
    char arguments[100];

    snprintf(arguments, sizeof arguments, "--json " DAILY " '61 * * * *' >%s", terminal.path);
    result = run(arguments, NULL);
    terminal_read(&terminal, shown, sizeof shown);
    ck_assert_ptr_eq(strstr(shown, "{\"expression\":"), shown);
    ck_assert_ptr_null(strchr(shown, ESCAPE));
    terminal_close(&terminal);
    program_result_free(&result);
}
END_TEST

/* ---- JSON ---- */

/* The next line of JSON at *at, an object; moves *at behind it. */
static json_t *take_line(const char **at)
{
    size_t length = strcspn(*at, "\n");
    json_t *line = json_loadb(*at, length, JSON_REJECT_DUPLICATES, NULL);

    ck_assert_msg(json_is_object(line) && (*at)[length] == '\n', "not a line of JSON: %s", *at);
    *at += length + 1;
    return line;
}

/* Checks an object's members by name and type, a letter each: s, b, i, a, S (a string or null). */
static void assert_members(const json_t *object, const char *const members[][2])
{
    size_t count = 0;

    for (; members[count][0] != NULL; count++) {
        const json_t *value = json_object_get(object, members[count][0]);
        bool is_right = false;

        switch (members[count][1][0]) {
        case 'S':
            is_right = json_is_null(value) || json_is_string(value);
            break;
        case 's':
            is_right = json_is_string(value);
            break;
        case 'b':
            is_right = json_is_boolean(value);
            break;
        case 'i':
            is_right = json_is_integer(value);
            break;
        case 'a':
            is_right = json_is_array(value);
            break;
        default:
            ck_abort_msg("no such type: %s", members[count][1]);
        }
        ck_assert_msg(is_right, "\"%s\" is missing or of a wrong type", members[count][0]);
    }
    ck_assert_uint_eq(json_object_size(object), count);
}

static const char *string_of(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static void assert_strings(const json_t *array, const char *const strings[], size_t count)
{
    ck_assert_uint_eq(json_array_size(array), count);
    for (size_t i = 0; i < count; i++)
        ck_assert_pstr_eq(json_string_value(json_array_get(array, i)), strings[i]);
}

static const char *const valid_members[][2] = {{"expression", "s"},  {"valid", "b"},
                                               {"description", "s"}, {"fires", "b"},
                                               {"timezone", "s"},    {"next", "a"},
                                               {"nextLocal", "a"},   {"nextWeekday", "a"},
                                               {"warnings", "a"},    {0}};

/* Covers: a valid expression has these members and no others, and they agree. */
START_TEST(test_json_valid)
{
    static const char *const next[] = {"2026-11-23T20:15:00Z", "2026-11-24T20:15:00Z"};
    static const char *const local[] = {"2026-11-24T02:00:00+05:45", "2026-11-25T02:00:00+05:45"};
    static const char *const weekday[] = {"Tuesday", "Wednesday"};
    struct program_result result =
        run(FROM "--json --count 2 --timezone Asia/Kathmandu " DAILY " '0 0 30 2 *'", NULL);
    const char *at = result.out;
    json_t *daily = take_line(&at);
    json_t *never = take_line(&at);

    ck_assert_str_eq(at, "");
    ck_assert_int_eq(result.status, 0);
    assert_members(daily, valid_members);
    ck_assert_str_eq(string_of(daily, "expression"), "0 2 * * *");
    ck_assert(json_is_true(json_object_get(daily, "valid")));
    ck_assert(json_is_true(json_object_get(daily, "fires")));
    ck_assert_str_eq(string_of(daily, "description"), "at 02:00 every day");
    ck_assert_str_eq(string_of(daily, "timezone"), "Asia/Kathmandu");
    assert_strings(json_object_get(daily, "next"), next, 2);
    assert_strings(json_object_get(daily, "nextLocal"), local, 2);
    assert_strings(json_object_get(daily, "nextWeekday"), weekday, 2);
    assert_strings(json_object_get(daily, "warnings"), NULL, 0);
    assert_members(never, valid_members);
    ck_assert(json_is_false(json_object_get(never, "fires")));
    assert_strings(json_object_get(never, "next"), NULL, 0);
    ck_assert_uint_eq(json_array_size(json_object_get(never, "warnings")), 1);
    json_decref(daily);
    json_decref(never);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *expression;
    const char *field; /* NULL: the whole line */
    const char *value;
    json_int_t position;
} faults[] = {
    {"61 * * * *", "minute", "61", 0},
    {"  61 * * * *", "minute", "61", 2},
    {"\t*/60\t* * * *", "minute", "*/60", 1},
    {"0 24 * * *", "hour", "24", 2},
    {"0 2,,3 * * *", "hour", "2,,3", 2},
    {"0 0 1-5,40 * *", "day-of-month", "40", 8},
    {"0 0 * 13 *", "month", "13", 6},
    {"0 0 * * 8", "day-of-week", "8", 8},
    {"0 0 * * sat-sun", "day-of-week", "sat-sun", 8},
    {"0 0 * *", NULL, "0 0 * *", 0},
    {" 0 0 * * * *", NULL, "0 0 * * * *", 1},
    {"@reboot", NULL, "@reboot", 0},
    {"", NULL, "", 0},
};

/* Covers: an invalid one names field and value, and position and length point at the value. */
START_TEST(test_json_invalid)
{
    static const char *const members[][2] = {
        {"expression", "s"}, {"valid", "b"}, {"errors", "a"}, {0}};
    static const char *const error_members[][2] = {{"field", "S"},
                                                   {"value", "s"},
                                                   {"message", "s"},
                                                   {"hint", "s"},
                                                   {"position", "i"},
                                                   {"length", "i"},
                                                   {0}};
    const char *const argv[] = {PROGRAM, "check-cron", "--json", "--", faults[_i].expression, NULL};
    struct program_result result = program_run(argv, NULL);
    const char *at = result.out;
    json_t *line = take_line(&at);
    const json_t *error = json_array_get(json_object_get(line, "errors"), 0);

    ck_assert_str_eq(at, "");
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, 1);
    assert_members(line, members);
    ck_assert(json_is_false(json_object_get(line, "valid")));
    ck_assert_str_eq(string_of(line, "expression"), faults[_i].expression);
    ck_assert_uint_eq(json_array_size(json_object_get(line, "errors")), 1);
    assert_members(error, error_members);
    ck_assert_pstr_eq(string_of(error, "field"), faults[_i].field);
    ck_assert_str_eq(string_of(error, "value"), faults[_i].value);
    ck_assert_ptr_nonnull(strstr(string_of(error, "message"), faults[_i].value));
    ck_assert_str_ne(string_of(error, "hint"), "");
    ck_assert_int_eq(json_integer_value(json_object_get(error, "position")), faults[_i].position);
    ck_assert_int_eq(json_integer_value(json_object_get(error, "length")),
                     (json_int_t)strlen(faults[_i].value));
    json_decref(line);
    program_result_free(&result);
}
END_TEST

SUITE(check_cron)
{
    TCase *text = tcase_create("check-cron-text");
    TCase *json = tcase_create("check-cron-json");

    tcase_add_loop_test(text, test_text, 0, COUNT(texts));
    tcase_add_test(text, test_empty_zone_directory);
    tcase_add_test(text, test_hostile_operands);
    tcase_add_loop_test(text, test_colour, 0, COUNT(terminals));
    suite_add_tcase(suite, text);
    tcase_add_test(json, test_no_colour_in_json);
    tcase_add_test(json, test_json_valid);
    tcase_add_loop_test(json, test_json_invalid, 0, COUNT(faults));
    suite_add_tcase(suite, json);
}
