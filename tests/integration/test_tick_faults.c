/*
 * Calls that fail, and what the log then says of them: answers, time-outs, lost connections. Workers
 * and ticks that end too early are test_tick_stops.c's.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* Covers: (2) an error answer: failed_at, class, the function's own code and message, exit 1. */
START_TEST(test_error_answer)
{
    scene_seed(1, 1, DAILY);
    function_script(
        scene_function(),
        "* status=500 body={\"code\": \"XL_LOCKED\", \"message\": \"ledger is locked\"}");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    assert_text(testdb_text("SELECT concat_ws(' ', status, failed_at >= started_at, error_class,"
                            " error_code, error_message, completed_at IS NULL,"
                            " records_exported IS NULL) FROM sync_run_log"),
                "failed t rejected XL_LOCKED ledger is locked t t");
}
END_TEST

static const struct {
    const char *script;
    const char *options;
    const char *failure;
} faults[] = {
    {"* action=hang", "--timeout 5s", "unknown/TIMEOUT"},
    {"* action=hang_after_headers", "--timeout 5s", "unknown/TIMEOUT"},
    {"* action=hang", "--budget 6s", "unknown/TIMEOUT"},
    {"* action=reset", "", "unknown/CONNECTION_LOST"},
    {"* action=close", "", "unknown/CONNECTION_LOST"},
    {"* action=reset_after_headers", "", "unknown/CONNECTION_LOST"},
    {"* action=garbage", "", "unknown/INVALID_RESPONSE"},
    {"* action=truncate body={\"recordsExported\": 1}", "", "unknown/CONNECTION_LOST"},
    {"* body_bytes=2000000", "", "unknown/RESPONSE_TOO_LARGE"},
    {"* action=redirect location=http://127.0.0.1:1/", "", "rejected/REDIRECT_REFUSED"},
};

/* Covers: each way for a call to fail, its class and code; never called again; exit 1. */
START_TEST(test_fault)
{
    char options[100];
    char *failure;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), faults[_i].script);
    snprintf(options, sizeof options, "--at %s %s", AT, faults[_i].options);
    scene_expect(scene_run(options), 1, 0, 1, 1);
    failure = scene_failure(1);
    ck_assert_msg(strncmp(failure, faults[_i].failure, strlen(faults[_i].failure)) == 0, "%s: %s",
                  faults[_i].script, failure);
    free(failure);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE failed_at IS NOT NULL"
                                   " AND error_message <> ''"),
                     1);
}
END_TEST

/* Covers: what the log says of a call that took too long. */
START_TEST(test_timeout_says_why)
{
    char *message;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* action=hang");
    scene_expect(scene_run("--budget 6s --timeout 30s --at " AT), 1, 0, 1, 1);
    message = testdb_text("SELECT error_message FROM sync_run_log");
    ck_assert_msg(strncmp(message, "no answer within ", 17) == 0, "%s", message);
    ck_assert_int_le(strtol(message + 17, NULL, 10), 6);
    ck_assert_ptr_nonnull(strstr(message, " s, when the tick's 6 s were over"));
    free(message);
}
END_TEST

