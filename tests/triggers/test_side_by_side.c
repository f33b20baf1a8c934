/*
 * Two triggers of one database: each slot gets one run, whoever comes first.
 */
#include "support/suite.h"

#include "support/scene.h"
#include "support/testdb.h"
#include "triggers/machine.h"
#include "triggers/pg_cron.h"

#include <stdio.h>
#include <stdlib.h>

enum { INTEGRATIONS = 20 };

/* Covers: two ticks of different names at the same moment. Anybody can try that. */
START_TEST(test_by_hand)
{
    struct program *one;
    struct program *other;

    scene_settle(10000);
    scene_seed(1, INTEGRATIONS, "* * * * *");
    one = scene_start("--trigger-name one");
    other = scene_start("--trigger-name other");
    for (int i = 0; i < 2; i++) {
        struct scene_tick tick = scene_wait(i == 0 ? one : other);

        ck_assert_msg(tick.status == 0 && tick.failed == 0, "%s%s", tick.out, tick.err);
        scene_tick_free(&tick);
    }
    ck_assert_int_eq(scene_count("completed"), INTEGRATIONS);
    ck_assert_uint_eq(function_count(scene_function(), NULL), INTEGRATIONS);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"), 2);
}
END_TEST

/* Sees that cron and pg_cron have both ticked in the last half minute, to this slot's end. */
#define BOTH_TICKED                                                                                \
    "SELECT count(*) = 2 FROM sync_trigger_state"                                                  \
    " WHERE trigger_name IN ('cron', 'pg_cron') AND last_tick_at > now() - interval '30 s'"
#define SERVED "SELECT count(*) = %d FROM sync_run_log WHERE status = 'completed'"

static void wait_for_minute(int minute)
{
    char served[128];

    snprintf(served, sizeof served, SERVED, minute * INTEGRATIONS);
    machine_wait_for(served, 65);
    machine_wait_for(BOTH_TICKED, 20);
}

/* Covers: cron and pg_cron on one host, in the same minutes, with one configuration. */
START_TEST(test_cron_and_pg_cron)
{
    static const char *const argv[] = {"env",  "-i", "PATH=/usr/sbin:/usr/bin:/bin",
                                       "cron", "-f", NULL};
    struct program *cron = program_start(argv, NULL);

    scene_settle(58000); /* both are there, or neither is, when the minute comes */
    scene_seed(1, INTEGRATIONS, "* * * * *");
    pg_cron_schedule();
    wait_for_minute(1);
    wait_for_minute(2);
    machine_end(cron);
    pg_cron_unschedule();
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT scheduled_for) FROM sync_run_log"), 2);
    ck_assert_int_eq(scene_count(NULL), 2 * INTEGRATIONS);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2 * INTEGRATIONS);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"), 2);
}
END_TEST

static void open(void)
{
    machine_open();
    machine_install("cron/syncsched", "/etc/cron.d/syncsched", "644");
    machine_install("pg_cron/syncsched-tick", PG_CRON_WRAPPER, "755");
}

static void close(void)
{
    machine_do("rm /etc/cron.d/syncsched");
    machine_close();
}

static void add_hand(Suite *suite)
{
    TCase *hand = tcase_create("hand");

    tcase_add_checked_fixture(hand, scene_open, scene_close);
    tcase_add_test(hand, test_by_hand);
    suite_add_tcase(suite, hand);
}

static void add_daemons(Suite *suite)
{
    TCase *daemons = tcase_create("daemons");

    tcase_add_checked_fixture(daemons, open, close);
    tcase_add_test(daemons, test_cron_and_pg_cron);
    suite_add_tcase(suite, daemons);
}

SUITE(side_by_side)
{
    add_hand(suite);
    if (machine_is_ours("cron beside pg_cron") && pg_cron_is_there("cron beside pg_cron"))
        add_daemons(suite);
}
