/*
 * Many hosts against one database: 2,000 integrations due at once, a function that takes a second,
 * and 1 to 8 hosts that tick every minute. All of it is compressed five times: the function takes
 * 200 ms and the budget is 10 s, and the rest of each minute passes by moving what waits into the
 * past, so that the next ticks take it up.
 */
#include "bench.h"
#include "support/program.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>

enum { HOSTS_MAX = 8, HOSTS_DUE = 2000, HOSTS_LATENCY_MS = 200, HOSTS_MINUTES_MAX = 20 };

/* All of them once a day, at this minute. */
static void hosts_create(void)
{
    bench_create_due(HOSTS_DUE);
    testdb_exec("UPDATE organization_integrations\n"
                "   SET cron_schedule = to_char(now() AT TIME ZONE 'UTC', 'MI HH24 * * *')");
    testdb_exec("UPDATE sync_schedule_state\n"
                "   SET schedule = to_char(now() AT TIME ZONE 'UTC', 'MI HH24 * * * \"UTC\"')");
    bench_make_due();
}

/* One minute: a tick of each host, all at the same time, to their end. */
static void hosts_tick(const struct function *function, int hosts)
{
    struct program *ticks[HOSTS_MAX];
    char address[128];

    snprintf(address, sizeof address, "SYNCSCHED_FUNCTION_URL=%s", function_url(function));
    for (int i = 0; i < hosts; i++) {
        char name[16];
        const char *const argv[] = {TEST_BUILD_DIR "/syncsched",
                                    "run",
                                    "--config",
                                    "/dev/null",
                                    "--budget=10s",
                                    "--trigger-name",
                                    name,
                                    NULL};
        const char *const env[] = {"SUPABASE_DB_URL", "SUPABASE_SERVICE_ROLE_KEY=bench-key",
                                   address, NULL};

        snprintf(name, sizeof name, "host-%d", i + 1);
        ticks[i] = program_start(argv, env);
    }
    for (int i = 0; i < hosts; i++) {
        struct program_result result = program_wait(ticks[i]);

        ck_assert_msg(result.status == 0, "a tick ended with %d: %s", result.status, result.err);
        program_result_free(&result);
    }
    testdb_exec("UPDATE sync_run_log SET created_at = created_at - interval '50 seconds'\n"
                " WHERE status = 'pending'");
}

static void hosts_measure(int hosts)
{
    struct function *function;
    char script[64];
    char done[128] = "";
    size_t length = 0;
    int minutes = 0;
    long left;

    hosts_create();
    function = function_start();
    snprintf(script, sizeof script, "* latency_ms=%d\n", HOSTS_LATENCY_MS);
    function_script(function, script);
    do {
        ck_assert_int_lt(minutes, HOSTS_MINUTES_MAX);
        hosts_tick(function, hosts);
        minutes++;
        left = testdb_number("SELECT count(*) FROM sync_run_log WHERE status <> 'completed'");
        length += (size_t)snprintf(done + length, sizeof done - length, " %ld", HOSTS_DUE - left);
    } while (left > 0 && length < sizeof done - 8);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"), HOSTS_DUE);
    ck_assert_uint_eq(function_count(function, NULL), HOSTS_DUE);
    ck_assert_uint_eq(function_doubled_keys(function), 0);
    printf("hosts: %d, 2000 due, function of 1 s %12d minutes, doubled 0, done by each:%s\n", hosts,
           minutes, done);
    function_stop(function);
    testdb_drop();
}

void bench_hosts(void)
{
    for (int hosts = 1; hosts <= HOSTS_MAX; hosts *= 2)
        hosts_measure(hosts);
}
