/*
 * What is owed when the tick that served it is gone, the schedule has changed meanwhile, or there is
 * more of it than one transaction takes: each slot is in the log once, and nobody waits for another's.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVERY       "* * * * *"
#define EVERY_STATE "* * * * * UTC"
#define FIRST       "integration_id = '10000000-0000-4000-8000-000000000001'"
#define SECOND      "integration_id = '10000000-0000-4000-8000-000000000002'"

enum { MANY = 2100, OWED = 44640 };

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* The runs of one integration as "status type first..last code", slots in minutes after origin. */
static void assert_runs(int n, int64_t origin, const char *expected)
{
    assert_text(testdb_text("SELECT string_agg(concat_ws(' ', status, integration_type,"
                            "  (extract(epoch FROM covers_from - '%s') / 60)::int || '..' ||"
                            "  (extract(epoch FROM scheduled_for - '%s') / 60)::int,"
                            "  error_class || '/' || error_code), ', ' ORDER BY scheduled_for)"
                            " FROM sync_run_log WHERE integration_id = '%s'",
                            scene_minute_text(origin), scene_minute_text(origin),
                            scene_integration(n)),
                expected);
}

/* ---- Integrations that are gone or broken ---- */

/* Covers: what deleted integrations owe is cancelled, of a known type or not; others are served. */
START_TEST(test_deleted)
{
    int64_t slot = scene_settle_behind_slot();

    scene_seed(1, 3, EVERY);
    for (int n = 1; n <= 3; n++)
        scene_seed_state(n, EVERY_STATE, slot - 10);
    free(scene_seed_run(2, "completed", slot - 20, 20));
    testdb_exec("UPDATE sync_run_log SET integration_type = 'bufdir'");
    testdb_exec("DELETE FROM organization_integrations WHERE " FIRST " OR " SECOND);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(1, slot, "failed unknown -9..0 not_delivered/CANCELLED");
    assert_runs(2, slot, "completed bufdir -20..-20, failed bufdir -9..0 not_delivered/CANCELLED");
    assert_runs(3, slot, "completed xledger -9..0");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_expect(scene_run(""), 0, 1, 0, 0);
    ck_assert_int_eq(scene_count(NULL), 4);
}
END_TEST

/* Covers: a row whose type is null is a warning; what it owed is cancelled, the others are served. */
START_TEST(test_null_type)
{
    int64_t slot = scene_settle_behind_slot();
    struct scene_tick tick;

    scene_seed(1, 2, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - 10);
    testdb_exec("ALTER TABLE organization_integrations ALTER integration_type DROP NOT NULL;"
                "UPDATE organization_integrations SET integration_type = NULL WHERE " FIRST);
    tick = scene_run("");
    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, "warning: Nordlys / ? (10000000): "));
    ck_assert_ptr_nonnull(strstr(tick.err, "(null)"));
    assert_runs(1, slot, "failed unknown -9..0 not_delivered/CANCELLED");
    assert_runs(2, slot, "completed xledger 0..0");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the pending run of a deleted integration is closed, not called; another one is adopted. */
START_TEST(test_pending_of_deleted)
{
    int64_t slot = scene_settle(6000);

    free(scene_seed_run(1, "pending", slot - 3, 2));
    free(scene_seed_run(2, "pending", slot - 3, 2));
    scene_seed(2, 2, "0 0 29 2 *");
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(1, slot, "failed xledger -3..-3 not_delivered/CANCELLED");
    assert_runs(2, slot, "completed xledger -3..-3");
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 0);
}
END_TEST

/* ---- Schedules that change ---- */

static const struct {
    const char *change;
    const char *schedule; /* of the state after the next tick */
    long served_next;
} changes[] = {
    {"UPDATE organization_integrations SET cron_schedule = ''0 0 29 2 *''", "0 0 29 2 * UTC", 0},
    {"UPDATE organizations SET timezone = ''+02:00''", "* * * * * +02:00", 1},
    {"UPDATE organization_integrations SET is_enabled = false", "", 0},
    {"DELETE FROM organization_integrations", "", 0},
};

/*
 * Covers: a schedule that is changed between the reading and the claim is not claimed by its old
 * text. The heartbeat comes between the two, so its trigger stands for whoever changes it then.
 */
START_TEST(test_changed_after_reading)
{
    int64_t slot = scene_settle_behind_slot();

    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - 1);
    testdb_exec("CREATE FUNCTION change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "    EXECUTE '%s'; RETURN NULL; END $$;"
                "CREATE TRIGGER change AFTER INSERT ON sync_trigger_state"
                "    FOR EACH ROW EXECUTE FUNCTION change()",
                changes[_i].change);
    scene_expect(scene_run(""), 0, 1, 0, 0);
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_int_eq(scene_mark(1), slot - 1);
    testdb_exec("DROP TRIGGER change ON sync_trigger_state");
    scene_expect(scene_run(""), changes[_i].served_next, 0, 0, 0);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), changes[_i].schedule);
    ck_assert_int_eq(scene_count(NULL), 1); /* served or cancelled */
}
END_TEST

/* The slots that stand in the log as cancelled. */
static long count_cancelled(void)
{
    return testdb_number("SELECT coalesce(sum(extract(epoch FROM scheduled_for - covers_from) / 60"
                         " + 1), 0)::bigint FROM sync_run_log WHERE error_code = 'CANCELLED'");
}

