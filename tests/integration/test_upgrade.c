/*
 * The migration over what earlier states of it made: the same catalogs as those of a fresh database,
 * rows unharmed, ticks at work.
 *
 * tests/data/schema-N.sql are such states, as they were: the first, and the last that called itself
 * by a number of its own.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static char *fresh; /* the catalogs of a fresh database */

/* Takes everything away, and makes it as that state did. The roles and their grants stay. */
static void go_back(int number)
{
    char name[64];

    testdb_exec(
        "DROP TABLE sync_run_log, sync_schedule_state, sync_trigger_state, sync_prune_state,"
        " sync_probe_state, sync_throttle_state, sync_database_state, sync_schedule_journal, "
        "organization_integrations, "
        "organizations;"
        "DROP FUNCTION sync_member_org_id(), sync_schema_version(),"
        " sync_run_report(uuid, bigint, text, text), sync_run_complete(uuid, bigint),"
        " sync_run_fail(uuid, text, text)");
    snprintf(name, sizeof name, "tests/data/schema-%d.sql", number);
    testdb_apply_file(name);
}

static void setup(void)
{
    scene_open();
    testdb_exec("DELETE FROM organizations");
    fresh = testdb_dump("-s");
}

static void teardown(void)
{
    free(fresh);
    scene_close();
}

static struct program_result run_shell(const char *line)
{
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};

    return program_run(argv, NULL);
}

static struct program_result apply(void)
{
    return run_shell("\"$0\" schema | psql -qX -v ON_ERROR_STOP=1");
}

static void expect_applied(void)
{
    struct program_result result = apply();

    ck_assert_msg(result.status == 0 && *result.out == '\0', "exit %d\n%s%s", result.status,
                  result.out, result.err);
    program_result_free(&result);
}

static void expect_fresh(const char *what)
{
    char *dump = testdb_dump("-s");
    size_t same = 0;

    while (dump[same] != '\0' && dump[same] == fresh[same])
        same++;
    ck_assert_msg(strcmp(dump, fresh) == 0,
                  "%s: the catalogs differ from here on\n%.1000s\nnot\n%.1000s", what, dump + same,
                  fresh + same);
    free(dump);
}

/* ---- From an earlier state ---- */

static const int states[] = {1, 4};

/* Covers: the catalogs are those of a fresh database, and after another time again. */
START_TEST(test_same_catalogs)
{
    char what[32];

    snprintf(what, sizeof what, "state %d", states[_i]);
    go_back(states[_i]);
    for (int time = 0; time < 2; time++) {
        expect_applied();
        expect_fresh(what);
    }
    ck_assert_int_eq(testdb_number("SELECT sync_schema_version()"), SCHEMA_VERSION);
}
END_TEST

/* Covers: the tables of somebody else are left alone. */
START_TEST(test_tables_of_somebody_else)
{
    const char *options = "-s -t organizations -t organization_integrations";
    char *before;
    char *after;

    go_back(1);
    testdb_exec("DROP POLICY sync_members_read ON organizations;"
                "ALTER TABLE organizations DISABLE ROW LEVEL SECURITY, ADD plan text;"
                "DROP POLICY sync_members_read ON organization_integrations;"
                "GRANT ALL ON organization_integrations TO anon");
    before = testdb_dump(options);
    expect_applied();
    after = testdb_dump(options);
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

/* ---- Rows, and ticks ---- */

/* All that the tables of version 1 hold, without the columns that came later. */
static char *rows(void)
{
    return testdb_text(
        "SELECT string_agg(r, E'\\n' ORDER BY r) FROM ("
        " SELECT (to_jsonb(t) - "
        "'{trigger_name,host,period_start,accepted_at,http_status,request_id,"
        "retry_at,resolution,resolved_at,resolved_by,resolution_note,call_until,left_at,"
        "is_unsaid}'::text[])::text"
        "   FROM sync_run_log AS t UNION ALL"
        " SELECT (to_jsonb(t) - 'since')::text FROM sync_schedule_state AS t UNION ALL"
        " SELECT (to_jsonb(t) - '{warnings,gaps}'::text[])::text FROM sync_trigger_state AS t "
        "UNION ALL"
        " SELECT to_jsonb(t)::text FROM organizations AS t UNION ALL"
        " SELECT to_jsonb(t)::text FROM organization_integrations AS t) AS all_rows (r)");
}

/* A daily schedule that is done, one whose run hangs, and one that is due now, as of version 1. */
static int64_t seed(void)
{
    int64_t minute = scene_settle(20000);

    testdb_exec("INSERT INTO organizations (id, name) VALUES ('" SCENE_ORG "', 'Nordlys');"
                "INSERT INTO sync_trigger_state VALUES ('cron', 'host', now())");
    scene_seed(1, 3, "* * * * *");
    for (int n = 1; n <= 3; n++)
        scene_seed_state(n, "* * * * * UTC", minute - 1);
    free(scene_seed_run(1, "completed", minute, 1));
    free(scene_seed_run(2, "running", minute - 40, 40));
    return minute;
}

/* Covers: no row is harmed, and the next tick goes on where the last one was. */
START_TEST(test_rows_and_ticks)
{
    char *before;
    char *after;
    char *hanging;

    go_back(states[_i]);
    seed();
    before = rows();
    expect_applied();
    after = rows();
    ck_assert_str_eq(after, before);
    scene_expect(scene_run(""), 2, 1, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'completed'"
                                   " AND trigger_name IS NOT NULL AND scheduled_for = covers_from"),
                     2);
    hanging = scene_failure(2);
    ck_assert_str_eq(hanging, "unknown/ABANDONED");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
    free(before);
    free(after);
    free(hanging);
}
END_TEST

