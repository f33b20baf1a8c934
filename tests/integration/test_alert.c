/*
 * run --on-failure: what its command is told, and when. That it cannot hurt is
 * test_alert_hurt.c's.
 */
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT          "2024-05-01T02:00:00Z"
#define DAILY       "0 2 * * *"
#define NEVER       "0 0 30 2 *"
#define EVERY       "* * * * *"
#define EVERY_STATE "* * * * * UTC"
#define COUNT(a)    ((int)(sizeof(a) / sizeof(a)[0]))

static char told[64]; /* the file that the command appends to */
static char variable[300];

/* The command does this, $f being the file. */
static void set_command(const char *command)
{
    snprintf(variable, sizeof variable, "SYNCSCHED_ON_FAILURE=f=%s; %s", told, command);
    scene_set_variable(variable);
}

static void set_up(void)
{
    int fd;

    scene_open();
    strcpy(told, "/tmp/syncsched-test-told-XXXXXX");
    fd = mkstemp(told);
    ck_assert_int_ge(fd, 0);
    close(fd);
    set_command("cat >>$f");
}

static void tear_down(void)
{
    unlink(told);
    scene_close();
}

/* What the command was told, all of it; to be freed. */
static char *read_told(void)
{
    return scene_read_file(told, 4 << 20);
}

/* The one alert, held against the schema. */
static json_t *read_alert(void)
{
    char *text = read_told();
    json_t *alert;

    json_schema_check("alert", text);
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    alert = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    ck_assert_ptr_nonnull(alert);
    free(text);
    return alert;
}

static void assert_not_told(void)
{
    char *text = read_told();

    ck_assert_str_eq(text, "");
    free(text);
}

static const json_t *event(const json_t *alert, size_t index)
{
    return json_array_get(json_object_get(alert, "events"), index);
}

static void assert_text(const json_t *object, const char *name, const char *expected)
{
    const char *actual = json_string_value(json_object_get(object, name));

    ck_assert_pstr_eq(actual, expected);
}

/* ---- The triggers ---- */

/* The one event of the one alert, which is about the one run of the log. */
static json_t *read_event(const char *kind)
{
    json_t *alert = read_alert();
    const json_t *only = event(alert, 0);
    char *run_id = testdb_text("SELECT run_id FROM sync_run_log");
    char *slot = testdb_text("SELECT to_char(scheduled_for AT TIME ZONE 'UTC',"
                             " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"') FROM sync_run_log");

    ck_assert_uint_eq(json_array_size(json_object_get(alert, "events")), 1);
    assert_text(only, "event", kind);
    assert_text(only, "runId", run_id);
    assert_text(only, "orgId", SCENE_ORG);
    assert_text(only, "organization", "Nordlys");
    assert_text(only, "integrationId", scene_integration(1));
    assert_text(only, "integrationType", "xledger");
    assert_text(only, "scheduledFor", slot);
    free(run_id);
    free(slot);
    return alert;
}

static const struct {
    const char *script;
    const char *options;
    const char *class_and_code[2];
    const char *message;
    int http_status;
    const char *request_id;
} failures[] = {
    {"* status=500 header=sb-request-id:f00d"
     " body={\"code\": \"E1\", \"message\": \"no \\\\u001b[2Jway\"}",
     "--at " AT,
     {"rejected", "E1"},
     "no \357\277\275[2Jway",
     500,
     "f00d"},
    {"* latency_ms=20000",
     "--timeout 5s --at " AT,
     {"unknown", "TIMEOUT"},
     "no answer within 5 s, the limit of --timeout",
     0,
     NULL},
    {"* action=redirect location=/", "--at " AT, {"rejected", "REDIRECT_REFUSED"}, NULL, 302, NULL},
};

/* Covers: a run that failed: what the log says of it, and the summary. */
START_TEST(test_failed)
{
    json_t *alert;
    const json_t *only;
    char *message;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), failures[_i].script);
    scene_expect(scene_run(failures[_i].options), 1, 0, 1, 1);
    alert = read_event("failed");
    only = event(alert, 0);
    message = testdb_text("SELECT error_message FROM sync_run_log");
    assert_text(only, "errorClass", failures[_i].class_and_code[0]);
    assert_text(only, "errorCode", failures[_i].class_and_code[1]);
    assert_text(only, "errorMessage", message);
    ck_assert_int_eq(json_integer_value(json_object_get(only, "httpStatus")),
                     failures[_i].http_status);
    assert_text(only, "requestId", failures[_i].request_id);
    ck_assert_int_ge(json_integer_value(json_object_get(only, "durationMs")), 1);
    if (failures[_i].message != NULL)
        ck_assert_str_eq(message, failures[_i].message);
    assert_text(alert, "triggerName", "cron");
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(alert, "summary"), "failed")), 1);
    free(message);
    json_decref(alert);
}
END_TEST

