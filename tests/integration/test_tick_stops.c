/*
 * Ticks and workers that end too early: out of budget, told to stop, killed, frozen. Nothing is
 * called twice over it, nothing gets lost, and the log says what is known.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

static void assert_failure(int n, const char *expected)
{
    char *actual = scene_failure(n);

    ck_assert_str_eq(actual, expected);
    free(actual);
}

/* A call of another type: how long those before it took says nothing of it. */
static void begin_though_long(int n, const char *type)
{
    testdb_exec("UPDATE organization_integrations SET integration_type = '%s'"
                " WHERE integration_id = '%s'",
                type, scene_integration(n));
}

/* Waits for the calls, then sends a signal to one of exactly `workers` workers. */
static pid_t signal_worker(struct program *program, int workers, size_t calls, int signal_number)
{
    pid_t children[SCENE_CHILDREN_MAX];

    function_wait_for_calls(scene_function(), calls);
    ck_assert_int_eq(scene_children(program_pid(program), children), workers);
    ck_assert_int_eq(kill(children[0], signal_number), 0);
    return children[0];
}

/* Covers: (8) a worker killed in mid-call: its run is failed, the others complete, exit 1. */
START_TEST(test_worker_killed)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* latency_ms=1000");
    program = scene_start("--at " AT);
    signal_worker(program, 3, 3, SIGKILL);
    tick = scene_wait(program);
    scene_check(&tick, 3, 0, 1, 1);
    ck_assert_int_eq(tick.run_ids, 3);
    ck_assert_ptr_nonnull(strstr(tick.err, "worker"));
    ck_assert_int_eq(scene_count("completed"), 2);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'failed' AND"
                                   " error_class = 'unknown' AND error_code = 'WORKER_CRASHED'"),
                     1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the dead are replaced: the runs that still wait are served, each once. */
START_TEST(test_worker_replaced)
{
    struct program *program;

    scene_seed(1, 4, DAILY);
    function_script(scene_function(), "* latency_ms=1500 times=1\n");
    program = scene_start("--concurrency 1 --at " AT);
    signal_worker(program, 1, 1, SIGKILL);
    scene_expect(scene_wait(program), 4, 0, 1, 1);
    assert_failure(1, "unknown/WORKER_CRASHED");
    ck_assert_int_eq(scene_count("completed"), 3);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 4);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/* Covers: the run of a dead worker that is another tick's by now is left to that one. */
START_TEST(test_worker_killed_over_anothers_run)
{
    struct program *program;
    char *worker;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=1000");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("UPDATE sync_run_log SET worker = 'other:1:0/0'");
    signal_worker(program, 1, 1, SIGKILL);
    scene_expect(scene_wait(program), 0, 1, 0, 0);
    worker = testdb_text("SELECT worker FROM sync_run_log WHERE status = 'running'");
    ck_assert_pstr_eq(worker, "other:1:0/0");
    free(worker);
}
END_TEST

