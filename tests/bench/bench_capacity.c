/*
 * More due than a tick has time for, with a function that really sleeps: 60 exports of 20 s at
 * night, and 60 of 7 s each minute. All of it is compressed five times: they take 4 s and 1.4 s, the
 * budget is 10 s, and the rest of each minute does not pass. BENCH_PROGRAM=FILE measures another
 * state of the program, for a before and after.
 */
#include "bench.h"
#include "support/program.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    CAPACITY_CALLS = 60,
    CAPACITY_WORKERS = 5,
    CAPACITY_BUDGET_S = 10,
    CAPACITY_TICKS_MAX = 20,
    CAPACITY_MINUTES = 6,
};

/* One tick; returns how long it took. */
static int64_t capacity_tick(const struct function *function)
{
    const char *program = getenv("BENCH_PROGRAM");
    char address[128];
    const char *const words[] = {program != NULL ? program : TEST_BUILD_DIR "/syncsched",
                                 "run",
                                 "--config",
                                 "/dev/null",
                                 "--budget=10s",
                                 NULL};
    const char *const env[] = {"SUPABASE_DB_URL", "SUPABASE_SERVICE_ROLE_KEY=bench-key", address,
                               NULL};
    struct program_result result;
    int64_t wall_ms;

    snprintf(address, sizeof address, "SYNCSCHED_FUNCTION_URL=%s", function_url(function));
    result = program_run(words, env);
    ck_assert_msg(result.status <= 1, "a tick ended with %d: %s", result.status, result.err);
    wall_ms = result.wall_ms;
    program_result_free(&result);
    testdb_exec("UPDATE sync_run_log SET created_at = created_at - interval '50 seconds'\n"
                " WHERE status = 'pending'");
    return wall_ms;
}

static struct function *capacity_begin(int takes_ms)
{
    struct function *function;
    char script[64];

    bench_create_due(CAPACITY_CALLS);
    testdb_exec("UPDATE organization_integrations SET integration_type = 'xledger'");
    bench_make_due();
    function = function_start();
    snprintf(script, sizeof script, "* latency_ms=%d\n", takes_ms);
    function_script(function, script);
    return function;
}

static long capacity_cut_off(void)
{
    return testdb_number("SELECT count(*) FROM sync_run_log WHERE error_code = 'TIMEOUT'");
}

static void capacity_end(struct function *function)
{
    function_stop(function);
    testdb_drop();
}

/* Until nothing is left of what was due once. */
static void capacity_measure_night(void)
{
    const int takes_s = 4;
    const int a_tick = CAPACITY_BUDGET_S / takes_s * CAPACITY_WORKERS;
    struct function *function = capacity_begin(takes_s * 1000);
    int64_t wall_ms = 0;
    int ticks = 0;

    testdb_exec("UPDATE organization_integrations\n"
                "   SET cron_schedule = to_char(now() AT TIME ZONE 'UTC', 'MI HH24 * * *')");
    testdb_exec("UPDATE sync_schedule_state\n"
                "   SET schedule = to_char(now() AT TIME ZONE 'UTC', 'MI HH24 * * * \"UTC\"')");
    do
        wall_ms = capacity_tick(function);
    while (testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'pending'") > 0 &&
           ++ticks < CAPACITY_TICKS_MAX);
    ck_assert_uint_eq(function_doubled_keys(function), 0);
    printf("capacity: %d due once, 20 s each: %ld of %ld cut off, over after %d min %.0f s (no "
           "fewer than %d min %d s)\n",
           CAPACITY_CALLS, capacity_cut_off(), testdb_number("SELECT count(*) FROM sync_run_log"),
           ticks, (double)wall_ms * 5 / 1000, (CAPACITY_CALLS - 1) / a_tick,
           CAPACITY_BUDGET_S / takes_s * takes_s * 5);
    capacity_end(function);
}

/* All of them each minute: what was over yesterday is due again. */
static void capacity_measure_minutes(void)
{
    struct function *function = capacity_begin(1400);

    for (int minute = 1; minute <= CAPACITY_MINUTES; minute++) {
        capacity_tick(function);
        printf("capacity: 60 due a minute, 7 s each, minute %d: %ld done, %ld cut off, %ld wait\n",
               minute,
               testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'completed'"
                             " AND scheduled_for > now() - interval '12 hours'"),
               testdb_number("SELECT count(*) FROM sync_run_log WHERE error_code = 'TIMEOUT'"
                             " AND scheduled_for > now() - interval '12 hours'"),
               testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'pending'"));
        testdb_exec("UPDATE sync_run_log SET period_start = NULL,\n"
                    "       scheduled_for = scheduled_for - interval '%d days',\n"
                    "       covers_from = covers_from - interval '%d days'\n"
                    " WHERE status <> 'pending' AND scheduled_for > now() - interval '12 hours'",
                    minute, minute);
        testdb_exec("UPDATE sync_schedule_state\n"
                    "   SET mark = date_trunc('minute', now()) - interval '1 minute'");
    }
    printf("capacity: 60 due a minute: %ld organisations' exports cut off more than once\n",
           testdb_number("SELECT count(*) FROM (SELECT integration_id FROM sync_run_log"
                         " WHERE error_code = 'TIMEOUT' GROUP BY integration_id"
                         " HAVING count(*) > 1) AS t"));
    capacity_end(function);
}

void bench_capacity(void)
{
    capacity_measure_night();
    capacity_measure_minutes();
}
