/*
 * No slot is opened again by pruning, be it by a tick, or by one or a run by hand that has read the
 * database before the log was pruned and claims afterwards.
 */
#include "integration/prune_scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdlib.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct {
    const char *mark_ago;
    long hours_left; /* at least: what the mark keeps, or two days */
} marks[] = {{"0 minutes", 48}, {"5 days", 119}};

/* Covers: a plain run finds nothing to serve, be the mark in the past. */
START_TEST(test_plain_run)
{
    int64_t now = scene_settle(10000);

    scene_seed(1, 1, "0 * * * *");
    prune_seed_hours(24 * 10);
    scene_seed_state(1, "0 * * * * UTC", prune_minute_ago(marks[_i].mark_ago));
    free(prune_run("--older-than 2d"));
    ck_assert_int_lt(scene_count(NULL), marks[_i].hours_left + 5);
    ck_assert_int_ge(scene_count(NULL), marks[_i].hours_left);
    for (int n = 0; n < 2; n++) {
        struct scene_tick tick = scene_run("--catch-up 366d");

        ck_assert_msg(tick.triggered == 0 && tick.failed == 0, "%s%s", tick.out, tick.err);
        scene_tick_free(&tick);
    }
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status <> 'completed'"),
                     0);
    ck_assert_int_ge(scene_mark(1), now - 1);
}
END_TEST

/* A run of the program that has read the schedules, and waits for the stranger before it claims. */
static struct program *start_before(PGconn **stranger, const char *options)
{
    struct program *program;

    *stranger = scene_stranger("LOCK TABLE sync_schedule_state, sync_run_log IN EXCLUSIVE MODE");
    program = scene_start(options);
    scene_wait_for("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted"
                   " AND relation IN ('sync_schedule_state'::regclass, 'sync_run_log'::regclass))");
    return program;
}

/* The stranger does this, too, and commits. */
static void finish(PGconn *stranger, const char *sql)
{
    PGresult *result = PQexec(stranger, sql);

    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(stranger));
    PQclear(result);
    result = PQexec(stranger, "COMMIT");
    ck_assert_int_eq(PQresultStatus(result), PGRES_COMMAND_OK);
    PQclear(result);
    PQfinish(stranger);
}

#define PRUNE_ALL                                                                                  \
    "INSERT INTO sync_prune_state (pruned_before) VALUES (now() - interval '2 days');"             \
    " DELETE FROM sync_run_log WHERE "

/* Covers: pruned after a run by hand has read the bound, before its claim. */
START_TEST(test_by_hand_read_before)
{
    PGconn *stranger;
    struct program *program;

    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    program = start_before(&stranger, "--at " AT);
    finish(stranger, PRUNE_ALL "true");
    scene_expect(scene_wait(program), 0, 1, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    ck_assert_int_eq(scene_count(NULL), 0);
}
END_TEST

/*
 * Covers: the same, where the attempt that succeeded is gone and the failed one is still there. What
 * waits for the stranger first is what abandons the run of another integration.
 */
START_TEST(test_retry_read_before)
{
    PGconn *stranger;
    struct program *program;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=400 times=1\n* count=7");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    scene_expect(scene_run("--retry-failed --at " AT), 1, 0, 0, 0);
    free(scene_seed_run(2, "running", prune_minute_ago("1 hours"), 60));
    program = start_before(&stranger, "--retry-failed --at " AT);
    finish(stranger, PRUNE_ALL "attempt = 2");
    scene_expect(scene_wait(program), 0, 1, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
}
END_TEST

/* Covers: a tick has read an old mark; another one serves what was owed, and that is pruned. */
START_TEST(test_tick_read_before)
{
    PGconn *stranger;
    struct program *program;

    scene_settle(10000);
    scene_seed(1, 1, scene_minute_cron(prune_minute_ago("3 days")));
    testdb_exec("INSERT INTO sync_schedule_state SELECT org_id, integration_id,"
                " cron_schedule || ' UTC', date_trunc('minute', now() - interval '4 days')"
                " FROM organization_integrations");
    program = start_before(&stranger, "--catch-up 366d");
    finish(stranger, PRUNE_ALL "true; UPDATE sync_schedule_state"
                               " SET mark = date_trunc('minute', now() - interval '1 minute')");
    scene_expect(scene_wait(program), 0, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    /* And what no tick has looked at is served, however far the log was pruned. */
    testdb_exec("UPDATE sync_schedule_state"
                " SET mark = date_trunc('minute', now() - interval '4 days')");
    scene_expect(scene_run("--catch-up 366d"), 1, 0, 0, 0);
}
END_TEST

/* Covers: a claim whose snapshot is older than the bound has all the runs that are deleted then. */
START_TEST(test_snapshot_before)
{
    PGconn *stranger;
    struct program *program;

    scene_seed(1, 2, DAILY);
    testdb_exec("UPDATE organization_integrations SET is_enabled = integration_id = '%s'",
                scene_integration(2));
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    testdb_exec("UPDATE sync_run_log SET created_at = scheduled_for, started_at = scheduled_for,"
                " completed_at = scheduled_for");
    testdb_exec("UPDATE organization_integrations SET is_enabled = true");
    prune_seed_run(2, "completed", "49 hours", "49 hours", 1);
    /* The claim's INSERT waits for this one: for the same slot of the first integration. */
    stranger = scene_stranger(
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by) VALUES ('" SCENE_ORG
        "', '10000000-0000-4000-8000-000000000001', 'xledger', '" AT "', '" AT "', 1, 'pending',"
        " 'key', 'schedule')");
    program = scene_start("--at " AT);
    scene_wait_for("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)");
    prune_expect("--older-than 2d", 1, 1);
    PQfinish(stranger);
    scene_expect(scene_wait(program), 1, 1, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 1);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(2)), 1);
}
END_TEST

SUITE(prune_races)
{
    TCase *all = tcase_create("prune_races");

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_loop_test(all, test_plain_run, 0, COUNT(marks));
    tcase_add_test(all, test_by_hand_read_before);
    tcase_add_test(all, test_retry_read_before);
    tcase_add_test(all, test_tick_read_before);
    tcase_add_test(all, test_snapshot_before);
    suite_add_tcase(suite, all);
}
