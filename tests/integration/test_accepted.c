/*
 * Accepted work: the function answers 202 and reports the end later. What a tick makes of it. The
 * reports themselves are test_reports.c's.
 */
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
#define EVERY    "* * * * *"
#define ACCEPTED "* status=202 latency_ms=700"
#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

#define GIVE_UP                                                                                    \
    "UPDATE sync_run_log SET status = 'failed', failed_at = now(), error_class = 'unknown',"       \
    " error_code = 'ABANDONED', error_message = 'no answer was recorded within 30 minutes'"
#define COMPLETE "SELECT sync_run_complete(run_id, 41) FROM sync_run_log"
#define FAIL     "SELECT sync_run_fail(run_id, 'PERIOD_CLOSED', 'closed') FROM sync_run_log"

static void expect(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* The only run: "status accepted|- http_status class/code records message". */
static char *run_in_log(void)
{
    return testdb_text("SELECT concat_ws(' ', status,"
                       " CASE WHEN accepted_at IS NULL THEN '-' ELSE 'accepted' END, http_status,"
                       " error_class || '/' || error_code, records_exported, error_message)"
                       " FROM sync_run_log");
}

/* Covers: the run stays running and is no failure; the worker is free; the report ends the run. */
START_TEST(test_accepted)
{
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* status=202 header=sb-request-id:r-17 body=Accepted");
    tick = scene_run("--concurrency 1 --at " AT);
    scene_check(&tick, 3, 0, 0, 0);
    ck_assert_int_eq(tick.run_ids, 3);
    ck_assert_str_eq(tick.err, "");
    scene_tick_free(&tick);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'running'"
                      " AND accepted_at BETWEEN started_at AND now()"
                      " AND http_status = 202 AND request_id = 'r-17' AND worker LIKE '%%/0'"),
        3);
    scene_expect(scene_run("--at " AT), 0, 3, 0, 0);
    testdb_exec(COMPLETE);
    ck_assert_int_eq(scene_count("completed"), 3);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
}
END_TEST

static const struct {
    const char *meanwhile; /* while the 202 is under way */
    int failed;            /* as the summary counts it */
    const char *after;
    const char *warning; /* NULL: none */
} meanwhile[] = {
    {COMPLETE, 0, "completed - 41", NULL},
    {FAIL, 1, "failed - rejected/PERIOD_CLOSED closed", NULL},
    {GIVE_UP, 1, "failed - unknown/ABANDONED no answer was recorded within 30 minutes",
     "abandoned, then accepted: the function may still report its end"},
    {GIVE_UP ";" COMPLETE, 0,
     "completed - 41 it was unknown/ABANDONED, and then reported completed after all", NULL},
    {"UPDATE sync_run_log SET worker = 'other'", 1, "running -",
     "abandoned, then answered: the response is not recorded"},
};

/* Covers: a report that is faster than its 202 wins; a 202 that is late ends nothing. */
START_TEST(test_meanwhile)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), ACCEPTED);
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("%s", meanwhile[_i].meanwhile);
    tick = scene_wait(program);
    expect(run_in_log(), meanwhile[_i].after);
    scene_check(&tick, 1, 0, meanwhile[_i].failed, meanwhile[_i].failed);
    if (meanwhile[_i].warning == NULL)
        ck_assert_str_eq(scene_without_failures(tick.err), "");
    else
        ck_assert_ptr_nonnull(strstr(tick.err, meanwhile[_i].warning));
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the outcome of the call does not matter any more once the function has reported. */
START_TEST(test_reported_then_lost)
{
    struct program *program;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=700 action=reset");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec(COMPLETE);
    scene_expect(scene_wait(program), 1, 0, 0, 0);
    expect(run_in_log(), "completed - 41");
}
END_TEST

static void kill_worker(struct program *program)
{
    pid_t children[SCENE_CHILDREN_MAX];

    ck_assert_int_eq(scene_children(program_pid(program), children), 1);
    ck_assert_int_eq(kill(children[0], SIGKILL), 0);
}

