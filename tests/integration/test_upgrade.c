/*
 * From every version of the schema that there was to the one of now: the same catalogs as those of a
 * fresh database, rows unharmed, ticks at work.
 *
 * tests/data/schema-N.sql are the versions as they were; the last is the one of now, and holds the
 * shape of lib/store/schema.sql to its number: see "A new version of the schema" in CONTRIBUTING.md.
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

/* Takes everything away, and makes it as version number did. The roles and their grants stay. */
static void go_back(int number)
{
    char name[64];

    testdb_exec(
        "DROP TABLE sync_run_log, sync_schedule_state, sync_trigger_state, sync_prune_state,"
        " sync_probe_state, organization_integrations, organizations;"
        "DROP FUNCTION sync_member_org_id(), sync_schema_version()");
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

/* `syncsched schema OPTIONS | psql`. */
static struct program_result apply(const char *options)
{
    char line[200];

    snprintf(line, sizeof line, "\"$0\" schema %s | psql -qX -v ON_ERROR_STOP=1", options);
    return run_shell(line);
}

static void expect_applied(const char *options)
{
    struct program_result result = apply(options);

    ck_assert_msg(result.status == 0 && *result.out == '\0', "%s: exit %d\n%s%s", options,
                  result.status, result.out, result.err);
    program_result_free(&result);
}

static void expect_refused(const char *options, const char *message)
{
    struct program_result result = apply(options);

    ck_assert_msg(result.status == 3 && strstr(result.err, message) != NULL, "%s: exit %d\n%s%s",
                  options, result.status, result.out, result.err);
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

/* ---- The ways to the version of now ---- */

/* The version that is there, and what is applied to it. */
static const struct {
    int there;
    const char *options;
} ways[] = {
    {1, "--from 1"}, {1, ""}, {2, "--from 2"}, {2, "--from 1"}, {2, ""}, {3, "--from 3"},
    {3, "--from 1"}, {3, ""}, {4, "--from 4"}, {4, "--from 1"}, {4, ""},
};

/* Covers: the catalogs are those of a fresh database, whatever way it went, and after each again. */
START_TEST(test_same_catalogs)
{
    go_back(ways[_i].there);
    for (int time = 0; time < 2; time++) {
        expect_applied(ways[_i].options);
        expect_fresh(ways[_i].options);
    }
    ck_assert_int_eq(testdb_number("SELECT sync_schema_version()"), SCHEMA_VERSION);
}
END_TEST

/* Covers: whatever changes the schema's shape changes its version, and the last step is tested. */
START_TEST(test_shape_has_number)
{
    go_back(SCHEMA_VERSION);
    expect_fresh("lib/store/schema.sql is not what version " SCHEMA_VERSION_TEXT
                 " was: see CONTRIBUTING.md");
    ck_assert_int_eq(ways[COUNT(ways) - 1].there, SCHEMA_VERSION);
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
    expect_applied("--from 1");
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
        " SELECT (to_jsonb(t) - 'trigger_name' - 'host')::text FROM sync_run_log AS t UNION ALL"
        " SELECT (to_jsonb(t) - 'since')::text FROM sync_schedule_state AS t UNION ALL"
        " SELECT to_jsonb(t)::text FROM sync_trigger_state AS t UNION ALL"
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
    char option[16];
    char *before;
    char *after;
    char *hanging;

    go_back(_i);
    seed();
    before = rows();
    snprintf(option, sizeof option, "--from %d", _i);
    expect_applied(option);
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

/* Covers: whoever was granted the tables may read the number, also where functions are nobody's. */
START_TEST(test_nothing_to_grant_for_the_number)
{
    char *state;

    go_back(3);
    testdb_exec("DROP ROLE IF EXISTS upgrade_reader; CREATE ROLE upgrade_reader;"
                "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC");
    expect_applied(_i == 0 ? "--from 3" : "");
    state = testdb_try("upgrade_reader", NULL, "SELECT sync_schema_version()");
    ck_assert_pstr_eq(state, NULL);
    testdb_drop_role("upgrade_reader");
}
END_TEST

/* ---- What is refused ---- */

/* Covers: nothing takes a newer schema back, neither as a whole nor step by step. */
START_TEST(test_never_back)
{
    static const char *const options[] = {"", "--from 1", "--from 3"};
    char *before;
    char *after;

    testdb_exec("CREATE OR REPLACE FUNCTION sync_schema_version() RETURNS integer"
                " LANGUAGE sql IMMUTABLE AS 'SELECT 5'");
    before = testdb_dump("-s");
    for (size_t i = 0; i < COUNT(options); i++) {
        expect_refused(options[i], "the schema is of version 5, and this would make it version 4");
        expect_refused(options[i], "Update syncsched.");
    }
    after = testdb_dump("-s");
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
}
END_TEST

static const struct {
    int there;
    const char *options;
    const char *message;
} gaps[] = {
    {1, "--from 2", "the schema is older than version 2"},
    {1, "--from 3", "the schema is older than version 3"},
    {2, "--from 3", "the schema is older than version 3"},
};

/* Covers: a step that is not the next one does nothing at all. */
START_TEST(test_no_step_left_out)
{
    char *before;
    char *after;

    go_back(gaps[_i].there);
    before = testdb_dump("-s");
    expect_refused(gaps[_i].options, gaps[_i].message);
    expect_refused(gaps[_i].options, "Apply syncsched schema --from 1.");
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
    result = run_shell("\"$0\" schema --from 1 | psql -qX");
    after = testdb_dump("-s");
    ck_assert_str_eq(after, before);
    program_result_free(&result);
    free(before);
    free(after);
}
END_TEST

/* ---- The option ---- */

static const char *const no_versions[] = {"0", "5",   "-1", "''",
                                          "x", "1.5", "4x", "99999999999999999999"};

/* Covers: what is no version, or a newer one, is wrong usage, and the range is named. */
START_TEST(test_no_version)
{
    char line[100];
    struct program_result result;

    snprintf(line, sizeof line, "\"$0\" schema --from %s", no_versions[_i]);
    result = run_shell(line);
    ck_assert_int_eq(result.status, 2);
    ck_assert_str_eq(result.out, "");
    ck_assert_msg(strstr(result.err, " is not a whole number from 1 to 4") != NULL, "%s",
                  result.err);
    program_result_free(&result);
}
END_TEST

/* Covers: of the version of now there is nothing to apply, which is said and is no failure. */
START_TEST(test_own_version)
{
    struct program_result result = run_shell("\"$0\" schema --from 4");

    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.out, "");
    ck_assert_str_eq(result.err, "syncsched: warning: version 4 is this program's own: there is"
                                 " nothing to apply\n");
    program_result_free(&result);
}
END_TEST

SUITE(upgrade)
{
    TCase *upgrade = tcase_create("upgrades");
    TCase *refused = tcase_create("refused");
    TCase *option = tcase_create("option");

    tcase_add_checked_fixture(upgrade, setup, teardown);
    tcase_add_loop_test(upgrade, test_same_catalogs, 0, (int)COUNT(ways));
    tcase_add_test(upgrade, test_shape_has_number);
    tcase_add_test(upgrade, test_tables_of_somebody_else);
    tcase_add_loop_test(upgrade, test_rows_and_ticks, 1, SCHEMA_VERSION);
    tcase_add_loop_test(upgrade, test_nothing_to_grant_for_the_number, 0, 2);
    suite_add_tcase(suite, upgrade);
    tcase_add_checked_fixture(refused, setup, teardown);
    tcase_add_test(refused, test_never_back);
    tcase_add_loop_test(refused, test_no_step_left_out, 0, (int)COUNT(gaps));
    tcase_add_test(refused, test_all_or_nothing);
    suite_add_tcase(suite, refused);
    tcase_add_loop_test(option, test_no_version, 0, (int)COUNT(no_versions));
    tcase_add_test(option, test_own_version);
    suite_add_tcase(suite, option);
}
