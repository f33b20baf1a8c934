/*
 * What the program prints when all is well: --help, --version, the schema, what is due, the live
 * line. Wrong input is test_usage.c's.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define AT       "2024-05-01T02:00:00Z"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* Runs a shell's line, "$0" being the program, with a key and this URL. */
static struct program_result run_shell(const char *line, const char *url)
{
    const char *const argv[] = {"sh", "-c", line, PROGRAM, NULL};
    char variable[200];
    const char *const env[] = {"SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY, "SUPABASE_DB_URL", variable,
                               NULL};

    snprintf(variable, sizeof variable, "SYNCSCHED_FUNCTION_URL=%s", url);
    return program_run(argv, env);
}

static struct program_result run_with(const char *url, const char *arguments)
{
    char line[400];

    snprintf(line, sizeof line, "exec \"$0\" %s", arguments);
    return run_shell(line, url);
}

static struct program_result run(const char *arguments)
{
    return run_with("http://127.0.0.1:1", arguments);
}

/* ---- Help ---- */

static const struct {
    const char *name;
    const char *operands; /* what it cannot do without */
} commands[] = {{"", ""},
                {"run", ""},
                {"due", ""},
                {"next", ""},
                {"schema", ""},
                {"status", ""},
                {"health", ""},
                {"audit", "--from 2024-04-01T00:00Z"},
                {"check-cron", "'0 2 * * *'"},
                {"prune", "--older-than 90d"},
                {"warm", ""},
                {"doctor", ""}};

START_TEST(test_help)
{
    static const char *const options[] = {"--help", "--version"};

    for (size_t i = 0; i < COUNT(options); i++) {
        struct program_result result;
        char arguments[64];

        snprintf(arguments, sizeof arguments, "%s %s", commands[_i].name, options[i]);
        result = run(arguments);
        ck_assert_int_eq(result.status, 0);
        ck_assert_str_eq(result.err, "");
        if (i == 1)
            ck_assert_str_eq(result.out, "syncsched " SYNCSCHED_VERSION "\n");
        else
            ck_assert_ptr_eq(strstr(result.out, "usage: syncsched "), result.out);
        for (const char *at = result.out; *at != '\0'; at += strcspn(at, "\n") + 1)
            ck_assert_msg(strcspn(at, "\n") <= 80, "wider than 80 columns: %s", at);
        program_result_free(&result);
    }
}
END_TEST

/* Covers: each option that the help names is accepted, with the value that it names. */
START_TEST(test_help_is_true)
{
    static const char *const values[][2] = {
        {"TIME", AT},       {"D", "15s"},          {"N", "1"},          {"ID", SCENE_ORG},
        {"ZONE", "+02:00"}, {"FILE", "/dev/null"}, {"NAME", SCENE_ORG}, {"ROLE", "service_role"},
        {"FORMAT", "json"}, {"COMMAND", "false"},  {"HOW", "serve"}};
    /* What asks for another one. */
    static const char *const companions[][3] = {
        {"run", "--retry-failed", " --at " AT},
        {"run", "--now", " --org " SCENE_ORG},
        {"run", "--again", " --now --org " SCENE_ORG},
        {"run", "--org", " --now --again"},
        {"run", "--integration", " --now --again"},
        {"run", "--from", " --dry-run --org " SCENE_ORG},
        {"run", "--to", " --dry-run --from 2024-04-01T00:00Z --org " SCENE_ORG},
        {"schema", "--apply", " --yes"},
        {"schema", "--yes", " --apply"},
        {"prune", "--older-than", " --older-than 90d"}}; /* 15s is too short for it */
    struct program_result help;
    char arguments[200];
    int options = 0;

    /* One id for both, and a schedule that is never due: next warns when it finds none. Something
     * ticks: status and health fail when nothing does. */
    testdb_exec("INSERT INTO sync_trigger_state VALUES ('cron', 'here', now())");
    testdb_exec("INSERT INTO organization_integrations VALUES"
                " ('" SCENE_ORG "', '" SCENE_ORG "', 'xledger', '0 0 30 2 *', true)");
    testdb_exec("CREATE TABLE sync_export_ledger (idempotency_key text, state text,"
                " records_exported bigint)");
    snprintf(arguments, sizeof arguments, "%s --help", commands[_i].name);
    help = run(arguments);
    for (const char *at = help.out; (at = strstr(at, "\n  --")) != NULL; at++, options++) {
        struct program_result result;
        char option[32];
        char value[32] = "";

        ck_assert_int_ge(sscanf(at, " %31s%*1[ ]%31[A-Z]", option, value), 1);
        snprintf(arguments, sizeof arguments, "%s %s %s", commands[_i].name, commands[_i].operands,
                 option);
        for (size_t i = 0; i < COUNT(values); i++)
            if (strcmp(value, values[i][0]) == 0)
                snprintf(arguments, sizeof arguments, "%s %s %s %s", commands[_i].name,
                         commands[_i].operands, option, values[i][1]);
        for (size_t i = 0; i < COUNT(companions); i++)
            if (strcmp(commands[_i].name, companions[i][0]) == 0 &&
                strcmp(option, companions[i][1]) == 0)
                strcat(arguments, companions[i][2]);
        result = run_with(function_url(scene_function()), arguments);
        ck_assert_msg(result.status == 0, "%s: %s", arguments, result.err);
        ck_assert_str_eq(result.err, "");
        program_result_free(&result);
    }
    ck_assert_int_ge(options, 3);
    program_result_free(&help);
}
END_TEST

/* ---- Results ---- */

