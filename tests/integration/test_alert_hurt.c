/*
 * run --on-failure: whatever its command does, the tick is what it is without one: the same stdout,
 * exit status and rows, and an end in time.
 */
#include "integration/two_runs.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

enum { LIMIT_MS = 10000, GRACE_MS = 1000 };

/* ---- Commands ---- */

static const struct {
    const char *command;
    const char *warning; /* "": none */
    int64_t least_ms;
} commands[] = {
    {"true", "", 0},
    {"cat; echo '{\"triggered\":0}'; exec >&-", "", 0},
    {"false", "ended with status 1", 0},
    {"echo the alert was refused >&2; exit 9", "ended with status 9: the alert was refused", 0},
    {"/nonexistent/program --with arguments", "ended with status 127: ", 0},
    {"(", "ended with status 2: ", 0},
    {"exec <&-; sleep 0.2", "", 0},
    {"sleep 60 & setsid sleep 60 & exit 0", "", 0},
    {"head -c 30000000 /dev/zero | tee /dev/stderr; exit 1", "ended with status 1: ", 0},
    {"kill -9 $$", "was killed by signal 9", 0},
    {"kill 0", "was killed by signal 15", 0},
    {"kill $PPID; sleep 60", "was still running when this tick was stopped, and was ended", 0},
    {"kill -- -$PPID; sleep 60", "was still running when this tick was stopped, and was ended", 0},
    {"sleep 60", "took too long, and was ended", LIMIT_MS},
    {"yes", "took too long, and was ended", LIMIT_MS},
    {"yes >&2", "took too long, and was ended: y y", LIMIT_MS},
    {"trap '' TERM; kill -STOP 0; sleep 60; sleep 60", "took too long, and was ended",
     LIMIT_MS + GRACE_MS},
};

/* One warning that says so and does not quote the command, or none. */
static void assert_warning(const char *err, const char *warning, const char *command)
{
    char line[200];

    if (*warning == '\0') {
        ck_assert_str_eq(err, "");
        return;
    }
    snprintf(line, sizeof line, "syncsched: warning: the command of --on-failure: %s", warning);
    ck_assert_msg(strstr(err, line) == err, "%s", err);
    ck_assert_ptr_eq(strchr(err, '\n'), err + strlen(err) - 1);
    ck_assert(strlen(command) < 2 || strstr(err, command) == NULL);
}

START_TEST(test_unhurt)
{
    struct scene_tick without;
    struct scene_tick with;
    char variable[200];
    char *rows_without;
    char *rows_with;

    scene_seed(1, 2, DAILY);
    rows_without = two_runs_serve(&without);
    snprintf(variable, sizeof variable, "SYNCSCHED_ON_FAILURE=%s", commands[_i].command);
    scene_set_variable(variable);
    rows_with = two_runs_serve(&with);
    ck_assert_str_eq(rows_with, rows_without);
    ck_assert_str_eq(scene_without_failures(without.err), "");
    assert_warning(scene_without_failures(with.err), commands[_i].warning, commands[_i].command);
    ck_assert_int_ge(with.wall_ms, commands[_i].least_ms);
    ck_assert_int_lt(with.wall_ms, without.wall_ms + commands[_i].least_ms + PROGRAM_SLACK_MS);
    free(rows_without);
    free(rows_with);
    scene_tick_free(&without);
    scene_tick_free(&with);
}
END_TEST

/* ---- What is told ---- */

/* Covers: an alert that no pipe holds at once, to a command that is slow, or does not read. */
START_TEST(test_large_alert)
{
    static const char *const readers[] = {"SYNCSCHED_ON_FAILURE=sleep 1; test $(wc -c) -gt 200000",
                                          "SYNCSCHED_ON_FAILURE=sleep 1"};
    static char script[2200] = "* status=500 body={\"error\": \"";
    struct scene_tick tick;

    memset(script + strlen(script), 'x', 1900);
    strcat(script, "\"}");
    function_script(scene_function(), script);
    scene_set_variable(readers[_i]);
    scene_seed(1, 150, DAILY);
    tick = scene_run("--at " AT);
    scene_check(&tick, 150, 0, 150, 1);
    ck_assert_str_eq(scene_without_failures(tick.err), "");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the summary is out before the command starts. */
START_TEST(test_summary_first)
{
    struct program_result result;
    char line[300];
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};
    char url[100];
    const char *const env[] = {url, "SUPABASE_SECRET_KEY=sb_secret_x", "SUPABASE_DB_URL",
                               "SYNCSCHED_ON_FAILURE=sleep 3", NULL};

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=500");
    snprintf(url, sizeof url, "SUPABASE_URL=%s", function_url(scene_function()));
    snprintf(line, sizeof line,
             "\"$0\" run --config /dev/null --at " AT
             " | { read -r l; date +%%s; cat; date +%%s; }");
    result = program_run(argv, env);
    ck_assert_int_ge(atol(strchr(result.out, '\n') + 1) - atol(result.out), 2);
    program_result_free(&result);
}
END_TEST

/* Covers: told to stop while the command runs, the tick ends it, with the status that it has. */
START_TEST(test_stopped)
{
    static const int numbers[] = {SIGTERM, SIGINT, SIGHUP};
    char begun[] = "/tmp/syncsched-test-begun.XXXXXX";
    char variable[100];
    struct program *program;
    struct scene_tick tick;

    ck_assert_ptr_nonnull(mkdtemp(begun));
    snprintf(variable, sizeof variable, "SYNCSCHED_ON_FAILURE=rmdir %s; sleep 60", begun);
    scene_set_variable(variable);
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=500");
    program = scene_start("--at " AT);
    while (access(begun, F_OK) == 0)
        scene_sleep_ms(20);
    program_signal(program, numbers[_i]);
    tick = scene_wait(program);
    scene_check(&tick, 1, 0, 1, 1);
    assert_warning(scene_without_failures(tick.err),
                   "was still running when this tick was stopped, and was ended", "sleep");
    ck_assert_int_lt(tick.wall_ms, PROGRAM_SLACK_MS);
    scene_tick_free(&tick);
}
END_TEST

SUITE(alert_hurt)
{
    TCase *unhurt = tcase_create("alert-hurt");
    TCase *told = tcase_create("alert-told");

    tcase_add_checked_fixture(unhurt, scene_open, scene_close);
    tcase_add_loop_test(unhurt, test_unhurt, 0, COUNT(commands));
    suite_add_tcase(suite, unhurt);
    tcase_add_checked_fixture(told, scene_open, scene_close);
    tcase_add_loop_test(told, test_large_alert, 0, 2);
    tcase_add_test(told, test_summary_first);
    tcase_add_loop_test(told, test_stopped, 0, 3);
    suite_add_tcase(suite, told);
}
