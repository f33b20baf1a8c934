/*
 * `syncsched audit --ledger`: the log held against what the function says that it exported.
 */
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define EXAMPLE                                                                                    \
    "scripts/share/examples/edge-function/supabase/migrations/20261126000000_export_ledger.sql"

#define INTEGRATION "10000000-0000-4000-8000-000000000001"
#define STRANGER    "20000000-0000-4000-8000-000000000002"
#define MAY         "--ledger --from 2024-05-01T00:00Z --to 2024-05-06T00:00Z "
#define DAY         "2024-05-03T02:00:00Z"
#define KEY         SCENE_ORG "/" INTEGRATION "/" DAY
#define RUN         "run 00000003"

static struct program_result run_audit(const char *options)
{
    static const char *const env[] = {"SUPABASE_DB_URL", NULL};
    char line[1000];

    snprintf(line, sizeof line, "audit --config /dev/null %s", options);
    return scene_command(line, env);
}

/* Sees that text has these totals. The zeros that nobody asks for are left out of it. */
static void expect_totals(const char *out, const char *totals)
{
    char expected[300] = "";

    for (const char *at = totals; *at != '\0';) {
        size_t length = strcspn(at + 1, ",\n") + 1;
        bool is_zero = *at == ',' && length > 2 && strncmp(at + length - 2, " 0", 2) == 0;

        if (!is_zero)
            strncat(expected, at, length);
        at += length;
    }
    ck_assert_msg(strstr(out, expected) != NULL, "no \"%s\" in: %s", expected, out);
}

/* The last lines of what it prints, from the last finding on. */
static void expect(const char *options, int status, const char *findings, const char *totals)
{
    struct program_result result = run_audit(options);
    const char *end = strstr(result.out, "2024-05-01T00:00:00Z to 2024-05-06T00:00:00Z: ");
    size_t length = strlen(findings);

    ck_assert_msg(result.status == status, "exit status %d: %s%s", result.status, result.out,
                  result.err);
    ck_assert_msg(end != NULL && end >= result.out + length &&
                      strncmp(end - length, findings, length) == 0,
                  "no \"%s\" in: %s", findings, result.out);
    expect_totals(end, totals);
    program_result_free(&result);
}

/* ---- The log of five days, and a ledger that agrees with it ---- */

/* The state row is left out: no tick has seen the schedule, so that it holds in the whole period. */
static void seed_log(void)
{
    scene_seed(1, 1, "0 2 * * *");
    testdb_exec("INSERT INTO sync_run_log (run_id, org_id, integration_id, integration_type,"
                " scheduled_for, covers_from, period_start, attempt, status, idempotency_key,"
                " triggered_by, worker, started_at, completed_at, records_exported)"
                " SELECT (lpad(day::text, 8, '0') || '-0000-4000-9000-000000000000')::uuid,"
                " '" SCENE_ORG "', '" INTEGRATION "', 'xledger', t, t,"
                " CASE WHEN day > 1 THEN t - interval '1 day' END, 1, 'completed',"
                " '" SCENE_ORG "/" INTEGRATION
                "/2024-05-0' || day || 'T02:00:00Z', 'schedule', 'w',"
                " t, t, 10 * day"
                " FROM generate_series(1, 5) AS day,"
                " LATERAL (SELECT '2024-04-30 02:00Z'::timestamptz + day * interval '1 day' AS t)"
                " AS slot");
}

static void seed(void)
{
    seed_log();
    testdb_exec("CREATE TABLE sync_export_ledger AS SELECT idempotency_key, 'completed'::text AS"
                " state, records_exported::numeric AS records_exported FROM sync_run_log");
}

#define TOTALS(agreed, unlogged, unexported, miscounted, reexported, strangers)                    \
    "\n  ledger: agreed " #agreed ", unlogged " #unlogged ", unexported " #unexported              \
    ", miscounted " #miscounted ", reexported " #reexported ", strangers " #strangers "\n"
#define SHOWN "2024-05-03 02:00"
#define LINE(verdict, detail)                                                                      \
    SHOWN " Nordlys                        xledger  10000000 " verdict " " detail "\n"
#define LEDGER(changes)                                                                            \
    "UPDATE sync_export_ledger SET " changes " WHERE idempotency_key = '" KEY "'"
