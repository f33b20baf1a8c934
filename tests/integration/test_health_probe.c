/*
 * `syncsched health --probe`, the real program: fifty of them at once send one request, what probes
 * say stands beside what the log says, and the log stays the main thing.
 */
#include "integration/status_scene.h"
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALLERS = 50, VARIABLES = 12 };

static const char program[] = TEST_BUILD_DIR "/syncsched";

/* The environment of the program; what is not set here is not set. */
static char variables[VARIABLES][300];
static const char *environment[VARIABLES + 1];

static void set_variable(size_t n, const char *name, const char *value)
{
    snprintf(variables[n], sizeof variables[n], value != NULL ? "%s=%s" : "%s", name, value);
    environment[n] = variables[n];
}

/* One integration that the log says is well, of a tool that ticks; xledger is at the server. */
static void setup(void)
{
    scene_open();
    scene_seed(1, 1, "0 2 * * *");
    free(scene_seed_run(1, "completed", scene_settle(0) - 60, 60));
    testdb_exec("INSERT INTO sync_trigger_state VALUES ('cron', 'host', now())");
    set_variable(0, "SUPABASE_DB_URL", NULL);
    set_variable(1, "SYNCSCHED_HEALTH_URL_XLEDGER", function_url(scene_function()));
    set_variable(2, "SYNCSCHED_HEALTH_URL_DYNAMICS", NULL);
    set_variable(3, "SYNCSCHED_HEALTH_URL_BUFDIR", NULL);
    set_variable(4, "SYNCSCHED_HEALTH_PASSIVE", NULL);
    set_variable(5, "SYNCSCHED_PROBE", NULL);
}

static struct program *start_health(const char *option, const char *other)
{
    const char *const argv[] = {program, "health", "--config", "/dev/null", option, other, NULL};

    return program_start(argv, environment);
}

static struct program_result health(const char *option, const char *other)
{
    return program_wait(start_health(option, other));
}

/* The object that `health --probe --json` prints, by its schema, with this exit status. */
static json_t *health_json(int status)
{
    struct program_result result = health("--probe", "--json");
    json_t *json = json_loads(result.out, 0, NULL);

    ck_assert_msg(result.status == status, "%d: %s%s", result.status, result.out, result.err);
    ck_assert_ptr_nonnull(json);
    json_schema_check("health", result.out);
    program_result_free(&result);
    return json;
}

/* A member of the n-th object of an array. */
static const char *member(const json_t *json, const char *array, size_t n, const char *name)
{
    return json_string_value(
        json_object_get(json_array_get(json_object_get(json, array), n), name));
}

static size_t count_heads(void)
{
    return function_count_event(scene_function(), "other");
}

/* ---- The rate ---- */

/* Covers: of any number at once one asks, each of two types; none waits for another to be done. */
START_TEST(test_fifty_at_once)
{
    struct program *callers[CALLERS];
    char url[200];
    size_t asked = 0;

    snprintf(url, sizeof url, "%s/bufdir", function_url(scene_function()));
    set_variable(3, "SYNCSCHED_HEALTH_URL_BUFDIR", url);
    function_script(scene_function(), "HEAD latency_ms=500");
    for (size_t i = 0; i < CALLERS; i++)
        callers[i] = start_health("--probe", "--json");
    for (size_t i = 0; i < CALLERS; i++) {
        struct program_result result = program_wait(callers[i]);
        json_t *json = json_loads(result.out, 0, NULL);

        ck_assert_msg(result.status == 0, "%d: %s%s", result.status, result.out, result.err);
        ck_assert_str_eq(result.err, "");
        for (size_t n = 0; n < 3; n++)
            asked += json_is_true(json_object_get(
                         json_array_get(json_object_get(json, "probes"), n), "probedNow"))
                         ? 1
                         : 0;
        json_decref(json);
        program_result_free(&result);
    }
    ck_assert_uint_eq(count_heads(), 2);
    ck_assert_uint_eq(asked, 2);
}
END_TEST

