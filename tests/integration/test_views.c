/*
 * Views over the user's own tables: ids that are numbers or texts, columns of other names. What
 * doctor prints makes two views, and by these everything works from end to end. His tables stay as
 * they are.
 */
#include "integration/doctor_scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT       "2024-05-01T02:00:00Z"

static const struct {
    const char *tables; /* SQL: one schedule at 04:00 in Oslo of organisation 42, integration 7 */
    const char *key;    /* what the function gets */
    const char *message;
} shapes[] = {
    {"CREATE TABLE organizations (id bigint PRIMARY KEY, name text, timezone text);"
     "CREATE TABLE organization_integrations (org_id bigint REFERENCES organizations,"
     " integration_id bigint, integration_type text, cron_schedule text, is_enabled boolean,"
     " PRIMARY KEY (org_id, integration_id));"
     "INSERT INTO organizations VALUES (42, 'Bakeri', 'Europe/Oslo');"
     "INSERT INTO organization_integrations VALUES (42, 7, 'xledger', '0 4 * * *', true)",
     "00000000-0000-0000-0000-000000000042/00000000-0000-0000-0000-000000000007/" AT,
     "organizations.id is of the type bigint, not uuid; organization_integrations.integration_id"},
    {"CREATE TABLE organizations (organization_id integer, title varchar(80), tz text);"
     "CREATE TABLE organization_integrations (id serial, tenant_id integer, kind text, cron text,"
     " active text);"
     "INSERT INTO organizations VALUES (42, 'Bakeri', 'Europe/Oslo'), (-42, 'Minus', 'nowhere');"
     "INSERT INTO organization_integrations VALUES (7, 42, 'xledger', '0 4 * * *', 'yes'),"
     " (8, 42, 'xledger', '0 4 * * *', 'perhaps')",
     "00000000-0000-0000-0000-000000000042/00000000-0000-0000-0000-000000000007/" AT,
     "organizations has no column id; organizations has no column name; "},
    {"CREATE TABLE organizations (id text, timezone text);"
     "CREATE TABLE organization_integrations (org_id text, integration_id text,"
     " integration_type text, cron_schedule text, is_enabled boolean);"
     "INSERT INTO organizations VALUES ('42', 'Europe/Oslo'), ('odd', 'nowhere');"
     "INSERT INTO organization_integrations VALUES"
     " ('42', 'A0000000-0000-4000-8000-000000000007', 'xledger', '0 4 * * *', true)",
     "a1d0c6e8-3f02-7327-d846-1063f4ac58a6/a0000000-0000-4000-8000-000000000007/" AT, /* md5 */
     "organizations.id is of the type text, not uuid"},
};

static void open_shape(const char *tables)
{
    doctor_exec("DROP TABLE organization_integrations, organizations");
    doctor_exec(tables);
    doctor_exec("GRANT SELECT ON organizations, organization_integrations TO {role}");
    doctor_accept_openings(); /* that somebody made them so is not what is looked at */
}

static void expect_said(const char *line, int status, const char *said)
{
    struct program_result result = scene_command(line, NULL);

    ck_assert_msg(result.status == status && strstr(result.out, said) != NULL, "%s: exit %d: %s%s",
                  line, result.status, result.out, result.err);
    program_result_free(&result);
}

static void expect_key(const char *key)
{
    char *found = testdb_text("SELECT idempotency_key FROM sync_run_log"
                              " WHERE scheduled_for = '" AT "' AND status = 'completed'");

    ck_assert_pstr_eq(found, key);
    free(found);
}

/* Covers: a tick says where help is; the hint, pasted, makes it all work, and alters no table. */
START_TEST(test_views)
{
    char variable[400];
    char *hint;
    char *before;
    char *after;
    struct scene_tick tick;

    open_shape(shapes[_i].tables);
    before = testdb_dump("-t public.organizations -t public.organization_integrations");
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=%s", getenv("SUPABASE_DB_URL"));
    scene_set_variable(variable);
    tick = scene_run("");
    ck_assert_int_eq(tick.status, 3);
    ck_assert_msg(strstr(tick.err, "syncsched doctor says ") != NULL, "%s", tick.err);
    scene_tick_free(&tick);
    setenv("SUPABASE_SERVICE_ROLE_KEY", SCENE_KEY, 1); /* doctor's again */
    hint = doctor_expect_fault("schema", "fail", shapes[_i].message, false);
    ck_assert_ptr_null(strstr(hint, "ALTER TABLE"));
    doctor_apply(hint);
    doctor_expect_good();
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    expect_key(shapes[_i].key);
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 1);
    expect_said("due --at 2024-05-02T02:00Z", 0, "T02:00:00Z");
    expect_said("next --hours 48", 0, " 04:00 ");
    expect_said("status", 0, "1 healthy");
    expect_said("health", 0, "1 healthy");
    expect_said("audit --from " AT " --to 2024-05-01T03:00Z", 0,
                "extra 1"); /* no tick had seen it by then */
    after = testdb_dump("-t public.organizations -t public.organization_integrations");
    ck_assert_str_eq(after, before);
    free(before);
    free(after);
    free(hint);
}
END_TEST

