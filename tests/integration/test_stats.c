/*
 * stats, through the real program: what runs come to now and in the period before, by whatever they
 * are counted; what became slower, and what exports nothing; how that looks, and what it costs.
 */
#include "integration/status_scene.h"
#include "support/json_schema.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

extern const char sql_stats[]; /* the program's own statements */
extern const char sql_stats_days[];

/*
 * Two integrations with a run a day for sixty days. That of Oslo took 4 s and takes 38 s for five
 * days; one run of the last month failed, one is unknown and settled, one was given up. That of Acme
 * exported nothing for six days.
 */
static const char seed[] =
    "DELETE FROM organizations;"
    "INSERT INTO organizations VALUES"
    " ('a0000000-0000-4000-8000-000000000001', 'Bl\xC3\xA5klokken', 'Europe/Oslo'),"
    " ('a1000000-0000-4000-8000-000000000001', 'Acme', NULL);"
    "INSERT INTO organization_integrations VALUES"
    " ('a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'xledger',"
    "  '0 2 * * *'),"
    " ('a1000000-0000-4000-8000-000000000001', 'b1000000-0000-4000-8000-000000000001', 'bufdir',"
    "  '0 2 * * *');"
    "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
    " covers_from, attempt, status, idempotency_key, triggered_by, worker, created_at, started_at,"
    " completed_at, failed_at, records_exported, error_class, error_code, resolution, resolved_at,"
    " resolved_by)"
    " SELECT i.org_id, i.integration_id, i.integration_type, slot, slot, 1, r.status, 'key',"
    "        'schedule', CASE WHEN code <> 'GIVEN_UP' THEN 'w' END, slot,"
    "        CASE WHEN code <> 'GIVEN_UP' THEN slot END,"
    "        CASE WHEN r.status = 'completed' THEN slot + took * interval '1 s' END,"
    "        CASE WHEN r.status = 'failed' THEN slot + interval '50 s' END,"
    "        CASE WHEN r.status = 'completed' THEN records END, NULLIF(class, ''), NULLIF(code, "
    "''),"
    "        CASE WHEN code = 'TIMEOUT' THEN 'done' END, CASE WHEN code = 'TIMEOUT' THEN slot END,"
    "        CASE WHEN code = 'TIMEOUT' THEN 'eva' END"
    "   FROM organization_integrations AS i, generate_series(0, 59) AS n,"
    "        LATERAL (SELECT date_trunc('minute', now()) - n * interval '1 day'"
    "                        - interval '10 minutes' AS slot,"
    "                        i.integration_type = 'xledger' AS is_oslo) AS s,"
    "        LATERAL (SELECT CASE WHEN is_oslo AND n < 5 THEN 38 WHEN is_oslo THEN 4 ELSE 2 END,"
    "                        CASE WHEN is_oslo THEN 10 WHEN n < 6 THEN 0 ELSE 7 END,"
    "                        CASE WHEN is_oslo AND n IN (10, 11, 12) THEN 'failed'"
    "                             ELSE 'completed' END,"
    "                        CASE WHEN is_oslo THEN CASE n WHEN 10 THEN 'rejected'"
    "                          WHEN 11 THEN 'unknown' WHEN 12 THEN 'not_delivered' ELSE '' END"
    "                          ELSE '' END,"
    "                        CASE WHEN is_oslo THEN CASE n WHEN 10 THEN 'HTTP_422'"
    "                          WHEN 11 THEN 'TIMEOUT' WHEN 12 THEN 'GIVEN_UP' ELSE '' END"
    "                          ELSE '' END) AS r (took, records, status, class, code)";

static void open_scene(void)
{
    testdb_create();
    status_scene_reset();
    testdb_exec("%s", seed);
}

static json_t *read_stats(const char *options)
{
    char command[200];

    snprintf(command, sizeof command, "stats %s", options);
    return status_read(command, 0);
}

/* ---- Numbers ---- */

#define OSLO                                                                                       \
    "{\"runs\":30,\"completed\":27,\"failed\":1,\"unknown\":1,\"givenUp\":1,\"active\":0,"         \
    "\"settled\":1,\"records\":270,\"medianMs\":4000,\"p95Ms\":38000}"
#define OSLO_BEFORE                                                                                \
    "{\"runs\":30,\"completed\":30,\"failed\":0,\"unknown\":0,\"givenUp\":0,\"active\":0,"         \
    "\"settled\":0,\"records\":300,\"medianMs\":4000,\"p95Ms\":4000}"