#define LOG(changes) "UPDATE sync_run_log SET " changes " WHERE idempotency_key = '" KEY "'"
#define FAILED(class)                                                                              \
    "status = 'failed', completed_at = NULL, failed_at = completed_at, records_exported = NULL,"   \
    " error_class = '" class "', error_code = 'TIMEOUT'"
#define UNSAID   "no run is in the log; the ledger says completed, 30 records"
#define NO_COUNT RUN ", 30 records; the ledger says completed"

static const struct {
    const char *sql; /* what is done to a log and a ledger that agree */
    int status;
    const char *findings;
    const char *totals;
} cases[] = {
    {"SELECT 1", 0, "", TOTALS(5, 0, 0, 0, 0, 0)},
    {"DELETE FROM sync_export_ledger WHERE idempotency_key = '" KEY "'", 1,
     LINE("unexported ", RUN ", 30 records; the ledger does not have its key"),
     TOTALS(4, 0, 1, 0, 0, 0)},
    {LEDGER("state = 'absent'"), 1, LINE("unexported ", RUN ", 30 records; the ledger says absent"),
     TOTALS(4, 0, 1, 0, 0, 0)},
    {LEDGER("state = E'completed\\n\\x1b[31m'"), 1,
     LINE("unexported ", RUN ", 30 records; the ledger says other"), TOTALS(4, 0, 1, 0, 0, 0)},
    {LEDGER("state = NULL"), 1, LINE("unexported ", RUN ", 30 records; the ledger says other"),
     TOTALS(4, 0, 1, 0, 0, 0)},
    {LOG(FAILED(
         "unknown") ", resolution = 'done', resolved_at = now(), resolved_by = 'me'") ";"
                                                                                      "DELETE FROM "
                                                                                      "sync_export_"
                                                                                      "ledger "
                                                                                      "WHERE "
                                                                                      "idempotency_"
                                                                                      "key = '" KEY
                                                                                      "'",
     1,
     LINE("unexported ",
          RUN ", attempt 1: unknown/TIMEOUT, settled by hand: done; the ledger does not have its "
              "key"),
     TOTALS(4, 0, 1, 0, 0, 0)},
    {LOG(FAILED("unknown") ", resolution = 'done', resolved_at = now(), resolved_by = 'me'"), 0, "",
     TOTALS(5, 0, 0, 0, 0, 0)},
    /* exported and not logged */
    {LOG(FAILED("unknown")), 1,
     LINE("unlogged   ", RUN ", attempt 1: unknown/TIMEOUT; the ledger says completed, 30 records"),
     TOTALS(4, 1, 0, 0, 0, 0)},
    {LOG(FAILED("not_delivered")) ";" LEDGER("state = 'absent', records_exported = NULL"), 1, "",
     TOTALS(5, 0, 0, 0, 0, 0)},
    {"DELETE FROM sync_run_log WHERE idempotency_key = '" KEY "'", 1, LINE("unlogged   ", UNSAID),
     TOTALS(4, 1, 0, 0, 0, 0)},
    {"DELETE FROM sync_run_log WHERE scheduled_for < '2024-05-04Z';"
     "INSERT INTO sync_prune_state (pruned_before) VALUES ('2024-05-03 02:01Z')",
     0, "", TOTALS(5, 0, 0, 0, 0, 0)},
    {"DELETE FROM sync_run_log WHERE idempotency_key = '" KEY "';"
     "INSERT INTO sync_prune_state (pruned_before) VALUES ('2024-05-03 02:00Z')",
     1, LINE("unlogged   ", UNSAID), TOTALS(4, 1, 0, 0, 0, 0)},
    {LOG("status = 'running', completed_at = NULL, records_exported = NULL"), 0, "",
     TOTALS(5, 0, 0, 0, 0, 0)},
    /* other counts */
    {LEDGER("records_exported = 31"), 1,
     LINE("miscounted ", RUN ", 30 records; the ledger says completed, 31 records"),
     TOTALS(4, 0, 0, 1, 0, 0)},
    {LEDGER("records_exported = 30.00"), 0, "", TOTALS(5, 0, 0, 0, 0, 0)},
    {LEDGER("records_exported = 'NaN'"), 1, LINE("miscounted ", NO_COUNT),
     TOTALS(4, 0, 0, 1, 0, 0)},
    {LEDGER("records_exported = -30"), 1, LINE("miscounted ", NO_COUNT), TOTALS(4, 0, 0, 1, 0, 0)},
    {LEDGER("records_exported = 1e40"), 1, LINE("miscounted ", NO_COUNT), TOTALS(4, 0, 0, 1, 0, 0)},
    {LEDGER("records_exported = NULL"), 0, "", TOTALS(5, 0, 0, 0, 0, 0)},
    {LOG("records_exported = NULL"), 0, "", TOTALS(5, 0, 0, 0, 0, 0)},
    /* rows of one key */
    {"INSERT INTO sync_export_ledger VALUES ('" KEY "', 'completed', 30)", 1,
     LINE("reexported ", RUN ", 30 records; the ledger says completed 2 times, 30 records"),
     TOTALS(4, 0, 0, 0, 1, 0)},
    {"INSERT INTO sync_export_ledger VALUES ('" KEY "', 'absent', 7)", 0, "",
     TOTALS(5, 0, 0, 0, 0, 0)},
    /* attempts */
    {LOG(FAILED("unknown")) ";"
                            "INSERT INTO sync_run_log (org_id, integration_id, integration_type, "
                            "scheduled_for,"
                            " covers_from, period_start, attempt, status, idempotency_key, "
                            "triggered_by, worker,"
                            " started_at, completed_at, records_exported)"
                            " SELECT org_id, integration_id, integration_type, scheduled_for, "
                            "covers_from, period_start, 2,"
                            " 'completed', idempotency_key, 'retry', 'w', started_at, started_at, "
                            "30 FROM sync_run_log"
                            " WHERE idempotency_key = '" KEY "'",
     0, "", TOTALS(5, 0, 0, 0, 0, 0)},
    /* strangers */
    {"INSERT INTO sync_export_ledger SELECT key, 'completed', 1 FROM unnest(ARRAY[NULL, '', 'x',"
     " upper('" KEY "'), '" KEY "' || E'\\n', ' ' || '" KEY "', E'\\x1b[2J', '" KEY "/1',"
     " replace('" KEY "', ':00Z', ':01Z'), replace('" KEY "', ':00Z', ':60Z'),"
     " replace('" KEY "', 'T02', 'T25'), repeat('x', 10000000)]) AS key",
     0, "", TOTALS(5, 0, 0, 0, 0, 12)},
    /* the period, which is that of the audit */
    {"INSERT INTO sync_export_ledger SELECT '" SCENE_ORG "/" INTEGRATION
     "/' || slot, 'completed', 1"
     " FROM unnest(ARRAY['2024-04-30T23:59:00Z', '2024-05-06T00:00:00Z', '9999-12-31T23:59:00Z',"
     " '0000-01-01T00:00:00Z']) AS slot",
     0, "", TOTALS(5, 0, 0, 0, 0, 0)},
};

