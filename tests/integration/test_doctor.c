/*
 * `syncsched doctor` and the database: each fault is made, alone, is the one that is named, and its
 * hint, applied as it stands there, mends it.
 */
#include "integration/doctor_scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define DAILY    "0 2 * * *"

/* Covers: in a scene without faults nothing is wrong, and a tick works there. */
START_TEST(test_good)
{
    char variable[400];

    scene_seed(1, 2, DAILY);
    doctor_expect_good();
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=%s", getenv("SUPABASE_DB_URL"));
    scene_set_variable(variable);
    scene_expect(scene_run("--at 2024-05-01T02:00Z"), 2, 0, 0, 0);
}
END_TEST

static const struct {
    const char *sql;
    const char *check;
    const char *state;
    const char *message;
} faults[] = {
    {"ALTER ROLE {role} NOBYPASSRLS", "row-security", "fail",
     "row level security would hide rows of "},
    {"ALTER TABLE sync_run_log DISABLE ROW LEVEL SECURITY", "row-security", "warning",
     "row level security is off on sync_run_log: "},
    {"ALTER TABLE sync_schedule_state DISABLE ROW LEVEL SECURITY", "row-security", "warning",
     "row level security is off on sync_schedule_state: "},
    {"ALTER TABLE sync_trigger_state DISABLE ROW LEVEL SECURITY", "row-security", "warning",
     "row level security is off on sync_trigger_state: "},
    {"ALTER TABLE sync_prune_state DISABLE ROW LEVEL SECURITY", "row-security", "warning",
     "row level security is off on sync_prune_state: "},
    {"ALTER ROLE {role} SET default_transaction_read_only = on", "writes", "fail", "may not write"},
    {"DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only = on',"
     " current_database()); END $$",
     "writes", "fail", "may not write"},
    {"REVOKE USAGE ON SCHEMA public FROM PUBLIC", "grants", "fail",
     "may not use what is in the schema public: organization_integrations, organizations, sync_"},
    {"CREATE SCHEMA elsewhere; GRANT USAGE ON SCHEMA elsewhere TO {role};"
     "ALTER TABLE sync_run_log SET SCHEMA elsewhere",
     "schema", "fail", "does not look: sync_run_log"},
    {"ALTER TABLE sync_run_log DROP CONSTRAINT sync_run_log_records_exported_check;"
     "ALTER TABLE sync_run_log ALTER records_exported TYPE numeric;"
     "ALTER TABLE sync_run_log ADD CONSTRAINT sync_run_log_records_exported_check"
     " CHECK (records_exported >= 0)",
     "schema", "fail", "sync_run_log.records_exported is of the type numeric, not bigint"},
    {"ALTER TABLE organization_integrations ALTER is_enabled DROP DEFAULT,"
     " ALTER is_enabled TYPE text",
     "schema", "fail", "organization_integrations.is_enabled is of the type text, not boolean"},
    {"DROP POLICY sync_members_read ON organization_integrations;"
     "ALTER TABLE organization_integrations ALTER org_id TYPE text",
     "schema", "fail", "organization_integrations.org_id is of the type text, not uuid"},
    {"ALTER TABLE sync_run_log ALTER run_id DROP DEFAULT", "schema", "fail",
     "sync_run_log.run_id has no default"},
    {"ALTER TABLE sync_prune_state ALTER is_only_row DROP DEFAULT", "schema", "warning",
     "sync_prune_state.is_only_row has no default"},
    {"ALTER TABLE sync_run_log ADD \"{wanted} %s\" text NOT NULL", "schema", "fail",
     "sync_run_log asks for a \"{wanted} %s\", which no tick gives"},
    {"ALTER TABLE sync_run_log DROP CONSTRAINT sync_run_log_slot_key,"
     " ADD CONSTRAINT sync_run_log_slot_key UNIQUE (org_id, integration_id, scheduled_for)",
     "schema", "fail", "the key sync_run_log_slot_key of sync_run_log is another one: UNIQUE ("},
    {"DROP INDEX sync_run_log_active_key;"
     "CREATE INDEX sync_run_log_active_key ON sync_run_log (org_id, integration_id)"
     " WHERE status IN ('pending', 'running')",
     "schema", "fail", "sync_run_log lacks the unique index sync_run_log_active_key"},
    {"DROP INDEX sync_run_log_active_key;"
     "CREATE UNIQUE INDEX sync_run_log_active_key ON sync_run_log (org_id, integration_id)",
     "schema", "fail", "sync_run_log lacks the unique index sync_run_log_active_key"},
    {"UPDATE pg_index SET indisvalid = false"
     " WHERE indexrelid = 'sync_run_log_active_key'::regclass",
     "schema", "fail", "the index sync_run_log_active_key is not valid"},
    {"UPDATE pg_index SET indisvalid = false"
     " WHERE indexrelid = 'sync_run_log_failed_idx'::regclass",
     "schema", "warning", "the index sync_run_log_failed_idx is not valid"},
    {"DROP FUNCTION sync_member_org_id() CASCADE", "schema", "warning",
     "there is no function sync_member_org_id()"},
    {"DROP FUNCTION sync_run_report(uuid, bigint, text, text)", "schema", "warning",
     "there is no function sync_run_report(uuid,bigint,text,text)"},
    {"REVOKE EXECUTE ON FUNCTION sync_run_complete(uuid, bigint) FROM service_role", "grants",
     "warning", "service_role lacks EXECUTE on sync_run_complete(uuid,bigint)"},
    {"GRANT EXECUTE ON FUNCTION sync_run_fail(uuid, text, text) TO anon", "grants", "warning",
     "anon may call sync_run_fail(uuid,text,text)"},
    {"GRANT EXECUTE ON FUNCTION sync_run_fail(uuid, text, text) TO PUBLIC", "grants", "warning",
     "PUBLIC may call sync_run_fail(uuid,text,text)"},
    {"GRANT CREATE ON SCHEMA public TO PUBLIC", "grants", "fail",
     "PUBLIC may make functions in the schema public, which ticks could then call"},
    {"GRANT CREATE ON SCHEMA public TO anon, authenticated", "grants", "fail",
     "anon, authenticated may make functions in the schema public"},
    {"CREATE OR REPLACE FUNCTION sync_schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 3'",
     "version", "fail", "the schema is of version 3, this program works with version 1"},
    {"DROP FUNCTION sync_schema_version()", "version", "fail",
     "the schema is older than versions are, this program works with version 1"},
    {"REVOKE EXECUTE ON FUNCTION sync_schema_version() FROM PUBLIC", "grants", "fail",
     "lacks EXECUTE on sync_schema_version()"},
    {"UPDATE sync_trigger_state SET last_tick_at = now() - interval '200 s'", "trigger", "warning",
     "the last tick was 3 min ago, by cron on host"},
    {"UPDATE sync_trigger_state SET last_tick_at = now() - interval '50 h'", "trigger", "warning",
     "the last tick was 2 d ago, by cron on host"},
    {"UPDATE sync_trigger_state SET last_tick_at = now() + interval '50 h'", "trigger", "warning",
     "the last tick is from the future, 2 d ahead, by cron on host: a clock was wrong"},
    {"DELETE FROM sync_trigger_state", "trigger", "warning", "nothing has ticked yet"},
};

