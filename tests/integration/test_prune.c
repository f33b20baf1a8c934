/*
 * Pruning the log: what goes and what stays, the bound that is remembered and what a run by hand
 * makes of it, two at once, rows that are locked, and the end in mid-way.
 */
#include "integration/prune_scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- What goes and what stays ---- */

static const struct {
    const char *status;
    const char *slot_ago;
    const char *ended_ago;
    const char *schedule; /* of its state row; NULL: there is none */
    const char *mark_ago;
    bool goes;
} fates[] = {
    {"completed", "3 days", "3 days", NULL, NULL, true},
    {"failed", "3 days", "3 days", NULL, NULL, true},
    {"completed", "47 hours", "47 hours", NULL, NULL, false},
    {"failed", "47 hours", "47 hours", NULL, NULL, false},
    /* an old slot that was caught up on lately: a failure may still be attempted again */
    {"failed", "3 days", "1 hour", NULL, NULL, false},
    {"completed", "3 days", "1 hour", NULL, NULL, false},
    /* not finished: somebody will adopt or abandon it */
    {"pending", "3 days", "3 days", NULL, NULL, false},
    {"running", "3 days", "3 days", NULL, NULL, false},
    /* ahead of the mark a tick still looks for it, unless the schedule is no longer in force */
    {"completed", "3 days", "3 days", "0 * * * * UTC", "1 minute", true},
    {"completed", "3 days", "3 days", "0 * * * * UTC", "3 days", true},
    {"completed", "3 days", "3 days", "0 * * * * UTC", "73 hours", false},
    {"failed", "3 days", "3 days", "0 * * * * UTC", "73 hours", false},
    {"completed", "3 days", "3 days", "", "73 hours", true},
};

START_TEST(test_fate)
{
    scene_settle(3000);
    prune_seed_run(1, fates[_i].status, fates[_i].slot_ago, fates[_i].ended_ago, 1);
    prune_seed_run(1, "completed", "49 hours", "49 hours", 1); /* it is the last of nothing */
    if (fates[_i].schedule != NULL)
        scene_seed_state(1, fates[_i].schedule, prune_minute_ago(fates[_i].mark_ago));
    free(prune_run("--older-than 2d"));
    ck_assert_int_eq(scene_count(NULL), fates[_i].goes ? 1 : 2);
}
END_TEST

/* Covers: the last run and the last one completed, of each integration, by slot and attempt. */
START_TEST(test_last_of_kind)
{
    char *left;

    prune_seed_run(1, "failed", "12 days", "12 days", 1);
    prune_seed_run(1, "completed", "11 days", "11 days", 1);
    prune_seed_run(1, "failed", "10 days", "10 days", 1);
    prune_seed_run(1, "completed", "10 days", "10 days", 2); /* the last one completed */
    prune_seed_run(1, "failed", "9 days", "9 days", 1);
    prune_seed_run(1, "failed", "9 days", "8 days", 2); /* the last one */
    prune_seed_run(2, "failed", "12 days", "12 days", 1);
    prune_seed_run(2, "completed", "11 days", "11 days", 1); /* both */
    prune_seed_run(3, "failed", "12 days", "12 days", 1);    /* all there is */
    prune_expect("--older-than 2d", 5, 4);
    left =
        testdb_text("SELECT string_agg(concat(right(integration_id::text, 1), status, attempt), ' '"
                    " ORDER BY integration_id, scheduled_for) FROM sync_run_log");
    ck_assert_str_eq(left, "1completed2 1failed2 2completed1 3failed1");
    free(left);
    prune_expect("--older-than 2d", 0, 4);
}
END_TEST

#define UNKNOWN       "UPDATE sync_run_log SET error_class = 'unknown'"
#define RESOLVED(how) "resolution = '" how "', resolved_at = now(), resolved_by = 'me'"

/* What was done three days ago, or may have been, and which run that is newer lets it go. */
static const struct {
    const char *status;
    const char *sql;
    const char *newer_status;
    const char *newer_ago;
    bool goes;
} periods[] = {
    {"completed", "SELECT 1", "completed", "49 hours", true},
    {"completed", "SELECT 1", "completed", "47 hours",
     false}, /* a run by hand may lie between them */
    {"completed", "SELECT 1", "failed", "49 hours", false},
    {"failed", "SELECT 1", "failed", "47 hours", true},
    {"failed", UNKNOWN, "failed", "49 hours", false},
    {"failed", UNKNOWN, "completed", "49 hours", true},
    {"failed", UNKNOWN, "completed", "47 hours", false},
    {"failed", UNKNOWN "," RESOLVED("done"), "failed", "49 hours", false},
    {"failed", UNKNOWN "," RESOLVED("not_done"), "failed", "49 hours", true},
    {"failed", "UPDATE sync_run_log SET " RESOLVED("done"), "failed", "49 hours", false},
};

