/*
 * A tick that goes well, from the schedule to the summary: the life of a run, the request, how many
 * run at the same time. What goes wrong is test_tick_faults.c's.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT      "2024-05-01T02:00:00Z"
#define DAILY   "0 2 * * *"
#define RUN_KEY SCENE_ORG "/10000000-0000-4000-8000-000000000001/" AT

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* Records each change of a run's status, with the transaction that made it. */
static const char audit_sql[] =
    "CREATE TABLE audit (n bigserial, run_id uuid, change text, txid bigint DEFAULT "
    "txid_current());"
    "CREATE FUNCTION audit_run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "    INSERT INTO audit (run_id, change) VALUES (NEW.run_id,"
    "        CASE TG_OP WHEN 'INSERT' THEN '' ELSE OLD.status || '>' END || NEW.status);"
    "    RETURN NULL; END $$;"
    "CREATE TRIGGER audit AFTER INSERT OR UPDATE ON sync_run_log"
    "    FOR EACH ROW EXECUTE FUNCTION audit_run()";

/* Covers: (1) pending, running, completed, each in a transaction of its own, and what they leave. */
START_TEST(test_life_of_a_run)
{
    struct program *program;

    testdb_exec("%s", audit_sql);
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=400 count=42");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    assert_text(
        testdb_text("SELECT concat_ws(' ', status, started_at IS NOT NULL, worker IS NOT NULL,"
                    " completed_at IS NOT NULL) FROM sync_run_log"),
        "running t t f");
    scene_expect(scene_wait(program), 1, 0, 0, 0);
    assert_text(testdb_text("SELECT string_agg(change, ' ' ORDER BY n) FROM audit"),
                "pending pending>running running>completed");
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT txid) FROM audit"), 3);
    assert_text(testdb_text("SELECT concat_ws(' ', status, records_exported, attempt, triggered_by,"
                            " scheduled_for = covers_from, failed_at IS NULL,"
                            " created_at <= started_at,"
                            " completed_at - started_at > interval '0.4 s') FROM sync_run_log"),
                "completed 42 1 manual t t t t");
}
END_TEST

/* Covers: the summary is exactly what design section 7 says, and names the run. */
START_TEST(test_summary)
{
    struct scene_tick tick;
    char expected[200];
    char *run_id;

    scene_seed(1, 1, DAILY);
    tick = scene_run("--at " AT);
    run_id = testdb_text("SELECT run_id FROM sync_run_log");
    snprintf(expected, sizeof expected,
             "{\"triggered\":1,\"skipped\":0,\"failed\":0,\"runIds\":[\"%s\"]}\n", run_id);
    ck_assert_str_eq(tick.out, expected);
    ck_assert_str_eq(tick.err, "");
    ck_assert_int_eq(tick.status, 0);
    free(run_id);
    scene_tick_free(&tick);
}
END_TEST

static void assert_member(const json_t *line, const char *member, const char *name,
                          const char *expected)
{
    const char *actual = json_string_value(json_object_get(json_object_get(line, member), name));

    ck_assert_msg((actual == NULL) == (expected == NULL) &&
                      (actual == NULL || strcmp(actual, expected) == 0),
                  "%s.%s is %s", member, name, actual != NULL ? actual : "missing");
}

/* What surely failed is exported by the next run, in the same tick for several at once. */
START_TEST(test_period)
{
    static const struct {
        const char *at;
        const char *script; /* of the first integration */
        const char *start;  /* of its period */
    } days[] = {{"2024-05-01T02:00:00Z", "count=7", NULL},
                {"2024-05-02T02:00:00Z", "status=400", "2024-05-01T02:00:00Z"},
                {"2024-05-03T02:00:00Z", "action=close", "2024-05-01T02:00:00Z"},
                {"2024-05-04T02:00:00Z", "count=7", "2024-05-03T02:00:00Z"}};

    scene_seed(1, 2, DAILY);
    for (size_t i = 0; i < sizeof days / sizeof *days; i++) {
        char text[200];
        bool fails = strncmp(days[i].script, "count", 5) != 0;
        json_t *requests;
        size_t n;
        json_t *request;

        snprintf(text, sizeof text, "%s %s\n* count=7", scene_integration(1), days[i].script);
        function_script(scene_function(), text);
        function_clear_log(scene_function());
        snprintf(text, sizeof text, "--at %s", days[i].at);
        scene_expect(scene_run(text), 2, 0, fails, fails);
        requests = function_requests(scene_function());
        ck_assert_uint_eq(json_array_size(requests), 2);
        json_array_foreach(requests, n, request)
        {
            bool is_first = strcmp(json_string_value(json_object_get(
                                       json_object_get(request, "body"), "integrationId")),
                                   scene_integration(1)) == 0;

            assert_member(request, "body", "periodStart",
                          is_first ? days[i].start
                          : i > 0  ? days[i - 1].at
                                   : NULL);
        }
        json_decref(requests);
    }
}
END_TEST

