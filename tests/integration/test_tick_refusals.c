/*
 * What the database refuses, of one run or one integration: its outcome gets into the log all the same
 * where that can be, and it keeps nothing from the others.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))
#define TWIN     "00000000-0000-4000-8000-00000000000f" /* an organisation with the same ids */

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* A trigger that refuses, with that SQLSTATE, what the condition says of NEW. */
static void refuse_with(const char *state, const char *when, const char *condition)
{
    testdb_exec("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = '%s'; END $$;"
                "CREATE TRIGGER refuse BEFORE %s ON sync_run_log"
                " FOR EACH ROW WHEN (%s) EXECUTE FUNCTION refuse()",
                state, when, condition);
}

static void refuse(const char *when, const char *condition)
{
    refuse_with("P0001", when, condition);
}

/* What triggers raise: by default, as people like to, as PostgREST has it, and of one's own. */
static const char *const raised[] = {"P0001", "42501", "PT403", "NO001", "55000"};

/* ---- Outcomes ---- */

/* Covers: a database whose encoding does not have what the function says. */
START_TEST(test_encoding)
{
    testdb_create_in("LATIN1");
    scene_begin();
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=422 body={\"code\": \"XL_LOCKED\", \"message\":"
                                      " \"Zahlung \xE2\x80\x93 f\xC3\xBCr M \xF0\x9F\x98\x80\"}");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    assert_text(testdb_text("SELECT concat_ws(' ', status, error_class, error_code, http_status,"
                            " error_message, records_exported) FROM sync_run_log"),
                "failed rejected XL_LOCKED 422 Zahlung \\u2013 f\\u00FCr M \\U0001F600");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_close();
}
END_TEST

/* Covers: a check of the user's that refuses every text: class and code are in the log. */
START_TEST(test_check)
{
    struct scene_tick tick;

    testdb_exec("ALTER TABLE sync_run_log ADD CHECK (error_message IS NULL)");
    scene_seed(1, 1, DAILY);
    function_script(scene_function(),
                    "* status=422 body={\"code\": \"XL_LOCKED\", \"message\": \"no\"}");
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    ck_assert_msg(strstr(tick.err, "the database refuses its message") != NULL, "%s", tick.err);
    assert_text(testdb_text("SELECT concat_ws(' ', status, error_class, error_code, http_status,"
                            " error_message) FROM sync_run_log"),
                "failed rejected XL_LOCKED 422");
    scene_tick_free(&tick);
}
END_TEST

/*
 * Covers: a trigger that refuses whatever becomes of five runs holds none of the five workers; what is
 * not in the log is said.
 */
START_TEST(test_trigger)
{
    struct scene_tick tick;

    refuse_with(raised[_i], "UPDATE",
                "NEW.status IN ('completed', 'failed')"
                " AND NEW.integration_id <= '10000000-0000-4000-8000-000000000005'");
    scene_seed(1, 12, DAILY);
    tick = scene_run("--at " AT);
    scene_check(&tick, 12, 0, 5, 1);
    ck_assert_int_lt(tick.wall_ms, 20000);
    ck_assert_int_eq(scene_count("completed"), 7);
    ck_assert_int_eq(scene_count("running"), 5);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 12);
    ck_assert_msg(strstr(tick.err,
                         "it is completed, which could not be stored; 30 minutes after its "
                         "start a tick records it as unknown: database: not this one") != NULL,
                  "%s", tick.err);
    scene_tick_free(&tick);
}
END_TEST

/* ---- The claim ---- */

static void open_claims(void)
{
    scene_open();
    scene_set_variable("SYNCSCHED_LOG_FORMAT=json");
}