/* Covers: a run that an earlier tick left running is a failure as well, once it is given up. */
START_TEST(test_abandoned)
{
    json_t *alert;

    scene_seed(1, 1, NEVER);
    free(scene_seed_run(1, "running", scene_settle(5000) - 31, 31));
    scene_expect(scene_run("--trigger-name nightly"), 0, 0, 0, 0);
    alert = read_event("failed");
    assert_text(event(alert, 0), "errorClass", "unknown");
    assert_text(event(alert, 0), "errorCode", "ABANDONED");
    assert_text(alert, "triggerName", "nightly");
    json_decref(alert);
}
END_TEST

/* Covers: a worker that died over its run. */
START_TEST(test_crashed)
{
    pid_t children[SCENE_CHILDREN_MAX];
    struct program *program;
    json_t *alert;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=3000");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    ck_assert_int_eq(scene_children(program_pid(program), children), 1);
    ck_assert_int_eq(kill(children[0], SIGKILL), 0);
    scene_expect(scene_wait(program), 1, 0, 1, 1);
    alert = read_event("failed");
    assert_text(event(alert, 0), "errorCode", "WORKER_CRASHED");
    json_decref(alert);
}
END_TEST

/* Covers: slots that were given up as too old, folded as the log has them. */
START_TEST(test_given_up)
{
    int64_t slot = scene_settle(5000);
    json_t *alert;

    scene_seed(1, 1, scene_minute_cron(slot - 90));
    scene_seed_state(1, EVERY_STATE, slot - 100);
    testdb_exec("UPDATE sync_schedule_state SET schedule = (SELECT cron_schedule || ' UTC'"
                " FROM organization_integrations)");
    scene_expect(scene_run("--catch-up 1h"), 0, 0, 0, 0);
    alert = read_event("given-up");
    assert_text(event(alert, 0), "coversFrom", scene_minute_text(slot - 90));
    json_decref(alert);
}
END_TEST

/* Covers: a start more than five minutes after its slot; not by hand, where that is meant. */
START_TEST(test_late)
{
    json_t *alert;
    int64_t seconds;

    scene_seed(1, 1, NEVER);
    free(scene_seed_run(1, "pending", scene_settle(5000) - 10, 2));
    scene_expect(scene_run(""), 1, 0, 0, 0);
    alert = read_event("late");
    seconds = json_integer_value(json_object_get(event(alert, 0), "lateSeconds"));
    ck_assert_int_ge(seconds, 9 * 60);
    ck_assert_int_le(seconds, 11 * 60);
    json_decref(alert);
    testdb_exec("DELETE FROM sync_run_log; DELETE FROM organization_integrations");
    ck_assert_int_eq(truncate(told, 0), 0);
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    assert_not_told();
}
END_TEST

/* Covers: a cold start that a run met, as such and not as a failure; a slow export is none. */
START_TEST(test_cold_start)
{
    json_t *alert;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=1300");
    scene_expect(scene_run("--cold-start-after 1s --at " AT), 1, 0, 0, 0);
    assert_not_told();
    testdb_exec("DELETE FROM sync_run_log");
    function_script(scene_function(), "* times=1 status=503 header=sb-error-code:BOOT_ERROR");
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    alert = read_event("cold-start");
    ck_assert_uint_eq(json_array_size(json_object_get(alert, "events")), 1);
    json_decref(alert);
}
END_TEST

