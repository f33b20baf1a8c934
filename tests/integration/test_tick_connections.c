/*
 * The database goes away while calls are under way: an answer that came is stored all the same, with
 * a new connection, and nobody is called twice.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <check.h>
#include <string.h>

#define AT    "2024-05-01T02:00Z"
#define DAILY "0 2 * * *"

static void cut_connections(void)
{
    testdb_exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'syncsched'");
}

/* ALTER DATABASE refuses to shut the database that one is in. */
static void allow_connections(const char *answer)
{
    testdb_exec("UPDATE pg_database SET datallowconn = %s WHERE datname = current_database()",
                answer);
}

/* A tick of three runs in mid-call. */
static struct program *start_slow_tick(void)
{
    struct program *program;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* latency_ms=1500");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 3);
    return program;
}

static void expect_all_stored(struct program *program)
{
    scene_expect(scene_wait(program), 3, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 3);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
}

START_TEST(test_cut_in_mid_call)
{
    struct program *program = start_slow_tick();

    cut_connections();
    expect_all_stored(program);
}
END_TEST

/* For longer than the calls take nobody gets in. */
START_TEST(test_shut_in_mid_call)
{
    struct program *program = start_slow_tick();

    allow_connections("false");
    cut_connections();
    scene_sleep_ms(2500);
    allow_connections("true");
    expect_all_stored(program);
}
END_TEST

/* Somebody holds the rows for longer than a transition waits. */
START_TEST(test_rows_held_in_mid_call)
{
    struct program *program = start_slow_tick();

    testdb_exec("BEGIN");
    testdb_exec("SELECT FROM sync_run_log FOR UPDATE");
    scene_sleep_ms(4500);
    testdb_exec("COMMIT");
    expect_all_stored(program);
}
END_TEST

/* The database stays away: the tick says that it could not store, and leaves the truth to a later one. */
START_TEST(test_shut_for_good)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "* latency_ms=3000");
    program = scene_start("--budget 6s --concurrency 1 --at " AT);
    function_wait_for_calls(scene_function(), 1);
    allow_connections("false");
    cut_connections();
    tick = scene_wait(program);
    allow_connections("true");
    scene_check(&tick, 1, 1, 1, 1);
    ck_assert_ptr_nonnull(strstr(tick.err, "could not be stored"));
    ck_assert_int_eq(scene_count("running"), 1);
    ck_assert_int_eq(scene_count("pending"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&tick);
}
END_TEST

/* During the calls there are the connections of the workers, and none of the tick's own. */
START_TEST(test_own_is_closed)
{
    struct program *program = start_slow_tick();

    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_stat_activity"
                                   " WHERE application_name = 'syncsched'"
                                   "   AND datname = current_database()"),
                     3);
    expect_all_stored(program);
}
END_TEST

SUITE(tick_connections)
{
    TCase *tcase = tcase_create("connections");

    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_test(tcase, test_cut_in_mid_call);
    if (!testdb_is_pooled())
        tcase_add_test(tcase, test_own_is_closed);
    tcase_add_test(tcase, test_shut_in_mid_call);
    tcase_add_test(tcase, test_rows_held_in_mid_call);
    tcase_add_test(tcase, test_shut_for_good);
    suite_add_tcase(suite, tcase);
}
