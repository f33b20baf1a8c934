/*
 * Noise has a limit: the first of a kind and a count, and what lasts is said when it begins, hourly, and
 * when it is over.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

/* The tick says exactly these beginnings of lines, behind "syncsched: warning: ". */
static void expect_lines(struct scene_tick tick, const char *const lines[])
{
    const char *at = tick.err;

    for (size_t i = 0; lines[i] != NULL; i++) {
        char line[200];

        snprintf(line, sizeof line, "syncsched: warning: %s", lines[i]);
        ck_assert_msg(strncmp(at, line, strlen(line)) == 0, "%s: %s", lines[i], tick.err);
        at = strchr(at, '\n') + 1;
    }
    ck_assert_msg(*at == '\0', "%s", tick.err);
    scene_tick_free(&tick);
}

#define expect_said(tick, ...) expect_lines(tick, (const char *const[]){__VA_ARGS__, NULL})
#define expect_silence(tick)   expect_lines(tick, (const char *const[]){NULL})

static void let_an_hour_pass(void)
{
    testdb_exec("UPDATE sync_trigger_state SET warnings ="
                " regexp_replace(warnings::text, '(\"said\": )\\d+', '\\1'"
                " || (extract(epoch FROM now())::bigint - 3601)::text, 'g')::jsonb");
}

/* Covers: an invalid row: when it begins, hourly, and when it is over; another one is another warning. */
START_TEST(test_invalid_row)
{
    scene_seed(1, 3, DAILY);
    expect_silence(scene_run(""));
    testdb_exec("UPDATE organization_integrations SET integration_type = 'sap'"
                " WHERE integration_id = '%s'",
                scene_integration(1));
    expect_said(scene_run(""), "Nordlys / ");
    expect_silence(scene_run(""));
    expect_silence(scene_run(""));
    expect_said(scene_run("--trigger-name other"), "Nordlys / ");
    expect_said(scene_run("--at " AT), "Nordlys / ");
    let_an_hour_pass();
    expect_said(scene_run(""), "Nordlys / sap (10000000): since 20");
    expect_silence(scene_run(""));
    testdb_exec("UPDATE organization_integrations SET integration_type = 'sap'"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    expect_said(scene_run(""), "Nordlys / ", "1 more rows are not valid");
    expect_silence(scene_run(""));
    testdb_exec("UPDATE organization_integrations SET integration_type = 'xledger'");
    expect_said(scene_run(""), "all rows are valid again");
    expect_silence(scene_run(""));
}
END_TEST

/* Covers: runs that start late and are answered oddly: one line for the first, and a count. */
START_TEST(test_runs)
{
    int64_t slot = scene_settle(30000);

    scene_seed(1, 4, "* * * * *");
    for (int n = 1; n <= 4; n++)
        scene_seed_state(n, "* * * * * UTC", slot - 40);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '%s'",
                scene_minute_cron(slot - 30));
    testdb_exec("UPDATE sync_schedule_state SET schedule = '%s UTC'", scene_minute_cron(slot - 30));
    function_script(scene_function(), "* latency_ms=200 body={}");
    expect_said(scene_run("--concurrency 1"), "Nordlys / ", "Nordlys / ",
                "3 more runs started late", "3 more runs are completed by an answer");
    ck_assert_int_eq(scene_count("completed"), 4);
    expect_silence(scene_run(""));
    let_an_hour_pass();
    expect_said(scene_run(""), "runs start in time again", "no answer has a warning any more");
}
END_TEST

static void refuse(const char *when, const char *condition)
{
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'not this one'; END $$;"
                "CREATE TRIGGER refuse BEFORE %s ON sync_run_log"
                " FOR EACH ROW WHEN (%s) EXECUTE FUNCTION refuse()",
                when, condition);
}

#define OF_THE_SECOND "NEW.integration_id = '10000000-0000-4000-8000-000000000002'"

static const struct {
    const char *when;
    const char *condition;
    const char *one;   /* how a line begins */
    const char *all;   /* what the tick fails with, where it has nothing but refusals */
    const char *again; /* after an hour */
    const char *over;
} refusals[] = {
    {"INSERT", OF_THE_SECOND, "Nordlys / xledger (10000000): not claimed",
     "claiming what is due: organisation 00000000 / xledger (10000000): not claimed",
     "Nordlys / xledger (10000000): since 20", "the database refuses no integration any more"},
    {"UPDATE", "NEW.status = 'running' AND " OF_THE_SECOND,
     "1 run not started, and stays pending: organisation ",
     "1 run not started, and stays pending: organisation ", "since 20",
     "the database lets all runs start again"},
};

/*
 * Covers: rows of one integration that the database refuses: said like all that lasts, and no failure
 * of the tick, also where nothing else is due any more. Nobody else knows that it is that one alone.
 */
