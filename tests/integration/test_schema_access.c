/*
 * Who may see and write the tables: members of an organisation, anon, the service role, and the
 * owner on a plain PostgreSQL. Roles and claims are set as PostgREST sets them on Supabase.
 */
#include "support/suite.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
#define ORG_A        "00000000-0000-4000-8000-00000000000a"
#define ORG_B        "00000000-0000-4000-8000-00000000000b"
#define MEMBER_OF(org)                                                                             \
    "{\"role\": \"authenticated\", \"app_metadata\": {\"org_id\": \"" org "\"},"                   \
    " \"user_metadata\": {\"org_id\": \"" ORG_B "\"}}"

static const char member_of_a[] = MEMBER_OF(ORG_A);
static const char member_of_b[] = MEMBER_OF(ORG_B);

static const char *const tables[] = {
    "sync_run_log",        "sync_schedule_state", "sync_trigger_state",
    "sync_prune_state",    "organizations",       "organization_integrations",
    "sync_probe_state",    "sync_throttle_state", "sync_schedule_journal",
    "sync_database_state",
};

/* Organisation A has two rows in every table that has organisations, B has one. */
static const char rows[] =
    "INSERT INTO organizations (id, name) VALUES ('" ORG_A "', 'A'), (gen_random_uuid(), 'C'),"
    "    ('" ORG_B "', 'B');"
    "INSERT INTO organization_integrations (org_id, integration_type)"
    "    VALUES ('" ORG_A "', 'xledger'), ('" ORG_A "', 'bufdir'), ('" ORG_B "', 'xledger');"
    "INSERT INTO sync_schedule_state SELECT org_id, integration_id, '0 2 * * *', "
    "'2024-05-01T02:00Z'"
    "    FROM organization_integrations;"
    "INSERT INTO sync_schedule_journal SELECT org_id, integration_id, mark, schedule"
    "    FROM sync_schedule_state;"
    "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for, "
    "covers_from,"
    "        attempt, status, idempotency_key, triggered_by)"
    "    SELECT org_id, integration_id, integration_type, '2024-05-01T02:00Z', '2024-05-01T02:00Z',"
    "        1, 'pending', 'key', 'schedule'"
    "    FROM organization_integrations;"
    "INSERT INTO sync_trigger_state VALUES ('cron', 'host', now());"
    "INSERT INTO sync_probe_state VALUES ('xledger', now(), now() + interval '15 minutes');"
    "INSERT INTO sync_throttle_state VALUES ('xledger', now(), now() + interval '15 minutes');"
    "INSERT INTO sync_database_state VALUES (1, '00000001', now());";

/* Which rows a reader sees: how many of A's, of B's and of others. */
#define SEEN(table, org)                                                                           \
    "SELECT count(*) FILTER (WHERE " org " = '" ORG_A "') || ' '"                                  \
    " || count(*) FILTER (WHERE " org " = '" ORG_B "') || ' '"                                     \
    " || count(*) FILTER (WHERE " org " NOT IN ('" ORG_A "', '" ORG_B "')) FROM " table

static const struct {
    const char *sql;
    const char *to_a;
    const char *to_b;
} readable[] = {
    {SEEN("sync_run_log", "org_id"), "2 0 0", "0 1 0"},
    {SEEN("sync_schedule_state", "org_id"), "2 0 0", "0 1 0"},
    {SEEN("sync_schedule_journal", "org_id"), "2 0 0", "0 1 0"},
    {SEEN("organization_integrations", "org_id"), "2 0 0", "0 1 0"},
    {SEEN("organizations", "id"), "1 0 0", "0 1 0"},
};

static void setup(void)
{
    testdb_create();
    testdb_exec("%s", rows);
}

static void assert_seen(const char *role, const char *claims, const char *sql, const char *seen)
{
    char *text = testdb_text_as(role, claims, sql);

    ck_assert_msg(strcmp(text, seen) == 0, "%s instead of %s with claims %.100s in: %s", text, seen,
                  claims != NULL ? claims : "(none)", sql);
    free(text);
}

