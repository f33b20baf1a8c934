/*
 * Poolers and servers on their bad days: one that does not answer, or takes long to wake up; one that
 * has become read-only, has too few connections, or refuses. What was claimed is served, once, or the
 * tick says by its exit status and in one line why not.
 */
#include "support/pooler.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT    "2024-05-01T02:00Z"
#define DAILY "0 2 * * *"

static char role[32];

static void open_scene(void)
{
    scene_open();
    snprintf(role, sizeof role, "scene_role_%ld", (long)getpid());
}

static void close_scene(void)
{
    pooler_stop();
    scene_close();
}

/* The program's way to the test's database as this user, through whatever listens at the port. */
static void go_by(const char *port, const char *user, const char *password)
{
    scene_set_variable(pooler_variable(port, user, password));
}

static void go_by_pooler(const char *silent, const char *wait_s)
{
    pooler_start(silent, wait_s);
    go_by(pooler_port(), getenv("PGUSER"), getenv("PGPASSWORD"));
}

/* Covers: a connection that brings no answer is replaced once, and the tick goes on. */
START_TEST(test_silent)
{
    scene_seed(1, 3, "* * * * *");
    scene_settle(30000);
    go_by_pooler("1", "0");
    scene_expect(scene_run(""), 3, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 3);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"), 1);
}
END_TEST

/* Covers: connections that take four seconds to come are waited for. */
START_TEST(test_waking)
{
    scene_seed(1, 2, DAILY);
    go_by_pooler("0", "4");
    scene_expect(scene_run("--at " AT), 2, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 2);
}
END_TEST

/*
 * Covers: a server that turns read-only in mid-call, while new connections find one that is not: the
 * outcome is stored by a new connection.
 */
START_TEST(test_read_only)
{
    struct program *program;

    scene_seed(1, 2, DAILY);
    go_by(pooler_server_port(), getenv("PGUSER"), getenv("PGPASSWORD"));
    function_script(scene_function(), "* latency_ms=1500");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 2);
    /* What a session began with stays, where the database says nothing; that of the system does not. */
    testdb_exec("SET default_transaction_read_only = off");
    testdb_exec("DO $$ BEGIN EXECUTE format("
                "'ALTER DATABASE %%I SET default_transaction_read_only = off', current_database());"
                " END $$");
    testdb_exec("ALTER SYSTEM SET default_transaction_read_only = on");
    testdb_exec("SELECT pg_reload_conf()");
    scene_expect(scene_wait(program), 2, 0, 0, 0);
    testdb_exec("ALTER SYSTEM RESET default_transaction_read_only");
    testdb_exec("SELECT pg_reload_conf()");
    ck_assert_int_eq(scene_count("completed"), 2);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
}
END_TEST

/* Covers: three connections for five workers: those with one serve all, and nobody waits for more. */
START_TEST(test_few_connections)
{
    testdb_exec("CREATE ROLE %s LOGIN PASSWORD 'hush' CONNECTION LIMIT 3; GRANT service_role TO %s",
                role, role);
    go_by(pooler_server_port(), role, "hush");
    scene_seed(1, 12, DAILY);
    function_script(scene_function(), "* latency_ms=500");
    scene_expect(scene_run("--db-role service_role --at " AT), 12, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 12);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 12);
    testdb_drop_role(role);
}
END_TEST

static size_t count_lines(const char *text)
{
    size_t lines = 0;

    for (; *text != '\0'; text++)
        lines += *text == '\n' ? 1 : 0;
    return lines;
}

/* Covers: starts that the database refuses: exit 3, one line for all, and the runs stay pending. */
START_TEST(test_refused)
{
    struct scene_tick tick;

    scene_seed(1, 30, DAILY);
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'not today' USING ERRCODE = '53100'; END $$;"
                "CREATE TRIGGER refuse BEFORE UPDATE ON sync_run_log"
                " FOR EACH ROW EXECUTE FUNCTION refuse()");
    tick = scene_run("--at " AT);
    ck_assert_msg(tick.status == 3, "%s", tick.err);
    ck_assert_msg(count_lines(tick.err) == 1, "%s", tick.err);
    ck_assert_msg(strstr(tick.err, "error: 30 runs not started, and stay pending: database: not "
                                   "today") != NULL,
                  "%s", tick.err);
    ck_assert_int_eq(scene_count("pending"), 30);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
}
END_TEST

/*
 * Covers: a tick that is told to stop while its workers wait for their connections: what they were
 * handed stays pending, however the connections come.
 */
START_TEST(test_stopped_while_waking)
{
    pid_t workers[SCENE_CHILDREN_MAX];
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 2, DAILY);
    go_by_pooler("0", "3");
    program = scene_start("--at " AT);
    scene_wait_for("SELECT count(*) = 2 FROM sync_run_log WHERE status = 'pending'");
    for (int ms = 0; scene_children(program_pid(program), workers) < 2; ms += 20) {
        ck_assert_int_lt(ms, 60000);
        scene_sleep_ms(20);
    }
    scene_sleep_ms(500); /* they have three seconds to wait, and no more to do before that */
    program_signal(program, SIGTERM);
    tick = scene_wait(program);
    ck_assert_msg(scene_count("pending") == 2, "%s", tick.err);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
}
END_TEST

/* What a pooler stands in the way of: said here, in a suite that is there with and without one. */
static void say_what_is_not_asked(void)
{
    if (testdb_is_pooled())
        puts("not asked: suite tls: the pooler has a TLS of its own, or none");
    if (testdb_is_pooled() && !testdb_has_pool())
        puts("not asked: suite pooled: the old pooler keeps no connection for its next client");
    fflush(stdout); /* before the first test is forked */
}

SUITE(tick_poolers)
{
    TCase *cases = tcase_create("poolers");

    tcase_add_unchecked_fixture(cases, say_what_is_not_asked, NULL);
    tcase_add_checked_fixture(cases, open_scene, close_scene);
    tcase_add_test(cases, test_silent);
    tcase_add_test(cases, test_waking);
    tcase_add_test(cases, test_stopped_while_waking);
    tcase_add_test(cases, test_read_only);
    tcase_add_test(cases, test_few_connections);
    tcase_add_test(cases, test_refused);
    tcase_set_timeout(cases, 120);
    suite_add_tcase(suite, cases);
}
