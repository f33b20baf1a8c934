/*
 * Cold starts: told when they were met, and avoided by a ping, with `run --warm-up` or ahead of time
 * with `syncsched warm`.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"
#define NEVER "0 0 30 2 *"

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* Waits until the server has logged so many lines of the event. */
static void wait_for_event(const char *event, size_t count)
{
    for (int waited_ms = 0; function_count_event(scene_function(), event) < count;
         waited_ms += 10) {
        ck_assert_msg(waited_ms < 60000, "no %s", event);
        scene_sleep_ms(10);
    }
}

/* The one request that was no call: OPTIONS, with neither key nor body. */
static void assert_ping(void)
{
    json_t *others = function_others(scene_function());
    json_t *ping = json_array_get(others, 0);
    json_t *headers = json_object_get(ping, "headers");

    ck_assert_uint_eq(json_array_size(others), 1);
    ck_assert_str_eq(json_string_value(json_object_get(ping, "method")), "OPTIONS");
    ck_assert_str_eq(json_string_value(json_object_get(ping, "bodyText")), "");
    ck_assert_str_eq(json_string_value(json_object_get(headers, "user-agent")),
                     "syncsched/" SYNCSCHED_VERSION);
    ck_assert_ptr_null(json_object_get(headers, "authorization"));
    ck_assert_ptr_null(json_object_get(headers, "apikey"));
    ck_assert_ptr_null(json_object_get(headers, "idempotency-key"));
    ck_assert_ptr_null(json_object_get(headers, "content-length"));
    json_decref(others);
}

/* ---- run --warm-up ---- */

/* Covers: one ping while calls are made as without it; also by its variable. */
START_TEST(test_warm_up)
{
    struct scene_tick tick;

    if (_i == 1)
        scene_set_variable("SYNCSCHED_WARM_UP=1");
    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "* latency_ms=700");
    tick = scene_run(_i == 1 ? "--at " AT : "--warm-up --at " AT);
    scene_check(&tick, 2, 0, 0, 0);
    ck_assert_str_eq(tick.err, "");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
    assert_ping();
    scene_tick_free(&tick);
}
END_TEST

static const struct {
    const char *cron;
    const char *options;
    long triggered;
} quiet[] = {
    {NEVER, "--warm-up", 0}, /* its state is written, which makes no call */
    {NEVER, "--warm-up --at " AT, 0},
    {DAILY, "--warm-up --dry-run --at " AT, 1},
    {DAILY, "--at " AT, 1},
};

/* Covers: no ping when nothing is due, nor in a dry run, nor unless asked for. */
START_TEST(test_warm_up_quiet)
{
    scene_seed(1, 1, quiet[_i].cron);
    function_script(scene_function(), "* latency_ms=300");
    scene_expect(scene_run(quiet[_i].options), quiet[_i].triggered, 0, 0, 0);
    ck_assert_uint_eq(function_count_event(scene_function(), "other"), 0);
}
END_TEST

/* Covers: a run that an earlier tick left is due, too. */
START_TEST(test_warm_up_adopted)
{
    scene_seed(1, 1, NEVER);
    free(scene_seed_run(1, "pending", scene_settle(5000) - 2, 2));
    function_script(scene_function(), "* latency_ms=700");
    scene_expect(scene_run("--warm-up"), 1, 0, 0, 0);
    assert_ping();
}
END_TEST

static json_int_t at_us(const json_t *line)
{
    return json_integer_value(json_object_get(line, "at_us"));
}