/* Covers: method, path, headers and body, word for word. */
START_TEST(test_request)
{
    json_t *request;
    json_t *body;
    char *run_id;

    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    request = function_request(scene_function(), 0);
    body = json_object_get(request, "body");
    run_id = testdb_text("SELECT run_id FROM sync_run_log");
    ck_assert_str_eq(json_string_value(json_object_get(request, "method")), "POST");
    ck_assert_str_eq(json_string_value(json_object_get(request, "path")),
                     "/functions/v1/run-integration");
    assert_member(request, "headers", "content-type", "application/json");
    assert_member(request, "headers", "idempotency-key", RUN_KEY);
    assert_member(request, "headers", "user-agent", "syncsched/" SYNCSCHED_VERSION);
    assert_text(testdb_text("SELECT idempotency_key FROM sync_run_log"), RUN_KEY);
    assert_member(request, "body", "runId", run_id);
    assert_member(request, "body", "orgId", SCENE_ORG);
    assert_member(request, "body", "integrationId", scene_integration(1));
    assert_member(request, "body", "integrationType", "xledger");
    assert_member(request, "body", "scheduledFor", AT);
    assert_member(request, "body", "coversFrom", AT);
    assert_member(request, "body", "idempotencyKey", RUN_KEY);
    ck_assert_int_eq(json_integer_value(json_object_get(body, "attempt")), 1);
    ck_assert(json_is_null(json_object_get(body, "periodStart"))); /* from the beginning */
    ck_assert_uint_eq(json_object_size(body), 9);
    free(run_id);
    json_decref(request);
}
END_TEST

static const struct {
    const char *name;
    const char *key;
    const char *authorization;
} keys[] = {
    {"SUPABASE_SERVICE_ROLE_KEY", SCENE_KEY, "Bearer " SCENE_KEY},
    {"SUPABASE_SECRET_KEY", SCENE_KEY, "Bearer " SCENE_KEY},
    {"SUPABASE_SECRET_KEY", "sb_secret_c2NlbmU_x9", NULL},
    {"SUPABASE_SERVICE_ROLE_KEY", "sb_secret_c2NlbmU_x9", NULL},
};

/* Covers: a legacy key goes as Bearer and apikey, a new one as apikey only. */
START_TEST(test_key_headers)
{
    json_t *request;

    scene_set_key(keys[_i].name, keys[_i].key);
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    request = function_request(scene_function(), 0);
    assert_member(request, "headers", "apikey", keys[_i].key);
    assert_member(request, "headers", "authorization", keys[_i].authorization);
    json_decref(request);
}
END_TEST

/* Covers: (7) three due rows, one tick, three completed rows; the counts are each one's own. */
START_TEST(test_three_due)
{
    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "10000000-0000-4000-8000-000000000001 count=11\n"
                                      "10000000-0000-4000-8000-000000000002 count=22\n"
                                      "10000000-0000-4000-8000-000000000003 action=no_content\n");
    scene_expect(scene_run("--at " AT), 3, 0, 0, 0);
    assert_text(testdb_text("SELECT string_agg(status || ':' || coalesce(records_exported, -1), ' '"
                            " ORDER BY integration_id) FROM sync_run_log"),
                "completed:11 completed:22 completed:-1");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
}
END_TEST

/* Covers: (5) five integrations run at the same time. */
START_TEST(test_five_at_once)
{
    scene_seed(1, 5, DAILY);
    function_script(scene_function(), "* latency_ms=700");
    scene_expect(scene_run("--at " AT), 5, 0, 0, 0);
    ck_assert_uint_eq(function_most_in_flight(scene_function()), 5);
    ck_assert_int_eq(scene_count("completed"), 5);
}
END_TEST

static const struct {
    const char *options;
    size_t at_once;
} widths[] = {
    {"--at " AT, 5},
    {"--at " AT " --concurrency 2", 2},
    {"--at " AT " --concurrency 1", 1},
};

/* Covers: (6) 20 due: never more in flight than allowed, nor connections; --concurrency. */
START_TEST(test_twenty_due)
{
    scene_seed(1, 20, DAILY);
    function_script(scene_function(), "* latency_ms=100");
    scene_expect(scene_run(widths[_i].options), 20, 0, 0, 0);
    ck_assert_uint_eq(function_most_in_flight(scene_function()), widths[_i].at_once);
    ck_assert_uint_eq(function_connections(scene_function()), widths[_i].at_once);
    ck_assert_int_eq(scene_count("completed"), 20);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 20);
}
END_TEST

/* Records which tables are written to; statements that write no row count, too. */
static const char writes_sql[] =
    "CREATE TABLE writes (n bigserial, what text);"
    "CREATE FUNCTION note_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    "    INSERT INTO writes (what) VALUES (TG_TABLE_NAME); RETURN NULL; END $$;"
    "DO $$ DECLARE t text; BEGIN"
    "    FOREACH t IN ARRAY ARRAY['organizations', 'organization_integrations', 'sync_run_log',"
    "                             'sync_schedule_state', 'sync_schedule_journal',"
    "                             'sync_trigger_state'] LOOP"
    "        EXECUTE format('CREATE TRIGGER writes AFTER INSERT OR UPDATE OR DELETE ON %I"
    "                        FOR EACH STATEMENT EXECUTE FUNCTION note_write()', t);"
    "    END LOOP; END $$";

