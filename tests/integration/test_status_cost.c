/*
 * What status, health, metrics, stats and report cost where the log is long: three statements, of
 * status and health by indexes alone, which read few blocks, on a history of successes as on one of failures only, and whether the planner knows the
 * log or has no statistics of it.
 */
#include "integration/status_scene.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

extern const char sql_status[]; /* the program's own statement */

enum {
    INTEGRATIONS = 40,
    RUNS = 100000,
    BLOCKS_PER_INTEGRATION = 300, /* to look at, some of them again and again */
};

/*
 * 3 organisations, 40 integrations and 100,000 runs, a tenth of them of one integration that has
 * never succeeded, the 40th; every third of the others has been failing lately.
 */
static void seed(void)
{
    testdb_exec("CREATE EXTENSION pg_stat_statements;"
                "INSERT INTO organizations (id, name, timezone) SELECT"
                " ('a0000000-0000-4000-8000-00000000001' || n)::uuid, 'Org ' || n, 'Europe/Oslo'"
                "   FROM generate_series(1, 3) AS n;"
                "INSERT INTO organization_integrations SELECT"
                " ('a0000000-0000-4000-8000-00000000001' || 1 + n %% 3)::uuid,"
                " ('b0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'xledger', '* * * "
                "* *', true"
                "   FROM generate_series(1, %d) AS n;",
                INTEGRATIONS);
    testdb_exec(
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by, worker, created_at,"
        " started_at, completed_at, failed_at, records_exported, error_class, error_code)"
        " SELECT org_id, integration_id, 'xledger', slot, slot, 1, status, 'key', 'schedule', 'w',"
        "        slot, slot, CASE status WHEN 'completed' THEN slot END,"
        "        CASE status WHEN 'failed' THEN slot END, NULL,"
        "        CASE status WHEN 'failed' THEN 'unknown' END,"
        "        CASE status WHEN 'failed' THEN 'TIMEOUT' END"
        "   FROM (SELECT *, row_number() OVER (ORDER BY integration_id) AS n"
        "           FROM organization_integrations) AS i,"
        "        generate_series(1, %d) AS minutes,"
        "        LATERAL (SELECT date_trunc('minute', now()) - minutes * interval '1 minute' AS "
        "slot,"
        "                        CASE WHEN n = %d OR n %% 3 = 0 AND minutes < 300"
        "                             THEN 'failed' ELSE 'completed' END AS status) AS r"
        "  WHERE n = %d OR minutes <= %d",
        RUNS / 10, INTEGRATIONS, INTEGRATIONS, (RUNS - RUNS / 10) / (INTEGRATIONS - 1) + 1);
    ck_assert_int_ge(testdb_number("SELECT count(*) FROM sync_run_log"), RUNS);
}

/* Runs it, and prints how long that took. */
static void run_alone(const char *command)
{
    struct program_result result;

    testdb_exec("SELECT pg_stat_statements_reset()");
    result = status_run(command, NULL);
    ck_assert_msg(result.status < 2, "%s", result.err);
    ck_assert_msg(strstr(result.out, "b0000000-0000-4000-8000-000000000040") != NULL, "%.500s",
                  result.out);
    printf("%s: %d ms, of which it computed %d\n", command, (int)result.wall_ms,
           (int)result.cpu_ms);
    program_result_free(&result);
}

/* Three statements that name a table, of which one asks for keys or names; so many blocks at most. */
static void assert_statements(const char *command, int64_t blocks)
{
    static const char of_tables[] = "FROM pg_stat_statements AS s JOIN pg_database AS d"
                                    " ON d.oid = s.dbid WHERE d.datname = current_database()"
                                    " AND s.query ~ 'FROM|INSERT|UPDATE|DELETE'"
                                    " AND s.query !~ 'pg_stat_statements'";

    run_alone(command);
    ck_assert_int_eq(testdb_number("SELECT coalesce(sum(s.calls), 0) %s", of_tables), 3);
    ck_assert_int_le(testdb_number("SELECT sum(shared_blks_hit + shared_blks_read) %s", of_tables),
                     blocks);
}

/* The plan, a line a row. */
static char *explain(const char *sql)
{
    PGconn *db = testdb_connect(NULL);
    size_t size = strlen(sql) + 100;
    char *prepare = malloc(size);
    PGresult *result;
    char *plan;

    ck_assert_ptr_nonnull(prepare);
    snprintf(prepare, size, "PREPARE status AS %s", sql);
    result = PQexec(db, prepare);
    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(db));
    PQclear(result);
    PQclear(PQexec(db, "SET enable_bitmapscan = off")); /* as triggers.sql does */
    result = PQexec(db, "EXPLAIN (COSTS OFF) EXECUTE status(NULL, NULL, 20, true)");
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(db));
    plan = calloc((size_t)PQntuples(result) + 1, 2000);
    ck_assert_ptr_nonnull(plan);
    for (int i = 0; i < PQntuples(result); i++) {
        strncat(plan, PQgetvalue(result, i, 0), 1998);
        strcat(plan, "\n");
    }
    PQclear(result);
    PQfinish(db);
    free(prepare);
    return plan;
}

/* Every look into the log is by an index that begins with the integration. */
static void assert_plan(void)
{
    static const char *const indexes[] = {
        "Index Scan Backward using sync_run_log_slot_key on sync_run_log ",
        "using sync_run_log_slot_key on sync_run_log later",
        "Index Scan Backward using sync_run_log_completed_slot_idx on sync_run_log ",
        "Index Scan Backward using sync_run_log_failed_slot_idx on sync_run_log ",
        "using sync_run_log_failed_slot_idx on sync_run_log ",
        "sync_run_log_active_key",
    };
    char *plan = explain(sql_status);

    for (size_t i = 0; i < COUNT(indexes); i++)
        ck_assert_msg(strstr(plan, indexes[i]) != NULL, "not used: %s\n%s", indexes[i], plan);
    ck_assert_msg(strstr(plan, "Seq Scan on sync_run_log") == NULL, "%s", plan);
    ck_assert_msg(strstr(plan, "sync_run_log_pkey") == NULL, "%s", plan);
    free(plan);
}

START_TEST(test_cost)
{
    static const char *const commands[] = {"status --json", "health --json",
                                           "status --json --runs 100", "metrics"};
    static const char *const of_periods[] = {"stats --since 7d --json", "report --since 6h --csv"};

    seed();
    for (int knows = 0; knows <= 1; knows++) {
        for (size_t i = 0; i < COUNT(commands); i++)
            assert_statements(commands[i], INTEGRATIONS * BLOCKS_PER_INTEGRATION);
        for (size_t i = 0; i < COUNT(of_periods); i++)
            assert_statements(of_periods[i], INT64_MAX);
        assert_plan();
        testdb_exec("ANALYZE");
    }
}
END_TEST

SUITE(status_cost)
{
    TCase *tcase = tcase_create("status_cost");

    tcase_add_checked_fixture(tcase, status_scene_open, testdb_drop);
    tcase_add_test(tcase, test_cost);
    suite_add_tcase(suite, tcase);
}
