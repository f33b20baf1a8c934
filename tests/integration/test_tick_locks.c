/*
 * Several at once: ticks beside each other, and strangers that hold a row or a lock. No slot is
 * served twice, none is lost, and nobody waits for one that is held.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RACERS = 3, RACES_BY_HAND = 70, RACES_PLAIN = 30 };

/* Two ticks at once; between them they trigger each of the racers once. */
static void race(const char *options)
{
    struct program *first = scene_start(options);
    struct program *second = scene_start(options);
    struct scene_tick a = scene_wait(first);
    struct scene_tick b = scene_wait(second);

    ck_assert_msg(a.status == 0 && b.status == 0 && a.triggered + b.triggered == RACERS &&
                      a.run_ids + b.run_ids == RACERS && a.failed + b.failed == 0,
                  "%s\n%s%s%s%s", options, a.out, a.err, b.out, b.err);
    scene_tick_free(&a);
    scene_tick_free(&b);
}

static void assert_served_once(long slots)
{
    ck_assert_int_eq(scene_count(NULL), slots);
    ck_assert_int_eq(scene_count("completed"), slots);
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT (integration_id, scheduled_for))"
                                   " FROM sync_run_log"),
                     slots);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), (size_t)slots);
}

/* Covers: (4) two ticks started together, 70 times, a slot of its own each time. */
START_TEST(test_race_by_hand)
{
    scene_seed(1, RACERS, "* * * * *");
    for (int n = 0; n < RACES_BY_HAND; n++) {
        char options[64];

        snprintf(options, sizeof options, "--at 2024-05-01T%02d:%02dZ", 2 + n / 60, n % 60);
        race(options);
    }
    assert_served_once((long)RACERS * RACES_BY_HAND);
}
END_TEST

/* Covers: (4) the same for plain ticks, 30 times, from seeing the schedule for the first time on. */
START_TEST(test_race_plain)
{
    scene_seed(1, RACERS, "* * * * *");
    for (int n = 0; n < RACES_PLAIN; n++) {
        testdb_exec("TRUNCATE sync_run_log, sync_schedule_state");
        function_clear_log(scene_function());
        testdb_exec("UPDATE organization_integrations SET cron_schedule = '%s'",
                    scene_minute_cron(scene_settle(2000)));
        race("");
        assert_served_once(RACERS);
    }
}
END_TEST