#define ACME                                                                                       \
    "{\"runs\":30,\"completed\":30,\"failed\":0,\"unknown\":0,\"givenUp\":0,\"active\":0,"         \
    "\"settled\":0,\"records\":168,\"medianMs\":2000,\"p95Ms\":2000}"
#define ACME_BEFORE                                                                                \
    "{\"runs\":30,\"completed\":30,\"failed\":0,\"unknown\":0,\"givenUp\":0,\"active\":0,"         \
    "\"settled\":0,\"records\":210,\"medianMs\":2000,\"p95Ms\":2000}"
#define NOTHING                                                                                    \
    "{\"runs\":0,\"completed\":0,\"failed\":0,\"unknown\":0,\"givenUp\":0,\"active\":0,"           \
    "\"settled\":0,\"records\":null,\"medianMs\":null,\"p95Ms\":null}"

/* The groups that are asked for: each its one word, and its numbers, in order. */
static const struct {
    const char *options;
    const char *key;
    const char *groups[2][3];
} counts[] = {
    {"", "integrationType", {{"bufdir", ACME, ACME_BEFORE}, {"xledger", OSLO, OSLO_BEFORE}}},
    {"--since 30d --by integration",
     "integrationId",
     {{"b1000000-0000-4000-8000-000000000001", ACME, ACME_BEFORE},
      {"b0000000-0000-4000-8000-000000000001", OSLO, OSLO_BEFORE}}},
    {"--by org",
     "organization",
     {{"Acme", ACME, ACME_BEFORE}, {"Bl\xC3\xA5klokken", OSLO, OSLO_BEFORE}}},
    {"--by type",
     "integrationType",
     {{"bufdir", ACME, ACME_BEFORE}, {"xledger", OSLO, OSLO_BEFORE}}},
    {"--org klokken", "organization", {{"Bl\xC3\xA5klokken", OSLO, OSLO_BEFORE}}},
    {"--integration acme/bufdir", "organization", {{"Acme", ACME, ACME_BEFORE}}},
};

static void check_numbers(const json_t *numbers, const char *expected)
{
    char *text = json_dumps(numbers, JSON_COMPACT);

    ck_assert_str_eq(text, expected);
    free(text);
}

/* Covers: the runs of a period and of the one before, by integration, organisation and type. */
START_TEST(test_numbers)
{
    json_t *tree = read_stats(counts[_i].options);
    char *text = json_dumps(tree, JSON_COMPACT);
    size_t i;
    json_t *group;

    json_schema_check("stats", text);
    free(text);
    json_array_foreach(json_object_get(tree, "groups"), i, group)
    {
        ck_assert_uint_lt(i, 2);
        ck_assert_str_eq(json_string_value(json_object_get(group, counts[_i].key)),
                         counts[_i].groups[i][0]);
        check_numbers(json_object_get(group, "now"), counts[_i].groups[i][1]);
        check_numbers(json_object_get(group, "before"), counts[_i].groups[i][2]);
    }
    ck_assert(i == 2 || counts[_i].groups[i][0] == NULL);
    json_decref(tree);
}
END_TEST

/* Covers: a month begins where the organisation is; the one before the first is compared with. */
START_TEST(test_months)
{
    json_t *tree;
    json_t *group;

    testdb_exec("DELETE FROM sync_run_log WHERE integration_type = 'bufdir';"
                "UPDATE sync_run_log SET scheduled_for = v.slot, covers_from = v.slot"
                "  FROM (VALUES (0, '2026-01-31T22:59Z'::timestamptz), (1, '2026-01-31T23:00Z'),"
                "               (2, '2026-02-28T22:59Z'), (3, '2026-03-01T01:00Z')) AS v (n, slot)"
                " WHERE sync_run_log.scheduled_for = date_trunc('minute', now())"
                "       - v.n * interval '1 day' - interval '10 minutes';"
                "DELETE FROM sync_run_log WHERE scheduled_for > '2026-03-02T00:00Z'"
                "   OR scheduled_for < '2026-01-31T00:00Z'");
    tree = read_stats("--org klokken --since 2026-02-15 --by month");
    group = json_array_get(json_object_get(tree, "groups"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(group, "month")), "2026-02");
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(group, "now"), "runs")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(group, "before"), "runs")),
                     1);
    group = json_array_get(json_object_get(tree, "groups"), 1);
    ck_assert_str_eq(json_string_value(json_object_get(group, "month")), "2026-03");
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(group, "now"), "runs")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(group, "before"), "runs")),
                     2);
    group = json_array_get(json_object_get(tree, "groups"), 2);
    check_numbers(json_object_get(group, "now"), NOTHING); /* a month without runs shows */
    json_decref(tree);
}
END_TEST

