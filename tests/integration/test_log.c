/*
 * Messages on stderr: as text, as JSON, and for systemd's journal.
 */
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* Runs a shell's line, "$0" being the program. */
static struct program_result run_shell(const char *line, const char *variable)
{
    const char *const argv[] = {"sh", "-c", line, PROGRAM, NULL};
    const char *const env[] = {"SUPABASE_DB_URL", "JOURNAL_STREAM", variable, NULL};

    return program_run(argv, env);
}

/* ---- JSON ---- */

static const struct {
    const char *line;
    const char *variable;
} json_ways[] = {
    {"exec \"$0\" due --config /dev/null --log-format json", NULL},
    {"exec \"$0\" due --config /dev/null", "SYNCSCHED_LOG_FORMAT=json"},
    {"exec \"$0\" due --config /dev/null --log-format json", "SYNCSCHED_LOG_FORMAT=text"},
    {"echo SYNCSCHED_LOG_FORMAT=json | \"$0\" due --config /dev/stdin", NULL},
};

/* Covers: a warning as one line of JSON, however hostile the row is that it speaks of. */
START_TEST(test_json_warning)
{
    struct program_result result;
    json_t *message;

    scene_seed(1, 1, "\033[2J\302\205 \"\\ \n99 * * *");
    result = run_shell(json_ways[_i].line, json_ways[_i].variable);
    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.out, "[]\n");
    ck_assert_ptr_eq(strchr(result.err, '\n'), result.err + strlen(result.err) - 1);
    json_schema_check("log", result.err);
    message = json_loads(result.err, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(message, "level")), "warning");
    ck_assert_str_eq(json_string_value(json_object_get(message, "orgId")), SCENE_ORG);
    ck_assert_str_eq(json_string_value(json_object_get(message, "organization")), "Nordlys");
    ck_assert_str_eq(json_string_value(json_object_get(message, "integrationId")),
                     scene_integration(1));
    ck_assert_str_eq(json_string_value(json_object_get(message, "integrationType")), "xledger");
    json_decref(message);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *line;
    const char *variable;
    const char *message;
    const char *hint;
} json_errors[] = {
    {"exec \"$0\" due --log-format json --bogus", NULL, "unknown option '--bogus'",
     "see syncsched due --help"},
    {"exec \"$0\" bogus", "SYNCSCHED_LOG_FORMAT=json", "unknown command 'bogus'",
     "see syncsched --help"},
    {"exec \"$0\" due --log-format json --config /nonexistent", NULL,
     "cannot read /nonexistent: No such file or directory", NULL},
    {"exec \"$0\" check-cron --count -1 --log-format=json @daily", NULL,
     "--count: '-1' is not a whole number from 0 to 1000", NULL},
};

/* Covers: errors, those of the command line itself included, their hint apart. */
START_TEST(test_json_error)
{
    struct program_result result = run_shell(json_errors[_i].line, json_errors[_i].variable);
    json_t *message;
    const char *hint;

    ck_assert_int_eq(result.status, 2);
    json_schema_check("log", result.err);
    message = json_loads(result.err, 0, NULL);
    hint = json_string_value(json_object_get(message, "hint"));
    ck_assert_str_eq(json_string_value(json_object_get(message, "level")), "error");
    ck_assert_str_eq(json_string_value(json_object_get(message, "message")),
                     json_errors[_i].message);
    ck_assert_pstr_eq(hint, json_errors[_i].hint);
    json_decref(message);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *line;
    const char *variable;
} refused[] = {
    {"exec \"$0\" due --config /dev/null --log-format xml", NULL},
    {"exec \"$0\" schema --config /dev/null", "SYNCSCHED_LOG_FORMAT=xml"},
    {"echo SYNCSCHED_LOG_FORMAT=xml | \"$0\" due --config /dev/stdin", NULL},
};

