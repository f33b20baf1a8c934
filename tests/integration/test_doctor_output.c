/*
 * How `syncsched doctor` shows its findings: at any width, with and without colour, with hostile names,
 * as JSON that fits its schema; and what it asks of the database, in how many statements.
 */
#include "integration/doctor_scene.h"
#include "support/json_schema.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "support/testdb.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DAILY "0 2 * * *"

enum { SHOWN_MAX = 64 * 1024 };

/* ---- Text ---- */

/* What doctor prints for a person, on stdout, which is no terminal. */
static char *doctor_text(void)
{
    const char *const argv[] = {scene_program(), "doctor", "--config", "/dev/null", NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_str_eq(result.err, "");
    free(result.err);
    return result.out;
}

/* The same on a terminal of so many columns. */
static char *doctor_shown(int columns, const char *no_colour)
{
    struct terminal terminal = terminal_open();
    char line[200];
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};
    char variable[32];
    const char *const env[] = {variable, "TERM=xterm", no_colour, NULL};
    char *shown = malloc(SHOWN_MAX);
    struct program_result result;

    ck_assert_ptr_nonnull(shown);
    snprintf(variable, sizeof variable, "COLUMNS=%d", columns);
    snprintf(line, sizeof line, "exec \"$0\" doctor --config /dev/null >%s", terminal.path);
    result = program_run(argv, env);
    ck_assert_str_eq(result.err, "");
    terminal_read(&terminal, shown, SHOWN_MAX);
    terminal_close(&terminal);
    program_result_free(&result);
    return shown;
}

/* Covers: a line a check, its state in words; the hint below; the sum at the end. */
START_TEST(test_text)
{
    char *text;

    testdb_exec("DELETE FROM sync_trigger_state");
    text = doctor_text();
    ck_assert_ptr_eq(strstr(text, "ok        config       /dev/null can be read"), text);
    ck_assert_ptr_nonnull(strstr(text, "\nok        role         connected as doctor_role_"));
    ck_assert_ptr_nonnull(
        strstr(text, "\nwarning   trigger      nothing has ticked yet\n          * * * * *  "));
    ck_assert_ptr_nonnull(strstr(text, "\n\na tick would work: 0 failed, 1 warning\n"));
    ck_assert_ptr_null(strchr(text, '\033'));
    free(text);
    setenv("SUPABASE_DB_URL", "postgresql://127.0.0.1:1/x", 1);
    text = doctor_text();
    ck_assert_ptr_nonnull(strstr(text, "\nFAIL      database     no connection to the database: "));
    ck_assert_ptr_nonnull(strstr(text, "\nnot asked grants       no connection to the database\n"));
    ck_assert_ptr_nonnull(strstr(text, "\n\na tick would not work: 1 failed, 0 warnings\n"));
    free(text);
}
END_TEST

/* Sees that no line but a hint, which is indented less than a message goes on, is wider. */
static void expect_fits(char *shown, size_t columns)
{
    char *rest = NULL;

    for (char *line = strtok_r(shown, "\r\n", &rest); line != NULL;
         line = strtok_r(NULL, "\r\n", &rest)) {
        size_t blanks = strspn(line, " ");

        if (blanks != strlen("not asked "))
            ck_assert_msg(strlen(line) <= columns, "%zu columns: %s", strlen(line), line);
    }
}

/* Covers: messages are broken to the width, hints never; no colour where none is wanted. */
START_TEST(test_width)
{
    static const int widths[] = {80, 200, 40};
    char *shown;

    scene_seed(1, 1, "5/10 * * * *");
    shown = doctor_shown(widths[_i], "NO_COLOR=1");
    ck_assert_ptr_null(strchr(shown, '\033'));
    ck_assert_ptr_nonnull(strstr(shown,
                                 "\r\n          SELECT * FROM organization_integrations WHERE "
                                 "org_id = '" SCENE_ORG "' AND integration_id = '"));
    expect_fits(shown, widths[_i] > 60 ? (size_t)widths[_i] : 60);
    free(shown);
}
END_TEST

/* Covers: a colour beside each word, and only on a terminal. */
START_TEST(test_colour)
{
    char *shown;

    testdb_exec("DELETE FROM sync_trigger_state");
    setenv("SUPABASE_URL", "http://127.0.0.1:1", 1);
    shown = doctor_shown(80, NULL);
    ck_assert_ptr_nonnull(strstr(shown, "\033[32mok\033[0m        schema "));
    ck_assert_ptr_nonnull(strstr(shown, "\033[33mwarning\033[0m   trigger "));
    ck_assert_ptr_nonnull(strstr(shown, "\033[1;31mFAIL\033[0m      function "));
    ck_assert_ptr_nonnull(strstr(shown, "\033[1;31ma tick would not work\033[0m: 1 failed"));
    free(shown);
}
END_TEST

