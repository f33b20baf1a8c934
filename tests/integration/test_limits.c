/*
 * How many calls are in flight over all ticks (--max-calls), and what waits while an external system
 * asks not to be called (429 with Retry-After).
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define THROTTLE "* status=429 header=retry-after:600"

enum { HOSTS = 4, DUE = 200, LIMIT = 5, KILLS = 6 };

/* ---- Limits ---- */

/* Integrations first to last, each with a run that an earlier tick has left pending. */
static void seed_pending(int first, int last)
{
    int64_t slot = scene_settle(5000) - 2;

    scene_seed(first, last, DAILY);
    for (int n = first; n <= last; n++)
        free(scene_seed_run(n, "pending", slot, 2));
}

/*
 * Four hosts, two hundred runs. Now and then one of the hosts dies, with its workers, and leaves runs
 * that are running: their calls take a place each until their tick's time is over, and no longer.
 */
START_TEST(test_hosts)
{
    static const char options[] = "--max-calls 5 --budget 4s";
    struct program *hosts[HOSTS];
    int kills = 0;

    seed_pending(1, DUE);
    function_script(scene_function(), "* latency_ms=60");
    for (int i = 0; i < HOSTS; i++)
        hosts[i] = scene_start(options);
    for (int i = 0; scene_count("pending") > 0; i = (i + 1) % HOSTS) {
        struct program_result result;
        bool dies = kills < KILLS && rand() % 3 == 0;

        scene_sleep_ms(rand() % 300);
        if (dies && kill(-program_pid(hosts[i]), SIGKILL) == 0)
            kills++;
        else if (program_is_running(hosts[i]))
            continue;
        result = program_wait(hosts[i]);
        ck_assert_msg(dies || result.status == 0, "%d: %s", result.status, result.err);
        program_result_free(&result);
        hosts[i] = scene_start(options);
    }
    for (int i = 0; i < HOSTS; i++) {
        struct program_result result = program_wait(hosts[i]);

        ck_assert_msg(result.status == 0, "%d: %s", result.status, result.err);
        program_result_free(&result);
    }
    printf("limits: %d calls, at most %zu at once, %d hosts killed, %ld runs left running\n",
           (int)function_count(scene_function(), NULL), function_most_in_flight(scene_function()),
           kills, scene_count("running"));
    ck_assert_uint_le(function_most_in_flight(scene_function()), LIMIT);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    testdb_exec("UPDATE sync_run_log SET started_at = started_at - interval '31 minutes'"
                " WHERE status = 'running'");
    scene_expect(scene_run(options), 0, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed") + scene_count("failed"), DUE);
    ck_assert_int_ge(scene_count("completed"), DUE - KILLS * LIMIT);
}
END_TEST

static const struct {
    const char *options;
    const char *running; /* of the first integration's run, which another host has */
    int triggered;
    const char *warning;
} places[] = {
    {"", "call_until = now() + interval '1 hour'", 1, NULL},
    {"--max-calls 2", "call_until = now() + interval '1 hour'", 1, NULL},
    {"--max-calls 1", "call_until = now() + interval '1 hour'", 0,
     "1 run found no place among the calls of all ticks (--max-calls), and stays pending"},
    {"--max-calls-xledger 1", "call_until = now() + interval '1 hour'", 0, "1 run found no place"},
    {"--max-calls-xledger 1", "call_until = now() + interval '1 hour', integration_type = 'bufdir'",
     1, NULL},
    {"--max-calls-bufdir 1", "call_until = now() + interval '1 hour', integration_type = 'bufdir'",
     1, NULL},
    {"--max-calls 1 --max-calls-bufdir 1", "call_until = now() + interval '1 hour'", 0,
     "1 run found no place"},
    /* an earlier version of this program has it, which says nothing of the call's end */
    {"--max-calls 1", "call_until = NULL", 0, "1 run found no place"},
    /* its host has died */
    {"--max-calls 1", "call_until = now() - interval '1 second'", 1, NULL},
    /* the function works on, but the call is over */
    {"--max-calls 1", "call_until = now() + interval '1 hour', accepted_at = now()", 1, NULL},
};

/* Covers: which calls are in flight, and which of them a limit is about. */
START_TEST(test_places)
{
    char options[100];
    struct scene_tick tick;
    int triggered = places[_i].triggered;

    scene_seed(1, 2, DAILY);
    free(scene_seed_run(1, "running", scene_settle(5000) - 1, 1));
    testdb_exec("UPDATE sync_run_log SET %s", places[_i].running);
    snprintf(options, sizeof options, "--budget 2s --at " AT " %s", places[_i].options);
    tick = scene_run(options);
    scene_check(&tick, triggered, 2 - triggered, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), (size_t)triggered);
    ck_assert_int_eq(scene_count("pending"), 1 - triggered);
    if (places[_i].warning != NULL)
        ck_assert_pstr_ne(strstr(tick.err, places[_i].warning), NULL);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a run that finds no place starts as soon as there is one, and others go first. */
START_TEST(test_place_is_waited_for)
{
    struct program *program;

    scene_seed(1, 3, DAILY);
    free(scene_seed_run(1, "running", scene_settle(5000) - 1, 1));
    testdb_exec("UPDATE organization_integrations SET integration_type = 'dynamics'"
                " WHERE integration_id = '%s'",
                scene_integration(3));
    program = scene_start("--max-calls-xledger 1 --concurrency 1 --at " AT);
    function_wait_for_calls(scene_function(), 1);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(3)), 1);
    testdb_exec("UPDATE sync_run_log SET status = 'completed', completed_at = now()"
                " WHERE worker = 'stranger'");
    scene_expect(scene_wait(program), 2, 1, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 3);
}
END_TEST