START_TEST(test_fault)
{
    doctor_exec(faults[_i].sql);
    doctor_expect_mended(faults[_i].check, faults[_i].state, faults[_i].message);
}
END_TEST

/* ---- Versions ---- */

/* Covers: whatever an older schema lacks, its version is what is named, alone, with what mends it. */
START_TEST(test_older_version)
{
    static const struct {
        const char *file;
        const char *grants;
        const char *message;
    } states[] = {
        {"tests/data/schema-1.sql", "SELECT 1", "the schema is older than versions are, "},
        {"tests/data/schema-4.sql", "GRANT SELECT ON sync_prune_state TO {role}",
         "the schema is of version 4, "},
    };
    char *hint;

    doctor_exec(
        "DROP TABLE sync_run_log, sync_schedule_state, sync_trigger_state, sync_prune_state,"
        " sync_probe_state, sync_throttle_state, sync_database_state, sync_schedule_journal; DROP "
        "FUNCTION "
        "sync_schema_version()");
    testdb_apply_file(states[_i].file);
    doctor_give_to_owner();
    doctor_exec("GRANT SELECT, INSERT, UPDATE ON sync_run_log, sync_schedule_state,"
                " sync_trigger_state TO {role};"
                "INSERT INTO sync_trigger_state VALUES ('cron', 'host', now() - interval '20 s')");
    doctor_exec(states[_i].grants);
    hint = doctor_expect_fault("version", "fail", states[_i].message, true);
    ck_assert_ptr_nonnull(strstr(hint, "syncsched schema --apply"));
    doctor_mend_all();
    free(hint);
}
END_TEST

