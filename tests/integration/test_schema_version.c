/*
 * A schema that is not of the program's version: every command that uses the database refuses it,
 * says what to do, and has done nothing: no run claimed, nothing written, nobody called.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define RETURNS(value)                                                                             \
    "CREATE OR REPLACE FUNCTION sync_schema_version() RETURNS integer LANGUAGE sql IMMUTABLE"      \
    " AS 'SELECT " value "'"
#define OF_VERSION(number) "the schema is of version " number ", this program works with version 1 "
#define DROP_TABLES                                                                                \
    "DROP TABLE sync_run_log, sync_schedule_state, sync_trigger_state, sync_prune_state,"          \
    " sync_probe_state, sync_throttle_state, sync_database_state, sync_schedule_journal; DROP "    \
    "FUNCTION "                                                                                    \
    "sync_schema_version()"

static const char *const commands[] = {
    "run",
    "run --dry-run",
    "run --at 2024-05-01T02:00Z",
    "run --at 2024-05-01T02:00Z --retry-failed",
    "run --warm-up --max-attempts 3",
    "due",
    "next",
    "warm",
    "audit --from 2024-05-01T00:00Z --to 2024-05-01T01:00Z",
    "status",
    "health",
    "health --probe",
    "prune --older-than 30d",
    "prune --older-than 30d --dry-run",
};

/* ---- The program ---- */

static struct program_result run_command(const char *command)
{
    char line[200];
    char url[200];
    char health_url[200];
    const char *const env[] = {url, health_url, "SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY,
                               "SUPABASE_DB_URL", NULL};

    snprintf(line, sizeof line, "%s --config /dev/null", command);
    snprintf(url, sizeof url, "SUPABASE_URL=%s", function_url(scene_function()));
    snprintf(health_url, sizeof health_url, "SYNCSCHED_HEALTH_URL_XLEDGER=%s",
             function_url(scene_function()));
    return scene_command(line, env);
}

static void expect_refused(const char *command, const char *message, const char *hint)
{
    struct program_result result = run_command(command);

    ck_assert_msg(result.status == 3 && *result.out == '\0' &&
                      strstr(result.err, message) != NULL && strstr(result.err, hint) != NULL,
                  "%s: exit %d, not \"%s\" and \"%s\"\n%s%s", command, result.status, message, hint,
                  result.out, result.err);
    program_result_free(&result);
}

/* Every command is refused, and what there was before is all that there is. */
static void expect_all_refused(const char *message, const char *hint)
{
    char *before = testdb_dump("-a");
    char *after;

    for (size_t i = 0; i < COUNT(commands); i++)
        expect_refused(commands[i], message, hint);
    after = testdb_dump("-a");
    ck_assert_msg(strcmp(after, before) == 0, "rows differ: %.4000s\nnot\n%.4000s", after, before);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_uint_eq(function_count_event(scene_function(), "other"), 0); /* pings and probes */
    free(before);
    free(after);
}

/* Slots that are due, and runs to adopt, to abandon, to attempt again and to prune. */
static void seed(void)
{
    int64_t minute = scene_settle(0);

    scene_seed(1, 5, "* * * * *");
    for (int n = 1; n <= 5; n++)
        scene_seed_state(n, "* * * * * UTC", minute - 10);
    free(scene_seed_run(2, "pending", minute - 3, 3));
    free(scene_seed_run(3, "running", minute - 40, 40));
    free(scene_seed_run(4, "completed", minute - 100 * 24 * 60, 100 * 24 * 60));
    free(scene_seed_run(4, "completed", minute - 99 * 24 * 60, 99 * 24 * 60));
    testdb_exec("UPDATE sync_run_log SET completed_at = started_at WHERE status = 'completed'");
}

/* ---- Other versions ---- */

static const struct {
    const char *sql;
    const char *message;
    const char *hint;
} others[] = {
    {RETURNS("5"), OF_VERSION("5"), "(update syncsched)"},
    {RETURNS("2147483647"), OF_VERSION("2147483647"), "(update syncsched)"},
    {RETURNS("4"), OF_VERSION("4"), "syncsched schema --apply)"},
    {RETURNS("3"), OF_VERSION("3"), "syncsched schema --apply)"},
    {RETURNS("NULL::integer"), OF_VERSION("0"), "syncsched schema --apply)"},
    {RETURNS("-1"), OF_VERSION("-1"), "syncsched schema --apply)"},
    {"DROP FUNCTION sync_schema_version()", "function sync_schema_version() does not exist",
     "syncsched schema --apply)"},
};

