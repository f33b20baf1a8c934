/*
 * libpq and libcurl are loaded when they are needed: what does not need one works where it is
 * broken, and what does says so before it has promised anything. A broken library is also the proof
 * that a command does not touch it, whichever loader the system has.
 */
#include "integration/suites.h"
#include "support/scene.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define LIBPQ    "libpq.so.5"
#define LIBCURL  "libcurl.so.4"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* ---- A directory of libraries that are none, in front of the system's ---- */

static char directory[] = "/tmp/syncsched-libraries-XXXXXX";
static char variable[64];

static void library_path(char path[128], const char *soname)
{
    snprintf(path, 128, "%s/%s", directory, soname);
}

static void break_library(const char *soname)
{
    char path[128];
    FILE *file;

    library_path(path, soname);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    for (int i = 0; i < 100; i++) /* longer than the header that the loader looks for */
        fputs("This is no library.\n", file);
    ck_assert_int_eq(fclose(file), 0);
}

static void mend_library(const char *soname)
{
    char path[128];

    library_path(path, soname);
    unlink(path);
}

static void open_directory(void)
{
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    snprintf(variable, sizeof variable, "LD_LIBRARY_PATH=%s", directory);
    scene_set_variable(variable);
}

static void close_directory(void)
{
    mend_library(LIBPQ);
    mend_library(LIBCURL);
    rmdir(directory);
}

static void open_scene(void)
{
    scene_open();
    open_directory();
}

static void close_scene(void)
{
    close_directory();
    scene_close();
}

/* One line on stderr, nothing on stdout, and status 4. */
static void expect_refusal(const char *out, const char *err, int status, const char *soname,
                           const char *hint)
{
    char message[128];

    snprintf(message, sizeof message, "syncsched: error: cannot load %s: ", soname);
    ck_assert_msg(strncmp(err, message, strlen(message)) == 0, "stderr: %s", err);
    ck_assert_msg(strstr(err, hint) != NULL, "stderr: %s", err);
    ck_assert_ptr_eq(strchr(err, '\n'), err + strlen(err) - 1);
    ck_assert_str_eq(out, "");
    ck_assert_int_eq(status, 4);
}

static void expect_no_libcurl(struct scene_tick tick)
{
    expect_refusal(tick.out, tick.err, tick.status, LIBCURL,
                   "(install the Debian package libcurl4)");
    scene_tick_free(&tick);
}

static void expect_no_libpq(struct scene_tick tick)
{
    expect_refusal(tick.out, tick.err, tick.status, LIBPQ, "(install the Debian package libpq5)");
    scene_tick_free(&tick);
}

/* ---- Neither of them ---- */

static const char *const alone[][4] = {
    {PROGRAM, "--version"},
    {PROGRAM, "--help"},
    {PROGRAM, "run", "--help"},
    {PROGRAM, "schema"},
    {PROGRAM, "check-cron", "0 2 * * *"},
};

/* Covers: what asks neither the database nor the function loads neither library. */
START_TEST(test_alone)
{
    const char *const env[] = {variable, NULL};
    struct program_result result;

    break_library(LIBPQ);
    break_library(LIBCURL);
    result = program_run(alone[_i], env);
    ck_assert_str_eq(result.err, "");
    ck_assert_str_ne(result.out, "");
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
}
END_TEST

/* ---- libpq ---- */

/* Covers: every command that needs the database says what is missing, on this machine: status 4. */
START_TEST(test_no_libpq)
{
    const char *const argv[] = {PROGRAM, "due", "--config", "/dev/null", NULL};
    const char *const env[] = {variable, NULL};
    struct program_result result;

    scene_seed(1, 1, DAILY);
    break_library(LIBPQ);
    result = program_run(argv, env);
    expect_refusal(result.out, result.err, result.status, LIBPQ, "package libpq5");
    program_result_free(&result);
    expect_no_libpq(scene_run("--at " AT));
    expect_no_libpq(scene_run("--dry-run --at " AT));
}
END_TEST

/* ---- libcurl ---- */

/* Covers: what calls nobody does not load libcurl: an idle tick, a dry run, due. */
START_TEST(test_no_libcurl_needed)
{
    const char *const argv[] = {PROGRAM, "due", "--config", "/dev/null", "--at", AT, NULL};
    const char *const env[] = {variable, NULL};
    struct program_result result;

    scene_seed(1, 1, scene_minute_cron(scene_settle(5000) + 24 * 60));
    scene_expect(scene_run(""), 0, 0, 0, 0); /* sees the schedule for the first time */
    scene_seed(2, 2, DAILY);
    break_library(LIBCURL);
    scene_expect(scene_run("--dry-run --at " AT), 1, 0, 0, 0);
    result = program_run(argv, env);
    ck_assert_msg(strstr(result.out, scene_integration(2)) != NULL, "%s%s", result.out, result.err);
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
    testdb_exec("DELETE FROM organization_integrations WHERE integration_id = '%s'",
                scene_integration(2));
    scene_expect(scene_run(""), 0, 0, 0, 0);
}
END_TEST

/*
 * Covers: a tick that could not call claims nothing and adopts nothing, and what it left is served
 * once the library is there.
 */
START_TEST(test_no_libcurl)
{
    int64_t slot;
    char *adoptable;

    scene_seed(1, 2, DAILY);
    break_library(LIBCURL);
    expect_no_libcurl(scene_run("--at " AT));
    ck_assert_int_eq(scene_count(NULL), 0);

    slot = scene_settle(10000);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '* * * * *'");
    scene_seed_state(1, "* * * * * UTC", slot - 1);
    scene_seed_state(2, "* * * * * UTC", slot - 1);
    adoptable = scene_seed_run(1, "pending", slot - 1, 2);
    expect_no_libcurl(scene_run(""));
    ck_assert_int_eq(scene_count(NULL), 1);
    ck_assert_int_eq(scene_count("pending"), 1);
    ck_assert_int_eq(scene_mark(1), slot - 1);
    ck_assert_int_eq(scene_mark(2), slot - 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);

    mend_library(LIBCURL);
    scene_expect(scene_run(""), 2, 1, 0, 0);
    ck_assert_int_eq(scene_count("completed"), 2);
    free(adoptable);
}
END_TEST

Suite *suite_libraries(void)
{
    Suite *suite = suite_create("libraries");
    TCase *neither = tcase_create("libraries-neither");
    TCase *database = tcase_create("libraries-database");

    tcase_add_checked_fixture(neither, open_directory, close_directory);
    tcase_add_loop_test(neither, test_alone, 0, COUNT(alone));
    suite_add_tcase(suite, neither);
    tcase_set_timeout(database, 120);
    tcase_add_checked_fixture(database, open_scene, close_scene);
    tcase_add_test(database, test_no_libpq);
    tcase_add_test(database, test_no_libcurl_needed);
    tcase_add_test(database, test_no_libcurl);
    suite_add_tcase(suite, database);
    return suite;
}