/* Covers: a newer one is named as such, and whatever else it has got is not held against it. */
START_TEST(test_newer_version)
{
    struct diagnosis diagnosis;
    char *hint;

    doctor_exec("ALTER TABLE sync_run_log ADD region text NOT NULL;"
                "DROP INDEX sync_run_log_failed_idx;"
                "CREATE OR REPLACE FUNCTION sync_schema_version() RETURNS integer LANGUAGE sql"
                " AS 'SELECT 5'");
    hint = doctor_expect_fault(
        "version", "fail", "the schema is of version 5, this program works with version 1", true);
    ck_assert_str_eq(hint, "update syncsched");
    diagnosis = doctor_diagnose();
    ck_assert_str_eq(diagnosis_text(&diagnosis, diagnosis_find(&diagnosis, "schema"), "message"),
                     "it is of another version");
    diagnosis_free(&diagnosis);
    free(hint);
}
END_TEST

/* Covers: the version is told where all is well. */
START_TEST(test_own_version)
{
    struct diagnosis diagnosis = doctor_diagnose();

    ck_assert_str_eq(diagnosis_text(&diagnosis, diagnosis_find(&diagnosis, "version"), "message"),
                     "the schema is of version 1, with which this program works");
    diagnosis_free(&diagnosis);
}
END_TEST

/* ---- Grants ---- */

static const struct {
    const char *table;
    const char *verb;
    const char *state;
} privileges[] = {
    {"organizations", "SELECT", "fail"},         {"organization_integrations", "SELECT", "fail"},
    {"sync_run_log", "SELECT", "fail"},          {"sync_run_log", "INSERT", "fail"},
    {"sync_run_log", "UPDATE", "fail"},          {"sync_schedule_state", "SELECT", "fail"},
    {"sync_schedule_state", "INSERT", "fail"},   {"sync_schedule_state", "UPDATE", "fail"},
    {"sync_trigger_state", "SELECT", "warning"}, {"sync_trigger_state", "INSERT", "warning"},
    {"sync_trigger_state", "UPDATE", "warning"}, {"sync_prune_state", "SELECT", "fail"},
    {"sync_database_state", "SELECT", "fail"},   {"sync_database_state", "INSERT", "fail"},
    {"sync_database_state", "UPDATE", "fail"},   {"sync_throttle_state", "SELECT", "fail"},
    {"sync_throttle_state", "INSERT", "fail"},   {"sync_throttle_state", "UPDATE", "fail"},
};

/* Covers: each table and verb; a tick works without its heartbeat. */
START_TEST(test_privilege)
{
    char sql[200];
    char message[200];

    snprintf(sql, sizeof sql, "REVOKE %s ON %s FROM {role}", privileges[_i].verb,
             privileges[_i].table);
    snprintf(message, sizeof message, "%s lacks %s on %s", doctor_role(), privileges[_i].verb,
             privileges[_i].table);
    doctor_exec(sql);
    doctor_expect_mended("grants", privileges[_i].state, message);
}
END_TEST