/* Covers: a worker that freezes is killed after the budget and its grace; its run is failed. */
START_TEST(test_worker_frozen)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "* latency_ms=4000");
    program = scene_start("--budget 8s --at " AT);
    signal_worker(program, 2, 2, SIGSTOP);
    tick = scene_wait(program);
    scene_check(&tick, 2, 0, 1, 1);
    ck_assert_int_lt(tick.wall_ms, 18000 + PROGRAM_SLACK_MS);
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE error_code = 'WORKER_CRASHED'"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the parent is gone: the worker stores its answer, takes no new run, and ends. */
START_TEST(test_parent_killed)
{
    struct program *program;
    struct program_result result;
    pid_t worker;

    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "* latency_ms=700 count=5");
    program = scene_start("--concurrency 1 --at " AT);
    worker = signal_worker(program, 1, 1, 0);
    program_signal(program, SIGKILL);
    result = program_wait(program);
    ck_assert_int_eq(result.status, 128 + SIGKILL);
    ck_assert_int_eq(scene_count("running"), 1);
    scene_wait_for("SELECT count(*) = 1 FROM sync_run_log"
                   " WHERE status = 'completed' AND records_exported = 5");
    for (int n = 0; n < 250 && scene_is_alive(worker); n++)
        scene_sleep_ms(20);
    ck_assert_msg(!scene_is_alive(worker), "the worker did not end");
    ck_assert_int_eq(scene_count("pending"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    program_result_free(&result);
    /* The next tick adopts what was left. */
    testdb_exec("UPDATE sync_run_log SET created_at = created_at - interval '2 minutes'");
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 2);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

static const int stop_signals[] = {SIGTERM, SIGINT};

/* Covers: told to stop in mid-call: cut off, CANCELLED, the summary printed, the rest pending. */
START_TEST(test_told_to_stop)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* action=hang");
    program = scene_start("--concurrency 1 --at " AT);
    function_wait_for_calls(scene_function(), 1);
    program_signal(program, stop_signals[_i]);
    tick = scene_wait(program);
    scene_check(&tick, 1, 2, 1, 1);
    ck_assert_int_eq(tick.run_ids, 1);
    ck_assert_int_lt(tick.wall_ms, PROGRAM_SLACK_MS);
    assert_failure(1, "unknown/CANCELLED");
    ck_assert_int_eq(scene_count("pending"), 2);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: ^C reaches the whole process group: the workers obey their parent alone. */
START_TEST(test_group_told_to_stop)
{
    struct program *program;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* action=hang");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 3);
    ck_assert_int_eq(kill(-program_pid(program), SIGINT), 0);
    scene_expect(scene_wait(program), 3, 0, 3, 1);
    for (int n = 1; n <= 3; n++)
        assert_failure(n, "unknown/CANCELLED");
}
END_TEST

/*
 * Covers: at the budget's end the call in flight is cut off, what was not dispatched stays pending;
 * the next tick adopts it.
 */
START_TEST(test_budget)
{
    struct scene_tick tick;

    scene_settle(20000);
    scene_seed(1, 4, "* * * * *");
    begin_though_long(2, "bufdir");
    begin_though_long(3, "dynamics");
    function_script(scene_function(), "* latency_ms=5000");
    tick = scene_run("--budget 9s --concurrency 1");
    scene_check(&tick, 2, 2, 1, 1);
    ck_assert_int_eq(tick.run_ids, 2);
    ck_assert_int_ge(tick.wall_ms, 8900);
    assert_failure(2, "unknown/TIMEOUT");
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_int_eq(scene_count("pending"), 2);
    scene_tick_free(&tick);
    /* Young as they are, that tick has said that it left them. */
    function_script(scene_function(), "");
    scene_expect(scene_run(""), 2, 4, 0, 0);
    ck_assert_int_eq(scene_count("pending"), 0);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(3)), 1);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(4)), 1);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/*
 * Covers: a start that was begun in time, and is answered when it is too late to begin another, is
 * followed by its call: a second before the tick's end, for a function that is quick. A busy machine
 * may take longer than that second, so it has several tries.
 */
START_TEST(test_started_at_the_last_moment)
{
    char script[100];
    long completed = 0;

    scene_seed(1, 2, DAILY);
    begin_though_long(2, "bufdir");
    snprintf(script, sizeof script, "%s latency_ms=7000\n", scene_integration(1));
    function_script(scene_function(), script);
    testdb_exec("CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS\n"
                "$$ BEGIN PERFORM pg_sleep(extract(epoch FROM OLD.created_at - clock_timestamp())\n"
                "                          + 9.1); RETURN NEW; END $$");
    testdb_exec("CREATE TRIGGER be_slow BEFORE UPDATE ON sync_run_log FOR EACH ROW\n"
                " WHEN (NEW.status = 'running' AND NEW.integration_id = '%s')\n"
                " EXECUTE FUNCTION be_slow()",
                scene_integration(2));
    for (int tries = 0; tries < 5 && completed < 2; tries++) {
        struct scene_tick tick;

        testdb_exec("TRUNCATE sync_run_log, sync_schedule_state");
        tick = scene_run("--budget 10s --concurrency 1 --at " AT);
        completed = scene_count("completed");
        if (completed == 2)
            scene_check(&tick, 2, 0, 0, 0);
        scene_tick_free(&tick);
    }
    ck_assert_int_eq(completed, 2);
}
END_TEST