/* Covers: one that is killed while it waits for the answer has asked: nobody asks again. */
START_TEST(test_killed)
{
    struct program *caller;
    struct program_result result;

    function_script(scene_function(), "HEAD action=hang");
    caller = start_health("--probe", NULL);
    for (int waited_ms = 0; count_heads() == 0; waited_ms += 10) {
        ck_assert_int_lt(waited_ms, 60000);
        scene_sleep_ms(10);
    }
    program_signal(caller, SIGKILL);
    result = program_wait(caller);
    ck_assert_int_eq(result.status, 128 + SIGKILL);
    program_result_free(&result);
    result = health("--probe", NULL);
    ck_assert_int_eq(result.status, 0);
    ck_assert_msg(strstr(result.out, "xledger: waiting until 20") != NULL, "%s", result.out);
    ck_assert_uint_eq(count_heads(), 1);
    program_result_free(&result);
}
END_TEST

/* ---- What is told ---- */

/* Covers: nobody is asked, and nothing said of it, unless that was asked for. */
START_TEST(test_passive_by_default)
{
    struct program_result result = health("--json", NULL);

    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_null(strstr(result.out, "probe"));
    ck_assert_uint_eq(count_heads(), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_probe_state"), 0);
    program_result_free(&result);
    set_variable(5, "SYNCSCHED_PROBE", "1"); /* is no setting */
    result = health("--json", NULL);
    ck_assert_ptr_null(strstr(result.out, "probe"));
    ck_assert_uint_eq(count_heads(), 0);
    program_result_free(&result);
    result = health("--json", "--probe");
    ck_assert_ptr_nonnull(strstr(result.out, "\"probe\":\"reachable\""));
    ck_assert_uint_eq(count_heads(), 1);
    program_result_free(&result);
}
END_TEST

START_TEST(test_reachable)
{
    json_t *json = health_json(0);

    ck_assert_str_eq(member(json, "integrations", 0, "condition"), "healthy");
    ck_assert_str_eq(member(json, "integrations", 0, "probe"), "reachable");
    ck_assert_str_eq(member(json, "probes", 0, "integrationType"), "xledger");
    ck_assert_str_eq(member(json, "probes", 0, "probe"), "reachable");
    ck_assert_str_eq(member(json, "probes", 0, "code"), "HTTP_204");
    ck_assert_ptr_nonnull(member(json, "probes", 0, "probedAt"));
    ck_assert_ptr_nonnull(member(json, "probes", 0, "since"));
    ck_assert_ptr_nonnull(member(json, "probes", 0, "nextProbeAt"));
    ck_assert_str_eq(member(json, "probes", 1, "integrationType"), "dynamics");
    ck_assert_str_eq(member(json, "probes", 1, "probe"), "not_configured");
    ck_assert_ptr_null(member(json, "probes", 1, "code"));
    ck_assert_ptr_null(member(json, "probes", 1, "nextProbeAt"));
    ck_assert_str_eq(member(json, "probes", 2, "integrationType"), "bufdir");
    json_decref(json);
}
END_TEST

/* Covers: an unreachable system degrades what is well, with the reason, and is no failure. */
START_TEST(test_unreachable)
{
    const json_t *reasons;
    json_t *json;

    function_script(scene_function(), "HEAD status=503");
    json = health_json(0);
    reasons = json_object_get(json_array_get(json_object_get(json, "integrations"), 0), "reasons");
    ck_assert_str_eq(member(json, "integrations", 0, "condition"), "degraded");
    ck_assert_str_eq(member(json, "integrations", 0, "probe"), "unreachable");
    ck_assert_uint_eq(json_array_size(reasons), 1);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(reasons, 0), "reason")),
                     "unreachable");
    ck_assert_ptr_eq(strstr(json_string_value(json_object_get(json_array_get(reasons, 0), "text")),
                            "unreachable: probes have failed since 20"),
                     json_string_value(json_object_get(json_array_get(reasons, 0), "text")));
    json_decref(json);
}
END_TEST