START_TEST(test_periods)
{
    scene_settle(3000);
    prune_seed_run(1, periods[_i].status, "3 days", "3 days", 1);
    testdb_exec("%s", periods[_i].sql);
    prune_seed_run(1, periods[_i].newer_status, periods[_i].newer_ago, periods[_i].newer_ago, 1);
    free(prune_run("--older-than 2d"));
    ck_assert_int_eq(scene_count(NULL), periods[_i].goes ? 1 : 2);
}
END_TEST

/* Covers: more than one batch, several integrations; with the service role's rights. */
START_TEST(test_batches)
{
    char *out;

    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
                " completed_at) SELECT '" SCENE_ORG
                "', md5((n %% 7)::text)::uuid, 'xledger', t, t, 1,"
                " 'completed', 'key', 'schedule', 'w', t, t FROM generate_series(1, 3500) AS n,"
                " LATERAL (SELECT '2024-05-01T02:00Z'::timestamptz + n * interval '1 minute')"
                " AS slot (t)");
    prune_expect("--older-than 30d --db-role service_role --dry-run", 3493, 7);
    out = prune_run("--older-than 30d --db-role service_role");
    ck_assert_ptr_eq(strstr(out, "deleted 3493 runs of slots before 20"), out);
    ck_assert_ptr_nonnull(strstr(out, ":00Z, kept 7\n"));
    free(out);
    ck_assert_int_eq(scene_count(NULL), 7);
}
END_TEST

START_TEST(test_dry_run)
{
    char *out;

    prune_seed_hours(24 * 5);
    out = prune_run("--older-than 2d --dry-run");
    ck_assert_ptr_eq(strstr(out, "would delete 7"), out); /* 70 to 72 */
    free(out);
    ck_assert_int_eq(scene_count(NULL), 24 * 5);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_prune_state"), 0);
}
END_TEST

/* ---- The bound ---- */

static void set_bound(int64_t minute)
{
    testdb_exec(
        "INSERT INTO sync_prune_state (pruned_before) VALUES ('%s') ON CONFLICT (is_only_row)"
        " DO UPDATE SET pruned_before = excluded.pruned_before",
        scene_minute_text(minute));
}

static int64_t bound(void)
{
    return testdb_number("SELECT (extract(epoch FROM pruned_before) / 60)::bigint"
                         " FROM sync_prune_state");
}

/* Covers: it is what is printed, it moves forward only, a shorter history first. */
START_TEST(test_bound)
{
    static const struct {
        const char *older_than;
        const char *interval; /* NULL: the bound stays where it is */
    } calls[] = {{"10d", "10 days"}, {"20d", NULL}, {"49h", "49 hours"}, {"10d", NULL}};
    int64_t last = 0;

    for (size_t i = 0; i < COUNT(calls); i++) {
        int64_t earliest = calls[i].interval ? prune_minute_ago(calls[i].interval) : last;
        char options[64];
        char *out;

        snprintf(options, sizeof options, "--json --older-than %s", calls[i].older_than);
        out = prune_run(options);
        last = bound();
        ck_assert_int_ge(last, earliest);
        ck_assert_int_le(last, calls[i].interval ? prune_minute_ago(calls[i].interval) : earliest);
        ck_assert_msg(strstr(out, scene_minute_text(last)) != NULL, "%s: %s", options, out);
        free(out);
    }
}
END_TEST

