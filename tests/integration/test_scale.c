/*
 * What holds whatever the size: plans that a long history does not change, a claim that is one
 * statement, and a log that somebody has partitioned by organisation.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Plans ---- */

/* So many runs, a minute apart, one in 50 of them failed, and what is known of them. */
static void seed_history(int runs)
{
    testdb_exec(
        "INSERT INTO sync_run_log\n"
        "       (org_id, integration_id, integration_type, scheduled_for, covers_from, attempt,\n"
        "        status, idempotency_key, triggered_by, worker, started_at, completed_at,\n"
        "        failed_at, error_class, error_code)\n"
        "SELECT '" SCENE_ORG "', '%s', 'xledger', s, s, 1,\n"
        "       CASE WHEN failed THEN 'failed' ELSE 'completed' END, s::text, 'schedule', 'w', s,\n"
        "       CASE WHEN NOT failed THEN s END, CASE WHEN failed THEN s END,\n"
        "       CASE WHEN failed THEN 'rejected' END, CASE WHEN failed THEN 'HTTP_500' END\n"
        "  FROM generate_series(1, %d) AS n,\n"
        "       LATERAL (SELECT date_trunc('minute', now()) - n * interval '1 minute'\n"
        "                       - interval '1 day' AS s,\n"
        "                       n %% 50 = 0 AS failed) AS slot",
        scene_integration(1), runs);
    testdb_exec("ANALYZE sync_run_log");
}

/* build/gen/sql.h */
extern const char sql_read[];
extern const char sql_start[];
extern const char sql_finish[];
extern const char sql_abandon[];
extern const char sql_adopt[];

/* The plan of a statement with these parameters. */
static char *explain(const char *sql, const char *types, const char *parameters)
{
    char *plan;

    testdb_exec("CREATE OR REPLACE FUNCTION pg_temp.plan(q text) RETURNS text LANGUAGE plpgsql AS\n"
                "$$ DECLARE line text; lines text := ''; BEGIN\n"
                "FOR line IN EXECUTE q LOOP lines := lines || line || chr(10); END LOOP;\n"
                "RETURN lines; END $$");
    testdb_exec("PREPARE asked (%s) AS %s", types, sql);
    plan = testdb_text("SELECT pg_temp.plan('EXPLAIN (COSTS OFF) EXECUTE asked (%s)')", parameters);
    testdb_exec("DEALLOCATE asked");
    return plan;
}

/* Covers: what a tick reads of a long log it finds by an index; the plan is shown. */
START_TEST(test_plan_of_read)
{
    char *plan;

    scene_seed(1, 3, "0 2 * * *");
    seed_history(50000);
    plan = explain(sql_read, "boolean, boolean", "true, true");
    printf("plan of the read, 50,000 runs in the log:\n%s", plan);
    ck_assert_ptr_null(strstr(plan, "Seq Scan on sync_run_log"));
    ck_assert_ptr_nonnull(strstr(plan, "sync_run_log_active_key"));
    ck_assert_ptr_nonnull(strstr(plan, "sync_run_log_failed_idx"));
    free(plan);
}
END_TEST

#define RUN "gen_random_uuid()::text, gen_random_uuid()::text, gen_random_uuid()::text"

/*
 * Covers: a run is found as one row, although the statistics know of no active one and an index of
 * these would seem the shortest way, through all of them; what earlier ticks left has an index.
 */
static const struct {
    const char *sql;
    const char *types;
    const char *parameters;
    const char *index;
} plans[] = {
    {sql_start, "text, text, text, text, text, text, text, text, text",
     RUN ", ''w'', ''1000'', NULL, NULL, NULL, ''t''", "Index Cond: ((org_id"},
    {sql_finish, "text, text, text, text, text, text, text, text, text, text, text, text",
     RUN ", ''w'', NULL, NULL, NULL, ''1'', ''200'', NULL, NULL, ''f''", "Index Cond: ((org_id"},
    {sql_abandon, "text, text", "''1700000000000000'', NULL", "sync_run_log_active_key"},
    {sql_adopt, "text, text, text, text, text, text",
     "''1700000000000000'', ''3600000'', ''t'', ''t'', NULL, NULL", "sync_run_log_active_key"},
};

