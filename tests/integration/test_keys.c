/*
 * The key of the function, through the real program: where it comes from, and which ones are refused
 * before anything is claimed.
 */
#include "support/front.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* {"role":"service_role","exp":1714528830}, and the same for 4102444800, the year 2100. */
#define EXPIRED_KEY                                                                                \
    "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjoxNzE0NTI4ODMwfQ.c2VjcmV0"
#define LASTING_KEY                                                                                \
    "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjo0MTAyNDQ0ODAwfQ.c2VjcmV0"

static const char *const expired[] = {"", "--at " AT, "--at " AT " --dry-run"};

/* Covers: an expired key: exit 2, when it expired, and nothing claimed, written or called. */
START_TEST(test_expired)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    scene_set_key("SUPABASE_SERVICE_ROLE_KEY", EXPIRED_KEY);
    tick = scene_run(expired[_i]);
    ck_assert_int_eq(tick.status, 2);
    ck_assert_str_eq(tick.out, "");
    ck_assert_ptr_eq(strstr(tick.err,
                            "syncsched: error: the service key expired at"
                            " 2024-05-01T02:00:30Z, by the database's clock (take a new one"),
                     tick.err);
    ck_assert_ptr_null(strstr(tick.err, EXPIRED_KEY));
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: one that has not is used. */
START_TEST(test_not_expired)
{
    scene_seed(1, 1, DAILY);
    scene_set_key("SUPABASE_SERVICE_ROLE_KEY", LASTING_KEY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
}
END_TEST

/* ---- A key in a file ---- */

/* A tick with this configuration, and up to three more variables. */
static struct program_result run_with(const char *config, const char *const env[3])
{
    static const char program[] = TEST_BUILD_DIR "/syncsched";
    const char *const argv[] = {program, "run", "--at", AT, "--config", config, NULL};
    char url[200];
    const char *const all[] = {"SUPABASE_DB_URL",
                               "SUPABASE_SECRET_KEY",
                               "SUPABASE_SERVICE_ROLE_KEY",
                               "SUPABASE_SERVICE_ROLE_KEY_FILE",
                               "SYNCSCHED_FUNCTION_URL",
                               url,
                               env[0],
                               env[1],
                               env[2],
                               NULL};

    snprintf(url, sizeof url, "SUPABASE_URL=%s", function_url(scene_function()));
    return program_run(argv, all);
}

static char key_path[64];
static char config_path[64];

static void write_file(char *path, const char *text, mode_t mode)
{
    int fd;

    strcpy(path, "/tmp/syncsched-test-key-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    ck_assert_int_eq(fchmod(fd, mode), 0);
    close(fd);
}

static void write_files(void)
{
    char text[200];

    scene_open();
    scene_seed(1, 1, DAILY);
    write_file(key_path, SCENE_KEY "\n", 0440);
    snprintf(text, sizeof text, "SUPABASE_SERVICE_ROLE_KEY_FILE=%s\n", key_path);
    write_file(config_path, text, 0644); /* a path is no secret */
}

static void remove_files(void)
{
    unlink(key_path);
    unlink(config_path);
    scene_close();
}

/* Covers: the key of a file that the environment or the configuration names is sent, whole. */
START_TEST(test_key_file)
{
    char variable[100];
    const char *const env[] = {_i < 2 ? variable : NULL, NULL, NULL};
    struct program_result result;
    json_t *request;

    snprintf(variable, sizeof variable, "SUPABASE_%s_FILE=%s",
             _i == 0 ? "SERVICE_ROLE_KEY" : "SECRET_KEY", key_path);
    result = run_with(_i < 2 ? "/dev/null" : config_path, env);
    ck_assert_msg(result.status == 0, "%s", result.err);
    request = function_request(scene_function(), 0);
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(request, "headers"), "apikey")),
        SCENE_KEY);
    json_decref(request);
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *env[3];
    mode_t mode;
    const char *message;
} refused[] = {
    {{"SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY},
     0400,
     "both SUPABASE_SERVICE_ROLE_KEY and SUPABASE_SERVICE_ROLE_KEY_FILE are set (leave one"},
    {{"SUPABASE_SECRET_KEY=sb_secret_x"},
     0400,
     "both SUPABASE_SECRET_KEY and SUPABASE_SERVICE_ROLE_KEY_FILE are set (leave one"},
    {{NULL}, 0444, "SUPABASE_SERVICE_ROLE_KEY_FILE: others may read /tmp/syncsched-test-key-"},
    {{"SUPABASE_SERVICE_ROLE_KEY_FILE=" SCENE_KEY},
     0400,
     "cannot read the file that SUPABASE_SERVICE_ROLE_KEY_FILE names: No such file"},
    {{"SUPABASE_SERVICE_ROLE_KEY_FILE=/dev/null"},
     0400,
     "SUPABASE_SERVICE_ROLE_KEY_FILE: /dev/null is no regular file"},
};

/* Covers: a key that is set twice, or that others may read; exit 2, nothing claimed or told. */
START_TEST(test_key_file_refused)
{
    struct program_result result;

    ck_assert_int_eq(chmod(key_path, refused[_i].mode), 0);
    result = run_with(config_path, refused[_i].env);
    ck_assert_int_eq(result.status, 2);
    ck_assert_str_eq(result.out, "");
    ck_assert_msg(strstr(result.err, refused[_i].message) != NULL, "%s", result.err);
    ck_assert_ptr_null(strstr(result.err, SCENE_KEY));
    ck_assert_int_eq(scene_count(NULL), 0);
    program_result_free(&result);
}
END_TEST

/* ---- What is around a value, or more than it should be ---- */

static const struct {
    const char *name;
    const char *value;
    const char *message;
} wrapped[] = {
    {"SUPABASE_SECRET_KEY", "\"sb_secret_hush\"",
     "SUPABASE_SECRET_KEY has quotes around its value (remove the quotes: \"docker --env-file\""},
    {"SUPABASE_SERVICE_ROLE_KEY", "'sb_secret_hush'",
     "SUPABASE_SERVICE_ROLE_KEY has quotes around its value"},
    {"SUPABASE_SECRET_KEY", "sb_secret_hush\r", "SUPABASE_SECRET_KEY has white space around"},
    {"SUPABASE_SECRET_KEY", " sb_secret_hush", "SUPABASE_SECRET_KEY has white space around"},
    {"SUPABASE_DB_URL", "\"postgresql://postgres:hush@localhost/postgres\"",
     "SUPABASE_DB_URL has quotes around its value (remove the quotes"},
    {"SUPABASE_DB_URL", "postgresql://postgres:hush@localhost/postgres\n",
     "SUPABASE_DB_URL has white space around its value"},
    {"SUPABASE_URL", "\"https://abc.supabase.co\"", "SUPABASE_URL has quotes around its value"},
    {"SYNCSCHED_FUNCTION_URL", "'https://hush.example.org/f'",
     "SYNCSCHED_FUNCTION_URL has quotes around its value"},
    {"SUPABASE_URL", "https://abc.supabase.co/functions/v1",
     "SUPABASE_URL holds more than the project's address (set "
     "SUPABASE_URL=https://abc.supabase.co;"},
    {"SUPABASE_URL", "https://abc.supabase.co/functions/v1/run-integration?apikey=hush",
     "SUPABASE_URL holds more than the project's address (set "
     "SUPABASE_URL=https://abc.supabase.co;"},
    {"SUPABASE_URL", "https://abc.supabase.co?apikey=hush",
     "SUPABASE_URL holds more than the project's address (set "
     "SUPABASE_URL=https://abc.supabase.co;"},
    {"SUPABASE_URL", "https://abc.supabase.co/rest/v1/",
     "SUPABASE_URL holds more than the project's address (set "
     "SUPABASE_URL=https://abc.supabase.co;"},
    {"SYNCSCHED_REGION", "eu central\r\nX-Evil: 1", "SYNCSCHED_REGION may hold letters, digits"},
};

/* Covers: each is named for what it is, before anything is claimed; the value is not shown. */
START_TEST(test_wrapped)
{
    bool is_key = strstr(wrapped[_i].name, "_KEY") != NULL;
    char variable[200];
    const char *const env[] = {variable, is_key ? NULL : "SUPABASE_SECRET_KEY=" SCENE_KEY, NULL};
    struct program_result result;

    scene_seed(1, 1, DAILY);
    snprintf(variable, sizeof variable, "%s=%s", wrapped[_i].name, wrapped[_i].value);
    result = run_with("/dev/null", env);
    ck_assert_msg(result.status == 2, "%s", result.err);
    ck_assert_msg(strstr(result.err, wrapped[_i].message) != NULL, "%s", result.err);
    ck_assert_msg(strstr(result.err, "hush") == NULL, "%s", result.err);
    ck_assert_int_eq(scene_count(NULL), 0);
    program_result_free(&result);
}
END_TEST

/* Covers: the region goes along with each call. */
START_TEST(test_region)
{
    const char *const env[3] = {"SUPABASE_SECRET_KEY=" SCENE_KEY, "SYNCSCHED_REGION=eu-central-1"};
    struct program_result result;
    json_t *request;

    scene_seed(1, 1, DAILY);
    result = run_with("/dev/null", env);
    ck_assert_msg(result.status == 0, "%s", result.err);
    request = function_request(scene_function(), 0);
    ck_assert_str_eq(
        json_string_value(json_object_get(json_object_get(request, "headers"), "x-region")),
        "eu-central-1");
    json_decref(request);
    program_result_free(&result);
}
END_TEST

/* Covers: no library writes what decrypts the connections to where the environment says. */
START_TEST(test_key_log)
{
    static const char path[] = "/tmp/syncsched-test-key-log";
    struct front *front = front_start("good", function_url(scene_function()));
    struct scene_tick tick;

    unlink(path);
    scene_seed(1, 1, DAILY);
    scene_set_url(front_url(front, "localhost"));
    setenv("SYNCSCHED_CA_FILE", front_ca_file(front), 1);
    setenv("SSLKEYLOGFILE", path, 1);
    tick = scene_run("--at " AT);
    unsetenv("SSLKEYLOGFILE");
    unsetenv("SYNCSCHED_CA_FILE");
    scene_expect(tick, 1, 0, 0, 0);
    ck_assert_int_ne(access(path, F_OK), 0);
    front_stop(front);
}
END_TEST

SUITE(keys)
{
    TCase *values = tcase_create("keys-values");
    TCase *expiry = tcase_create("keys-expiry");
    TCase *files = tcase_create("keys-files");

    tcase_add_checked_fixture(expiry, scene_open, scene_close);
    tcase_add_loop_test(expiry, test_expired, 0, COUNT(expired));
    tcase_add_test(expiry, test_not_expired);
    suite_add_tcase(suite, expiry);
    tcase_add_checked_fixture(files, write_files, remove_files);
    tcase_add_loop_test(files, test_key_file, 0, 3);
    tcase_add_loop_test(files, test_key_file_refused, 0, COUNT(refused));
    suite_add_tcase(suite, files);
    tcase_add_checked_fixture(values, scene_open, scene_close);
    tcase_add_loop_test(values, test_wrapped, 0, COUNT(wrapped));
    tcase_add_test(values, test_region);
    tcase_add_test(values, test_key_log);
    suite_add_tcase(suite, values);
}