START_TEST(test_cases)
{
    seed();
    testdb_exec("%s", cases[_i].sql);
    expect(MAY, cases[_i].status, cases[_i].findings, cases[_i].totals);
}
END_TEST

/* ---- What was chosen ---- */

/* Somebody else's export, of which there is no run. */
static void seed_stranger(void)
{
    seed();
    testdb_exec("INSERT INTO sync_export_ledger VALUES"
                " ('" STRANGER "/" INTEGRATION "/" DAY "', 'completed', 3),"
                " ('" SCENE_ORG "/" STRANGER "/" DAY "', 'completed', 3)");
}

START_TEST(test_chosen)
{
    seed_stranger();
    expect(MAY, 1,
           SHOWN " 00000000                       -        20000000 unlogged    no run is in the "
                 "log; the ledger says completed, 3 records\n" SHOWN
                 " 20000000                       -        10000000 unlogged    no run is in the "
                 "log; the ledger says completed, 3 records\n",
           TOTALS(5, 2, 0, 0, 0, 0));
    expect(MAY "--org " SCENE_ORG " --integration " INTEGRATION, 0, "", TOTALS(5, 0, 0, 0, 0, 0));
    expect(MAY "--org " SCENE_ORG, 1, "", TOTALS(5, 1, 0, 0, 0, 0));
    expect(MAY "--integration " INTEGRATION, 1, "", TOTALS(5, 1, 0, 0, 0, 0));
}
END_TEST