static void assert_refused(const char *role, const char *claims, const char *sql)
{
    char *state = testdb_try(role, claims, sql);

    ck_assert_msg(state != NULL && strcmp(state, "42501") == 0, "%s as %s: %s",
                  state != NULL ? state : "accepted", role, sql);
    free(state);
}

static void assert_accepted(const char *role, const char *claims, const char *sql)
{
    char *state = testdb_try(role, claims, sql);

    ck_assert_msg(state == NULL, "%s as %s: %s", state, role, sql);
}

START_TEST(test_member_reads_own)
{
    for (size_t i = 0; i < COUNT(readable); i++) {
        assert_seen("authenticated", member_of_a, readable[i].sql, readable[i].to_a);
        assert_seen("authenticated", member_of_b, readable[i].sql, readable[i].to_b);
    }
    assert_refused("authenticated", member_of_a, "SELECT FROM sync_trigger_state");
    assert_refused("authenticated", member_of_a, "SELECT FROM sync_probe_state");
    assert_refused("authenticated", member_of_a, "SELECT FROM sync_throttle_state");
    assert_refused("authenticated", member_of_a, "SELECT FROM sync_database_state");
}
END_TEST

/* Covers: the test above bites; without row level security a member does see B's rows. */
START_TEST(test_without_rls_member_reads_all)
{
    testdb_exec("ALTER TABLE sync_run_log DISABLE ROW LEVEL SECURITY");
    assert_seen("authenticated", member_of_a, readable[0].sql, "2 1 0");
}
END_TEST

/* Covers: both kinds of view that the schema's comment allows, and why it must say so. */
START_TEST(test_view)
{
    const char *sql = SEEN("v", "org_id");

    testdb_exec("CREATE VIEW v WITH (security_barrier = true) AS SELECT * FROM sync_run_log"
                "    WHERE org_id = (SELECT sync_member_org_id())");
    assert_seen("authenticated", member_of_a, sql, "2 0 0");
    assert_seen("authenticated", "", sql, "0 0 0");
    if (PQserverVersion(testdb_connection()) >= 150000) {
        testdb_exec("DROP VIEW v;"
                    "CREATE VIEW v WITH (security_invoker = true) AS"
                    " SELECT run_id, org_id, status FROM sync_run_log");
        assert_seen("authenticated", member_of_a, sql, "2 0 0");
        assert_seen("authenticated", "", sql, "0 0 0");
        assert_refused("authenticated", member_of_a, "UPDATE v SET status = 'me'");
        assert_refused("authenticated", member_of_a, "DELETE FROM v");
        assert_refused("anon", NULL, "SELECT FROM v");
    }
    testdb_exec("DROP VIEW v; CREATE VIEW v AS SELECT * FROM sync_run_log");
    assert_seen("authenticated", member_of_a, sql, "2 1 0");
}
END_TEST

/* Claims that name no organisation: no rows, and no error either. */
static const char *const useless_claims[] = {
    NULL,
    "",
    " ",
    "not json",
    "{",
    "null",
    "42",
    "[]",
    "\"" ORG_A "\"",
    "{}",
    "{\"org_id\": \"" ORG_A "\"}",
    "{\"user_metadata\": {\"org_id\": \"" ORG_A "\"}}",
    "{\"app_metadata\": {}, \"user_metadata\": {\"org_id\": \"" ORG_A "\"}}",
    "{\"app_metadata\": null}",
    "{\"app_metadata\": \"" ORG_A "\"}",
    "{\"app_metadata\": [\"org_id\", \"" ORG_A "\"]}",
    "{\"app_metadata\": {\"org_id\": null}}",
    "{\"app_metadata\": {\"org_id\": \"\"}}",
    "{\"app_metadata\": {\"org_id\": 7}}",
    "{\"app_metadata\": {\"org_id\": \"A\"}}",
    "{\"app_metadata\": {\"org_id\": \"\\u0000\"}}",
    "{\"app_metadata\": {\"org_id\": [\"" ORG_A "\"]}}",
    "{\"app_metadata\": {\"org_id\": \"" ORG_A " or true\"}}",
};