static const char *const names[] = {
    "\\033[2J\\033]0;x\\007",
    "a\\nok        function     all is well",
    "\xD9\x85\xD9\x83\xD8\xAA\xD8\xA8",
    ("bl\xC3\xA5"
     "b\xC3\xA6r \xF0\x9F\xAB\x90"),
    "\xE2\x80\xAEgnp.exe",
    "<b>&amp;</b>",
};

/* Covers: what others may name is shown, and can do nothing: neither to the terminal nor to lines. */
START_TEST(test_hostile_names)
{
    char *text;
    size_t lines = 0;

    testdb_exec("UPDATE sync_trigger_state SET host = E'%s', trigger_name = E'%s',"
                " last_tick_at = now() - interval '1 h'",
                names[_i], names[_i]);
    text = doctor_text();
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    for (const char *at = text; *at != '\0'; at++)
        ck_assert_msg((unsigned char)*at >= ' ' || *at == '\n', "byte %d", *at);
    ck_assert_ptr_null(strstr(text, "\xE2\x80\xAE"));
    ck_assert_ptr_null(strstr(text, "\nok        function     all is well"));
    ck_assert_uint_eq(lines, 23);
    if (_i == 2 || _i == 3 || _i == 5)
        ck_assert_ptr_nonnull(strstr(text, names[_i]));
    free(text);
}
END_TEST

/* ---- JSON ---- */