/* Covers: what is not asked for is not read, and not printed. */
START_TEST(test_unasked)
{
    struct program_result result;

    seed_log();
    result = run_audit("--from 2024-05-01T00:00Z --to 2024-05-06T00:00Z");
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_null(strstr(result.out, "ledger:"));
    program_result_free(&result);
}
END_TEST

/* A slot of this minute may still be served: it is in neither the log's part nor the ledger's. */
START_TEST(test_now)
{
    struct program_result result;

    seed();
    testdb_exec("INSERT INTO sync_export_ledger SELECT '" SCENE_ORG "/" INTEGRATION "/'"
                " || to_char(now() AT TIME ZONE 'UTC' + d * interval '1 minute',"
                " 'YYYY-MM-DD\"T\"HH24:MI\":00Z\"'), 'completed', 1"
                " FROM generate_series(1, 100) AS d");
    result = run_audit("--ledger --org " SCENE_ORG " --from 2024-05-01T00:00Z 2>&1");
    expect_totals(result.out, TOTALS(5, 0, 0, 0, 0, 0));
    program_result_free(&result);
}
END_TEST

/* ---- JSON, and a warning ---- */

static void check_schema(const char *report)
{
    json_t *json = json_loads(report, 0, NULL);
    char *line = json_dumps(json, JSON_COMPACT);

    ck_assert_ptr_nonnull(line);
    json_schema_check("audit", line);
    free(line);
    json_decref(json);
}

START_TEST(test_json)
{
    struct program_result result;

    seed();
    testdb_exec(
        "DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-01 02:00Z';"
        "UPDATE sync_export_ledger SET state = 'held', records_exported = NULL"
        " WHERE idempotency_key LIKE '%%/2024-05-02%%';" LEDGER(
            "records_exported = 31") ";"
                                     "INSERT INTO sync_export_ledger SELECT * FROM "
                                     "sync_export_ledger"
                                     " WHERE idempotency_key LIKE '%%/2024-05-04%%';"
                                     "INSERT INTO sync_export_ledger VALUES ('x', 'completed', 1)");
    result = run_audit("--json " MAY);
    ck_assert_int_eq(result.status, 1);
    check_schema(result.out);
    ck_assert_ptr_nonnull(strstr(result.out, "\"ledger\":{\"agreed\":1,\"unlogged\":1,"
                                             "\"unexported\":1,\"miscounted\":1,"
                                             "\"reexported\":1,\"strangers\":1},\"findings\":["));
    ck_assert_ptr_nonnull(strstr(
        result.out,
        "{\"verdict\":\"miscounted\",\"scheduledFor\":\"" DAY "\",\"orgId\":\"" SCENE_ORG "\","
        "\"integrationId\":\"" INTEGRATION "\",\"ledgerState\":\"completed\",\"ledgerRows\":1,"
        "\"ledgerRecords\":31,\"recordsExported\":30,"
        "\"runId\":\"00000003-0000-4000-9000-000000000000\",\"runScheduledFor\":\"" DAY "\","
        "\"runStatus\":\"completed\",\"attempt\":1,\"organization\":\"Nordlys\","
        "\"integrationType\":\"xledger\",\"timezone\":\"UTC\"}"));
    ck_assert_ptr_nonnull(
        strstr(result.err, "1 row of sync_export_ledger without the key of a slot: not judged"));
    program_result_free(&result);
}
END_TEST

/* ---- A ledger that cannot be read ---- */

static const struct {
    const char *sql;
    const char *message;
} refusals[] = {
    {"SELECT 1", "relation \"sync_export_ledger\" does not exist"},
    {"CREATE TABLE sync_export_ledger (idempotency_key text, state text)",
     "column e.records_exported does not exist"},
    {"CREATE TABLE sync_export_ledger (idempotency_key text, state text, records_exported int);"
     "REVOKE ALL ON sync_export_ledger FROM service_role",
     "permission denied for table sync_export_ledger"},
};