/* Covers: what the log says is worse is said first, and a system that answers makes nothing well. */
START_TEST(test_log_first)
{
    json_t *json;

    for (int i = 1; i <= 3; i++) {
        free(scene_seed_run(1, "running", scene_settle(0) - 60 + i, 50));
        testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(),"
                    " error_class = 'rejected', error_code = 'HTTP_500' WHERE status = 'running'");
    }
    json = health_json(1);
    ck_assert_str_eq(member(json, "integrations", 0, "condition"), "unhealthy");
    ck_assert_str_eq(member(json, "integrations", 0, "probe"), "reachable");
    json_decref(json);
    testdb_exec("UPDATE sync_probe_state SET result = 'unreachable', code = 'TIMEOUT'");
    json = health_json(1);
    ck_assert_str_eq(member(json, "integrations", 0, "condition"), "unhealthy");
    ck_assert_str_eq(
        json_string_value(json_object_get(
            json_array_get(json_object_get(json_array_get(json_object_get(json, "integrations"), 0),
                                           "reasons"),
                           0),
            "reason")),
        "failing");
    json_decref(json);
}
END_TEST

static void expect_text(const char *part)
{
    struct program_result result = health("--probe", NULL);

    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.err, "");
    ck_assert_msg(strstr(result.out, part) != NULL, "%s", result.out);
    program_result_free(&result);
}

/* Covers: the text of each: reachable, unreachable, not configured, passive for good and for a while. */
START_TEST(test_text)
{
    set_variable(4, "SYNCSCHED_HEALTH_PASSIVE", "bufdir");
    expect_text("\nxledger: reachable since 20");
    expect_text(", last HTTP_204 at 20");
    expect_text("\ndynamics: not configured: it has no SYNCSCHED_HEALTH_URL\n");
    expect_text("\nbufdir: passive: SYNCSCHED_HEALTH_PASSIVE says so\n");
    expect_text("PROBE\n");
    expect_text("  reachable\n");
    testdb_exec("DELETE FROM sync_probe_state");
    function_script(scene_function(), "HEAD status=429 header=Retry-After:3600");
    expect_text("\nxledger: passive until 20");
    expect_text(": it answered HTTP_429\n");
    expect_text("\nhealthy "); /* a system that wants to be left alone is no unreachable one */
    testdb_exec("DELETE FROM sync_probe_state");
    function_script(scene_function(), "HEAD action=close");
    expect_text("\nxledger: unreachable since 20");
    expect_text(", last CONNECTION_LOST at 20");
    expect_text("\n    unreachable: probes have failed since ");
    ck_assert_uint_eq(count_heads(), 3);
}
END_TEST

/* Covers: what is throttled, and what nobody has told anything of yet, as JSON. */
START_TEST(test_unprobed)
{
    json_t *json;

    function_script(scene_function(), "HEAD status=429");
    json = health_json(0);
    ck_assert_str_eq(member(json, "probes", 0, "probe"), "throttled");
    ck_assert_str_eq(member(json, "probes", 0, "code"), "HTTP_429");
    ck_assert_str_eq(member(json, "integrations", 0, "condition"), "healthy");
    json_decref(json);
    testdb_exec("UPDATE sync_probe_state SET result = NULL, code = NULL, since = NULL,"
                " probed_at = NULL");
    json = health_json(0);
    ck_assert_str_eq(member(json, "probes", 0, "probe"), "waiting");
    ck_assert_ptr_null(member(json, "probes", 0, "probedAt"));
    ck_assert_ptr_nonnull(member(json, "probes", 0, "nextProbeAt"));
    ck_assert_uint_eq(count_heads(), 1);
    json_decref(json);
}
END_TEST

/* ---- What is set ---- */