static void expect_json(void)
{
    const char *const argv[] = {scene_program(), "doctor", "--json", "--config", "/dev/null", NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_str_eq(result.err, "");
    ck_assert_ptr_eq(strchr(result.out, '\n'), result.out + strlen(result.out) - 1);
    json_schema_check("doctor", result.out);
    program_result_free(&result);
}

/* Covers: one shape, in good health and in none. */
START_TEST(test_json)
{
    expect_json();
    testdb_exec("UPDATE sync_trigger_state SET host = E'\\033[2J\\n', last_tick_at = '2024-05-01'");
    scene_seed(1, 12, "5/10 * * * *");
    setenv("TZDIR", "/nonexistent", 1);
    expect_json();
    testdb_exec("DROP TABLE sync_run_log, sync_trigger_state, organizations");
    setenv("SYNCSCHED_BUDGET", "soon\xff", 1);
    setenv("SYNCSCHED_FUNCTION", "\xff", 1);
    unsetenv("SUPABASE_SERVICE_ROLE_KEY");
    expect_json();
    setenv("SUPABASE_DB_URL", "postgresql://127.0.0.1:1/x", 1);
    expect_json();
}
END_TEST

/* The text that says what the JSON says, where nothing is broken or coloured. */
static void add_expected(const struct diagnosis *diagnosis, struct text *expected)
{
    for (size_t i = 0; i < json_array_size(diagnosis->findings); i++) {
        const char *state = diagnosis_text(diagnosis, i, "state");
        const char *hint = diagnosis_text(diagnosis, i, "hint");

        text_addf(expected, "%-10s%-13s%s\n",
                  strcmp(state, "fail") == 0        ? "FAIL"
                  : strcmp(state, "not_asked") == 0 ? "not asked"
                                                    : state,
                  diagnosis_text(diagnosis, i, "check"), diagnosis_text(diagnosis, i, "message"));
        if (*hint != '\0')
            text_addf(expected, "          %s\n", hint);
    }
    text_addf(expected, "\na tick would%s work: %zu failed, %zu warning%s\n",
              diagnosis->failed > 0 ? " not" : "", diagnosis->failed, diagnosis->warned,
              diagnosis->warned == 1 ? "" : "s");
}

/* libcurl says how long it took to be refused, which is another time in each run: "after 4 ms". */
static void forget_duration(char *text)
{
    char *after = text != NULL ? strstr(text, " port 1 after ") : NULL;
    char *number = after != NULL ? after + strlen(" port 1 after ") : NULL;

    if (number != NULL)
        memmove(number, number + strspn(number, "0123456789"),
                strlen(number + strspn(number, "0123456789")) + 1);
}

/* Covers: text and JSON say the same, each finding and the sum, in every state. */
START_TEST(test_same_facts)
{
    struct text expected = {0};
    struct diagnosis diagnosis;
    char *text;

    testdb_exec("UPDATE sync_trigger_state SET last_tick_at = now() - interval '50 h'");
    if (_i > 0)
        setenv("SUPABASE_URL", "http://127.0.0.1:1", 1);
    else
        setenv("SUPABASE_URL", "ftp://127.0.0.1:1", 1);
    if (_i == 1)
        doctor_exec("ALTER TABLE sync_run_log DROP CONSTRAINT sync_run_log_attempt_check,"
                    " DROP COLUMN worker; REVOKE INSERT ON sync_run_log FROM {role}");
    if (_i == 2)
        setenv("SUPABASE_DB_URL", "postgresql://127.0.0.1:1/x", 1);
    diagnosis = doctor_diagnose();
    ck_assert_uint_gt(diagnosis.failed, 0);
    add_expected(&diagnosis, &expected);
    text = doctor_text();
    forget_duration(text);
    forget_duration(expected.data);
    ck_assert_str_eq(text, text_string(&expected));
    free(text);
    text_free(&expected);
    diagnosis_free(&diagnosis);
}
END_TEST

/* Covers: what is wrong with the command line is no finding. */
START_TEST(test_usage)
{
    const char *const argv[] = {scene_program(), "doctor", "--jason", NULL};
    const char *const operand[] = {scene_program(), "doctor", "--config", "/dev/null", "x", NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_int_eq(result.status, 2);
    ck_assert_str_eq(result.out, "");
    program_result_free(&result);
    result = program_run(operand, NULL);
    ck_assert_int_eq(result.status, 2);
    ck_assert_str_eq(result.out, "");
    program_result_free(&result);
}
END_TEST

/* Covers: a result that did not get out is an error. */
START_TEST(test_full)
{
    const char *const argv[] = {"sh", "-c", "exec \"$0\" doctor --config /dev/null >/dev/full",
                                scene_program(), NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_int_eq(result.status, 4);
    ck_assert_ptr_nonnull(strstr(result.err, "cannot write to standard output"));
    program_result_free(&result);
}
END_TEST

/* ---- What it asks ---- */

/* Sums what is known of the role's statements that have this word in them. */
static long sum_statements(const char *what, const char *word)
{
    return testdb_number("SELECT sum(%s) FROM pg_stat_statements WHERE query ~ '%s'"
                         " AND userid = '%s'::regrole",
                         what, word, doctor_role());
}

/* Covers: two statements, on a log that is long, of which neither reads the whole. */
START_TEST(test_statements)
{
    struct diagnosis diagnosis;

    testdb_exec("CREATE EXTENSION pg_stat_statements");
    testdb_exec("DELETE FROM organization_integrations;"
                "DELETE FROM organizations WHERE name = 'D'");
    testdb_exec("INSERT INTO organizations SELECT ('00000000-0000-4000-8000-' ||"
                " lpad(n::text, 12, '0'))::uuid, 'o' FROM generate_series(1, 2) AS n;");
    scene_seed(1, 40, DAILY);
    testdb_exec(
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
        " completed_at)"
        " SELECT org_id, integration_id, 'xledger', at, at, 1, 'completed', 'k', 'schedule',"
        " 'w', now(), now() FROM organization_integrations,"
        " generate_series(timestamptz '2024-01-01', '2024-01-01'::timestamptz"
        " + interval '2499 min', interval '1 min') AS at");
    testdb_exec("VACUUM ANALYZE sync_run_log");
    ck_assert_int_eq(scene_count(NULL), 100000);
    testdb_exec("SELECT pg_stat_statements_reset()");
    diagnosis = doctor_diagnose();
    ck_assert_uint_eq(diagnosis.failed + diagnosis.warned, 0);
    /* Doctor's own, three of a reading, and four of a claim of nothing. */
    ck_assert_int_eq(sum_statements("1", "FROM"), 8);
    ck_assert_int_eq(sum_statements("calls", "FROM"), 8);
    ck_assert_int_gt(testdb_number("SELECT relpages FROM pg_class WHERE relname = 'sync_run_log'"),
                     1500);
    ck_assert_int_lt(sum_statements("shared_blks_hit + shared_blks_read", "sync_run_log"), 500);
    diagnosis_free(&diagnosis);
}
END_TEST

SUITE(doctor_output)
{
    TCase *output = tcase_create("doctor-output");

    tcase_add_checked_fixture(output, doctor_open, doctor_close);
    tcase_add_test(output, test_text);
    tcase_add_loop_test(output, test_width, 0, 3);
    tcase_add_test(output, test_colour);
    tcase_add_loop_test(output, test_hostile_names, 0, (int)(sizeof names / sizeof *names));
    tcase_add_test(output, test_json);
    tcase_add_loop_test(output, test_same_facts, 0, 3);
    tcase_add_test(output, test_usage);
    tcase_add_test(output, test_full);
    tcase_add_test(output, test_statements);
    suite_add_tcase(suite, output);
}
