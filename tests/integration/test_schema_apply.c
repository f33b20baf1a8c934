/*
 * schema --apply and --no-transaction: what they say beforehand, whom they ask, and that they do all
 * of it or nothing.
 */
#include "base/memory.h"
#include "support/program.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/terminal.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const char own_objects[] = "SELECT count(*) FROM pg_class WHERE relname ~ '^sync_'";

static struct program_result apply(const char *options, const char *input)
{
    char line[300];
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};

    snprintf(line, sizeof line, "exec \"$0\" schema %s", options);
    return input != NULL ? program_run_with_input(argv, NULL, input) : program_run(argv, NULL);
}

static void expect(const char *options, int status, const char *out, const char *err)
{
    struct program_result result = apply(options, NULL);

    ck_assert_msg(result.status == status, "%d: %s", result.status, result.err);
    ck_assert_msg(strstr(result.out, out) != NULL, "%s", result.out);
    ck_assert_msg(strstr(result.err, err) != NULL, "%s", result.err);
    program_result_free(&result);
}

/* What psql makes of the printed text, and what the program makes itself, are the same. */
START_TEST(test_same_as_printed)
{
    char *applied;
    char *printed;

    expect("--apply --yes", 0, "applied: the schema is of version 1\n", "");
    applied = testdb_dump("-s");
    testdb_drop();
    testdb_create_empty();
    testdb_apply_schema();
    printed = testdb_dump("-s");
    ck_assert_str_eq(applied, printed);
    free(applied);
    free(printed);
}
END_TEST

START_TEST(test_says_what_becomes_of_tables)
{
    testdb_exec(
        "CREATE SCHEMA app; CREATE TABLE app.organizations (id uuid PRIMARY KEY, name text);"
        "INSERT INTO app.organizations VALUES (gen_random_uuid(), 'A');"
        "DO $$BEGIN EXECUTE format('ALTER DATABASE %%I SET search_path = public, app',"
        " current_database()); END$$");
    expect("--apply --yes", 0,
           "  organizations              exists: gets the column timezone, and is left as it is "
           "otherwise\n"
           "  organization_integrations  is made\n"
           "  sync_run_log               is made\n",
           "");
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM app.organizations WHERE timezone IS NULL"),
                     1);
    expect("--apply --yes", 0,
           "  organizations              exists: is left as it is\n"
           "  organization_integrations  exists: is left as it is\n"
           "  sync_run_log               exists: is brought up to date; its rows and its grants "
           "stay\n",
           "");
}
END_TEST

static const struct {
    const char *typed;
    int status;
    bool is_applied;
    const char *shown;
} answers[] = {
    {"y\n", 0, true, "applied: the schema is of version 1"},
    {"Yes\n", 0, true, "applied: the schema is of version 1"},
    {"n\n", 1, false, "nothing was changed, as you wish"},
    {"\n", 1, false, "nothing was changed, as you wish"},
    {"\004", 1, false, "nothing was changed, as you wish"}, /* end of input */
};

START_TEST(test_asks_on_a_terminal)
{
    struct terminal terminal = terminal_open();
    struct program_result result;
    char options[120];

    ck_assert_int_gt(write(terminal.master, answers[_i].typed, strlen(answers[_i].typed)), 0);
    snprintf(options, sizeof options, "--apply <%s", terminal.path);
    result = apply(options, NULL);
    ck_assert_msg(result.status == answers[_i].status, "%d: %s", result.status, result.err);
    ck_assert_ptr_nonnull(strstr(result.out, "database "));
    ck_assert_ptr_nonnull(strstr(result.err, "Apply the migration? [y/N] "));
    ck_assert(strstr(result.out, answers[_i].shown) != NULL ||
              strstr(result.err, answers[_i].shown) != NULL);
    ck_assert_int_eq(testdb_number(own_objects) > 0, answers[_i].is_applied);
    program_result_free(&result);
    terminal_close(&terminal);
}
END_TEST

