/*
 * SYNCSCHED_PING_URL: a monitor is told that a tick starts and how it ended; and whatever the monitor
 * does, the tick is what it is without one.
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
#define NEVER    "0 0 30 2 *"
#define SECRET   "5ec2e7-0000-4000-8000-5ec2e7"
#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

static struct function *monitor;
static char variable[200];

/* The program is told of the monitor at this address, with the secret as its path. */
static void set_monitor(const char *url)
{
    snprintf(variable, sizeof variable, "SYNCSCHED_PING_URL=%s/" SECRET, url);
    scene_set_variable(variable);
}

static void set_up(void)
{
    scene_open();
    monitor = function_start();
    function_script(monitor, "GET body=OK");
    set_monitor(function_url(monitor));
}

static void tear_down(void)
{
    function_stop(monitor);
    scene_close();
}

/* ---- What the monitor hears ---- */

static bool is_uuid(const char *text)
{
    static const char pattern[] = "xxxxxxxx-xxxx-4xxx-yxxx-xxxxxxxxxxxx";

    for (size_t i = 0; i < sizeof pattern - 1; i++) {
        const char *allowed = pattern[i] == 'x'   ? "0123456789abcdef"
                              : pattern[i] == 'y' ? "89ab"
                              : pattern[i] == '4' ? "4"
                                                  : "-";

        if (text[i] == '\0' || strchr(allowed, text[i]) == NULL)
            return false;
    }
    return text[sizeof pattern - 1] == '\0';
}

/* One ping: a GET with the path's suffix and the id, and with nothing that is not the monitor's. */
static const char *assert_ping(const json_t *ping, const char *suffix)
{
    const char *path = json_string_value(json_object_get(ping, "path"));
    const json_t *headers = json_object_get(ping, "headers");
    char start[100];

    snprintf(start, sizeof start, "/" SECRET "%s?rid=", suffix);
    ck_assert_str_eq(json_string_value(json_object_get(ping, "method")), "GET");
    ck_assert_msg(strstr(path, start) == path, "%s", path);
    ck_assert_str_eq(json_string_value(json_object_get(headers, "user-agent")),
                     "syncsched/" SYNCSCHED_VERSION);
    ck_assert_ptr_null(json_object_get(headers, "authorization"));
    ck_assert_ptr_null(json_object_get(headers, "apikey"));
    ck_assert_str_eq(json_string_value(json_object_get(ping, "bodyText")), "");
    return path + strlen(start);
}

/* Two pings of one tick, over one connection, and no others. */
static void assert_told(const char *suffix)
{
    json_t *pings = function_others(monitor);
    const json_t *last = json_array_get(pings, 1);
    const char *id;

    ck_assert_uint_eq(json_array_size(pings), 2);
    id = assert_ping(json_array_get(pings, 0), "/start");
    ck_assert_msg(is_uuid(id), "%s", id);
    ck_assert_str_eq(assert_ping(last, suffix), id);
    ck_assert_int_eq(json_integer_value(json_object_get(last, "connection")), 1);
    json_decref(pings);
}

static const struct {
    const char *cron;
    const char *script;
    const char *options;
    int status;
    long triggered; /* -1: no summary */
    const char *suffix;
} ticks[] = {
    {NEVER, "", "", 0, 0, ""},
    {DAILY, "", "--at " AT, 0, 1, ""},
    {DAILY, "* status=500", "--at " AT, 1, 1, "/fail"},
    {DAILY, "", "--at 9999-01-01T00:00Z", 2, -1, "/fail"},
    {DAILY, "", "--concurrency 9", 2, -1, "/fail"},
    {DAILY, "", "--db-role nobody_of_that_name", 3, -1, "/fail"},
};

/* Covers: the start, and success or failure, which is an exit status other than 0. */
START_TEST(test_told)
{
    struct scene_tick tick;

    scene_seed(1, 1, ticks[_i].cron);
    function_script(scene_function(), ticks[_i].script);
    tick = scene_run(ticks[_i].options);
    ck_assert_msg(tick.status == ticks[_i].status, "%s", tick.err);
    ck_assert_int_eq(tick.triggered, ticks[_i].triggered);
    ck_assert_ptr_null(strstr(tick.err, "ping"));
    assert_told(ticks[_i].suffix);
    scene_tick_free(&tick);
}
END_TEST