/* ---- Throttled ---- */

static void pass_throttle(void)
{
    testdb_exec(
        "UPDATE sync_throttle_state SET asked_at = asked_at - interval '1 hour',"
        " throttled_until = throttled_until - interval '1 hour';"
        "UPDATE sync_run_log SET"
        " failed_at = failed_at - interval '1 hour', retry_at = retry_at - interval '1 hour'");
}

/*
 * Twenty are due, and their external system has had enough: the five that are in flight learn it, the
 * others wait, in this tick and in the next ones. In the end all are done.
 */
START_TEST(test_throttled)
{
    struct scene_tick tick;

    scene_seed(1, 20, DAILY);
    scene_seed(21, 21, DAILY);
    testdb_exec("UPDATE organization_integrations SET integration_type = 'bufdir'"
                " WHERE integration_id = '%s'",
                scene_integration(21));
    function_script(scene_function(), THROTTLE " latency_ms=300");
    tick = scene_run("--at " AT);
    ck_assert_int_eq(tick.failed, 6);
    ck_assert_int_eq(scene_count("failed"), 6);
    ck_assert_int_eq(scene_count("pending"), 15);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 6);
    ck_assert_pstr_ne(strstr(tick.err, "xledger asks not to be called until "), NULL);
    ck_assert_pstr_eq(strstr(tick.err, "wait for the next tick"), NULL);
    ck_assert_pstr_ne(strstr(tick.err, ": 15 of its runs stay pending"), NULL);
    ck_assert_int_lt(tick.wall_ms, PROGRAM_SLACK_MS);
    scene_tick_free(&tick);

    testdb_exec("UPDATE sync_run_log SET created_at = created_at - interval '2 minutes'");
    tick = scene_run("--catch-up 0s --max-attempts 3");
    scene_check(&tick, 0, 15, 0, 0);
    ck_assert_pstr_ne(strstr(tick.err, ": 15 of its runs stay pending"), NULL);
    scene_tick_free(&tick);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 6);

    function_script(scene_function(), "");
    pass_throttle();
    scene_expect(scene_run("--catch-up 0s --max-attempts 3"), 21, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 21);
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT integration_id) FROM sync_run_log"
                                   " WHERE status = 'completed'"),
                     21);
}
END_TEST

/* Covers: where the time is short, the others are served within the same tick. */
START_TEST(test_throttled_for_a_moment)
{
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* status=429 header=retry-after:2 times=1");
    tick = scene_run("--concurrency 1 --at " AT);
    scene_check(&tick, 3, 0, 1, 1);
    ck_assert_int_ge(tick.wall_ms, 2000);
    scene_tick_free(&tick);
    ck_assert_int_eq(scene_count("completed"), 2);
}
END_TEST

static const struct {
    const char *script;
    int64_t throttled_s; /* -1: nothing is */
} answers[] = {
    {"* status=429 header=retry-after:7200", 7200},
    {"* status=429 header=retry-after:99999999999", 86400},
    {"* status=429 header=retry-after:0", -1},
    {"* status=429", -1},
    {"* status=503 header=retry-after:7200", -1},
    {"* status=409 header=retry-after:7200", -1},
    {"* status=429 header=sb-error-code:RATE_LIMIT_EXCEEDED header=retry-after:7200", 7200},
};