START_TEST(test_useless_claims)
{
    for (size_t i = 0; i < COUNT(readable); i++)
        assert_seen("authenticated", useless_claims[_i], readable[i].sql, "0 0 0");
}
END_TEST

/* Covers: claims nested deeper than the server's stack. */
START_TEST(test_bottomless_claims)
{
    static char claims[200001];

    memset(claims, '[', sizeof claims - 1);
    assert_seen("authenticated", claims, readable[0].sql, "0 0 0");
}
END_TEST

/* Covers: the organisation is looked up once a statement, not once a row. */
START_TEST(test_claims_are_read_once)
{
    char *plan = testdb_text_as("authenticated", member_of_a,
                                "EXPLAIN (FORMAT JSON) SELECT FROM sync_run_log");

    ck_assert_ptr_nonnull(strstr(plan, "InitPlan"));
    free(plan);
}
END_TEST

static const struct {
    const char *verb;
    const char *rest;
} writes[] = {
    {"INSERT INTO", "DEFAULT VALUES"},
    {"DELETE FROM", ""},
    {"TRUNCATE", ""},
};

static const char *const updates[] = {
    "UPDATE sync_run_log SET worker = 'me'",
    "UPDATE sync_schedule_state SET schedule = ''",
    "UPDATE sync_schedule_journal SET schedule = '?'",
    "UPDATE sync_trigger_state SET host = ''",
    "UPDATE sync_probe_state SET next_probe_at = now() + interval '1 day'",
    "UPDATE sync_throttle_state SET throttled_until = now() + interval '1 day'",
    "UPDATE organizations SET timezone = 'Z'",
    "UPDATE organization_integrations SET is_enabled = false",
};

/* Covers: a member, somebody without claims and anon write nothing, anywhere. */
START_TEST(test_nobody_writes)
{
    for (size_t t = 0; t < COUNT(tables); t++) {
        for (size_t w = 0; w < COUNT(writes); w++) {
            char sql[200];

            snprintf(sql, sizeof sql, "%s %s %s", writes[w].verb, tables[t], writes[w].rest);
            assert_refused("authenticated", member_of_a, sql);
            assert_refused("authenticated", NULL, sql);
            assert_refused("anon", NULL, sql);
        }
    }
    for (size_t u = 0; u < COUNT(updates); u++) {
        assert_refused("authenticated", member_of_a, updates[u]);
        assert_refused("authenticated", NULL, updates[u]);
        assert_refused("anon", NULL, updates[u]);
    }
}
END_TEST

/* Covers: which machines work is nothing to members; the other columns of the log are theirs. */
START_TEST(test_member_sees_no_machine)
{
    assert_refused("authenticated", member_of_a, "SELECT host FROM sync_run_log");
    assert_refused("authenticated", member_of_a, "SELECT worker FROM sync_run_log");
    assert_refused("authenticated", member_of_a, "SELECT * FROM sync_run_log");
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_attribute WHERE attnum > 0"
                                   " AND NOT attisdropped AND attrelid = 'sync_run_log'::regclass"
                                   " AND NOT has_column_privilege('authenticated', attrelid,"
                                   " attnum, 'SELECT')"),
                     2);
}
END_TEST

