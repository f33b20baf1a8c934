/*
 * The schema through the rules of Supabase's linter, https://github.com/supabase/splinter, which people
 * see as the advisors of their project. The queries are our own; the names are the rules' there. On old
 * default privileges, where all is granted to everybody, and on new ones, where nothing is. Each rule is
 * first seen to fire.
 *
 * What is below WARN is not asked: tables that are the service role's alone have no policy (0008), and
 * nobody has used the indexes yet (0005). 0027 says that a signed-up user sees names of tables by
 * pg_graphql; members are to read those that are listed here, and no others.
 */
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define TABLES                                                                                     \
    "(SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', "    \
    "'p'))"

static const struct {
    const char *name;
    const char *query; /* each row is a finding */
    const char *fault; /* makes it fire */
} rules[] = {
    {"0003_auth_rls_initplan",
     "SELECT tablename FROM pg_policies WHERE concat(qual, with_check) ~ '(auth\\.|sync_)\\w+\\('"
     " AND concat(qual, with_check) !~* 'select\\s+(auth\\.|sync_)\\w+\\('",
     "CREATE POLICY p ON sync_run_log TO anon USING (org_id = sync_member_org_id())"},
    {"0004_no_primary_key",
     "SELECT relname FROM " TABLES " AS c WHERE NOT EXISTS"
     " (SELECT FROM pg_index WHERE indrelid = c.oid AND indisprimary)",
     "CREATE TABLE t (a int)"},
    {"0006_multiple_permissive_policies",
     "SELECT tablename FROM pg_policies, unnest(roles) AS role WHERE permissive = 'PERMISSIVE'"
     " GROUP BY tablename, role, cmd HAVING count(*) > 1",
     "CREATE POLICY p ON sync_run_log FOR SELECT TO authenticated USING (false)"},
    {"0007_policy_exists_rls_disabled",
     "SELECT relname FROM " TABLES " AS c WHERE NOT relrowsecurity AND EXISTS"
     " (SELECT FROM pg_policy WHERE polrelid = c.oid)",
     "ALTER TABLE organizations DISABLE ROW LEVEL SECURITY"},
    {"0009_duplicate_index",
     "SELECT indrelid FROM pg_index AS i JOIN " TABLES " AS c ON c.oid = i.indrelid"
     " GROUP BY indrelid, indkey, indclass, indoption, pg_get_expr(indpred, indrelid),"
     " pg_get_expr(indexprs, indrelid) HAVING count(*) > 1",
     "CREATE INDEX i ON sync_run_log (run_id)"},
    {"0010_security_definer_view",
     "SELECT relname FROM pg_class WHERE relkind = 'v' AND relnamespace = 'public'::regnamespace"
     " AND NOT coalesce(reloptions::text ~ 'security_invoker=(true|on|1)', false)",
     "CREATE VIEW v AS SELECT * FROM sync_run_log"},
    {"0011_function_search_path_mutable",
     "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
     " AND NOT coalesce(proconfig::text ~ 'search_path=', false)",
     "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'"},
    {"0013_rls_disabled_in_public", "SELECT relname FROM " TABLES " AS c WHERE NOT relrowsecurity",
     "ALTER TABLE sync_trigger_state DISABLE ROW LEVEL SECURITY"},
    {"0015_rls_references_user_metadata",
     "SELECT tablename FROM pg_policies WHERE concat(qual, with_check) ~ 'user_metadata'"
     " UNION ALL SELECT proname FROM pg_proc WHERE proname = 'sync_member_org_id'"
     " AND regexp_replace(prosrc, '--[^\\n]*', '', 'g') ~ 'user_metadata'",
     "CREATE POLICY p ON sync_run_log TO anon USING ('user_metadata' = worker)"},
    {"0023_sensitive_columns_exposed",
     "SELECT relname FROM " TABLES " AS c JOIN pg_attribute AS a ON a.attrelid = c.oid"
     " WHERE attname ~ '(password|secret|token|api_key)'"
     " AND has_column_privilege('authenticated', c.oid, attnum, 'SELECT')",
     "ALTER TABLE organizations ADD api_key text"},
    {"0024_rls_policy_always_true",
     "SELECT tablename FROM pg_policies WHERE coalesce(qual, with_check) = 'true'",
     "CREATE POLICY p ON sync_run_log TO anon USING (true)"},
    {"0026_pg_graphql_anon_table_exposed",
     "SELECT relname FROM " TABLES " AS c WHERE has_any_column_privilege('anon', c.oid, 'SELECT')",
     "GRANT SELECT (org_id) ON sync_run_log TO anon"},
    {"0027_pg_graphql_authenticated_table_exposed",
     "SELECT relname FROM " TABLES " AS c WHERE has_any_column_privilege('authenticated', c.oid,"
     " 'SELECT') AND relname NOT IN ('organizations', 'organization_integrations',"
     " 'sync_run_log', 'sync_schedule_state', 'sync_schedule_journal')",
     "GRANT SELECT ON sync_trigger_state TO authenticated"},
    {"0028_anon_security_definer_function_executable",
     "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
     " AND has_function_privilege('anon', oid, 'EXECUTE')",
     "ALTER FUNCTION sync_member_org_id() SECURITY DEFINER"},
    {"0029_authenticated_security_definer_function_executable",
     "SELECT proname FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
     " AND has_function_privilege('authenticated', oid, 'EXECUTE')",
     "ALTER FUNCTION sync_schema_version() SECURITY DEFINER"},
    {"0030_invalid_index",
     "SELECT indexrelid FROM pg_index AS i JOIN " TABLES " AS c ON c.oid = indrelid"
     " WHERE NOT indisvalid",
     "UPDATE pg_index SET indisvalid = false WHERE indrelid = 'sync_run_log'::regclass"},
};

static void open_old_defaults(void)
{
    testdb_create();
}

/* Roles are there since some database of old defaults was made on this server. */
static void open_new_defaults(void)
{
    testdb_create();
    testdb_drop();
    testdb_create_empty();
    testdb_apply_schema();
}

static char *ask_rule(int rule)
{
    return testdb_text("SELECT string_agg(q::text, ', ') FROM (%s) AS q", rules[rule].query);
}

/* Covers: no rule finds anything, and each would. */
START_TEST(test_rule)
{
    char *found = ask_rule(_i);

    ck_assert_msg(found == NULL, "%s: %s", rules[_i].name, found);
    testdb_exec("%s", rules[_i].fault);
    found = ask_rule(_i);
    ck_assert_msg(found != NULL, "%s finds nothing", rules[_i].name);
    free(found);
}
END_TEST

SUITE(schema_lints)
{
    TCase *old = tcase_create("old-defaults");
    TCase *new = tcase_create("new-defaults");

    tcase_add_checked_fixture(old, open_old_defaults, testdb_drop);
    tcase_add_loop_test(old, test_rule, 0, (int)COUNT(rules));
    suite_add_tcase(suite, old);
    tcase_add_checked_fixture(new, open_new_defaults, testdb_drop);
    tcase_add_loop_test(new, test_rule, 0, (int)COUNT(rules));
    suite_add_tcase(suite, new);
}