/* Covers: a ping that hangs delays no run: the last call begins before it ends, with the tick. */
START_TEST(test_warm_up_hangs)
{
    struct scene_tick tick;
    json_t *calls;
    json_t *closed;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "OPTIONS action=hang\n* latency_ms=700");
    tick = scene_run("--warm-up --at " AT);
    scene_check(&tick, 3, 0, 0, 0);
    ck_assert_str_eq(tick.err, "");
    ck_assert_uint_eq(function_count_event(scene_function(), "other"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    wait_for_event("peer_closed", 1);
    calls = function_requests(scene_function());
    closed = function_events(scene_function(), "peer_closed");
    ck_assert_int_lt(at_us(json_array_get(calls, 2)), at_us(json_array_get(closed, 0)));
    json_decref(calls);
    json_decref(closed);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a ping that fails is nothing to speak of; the calls tell. */
START_TEST(test_warm_up_fails)
{
    struct scene_tick tick;
    char *failure;

    scene_set_url("http://127.0.0.1:1");
    scene_seed(1, 1, DAILY);
    tick = scene_run("--warm-up --budget 20s --at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    ck_assert_str_eq(scene_without_failures(tick.err), "");
    failure = scene_failure(1);
    ck_assert_str_eq(failure, "not_delivered/CONNECT_FAILED");
    free(failure);
    scene_tick_free(&tick);
}
END_TEST

/* ---- Cold starts that were met ---- */

#define BOOT_ERROR "status=503 header=sb-error-code:BOOT_ERROR body={\"code\": \"BOOT_ERROR\"}\n"

#define PING_TOOK "cold start: the function answered the ping after "

static const struct {
    const char *script;
    const char *options;
    const char *warning; /* "": none */
    long failed;
} starts[] = {
    {"* latency_ms=3000", "", "", 0}, /* the export is slow, its start is not */
    {"* latency_ms=1300", " --warm-up --cold-start-after 1s", "", 0},
    {"* latency_ms=1300 status=500", " --warm-up --cold-start-after 1s", "", 1},
    {"OPTIONS latency_ms=2300\n* latency_ms=4000", " --warm-up", PING_TOOK "2.", 0},
    {"OPTIONS latency_ms=1300\n* latency_ms=3000", " --warm-up --cold-start-after 1s",
     PING_TOOK "1.", 0},
    {"OPTIONS latency_ms=1300 status=405\n* latency_ms=3000", " --warm-up --cold-start-after 1s",
     PING_TOOK "1.", 0},
    {"OPTIONS latency_ms=1300\n* latency_ms=3000", " --warm-up", "", 0},
    {"OPTIONS latency_ms=1300\n* latency_ms=3000", " --warm-up --cold-start-after 0", "", 0},
    {"OPTIONS latency_ms=1300 action=close\n* latency_ms=3000", " --warm-up --cold-start-after 1s",
     "", 0},
    {"* times=1 " BOOT_ERROR, "", "cold start: the platform answered BOOT_ERROR first", 0},
    {"* times=1 " BOOT_ERROR, " --cold-start-after 0", "", 0},
    {"* times=1 " BOOT_ERROR "* status=500", "", "", 1},
    {"* times=1 status=503 body={\"code\": \"BOOT_ERROR\"}", "", "", 1}, /* the function's own */
};

/*
 * Covers: one warning, of the run that the platform had to start the function for, or of the ping;
 * it changes nothing else.
 */
START_TEST(test_cold_start)
{
    char options[100];
    struct scene_tick tick;
    char *run_id;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), starts[_i].script);
    snprintf(options, sizeof options, "--at %s%s", AT, starts[_i].options);
    tick = scene_run(options);
    scene_check(&tick, 1, 0, starts[_i].failed, starts[_i].failed > 0 ? 1 : 0);
    run_id = testdb_text("SELECT run_id FROM sync_run_log");
    run_id[8] = '\0'; /* the first digits are shown */
    if (*starts[_i].warning == '\0') {
        ck_assert_str_eq(scene_without_failures(tick.err), "");
    } else {
        const char *warning = strstr(tick.err, starts[_i].warning);

        ck_assert_msg(warning != NULL, "%s", tick.err);
        ck_assert_ptr_eq(strstr(tick.err, "syncsched: warning: "), tick.err);
        ck_assert_int_eq(strstr(tick.err, run_id) != NULL, strstr(tick.err, "BOOT_ERROR") != NULL);
        ck_assert_ptr_eq(strchr(tick.err, '\n'), tick.err + strlen(tick.err) - 1);
    }
    free(run_id);
    scene_tick_free(&tick);
}
END_TEST

/* ---- warm ---- */

/* `syncsched warm OPTION...`, without a key. */
static struct program_result warm(const char *option, const char *value, const char *url)
{
    static const char program[] = TEST_BUILD_DIR "/syncsched";
    const char *const argv[] = {program, "warm", "--config", "/dev/null", option, value, NULL};
    char variable[200];
    const char *const env[] = {"SUPABASE_DB_URL",
                               "SUPABASE_SECRET_KEY",
                               "SUPABASE_SERVICE_ROLE_KEY",
                               "SUPABASE_SERVICE_ROLE_KEY_FILE",
                               "SYNCSCHED_FUNCTION_URL",
                               variable,
                               NULL};

    snprintf(variable, sizeof variable, "SUPABASE_URL=%s", url);
    return program_run(argv, env);
}

/* Whether warm pinged, by what it printed, which must be exit 0 and fit the server's log. */
static bool is_pinged(const char *option, const char *value)
{
    struct program_result result = warm(option, value, function_url(scene_function()));
    json_t *line = json_loads(result.out, 0, NULL);
    bool pinged = json_is_true(json_object_get(line, "pinged"));

    ck_assert_msg(result.status == 0, "%s", result.err);
    ck_assert_uint_eq(json_object_size(line), 3);
    ck_assert_ptr_eq(strchr(result.out, '\n'), result.out + strlen(result.out) - 1);
    ck_assert_int_eq(json_is_integer(json_object_get(line, "status")), pinged);
    ck_assert_int_eq(json_is_integer(json_object_get(line, "milliseconds")), pinged);
    ck_assert_uint_eq(function_count_event(scene_function(), "other"), pinged ? 1 : 0);
    function_clear_log(scene_function());
    json_decref(line);
    program_result_free(&result);
    return pinged;
}

/* Covers: one ping, without a key; nothing is written, nobody is called. */
START_TEST(test_warm_pings)
{
    struct program_result result;

    scene_seed(1, 2, "* * * * *");
    result = warm(NULL, NULL, function_url(scene_function()));
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_eq(strstr(result.out, "{\"pinged\":true,\"status\":204,\"milliseconds\":"),
                     result.out);
    ck_assert_str_eq(result.err, "");
    assert_ping();
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"), 0);
    program_result_free(&result);
}
END_TEST

/* Covers: only for a slot that is due so soon, of a schedule that is enabled and valid. */
START_TEST(test_warm_only_when_due)
{
    int64_t minute = scene_settle(5000);

    ck_assert(!is_pinged(NULL, NULL));
    scene_seed(1, 1, NEVER);
    scene_seed(2, 2, "* * * * *");
    testdb_exec(
        "UPDATE organization_integrations SET is_enabled = false WHERE integration_id = '%s'",
        scene_integration(2));
    ck_assert(!is_pinged(NULL, NULL));
    scene_seed(3, 3, "99 * * * *");
    ck_assert(!is_pinged(NULL, NULL));
    scene_seed(4, 4, scene_minute_cron(minute + 5));
    ck_assert(!is_pinged(NULL, NULL));
    ck_assert(!is_pinged("--ahead", "3m"));
    ck_assert(is_pinged("--ahead", "6m"));
    scene_seed(5, 5, "* * * * *");
    ck_assert(is_pinged(NULL, NULL));
}
END_TEST

/* Covers: any answer is one: the function is awake. */
START_TEST(test_warm_any_status)
{
    struct program_result result;

    scene_seed(1, 1, "* * * * *");
    function_script(scene_function(), "OPTIONS status=405 latency_ms=300");
    result = warm(NULL, NULL, function_url(scene_function()));
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_eq(strstr(result.out, "{\"pinged\":true,\"status\":405,\"milliseconds\":"),
                     result.out);
    ck_assert_int_ge(atoi(strrchr(result.out, ':') + 1), 300);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *script; /* NULL: nobody listens */
    const char *message;
    int64_t least_ms;
} unreached[] = {
    {NULL, "syncsched: error: the function was not reached: Failed to connect", 0},
    {"OPTIONS action=close", "syncsched: error: the function was not reached: ", 0},
    {"OPTIONS action=hang", "syncsched: error: the function was not reached: no answer in", 10000},
};

/* Covers: no answer within ten seconds: exit 1, and why. */
START_TEST(test_warm_unreached)
{
    struct program_result result;

    scene_seed(1, 1, "* * * * *");
    if (unreached[_i].script != NULL)
        function_script(scene_function(), unreached[_i].script);
    result =
        warm(NULL, NULL,
             unreached[_i].script != NULL ? function_url(scene_function()) : "http://127.0.0.1:1");
    ck_assert_int_eq(result.status, 1);
    ck_assert_str_eq(result.out, "{\"pinged\":true,\"status\":null,\"milliseconds\":null}\n");
    ck_assert_msg(strstr(result.err, unreached[_i].message) == result.err, "%s", result.err);
    ck_assert_int_ge(result.wall_ms, unreached[_i].least_ms);
    ck_assert_int_lt(result.wall_ms, unreached[_i].least_ms + PROGRAM_SLACK_MS);
    program_result_free(&result);
}
END_TEST

SUITE(warm)
{
    TCase *up = tcase_create("warm-up");
    TCase *starts_met = tcase_create("warm-starts");
    TCase *ahead = tcase_create("warm-ahead");

    tcase_add_checked_fixture(up, scene_open, scene_close);
    tcase_add_loop_test(up, test_warm_up, 0, 2);
    tcase_add_loop_test(up, test_warm_up_quiet, 0, COUNT(quiet));
    tcase_add_test(up, test_warm_up_adopted);
    tcase_add_test(up, test_warm_up_hangs);
    tcase_add_test(up, test_warm_up_fails);
    suite_add_tcase(suite, up);
    tcase_add_checked_fixture(starts_met, scene_open, scene_close);
    tcase_add_loop_test(starts_met, test_cold_start, 0, COUNT(starts));
    suite_add_tcase(suite, starts_met);
    tcase_add_checked_fixture(ahead, scene_open, scene_close);
    tcase_add_test(ahead, test_warm_pings);
    tcase_add_test(ahead, test_warm_only_when_due);
    tcase_add_test(ahead, test_warm_any_status);
    tcase_add_loop_test(ahead, test_warm_unreached, 0, COUNT(unreached));
    suite_add_tcase(suite, ahead);
}