/* Covers: who applies the schema again finds the grants and the function as they were left. */
START_TEST(test_applied_again)
{
    testdb_exec("REVOKE SELECT ON sync_schedule_state FROM authenticated;"
                "GRANT SELECT (host) ON sync_run_log TO authenticated;"
                "GRANT SELECT ON sync_trigger_state TO authenticated;"
                "CREATE OR REPLACE FUNCTION sync_member_org_id() RETURNS uuid LANGUAGE sql STABLE"
                " SET search_path = '' AS $$ SELECT '" ORG_B "'::uuid $$;"
                "COMMENT ON FUNCTION sync_member_org_id() IS 'By our own table of members.'");
    testdb_apply_schema();
    assert_refused("authenticated", member_of_a, "SELECT org_id FROM sync_schedule_state");
    assert_seen("authenticated", member_of_a, "SELECT count(host) FROM sync_run_log", "0");
    assert_seen("authenticated", member_of_a, "SELECT count(*) FROM sync_trigger_state", "0");
    assert_seen("authenticated", member_of_a, readable[0].sql, "0 1 0");
}
END_TEST

START_TEST(test_anon_reads_nothing)
{
    for (size_t t = 0; t < COUNT(tables); t++) {
        char sql[100];

        snprintf(sql, sizeof sql, "SELECT FROM %s", tables[t]);
        assert_refused("anon", NULL, sql);
        assert_refused("anon", member_of_a, sql);
    }
}
END_TEST

/* What the tool does, with the setting it does it with. */
static const char *const tool_work[] = {
    "SET LOCAL row_security = off; INSERT INTO sync_trigger_state VALUES ('a', 'b', now())",
    "SET LOCAL row_security = off; UPDATE sync_trigger_state SET last_tick_at = now()",
    "SET LOCAL row_security = off; UPDATE sync_run_log SET status = 'running', worker = 'w',"
    " started_at = now() WHERE status = 'pending'",
    "SET LOCAL row_security = off; SELECT FROM sync_run_log FOR UPDATE SKIP LOCKED",
    "SET LOCAL row_security = off; DELETE FROM sync_run_log",
    "SET LOCAL row_security = off; INSERT INTO sync_run_log (org_id, integration_id,"
    " integration_type, scheduled_for, covers_from, attempt, status, idempotency_key, triggered_by)"
    " SELECT org_id, integration_id, integration_type, scheduled_for, covers_from, attempt + 1,"
    " 'failed', idempotency_key, triggered_by FROM sync_run_log WHERE false",
    "SET LOCAL row_security = off; INSERT INTO sync_schedule_state VALUES"
    " (gen_random_uuid(), gen_random_uuid(), '', '2024-05-01T02:00Z')",
    "SET LOCAL row_security = off; UPDATE sync_schedule_state SET mark = mark + interval '1 "
    "minute'",
    "SET LOCAL row_security = off; DELETE FROM sync_schedule_state",
    "SET LOCAL row_security = off; SELECT FROM organizations, organization_integrations",
    "SET LOCAL row_security = off; INSERT INTO sync_throttle_state VALUES ('bufdir', now(), now())",
    "SET LOCAL row_security = off; DELETE FROM sync_throttle_state",
    "SET LOCAL row_security = off; INSERT INTO sync_probe_state VALUES"
    " ('xledger', now(), now() + interval '1 day') ON CONFLICT (integration_type)"
    " DO UPDATE SET claimed_at = excluded.claimed_at, next_probe_at = excluded.next_probe_at",
};

START_TEST(test_service_role_works)
{
    for (size_t i = 0; i < COUNT(tool_work); i++)
        assert_accepted("service_role", NULL, tool_work[i]);
    for (size_t i = 0; i < COUNT(readable); i++) {
        char *seen = testdb_text("%s", readable[i].sql);

        assert_seen("service_role", NULL, readable[i].sql, seen);
        free(seen);
    }
    assert_refused("service_role", NULL, "TRUNCATE sync_run_log");
}
END_TEST