/* Covers: a worker that dies once its 202 is in the log takes nothing with it. */
START_TEST(test_worker_dies_after)
{
    struct program *program;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), ACCEPTED);
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("UPDATE sync_run_log SET accepted_at = now(), http_status = 202");
    kill_worker(program);
    scene_expect(scene_wait(program), 1, 0, 0, 0);
    expect(run_in_log(), "running accepted 202");
    testdb_exec(COMPLETE);
    expect(run_in_log(), "completed accepted 202 41");
}
END_TEST

/* Covers: one that dies before: nobody knows of the 202, and the report is late. */
START_TEST(test_worker_dies_before)
{
    struct program *program;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), ACCEPTED);
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    kill_worker(program);
    scene_expect(scene_wait(program), 1, 0, 1, 1);
    expect(run_in_log(), "failed - unknown/WORKER_CRASHED the worker died during the call");
    testdb_exec(COMPLETE);
    expect(run_in_log(), "completed - 41 it was unknown/WORKER_CRASHED, and then reported completed"
                         " after all");
}
END_TEST

/* The command of --on-failure keeps what it gets in a file. */
static char alert_file[64];
static char alert_variable[128];

static void keep_alert(void)
{
    int fd;

    strcpy(alert_file, "/tmp/syncsched-test-alert-XXXXXX");
    fd = mkstemp(alert_file);
    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(alert_variable, sizeof alert_variable, "SYNCSCHED_ON_FAILURE=cat >%s", alert_file);
    scene_set_variable(alert_variable);
}

static char *read_alert(void)
{
    char *text = scene_read_file(alert_file, 65536);

    unlink(alert_file);
    return text;
}

static void seed_accepted(int minutes_ago)
{
    int64_t minute = scene_settle(10000);

    scene_seed(1, 1, EVERY);
    scene_seed_state(1, "* * * * * UTC", minute - 1);
    free(scene_seed_run(1, "running", minute - minutes_ago, minutes_ago));
    testdb_exec("UPDATE sync_run_log SET accepted_at = started_at + interval '1 second'");
}