/* Covers: what is granted column by column, or what is needed by nobody, is not asked for. */
START_TEST(test_privileges_suffice)
{
    doctor_exec("REVOKE DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public FROM {role}");
    doctor_expect_good();
}
END_TEST

/* ---- The schema, piece by piece ---- */

static const char *const tables[] = {
    "organizations",       "organization_integrations", "sync_run_log",
    "sync_schedule_state", "sync_trigger_state",        "sync_prune_state",
    "sync_database_state", "sync_schedule_journal",     "sync_throttle_state"};

/* Covers: without a table, and after the migration without its grants. */
START_TEST(test_table)
{
    bool is_dispensable = strcmp(tables[_i], "sync_trigger_state") == 0;
    char text[100];
    char *hint;

    snprintf(text, sizeof text, "DROP TABLE %s", tables[_i]);
    doctor_exec(text);
    snprintf(text, sizeof text, "not there: %s", tables[_i]);
    hint = doctor_expect_fault("schema", is_dispensable ? "warning" : "fail", text, true);
    ck_assert_ptr_nonnull(strstr(hint, "syncsched schema --apply"));
    doctor_mend_all();
    free(hint);
}
END_TEST

/* Covers: an empty database, as somebody has it who begins. */
START_TEST(test_no_tables)
{
    char *hint;

    doctor_exec("DROP TABLE organizations, organization_integrations, sync_run_log,"
                " sync_schedule_state, sync_schedule_journal, sync_trigger_state, sync_prune_state,"
                " sync_database_state, sync_throttle_state;"
                "DROP FUNCTION sync_member_org_id()");
    hint = doctor_expect_fault(
        "schema", "fail", "not there: organization_integrations, organizations, sync_data", true);
    doctor_mend_all();
    free(hint);
}
END_TEST

/* The rows of a query, each a text, as a list that strtok_r() takes apart. To be freed. */
static char *list_texts(const char *query)
{
    char *list = testdb_text("SELECT string_agg(t::text, ',') FROM (%s) AS q (t)", query);

    ck_assert_ptr_nonnull(list);
    return list;
}

/* Drops a column, and what hangs on it; has it all mended. */
static void expect_column(const char *relation, const char *column)
{
    char text[400];
    char *hint;

    snprintf(text, sizeof text,
             "DELETE FROM sync_trigger_state; DELETE FROM sync_database_state;"
             "DELETE FROM sync_throttle_state; DELETE FROM sync_schedule_state;"
             "DELETE FROM sync_schedule_journal; DELETE FROM organization_integrations;"
             "DELETE FROM organizations; ALTER TABLE %s DROP COLUMN %s CASCADE",
             relation, column);
    doctor_exec(text);
    snprintf(text, sizeof text, "%s has no column %s", relation, column);
    hint = doctor_expect_fault(
        "schema", strcmp(relation, "sync_trigger_state") == 0 ? "warning" : "fail", text, false);
    doctor_mend_all();
    free(hint);
}

/* Covers: each column that a tick needs; with it go keys, checks and indexes, and come again. */
START_TEST(test_columns)
{
    char query[400];
    char *columns;
    char *rest = NULL;
    int count = 0;

    snprintf(
        query, sizeof query,
        "SELECT attname FROM pg_attribute WHERE attrelid = '%s'::regclass AND attnum > 0"
        " AND NOT attisdropped AND attrelid::regclass || '.' || attname <> 'organizations.name'",
        tables[_i]);
    columns = list_texts(query);
    for (char *name = strtok_r(columns, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest), count++)
        expect_column(tables[_i], name);
    ck_assert_int_ge(count, 2);
    free(columns);
}
END_TEST