/* Takes Supabase's roles out of the way, or puts them back: roles belong to the whole server. */
static void rename_roles(const char *from, const char *to)
{
    testdb_create_empty();
    testdb_exec("DO $$ DECLARE r text; BEGIN"
                "    FOREACH r IN ARRAY '{anon,authenticated,service_role}'::text[] LOOP"
                "        IF to_regrole(r || '%s') IS NOT NULL THEN"
                "            EXECUTE format('ALTER ROLE %%I RENAME TO %%I', r || '%s', r || '%s');"
                "        END IF;"
                "    END LOOP;"
                "END $$",
                from, from, to);
    testdb_drop();
}

static void setup_plain_server(void)
{
    rename_roles("", "_away");
}

static void teardown_plain_server(void)
{
    rename_roles("_away", "");
}

/* A database whose owner is no superuser and does not bypass row level security. */
static void setup_plain(void)
{
    testdb_create_empty();
    testdb_exec("DO $$ BEGIN"
                "    IF to_regrole('plain_owner') IS NULL THEN"
                "        CREATE ROLE plain_owner; CREATE ROLE plain_reader;"
                "    END IF;"
                "    EXECUTE format('ALTER DATABASE %%I OWNER TO plain_owner', current_database());"
                "END $$;"
                "SET ROLE plain_owner");
    testdb_apply_schema();
    testdb_apply_schema();
    testdb_exec("%s RESET ROLE", rows);
}

/* Covers: PostgreSQL without Supabase's roles, the tool as the owner of the tables. */
START_TEST(test_plain_owner_works)
{
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_roles WHERE rolname = 'anon'"), 0);
    for (size_t i = 0; i < COUNT(tool_work); i++)
        assert_accepted("plain_owner", NULL, tool_work[i]);
    assert_seen("plain_owner", NULL, readable[0].sql, "2 1 0");
    /* why the schema does not say FORCE */
    testdb_exec("ALTER TABLE sync_run_log FORCE ROW LEVEL SECURITY");
    assert_refused("plain_owner", NULL, tool_work[2]);
}
END_TEST

/* Covers: somebody else there sees nothing, and once granted SELECT their organisation alone. */
START_TEST(test_plain_reader)
{
    for (size_t t = 0; t < COUNT(tables); t++) {
        char sql[100];

        snprintf(sql, sizeof sql, "SELECT FROM %s", tables[t]);
        assert_refused("plain_reader", member_of_a, sql);
    }
    testdb_exec("GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain_reader");
    assert_seen("plain_reader", NULL, readable[0].sql, "0 0 0");
    assert_seen("plain_reader", member_of_a, readable[0].sql, "2 0 0");
    assert_seen("plain_reader", member_of_a, "SELECT count(*) FROM sync_trigger_state", "0");
    assert_refused("plain_reader", member_of_a, tool_work[3]);
}
END_TEST

SUITE(schema_access)
{
    TCase *supabase = tcase_create("supabase");
    TCase *plain = tcase_create("plain");

    tcase_add_checked_fixture(supabase, setup, testdb_drop);
    tcase_add_test(supabase, test_member_reads_own);
    tcase_add_test(supabase, test_without_rls_member_reads_all);
    tcase_add_test(supabase, test_view);
    tcase_add_loop_test(supabase, test_useless_claims, 0, (int)COUNT(useless_claims));
    tcase_add_test(supabase, test_bottomless_claims);
    tcase_add_test(supabase, test_claims_are_read_once);
    tcase_add_test(supabase, test_nobody_writes);
    tcase_add_test(supabase, test_member_sees_no_machine);
    tcase_add_test(supabase, test_applied_again);
    tcase_add_test(supabase, test_anon_reads_nothing);
    tcase_add_test(supabase, test_service_role_works);
    suite_add_tcase(suite, supabase);

    tcase_add_unchecked_fixture(plain, setup_plain_server, teardown_plain_server);
    tcase_add_checked_fixture(plain, setup_plain, testdb_drop);
    tcase_add_test(plain, test_plain_owner_works);
    tcase_add_test(plain, test_plain_reader);
    suite_add_tcase(suite, plain);
}