/* Covers: for good, whatever its address is; the others are asked. */
START_TEST(test_passive_for_good)
{
    json_t *json;

    set_variable(3, "SYNCSCHED_HEALTH_URL_BUFDIR", function_url(scene_function()));
    set_variable(4, "SYNCSCHED_HEALTH_PASSIVE", "dynamics,xledger");
    json = health_json(0);
    ck_assert_str_eq(member(json, "probes", 0, "probe"), "passive");
    ck_assert_str_eq(member(json, "probes", 1, "probe"), "passive");
    ck_assert_str_eq(member(json, "probes", 2, "probe"), "reachable");
    ck_assert_uint_eq(count_heads(), 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_probe_state"), 1);
    json_decref(json);
}
END_TEST

static const struct {
    size_t n;
    const char *name;
    const char *value;
    const char *message;
} wrong[] = {
    {2, "SYNCSCHED_HEALTH_URL_DYNAMICS", "http://dynamics.example/",
     "SYNCSCHED_HEALTH_URL_DYNAMICS must begin with https://"},
    {2, "SYNCSCHED_HEALTH_URL_DYNAMICS", "https://me:hush@dynamics.example/",
     "SYNCSCHED_HEALTH_URL_DYNAMICS holds a user name"},
    {4, "SYNCSCHED_HEALTH_PASSIVE", "xledger,hush",
     "SYNCSCHED_HEALTH_PASSIVE holds what is no type of integration"},
    {4, "SYNCSCHED_HEALTH_PASSIVE", "xledger bufdir",
     "SYNCSCHED_HEALTH_PASSIVE holds what is no type of integration"},
    {6, "SYNCSCHED_PROXY", "https://proxy:1", "SYNCSCHED_PROXY must begin with http://"},
    {6, "SYNCSCHED_CA_FILE", "/nonexistent", "cannot read SYNCSCHED_CA_FILE /nonexistent"},
};

/* Covers: a setting that is wrong, before anybody is asked; only where somebody is to be. */
START_TEST(test_wrong_setting)
{
    struct program_result result;

    set_variable(wrong[_i].n, wrong[_i].name, wrong[_i].value);
    result = health("--probe", NULL);
    ck_assert_int_eq(result.status, 2);
    ck_assert_str_eq(result.out, "");
    ck_assert_msg(strstr(result.err, wrong[_i].message) != NULL, "%s", result.err);
    ck_assert_ptr_null(strstr(result.err, "hush"));
    ck_assert_uint_eq(count_heads(), 0);
    program_result_free(&result);
    result = health(NULL, NULL);
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
}
END_TEST

/* Covers: where the state cannot be claimed nobody is asked, and the log speaks all the same. */
START_TEST(test_no_permission)
{
    struct program_result result;

    testdb_exec("DROP TABLE sync_probe_state");
    result = health("--probe", NULL);
    ck_assert_int_eq(result.status, 0);
    ck_assert_msg(strstr(result.err, "syncsched: warning: probing: ") == result.err, "%s",
                  result.err);
    ck_assert_ptr_nonnull(strstr(result.out, "\nxledger: unknown: "));
    ck_assert_ptr_nonnull(strstr(result.out, "\nhealthy "));
    ck_assert_uint_eq(count_heads(), 0);
    program_result_free(&result);
}
END_TEST

SUITE(health_probe)
{
    TCase *cases = tcase_create("health-probe");

    tcase_add_checked_fixture(cases, setup, scene_close);
    tcase_add_test(cases, test_fifty_at_once);
    tcase_add_test(cases, test_killed);
    tcase_add_test(cases, test_passive_by_default);
    tcase_add_test(cases, test_reachable);
    tcase_add_test(cases, test_unreachable);
    tcase_add_test(cases, test_log_first);
    tcase_add_test(cases, test_text);
    tcase_add_test(cases, test_unprobed);
    tcase_add_test(cases, test_passive_for_good);
    tcase_add_loop_test(cases, test_wrong_setting, 0, (int)(sizeof wrong / sizeof *wrong));
    tcase_add_test(cases, test_no_permission);
    suite_add_tcase(suite, cases);
}