/* Covers: nothing due: zeros and [], exit 0, no call, no write but the heartbeat. */
START_TEST(test_nothing_due)
{
    struct scene_tick tick;

    scene_seed(1, 3, scene_minute_cron(scene_settle(0) + 60 * 24));
    scene_expect(scene_run(""), 0, 0, 0, 0); /* it sees the schedules for the first time */
    testdb_exec("%s", writes_sql);
    tick = scene_run("");
    ck_assert_str_eq(tick.out, "{\"triggered\":0,\"skipped\":0,\"failed\":0,\"runIds\":[]}\n");
    ck_assert_str_eq(tick.err, "");
    ck_assert_int_eq(tick.status, 0);
    assert_text(testdb_text("SELECT string_agg(DISTINCT what, ' ') FROM writes"),
                "sync_trigger_state");
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"
                                   " WHERE last_tick_at > now() - interval '10 s'"),
                     1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: an empty database is nothing due, too. */
START_TEST(test_no_schedules)
{
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
}
END_TEST

/* Covers: disabled rows and those without a schedule are no part of a tick. */
START_TEST(test_not_active)
{
    scene_seed(1, 3, "* * * * *");
    testdb_exec("UPDATE organization_integrations SET is_enabled = false"
                " WHERE integration_id = '%s'",
                scene_integration(1));
    testdb_exec("UPDATE organization_integrations SET cron_schedule = NULL"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    scene_settle(3000);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(3)), 1);
    ck_assert_int_eq(scene_count(NULL), 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 1);
}
END_TEST

static const char *const broken[][2] = {
    {"cron_schedule = '99 * * * *'", "minute"},
    {"integration_type = 'sap'", "\"sap\""},
};

/* Covers: a row that is not valid is a warning that names it, and stops no other. */
START_TEST(test_broken_rows)
{
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    testdb_exec("UPDATE organization_integrations SET %s WHERE integration_id = '%s'",
                broken[_i][0], scene_integration(1));
    tick = scene_run("--at " AT);
    scene_check(&tick, 2, 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, " (10000000): "));
    ck_assert_ptr_nonnull(strstr(tick.err, broken[_i][1]));
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(3)), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a second tick in the same window triggers nothing and says so. */
START_TEST(test_second_tick)
{
    int64_t slot = scene_settle(4000);

    scene_seed(1, 2, scene_minute_cron(slot));
    scene_expect(scene_run(""), 2, 0, 0, 0);
    scene_expect(scene_run(""), 0, 2, 0, 0);
    scene_expect(scene_run(""), 0, 2, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
    assert_text(testdb_text("SELECT DISTINCT triggered_by FROM sync_run_log"), "schedule");
    ck_assert_int_eq(scene_mark(1), slot);
}
END_TEST

/* Covers: --dry-run counts as if, and writes nothing: no run, no state, no heartbeat. */
START_TEST(test_dry_run)
{
    struct scene_tick tick;

    scene_seed(1, 3, scene_minute_cron(scene_settle(4000)));
    free(scene_seed_run(3, "completed", scene_settle(3000), 1));
    tick = scene_run("--dry-run");
    scene_check(&tick, 2, 1, 0, 0);
    ck_assert_int_eq(tick.run_ids, 0);
    ck_assert_int_eq(scene_count(NULL), 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
    scene_expect(scene_run("--dry-run --at " AT), 0, 0, 0, 0);
    scene_expect(scene_run(""), 2, 1, 0, 0); /* and the real one can still do it all */
}
END_TEST

SUITE(tick)
{
    TCase *served = tcase_create("served");
    TCase *unserved = tcase_create("unserved");

    tcase_add_checked_fixture(served, scene_open, scene_close);
    tcase_add_test(served, test_life_of_a_run);
    tcase_add_test(served, test_summary);
    tcase_add_test(served, test_request);
    tcase_add_test(served, test_period);
    tcase_add_loop_test(served, test_key_headers, 0, (int)(sizeof keys / sizeof *keys));
    tcase_add_test(served, test_three_due);
    tcase_add_test(served, test_five_at_once);
    tcase_add_loop_test(served, test_twenty_due, 0, (int)(sizeof widths / sizeof *widths));
    suite_add_tcase(suite, served);

    tcase_add_checked_fixture(unserved, scene_open, scene_close);
    tcase_add_test(unserved, test_nothing_due);
    tcase_add_test(unserved, test_no_schedules);
    tcase_add_test(unserved, test_not_active);
    tcase_add_loop_test(unserved, test_broken_rows, 0, 2);
    tcase_add_test(unserved, test_second_tick);
    tcase_add_test(unserved, test_dry_run);
    suite_add_tcase(suite, unserved);
}
