/*
 * More is due than a tick has time for (design section 5, step 7): it begins no call that it could
 * not end, what is left waits, and organisations take turns.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

/* The day before: a call of the n-th integration that took so long. */
static void seed_call(int n, const char *takes)
{
    int64_t slot = testdb_number("SELECT extract(epoch FROM '" AT "'::timestamptz)::bigint / 60");

    free(scene_seed_run(n, "completed", slot - 1440, 60));
    testdb_exec("UPDATE sync_run_log SET started_at = completed_at - interval '%s'"
                " WHERE integration_id = '%s'",
                takes, scene_integration(n));
}

/* Moves the n-th integration to another organisation. */
static void move(int n, const char *org_id)
{
    testdb_exec("INSERT INTO organizations (id, name) VALUES ('%s', 'another')"
                " ON CONFLICT DO NOTHING",
                org_id);
    testdb_exec("UPDATE organization_integrations SET org_id = '%s' WHERE integration_id = '%s'",
                org_id, scene_integration(n));
}

/* The numbers of the integrations that were called, in order, as the function has them. */
static void assert_called(const char *expected)
{
    json_t *requests = function_requests(scene_function());
    char called[64] = "";
    size_t length = 0;
    size_t i;
    json_t *request;

    json_array_foreach(requests, i, request)
    {
        const char *id =
            json_string_value(json_object_get(json_object_get(request, "body"), "integrationId"));

        for (int n = 1; n < 10; n++)
            if (id != NULL && strcmp(id, scene_integration(n)) == 0)
                called[length++] = (char)('0' + n);
    }
    ck_assert_str_eq(called, expected);
    json_decref(requests);
}

/*
 * Covers: with 6 s left for calls that take 8 s, by the log, none is begun, and one line says so in
 * numbers; and a tenth more than that is needed.
 */
START_TEST(test_not_begun)
{
    struct scene_tick tick;

    scene_seed(1, 3, DAILY);
    for (int n = 1; n <= 3; n++)
        seed_call(n, "8 seconds");
    function_script(scene_function(), "* latency_ms=4000");
    tick = scene_run("--budget 10s --concurrency 1 --at " AT);
    scene_check(&tick, 1, 2, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, "warning: 2 of 3 runs wait for the next tick: a call"));
    ck_assert_ptr_nonnull(strstr(tick.err, "1 at a time make 2 in the 10 s of a tick, and 3 are due"
                                           " this minute"));
    ck_assert_int_eq(scene_count("pending"), 2);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: without any call in the log, those of this tick say how long they take. */
START_TEST(test_measured)
{
    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* latency_ms=6000");
    scene_expect(scene_run("--budget 10s --concurrency 1 --at " AT), 1, 2, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 1);
}
END_TEST

/* Covers: what does not fit lets others pass. */
START_TEST(test_passed)
{
    scene_seed(1, 3, DAILY);
    seed_call(1, "1 second");
    seed_call(2, "8 seconds");
    seed_call(3, "1 second");
    function_script(scene_function(), "* latency_ms=3000");
    scene_expect(scene_run("--budget 10s --concurrency 1 --at " AT), 2, 1, 0, 0);
    assert_called("13");
}
END_TEST

/* Covers: what no tick has time for begins at the start of one, and only there. */
START_TEST(test_too_long)
{
    scene_seed(1, 2, DAILY);
    seed_call(1, "1 second");
    seed_call(2, "20 seconds");
    function_script(scene_function(), "* latency_ms=100");
    scene_expect(scene_run("--budget 10s --concurrency 1 --at " AT), 1, 1, 0, 0);
    assert_called("1");
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '0 0 1 1 *'");
    scene_expect(scene_run("--budget 10s --concurrency 1"), 1, 0, 0, 0);
    assert_called("12");
}
END_TEST

/*
 * Covers: what the log has of the last call: how it ended, and when. An accepted run's call was over
 * when it was accepted; nobody knows when an abandoned one's was; and times may be infinite.
 */
static const struct {
    const char *change;
    long triggered;
} calls[] = {
    {"error_code = NULL", 1},
    {"accepted_at = started_at + interval '1 second'", 2},
    {"completed_at = 'infinity'", 2},
    {"completed_at = NULL, failed_at = now(), status = 'failed', error_class = 'unknown',"
     " error_code = 'TIMEOUT'",
     1},
    {"completed_at = NULL, failed_at = now(), status = 'failed', error_class = 'unknown',"
     " error_code = 'ABANDONED'",
     2},
    {"completed_at = NULL, failed_at = now(), status = 'failed', error_class = 'unknown',"
     " error_code = 'ABANDONED', accepted_at = now()",
     1},
    {"completed_at = started_at - interval '1 hour'", 2},
};