/* Covers: the output is the file, and psql takes it twice. */
START_TEST(test_schema)
{
    char line[300];
    struct program_result result;

    testdb_drop();
    testdb_create_empty();
    snprintf(line, sizeof line,
             "set -e; \"$0\" schema | cmp - %s;"
             " for i in 1 2; do \"$0\" schema | psql -qX -v ON_ERROR_STOP=1; done",
             testdb_schema_path());
    result = run_shell(line, "http://127.0.0.1:1");
    ck_assert_msg(result.status == 0, "%s%s", result.out, result.err);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"), 0);
    program_result_free(&result);
}
END_TEST

static void assert_due(const char *arguments, const char *expected)
{
    struct program_result result = run(arguments);

    ck_assert_str_eq(result.out, expected);
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
}

#define ID(letter) "00000000-0000-4000-8000-00000000000" letter
#define DUE(org, integration, type, slot)                                                          \
    "{\"orgId\":\"" ID(org) "\",\"integrationId\":\"" ID(                                          \
        integration) "\","                                                                         \
                     "\"integrationType\":\"" type "\",\"scheduledFor\":\"" slot "\"}"

/* Covers: overlapping schedules of three organisations, one of them in another offset. */
START_TEST(test_due)
{
    testdb_exec("INSERT INTO organizations (id, name, timezone) VALUES"
                " ('" ID("c") "', 'C', '+02:00'), ('" ID("b") "', 'B', NULL)");
    testdb_exec(
        "INSERT INTO organization_integrations VALUES"
        " ('" ID("c") "', '" ID(
            "1") "', 'bufdir', '0 4 * * *', true),"
                 " ('" ID("c") "', '" ID(
                     "2") "', 'bufdir', '0 2 * * *', true),"
                          " ('" ID("b") "', '" ID(
                              "1") "', 'dynamics', '*/15 * * * *', true),"
                                   " ('" ID("b") "', '" ID(
                                       "2") "', 'dynamics', '*/15 * * * *', false),"
                                            " ('" ID("b") "', '" ID(
                                                "3") "', 'dynamics', NULL, true),"
                                                     " ('" ID("a") "', '" ID(
                                                         "1") "', 'xledger', '0 2 * * *', true)");
    assert_due("due --at 2024-05-01T04:00:29+02:00", /* that is 02:00:29Z */
               "[" DUE("a", "1", "xledger", AT) "," DUE("b", "1", "dynamics",
                                                        AT) "," DUE("c", "1", "bufdir", AT) "]\n");
    assert_due("due --at 2024-05-01T00:00Z",
               "[" DUE("b", "1", "dynamics", "2024-05-01T00:00:00Z") "," DUE(
                   "c", "2", "bufdir", "2024-05-01T00:00:00Z") "]\n");
    assert_due("due --at 2024-05-01T02:01:00Z", "[]\n");
    ck_assert_int_eq(testdb_number("SELECT (SELECT count(*) FROM sync_schedule_state)"
                                   " + (SELECT count(*) FROM sync_trigger_state)"
                                   " + (SELECT count(*) FROM sync_run_log)"),
                     0);
}
END_TEST

/* Covers: without --at it is now, by the database's clock. */
START_TEST(test_due_now)
{
    int64_t minute;
    char expected[300];

    assert_due("due", "[]\n");
    scene_seed(1, 1, "* * * * *");
    minute = scene_settle(3000);
    snprintf(expected, sizeof expected,
             "[{\"orgId\":\"%s\",\"integrationId\":\"%s\",\"integrationType\":\"xledger\","
             "\"scheduledFor\":\"%s\"}]\n",
             SCENE_ORG, scene_integration(1), scene_minute_text(minute));
    assert_due("due", expected);
}
END_TEST

/* ---- The live line ---- */

/* Runs two calls with stderr redirected as told; nothing but the summary is on stdout. */
static struct program_result run_two(const char *redirection)
{
    struct program_result result;
    char line[200];

    scene_seed(1, 2, "0 2 * * *");
    snprintf(line, sizeof line, "exec \"$0\" run --at " AT " %s", redirection);
    result = run_shell(line, function_url(scene_function()));
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_eq(strstr(result.out, "{\"triggered\":2,\"skipped\":0,\"failed\":0,"),
                     result.out);
    ck_assert_str_eq(result.err, "");
    return result;
}

START_TEST(test_live_line)
{
    static char shown[65536];
    static const char erase[] = "\r\033[K";
    struct terminal terminal = terminal_open();
    struct program_result result;
    char redirection[40];
    size_t length;

    snprintf(redirection, sizeof redirection, "2>%s", terminal.path);
    result = run_two(redirection);
    length = terminal_read(&terminal, shown, sizeof shown);
    ck_assert_ptr_nonnull(strstr(shown, "\r\033[K0 of 2 done, 2 in flight, 0 failed"));
    ck_assert_ptr_nonnull(strstr(shown, "\r\033[K2 of 2 done, 0 in flight, 0 failed"));
    ck_assert_ptr_null(strchr(shown, '\n'));
    ck_assert_str_eq(shown + length - (sizeof erase - 1), erase); /* it is gone at the end */
    terminal_close(&terminal);
    program_result_free(&result);
}
END_TEST

START_TEST(test_no_live_line)
{
    struct program_result result = run_two("");

    program_result_free(&result);
}
END_TEST

SUITE(output)
{
    TCase *alone = tcase_create("output-alone");
    TCase *database = tcase_create("output-database");

    tcase_add_loop_test(alone, test_help, 0, COUNT(commands));
    suite_add_tcase(suite, alone);
    tcase_add_checked_fixture(database, scene_open, scene_close);
    tcase_add_loop_test(database, test_help_is_true, 1, COUNT(commands));
    tcase_add_test(database, test_schema);
    tcase_add_test(database, test_due);
    tcase_add_test(database, test_due_now);
    tcase_add_test(database, test_live_line);
    tcase_add_test(database, test_no_live_line);
    suite_add_tcase(suite, database);
}