/* A message says it, of the n-th integration; n 0: of whomever. */
static void assert_said(const struct scene_tick *tick, int n, const char *what)
{
    size_t found = 0;

    for (const char *at = tick->err; *at != '\0'; at += strcspn(at, "\n") + 1) {
        json_t *line = json_loads(at, JSON_DISABLE_EOF_CHECK, NULL);
        const char *message = json_string_value(json_object_get(line, "message"));
        const char *id = json_string_value(json_object_get(line, "integrationId"));

        ck_assert_ptr_nonnull(message);
        if (strstr(message, " / xledger (10000000): ") != NULL && strstr(message, what) != NULL)
            found += n == 0 || (id != NULL && strcmp(id, scene_integration(n)) == 0) ? 1 : 0;
        json_decref(line);
    }
    ck_assert_msg(found == 1, "%s", tick->err);
}

/* Covers: a trigger that refuses one organisation's integration among twenty. */
START_TEST(test_claim_trigger)
{
    struct scene_tick tick;

    refuse_with(raised[_i], "INSERT",
                "NEW.integration_id = '10000000-0000-4000-8000-000000000003'");
    scene_seed(1, 20, DAILY);
    tick = scene_run("--at " AT);
    scene_check(&tick, 19, 1, 0, 0);
    assert_said(&tick, 3, "not claimed: database: not this one");
    ck_assert_int_eq(scene_count("completed"), 19);
    ck_assert_int_eq(scene_count(NULL), 19);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: nothing gets through: a failure of the tick. */
START_TEST(test_claim_nothing)
{
    struct scene_tick tick;

    refuse("INSERT", "true");
    scene_seed(1, 5, DAILY);
    tick = scene_run("--at " AT);
    ck_assert_msg(tick.status == 3, "%s", tick.err);
    assert_said(&tick, 0, "not claimed: database: not this one");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a key that lies in a stranger's open transaction; the slot is served by a later tick. */
START_TEST(test_claim_stranger)
{
    struct scene_tick tick;
    PGconn *stranger;
    char *run;

    scene_seed(1, 20, DAILY);
    run = scene_seed_run(7, "completed", 28575480, 10);
    testdb_exec("CREATE TABLE kept AS SELECT * FROM sync_run_log; DELETE FROM sync_run_log");
    stranger = scene_stranger("INSERT INTO sync_run_log SELECT * FROM kept");
    tick = scene_run("--at " AT);
    scene_check(&tick, 19, 1, 0, 0);
    assert_said(&tick, 7, "not claimed: database: ");
    scene_tick_free(&tick);
    PQfinish(stranger);
    scene_expect(scene_run("--at " AT), 1, 19, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 20);
    free(run);
}
END_TEST

/*
 * Covers: what earlier ticks left: a run that a trigger keeps running after 30 minutes, and one that it
 * keeps pending, beside one that is abandoned, one that is adopted and one that is due.
 */
START_TEST(test_claim_past)
{
    int64_t slot = scene_settle(20000);
    struct scene_tick tick;

    scene_seed(1, 4, DAILY);
    scene_seed(5, 5, scene_minute_cron(slot));
    scene_seed_tick();
    for (int n = 1; n <= 4; n++) {
        scene_seed_state(n, DAILY " UTC", slot);
        free(scene_seed_run(n, n <= 2 ? "running" : "pending", slot - 100, 40));
    }
    testdb_exec("DELETE FROM organization_integrations WHERE integration_id = '%s'",
                scene_integration(3));
    refuse("UPDATE", "OLD.integration_id IN ('10000000-0000-4000-8000-000000000001',"
                     " '10000000-0000-4000-8000-000000000003') AND NEW.status = 'failed'");
    tick = scene_run("");
    scene_check(&tick, 2, 0, 0, 0);
    assert_said(&tick, 1, "its run is left as it was: database: not this one");
    ck_assert_msg(strstr(tick.err, "1 more integrations wait") != NULL, "%s", tick.err);
    ck_assert_int_eq(scene_count("completed"), 2);
    ck_assert_int_eq(scene_count("running"), 1);
    ck_assert_int_eq(scene_count("pending"), 1);
    assert_text(scene_failure(2), "unknown/ABANDONED");
    scene_tick_free(&tick);
}
END_TEST

/*
 * Covers: a run that a trigger keeps running, and one of another organisation with the same ids; the
 * warning names the one that waits.
 */
START_TEST(test_claim_past_twins)
{
    int64_t slot = scene_settle(20000);
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    scene_seed_tick();
    scene_seed_state(1, DAILY " UTC", slot);
    free(scene_seed_run(1, "running", slot - 100, 40));
    testdb_exec(
        "INSERT INTO organizations VALUES ('" TWIN "', 'Tvilling');"
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by, worker, created_at,"
        " started_at) SELECT '" TWIN "', integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, 'twin', triggered_by, worker, created_at, started_at"
        " FROM sync_run_log");
    refuse("UPDATE", "OLD.org_id = '" TWIN "'");
    tick = scene_run("");
    scene_check(&tick, 0, 0, 0, 0);
    ck_assert_int_eq(scene_count("running"), 1);
    assert_text(testdb_text("SELECT org_id FROM sync_run_log WHERE status = 'running'"), TWIN);
    ck_assert_msg(strstr(tick.err, "Tvilling / xledger (10000000): its run is left as it was") !=
                      NULL,
                  "%s", tick.err);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: what a part did before it was refused was rolled back, and is said once. */
START_TEST(test_claim_said_once)
{
    int64_t slot = scene_settle(20000);
    struct scene_tick tick;
    char *said;

    scene_seed(1, 2, DAILY);
    for (int n = 1; n <= 2; n++) {
        scene_seed_state(n, DAILY " UTC", slot);
        free(scene_seed_run(n, n == 1 ? "running" : "pending", slot - 100, 40));
    }
    testdb_exec("UPDATE organization_integrations SET is_enabled = false");
    refuse("UPDATE", "OLD.status = 'pending'");
    tick = scene_run("");
    scene_check(&tick, 0, 0, 0, 0);
    said = strstr(tick.err, "was abandoned");
    ck_assert_msg(said != NULL && strstr(said + 1, "was abandoned") == NULL, "%s", tick.err);
    assert_said(&tick, 2, "its run is left as it was: database: not this one");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a trigger that refuses one of three further attempts. */
START_TEST(test_claim_attempts)
{
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* status=422 body={\"code\": \"NO\"}");
    scene_expect(scene_run("--at " AT), 3, 0, 3, 1);
    function_script(scene_function(), "* count=1");
    refuse("INSERT", "NEW.integration_id = '10000000-0000-4000-8000-000000000002'");
    tick = scene_run("--retry-failed --at " AT);
    scene_check(&tick, 2, 1, 0, 0);
    assert_said(&tick, 2, "its run is left as it was: database: not this one");
    ck_assert_int_eq(scene_count("completed"), 2);
    scene_tick_free(&tick);
}
END_TEST

SUITE(tick_refusals)
{
    TCase *encodings = tcase_create("encodings");
    TCase *outcomes = tcase_create("outcomes");
    TCase *claims = tcase_create("claims");

    tcase_add_test(encodings, test_encoding);
    tcase_set_timeout(encodings, 120);
    suite_add_tcase(suite, encodings);
    tcase_add_checked_fixture(outcomes, scene_open, scene_close);
    tcase_add_test(outcomes, test_check);
    tcase_add_loop_test(outcomes, test_trigger, 0, COUNT(raised));
    tcase_set_timeout(outcomes, 120);
    suite_add_tcase(suite, outcomes);
    tcase_add_checked_fixture(claims, open_claims, scene_close);
    tcase_add_loop_test(claims, test_claim_trigger, 0, COUNT(raised));
    tcase_add_test(claims, test_claim_nothing);
    tcase_add_test(claims, test_claim_stranger);
    tcase_add_test(claims, test_claim_past);
    tcase_add_test(claims, test_claim_past_twins);
    tcase_add_test(claims, test_claim_said_once);
    tcase_add_test(claims, test_claim_attempts);
    tcase_set_timeout(claims, 120);
    suite_add_tcase(suite, claims);
}
