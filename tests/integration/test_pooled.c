/*
 * What ticks leave behind on the connections of a pooler, which others get next: nothing. Asked of
 * each server process of the pool, through the pooler (scripts/dev/with-pgbouncer), in transactions that
 * are open at the same time, so that each has one of its own.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_MAX = 32, DUE = 12 };

/* The server processes of the pool, by now all idle. */
#define POOL                                                                                       \
    "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"         \
    " AND backend_type = 'client backend'"

/* What PgBouncer itself sets for each client is no concern of ours. */
static const char *const questions[][2] = {
    {"a lock", "SELECT count(*) FROM pg_locks"
               " WHERE pid = pg_backend_pid() AND locktype IN ('advisory', 'tuple')"},
    {"a setting", "SELECT string_agg(name || ' = ' || setting, ', ') FROM pg_settings"
                  " WHERE source = 'session' AND name NOT IN ('application_name',"
                  " 'client_encoding', 'DateStyle', 'TimeZone', 'standard_conforming_strings')"},
    {"a role", "SELECT nullif(current_user, session_user)"},
    {"a setting of ours", "SELECT coalesce(nullif(current_setting('syncsched.held', true), ''),"
                          " nullif(current_setting('syncsched.open', true), ''),"
                          " nullif(current_setting('syncsched.retry', true), ''))"},
    {"a prepared statement", "SELECT string_agg(name, ', ') FROM pg_prepared_statements"},
    {"a cursor", "SELECT string_agg(name, ', ') FROM pg_cursors WHERE name <> ''"},
    {"a temporary table", "SELECT string_agg(relname, ', ') FROM pg_class"
                          " WHERE relnamespace = pg_my_temp_schema()"},
};

static char *ask(PGconn *pooled, const char *sql)
{
    PGresult *result = PQexec(pooled, sql);
    char *answer;

    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(pooled));
    answer = strdup(PQgetvalue(result, 0, 0));
    PQclear(result);
    return answer;
}

static void expect_nothing_left(PGconn *pooled)
{
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        char *answer = ask(pooled, questions[i][1]);

        ck_assert_msg(*answer == '\0' || strcmp(answer, "0") == 0, "%s is left behind: %s",
                      questions[i][0], answer);
        free(answer);
    }
}

/* A transaction by way of the pooler, and thereby a server process for as long as it lasts. */
static PGconn *take_from_pool(void)
{
    PGconn *pooled = PQconnectdb("");

    ck_assert_msg(PQstatus(pooled) == CONNECTION_OK, "%s", PQerrorMessage(pooled));
    PQclear(PQexec(pooled, "BEGIN"));
    return pooled;
}

/*
 * As many at the same time as it takes to have all server processes that served the ticks: a pooler
 * may start another one though there are some idle.
 */
static void expect_clean_pool(void)
{
    char *served = testdb_text("SELECT ' ' || string_agg(pid::text, ' ') || ' ' " POOL);
    PGconn *pooled[POOL_MAX];
    int left = (int)testdb_number("SELECT count(*) " POOL);
    int count = 0;

    ck_assert_int_gt(left, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) " POOL " AND state <> 'idle'"), 0);
    while (left > 0) {
        char *pid;

        ck_assert_int_lt(count, POOL_MAX);
        pooled[count] = take_from_pool();
        expect_nothing_left(pooled[count]);
        pid = ask(pooled[count++], "SELECT ' ' || pg_backend_pid() || ' '");
        left -= strstr(served, pid) != NULL;
        free(pid);
    }
    while (count > 0)
        PQfinish(pooled[--count]);
    free(served);
}

START_TEST(test_after_a_tick)
{
    scene_settle(20000);
    scene_seed(1, DUE, "* * * * *");
    function_script(scene_function(), "* latency_ms=20\n");
    scene_expect(scene_run(""), DUE, 0, 0, 0);
    expect_clean_pool();
    scene_expect(scene_run(""), 0, DUE, 0, 0);
    expect_clean_pool();
}
END_TEST

/* With everything that a claim may do: runs that wait, hang and failed; a role; by hand; dry. */
START_TEST(test_after_all_that_a_tick_does)
{
    int64_t slot = scene_settle(25000);
    char options[128];

    scene_seed(1, 4, "* * * * *");
    free(scene_seed_run(1, "running", slot - 60, 45));
    free(scene_seed_run(2, "pending", slot - 2, 2));
    function_script(scene_function(), "* status=500\n");
    scene_expect(scene_run("--max-attempts 3 --retry-unknown --db-role service_role"), 4, 1, 4, 1);
    expect_clean_pool();
    snprintf(options, sizeof options, "--at %s --retry-failed --retry-unknown",
             scene_minute_text(slot - 3));
    scene_expect(scene_run(options), 4, 0, 4, 1);
    expect_clean_pool();
    scene_expect(scene_run("--dry-run"), 1, 3, 0, 0);
    expect_clean_pool();
}
END_TEST

/* A lock that a tick does not get, a statement that fails: the transaction is over all the same. */
START_TEST(test_after_a_tick_that_fails)
{
    struct scene_tick tick;

    scene_settle(20000);
    scene_seed(1, 3, "* * * * *");
    testdb_exec("ALTER TABLE sync_schedule_state RENAME COLUMN mark TO marks");
    tick = scene_run("");
    ck_assert_int_eq(tick.status, 3);
    scene_tick_free(&tick);
    expect_clean_pool();
    testdb_exec("ALTER TABLE sync_schedule_state RENAME COLUMN marks TO mark");
    scene_expect(scene_run(""), 3, 0, 0, 0);
    expect_clean_pool();
}
END_TEST

SUITE_WHEN(pooled, testdb_has_pool)
{
    TCase *tcase = tcase_create("pool");

    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_test(tcase, test_after_a_tick);
    tcase_add_test(tcase, test_after_all_that_a_tick_does);
    tcase_add_test(tcase, test_after_a_tick_that_fails);
    suite_add_tcase(suite, tcase);
}