START_TEST(test_refused)
{
    struct scene_tick tick;

    scene_settle(40000);
    scene_seed(1, 3, "* * * * *");
    refuse(refusals[_i].when, refusals[_i].condition);
    tick = scene_run("");
    scene_check(&tick, 2, 1, 0, 0);
    expect_said(tick, refusals[_i].one);
    for (int n = 0; n < 2; n++) {
        tick = scene_run("");
        ck_assert_msg(tick.status == 0 && tick.triggered == 0, "%s", tick.err);
        expect_silence(tick);
    }
    tick = scene_run("--trigger-name other");
    ck_assert_msg(tick.status == 3 && strstr(tick.err, refusals[_i].all) != NULL, "%s", tick.err);
    scene_tick_free(&tick);
    let_an_hour_pass();
    expect_said(scene_run(""), refusals[_i].again);
    testdb_exec("DROP TRIGGER refuse ON sync_run_log");
    tick = scene_run("");
    ck_assert_msg(tick.status == 0 && tick.triggered == 1, "%s", tick.err);
    expect_silence(tick);
    let_an_hour_pass();
    expect_said(scene_run(""), refusals[_i].over);
}
END_TEST

/* Covers: more of them than before, and nothing else gets through: that fails the tick. */
START_TEST(test_all_refused)
{
    struct scene_tick tick;

    scene_settle(40000);
    scene_seed(1, 3, "* * * * *");
    refuse(refusals[_i].when, refusals[_i].condition);
    expect_said(scene_run(""), refusals[_i].one);
    testdb_exec("DROP TRIGGER refuse ON sync_run_log; DROP FUNCTION refuse()");
    refuse(refusals[_i].when, _i == 0 ? "true" : "NEW.status = 'running'");
    scene_seed(4, 4, "* * * * *");
    tick = scene_run("");
    ck_assert_msg(tick.status == 3, "%s", tick.err);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a name that belongs to no setting; another one is another warning; by hand it is said. */
START_TEST(test_name)
{
    scene_seed(1, 1, DAILY);
    expect_silence(scene_run(""));
    scene_set_variable("SYNCSCHED_BUGDET=20s");
    expect_said(scene_run(""), "SYNCSCHED_BUGDET is not a setting and has no effect");
    expect_silence(scene_run(""));
    expect_said(scene_run("--at " AT), "SYNCSCHED_BUGDET is not a setting");
    expect_said(scene_run("--org " SCENE_ORG " --now"), "SYNCSCHED_BUGDET is not a setting");
    scene_set_variable("SYNCSCHED_TIMEOT=20s");
    expect_said(scene_run(""), "SYNCSCHED_TIMEOT is not a setting");
    expect_silence(scene_run(""));
    let_an_hour_pass();
    expect_said(scene_run(""), "since 20");
    scene_set_variable(NULL);
    expect_said(scene_run(""), "every name of the configuration belongs to a setting again");
    expect_silence(scene_run(""));
}
END_TEST

/* Covers: a monitor that does not answer. */
START_TEST(test_monitor)
{
    char variable[200];

    scene_seed(1, 1, DAILY);
    expect_silence(scene_run(""));
    scene_set_variable("SYNCSCHED_PING_URL=http://127.0.0.1:1/monitor");
    expect_said(scene_run(""), "a ping to the monitor of SYNCSCHED_PING_URL failed: ");
    expect_silence(scene_run(""));
    expect_silence(scene_run(""));
    let_an_hour_pass();
    expect_said(scene_run(""), "since 20");
    function_script(scene_function(), "GET status=200");
    snprintf(variable, sizeof variable, "SYNCSCHED_PING_URL=%s", function_url(scene_function()));
    scene_set_variable(variable);
    expect_said(scene_run(""), "no ping to a monitor fails any more");
    expect_silence(scene_run(""));
}
END_TEST

/* Covers: a ping by --warm-up that meets a cold start, as a run that does. */
START_TEST(test_cold_ping)
{
    int64_t slot = scene_settle(50000);

    scene_seed(1, 2, "* * * * *");
    scene_seed_state(1, "* * * * * UTC", slot - 1);
    scene_seed_state(2, "* * * * * UTC", slot);
    function_script(scene_function(), "OPTIONS latency_ms=1300\n* latency_ms=3000");
    expect_said(scene_run("--warm-up --cold-start-after 1s"), "cold start: the function answered");
    testdb_exec("UPDATE sync_schedule_state SET mark = mark - interval '1 minute'"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    expect_silence(scene_run("--warm-up --cold-start-after 1s"));
    ck_assert_int_eq(scene_count("completed"), 2);
}
END_TEST

/* Covers: slots that are covered, by hand; and runs that were given up. */
START_TEST(test_counts)
{
    scene_seed(1, 4, DAILY);
    scene_expect(scene_run("--at " AT), 4, 0, 0, 0);
    expect_said(scene_run("--at " AT), "Nordlys / ", "3 more slots are covered");
}
END_TEST

/* Covers: a state that cannot be written is a warning, and the next tick warns again. */
START_TEST(test_unwritten)
{
    scene_seed(1, 1, "99 * * * *");
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'not this one'; END $$;"
                "CREATE TRIGGER refuse BEFORE UPDATE ON sync_trigger_state FOR EACH ROW"
                " WHEN (NEW.warnings IS NOT NULL) EXECUTE FUNCTION refuse()");
    for (int n = 0; n < 2; n++)
        expect_said(scene_run(""), "Nordlys / ",
                    "the next tick will warn again: this was not written: database: not this one");
}
END_TEST

static const struct {
    const char *begin;
    const char *end;
} beats[] = {
    {"CREATE TRIGGER refuse BEFORE INSERT OR UPDATE ON sync_trigger_state FOR EACH ROW"
     " EXECUTE FUNCTION refuse()",
     "DROP TRIGGER refuse ON sync_trigger_state"},
    {"ALTER TABLE sync_trigger_state RENAME TO sync_elsewhere",
     "ALTER TABLE sync_elsewhere RENAME TO sync_trigger_state"},
};

static void let_an_hour_pass_apart(void)
{
    testdb_exec("UPDATE sync_database_state SET warnings ="
                " regexp_replace(warnings::text, '(\"said\": )\\d+', '\\1'"
                " || (extract(epoch FROM now())::bigint - 3601)::text, 'g')::jsonb");
}

/*
 * Covers: a heartbeat that cannot be written lasts like any other warning, and those beside it stay
 * quiet; each trigger says it; and it is over when it is written.
 */
START_TEST(test_heartbeat)
{
    scene_seed(1, 1, DAILY);
    expect_silence(scene_run("--trigger-name other"));
    expect_silence(scene_run(""));
    testdb_exec("UPDATE organization_integrations SET integration_type = 'sap'");
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'not this one'; END $$;");
    testdb_exec("%s", beats[_i].begin);
    expect_said(scene_run(""), "the trigger's heartbeat was not written: ", "Nordlys / ");
    expect_silence(scene_run(""));
    expect_silence(scene_run(""));
    expect_said(scene_run("--trigger-name other"),
                "the trigger's heartbeat was not written: ", "Nordlys / ");
    expect_silence(scene_run("--trigger-name other"));
    let_an_hour_pass_apart();
    expect_said(scene_run(""), "since 20", "Nordlys / sap (10000000): since 20");
    expect_silence(scene_run(""));
    testdb_exec("UPDATE organization_integrations SET integration_type = 'xledger'");
    expect_said(scene_run(""), "all rows are valid again");
    testdb_exec("%s", beats[_i].end);
    expect_said(scene_run(""), "the trigger's heartbeat is written again");
    expect_silence(scene_run(""));
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_database_state"
                                   " WHERE warnings ->> ('cron@' || (SELECT host"
                                   " FROM sync_trigger_state WHERE trigger_name = 'cron'))"
                                   " IS NOT NULL"),
                     0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_database_state"
                                   " WHERE warnings::text LIKE '%%other@%%'"),
                     1);
}
END_TEST