/* Covers: a word in a pipe is nobody's consent. */
START_TEST(test_asks_no_pipe)
{
    struct program_result result = apply("--apply", "y\n");

    ck_assert_int_eq(result.status, 2);
    ck_assert_ptr_nonnull(strstr(result.err, "nothing was changed: there is no terminal to ask on "
                                             "(look at the list above, then give --yes, too)"));
    ck_assert_int_eq(testdb_number(own_objects), 0);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *sql;
    const char *message;
} obstacles[] = {
    {"CREATE TYPE typed AS (id uuid); CREATE TABLE organizations OF typed",
     "nothing was changed: database: cannot add column to typed table"},
    {"CREATE FUNCTION sync_schema_version() RETURNS integer LANGUAGE sql AS 'SELECT 9'",
     "nothing was changed: database: the schema is of version 9, and this would make it version 1 "
     "(Update syncsched.)"},
    {"DROP SCHEMA public",
     "the search path names no schema that exists (type: CREATE SCHEMA public; or correct the "
     "role's search_path)"},
    {"CREATE ROLE office LOGIN PASSWORD 'office';"
     "CREATE TABLE organizations (id uuid, name text);"
     "GRANT CREATE ON SCHEMA public TO office",
     "office does not own the table public.organizations, which lacks the column timezone "
     "(let its owner type: ALTER TABLE public.organizations ADD COLUMN timezone text)"},
    {"CREATE ROLE office LOGIN PASSWORD 'office'; REVOKE CREATE ON SCHEMA public FROM PUBLIC",
     "permission denied for schema public (connect as the owner of the tables that exist, who may "
     "also create in the schema (on Supabase: postgres))"},
};

/* Covers: all or nothing; who may not is told beforehand, or what to do. */
START_TEST(test_obstacle)
{
    bool is_of_office = strstr(obstacles[_i].sql, "office") != NULL;
    char *user = memory_copy_text(getenv("PGUSER"));
    char *password = memory_copy_text(getenv("PGPASSWORD"));

    testdb_exec("%s", obstacles[_i].sql);
    if (is_of_office) {
        setenv("PGUSER", "office", 1);
        setenv("PGPASSWORD", "office", 1);
    }
    expect("--apply --yes", 3, "", obstacles[_i].message);
    setenv("PGUSER", user, 1);
    setenv("PGPASSWORD", password, 1);
    ck_assert_int_eq(testdb_number(own_objects), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_proc WHERE proname ~ '^sync_run'"), 0);
    if (is_of_office)
        testdb_drop_role("office");
    free(user);
    free(password);
}
END_TEST

START_TEST(test_waits_for_nobody_for_ever)
{
    PGconn *other = testdb_connect(NULL);

    testdb_exec("CREATE TABLE organizations (id uuid, name text)");
    PQclear(PQexec(other, "BEGIN; SELECT FROM organizations"));
    expect("--apply --yes", 3, "",
           "nothing was changed: database: canceling statement due to lock timeout (another "
           "session holds a lock, or the server is overloaded)");
    ck_assert_int_eq(testdb_number(own_objects), 0);
    PQfinish(other);
}
END_TEST

/* Covers: in a transaction of somebody else's it does the same, and its rollback takes all back. */
START_TEST(test_without_transaction)
{
    static const char in_one[] = "\"$0\" schema --no-transaction | psql -qX1 -v ON_ERROR_STOP=1 "
                                 "2>&1";
    static const char taken_back[] = "{ echo 'BEGIN;'; \"$0\" schema --no-transaction;"
                                     " echo 'ROLLBACK;'; } | psql -qX -v ON_ERROR_STOP=1 2>&1";
    const char *const argv[] = {"sh", "-c", _i == 0 ? in_one : taken_back, scene_program(), NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.out, "");
    ck_assert_int_eq(testdb_number(own_objects) > 0, _i == 0);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *options;
    const char *message;
} misuses[] = {
    {"--apply --no-transaction", "choose one of --apply and --no-transaction"},
    {"--yes", "--yes needs --apply"},
};

START_TEST(test_misuse)
{
    expect(misuses[_i].options, 2, "", misuses[_i].message);
}
END_TEST

SUITE(schema_apply)
{
    TCase *applied = tcase_create("applied");
    TCase *refused = tcase_create("refused");

    tcase_add_checked_fixture(applied, testdb_create_empty, testdb_drop);
    tcase_add_test(applied, test_same_as_printed);
    tcase_add_test(applied, test_says_what_becomes_of_tables);
    tcase_add_loop_test(applied, test_asks_on_a_terminal, 0, (int)COUNT(answers));
    tcase_add_loop_test(applied, test_without_transaction, 0, 2);
    suite_add_tcase(suite, applied);

    tcase_add_checked_fixture(refused, testdb_create_empty, testdb_drop);
    tcase_add_test(refused, test_asks_no_pipe);
    tcase_add_loop_test(refused, test_obstacle, 0, (int)COUNT(obstacles));
    tcase_add_test(refused, test_waits_for_nobody_for_ever);
    tcase_add_loop_test(refused, test_misuse, 0, (int)COUNT(misuses));
    suite_add_tcase(suite, refused);
}