/* Covers: refused with the reason, before anything is claimed; in a dry run and a retry, too. */
START_TEST(test_at_before)
{
    static const char *const options[] = {"--at " AT, "--dry-run --at " AT,
                                          "--retry-failed --at " AT};

    scene_seed(1, 1, DAILY);
    scene_seed(2, 2, DAILY);
    testdb_exec(
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by, failed_at, error_class,"
        " error_code) VALUES ('" SCENE_ORG "', '%s', 'xledger', '" AT "', '" AT "', 1,"
        " 'failed', 'key', 'schedule', '" AT "', 'rejected', 'X')",
        scene_integration(2));
    free(prune_run("--older-than 2d"));
    for (size_t i = 0; i < COUNT(options); i++) {
        struct scene_tick tick = scene_run(options[i]);

        ck_assert_int_eq(tick.status, 2);
        ck_assert_str_eq(tick.out, "");
        ck_assert_ptr_nonnull(strstr(tick.err, "--at: the log was pruned up to 20"));
        ck_assert_ptr_nonnull(strstr(tick.err, "no longer shows whether that slot was served"));
        scene_tick_free(&tick);
    }
    ck_assert_int_eq(scene_count(NULL), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
}
END_TEST

/* Covers: a slot at the bound is served, one a minute before it is not. */
START_TEST(test_at_the_bound)
{
    int64_t slot = prune_minute_ago("5 days");
    char options[64];

    scene_seed(1, 1, scene_minute_cron(slot));
    snprintf(options, sizeof options, "--at %s", scene_minute_text(slot));
    set_bound(slot + 1);
    scene_expect(scene_run(options), -1, -1, -1, 2);
    set_bound(slot);
    function_script(scene_function(), "* status=400 times=1\n* count=7");
    scene_expect(scene_run(options), 1, 0, 1, 1);
    snprintf(options, sizeof options, "--retry-failed --at %s", scene_minute_text(slot));
    scene_expect(scene_run(options), 1, 0, 0, 0);
}
END_TEST

/* ---- Others, and the end in mid-way ---- */

START_TEST(test_two_at_once)
{
    struct program *programs[2];
    long deleted = 0;

    prune_seed_hours(24 * 200);
    for (int i = 0; i < 2; i++)
        programs[i] = prune_start("--older-than 2d");
    for (int i = 0; i < 2; i++) {
        struct program_result result = program_wait(programs[i]);
        long one = -1;

        ck_assert_msg(result.status == 0, "%s", result.err);
        ck_assert_int_eq(sscanf(result.out, "deleted %ld", &one), 1);
        deleted += one;
        program_result_free(&result);
    }
    ck_assert_int_eq(deleted, 24 * 200 - scene_count(NULL));
    ck_assert_int_ge(deleted, 24 * 198 - 2);
}
END_TEST

START_TEST(test_locked_row)
{
    PGconn *stranger;

    for (int n = 1; n <= 3; n++) {
        prune_seed_run(n, "completed", "3 days", "3 days", 1);
        prune_seed_run(n, "completed", "49 hours", "49 hours", 1);
    }
    stranger =
        scene_stranger("SELECT FROM sync_run_log WHERE scheduled_for < now() - interval '2 days'"
                       " ORDER BY integration_id LIMIT 1 FOR UPDATE");
    prune_expect("--older-than 2d", 2, 4);
    PQfinish(stranger);
    prune_expect("--older-than 2d", 1, 3);
}
END_TEST

START_TEST(test_killed)
{
    struct program *program;
    struct program_result result;

    prune_seed_hours(24 * 300);
    testdb_exec("CREATE FUNCTION wait_a_bit() RETURNS trigger LANGUAGE plpgsql"
                " AS 'BEGIN PERFORM pg_sleep(0.3); RETURN NULL; END';"
                " CREATE TRIGGER slow BEFORE DELETE ON sync_run_log EXECUTE FUNCTION wait_a_bit()");
    program = prune_start("--older-than 2d");
    scene_wait_for("SELECT count(*) < 24 * 300 FROM sync_run_log");
    program_signal(program, SIGKILL);
    result = program_wait(program);
    ck_assert_int_eq(result.status, 128 + SIGKILL);
    program_result_free(&result);
    scene_wait_for(
        "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'syncsched' AND state <> 'idle')"); /* a pooler keeps an idle one */
    ck_assert_int_gt(scene_count(NULL), 24 * 200);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_prune_state WHERE pruned_before"
                                   " > now() - interval '2 days 3 minutes'"),
                     1);
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), -1, -1, -1, 2);
    testdb_exec("DROP TRIGGER slow ON sync_run_log");
    free(prune_run("--older-than 2d"));
    ck_assert_int_le(scene_count(NULL), 51);
}
END_TEST

/* ---- The command line ---- */

START_TEST(test_usage)
{
    static const char *const wrong[][2] = {{"", "such as: syncsched prune --older-than 366d"},
                                           {"--older-than 47h", "from 2d to 3660d"},
                                           {"--older-than 3661d", "out of range"},
                                           {"--older-than 2y", "unknown unit"}};

    prune_seed_hours(24 * 5);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct program_result result = program_wait(prune_start(wrong[i][0]));

        ck_assert_int_eq(result.status, 2);
        ck_assert_str_eq(result.out, "");
        ck_assert_msg(strstr(result.err, wrong[i][1]) != NULL, "%s", result.err);
        program_result_free(&result);
    }
    ck_assert_int_eq(scene_count(NULL), 24 * 5);
}
END_TEST

SUITE(prune)
{
    TCase *all = tcase_create("prune");
    TCase *bounds = tcase_create("bounds");

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_loop_test(all, test_fate, 0, COUNT(fates));
    tcase_add_test(all, test_last_of_kind);
    tcase_add_loop_test(all, test_periods, 0, COUNT(periods));
    tcase_add_test(all, test_batches);
    tcase_add_test(all, test_dry_run);
    tcase_add_test(all, test_two_at_once);
    tcase_add_test(all, test_locked_row);
    tcase_add_test(all, test_killed);
    tcase_add_test(all, test_usage);
    suite_add_tcase(suite, all);

    tcase_add_checked_fixture(bounds, scene_open, scene_close);
    tcase_add_test(bounds, test_bound);
    tcase_add_test(bounds, test_at_before);
    tcase_add_test(bounds, test_at_the_bound);
    suite_add_tcase(suite, bounds);
}