START_TEST(test_plan)
{
    char *plan;

    scene_seed(1, 3, "0 2 * * *");
    seed_history(50000);
    plan = explain(plans[_i].sql, plans[_i].types, plans[_i].parameters);
    ck_assert_msg(strstr(plan, "Seq Scan on sync_run_log") == NULL &&
                      strstr(plan, plans[_i].index) != NULL,
                  "%s: %s", plans[_i].parameters, plan);
    free(plan);
}
END_TEST

/* ---- The claim ---- */

static const int due[] = {20, 2000};

/* Covers: 20 or 2,000 due, the claim is one statement, run once. */
START_TEST(test_claim_is_one_statement)
{
    struct scene_tick tick;

    testdb_exec("CREATE EXTENSION IF NOT EXISTS pg_stat_statements");
    scene_seed(1, due[_i], "* * * * *");
    function_script(scene_function(), "* latency_ms=2000");
    testdb_exec("SELECT pg_stat_statements_reset()");
    tick = scene_run("--budget 8s");
    scene_tick_free(&tick);
    ck_assert_int_eq(scene_count(NULL), due[_i]);
    ck_assert_int_eq(testdb_number("SELECT sum(calls) FROM pg_stat_statements AS s\n"
                                   "  JOIN pg_database AS d ON d.oid = s.dbid\n"
                                   " WHERE d.datname = current_database()\n"
                                   "   AND query LIKE '%%INSERT INTO sync_run_log%%'\n"
                                   "   AND query NOT LIKE '%%pg_stat_statements%%'"),
                     1);
}
END_TEST

/* ---- A log of several parts ---- */

/* The log as somebody would partition it, by organisation: only the primary key is another. */
static void partition_log(void)
{
    testdb_exec("ALTER TABLE sync_run_log RENAME TO whole_log");
    testdb_exec("CREATE TABLE sync_run_log\n"
                "       (LIKE whole_log INCLUDING DEFAULTS INCLUDING CONSTRAINTS)\n"
                "       PARTITION BY HASH (org_id)");
    for (int i = 0; i < 4; i++)
        testdb_exec("CREATE TABLE sync_run_log_%d PARTITION OF sync_run_log\n"
                    "       FOR VALUES WITH (MODULUS 4, REMAINDER %d)",
                    i, i);
    testdb_exec("ALTER TABLE sync_run_log ADD PRIMARY KEY (org_id, run_id)");
    testdb_exec("CREATE UNIQUE INDEX ON sync_run_log\n"
                "       (org_id, integration_id, scheduled_for, attempt)");
    testdb_exec("CREATE UNIQUE INDEX ON sync_run_log (org_id, integration_id)\n"
                "       WHERE status IN ('pending', 'running')");
    testdb_exec("DROP TABLE whole_log");
}

/* Covers: a log partitioned by organisation is served, adopted, abandoned, retried and audited. */
START_TEST(test_partitioned_log)
{
    int64_t slot = scene_settle(5000);
    struct scene_tick tick;

    partition_log();
    scene_seed(1, 4, "* * * * *");
    free(scene_seed_run(1, "pending", slot - 2, 2));
    free(scene_seed_run(2, "running", slot - 40, 40));
    function_script(scene_function(), "10000000-0000-4000-8000-000000000003 status=400 times=1\n");
    /* 1 is adopted, which leaves its slot; 2 is abandoned and served, 3 fails, 4 is served. */
    scene_expect(scene_run("--max-attempts 2"), 4, 1, 1, 1);
    ck_assert_int_eq(scene_count("completed"), 3);
    ck_assert_int_eq(scene_count("failed"), 2);
    testdb_exec("UPDATE sync_run_log SET failed_at = failed_at - interval '2 minutes'\n"
                " WHERE error_code = 'HTTP_400'");
    tick = scene_run("--max-attempts 2");
    scene_tick_free(&tick);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log\n"
                                   " WHERE attempt = 2 AND status = 'completed'"),
                     1);
    ck_assert_int_eq(scene_count("pending") + scene_count("running"), 0);
}
END_TEST

SUITE(scale)
{
    TCase *scale = tcase_create("scale");

    tcase_add_checked_fixture(scale, scene_open, scene_close);
    tcase_add_test(scale, test_plan_of_read);
    tcase_add_loop_test(scale, test_plan, 0, (int)(sizeof plans / sizeof *plans));
    tcase_add_loop_test(scale, test_claim_is_one_statement, 0, (int)(sizeof due / sizeof *due));
    tcase_add_test(scale, test_partitioned_log);
    suite_add_tcase(suite, scale);
}
