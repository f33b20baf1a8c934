/*
 * Trying again within a tick (design section 6): only what surely did not reach the function, with
 * growing pauses, under the same run and key, and only while there is time.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

#define BOOT_ERROR "status=503 header=sb-error-code:BOOT_ERROR"

static const struct {
    const char *script;
    const char *options;
    size_t calls;
    const char *failure; /* NULL: completed in the end */
    int64_t at_least_ms; /* how long that takes */
} cases[] = {
    {"* " BOOT_ERROR " times=1\n* count=7", "", 2, NULL, 250},
    {"* " BOOT_ERROR " times=3\n* count=7", "", 4, NULL, 1700},
    {"* status=429 header=sb-error-code:RATE_LIMIT_EXCEEDED times=1\n* count=7", "", 2, NULL, 250},
    {"* " BOOT_ERROR, "", 4, "not_delivered/BOOT_ERROR", 1700},
    /* as long as the platform asks for, where that fits */
    {"* " BOOT_ERROR " header=retry-after:2 times=1\n* count=7", "", 2, NULL, 2000},
    {"* " BOOT_ERROR " header=retry-after:3600", "", 1, "not_delivered/BOOT_ERROR", 0},
    {"* " BOOT_ERROR " header=retry-after:10", "--budget 10s", 1, "not_delivered/BOOT_ERROR", 0},
    /* what stays so, or what the function itself said, or what may have reached it */
    {"* status=401 header=sb-error-code:UNAUTHORIZED_X", "", 1, "not_delivered/UNAUTHORIZED_X", 0},
    {"* status=404 header=sb-error-code:NOT_FOUND", "", 1, "not_delivered/NOT_FOUND", 0},
    {"* status=503", "", 1, "unknown/HTTP_503", 0},
    {"* status=504", "", 1, "unknown/HTTP_504", 0},
    {"* action=close", "", 1, "unknown/CONNECTION_LOST", 0},
};

START_TEST(test_again)
{
    struct scene_tick tick;
    char options[80];
    int failed = cases[_i].failure != NULL ? 1 : 0;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), cases[_i].script);
    snprintf(options, sizeof options, "--at " AT " %s", cases[_i].options);
    tick = scene_run(options);
    scene_check(&tick, 1, 0, failed, failed);
    ck_assert_uint_eq(function_count(scene_function(), NULL), cases[_i].calls);
    ck_assert_int_ge(tick.wall_ms, cases[_i].at_least_ms);
    ck_assert_int_le(tick.wall_ms, cases[_i].at_least_ms + PROGRAM_SLACK_MS);
    /* One run, one attempt, one key, however often it was called. */
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE attempt = 1"), 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"), 1);
    if (failed == 1) {
        char *failure = scene_failure(1);

        ck_assert_str_eq(failure, cases[_i].failure);
        free(failure);
    } else {
        ck_assert_int_eq(testdb_number("SELECT records_exported FROM sync_run_log"), 7);
    }
    scene_tick_free(&tick);
}
END_TEST

/* Told to stop in a pause: the call that failed is stored as it is, and none follows. */
START_TEST(test_stop_in_a_pause)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* " BOOT_ERROR " header=retry-after:40");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    scene_sleep_ms(300);
    program_signal(program, 15);
    tick = scene_wait(program);
    ck_assert_int_lt(tick.wall_ms, PROGRAM_SLACK_MS);
    scene_check(&tick, 1, 0, 1, 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&tick);
}
END_TEST

SUITE(tick_retries)
{
    TCase *all = tcase_create("retries");

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_loop_test(all, test_again, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(all, test_stop_in_a_pause);
    suite_add_tcase(suite, all);
}
