/*
 * How often a tick waits for the database, counted where each wait costs 80 ms. What is held is the
 * counts; how long it takes is printed.
 */
#include "support/relay.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

enum {
    ROUND_TRIP_MS = 80,
    CONNECT = 4, /* TCP's, and the three of SCRAM: without TLS, which has its own */
    WORKERS = 5,
    RUNS_EACH = 4,
};

static struct relay *relay;
static char variable[600];

/* The passwords of this server are kept and asked for as SCRAM; else there would be fewer trips. */
static void open_scene(void)
{
    scene_open();
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_authid WHERE rolname = current_user"
                                   " AND rolpassword LIKE 'SCRAM-SHA-256$%%'"),
                     1);
    relay = relay_start(ROUND_TRIP_MS);
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=%s", relay->url);
    scene_set_variable(variable);
}

static const char *const phase_names[RELAY_PHASES] = {
    [RELAY_CONNECT] = "connect", [RELAY_READ] = "read",     [RELAY_CLAIM] = "claim",
    [RELAY_START] = "start",     [RELAY_FINISH] = "finish", [RELAY_OTHER] = "other",
};

static void print_trips(const char *what, const struct scene_tick *tick)
{
    printf("round trips, %s, %d ms each, %ld ms in all:", what, ROUND_TRIP_MS, (long)tick->wall_ms);
    for (int phase = 0; phase < RELAY_PHASES; phase++)
        printf(" %s %d%s", phase_names[phase], relay->trips[0][phase],
               phase + 1 < RELAY_PHASES ? "," : "");
    for (int link = 1; link < relay->links; link++)
        printf("%s %d+%d+%d", link == 1 ? "; workers: connect+start+finish" : ",",
               relay->trips[link][RELAY_CONNECT], relay->trips[link][RELAY_START],
               relay->trips[link][RELAY_FINISH]);
    puts("");
}

/* The tick's own connection: connect, one read, the claim, and nothing else. */
static void expect_of_tick(int claim)
{
    ck_assert_int_eq(relay->trips[0][RELAY_CONNECT], CONNECT);
    ck_assert_int_eq(relay->trips[0][RELAY_READ], 1);
    ck_assert_int_eq(relay->trips[0][RELAY_CLAIM], claim);
    ck_assert_int_eq(relay_trips(relay, 0), CONNECT + 1 + claim);
}

/* Covers: nothing due: one round trip after connecting. */
START_TEST(test_nothing_due)
{
    struct scene_tick tick;

    scene_seed(1, 20, scene_minute_cron(scene_settle(10000) + 24 * 60));
    scene_expect(scene_run(""), 0, 0, 0, 0); /* sees them for the first time */
    relay = relay_start(ROUND_TRIP_MS);
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=%s", relay->url);
    tick = scene_run("");
    scene_check(&tick, 0, 0, 0, 0);
    print_trips("nothing due", &tick);
    ck_assert_int_eq(relay->links, 1);
    expect_of_tick(0);
    scene_tick_free(&tick);
}
END_TEST

/* The longest chain of waits: the tick's, and then those of its slowest worker. */
static int longest_chain(void)
{
    int most = 0;

    for (int link = 1; link < relay->links; link++)
        if (relay_trips(relay, link) > most)
            most = relay_trips(relay, link);
    return relay_trips(relay, 0) + most;
}

static void expect_of_workers(int runs)
{
    int started = 0;

    ck_assert_int_eq(relay->links, 1 + WORKERS);
    for (int link = 1; link <= WORKERS; link++) {
        const volatile int *trips = relay->trips[link];

        ck_assert_int_eq(trips[RELAY_CONNECT], CONNECT);
        ck_assert_int_eq(trips[RELAY_START], trips[RELAY_FINISH]);
        ck_assert_int_eq(relay_trips(relay, link), CONNECT + 2 * trips[RELAY_START]);
        started += trips[RELAY_START];
    }
    ck_assert_int_eq(started, runs);
}

static const char *const claims[] = {"--at " AT, ""};

/* Covers: 20 due, by hand and by the minute: 18 waits in a row at most, two for each run. */
START_TEST(test_twenty_due)
{
    struct scene_tick tick;

    scene_seed(1, WORKERS * RUNS_EACH, _i == 0 ? DAILY : "* * * * *");
    function_script(scene_function(), "* latency_ms=300"); /* so that each worker gets its share */
    if (_i == 1)
        scene_settle(20000);
    tick = scene_run(claims[_i]);
    scene_check(&tick, WORKERS * RUNS_EACH, 0, 0, 0);
    print_trips(_i == 0 ? "20 due by hand" : "20 due", &tick);
    expect_of_tick(1);
    expect_of_workers(WORKERS * RUNS_EACH);
    ck_assert_int_le(longest_chain(), CONNECT + 1 + 1 + CONNECT + 2 * RUNS_EACH);
    scene_tick_free(&tick);
}
END_TEST

SUITE(round_trips)
{
    TCase *tcase = tcase_create("round-trips");

    tcase_add_checked_fixture(tcase, open_scene, scene_close);
    tcase_add_test(tcase, test_nothing_due);
    tcase_add_loop_test(tcase, test_twenty_due, 0, (int)(sizeof claims / sizeof claims[0]));
    suite_add_tcase(suite, tcase);
}