/* Makes the fault, has it mended, and sees that what has come again is what was there. */
static void expect_restored(const char *drop, const char *definition, const char *state,
                            const char *message)
{
    char *before = testdb_text("%s", definition);
    char *after;

    ck_assert_ptr_nonnull(before);
    doctor_exec(drop);
    after = testdb_text("%s", definition);
    ck_assert_ptr_null(after);
    doctor_expect_mended("schema", state, message);
    after = testdb_text("%s", definition);
    ck_assert_pstr_eq(after, before);
    free(before);
    free(after);
}

static void expect_constraint(const char *relation, const char *name)
{
    bool is_check = strstr(name, "_check") != NULL;
    bool is_warning = is_check || strcmp(relation, "sync_trigger_state") == 0;
    char drop[200];
    char definition[200];
    char message[200];

    snprintf(drop, sizeof drop, "ALTER TABLE %s DROP CONSTRAINT %s", relation, name);
    snprintf(definition, sizeof definition,
             "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = '%s'", name);
    snprintf(message, sizeof message, "%s lacks the %s %s", relation, is_check ? "check" : "key",
             name);
    expect_restored(drop, definition, is_warning ? "warning" : "fail", message);
}

/* Covers: every constraint that the migration makes, and that it is the same again afterwards. */
START_TEST(test_constraints)
{
    char query[200];
    char *names;
    char *rest = NULL;

    snprintf(query, sizeof query,
             "SELECT conname FROM pg_constraint WHERE conrelid = '%s'::regclass"
             " AND contype IN ('p', 'u', 'c')",
             tables[_i]);
    names = list_texts(query);
    for (char *name = strtok_r(names, ",", &rest); name != NULL; name = strtok_r(NULL, ",", &rest))
        expect_constraint(tables[_i], name);
    free(names);
}
END_TEST

/* Covers: every index besides. */
START_TEST(test_indexes)
{
    char *names = list_texts("SELECT i.indexrelid::regclass FROM pg_index AS i"
                             " WHERE i.indrelid::regclass::text ~ '^sync_' AND NOT EXISTS"
                             " (SELECT FROM pg_constraint AS c WHERE c.conindid = i.indexrelid)");
    char *rest = NULL;

    for (char *name = strtok_r(names, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        bool is_key = strstr(name, "_key") != NULL;
        char drop[200];
        char definition[200];
        char message[200];

        snprintf(drop, sizeof drop, "DROP INDEX %s", name);
        snprintf(definition, sizeof definition, "SELECT pg_get_indexdef(to_regclass('%s'))", name);
        snprintf(message, sizeof message, "lacks the %sindex %s", is_key ? "unique " : "", name);
        expect_restored(drop, definition, is_key ? "fail" : "warning", message);
    }
    free(names);
}
END_TEST

SUITE(doctor)
{
    TCase *alone = tcase_create("doctor-faults");
    TCase *schema = tcase_create("doctor-schema");

    tcase_add_checked_fixture(alone, doctor_open, doctor_close);
    tcase_add_test(alone, test_good);
    tcase_add_loop_test(alone, test_fault, 0, (int)COUNT(faults));
    tcase_add_loop_test(alone, test_older_version, 0, 2);
    tcase_add_test(alone, test_newer_version);
    tcase_add_test(alone, test_own_version);
    tcase_add_loop_test(alone, test_privilege, 0, (int)COUNT(privileges));
    tcase_add_test(alone, test_privileges_suffice);
    suite_add_tcase(suite, alone);
    tcase_add_checked_fixture(schema, doctor_open, doctor_close);
    tcase_add_loop_test(schema, test_table, 0, (int)COUNT(tables));
    tcase_add_test(schema, test_no_tables);
    tcase_add_loop_test(schema, test_columns, 0, (int)COUNT(tables));
    tcase_add_loop_test(schema, test_constraints, 2, (int)COUNT(tables)); /* those made for us */
    tcase_add_test(schema, test_indexes);
    suite_add_tcase(suite, schema);
}