/* ---- A failure that goes on ---- */

static const struct {
    const char *at;
    bool fails;
    const char *told; /* NULL: nothing */
} failing[] = {
    {"2024-05-01T02:00Z", true, "failed"},       {"2024-05-01T02:15Z", true, NULL},
    {"2024-05-01T02:30Z", true, "failed"},       {"2024-05-01T02:45Z", true, NULL},
    {"2024-05-01T03:00Z", true, NULL},           {"2024-05-02T02:00Z", true, "failed"},
    {"2024-05-02T02:15Z", true, NULL},           {"2024-05-02T02:30Z", false, "works-again"},
    {"2024-05-02T02:45Z", false, NULL},          {"2024-05-02T03:00Z", true, "failed"},
    {"2024-05-02T03:15Z", false, "works-again"},
};

/* Covers: the first failure, the third, the first of a day, and that it works again. */
START_TEST(test_goes_on)
{
    scene_seed(1, 1, "*/15 * * * *");
    for (int i = 0; i < COUNT(failing); i++) {
        char options[100];

        function_script(scene_function(), failing[i].fails ? "* status=422" : "* count=1");
        snprintf(options, sizeof options, "--at %s", failing[i].at);
        scene_expect(scene_run(options), 1, 0, failing[i].fails, failing[i].fails);
        if (failing[i].told == NULL) {
            assert_not_told();
        } else {
            json_t *alert = read_alert();

            ck_assert_uint_eq(json_array_size(json_object_get(alert, "events")), 1);
            assert_text(event(alert, 0), "event", failing[i].told);
            json_decref(alert);
        }
        ck_assert_int_eq(truncate(told, 0), 0);
    }
}
END_TEST

/* Covers: starts that are late tick after tick: once an hour. */
START_TEST(test_late_goes_on)
{
    int64_t slot = scene_settle(20000);

    scene_seed(1, 2, NEVER);
    for (int n = 1; n <= 2; n++) {
        json_t *alert;

        free(scene_seed_run(n, "pending", slot - 10, 2));
        scene_expect(scene_run(""), 1, 0, 0, 0);
        if (n == 2)
            break;
        alert = read_alert();
        assert_text(event(alert, 0), "event", "late");
        json_decref(alert);
        ck_assert_int_eq(truncate(told, 0), 0);
    }
    assert_not_told();
}
END_TEST

/* ---- One alert ---- */

/* Covers: one start and one alert a tick, however much there is to tell; the option counts. */
START_TEST(test_all_at_once)
{
    static char script[400];
    char path[] = "/tmp/syncsched-test-program-XXXXXX";
    int fd = mkstemp(path);
    char options[100];
    json_t *alert;

    ck_assert_int_ge(fd, 0);
    close(fd);
    snprintf(script, sizeof script, "#!/bin/sh\nexec cat >>%s\n", told);
    scene_write_file(path, script);
    ck_assert_int_eq(chmod(path, 0700), 0);
    set_command("echo wrong >>$f");
    scene_seed(1, 20, DAILY);
    function_script(scene_function(), "10000000-0000-4000-8000-000000000001 times=1 status=503"
                                      " header=sb-error-code:BOOT_ERROR\n"
                                      "10000000-0000-4000-8000-000000000001 count=1\n"
                                      "* status=500");
    snprintf(options, sizeof options, "--on-failure %s --at " AT, path);
    scene_expect(scene_run(options), 20, 0, 19, 1);
    alert = read_alert();
    ck_assert_uint_eq(json_array_size(json_object_get(alert, "events")), 20);
    ck_assert_int_eq(json_integer_value(json_object_get(alert, "omitted")), 0);
    json_decref(alert);
    unlink(path);
}
END_TEST

static const struct {
    const char *cron;
    const char *options;
    const char *command;
    long triggered;
} quiet[] = {
    {DAILY, "--at " AT, "cat >>$f", 1},
    {NEVER, "", "cat >>$f", 0},
    {DAILY, "--dry-run --at " AT, "cat >>$f", 1},
};