/* Covers: 30 minutes after its start a run without a report is abandoned, and that is an alert. */
START_TEST(test_abandoned)
{
    struct scene_tick tick;
    char *alert;

    seed_accepted(31);
    keep_alert();
    tick = scene_run("");
    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_ptr_nonnull(
        strstr(tick.err, "was abandoned, accepted, but no report within 30 minutes"));
    alert = read_alert();
    ck_assert_ptr_nonnull(
        strstr(alert, "\"errorMessage\":\"accepted, but no report within 30 minutes\""));
    free(alert);
    expect(testdb_text("SELECT error_class || '/' || error_code || ' ' || error_message"
                       " FROM sync_run_log WHERE status = 'failed'"),
           "unknown/ABANDONED accepted, but no report within 30 minutes");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: until then it holds its integration, with a warning that says so. */
START_TEST(test_not_abandoned)
{
    struct scene_tick tick;

    seed_accepted(29);
    tick = scene_run("");
    scene_check(&tick, 0, 1, 0, 0);
    ck_assert_ptr_nonnull(
        strstr(tick.err, "began 29 minutes ago, was accepted and has not reported yet"));
    ck_assert_int_eq(scene_count("running"), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: an accepted run is no failure to alert of; a failure reported before its 202 is one. */
START_TEST(test_alert)
{
    char *alert;
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), ACCEPTED);
    keep_alert();
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    if (_i == 1)
        testdb_exec(FAIL);
    tick = scene_wait(program);
    alert = read_alert();
    if (_i == 1)
        ck_assert_ptr_nonnull(strstr(alert,
                                     "\"errorClass\":\"rejected\",\"errorCode\":\"PERIOD_CLOSED\","
                                     "\"errorMessage\":\"the function reported it; see the log\""));
    else
        ck_assert_str_eq(alert, "");
    free(alert);
    scene_tick_free(&tick);
}
END_TEST

/* ---- What is said of a run that its function ends later ---- */

#define SAYS "syncsched: warning: Nordlys / xledger (10000000): "

/* The run of the n-th, of a tick long gone: a failed or completed one before it, and it. */
static void seed_row(int n, const char *before)
{
    int64_t minute = scene_settle(20000);

    scene_seed(n, n, "0 0 30 2 *");
    scene_expect(scene_run(""), 0, 0, 0, 0); /* sees it for the first time */
    free(scene_seed_run(n, "completed", minute - 30, 30));
    if (strcmp(before, "failed") == 0)
        testdb_exec("UPDATE sync_run_log SET status = 'failed', completed_at = NULL,"
                    " failed_at = completed_at, error_class = 'rejected', error_code = 'E1'"
                    " WHERE integration_id = '%s'",
                    scene_integration(n));
    free(scene_seed_run(n, "running", minute - 10, 10));
    testdb_exec("UPDATE sync_run_log SET accepted_at = started_at WHERE status = 'running'");
}

static void expect_told(const char *said, const char *told)
{
    struct scene_tick tick = scene_run("");
    char *alert = read_alert();

    ck_assert_msg((*said == '\0') == (*tick.err == '\0') && strstr(tick.err, said) != NULL, "%s",
                  tick.err);
    ck_assert_msg((*told == '\0') == (*alert == '\0') && strstr(alert, told) != NULL, "%s", alert);
    ck_assert_int_eq(tick.status, 0);
    scene_tick_free(&tick);
    free(alert);
}

static const struct {
    const char *before;
    const char *meanwhile; /* NULL: nothing */
    const char *report;
    const char *said;
    const char *told; /* by the alert */
} ends[] = {
    {"completed", NULL, FAIL " WHERE status = 'running'",
     "failed, its function reports PERIOD_CLOSED: closed\n",
     "\"errorClass\":\"rejected\",\"errorCode\":\"PERIOD_CLOSED\",\"errorMessage\":\"closed\""},
    {"failed", NULL, FAIL " WHERE status = 'running'", "", ""}, /* the second in a row */
    {"failed", NULL, COMPLETE " WHERE status = 'running'", "works again, ", "\"works-again\""},
    {"completed", NULL, COMPLETE " WHERE status = 'running'", "", ""},
    {"completed", GIVE_UP " WHERE status = 'running'", COMPLETE " WHERE status = 'failed'",
     "works again, ", "\"works-again\""},
    {"completed", GIVE_UP " WHERE status = 'running'", FAIL " WHERE status = 'failed'", "", ""},
    /* Its host died before the 202 was stored. */
    {"completed",
     "UPDATE sync_run_log SET accepted_at = NULL, call_until = now() - interval '1 second'",
     FAIL " WHERE status = 'running'", "failed, its function reports", "\"PERIOD_CLOSED\""},
    /* And where it lives, it will say so itself. */
    {"completed",
     "UPDATE sync_run_log SET accepted_at = NULL, call_until = now() + interval '1 minute'",
     FAIL " WHERE status = 'running'", "", ""},
};

/* Covers: the next tick says how it ended, by name, once, and the command hears it; nobody else does. */
START_TEST(test_reported)
{
    seed_row(1, ends[_i].before);
    keep_alert();
    expect_told("", "");
    if (ends[_i].meanwhile != NULL)
        testdb_exec("%s", ends[_i].meanwhile);
    testdb_exec("%s", ends[_i].report);
    scene_expect(scene_run("--dry-run"), 0, 0, 0, 0);
    scene_expect(scene_run("--at " AT), 0, 0, 0, 0);
    keep_alert();
    expect_told(ends[_i].said, ends[_i].told);
    keep_alert();
    expect_told("", "");
}
END_TEST

/* Covers: of several that fail the first is named, and how many more; the alert has each. */
START_TEST(test_several_reported)
{
    struct scene_tick tick;
    char *alert;

    for (int n = 1; n <= 3; n++)
        seed_row(n, "completed");
    testdb_exec(FAIL " WHERE status = 'running'");
    keep_alert();
    tick = scene_run("");
    alert = read_alert();
    ck_assert_ptr_nonnull(strstr(tick.err, SAYS "run "));
    ck_assert_ptr_nonnull(strstr(tick.err, "2 more runs failed, as their functions report\n"));
    ck_assert_ptr_nonnull(strstr(alert, scene_integration(1)));
    ck_assert_ptr_nonnull(strstr(alert, scene_integration(3)));
    scene_tick_free(&tick);
    free(alert);
}
END_TEST

/* Covers: a row that the database refuses, or that somebody holds, keeps nobody from hearing of the rest. */
START_TEST(test_reported_and_refused)
{
    struct scene_tick tick;

    for (int n = 1; n <= 3; n++)
        seed_row(n, "completed");
    testdb_exec(FAIL " WHERE status = 'running'");
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'not this one'; END $$;"
                "CREATE TRIGGER refuse BEFORE UPDATE ON sync_run_log FOR EACH ROW"
                " WHEN (NEW.integration_id = '%s') EXECUTE FUNCTION refuse()",
                scene_integration(2));
    tick = scene_run("");
    ck_assert_ptr_nonnull(strstr(tick.err, "1 more runs failed, as their functions report\n"));
    ck_assert_ptr_nonnull(
        strstr(tick.err, "how accepted runs ended is not known yet: database: not this one"));
    scene_tick_free(&tick);
    tick = scene_run("");
    ck_assert_str_eq(tick.err, "");
    scene_tick_free(&tick);
    testdb_exec("DROP TRIGGER refuse ON sync_run_log");
    tick = scene_run("");
    ck_assert_ptr_nonnull(strstr(tick.err, "failed, its function reports"));
    ck_assert_ptr_nonnull(strstr(tick.err, "how accepted runs ended is known again"));
    ck_assert_ptr_null(strstr(tick.err, " more "));
    scene_tick_free(&tick);
}
END_TEST

