/*
 * What it costs to look at a long log: log, status and audit of a day and of a year, and metrics,
 * report and stats of a month and of a year, with 10 million runs (HISTORY_ROWS) of 100 integrations
 * (HISTORY_INTEGRATIONS) in it, beside a bare libpq program that lists the same rows. Also how many
 * statements each takes, and by which indexes the log is read.
 */
#include "bench.h"

#include "support/program.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    LOOKS_INTEGRATIONS = 100,
    LOOKS_ROWS = 10000000,
    LOOKS_ROUNDS = 3,
    LOOKS_WAIT_MS = 3600 * 1000
};

/*
 * Each integration had a slot every five minutes, the same number each; one in 50 failed, and the
 * next run made up for it. Indexes are made afterwards: the log is as it would be, only sooner.
 */
static void looks_fill(long rows, long integrations)
{
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '*/5 * * * *';"
                "UPDATE sync_schedule_state SET schedule = '*/5 * * * * UTC';"
                "CREATE EXTENSION pg_stat_statements;"
                "CREATE TABLE looks_indexes AS SELECT indexrelid::regclass::text AS name,"
                " pg_get_indexdef(indexrelid) AS definition FROM pg_index AS i"
                " WHERE indrelid = 'sync_run_log'::regclass AND NOT EXISTS (SELECT FROM"
                " pg_constraint AS c WHERE c.conindid = i.indexrelid);"
                "DO $$ DECLARE i looks_indexes; BEGIN FOR i IN SELECT * FROM looks_indexes LOOP"
                " EXECUTE 'DROP INDEX ' || i.name; END LOOP; END $$");
    testdb_exec(
        "INSERT INTO sync_run_log\n"
        "       (org_id, integration_id, integration_type, scheduled_for, covers_from, "
        "period_start,\n"
        "        attempt, status, idempotency_key, triggered_by, worker, created_at, started_at,\n"
        "        completed_at, failed_at, records_exported, error_class, error_code,\n"
        "        error_message, trigger_name, host, http_status)\n"
        "SELECT i.org_id, i.integration_id, i.integration_type, s.slot, s.slot,\n"
        "       s.slot - CASE WHEN n %% 50 = 49 THEN 2 ELSE 1 END * interval '5 minutes', 1,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'failed' ELSE 'completed' END,\n"
        "       i.org_id || '/' || i.integration_id || '/' || s.slot, 'schedule', 'host:1:ab/1',\n"
        "       s.slot, s.slot, CASE WHEN n %% 50 <> 0 THEN s.slot + interval '2 s' END,\n"
        "       CASE WHEN n %% 50 = 0 THEN s.slot + interval '3 s' END,\n"
        "       CASE WHEN n %% 50 <> 0 THEN n %% 500 END,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'rejected' END,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'HTTP_500' END,\n"
        "       CASE WHEN n %% 50 = 0 THEN 'it went wrong' END, 'cron', 'host',\n"
        "       CASE WHEN n %% 50 = 0 THEN 500 ELSE 200 END\n"
        "  FROM organization_integrations AS i,\n"
        "       generate_series(%ld, 1, -1) AS n,\n"
        "       LATERAL (SELECT date_trunc('hour', now()) - n * interval '5 minutes' AS slot) AS s",
        rows / integrations);
    testdb_exec("DO $$ DECLARE i looks_indexes; BEGIN FOR i IN SELECT * FROM looks_indexes LOOP"
                " EXECUTE i.definition; END LOOP; END $$;"
                "UPDATE sync_schedule_state SET mark = date_trunc('hour', now())"
                " - interval '5 minutes';"
                "INSERT INTO sync_schedule_journal (org_id, integration_id, valid_from, schedule)"
                " SELECT org_id, integration_id, (SELECT min(scheduled_for) - interval '1 minute'"
                " FROM sync_run_log), schedule FROM sync_schedule_state");
    testdb_exec("VACUUM ANALYZE");
}

/* Statements that name a table, since the last reset. */
static long looks_statements(void)
{
    return testdb_number("SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements AS s"
                         " JOIN pg_database AS d ON d.oid = s.dbid"
                         " WHERE d.datname = current_database()"
                         " AND s.query ~ 'FROM' AND s.query !~ 'pg_stat_statements'");
}

/* How a statement with these parameters reads the log. */
static void looks_print_plan(const char *what, const char *sql, const char *parameters)
{
    char *plan;

    testdb_exec("PREPARE look AS %s", sql);
    testdb_exec("CREATE TEMP TABLE IF NOT EXISTS looks_plan (line text); TRUNCATE looks_plan;"
                "DO $$ DECLARE line text; BEGIN FOR line IN EXECUTE"
                " 'EXPLAIN (COSTS OFF) EXECUTE look(%s)' LOOP INSERT INTO looks_plan VALUES (line);"
                " END LOOP; END $$; DEALLOCATE look",
                parameters);
    plan = testdb_text("SELECT string_agg(DISTINCT btrim(regexp_replace(line, '.*->', '')), '; ')"
                       " FROM looks_plan WHERE line ~ 'sync_run_log'");
    printf("  %s reads by: %s\n", what, plan != NULL ? plan : "nothing");
    free(plan);
}

/* Lines of shell, "$0" being the program. */
static struct bench_costs looks_cost(const char *line, const char *program, int rounds)
{
    const char *const argv[] = {"sh", "-c", line, program, NULL};
    const char *const env[] = {"SUPABASE_DB_URL", NULL};
    struct bench_costs costs = {0};