/* Covers: one tick in mid-call: another neither waits for it nor calls anybody. */
START_TEST(test_beside_a_slow_tick)
{
    struct program *slow;
    struct scene_tick tick;

    scene_seed(1, 2, scene_minute_cron(scene_settle(20000)));
    function_script(scene_function(), "* latency_ms=8000");
    slow = scene_start("");
    function_wait_for_calls(scene_function(), 2);
    tick = scene_run("");
    scene_check(&tick, 0, 2, 0, 0);
    ck_assert_uint_eq(function_count_event(scene_function(), "end"), 0);
    scene_tick_free(&tick);
    scene_expect(scene_wait(slow), 2, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
}
END_TEST

/* Integrations 1 to 3 were seen before and have one slot in the window; returns that. */
static int64_t seed_three(void)
{
    int64_t slot = scene_settle(6000);

    scene_seed(1, 3, "* * * * *");
    for (int n = 1; n <= 3; n++)
        scene_seed_state(n, "* * * * * UTC", slot - 1);
    return slot;
}

#define FIRST "integration_id = '10000000-0000-4000-8000-000000000001'"

static const char *const holds[] = {
    /* The claim's lock, at transaction and at session level. */
    "SELECT pg_advisory_xact_lock(hashtextextended('syncsched/" SCENE_ORG
    "/10000000-0000-4000-8000-000000000001', 0))",
    "SELECT pg_advisory_lock(hashtextextended('syncsched/" SCENE_ORG
    "/10000000-0000-4000-8000-000000000001', 0))",
    "SELECT 1 FROM sync_schedule_state WHERE " FIRST " FOR UPDATE",
};

/* Covers: an integration whose lock or state row is held is skipped, at once; later it is served. */
START_TEST(test_held_by_a_stranger)
{
    int64_t slot = seed_three();
    PGconn *stranger = scene_stranger(holds[_i]);
    struct scene_tick tick = scene_run("");

    scene_check(&tick, 2, 1, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 0);
    ck_assert_int_eq(scene_mark(1), slot - 1);
    ck_assert_int_eq(scene_mark(2), slot);
    PQfinish(stranger);
    scene_wait_for("SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
    scene_tick_free(&tick);
    scene_expect(scene_run(""), 1, 2, 0, 0);
    assert_served_once(3);
}
END_TEST

/* Covers: a stale run that a stranger has locked is left alone; the others are abandoned, served. */
START_TEST(test_log_row_held)
{
    int64_t slot = seed_three();
    PGconn *stranger;
    struct scene_tick tick;

    free(scene_seed_run(1, "running", slot - 40, 40));
    free(scene_seed_run(2, "running", slot - 40, 40));
    stranger = scene_stranger("SELECT 1 FROM sync_run_log WHERE " FIRST " FOR UPDATE");
    tick = scene_run("");
    scene_check(&tick, 2, 1, 0, 0);
    ck_assert_int_eq(scene_count("running"), 1);
    ck_assert_int_eq(scene_count("failed"), 1);
    ck_assert_int_eq(scene_count("completed"), 2);
    PQfinish(stranger);
    scene_tick_free(&tick);
    scene_expect(scene_run(""), 1, 2, 0, 0);
    ck_assert_int_eq(scene_count("running"), 0);
    ck_assert_int_eq(scene_count("failed"), 2);
    ck_assert_int_eq(scene_count("completed"), 3);
}
END_TEST

/* Covers: an old pending run that a stranger has locked is not adopted; the others are. */
START_TEST(test_pending_row_held)
{
    int64_t slot = seed_three();
    PGconn *stranger;

    free(scene_seed_run(1, "pending", slot - 2, 2));
    free(scene_seed_run(2, "pending", slot - 2, 2));
    stranger = scene_stranger("SELECT 1 FROM sync_run_log WHERE " FIRST " FOR UPDATE");
    /* 2 is adopted, which leaves its slot in the window; 3 is served. */
    scene_expect(scene_run(""), 2, 2, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 0);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(2)), 1);
    PQfinish(stranger);
    scene_expect(scene_run(""), 2, 2, 0, 0); /* 1 is adopted; 2's slot is served */
    ck_assert_int_eq(scene_count("pending"), 0);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/*
 * Covers: a run that another tick adopts at this very moment is adopted all the same (it may be more
 * than one tick can serve); one that another tick closes is left to it.
 */
START_TEST(test_adopted_beside_another)
{
    int64_t slot = seed_three();
    PGconn *stranger;

    free(scene_seed_run(1, "pending", slot - 2, 2));
    free(scene_seed_run(2, "pending", slot - 2, 2));
    testdb_exec("UPDATE organization_integrations SET is_enabled = false"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    stranger = scene_stranger("SELECT 1 FROM sync_run_log WHERE " FIRST " FOR KEY SHARE;"
                              "SELECT 1 FROM sync_run_log WHERE NOT " FIRST " FOR NO KEY UPDATE");
    scene_expect(scene_run(""), 2, 1, 0, 0); /* 1 is adopted, 3 served */
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 1);
    ck_assert_int_eq(scene_count("pending"), 1);
    PQfinish(stranger);
    scene_expect(scene_run(""), 1, 1, 0, 0); /* 1's slot in the window is served; 2 is closed */
    ck_assert_int_eq(scene_count("pending"), 0);
    /* What 2 owed by now when it was disabled is cancelled besides. */
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'failed'"
                                   " AND scheduled_for = to_timestamp(%ld * 60)",
                                   (long)slot - 2),
                     1);
}
END_TEST

static const struct {
    const char *sql;
    const char *word;
} heartbeat_faults[] = {
    {"LOCK TABLE sync_trigger_state IN ACCESS EXCLUSIVE MODE", "lock"},
    {"DROP TABLE sync_trigger_state; COMMIT", "sync_trigger_state"},
};

/* Covers: a heartbeat that cannot be written is a warning, and no more. */
START_TEST(test_heartbeat_fails)
{
    PGconn *stranger;
    struct scene_tick tick;

    seed_three();
    stranger = scene_stranger(heartbeat_faults[_i].sql);
    tick = scene_run("");
    scene_check(&tick, 3, 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, "warning"));
    ck_assert_ptr_nonnull(strstr(tick.err, "heartbeat"));
    ck_assert_ptr_nonnull(strstr(tick.err, heartbeat_faults[_i].word));
    scene_tick_free(&tick);
    PQfinish(stranger);
    assert_served_once(3);
}
END_TEST

SUITE(tick_locks)
{
    TCase *races = tcase_create("races");
    TCase *strangers = tcase_create("strangers");

    tcase_add_checked_fixture(races, scene_open, scene_close);
    tcase_add_test(races, test_race_by_hand);
    tcase_add_test(races, test_race_plain);
    tcase_add_test(races, test_beside_a_slow_tick);
    suite_add_tcase(suite, races);

    tcase_add_checked_fixture(strangers, scene_open, scene_close);
    tcase_add_loop_test(strangers, test_held_by_a_stranger, 0, (int)(sizeof holds / sizeof *holds));
    tcase_add_test(strangers, test_log_row_held);
    tcase_add_test(strangers, test_pending_row_held);
    tcase_add_test(strangers, test_adopted_beside_another);
    tcase_add_loop_test(strangers, test_heartbeat_fails, 0,
                        (int)(sizeof heartbeat_faults / sizeof *heartbeat_faults));
    suite_add_tcase(suite, strangers);
}