START_TEST(test_calls_of_the_log)
{
    struct scene_tick tick;

    scene_seed(1, 2, DAILY);
    seed_call(1, "1 second");
    seed_call(2, "8 seconds");
    testdb_exec("UPDATE sync_run_log SET %s WHERE integration_id = '%s'", calls[_i].change,
                scene_integration(2));
    /* Of another type: what this tick measures says nothing of it. */
    testdb_exec("UPDATE organization_integrations SET integration_type = 'bufdir'"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    function_script(scene_function(), "* latency_ms=3000");
    tick = scene_run("--budget 10s --concurrency 1 --at " AT);
    scene_check(&tick, calls[_i].triggered, 2 - calls[_i].triggered, 0, 0);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: five runs later the longest call is forgotten. */
START_TEST(test_latest_five)
{
    scene_seed(1, 2, DAILY);
    seed_call(1, "1 second");
    seed_call(2, "20 seconds");
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
                " completed_at) SELECT org_id, integration_id, integration_type, t, t, 1, status,"
                " t::text, triggered_by, worker, now() - interval '1 second', now()"
                " FROM sync_run_log, generate_series(1, %d) AS n,"
                " LATERAL (SELECT scheduled_for + n * interval '1 minute') AS l (t)"
                " WHERE integration_id = '%s'",
                4 + _i, scene_integration(2));
    function_script(scene_function(), "* latency_ms=500");
    scene_expect(scene_run("--budget 10s --concurrency 1 --at " AT), 1 + _i, 1 - _i, 0, 0);
}
END_TEST

/* Covers: organisations take turns, whatever their ids and however much one of them has due. */
START_TEST(test_turns)
{
    scene_seed(1, 5, DAILY);
    move(4, "00000000-0000-4000-8000-00000000000b");
    move(5, "00000000-0000-4000-8000-00000000000c");
    scene_expect(scene_run("--concurrency 1 --at " AT), 5, 0, 0, 0);
    assert_called("14523");
}
END_TEST

/*
 * Covers: the same where one transaction does not take all that is due, and there is no time for
 * another: of each organisation the first one is in it.
 */
START_TEST(test_turns_of_parts)
{
    struct scene_tick tick;

    scene_seed(1, 2002, DAILY);
    move(2002, "00000000-0000-4000-8000-00000000000b");
    testdb_exec("CREATE FUNCTION take_time() RETURNS trigger LANGUAGE plpgsql AS $$"
                "BEGIN PERFORM pg_sleep(6); RETURN NULL; END $$;"
                "CREATE TRIGGER take_time AFTER INSERT ON sync_run_log"
                " FOR EACH STATEMENT EXECUTE FUNCTION take_time()");
    tick = scene_run("--budget 11s --at " AT);
    ck_assert_msg(scene_count(NULL) == 2000, "%s", tick.err);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE integration_id = '%s'",
                                   scene_integration(2002)),
                     1);
    scene_tick_free(&tick);
}
END_TEST

SUITE(tick_capacity)
{
    TCase *begun = tcase_create("begun");
    TCase *log = tcase_create("log");
    TCase *turns = tcase_create("turns");

    tcase_add_checked_fixture(begun, scene_open, scene_close);
    tcase_add_test(begun, test_not_begun);
    tcase_add_test(begun, test_measured);
    tcase_add_test(begun, test_passed);
    tcase_add_test(begun, test_too_long);
    suite_add_tcase(suite, begun);

    tcase_add_checked_fixture(log, scene_open, scene_close);
    tcase_add_loop_test(log, test_calls_of_the_log, 0, (int)(sizeof calls / sizeof *calls));
    tcase_add_loop_test(log, test_latest_five, 0, 2);
    suite_add_tcase(suite, log);

    tcase_add_checked_fixture(turns, scene_open, scene_close);
    tcase_add_test(turns, test_turns);
    tcase_add_test(turns, test_turns_of_parts);
    tcase_set_timeout(turns, 60);
    suite_add_tcase(suite, turns);
}