/* Covers: what the function reports as failed gets its next attempt by policy, with the same key. */
START_TEST(test_next_attempt)
{
    int64_t minute = scene_settle(20000);

    scene_seed(1, 1, scene_minute_cron(minute));
    scene_seed_state(1, "", minute - 1);
    function_script(scene_function(), "* status=202 times=1\n* count=5");
    scene_expect(scene_run("--max-attempts 2"), 1, 0, 0, 0);
    testdb_exec(FAIL);
    testdb_exec("UPDATE sync_run_log SET failed_at = now() - interval '61 seconds'");
    scene_expect(scene_run("--max-attempts 2"), 1, 1, 0, 0);
    expect(testdb_text("SELECT string_agg(status || ' ' || attempt, ', ' ORDER BY attempt)"
                       " FROM sync_run_log"),
           "failed 1, completed 2");
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 1);
}
END_TEST

SUITE(accepted)
{
    TCase *all = tcase_create("accepted");

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_test(all, test_accepted);
    tcase_add_loop_test(all, test_meanwhile, 0, COUNT(meanwhile));
    tcase_add_test(all, test_reported_then_lost);
    tcase_add_test(all, test_worker_dies_after);
    tcase_add_test(all, test_worker_dies_before);
    tcase_add_test(all, test_abandoned);
    tcase_add_test(all, test_not_abandoned);
    tcase_add_loop_test(all, test_alert, 0, 2);
    tcase_add_loop_test(all, test_reported, 0, COUNT(ends));
    tcase_add_test(all, test_several_reported);
    tcase_add_test(all, test_reported_and_refused);
    tcase_add_test(all, test_next_attempt);
    suite_add_tcase(suite, all);
}