static const char *const refusals[][2] = {
    {"42501", "privilege"},
    {"25006", "it is a standby (connect to the primary), or its disk is full (free some space)"},
};

/* Covers: starts that the database refuses; the hint is about the server, and asks for no setting. */
START_TEST(test_told_of_refusal)
{
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '%s'; END $$;"
                "CREATE TRIGGER refuse BEFORE UPDATE ON sync_run_log"
                " FOR EACH ROW EXECUTE FUNCTION refuse()",
                refusals[_i][0]);
    tick = scene_run("--budget 10s --at " AT);
    ck_assert_msg(tick.status == 3, "%s", tick.err);
    ck_assert_msg(strstr(tick.err, refusals[_i][1]) != NULL, "%s", tick.err);
    ck_assert_ptr_null(strstr(tick.err, "read_only"));
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    assert_told("/fail");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a dry run tells nobody; each tick has an id of its own. */
START_TEST(test_told_once_each)
{
    json_t *pings;

    scene_seed(1, 1, NEVER);
    scene_expect(scene_run("--dry-run"), 0, 0, 0, 0);
    ck_assert_uint_eq(function_count_event(monitor, "other"), 0);
    scene_expect(scene_run(""), 0, 0, 0, 0);
    scene_expect(scene_run(""), 0, 0, 0, 0);
    pings = function_others(monitor);
    ck_assert_uint_eq(json_array_size(pings), 4);
    ck_assert_str_ne(assert_ping(json_array_get(pings, 0), "/start"),
                     assert_ping(json_array_get(pings, 2), "/start"));
    json_decref(pings);
}
END_TEST

static void wait_for_pings(size_t count)
{
    for (int waited_ms = 0; function_count_event(monitor, "other") < count; waited_ms += 10) {
        ck_assert_int_lt(waited_ms, 60000);
        scene_sleep_ms(10);
    }
}

/* Covers: a tick that is killed has failed; one that is stopped, with all its processes, as well. */
START_TEST(test_told_of_death)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=1500");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    if (_i == 0)
        program_signal(program, SIGKILL);
    else
        ck_assert_int_eq(kill(-program_pid(program), SIGTERM), 0);
    tick = scene_wait(program);
    ck_assert_int_eq(tick.status, _i == 0 ? 128 + SIGKILL : 1);
    wait_for_pings(2);
    assert_told("/fail");
    scene_tick_free(&tick);
}
END_TEST

/* ---- Monitors that are of no use ---- */

static const struct {
    const char *script; /* NULL: nobody listens */
    const char *warning;
    int64_t least_ms;
} useless[] = {
    {NULL, "Failed to connect to", 0},
    {"GET action=hang", "no answer in time", 2000},
    {"GET action=hang_after_headers", "no answer in time", 2000},
    {"GET drip_ms=1500 body=OK", "no answer in time", 2000},
    {"GET status=500", "it answered with status 500", 0},
    {"GET status=404", "it answered with status 404", 0},
    {"GET action=redirect location=/", "it answered with status 302", 0},
    {"GET action=garbage", "", 0},
    {"GET action=close", "", 0},
    {"GET action=reset", "", 0},
    {"GET body_bytes=3000000", "", 0},
    {"GET times=1 action=hang\nGET body=OK", "no answer in time", 1000},
};

/*
 * Covers: stdout, exit status and rows as without a monitor; one warning, which does not tell the
 * address; the end is delayed by two seconds at the most.
 */
START_TEST(test_useless)
{
    struct scene_tick without;
    struct scene_tick with;
    char *rows_without;
    char *rows_with;

    scene_seed(1, 2, DAILY);
    scene_set_variable(NULL);
    rows_without = two_runs_serve(&without);
    set_monitor(useless[_i].script != NULL ? function_url(monitor) : "http://127.0.0.1:1");
    if (useless[_i].script != NULL)
        function_script(monitor, useless[_i].script);
    rows_with = two_runs_serve(&with);
    ck_assert_str_eq(rows_with, rows_without);
    ck_assert_str_eq(scene_without_failures(without.err), "");
    scene_without_failures(with.err);
    ck_assert_msg(strstr(with.err, "syncsched: warning: a ping to the monitor of"
                                   " SYNCSCHED_PING_URL failed: ") == with.err,
                  "%s", with.err);
    ck_assert_msg(strstr(with.err, useless[_i].warning) != NULL, "%s", with.err);
    ck_assert_ptr_eq(strchr(with.err, '\n'), with.err + strlen(with.err) - 1);
    ck_assert_ptr_null(strstr(with.err, SECRET));
    ck_assert_int_ge(with.wall_ms, useless[_i].least_ms);
    ck_assert_int_lt(with.wall_ms, without.wall_ms + PROGRAM_SLACK_MS);
    free(rows_without);
    free(rows_with);
    scene_tick_free(&without);
    scene_tick_free(&with);
}
END_TEST