/* ---- What changed ---- */

static char *slot_text(int days)
{
    return testdb_text("SELECT to_char((max(scheduled_for) - %d * interval '1 day')"
                       "               AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
                       "  FROM sync_run_log",
                       days);
}

static void check_slot(const json_t *change, const char *key, int days)
{
    char *slot = slot_text(days);

    ck_assert_str_eq(json_string_value(json_object_get(change, key)), slot);
    free(slot);
}

/* Covers: what became slower since when, what exports nothing since when, and nothing else. */
START_TEST(test_changes)
{
    json_t *tree = read_stats("--by org");
    const json_t *slower = json_array_get(json_object_get(tree, "slower"), 0);
    const json_t *empty = json_array_get(json_object_get(tree, "empty"), 0);

    ck_assert_uint_eq(json_array_size(json_object_get(tree, "slower")), 1);
    ck_assert_uint_eq(json_array_size(json_object_get(tree, "empty")), 1);
    ck_assert_str_eq(json_string_value(json_object_get(slower, "integrationType")), "xledger");
    ck_assert_int_eq(json_integer_value(json_object_get(slower, "beforeMs")), 4000);
    ck_assert_int_eq(json_integer_value(json_object_get(slower, "latestMs")), 38000);
    check_slot(slower, "since", 4);
    ck_assert_str_eq(json_string_value(json_object_get(empty, "integrationType")), "bufdir");
    check_slot(empty, "since", 5);
    check_slot(empty, "lastExportFor", 6);
    ck_assert_int_eq(json_integer_value(json_object_get(tree, "incomparable")), 0);
    json_decref(tree);
    tree = read_stats("--since 59d"); /* there is no run in the 59 days before, but one */
    ck_assert_uint_eq(json_array_size(json_object_get(tree, "slower")), 0);
    ck_assert_int_eq(json_integer_value(json_object_get(tree, "incomparable")), 2);
    json_decref(tree);
}
END_TEST

/* ---- How it looks ---- */

static const struct {
    const char *options;
    const char *shown[6];
} looks[] = {
    {"--width 120",
     {"ORGANISATION  TYPE     ID        RUNS  FAILED  UNKNOWN  MEDIAN   WAS   95%   WAS  RECORDS  "
      "WAS\n",
      "Bl\xC3\xA5klokken    xledger  b0000000    30       1        1    4.0s  4.0s   38s  4.0s     "
      " 270  300\n",
      "\nslower than in the period before:\n  Bl\xC3\xA5klokken xledger "
      "b0000000\n    took 4.0s, takes 38s now; slower since ",
      "\nexports nothing:\n  Acme bufdir b1000000\n    ", " runs without a record since ",
      ", the last with some for "}},
    {"--by org --width 120", {"Acme          a1000000    30       0        0    2.0s  2.0s"}},
    {"--by type", {"\nbufdir     30       0        0    2.0s  2.0s  2.0s  2.0s      168  210\n"}},
    {"--by month --since 20s --org klokken", {"MONTH    RUNS  FAILED  UNKNOWN  MEDIAN"}},
    {"--since 59d",
     {"\n2 integrations have too few runs in the period before to say whether they became "
      "slower\n"}},
    {"--csv",
     {"orgId,organization,integrationId,integrationType,month,runs,completed,failed,unknown,"
      "givenUp,"
      "active,settled,records,medianMs,p95Ms,beforeRuns,beforeCompleted,",
      "\r\na1000000-0000-4000-8000-000000000001,Acme,b1000000-0000-4000-8000-000000000001,bufdir,,"
      "30,30,0,0,0,0,0,168,2000,2000,30,30,0,0,0,0,0,210,2000,2000\r\n"}},
};

START_TEST(test_looks)
{
    char line[80];
    struct program_result result;

    snprintf(line, sizeof line, "stats %s", looks[_i].options);
    result = status_run(line, NULL);
    ck_assert_msg(result.status == 0 && *result.err == '\0', "%d %s", result.status, result.err);
    for (size_t i = 0; i < COUNT(looks[_i].shown) && looks[_i].shown[i] != NULL; i++)
        ck_assert_msg(strstr(result.out, looks[_i].shown[i]) != NULL, "%s is not in\n%s",
                      looks[_i].shown[i], result.out);
    program_result_free(&result);
}
END_TEST