    for (int round = 0; round < rounds; round++)
        bench_command(argv, env, "", &costs);
    return costs;
}

static void looks_measure(const char *what, const char *options, const char *bare, int rounds)
{
    struct bench_costs mine;
    struct bench_costs theirs;
    char line[500];
    long statements;

    testdb_exec("SELECT pg_stat_statements_reset()");
    snprintf(line, sizeof line, "\"$0\" %s --config /dev/null >/dev/null 2>&1 || [ $? -eq 1 ]",
             options);
    mine = looks_cost(line, TEST_BUILD_DIR "/syncsched", rounds);
    statements = looks_statements() / rounds;
    snprintf(line, sizeof line, "\"$0\" %s >/dev/null", bare);
    theirs = looks_cost(line, TEST_BUILD_DIR "/tests/rows", rounds);
    bench_print_costs(what, &mine, &theirs, "bare libpq");
    printf("  statements: %ld\n", statements);
    ck_assert_int_le(statements, 3);
}

extern const char sql_audit[];
extern const char sql_runs[];
extern const char sql_stats[];
extern const char sql_stats_days[];
extern const char sql_status[];

static long looks_number(const char *variable, long otherwise)
{
    const char *text = getenv(variable);

    return text != NULL ? strtol(text, NULL, 10) : otherwise;
}

static void looks_open(void)
{
    long integrations = looks_number("HISTORY_INTEGRATIONS", LOOKS_INTEGRATIONS);

    program_set_wait(LOOKS_WAIT_MS);
    bench_create_due((int)integrations);
    looks_fill(looks_number("HISTORY_ROWS", LOOKS_ROWS), integrations);
}

static void looks_at_report(int days, long minute, int rounds)
{
    long from = minute - days * 1440L;
    char what[50];
    char options[60];
    char bare[100];
    char parameters[100];

    snprintf(what, sizeof what, "looks: report of %d days", days);
    snprintf(options, sizeof options, "report --html - --since %dd", days);
    snprintf(bare, sizeof bare, "audit %ld %ld - - true", from, minute);
    looks_measure(what, options, bare, rounds);
    snprintf(parameters, sizeof parameters, "%ld, %ld, NULL, NULL, true", from, minute);
    looks_print_plan(what, sql_audit, parameters);
}

/* Of so many days, and of as many before. */
static void looks_at_stats(int days, long minute, int rounds)
{
    long from = minute - days * 1440L;
    long before = from - days * 1440L;
    char what[50];
    char options[60];
    char bare[200];
    char parameters[100];

    snprintf(what, sizeof what, "looks: stats of %d days", days);
    snprintf(options, sizeof options, "stats --json --since %dd", days);
    snprintf(
        bare, sizeof bare,
        "stats - - '{%ld,%ld,%ld}' integration >/dev/null && \"$0\" stats_days - - %ld %ld %ld",
        before, from, minute, before, from, minute);
    looks_measure(what, options, bare, rounds);
    snprintf(parameters, sizeof parameters, "NULL, NULL, ''{%ld,%ld,%ld}'', ''integration''",
             before, from, minute);
    looks_print_plan(what, sql_stats, parameters);
    snprintf(parameters, sizeof parameters, "NULL, NULL, %ld, %ld, %ld", before, from, minute);
    looks_print_plan(what, sql_stats_days, parameters);
}

void bench_pages(void)
{
    long minute = (long)(time(NULL) / 60);

    looks_open();
    looks_measure("looks: metrics", "metrics", "status - - 5 true", LOOKS_ROUNDS);
    looks_at_report(30, minute, LOOKS_ROUNDS);
    looks_at_stats(30, minute, LOOKS_ROUNDS);
    looks_at_report(365, minute, 1);
    looks_at_stats(365, minute, 1);
    testdb_drop();
}

void bench_looks(void)
{
    long minute = (long)(time(NULL) / 60);
    char bare[100];
    char parameters[100];

    looks_open();
    looks_measure("looks: status", "status", "status - - 20 true", LOOKS_ROUNDS);
    looks_print_plan("status", sql_status, "NULL, NULL, 20, true");
    for (int days = 1; days <= 366; days += 365) {
        int rounds = days == 1 ? LOOKS_ROUNDS : 1;
        long from = minute - days * 1440L;
        char what[50];
        char options[60];

        snprintf(what, sizeof what, "looks: log of %d day%s", days, days == 1 ? "" : "s");
        snprintf(options, sizeof options, "log --csv --since %dd", days);
        snprintf(bare, sizeof bare, "runs - - %ld %ld - - - - -", from, minute);
        looks_measure(what, options, bare, rounds);
        snprintf(parameters, sizeof parameters,
                 "NULL, NULL, %ld, %ld, NULL, NULL, NULL, NULL, NULL", from, minute);
        looks_print_plan(what, sql_runs, parameters);

        snprintf(what, sizeof what, "looks: audit of %d day%s", days, days == 1 ? "" : "s");
        snprintf(options, sizeof options, "audit --from $(date -u -d @%ld +%%FT%%TZ)", from * 60);
        snprintf(bare, sizeof bare, "audit %ld %ld - - false", from, minute);
        looks_measure(what, options, bare, rounds);
        snprintf(parameters, sizeof parameters, "%ld, %ld, NULL, NULL, false", from, minute);
        looks_print_plan(what, sql_audit, parameters);
    }
    testdb_drop();
}