static int64_t at_us(json_t *lines, size_t n)
{
    int64_t at = json_integer_value(json_object_get(json_array_get(lines, n), "at_us"));

    ck_assert_uint_gt(json_array_size(lines), n);
    json_decref(lines);
    return at;
}

/*
 * Covers: nothing waits for the first ping: a call is made while it hangs. On a busy machine that may
 * take longer than the ping, but not each time.
 */
START_TEST(test_start_delays_nothing)
{
    bool is_delayed = true;

    scene_seed(1, 1, DAILY);
    function_script(monitor, "GET latency_ms=900 body=OK");
    for (size_t n = 0; is_delayed && n < 10; n++) {
        testdb_exec("DELETE FROM sync_run_log");
        scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
        is_delayed = at_us(function_requests(scene_function()), n) -
                         at_us(function_others(monitor), 2 * n) >=
                     900 * 1000;
    }
    ck_assert(!is_delayed);
}
END_TEST

static const char *const wrong[] = {
    "http://monitor.example/" SECRET,
    "monitor.example/" SECRET,
    "https://user@monitor.example/" SECRET,
    "https://monitor.example/" SECRET " x",
    "ftp://127.0.0.1/" SECRET,
};

/* Covers: an address that is none costs a warning, and no run. */
START_TEST(test_wrong_address)
{
    struct scene_tick tick;

    snprintf(variable, sizeof variable, "SYNCSCHED_PING_URL=%s", wrong[_i]);
    scene_set_variable(variable);
    scene_seed(1, 1, DAILY);
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_ptr_eq(strstr(tick.err, "syncsched: warning: SYNCSCHED_PING_URL is not the address"),
                     tick.err);
    ck_assert_ptr_null(strstr(tick.err, SECRET));
    ck_assert_ptr_eq(strchr(tick.err, '\n'), tick.err + strlen(tick.err) - 1);
    scene_tick_free(&tick);
}
END_TEST

/* Whether the process's environment, as others see it, holds the text. */
static bool shows(pid_t pid, const char *text)
{
    char command[200];

    snprintf(command, sizeof command, "tr '\\0' '\\n' </proc/%ld/environ | grep -q '%s'", (long)pid,
             text);
    return system(command) == 0;
}

/* Covers: the address is taken out of the environment. */
START_TEST(test_secret_address)
{
    pid_t children[SCENE_CHILDREN_MAX];
    struct program *program;
    int count;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=1000");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    count = scene_children(program_pid(program), children);
    ck_assert_int_eq(count, 2);
    if (geteuid() == 0) /* others see nothing at all */
        ck_assert(shows(program_pid(program), "SUPABASE_URL="));
    ck_assert(!shows(program_pid(program), SECRET));
    for (int i = 0; i < count; i++)
        ck_assert(!shows(children[i], SECRET));
    scene_expect(scene_wait(program), 1, 0, 0, 0);
}
END_TEST

SUITE(monitor)
{
    TCase *told = tcase_create("monitor-told");
    TCase *hurt = tcase_create("monitor-useless");

    tcase_add_checked_fixture(told, set_up, tear_down);
    tcase_add_loop_test(told, test_told, 0, COUNT(ticks));
    tcase_add_loop_test(told, test_told_of_refusal, 0, COUNT(refusals));
    tcase_add_test(told, test_told_once_each);
    tcase_add_loop_test(told, test_told_of_death, 0, 2);
    tcase_add_test(told, test_secret_address);
    suite_add_tcase(suite, told);
    tcase_add_checked_fixture(hurt, set_up, tear_down);
    tcase_add_loop_test(hurt, test_useless, 0, COUNT(useless));
    tcase_add_test(hurt, test_start_delays_nothing);
    tcase_add_loop_test(hurt, test_wrong_address, 0, COUNT(wrong));
    suite_add_tcase(suite, hurt);
}