/* Covers: an edit over a long debt: all of it is cancelled at once, and the new text is served. */
START_TEST(test_edited_after_long_outage)
{
    int64_t slot = scene_settle(15000);

    scene_seed(1, 1, "*/1 * * * *");
    scene_seed_state(1, EVERY_STATE, slot - OWED);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(count_cancelled(), OWED - 1);
    ck_assert_int_eq(scene_mark(1), slot);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), "*/1 * * * * UTC");
    /* No gap between the runs and no overlap: each begins where the one before it ends. */
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM (SELECT covers_from - lag(scheduled_for)"
                                   "  OVER (ORDER BY scheduled_for) AS step FROM sync_run_log) AS s"
                                   " WHERE step <> interval '1 minute'"),
                     0);
    ck_assert_int_eq(scene_count("completed"), 1);
    scene_expect(scene_run(""), 0, 1, 0, 0);
}
END_TEST

/* ---- More than one transaction takes ---- */

static void seed_many(const char *cron)
{
    testdb_exec("INSERT INTO organization_integrations"
                " (org_id, integration_id, integration_type, cron_schedule)"
                " SELECT '" SCENE_ORG "',"
                "  ('10000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'xledger', '%s'"
                " FROM generate_series(1, %d) AS n",
                cron, MANY);
}

/* Covers: schedules seen for the first time, more than one transaction takes: all get their state. */
START_TEST(test_many_new)
{
    seed_many("0 0 29 2 *");
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), MANY);
    ck_assert_int_eq(scene_count(NULL), 0);
}
END_TEST

/* Covers: all of them are claimed by a dry run, which writes nothing; and old runs are adopted. */
START_TEST(test_many_dry)
{
    int64_t slot = scene_settle(10000);

    seed_many(EVERY);
    scene_expect(scene_run("--dry-run"), MANY, 0, 0, 0);
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 0);
    free(scene_seed_run(MANY, "pending", slot - 3, 2)); /* behind the first transaction's keys */
    scene_expect(scene_run("--dry-run"), MANY, 1, 0, 0);
    ck_assert_int_eq(scene_count("pending"), 1);
}
END_TEST

/* Covers: what all of them owe is given up, each once, whichever transaction they are in. */
START_TEST(test_many_owing)
{
    int64_t slot = scene_settle_behind_slot();

    seed_many("0 0 29 2 *");
    testdb_exec("INSERT INTO sync_schedule_state SELECT org_id, integration_id, '%s', '%s'"
                " FROM organization_integrations",
                EVERY_STATE, scene_minute_text(slot - 6));
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(scene_count(NULL), MANY);
    ck_assert_int_eq(count_cancelled(), 6L * MANY);
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT integration_id) FROM sync_run_log"),
                     MANY);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"
                                   " WHERE schedule = '0 0 29 2 * UTC'"),
                     MANY);
}
END_TEST

/* ---- A log that nobody reads ---- */

/* Covers: the reader of stderr is gone and there is something to say: the run ends as ever. */
START_TEST(test_stderr_is_closed_pipe)
{
    const char *env[4] = {NULL};
    char url[300];
    char command[400];
    const char *build = getenv("BUILD");
    struct program_result result;
    int ends[2];

    scene_seed(1, 1, "0 2 * * *");
    function_script(scene_function(), "* action=no_content");
    ck_assert_int_eq(pipe(ends), 0);
    close(ends[0]);
    ck_assert_int_le(ends[1], 9); /* what the shell's grammar can name */
    snprintf(url, sizeof url, "SUPABASE_URL=%s", function_url(scene_function()));
    snprintf(command, sizeof command,
             "exec %s/syncsched run --config /dev/null --at 2024-05-01T02:00Z 2>&%d",
             build != NULL ? build : TEST_BUILD_DIR, ends[1]);
    env[0] = url;
    env[1] = "SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY;
    env[2] = "SUPABASE_DB_URL";
    result = program_run((const char *const[]){"sh", "-c", command, NULL}, env);
    close(ends[1]);
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_eq(strstr(result.out, "{\"triggered\":1,\"skipped\":0,\"failed\":0,"),
                     result.out);
    ck_assert_int_eq(scene_count("completed"), 1);
    program_result_free(&result);
}
END_TEST

SUITE(tick_debts)
{
    TCase *gone = tcase_create("gone");
    TCase *many = tcase_create("many");

    tcase_add_checked_fixture(gone, scene_open, scene_close);
    tcase_add_test(gone, test_deleted);
    tcase_add_test(gone, test_null_type);
    tcase_add_test(gone, test_pending_of_deleted);
    tcase_add_loop_test(gone, test_changed_after_reading, 0,
                        (int)(sizeof changes / sizeof *changes));
    tcase_add_test(gone, test_edited_after_long_outage);
    tcase_add_test(gone, test_stderr_is_closed_pipe);
    suite_add_tcase(suite, gone);

    tcase_add_checked_fixture(many, scene_open, scene_close);
    tcase_add_test(many, test_many_new);
    tcase_add_test(many, test_many_dry);
    tcase_add_test(many, test_many_owing);
    suite_add_tcase(suite, many);
}
