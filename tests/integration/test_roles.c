/*
 * Who the program is in the database. A role from which row level security would hide rows, or that
 * lacks a privilege, is refused with the hint, and never taken for one with nothing due. Each
 * transaction becomes who --db-role names.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"

#define HINT_HIDDEN                                                                                \
    "(row level security would hide rows from this role, and nothing would seem to be due: "
#define HINT_LACKS                                                                                 \
    "(this role lacks a privilege: connect as service_role, or give --db-role service_role"

static char role[32];
static char variable[300];

/* A role of this test's own that may log in, and nothing else; the program connects as that. */
static void open_scene(void)
{
    scene_open();
    snprintf(role, sizeof role, "scene_role_%ld", (long)getpid());
    testdb_exec("DO $$ BEGIN IF to_regrole('%s') IS NOT NULL THEN"
                " EXECUTE 'DROP ROLE %s'; END IF; END $$;"
                "CREATE ROLE %s LOGIN NOINHERIT PASSWORD 'hush'",
                role, role, role);
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=postgresql://%s:hush@%s:%s/%s", role,
             getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"));
    scene_set_variable(variable);
}

static void close_scene(void)
{
    testdb_drop_role(role);
    scene_close();
}

static const char *const commands[][6] = {
    {"run"},
    {"run", "--dry-run"},
    {"run", "--at", AT},
    {"due"},
    {"due", "--at", AT},
    {"next"},
    {"audit", "--from", AT},
    {"prune", "--older-than", "2d"}, /* the last: it reads no schedules */
};

static struct program_result run_command(size_t n, const char *more)
{
    const char *const env[] = {variable, "SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY,
                               "SUPABASE_URL=http://127.0.0.1:1", more, NULL};
    const char *argv[10] = {PROGRAM};
    size_t count = 1;

    for (size_t i = 0; i < COUNT(commands[n]) && commands[n][i] != NULL; i++)
        argv[count++] = commands[n][i];
    argv[count++] = "--config";
    argv[count] = "/dev/null";
    return program_run(argv, env);
}

/* Each of them ends with status 3, one line on stderr that has both texts, and no result. */
static void expect_refused(size_t count, const char *message, const char *hint, const char *more)
{
    for (size_t n = 0; n < count; n++) {
        struct program_result result = run_command(n, more);

        ck_assert_msg(result.status == 3, "%s: exit %d: %s%s", commands[n][0], result.status,
                      result.out, result.err);
        ck_assert_msg(strstr(result.err, message) != NULL && strstr(result.err, hint) != NULL,
                      "%s: %s", commands[n][0], result.err);
        ck_assert_ptr_eq(strchr(result.err, '\n'), result.err + strlen(result.err) - 1);
        /* prune tells how far it came. */
        ck_assert_msg(*result.out == '\0' || strstr(result.out, "deleted 0 runs") == result.out,
                      "stdout: %s", result.out);
        program_result_free(&result);
    }
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
}

/* ---- Refused ---- */

static const struct {
    const char *table;
    bool is_read_by_prune;
} hidden[] = {
    {"organizations", false},      {"organization_integrations", false},
    {"sync_schedule_state", true}, {"sync_prune_state", true},
    {"sync_run_log", true},
};

/* Leaves row level security to that table alone; NULL: to none. */
static void secure_only(const char *table)
{
    testdb_exec("ALTER TABLE sync_schedule_journal DISABLE ROW LEVEL SECURITY;" /* few read these */
                "ALTER TABLE sync_database_state DISABLE ROW LEVEL SECURITY;"
                "ALTER TABLE sync_throttle_state DISABLE ROW LEVEL SECURITY;"
                "ALTER TABLE sync_trigger_state DISABLE ROW LEVEL SECURITY");
    for (size_t i = 0; i < COUNT(hidden); i++)
        testdb_exec("ALTER TABLE %s %s ROW LEVEL SECURITY", hidden[i].table,
                    table != NULL && strcmp(table, hidden[i].table) == 0 ? "ENABLE" : "DISABLE");
}

/* Covers: one table with row level security is enough, whatever its policies are. */
START_TEST(test_hidden_rows)
{
    char message[100];

    scene_seed(1, 1, DAILY);
    testdb_exec("GRANT ALL ON ALL TABLES IN SCHEMA public TO %s;"
                "CREATE POLICY all_of_them ON %s TO %s USING (true)",
                role, hidden[_i].table, role);
    secure_only(hidden[_i].table);
    snprintf(message, sizeof message, "row-level security policy for table \"%s\"",
             hidden[_i].table);
    expect_refused(hidden[_i].is_read_by_prune ? COUNT(commands) : COUNT(commands) - 1, message,
                   HINT_HIDDEN, NULL);
}
END_TEST