/* Covers: the journal begins with what the state knew, and says from when on; and does so once. */
START_TEST(test_journal)
{
    char *journal;

    go_back(4);
    testdb_exec("INSERT INTO sync_schedule_state SELECT '" SCENE_ORG "',"
                " ('10000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, schedule,"
                " '2024-05-10Z', since::timestamptz FROM (VALUES (1, '0 2 * * * UTC', '2024-05-01 "
                "02:00:07Z'),"
                " (2, '0 2 * * * UTC', NULL), (3, '', '2024-05-01 02:00Z'))"
                " AS s (n, schedule, since)");
    for (int time = 0; time < 2; time++) {
        expect_applied();
        journal = testdb_text(
            "SELECT string_agg(right(integration_id::text, 1) || ' ' || schedule || ' '"
            " || valid_from::date || coalesce(' to ' || to_char(valid_to AT TIME ZONE 'UTC',"
            " 'DD HH24:MI'), ''), ', ' ORDER BY integration_id, valid_from)"
            " FROM sync_schedule_journal");
        ck_assert_pstr_eq(journal, "1 ? -infinity to 01 02:00, 1 0 2 * * * UTC 2024-05-01,"
                                   " 2 ? -infinity to 10 00:00, 2 0 2 * * * UTC 2024-05-10,"
                                   " 3 ? -infinity to 01 02:00");
        free(journal);
    }
}
END_TEST

/* Covers: what was given up under the former code has the new one; a function's own code stays. */
START_TEST(test_renamed_code)
{
    char *id;
    char *given_up;
    char *failed;

    go_back(states[_i]);
    scene_seed(1, 2, "0 2 * * *");
    id = scene_seed_run(1, "completed", 100, 100);
    free(scene_seed_run(2, "completed", 100, 100));
    testdb_exec("UPDATE sync_run_log SET status = 'failed', completed_at = NULL, failed_at = now(),"
                " records_exported = NULL, error_class = 'not_delivered', error_code = 'MISSED'");
    testdb_exec("UPDATE sync_run_log SET worker = NULL, started_at = NULL WHERE run_id = '%s'", id);
    free(id);
    for (int time = 0; time < 2; time++)
        expect_applied();
    given_up = scene_failure(1);
    failed = scene_failure(2);
    ck_assert_str_eq(given_up, "not_delivered/GIVEN_UP");
    ck_assert_str_eq(failed, "not_delivered/MISSED");
    free(given_up);
    free(failed);
}
END_TEST

/* Covers: whoever was granted the tables may read the number, also where functions are nobody's. */
START_TEST(test_nothing_to_grant_for_the_number)
{
    char *state;

    go_back(1);
    testdb_exec("DROP ROLE IF EXISTS upgrade_reader; CREATE ROLE upgrade_reader;"
                "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
    expect_applied();
    state = testdb_try("upgrade_reader", NULL, "SELECT sync_schema_version()");
    ck_assert_pstr_eq(state, NULL);
    testdb_drop_role("upgrade_reader");
}
END_TEST

/* ---- What is refused ---- */

/* Covers: nothing takes a newer schema back. */
START_TEST(test_never_back)
{
    struct program_result result;
    char *before;
    char *after;

    testdb_exec("CREATE OR REPLACE FUNCTION sync_schema_version() RETURNS integer"
                " LANGUAGE sql IMMUTABLE AS 'SELECT 5'");
    before = testdb_dump("-s");
    result = apply();
    ck_assert_int_eq(result.status, 3);
    ck_assert_msg(strstr(result.err, "the schema is of version 5, and this would make it version"
                                     " 1") != NULL &&
                      strstr(result.err, "Update syncsched.") != NULL,
                  "%s", result.err);
    program_result_free(&result);
    after = testdb_dump("-s");
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

/* Covers: what fails in the middle leaves nothing behind, also where psql goes on after an error. */
START_TEST(test_all_or_nothing)
{
    struct program_result result;
    char *before;
    char *after;

    go_back(1);
    testdb_exec("CREATE VIEW sync_probe_state AS SELECT 1 AS id");
    before = testdb_dump("-s");
    result = run_shell("\"$0\" schema | psql -qX");
    after = testdb_dump("-s");
    ck_assert_str_eq(after, before);
    program_result_free(&result);
    free(before);
    free(after);
}
END_TEST

SUITE(upgrade)
{
    TCase *upgrade = tcase_create("upgrades");
    TCase *refused = tcase_create("refused");

    tcase_add_checked_fixture(upgrade, setup, teardown);
    tcase_add_loop_test(upgrade, test_same_catalogs, 0, (int)COUNT(states));
    tcase_add_test(upgrade, test_tables_of_somebody_else);
    tcase_add_loop_test(upgrade, test_rows_and_ticks, 0, (int)COUNT(states));
    tcase_add_loop_test(upgrade, test_renamed_code, 0, (int)COUNT(states));
    tcase_add_test(upgrade, test_journal);
    tcase_add_test(upgrade, test_nothing_to_grant_for_the_number);
    suite_add_tcase(suite, upgrade);
    tcase_add_checked_fixture(refused, setup, teardown);
    tcase_add_test(refused, test_never_back);
    tcase_add_test(refused, test_all_or_nothing);
    suite_add_tcase(suite, refused);
}