/* What is said beside the numbers, and what is refused. */
static const struct {
    const char *options;
    int status;
    const char *said;
} sayings[] = {
    {"--since 20s", 0, "warning: the log has no run in these periods\n"},
    {"--since 40d", 0, "warning: the log was pruned: runs before 20"},
    {"--csv --json", 2, "error: --csv and --json: give one of them\n"},
    {"--since 2999-01-01T00:00Z", 2, "error: --since must lie in the past\n"},
    {"--since 2000-01-01T00:00Z --by month", 0, "warning: the log was pruned: runs before 20"},
    {"--since 1900-01-01 --by month", 2, "error: --since: "},
    {"--org nobody", 2, "error: "},
    {"--by day", 2, "error: --by: "},
};

START_TEST(test_sayings)
{
    char line[80];
    struct program_result result;

    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for > now() - interval '1 hour';"
                "INSERT INTO sync_prune_state (pruned_before) VALUES (now() - interval '61 days')");
    snprintf(line, sizeof line, "stats %s", sayings[_i].options);
    result = status_run(line, NULL);
    ck_assert_msg(result.status == sayings[_i].status &&
                      strstr(result.err, sayings[_i].said) != NULL,
                  "%s: %d %s", line, result.status, result.err);
    program_result_free(&result);
}
END_TEST

/* Covers: numbers that nobody would write, and names that are hostile. */
START_TEST(test_odd)
{
    json_t *tree;
    struct program_result result;

    testdb_exec("UPDATE sync_run_log SET records_exported = 9223372036854775807"
                " WHERE status = 'completed';"
                "UPDATE sync_run_log SET completed_at = 'infinity'"
                " WHERE status = 'completed' AND scheduled_for > now() - interval '2 days';"
                "UPDATE organizations SET name = E'=1+1\\n\\u202e<b>\\u001b[31m'");
    tree = read_stats("--by type");
    ck_assert_int_eq(
        json_integer_value(json_object_get(
            json_object_get(json_array_get(json_object_get(tree, "groups"), 0), "now"), "records")),
        INT64_MAX);
    json_decref(tree);
    result = status_run("stats --csv", NULL);
    ck_assert_msg(strstr(result.out, ",\"'=1+1") != NULL, "%s", result.out);
    program_result_free(&result);
    result = status_run("stats", NULL);
    ck_assert_msg(strchr(result.out, '\033') == NULL && strstr(result.out, "\xE2\x80\xAE") == NULL,
                  "%s", result.out);
    program_result_free(&result);
}
END_TEST

/* ---- What it costs ---- */

static void check_plan(const char *sql, const char *arguments)
{
    char *plan;

    testdb_exec("PREPARE stats AS %s", sql);
    testdb_exec("CREATE TABLE plan (line text);"
                "DO $$ DECLARE line text; BEGIN FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) EXECUTE "
                "stats(%s)' LOOP INSERT INTO plan VALUES (line); END LOOP; END $$",
                arguments);
    plan = testdb_text("SELECT string_agg(line, E'\\n') FROM plan");
    ck_assert_msg(strstr(plan, "Seq Scan on sync_run_log") == NULL &&
                      strstr(plan, "sync_run_log_slot_key") != NULL,
                  "%s", plan);
    free(plan);
    testdb_exec("DEALLOCATE stats; DROP TABLE plan");
}

/* Covers: the slots of a period are found by the key of the log. */
START_TEST(test_plan)
{
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, created_at,"
                " started_at, completed_at)"
                " SELECT i.org_id, i.integration_id, 'xledger', slot, slot, 1, 'completed', 'key',"
                "        'schedule', 'w', slot, slot, slot"
                "   FROM organization_integrations AS i, generate_series(1, 10000) AS n,"
                "        LATERAL (SELECT '2025-01-01T00:00Z'::timestamptz"
                "                        + n * interval '1 minute' AS slot) AS s;"
                "ANALYZE sync_run_log");
    check_plan(sql_stats, "NULL, NULL, ''{29000000,29001440,29002880}'', ''org''");
    check_plan(sql_stats_days, "NULL, NULL, 29000000, 29001440, 29002880");
}
END_TEST

SUITE(stats)
{
    TCase *tcase = tcase_create("stats");

    tcase_add_checked_fixture(tcase, open_scene, testdb_drop);
    tcase_add_loop_test(tcase, test_numbers, 0, COUNT(counts));
    tcase_add_test(tcase, test_months);
    tcase_add_test(tcase, test_changes);
    tcase_add_loop_test(tcase, test_looks, 0, COUNT(looks));
    tcase_add_loop_test(tcase, test_sayings, 0, COUNT(sayings));
    tcase_add_test(tcase, test_odd);
    tcase_add_test(tcase, test_plan);
    suite_add_tcase(suite, tcase);
}