/* Covers: nothing to tell, nothing started. */
START_TEST(test_quiet)
{
    scene_seed(1, 1, quiet[_i].cron);
    set_command(quiet[_i].command);
    scene_expect(scene_run(quiet[_i].options), quiet[_i].triggered, 0, 0, 0);
    assert_not_told();
}
END_TEST

/* Covers: in a dry run nothing is given up, and so nothing told of. */
START_TEST(test_dry_run)
{
    int64_t slot = scene_settle(5000);

    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - 100);
    scene_expect(scene_run("--dry-run"), 1, 0, 0, 0);
    assert_not_told();
}
END_TEST

/* Covers: an empty command is none. */
START_TEST(test_no_command)
{
    struct scene_tick tick;

    scene_set_variable("SYNCSCHED_ON_FAILURE=");
    scene_set_wrapper("exec \"$@\" --on-failure ''");
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=500");
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    ck_assert_str_eq(scene_without_failures(tick.err), "");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the monitor and the command speak of the same tick. */
START_TEST(test_same_tick)
{
    struct function *monitor = function_start();
    char wrapper[200];
    json_t *alert;
    json_t *pings;
    char path[100];

    function_script(monitor, "GET body=OK");
    snprintf(wrapper, sizeof wrapper, "export SYNCSCHED_PING_URL=%s/x; exec \"$@\"",
             function_url(monitor));
    scene_set_wrapper(wrapper);
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=500");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    alert = read_alert();
    pings = function_others(monitor);
    snprintf(path, sizeof path, "/x/fail?rid=%s",
             json_string_value(json_object_get(alert, "tickId")));
    assert_text(json_array_get(pings, 1), "path", path);
    json_decref(pings);
    json_decref(alert);
    function_stop(monitor);
}
END_TEST

/* Covers: the command sees no secret, wherever it was set. */
START_TEST(test_secrets)
{
    static const char *const secrets[] = {SCENE_KEY, "hushfile", "hushping"};
    char *password;
    char *text;

    scene_set_wrapper("export SYNCSCHED_PING_URL=http://127.0.0.1:1/hushping;"
                      " exec \"$@\" --config /dev/fd/3 3<<END\nPGPASSWORD=hushfile\nEND");
    set_command("env >>$f; cat /proc/$$/environ >>$f");
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=500");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    text = read_told();
    ck_assert_ptr_nonnull(strstr(text, "PGUSER="));
    ck_assert_ptr_nonnull(strstr(text, "SUPABASE_URL="));
    ck_assert_ptr_null(strstr(text, "PGPASSWORD"));
    for (size_t i = 0; i < COUNT(secrets); i++)
        ck_assert_ptr_null(strstr(text, secrets[i]));
    password = getenv("PGPASSWORD");
    ck_assert(password == NULL || strstr(text, password) == NULL);
    free(text);
}
END_TEST

SUITE(alert)
{
    TCase *triggers = tcase_create("alert-triggers");
    TCase *alert = tcase_create("alert-alert");

    tcase_add_checked_fixture(triggers, set_up, tear_down);
    tcase_add_loop_test(triggers, test_failed, 0, COUNT(failures));
    tcase_add_test(triggers, test_abandoned);
    tcase_add_test(triggers, test_crashed);
    tcase_add_test(triggers, test_given_up);
    tcase_add_test(triggers, test_late);
    tcase_add_test(triggers, test_cold_start);
    tcase_add_test(triggers, test_goes_on);
    tcase_add_test(triggers, test_late_goes_on);
    suite_add_tcase(suite, triggers);
    tcase_add_checked_fixture(alert, set_up, tear_down);
    tcase_add_test(alert, test_all_at_once);
    tcase_add_loop_test(alert, test_quiet, 0, COUNT(quiet));
    tcase_add_test(alert, test_dry_run);
    tcase_add_test(alert, test_no_command);
    tcase_add_test(alert, test_same_tick);
    tcase_add_test(alert, test_secrets);
    suite_add_tcase(suite, alert);
}