/* A port on 127.0.0.1 where nobody listens: bound, never listened on, until fd is closed. */
static int reserve_port(int *fd)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;

    *fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(*fd, 0);
    ck_assert_int_eq(bind(*fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(getsockname(*fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

/* Covers: connection refused is not_delivered. */
START_TEST(test_connection_refused)
{
    char url[64];
    int fd;

    snprintf(url, sizeof url, "http://127.0.0.1:%d", reserve_port(&fd));
    scene_set_url(url);
    scene_seed(1, 2, DAILY);
    scene_expect(scene_run("--at " AT), 2, 0, 2, 1);
    assert_text(scene_failure(1), "not_delivered/CONNECT_FAILED");
    assert_text(scene_failure(2), "not_delivered/CONNECT_FAILED");
    close(fd);
}
END_TEST

/* Covers: a host name that does not exist is not_delivered, too. */
START_TEST(test_no_such_host)
{
    scene_set_url("https://no-such-host.invalid");
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    assert_text(scene_failure(1), "not_delivered/DNS_FAILED");
}
END_TEST

static const char *const lost_on_reuse[] = {"close", "reset"};

/*
 * Covers: on a kept-alive connection, too, a lost answer is one call: libcurl would resend a request
 * whose reused connection dies before the first byte of an answer.
 */
START_TEST(test_lost_on_reused_connection)
{
    char script[200];
    char key[200];
    json_t *first;
    json_t *second;

    scene_seed(1, 3, DAILY);
    snprintf(script, sizeof script, "%s action=%s\n", scene_integration(2), lost_on_reuse[_i]);
    function_script(scene_function(), script);
    scene_expect(scene_run("--concurrency 1 --at " AT), 3, 0, 1, 1);
    assert_text(scene_failure(2), "unknown/CONNECTION_LOST");
    first = function_request(scene_function(), 0);
    second = function_request(scene_function(), 1);
    ck_assert(
        json_equal(json_object_get(first, "connection"), json_object_get(second, "connection")));
    snprintf(key, sizeof key, SCENE_ORG "/%s/" AT, scene_integration(2));
    ck_assert_uint_eq(function_count_key(scene_function(), key), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    json_decref(first);
    json_decref(second);
}
END_TEST

/*
 * Covers: a kept connection is reset when the next request comes, which nobody has read: that is not
 * known here, so it is not sent again.
 */
START_TEST(test_reset_on_reuse)
{
    char script[200];

    scene_seed(1, 3, DAILY);
    snprintf(script, sizeof script, "%s times=1\n* action=reset_before_read times=1\n",
             scene_integration(1));
    function_script(scene_function(), script);
    scene_expect(scene_run("--concurrency 1 --at " AT), 3, 0, 1, 1);
    assert_text(scene_failure(2), "unknown/CONNECTION_LOST");
    ck_assert_uint_eq(function_count_event(scene_function(), "partial"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/* Covers: the server closes an idle connection: the next call opens a new one and is one call. */
START_TEST(test_closed_while_idle)
{
    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* action=close_after_answer");
    scene_expect(scene_run("--concurrency 1 --at " AT), 3, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/* Covers: one that fails takes no other along. */
START_TEST(test_others_complete)
{
    scene_seed(1, 7, DAILY);
    function_script(scene_function(), "10000000-0000-4000-8000-000000000002 status=500\n"
                                      "10000000-0000-4000-8000-000000000004 action=reset\n"
                                      "10000000-0000-4000-8000-000000000006 action=garbage\n");
    scene_expect(scene_run("--concurrency 2 --at " AT), 7, 0, 3, 1);
    ck_assert_int_eq(scene_count("completed"), 4);
    ck_assert_int_eq(scene_count("failed"), 3);
}
END_TEST

/* Covers: (3) a run that has been running for 10 minutes: skipped, with a warning that names it. */
START_TEST(test_running_for_10_minutes)
{
    struct scene_tick tick;
    int64_t slot = scene_settle(3000);
    char *run_id = scene_seed_run(1, "running", slot - 10, 10);

    scene_seed(1, 1, "* * * * *");
    tick = scene_run("");
    scene_check(&tick, 0, 1, 0, 0);
    run_id[8] = '\0'; /* the first digits are shown */
    ck_assert_ptr_nonnull(strstr(tick.err, run_id));
    ck_assert_ptr_nonnull(strstr(tick.err, "syncsched: warning:"));
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_int_eq(scene_count("running"), 1);
    ck_assert_int_eq(scene_count(NULL), 1);
    scene_tick_free(&tick);
    /* The slot stays ahead of the mark: served when the run has ended. */
    testdb_exec("UPDATE sync_run_log SET status = 'completed', completed_at = now()");
    scene_settle(0);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 2);
    free(run_id);
}
END_TEST

/* Covers: (3) one of 31 minutes is given up, with a warning, and its integration served. */
START_TEST(test_running_for_31_minutes)
{
    struct scene_tick tick;
    int64_t slot = scene_settle(3000);
    char *run_id = scene_seed_run(1, "running", slot - 31, 31);

    scene_seed(1, 1, "* * * * *");
    tick = scene_run("");
    scene_check(&tick, 1, 0, 0, 0);
    run_id[8] = '\0'; /* the first digits are shown */
    ck_assert_ptr_nonnull(strstr(tick.err, run_id));
    assert_text(scene_failure(1), "unknown/ABANDONED");
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&tick);
    free(run_id);
}
END_TEST

/* Covers: the 30-minute rule holds where nothing is due. */
START_TEST(test_abandoned_without_schedule)
{
    free(scene_seed_run(1, "running", scene_settle(0) - 31, 31));
    free(scene_seed_run(2, "running", scene_settle(0) - 29, 29));
    scene_expect(scene_run(""), 0, 0, 0, 0);
    assert_text(scene_failure(1), "unknown/ABANDONED");
    ck_assert_int_eq(scene_count("running"), 1);
}
END_TEST

/* ---- A system that refuses the same call again and again: the tick ends all the same ---- */

/* The fault suite's scenario "syscalls" lets every call fail. It found these. */

/* A program that is traced already may not trace: then leaks are not looked for. */
#define INJECT                                                                                     \
    "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0"                                                \
    " exec strace -f -qq -o /dev/null -e signal=none "

static const struct {
    const char *wrapper;
    int status;
} refusals[] = {
    {INJECT "-e trace=ppoll -e inject=ppoll:error=ENOMEM:when=1+ \"$@\"", 0},
    {INJECT "-e trace=ppoll -e inject=ppoll:error=ENOMEM:when=2 \"$@\"", 0},
    {INJECT "-e trace=poll -e inject=poll:error=ENOMEM:when=3 \"$@\"", 0},
    {INJECT "-e trace=write -e inject=write:error=EAGAIN:when=1+ \"$@\"", 4},
};

static bool may_trace(void)
{
    return system("strace -qq -o /dev/null true 2>/dev/null") == 0;
}

START_TEST(test_refused)
{
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    scene_set_wrapper(refusals[_i].wrapper);
    tick = scene_run("--budget 5s --at " AT);
    ck_assert_msg(tick.status == refusals[_i].status, "exit %d: %s%s", tick.status, tick.out,
                  tick.err);
    ck_assert_int_eq(scene_count("completed"), 3);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    scene_tick_free(&tick);
}
END_TEST

SUITE(tick_faults)
{
    TCase *calls = tcase_create("calls");
    TCase *reused = tcase_create("reused");
    TCase *stale = tcase_create("stale");
    TCase *refused = tcase_create("refused");

    tcase_add_checked_fixture(calls, scene_open, scene_close);
    tcase_add_test(calls, test_error_answer);
    tcase_add_loop_test(calls, test_fault, 0, (int)(sizeof faults / sizeof *faults));
    tcase_add_test(calls, test_timeout_says_why);
    tcase_add_test(calls, test_connection_refused);
    tcase_add_test(calls, test_no_such_host);
    tcase_add_loop_test(calls, test_lost_on_reused_connection, 0,
                        (int)(sizeof lost_on_reuse / sizeof *lost_on_reuse));
    tcase_add_test(calls, test_reset_on_reuse);
    tcase_add_test(calls, test_closed_while_idle);
    tcase_add_test(calls, test_others_complete);
    suite_add_tcase(suite, calls);

    tcase_add_checked_fixture(reused, scene_open, scene_close);
    tcase_add_loop_test(reused, test_lost_on_reused_connection, 0,
                        (int)(sizeof lost_on_reuse / sizeof *lost_on_reuse));
    tcase_add_test(reused, test_closed_while_idle);
    suite_add_tcase(suite, reused);

    tcase_add_checked_fixture(stale, scene_open, scene_close);
    tcase_add_test(stale, test_running_for_10_minutes);
    tcase_add_test(stale, test_running_for_31_minutes);
    tcase_add_test(stale, test_abandoned_without_schedule);
    suite_add_tcase(suite, stale);

    tcase_add_checked_fixture(refused, scene_open, scene_close);
    if (may_trace())
        tcase_add_loop_test(refused, test_refused, 0, (int)(sizeof refusals / sizeof *refusals));
    else
        puts("system calls that fail: not asked: strace may not trace here");
    suite_add_tcase(suite, refused);
}