/* Covers: adopted runs keep their slot and key, whatever the schedule says by now. */
START_TEST(test_adopted)
{
    int64_t slot = scene_settle(3000) - 3;
    char *run_id = scene_seed_run(1, "pending", slot, 2);
    char *young_id = scene_seed_run(2, "pending", slot, 0);
    struct scene_tick tick;
    json_t *request;

    scene_seed(1, 2, DAILY);
    tick = scene_run("");
    ck_assert_int_eq(tick.triggered, 1);
    ck_assert_int_eq(tick.status, 0);
    ck_assert_ptr_nonnull(strstr(tick.out, run_id));
    request = function_request(scene_function(), 0);
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(request, "body"), "scheduledFor")),
        scene_minute_text(slot));
    ck_assert_int_eq(scene_count("pending"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    json_decref(request);
    scene_tick_free(&tick);
    free(run_id);
    free(young_id);
}
END_TEST

/* Covers: what nobody wants any more is closed instead of called. */
START_TEST(test_adopted_in_vain)
{
    int64_t slot = scene_settle(3000) - 3;

    free(scene_seed_run(1, "pending", slot, 2));
    free(scene_seed_run(2, "pending", slot, 61));
    scene_seed(1, 2, DAILY);
    testdb_exec("UPDATE organization_integrations SET is_enabled = false"
                " WHERE integration_id = '%s'",
                scene_integration(1));
    scene_seed_tick();
    scene_expect(scene_run("--catch-up 1h"), 0, 0, 0, 0);
    assert_failure(1, "not_delivered/CANCELLED");
    assert_failure(2, "not_delivered/GIVEN_UP");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
}
END_TEST

/* ---- What happens between a run's start and its call ---- */

/* From now on the second integration's runs take seconds to get a status, which `asleep` sees. */
static void slow_down(const char *status, int seconds)
{
    testdb_exec("CREATE FUNCTION nap() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "    PERFORM pg_sleep(%d); RETURN NEW; END $$;"
                "CREATE TRIGGER nap BEFORE UPDATE ON sync_run_log FOR EACH ROW"
                "    WHEN (NEW.status = '%s' AND NEW.integration_id = '%s')"
                "    EXECUTE FUNCTION nap()",
                seconds, status, scene_integration(2));
}

static const char asleep[] = "SELECT count(*) = 1 FROM pg_stat_activity"
                             " WHERE datname = current_database() AND wait_event = 'PgSleep'";

/* The first was called, the second never, though the connection for it stood open. */
static void expect_second_uncalled(struct program *program)
{
    scene_expect(scene_wait(program), 2, 0, 1, 1);
    assert_failure(2, "not_delivered/CANCELLED");
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 1);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(2)), 0);
}

/* Covers: told to stop while a run is being set running: it is not called any more. */
START_TEST(test_told_to_stop_before_the_call)
{
    struct program *program;

    scene_seed(1, 2, DAILY);
    slow_down("running", 2);
    program = scene_start("--concurrency 1 --at " AT);
    scene_wait_for(asleep);
    program_signal(program, SIGTERM);
    expect_second_uncalled(program);
}
END_TEST

/* Covers: a worker frozen from a run's start until past the deadline does not call any more. */
START_TEST(test_frozen_before_the_call)
{
    struct program *program;
    pid_t worker;

    scene_seed(1, 2, DAILY);
    slow_down("running", 2);
    program = scene_start("--concurrency 1 --budget 12s --at " AT);
    scene_wait_for(asleep);
    worker = signal_worker(program, 1, 1, SIGSTOP);
    scene_sleep_ms(12200);
    ck_assert_int_eq(kill(worker, SIGCONT), 0);
    expect_second_uncalled(program);
}
END_TEST