/* Covers: which answers throttle a type, and for how long: for as long as they ask, at most a day. */
START_TEST(test_answer)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), answers[_i].script);
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    scene_tick_free(&tick);
    ck_assert_int_eq(
        testdb_number(
            "SELECT coalesce((SELECT extract(epoch FROM throttled_until - asked_at)::bigint"
            " FROM sync_throttle_state WHERE integration_type = 'xledger'), -1)"),
        answers[_i].throttled_s);
}
END_TEST

static const struct {
    const char *state; /* asked_at, throttled_until */
    int triggered;
} throttles[] = {
    {"now(), now() + interval '1 hour'", 0},
    {"now() - interval '1 hour', now() - interval '1 second'", 1},
    /* a clock that was wrong wrote it */
    {"now() + interval '10 days', now() + interval '11 days'", 1},
};

/* Covers: what is kept applies to every tick, until it has passed. */
START_TEST(test_kept)
{
    scene_seed(1, 1, DAILY);
    testdb_exec("INSERT INTO sync_throttle_state VALUES ('xledger', %s)", throttles[_i].state);
    scene_expect(scene_run("--at " AT), throttles[_i].triggered, 1 - throttles[_i].triggered, 0, 0);
    ck_assert_int_eq(scene_count("completed"), throttles[_i].triggered);
}
END_TEST

/* Covers: of two that ask the longer one wins, but not over one from the future. */
START_TEST(test_longer_wins)
{
    static const char *const others[] = {"now(), now() + interval '2 hours'",
                                         "now() + interval '1 day', now() + interval '2 days'"};
    static const int64_t least_s[] = {7000, 500};
    static const int64_t most_s[] = {7200, 600};
    struct program *program;
    int64_t left_s;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), THROTTLE " latency_ms=1500");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("INSERT INTO sync_throttle_state VALUES ('xledger', %s)", others[_i]);
    scene_expect(scene_wait(program), 1, 0, 1, 1);
    left_s = testdb_number("SELECT extract(epoch FROM throttled_until - now())::bigint"
                           " FROM sync_throttle_state");
    ck_assert_int_ge(left_s, least_s[_i]);
    ck_assert_int_le(left_s, most_s[_i]);
}
END_TEST

/* Covers: status and doctor say which types are throttled, until when, and what to do. */
START_TEST(test_shown)
{
    struct program_result result;
    json_t *status;
    const char *until;

    scene_seed(1, 1, DAILY);
    testdb_exec("INSERT INTO sync_throttle_state VALUES"
                " ('xledger', now(), now() + interval '1 hour'),"
                " ('bufdir', now() - interval '1 hour', now() - interval '1 second')");
    result = scene_command("status", NULL);
    ck_assert_pstr_ne(strstr(result.out, "xledger: throttled until "), NULL);
    ck_assert_ptr_null(strstr(result.out, "bufdir: throttled"));
    program_result_free(&result);
    result = scene_command("status --json", NULL);
    status = json_loads(result.out, 0, NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(status, "throttled")), 1);
    until = json_string_value(json_object_get(
        json_array_get(json_object_get(status, "throttled"), 0), "integrationType"));
    ck_assert_pstr_eq(until, "xledger");
    json_decref(status);
    program_result_free(&result);
    result = scene_command("doctor", NULL);
    ck_assert_pstr_ne(strstr(result.out, "xledger asks not to be called until "), NULL);
    ck_assert_pstr_ne(strstr(result.out, "SELECT * FROM sync_throttle_state; -- wait"), NULL);
    program_result_free(&result);
}
END_TEST

SUITE(limits)
{
    TCase *calls = tcase_create("calls");
    TCase *throttled = tcase_create("throttled");

    tcase_add_checked_fixture(calls, scene_open, scene_close);
    tcase_add_test(calls, test_hosts);
    tcase_add_loop_test(calls, test_places, 0, COUNT(places));
    tcase_add_test(calls, test_place_is_waited_for);
    suite_add_tcase(suite, calls);
    tcase_add_checked_fixture(throttled, scene_open, scene_close);
    tcase_add_test(throttled, test_throttled);
    tcase_add_test(throttled, test_throttled_for_a_moment);
    tcase_add_loop_test(throttled, test_answer, 0, COUNT(answers));
    tcase_add_loop_test(throttled, test_kept, 0, COUNT(throttles));
    tcase_add_loop_test(throttled, test_longer_wins, 0, 2);
    tcase_add_test(throttled, test_shown);
    suite_add_tcase(suite, throttled);
}