/* Covers: a name of another name stops no tick, but every report: doctor says so, and how to map it. */
START_TEST(test_other_name)
{
    char variable[400];
    char *hint;

    open_shape("CREATE TABLE organizations (id uuid PRIMARY KEY, display_name text, timezone text);"
               "CREATE TABLE organization_integrations (org_id uuid, integration_id uuid,"
               " integration_type text, cron_schedule text, is_enabled boolean);"
               "INSERT INTO organizations VALUES ('" SCENE_ORG "', 'Bakeri', NULL);"
               "INSERT INTO organization_integrations VALUES ('" SCENE_ORG "', '" SCENE_ORG "',"
               " 'xledger', '99 * * * *', true)");
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=%s", getenv("SUPABASE_DB_URL"));
    scene_set_variable(variable);
    hint = doctor_expect_fault("schema", "fail", "organizations has no column name", false);
    ck_assert_ptr_nonnull(strstr(hint, "display_name AS name"));
    ck_assert_ptr_null(strstr(hint, "ALTER TABLE"));
    ck_assert_ptr_null(strstr(hint, " TYPE "));
    doctor_apply(hint);
    expect_said("status", 0, "Bakeri\n");
    free(hint);
}
END_TEST

/* Covers: applied again behind the views, the migration makes no second log, and alters no table. */
START_TEST(test_migration_behind_views)
{
    char *hint;
    char *before;
    char *after;

    open_shape(shapes[1].tables);
    hint = doctor_expect_fault("schema", "fail", shapes[1].message, false);
    doctor_apply(hint);
    before = testdb_dump("-s -x");
    testdb_exec("SET search_path = syncsched, public");
    testdb_apply_schema();
    testdb_exec("RESET search_path");
    after = testdb_dump("-s -x");
    ck_assert_msg(strcmp(after, before) == 0, "the migration changed something");
    doctor_expect_good();
    free(before);
    free(after);
    free(hint);
}
END_TEST

/* Covers: what no column looks like is left for a person to fill in, and stops nobody. */
START_TEST(test_lacking)
{
    char *hint;

    open_shape("CREATE TABLE organizations (id bigint, name text);"
               "CREATE TABLE organization_integrations (org_id bigint, integration_id bigint,"
               " what text, cron_schedule text)");
    hint =
        doctor_expect_fault("schema", "fail", "organization_integrations has no column is_", false);
    ck_assert_msg(strstr(hint, "true AS is_enabled") != NULL, "%s", hint);
    ck_assert_msg(strstr(hint, " -- fill in what is NULL: integration_type") != NULL, "%s", hint);
    doctor_apply(hint);
    doctor_mend_all();
    free(hint);
}
END_TEST

/* Covers: a view that is there already, and wrong, is shown. */
START_TEST(test_view_is_wrong)
{
    char *hint;

    open_shape(shapes[0].tables);
    hint = doctor_expect_fault("schema", "fail", shapes[0].message, false);
    doctor_apply(hint);
    doctor_exec("DROP VIEW syncsched.organizations;"
                "CREATE VIEW syncsched.organizations AS SELECT id, name, timezone"
                " FROM public.organizations; GRANT SELECT ON syncsched.organizations TO {role}");
    free(hint);
    hint = doctor_expect_fault("schema", "fail", "organizations.id is of the type bigint", false);
    ck_assert_ptr_nonnull(
        strstr(hint, "SELECT pg_get_viewdef('syncsched.organizations'::regclass);"));
    free(hint);
}
END_TEST

/* Covers: a table needs no key. Rows that are there twice are set aside, and found as rows. */
START_TEST(test_no_key)
{
    doctor_exec("ALTER TABLE organizations DROP CONSTRAINT organizations_pkey;"
                "ALTER TABLE organization_integrations DROP CONSTRAINT"
                " organization_integrations_pkey");
    doctor_expect_good();
}
END_TEST

SUITE(views)
{
    TCase *tcase = tcase_create("views");

    tcase_add_checked_fixture(tcase, doctor_open, doctor_close);
    tcase_add_loop_test(tcase, test_views, 0, (int)COUNT(shapes));
    tcase_add_test(tcase, test_other_name);
    tcase_add_test(tcase, test_migration_behind_views);
    tcase_add_test(tcase, test_lacking);
    tcase_add_test(tcase, test_view_is_wrong);
    tcase_add_test(tcase, test_no_key);
    suite_add_tcase(suite, tcase);
}
