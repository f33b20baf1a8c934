/*
 * What a long history costs: the idle tick and the busy one with an empty log, and with 10 million
 * runs in it (HISTORY_ROWS), beside the bare libpq program; the size of the log and its indexes, and
 * the plan of the read. `make bench BENCH=history` has autovacuum on.
 */
#include "bench.h"
#include "support/function.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

enum { HISTORY_ROUNDS = 15, HISTORY_PAIRS = 100, HISTORY_ROWS = 10000000 };

static long history_rows(void)
{
    const char *rows = getenv("HISTORY_ROWS");

    return rows != NULL ? strtol(rows, NULL, 10) : HISTORY_ROWS;
}

/* Runs of the past, the same number of each integration; one in 50 failed. */
static void history_fill(long rows)
{
    testdb_exec(
        "INSERT INTO sync_run_log\n"
        "       (org_id, integration_id, integration_type, scheduled_for, covers_from, attempt,\n"
        "        status, idempotency_key, triggered_by, worker, created_at, started_at,\n"
        "        completed_at, failed_at, records_exported, error_class, error_code,\n"
        "        error_message, trigger_name, host)\n"
        "SELECT i.org_id, i.integration_id, i.integration_type, s.slot, s.slot, 1,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'failed' ELSE 'completed' END,\n"
        "       i.org_id || '/' || i.integration_id || '/' || s.slot, 'schedule', 'host:1:ab/1',\n"
        "       s.slot, s.slot, CASE WHEN n %% 50 <> 0 THEN s.slot END,\n"
        "       CASE WHEN n %% 50 = 0 THEN s.slot END, CASE WHEN n %% 50 <> 0 THEN n END,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'rejected' END,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'HTTP_500' END,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'it went wrong' END, 'cron', 'host'\n"
        "  FROM generate_series(1, %ld) AS n,\n"
        "       LATERAL (SELECT date_trunc('minute', now()) - n * interval '5 minutes'\n"
        "                       - interval '1 hour' AS slot) AS s,\n"
        "       organization_integrations AS i",
        rows / HISTORY_PAIRS);
    testdb_exec("ANALYZE sync_run_log");
}

/* As far as the server goes back into the past: only what this round was to do is taken away. */
static void history_make_due(void)
{
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for > now() - interval '30 minutes'");
    testdb_exec("UPDATE sync_schedule_state\n"
                "   SET mark = date_trunc('minute', now()) - interval '1 minute'");
}

static void history_measure(const char *what, const struct function *function)
{
    const char *const bare[] = {TEST_BUILD_DIR "/tests/bare", "f", "f", NULL};
    struct bench_costs idle = {0};
    struct bench_costs busy = {0};
    struct bench_costs reads = {0};
    char label[64];

    for (int round = 0; round < HISTORY_ROUNDS; round++) {
        history_make_due();
        bench_tick(function_url(function), HISTORY_PAIRS, &busy);
        bench_command(bare, NULL, "100\n", &reads);
        testdb_exec("UPDATE organization_integrations SET cron_schedule = '0 0 1 1 *'");
        testdb_exec("UPDATE sync_schedule_state SET schedule = '0 0 1 1 * UTC'");
        bench_tick(function_url(function), 0, &idle);
        testdb_exec("UPDATE organization_integrations SET cron_schedule = '* * * * *'");
        testdb_exec("UPDATE sync_schedule_state SET schedule = '* * * * * UTC'");
    }
    snprintf(label, sizeof label, "history: %s, idle, 100 pairs", what);
    bench_print(label, &idle.wall_ms, "ms", bench_median(&reads.wall_ms), "bare libpq");
    snprintf(label, sizeof label, "history: %s, 100 due, 0 ms", what);
    bench_print(label, &busy.wall_ms, "ms", bench_median(&reads.wall_ms), "bare libpq");
}

static void history_print(const char *sql)
{
    char *text = testdb_text("%s", sql);

    puts(text);
    free(text);
}

void bench_history(void)
{
    struct function *function;
    char what[32];

    bench_create_due(HISTORY_PAIRS);
    function = function_start();
    history_measure("empty log", function);
    history_fill(history_rows());
    snprintf(what, sizeof what, "%ld runs", history_rows());
    history_measure(what, function);
    history_print("SELECT string_agg(format('history: %s: %s', relname, "
                  "pg_size_pretty(pg_relation_size(oid))),\n"
                  "                  chr(10) ORDER BY relkind DESC, relname)\n"
                  "  FROM pg_class\n"
                  " WHERE oid = 'sync_run_log'::regclass\n"
                  "    OR oid IN (SELECT indexrelid FROM pg_index\n"
                  "                WHERE indrelid = 'sync_run_log'::regclass)");
    function_stop(function);
    testdb_drop();
}