/* Covers: another format is an error, as text. */
START_TEST(test_wrong_format)
{
    struct program_result result = run_shell(refused[_i].line, refused[_i].variable);

    ck_assert_int_eq(result.status, 2);
    ck_assert_str_eq(result.out, "");
    ck_assert_str_eq(result.err, "syncsched: error: --log-format: 'xml' is not one of the choices"
                                 " (choose one of text|json)\n");
    program_result_free(&result);
}
END_TEST

/* Covers: what a worker says is JSON as well; the result on stdout is what it was. */
START_TEST(test_json_tick)
{
    struct scene_tick tick;

    scene_seed(1, 2, "0 2 * * *");
    function_script(scene_function(), "* action=no_content");
    tick = scene_run("--log-format json --at 2024-05-01T02:00Z");
    scene_check(&tick, 2, 0, 0, 0);
    json_schema_check("log", tick.err);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a live line is for people. */
START_TEST(test_json_terminal)
{
    struct terminal terminal = terminal_open();
    struct scene_tick tick;
    char shown[4096];
    char wrapper[100];

    snprintf(wrapper, sizeof wrapper, "exec \"$@\" 2>%s", terminal.path);
    scene_set_wrapper(wrapper);
    scene_seed(1, 1, "0 2 * * *");
    tick = scene_run("--log-format json --at 2024-05-01T02:00Z");
    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_uint_eq(terminal_read(&terminal, shown, sizeof shown), 0);
    terminal_close(&terminal);
    scene_tick_free(&tick);
}
END_TEST

/* ---- The journal ---- */

/* Runs the line with $f being a file that stands in for the journal's stream; returns its text. */
#define WITH_STREAM(environment, command)                                                          \
    "f=$(mktemp); export JOURNAL_STREAM=" environment "; " command                                 \
    " 2>\"$f\"; cat \"$f\"; rm \"$f\""
#define ITS_OWN "$(stat -c %d:%i \"$f\")"

static const struct {
    const char *line;
    const char *start;
} streams[] = {
    {WITH_STREAM(ITS_OWN, "\"$0\" due --config /dev/null"), "[]\n<4>syncsched: warning: "},
    {WITH_STREAM(ITS_OWN, "\"$0\" due --bogus"), "<3>syncsched: error: "},
    {WITH_STREAM(ITS_OWN "1", "\"$0\" due --bogus"), "syncsched: error: "},
    {WITH_STREAM("1" ITS_OWN, "\"$0\" due --bogus"), "syncsched: error: "},
    {WITH_STREAM(ITS_OWN ":1", "\"$0\" due --bogus"), "syncsched: error: "},
    {WITH_STREAM("$(stat -c %i \"$f\")", "\"$0\" due --bogus"), "syncsched: error: "},
    {WITH_STREAM("", "\"$0\" due --bogus"), "syncsched: error: "},
    {WITH_STREAM(ITS_OWN, "\"$0\" due --log-format json --bogus"), "{\"time\":"},
};

/* Covers: priorities in text, and only where stderr is the very stream that the journal made. */
START_TEST(test_journal)
{
    struct program_result result;

    scene_seed(1, 1, "99 * * * *");
    result = run_shell(streams[_i].line, NULL);
    ck_assert_msg(strstr(result.out, streams[_i].start) == result.out, "%s", result.out);
    program_result_free(&result);
}
END_TEST

SUITE(log)
{
    TCase *json = tcase_create("log-json");
    TCase *journal = tcase_create("log-journal");

    tcase_add_checked_fixture(json, scene_open, scene_close);
    tcase_add_loop_test(json, test_json_warning, 0, COUNT(json_ways));
    tcase_add_loop_test(json, test_json_error, 0, COUNT(json_errors));
    tcase_add_loop_test(json, test_wrong_format, 0, COUNT(refused));
    tcase_add_test(json, test_json_tick);
    tcase_add_test(json, test_json_terminal);
    suite_add_tcase(suite, json);
    tcase_add_checked_fixture(journal, scene_open, scene_close);
    tcase_add_loop_test(journal, test_journal, 0, COUNT(streams));
    suite_add_tcase(suite, journal);
}