/* Covers: two workers killed over one run: in mid-call, and while that is being settled. */
START_TEST(test_successor_killed)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(2, 3, DAILY);
    function_script(scene_function(), "* latency_ms=4000 times=1\n");
    slow_down("failed", 2);
    program = scene_start("--concurrency 1 --at " AT);
    signal_worker(program, 1, 1, SIGKILL);
    scene_wait_for(asleep);
    signal_worker(program, 1, 1, SIGKILL);
    tick = scene_wait(program);
    scene_check(&tick, 2, 0, 1, 1);
    ck_assert_int_eq(tick.run_ids, 2);
    assert_failure(2, "unknown/WORKER_CRASHED");
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a worker killed between being given a run and its start: the run is served, once. */
START_TEST(test_worker_killed_before_the_start)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(2, 2, DAILY);
    slow_down("running", 4);
    testdb_exec("CREATE SEQUENCE naps; CREATE OR REPLACE FUNCTION nap() RETURNS trigger"
                " LANGUAGE plpgsql AS $$ BEGIN"
                "    IF nextval('naps') = 1 THEN PERFORM pg_sleep(4); END IF; RETURN NEW; END $$");
    program = scene_start("--at " AT);
    scene_wait_for(asleep);
    signal_worker(program, 1, 0, SIGKILL);
    testdb_exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event = 'PgSleep'");
    tick = scene_wait(program);
    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_int_eq(tick.run_ids, 1);
    ck_assert_ptr_nonnull(strstr(tick.err, "died at work"));
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a dead worker's start that is committed after its successor saw the run pending: no call. */
START_TEST(test_start_of_a_dead_worker)
{
    struct program *program;

    scene_seed(2, 2, DAILY);
    slow_down("running", 2);
    program = scene_start("--at " AT);
    scene_wait_for(asleep);
    signal_worker(program, 1, 0, SIGKILL);
    scene_expect(scene_wait(program), 1, 0, 1, 1);
    assert_failure(2, "unknown/WORKER_CRASHED");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
}
END_TEST

SUITE(tick_stops)
{
    TCase *workers = tcase_create("workers");
    TCase *stops = tcase_create("stops");
    TCase *adopted = tcase_create("adopted");
    TCase *uncalled = tcase_create("uncalled");

    tcase_add_checked_fixture(workers, scene_open, scene_close);
    tcase_add_test(workers, test_worker_killed);
    tcase_add_test(workers, test_worker_killed_before_the_start);
    tcase_add_test(workers, test_start_of_a_dead_worker);
    tcase_add_test(workers, test_worker_killed_over_anothers_run);
    tcase_add_test(workers, test_worker_replaced);
    tcase_add_test(workers, test_worker_frozen);
    tcase_add_test(workers, test_successor_killed);
    suite_add_tcase(suite, workers);

    tcase_add_checked_fixture(stops, scene_open, scene_close);
    tcase_add_test(stops, test_parent_killed);
    tcase_add_loop_test(stops, test_told_to_stop, 0,
                        (int)(sizeof stop_signals / sizeof *stop_signals));
    tcase_add_test(stops, test_group_told_to_stop);
    tcase_add_test(stops, test_budget);
    tcase_add_test(stops, test_started_at_the_last_moment);
    suite_add_tcase(suite, stops);

    tcase_add_checked_fixture(adopted, scene_open, scene_close);
    tcase_add_test(adopted, test_adopted);
    tcase_add_test(adopted, test_adopted_in_vain);
    suite_add_tcase(suite, adopted);

    tcase_add_checked_fixture(uncalled, scene_open, scene_close);
    tcase_add_test(uncalled, test_told_to_stop_before_the_call);
    tcase_add_test(uncalled, test_frozen_before_the_call);
    suite_add_tcase(suite, uncalled);
}