/* Covers: where nothing is configured at all; and where there is all kinds of work to do. */
START_TEST(test_other_version)
{
    testdb_exec("%s", others[_i].sql);
    expect_all_refused(others[_i].message, others[_i].hint);
}
END_TEST

START_TEST(test_other_version_with_work)
{
    seed();
    testdb_exec("%s", others[_i].sql);
    expect_all_refused(others[_i].message, others[_i].hint);
}
END_TEST

/* Covers: nothing there at all. */
START_TEST(test_no_schema)
{
    testdb_exec(DROP_TABLES);
    expect_all_refused("does not exist",
                       "first, also over an older one: syncsched schema --apply)");
}
END_TEST

/* ---- Hints ---- */

/* What the command says is to be applied, applied as it stands there. */
static void apply_hint(const char *command)
{
    struct program_result refused = run_command(command);
    struct program_result result;
    char *hint = strstr(refused.err, "syncsched schema");
    char *build = strdup(scene_program());
    char line[4400];
    const char *const argv[] = {"sh", "-c", line, NULL};

    ck_assert_msg(hint != NULL && strchr(hint, ')') != NULL, "%s: %s", command, refused.err);
    *strchr(hint, ')') = '\0';
    *strrchr(build, '/') = '\0';
    snprintf(line, sizeof line, "PATH=\"%s:$PATH\"; %s --yes", build, hint);
    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 0 && *result.err == '\0', "%s: exit %d\n%s", line, result.status,
                  result.err);
    program_result_free(&result);
    program_result_free(&refused);
    free(build);
}

/* Of a database in which nothing ticks `status` says so by 1. */
static void expect_accepted(const char *command)
{
    struct program_result result = run_command(command);

    ck_assert_msg(result.status == 0 || result.status == 1, "%s: exit %d\n%s", command,
                  result.status, result.err);
    program_result_free(&result);
}

/* Covers: the schemas of earlier states, as they were; and what each hint comes to. */
START_TEST(test_old_schema)
{
    static const char *const mended[] = {"due",
                                         "audit --from 2024-05-01T00:00Z --to 2024-05-01T01:00Z",
                                         "status", "prune --older-than 30d"};
    static const char *const states[] = {"tests/data/schema-1.sql", "tests/data/schema-4.sql"};
    /* by its number, or by the first column that it lacks */
    static const char *const messages[] = {"does not exist", ""};

    for (size_t i = 0; i < COUNT(mended); i++) {
        testdb_exec(DROP_TABLES);
        testdb_apply_file(states[_i]);
        if (i == 0)
            expect_all_refused(messages[_i], "syncsched schema ");
        apply_hint(mended[i]);
        for (size_t other = 0; other < COUNT(mended); other++)
            expect_accepted(mended[other]);
    }
}
END_TEST

/* Covers: of a number that is too low, too. */
START_TEST(test_low_number)
{
    testdb_exec(RETURNS("2"));
    apply_hint("run");
    expect_accepted("run");
}
END_TEST

/* ---- In the middle of a tick ---- */

/* Covers: a tick that has begun goes on: what it claimed is started, called and stored. */
START_TEST(test_newer_in_the_middle)
{
    struct program *program;

    scene_seed(1, 2, "0 2 * * *");
    function_script(scene_function(), "* latency_ms=1500");
    program = scene_start("--at 2024-05-01T02:00Z --concurrency 1");
    scene_wait_for("SELECT count(*) = 1 FROM sync_run_log WHERE status = 'running'");
    testdb_exec(RETURNS("5"));
    scene_expect(scene_wait(program), 2, 0, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 2);
}
END_TEST

SUITE(schema_version)
{
    TCase *tcase = tcase_create("versions");
    TCase *hints = tcase_create("hints");

    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_loop_test(tcase, test_other_version, 0, (int)COUNT(others));
    tcase_add_loop_test(tcase, test_other_version_with_work, 0, (int)COUNT(others));
    tcase_add_test(tcase, test_no_schema);
    tcase_add_test(tcase, test_newer_in_the_middle);
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(hints, scene_open, scene_close);
    tcase_add_loop_test(hints, test_old_schema, 0, 2);
    tcase_add_test(hints, test_low_number);
    suite_add_tcase(suite, hints);
}