/* Covers: an owner whom FORCE binds to the policies, too. */
START_TEST(test_forced_owner)
{
    scene_seed(1, 1, DAILY);
    for (size_t i = 0; i < COUNT(hidden); i++)
        testdb_exec("ALTER TABLE %s OWNER TO %s", hidden[i].table, role);
    testdb_exec("ALTER TABLE organization_integrations FORCE ROW LEVEL SECURITY");
    expect_refused(COUNT(commands) - 1,
                   "row-level security policy for table \"organization_integrations\"", HINT_HIDDEN,
                   NULL);
}
END_TEST

START_TEST(test_no_privileges)
{
    scene_seed(1, 1, DAILY);
    secure_only(NULL);
    expect_refused(COUNT(commands), "permission denied for table ", HINT_LACKS, NULL);
}
END_TEST

/* ---- Let in ---- */

static void expect_served(const char *options)
{
    char words[100];

    scene_seed(1, 3, DAILY);
    snprintf(words, sizeof words, "--at " AT "%s", options);
    scene_expect(scene_run(words), 3, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 3);
}

/* Covers: what the hint says helps. */
START_TEST(test_bypassing_role)
{
    testdb_exec("GRANT ALL ON ALL TABLES IN SCHEMA public TO %s; ALTER ROLE %s BYPASSRLS", role,
                role);
    expect_served("");
}
END_TEST

/* Covers: --db-role, in the parent and in the workers, for a user who is nobody without it. */
START_TEST(test_db_role)
{
    testdb_exec("GRANT service_role TO %s", role);
    expect_served(" --db-role service_role");
}
END_TEST

/* Covers: SYNCSCHED_DB_ROLE, for every command. */
START_TEST(test_db_role_of_environment)
{
    testdb_exec("GRANT service_role TO %s", role);
    for (size_t n = 0; n < COUNT(commands); n++) {
        struct program_result result = run_command(n, "SYNCSCHED_DB_ROLE=service_role");

        ck_assert_msg(result.status == 0, "%s: exit %d: %s", commands[n][0], result.status,
                      result.err);
        program_result_free(&result);
    }
}
END_TEST

/* Covers: the role ends with the transaction, and is that of each of them. */
START_TEST(test_db_role_is_local)
{
    testdb_exec("GRANT service_role TO %s;"
                "CREATE TABLE seen (session name, became name);"
                "GRANT ALL ON seen TO PUBLIC;"
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS"
                " 'BEGIN INSERT INTO seen VALUES (session_user, current_user); RETURN NEW; END';"
                "CREATE TRIGGER note BEFORE INSERT OR UPDATE ON sync_run_log"
                " FOR EACH ROW EXECUTE FUNCTION note()",
                role);
    expect_served(" --db-role service_role");
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM seen"), 9);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM seen WHERE became = 'service_role'"
                                   " AND session = '%s'",
                                   role),
                     9);
}
END_TEST

static const struct {
    const char *variable;
    const char *message;
    const char *hint;
} wrong[] = {
    {"SYNCSCHED_DB_ROLE=nobody_here", "role \"nobody_here\" does not exist",
     "(--db-role must name a role that exists, such as service_role)"},
    {"SYNCSCHED_DB_ROLE=pg_monitor", "permission denied to set role \"pg_monitor\"",
     "(--db-role must name a role that the user who connects may become: GRANT ROLE TO USER)"},
    /* The name is data. */
    {"SYNCSCHED_DB_ROLE=postgres'; DROP TABLE sync_run_log; --",
     "role \"postgres'; DROP TABLE sync_run_log; --\" does not exist", "(--db-role must name"},
    {"SYNCSCHED_DB_ROLE=\"postgres\"", "role \"\"postgres\"\" does not exist",
     "(--db-role must name"},
    {"SYNCSCHED_DB_ROLE=a\x1b[31mb\nc", "role \"a\xEF\xBF\xBD[31mb c\" does not exist",
     "(--db-role must name"},
};

START_TEST(test_wrong_db_role)
{
    expect_refused(COUNT(commands), wrong[_i].message, wrong[_i].hint, wrong[_i].variable);
}
END_TEST

SUITE(roles)
{
    TCase *refused = tcase_create("roles-refused");
    TCase *served = tcase_create("roles-served");

    tcase_add_checked_fixture(refused, open_scene, close_scene);
    tcase_add_loop_test(refused, test_hidden_rows, 0, (int)COUNT(hidden));
    tcase_add_test(refused, test_forced_owner);
    tcase_add_test(refused, test_no_privileges);
    tcase_add_loop_test(refused, test_wrong_db_role, 0, (int)COUNT(wrong));
    suite_add_tcase(suite, refused);
    tcase_add_checked_fixture(served, open_scene, close_scene);
    tcase_add_test(served, test_bypassing_role);
    tcase_add_test(served, test_db_role);
    tcase_add_test(served, test_db_role_of_environment);
    tcase_add_test(served, test_db_role_is_local);
    suite_add_tcase(suite, served);
}