/* ---- Readers ---- */

static const char *fifo;

static void open_full_pipe(void)
{
    scene_open();
    fifo = scene_open_full_pipe();
}

static void close_full_pipe(void)
{
    scene_close_full_pipe();
    scene_close();
}

/* Covers: a reader of stderr that hangs does not hang the tick, nor a worker. */
START_TEST(test_stderr_hangs)
{
    char wrapper[100];

    snprintf(wrapper, sizeof wrapper, "exec \"$@\" 2>%s", fifo);
    scene_set_wrapper(wrapper);
    scene_seed(1, 6, DAILY);
    scene_seed(7, 7, "99 * * * *");
    function_script(scene_function(), "* body={}");
    scene_expect(scene_run("--budget 20s --at " AT), 6, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 6);
}
END_TEST

/* Covers: the same where the summary goes there, too. */
START_TEST(test_both_hang)
{
    char line[200];
    struct program_result result;

    scene_seed(1, 6, DAILY);
    setenv("SUPABASE_URL", function_url(scene_function()), 1);
    setenv("SUPABASE_SERVICE_ROLE_KEY", SCENE_KEY, 1);
    snprintf(line, sizeof line, "exec timeout 30 \"$0\" run --at " AT " >%s 2>&1", fifo);
    result = program_run((const char *const[]){"sh", "-c", line, scene_program(), NULL}, NULL);
    ck_assert_int_eq(result.status, 4);
    ck_assert_int_eq(scene_count("completed"), 6);
    program_result_free(&result);
}
END_TEST

SUITE(noise)
{
    TCase *readers = tcase_create("readers");
    TCase *tcase = tcase_create("noise");

    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_test(tcase, test_invalid_row);
    tcase_add_test(tcase, test_runs);
    tcase_add_loop_test(tcase, test_refused, 0, 2);
    tcase_add_loop_test(tcase, test_all_refused, 0, 2);
    tcase_add_test(tcase, test_name);
    tcase_add_test(tcase, test_monitor);
    tcase_add_test(tcase, test_cold_ping);
    tcase_add_test(tcase, test_counts);
    tcase_add_test(tcase, test_unwritten);
    tcase_add_loop_test(tcase, test_heartbeat, 0, 2);
    tcase_set_timeout(tcase, 120);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(readers, open_full_pipe, close_full_pipe);
    tcase_add_test(readers, test_stderr_hangs);
    tcase_add_test(readers, test_both_hang);
    tcase_set_timeout(readers, 120);
    suite_add_tcase(suite, readers);
}