START_TEST(test_refused)
{
    struct program_result result;

    seed_log();
    testdb_exec("%s", refusals[_i].sql);
    result = run_audit(MAY "--db-role service_role");
    ck_assert_int_eq(result.status, 3);
    ck_assert_str_eq(result.out, "");
    ck_assert_msg(strstr(result.err, "reading the ledger of the function: database: ") != NULL &&
                      strstr(result.err, refusals[_i].message) != NULL &&
                      strstr(result.err, "--ledger needs a table or view sync_export_ledger") !=
                          NULL,
                  "%s", result.err);
    program_result_free(&result);
}
END_TEST

/* ---- Real ones ---- */

/* Covers: the view that the example makes is what the audit reads, also as the service role. */
START_TEST(test_example)
{
    seed_log();
    testdb_apply_file(EXAMPLE);
    testdb_exec("INSERT INTO export_ledger (idempotency_key, org_id, integration_id,"
                " integration_type, scheduled_for, status, run_id, held_until, records_exported,"
                " completed_at) SELECT idempotency_key, org_id, integration_id, integration_type,"
                " scheduled_for, status, run_id, completed_at, records_exported, completed_at"
                " FROM sync_run_log");
    expect(MAY "--db-role service_role", 0, "", TOTALS(5, 0, 0, 0, 0, 0));
    testdb_exec("UPDATE export_ledger SET status = 'in_progress', records_exported = NULL,"
                " completed_at = NULL WHERE idempotency_key = '" KEY "'");
    expect(MAY "--db-role service_role", 1,
           LINE("unexported ", RUN ", 30 records; the ledger says unknown"),
           TOTALS(4, 0, 1, 0, 0, 0));
}
END_TEST

enum { MANY = 300000, MANY_KIB = 40 * 1024 };

/* Covers: what the ledger holds, strangers included, is not kept in memory. */
START_TEST(test_many)
{
    struct rusage usage;

    seed();
    testdb_exec("INSERT INTO sync_export_ledger SELECT '" SCENE_ORG "/' || gen_random_uuid() ||"
                " '/2024-05-03T02:00:00Z', 'absent', NULL FROM generate_series(1, %d)",
                MANY);
    testdb_exec("INSERT INTO sync_export_ledger SELECT 'x' || n, 'completed', 1"
                " FROM generate_series(1, %d) AS n",
                MANY);
    expect(MAY, 0, "", TOTALS(300005, 0, 0, 0, 0, 300000));
    ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_lt(usage.ru_maxrss, MANY_KIB);
#endif
}
END_TEST

/* ---- Encodings ---- */

static void open_ascii(void)
{
    testdb_create_in("SQL_ASCII");
    scene_begin();
}

/* Covers: bytes in no encoding keep nothing away. */
START_TEST(test_bytes)
{
    seed();
    testdb_exec("INSERT INTO sync_export_ledger VALUES (E'\\xff\\xfe', E'\\xff', 1),"
                " (left('" KEY "', 93) || E'\\xff', 'completed', 1);" LEDGER("state = E'\\xff'"));
    expect(MAY, 1, LINE("unexported ", RUN ", 30 records; the ledger says other"),
           TOTALS(4, 0, 1, 0, 0, 2));
}
END_TEST

SUITE(ledger)
{
    TCase *judged = tcase_create("cases");
    TCase *chosen = tcase_create("chosen");
    TCase *ascii = tcase_create("encodings");

    tcase_add_checked_fixture(judged, scene_open, scene_close);
    tcase_add_loop_test(judged, test_cases, 0, (int)COUNT(cases));
    suite_add_tcase(suite, judged);
    tcase_add_checked_fixture(chosen, scene_open, scene_close);
    tcase_add_test(chosen, test_chosen);
    tcase_add_test(chosen, test_unasked);
    tcase_add_test(chosen, test_now);
    tcase_add_test(chosen, test_json);
    tcase_add_loop_test(chosen, test_refused, 0, (int)COUNT(refusals));
    tcase_add_test(chosen, test_example);
    tcase_add_test(chosen, test_many);
    suite_add_tcase(suite, chosen);
    tcase_add_checked_fixture(ascii, open_ascii, scene_close);
    tcase_add_test(ascii, test_bytes);
    suite_add_tcase(suite, ascii);
}
