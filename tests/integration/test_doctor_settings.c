/*
 * `syncsched doctor` and the settings: where they come from, what is wrong with them, the key and the
 * way into the database. Each fault is made, alone, and mended by its hint, word for word where that
 * is a command; where it says what to set, that is set.
 */
#include "integration/doctor_scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static char path[64];

static void open_file(void)
{
    int fd;

    doctor_open();
    strcpy(path, "/tmp/syncsched-doctor-XXXXXX");
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    close(fd);
}

static void close_file(void)
{
    unlink(path);
    doctor_close();
}

/* The settings in a file of this text and mode, which is the one that is read. */
static void write_config(const char *text, mode_t mode)
{
    scene_write_file(path, text);
    ck_assert_int_eq(chmod(path, mode), 0);
    doctor_set_config(path);
}

/* ---- Where they come from ---- */

static bool has_message(const struct diagnosis *diagnosis, const char *start, const char *part)
{
    for (size_t i = 0; i < json_array_size(diagnosis->findings); i++) {
        const char *message = diagnosis_text(diagnosis, i, "message");

        if (strncmp(message, start, strlen(start)) == 0 && strstr(message, part) != NULL)
            return true;
    }
    return false;
}

/* Covers: environment, file and default; values only where they are no secrets. */
START_TEST(test_sources)
{
    struct diagnosis diagnosis;
    char from_file[100];

    write_config("SYNCSCHED_BUDGET=40s\nPGAPPNAME=x\nSUPABASE_SECRET_KEY=sb_secret_hush\n", 0600);
    unsetenv("SUPABASE_SERVICE_ROLE_KEY");
    setenv("SYNCSCHED_TIMEOUT", "9s", 1);
    snprintf(from_file, sizeof from_file, "from %s: ", path);
    diagnosis = doctor_diagnose();
    ck_assert_uint_eq(diagnosis.failed + diagnosis.warned, 0);
    ck_assert(has_message(&diagnosis,
                          "from the environment: SUPABASE_DB_URL, PGHOST=", ", SUPABASE_URL"));
    ck_assert(has_message(&diagnosis, "from the environment: ", ", SYNCSCHED_TIMEOUT=9s"));
    ck_assert(has_message(&diagnosis, from_file, "SUPABASE_SECRET_KEY, SYNCSCHED_BUDGET=40s"));
    ck_assert(has_message(&diagnosis, "by default: ", "SYNCSCHED_FUNCTION=run-integration"));
    diagnosis_free(&diagnosis);
}
END_TEST

/* Covers: no value of a secret is shown, whatever is wrong. */
START_TEST(test_no_secrets)
{
    static const char *const names[] = {"SUPABASE_SERVICE_ROLE_KEY",
                                        "SUPABASE_SECRET_KEY",
                                        "SUPABASE_SERVICE_ROLE_KEY_FILE",
                                        "SYNCSCHED_PROXY",
                                        "SUPABASE_DB_URL",
                                        "SYNCSCHED_FUNCTION_URL",
                                        "PGPASSWORD"};
    static const char *const values[] = {"hu5h", "postgresql://u:hu5h@127.0.0.1:1/x",
                                         "http://u:hu5h@127.0.0.1:1",
                                         "https://127.0.0.1:1/f?k=hu5h"};

    for (size_t i = 0; i < COUNT(names) * COUNT(values); i++) {
        const char *const argv[] = {
            scene_program(), "doctor", "--config", "/dev/null", i % 2 == 0 ? "--json" : NULL, NULL};
        char variable[200];
        const char *const env[] = {variable, NULL};
        struct program_result result;

        snprintf(variable, sizeof variable, "%s=%s", names[i / COUNT(values)],
                 values[i % COUNT(values)]);
        result = program_run(argv, env);
        ck_assert_msg(strstr(result.out, "hu5h") == NULL && strstr(result.err, "hu5h") == NULL,
                      "%s\n%s%s", variable, result.out, result.err);
        ck_assert_ptr_null(strstr(result.out, "hush-hush"));
        program_result_free(&result);
    }
}
END_TEST

/* ---- Conflicts and options ---- */

static const struct {
    const char *name;
    const char *value;
    const char *file; /* what stands in the file; "": nothing */
    const char *check;
    const char *state;
    const char *message;
} wrong[] = {
    {"SUPABASE_SECRET_KEY", "sb_secret_x", "", "settings", "warning",
     "both SUPABASE_SERVICE_ROLE_KEY and SUPABASE_SECRET_KEY are set"},
    {"A", "1", "SUPABASE_SECRET_KEY=sb_secret_x\n", "settings", "warning",
     "both SUPABASE_SERVICE_ROLE_KEY and SUPABASE_SECRET_KEY are set"},
    {"SYNCSCHED_BUDGET", "30s", "SYNCSCHED_BUDGET=40s\n", "settings", "warning",
     "SYNCSCHED_BUDGET has one value in the environment, which is used, and another in /tmp/"},
    {"SYNCSCHED_BUDGET", "soon", "", "options", "fail", "--budget: "},
    {"A", "1", " SYNCSCHED_BUDGET = soon\n", "options", "fail", "--budget: "},
    {"SYNCSCHED_CONCURRENCY", "6", "", "options", "fail", "--concurrency: "},
    {"SYNCSCHED_WARM_UP", "perhaps", "", "options", "fail", "--warm-up: it is a switch"},
    {"SYNCSCHED_TRIGGER_NAME", "a b", "", "options", "fail", "--trigger-name: "},
    {"SYNCSCHED_OLDER_THAN", "1d", "", "options", "fail", "--older-than: 1d is out of range"},
    {"SYNCSCHED_RETRY_FAILED", "1", "", "settings", "warning",
     "SYNCSCHED_RETRY_FAILED is not a setting and has no effect (give it as the option --retry-"},
    {"SYNCSCHED_DRY_RUN", "1", "", "settings", "warning", "SYNCSCHED_DRY_RUN is not a setting"},
    {"A", "1", "SYNCSCHED_AT=2024-05-01T02:00Z\n", "settings", "warning",
     "SYNCSCHED_AT is not a setting"},
    {"SYNCSCHED_BUGDET", "40s", "", "settings", "warning",
     "SYNCSCHED_BUGDET is not a setting and has no effect (did you mean SYNCSCHED_BUDGET?)"},
    {"SYNCSCHED_QQQQQQQQQQQQQQQQ", "1", "", "settings", "warning",
     "SYNCSCHED_QQQQQQQQQQQQQQQQ is not a setting and has no effect"},
};

START_TEST(test_wrong_setting)
{
    write_config(wrong[_i].file, 0600);
    setenv(wrong[_i].name, wrong[_i].value, 1);
    doctor_expect_mended(wrong[_i].check, wrong[_i].state, wrong[_i].message);
}
END_TEST

/* Covers: the whole address is the one that counts. */
START_TEST(test_function_twice)
{
    char url[200];

    snprintf(url, sizeof url, "%s/f", function_url(scene_function()));
    setenv("SYNCSCHED_FUNCTION_URL", url, 1);
    setenv("SYNCSCHED_FUNCTION", "g", 1);
    doctor_expect_mended("settings", "warning",
                         "both SYNCSCHED_FUNCTION_URL and SYNCSCHED_FUNCTION are set");
}
END_TEST

/* ---- The file ---- */

/* Covers: a file with a key that others may read. */
START_TEST(test_exposed_file)
{
    write_config("SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY "\n", 0644);
    unsetenv("SUPABASE_SERVICE_ROLE_KEY");
    doctor_expect_mended("config", "fail",
                         "holds SUPABASE_SERVICE_ROLE_KEY and others may read it");
}
END_TEST

/* Covers: a line that is wrong hides nothing of the others. */
START_TEST(test_wrong_line)
{
    char *hint;

    write_config("this is no line\nSUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY "\n", 0600);
    unsetenv("SUPABASE_SERVICE_ROLE_KEY");
    hint = doctor_expect_fault("config", "fail", "line 1: not of the form KEY=value", true);
    ck_assert_str_eq(hint, "write KEY=value lines, or name another file with --config");
    write_config("THIS=line\nSUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY "\n", 0600);
    doctor_expect_good();
    free(hint);
}
END_TEST

/* Covers: nothing is said of a database or a function that are not those of the file. */
START_TEST(test_no_file)
{
    struct diagnosis diagnosis;

    doctor_set_config("/nonexistent/syncsched.conf");
    diagnosis = doctor_diagnose();
    ck_assert_uint_eq(json_array_size(diagnosis.findings), 2);
    ck_assert_uint_eq(diagnosis.failed, 1);
    diagnosis_free(&diagnosis);
    doctor_set_config("/nonexistent/syncsched.conf");
    free(doctor_expect_fault("config", "fail", "cannot read /nonexistent/syncsched.conf: No such",
                             true));
    doctor_set_config("/dev/null");
    doctor_expect_good();
}
END_TEST

/* ---- The key ---- */

/* {"role":"anon"}, {"role":"service_role","exp":1}. */
#define JWT(payload) "eyJhbGciOiJIUzI1NiJ9." payload ".c2VjcmV0"
#define ANON         JWT("eyJyb2xlIjoiYW5vbiJ9")
#define EXPIRED      JWT("eyJyb2xlIjoic2VydmljZV9yb2xlIiwiZXhwIjoxfQ")

static const struct {
    const char *name;
    const char *value; /* NULL: unset */
    const char *message;
    const char *hint;
} keys[] = {
    {"SUPABASE_SERVICE_ROLE_KEY", NULL, "neither SUPABASE_SERVICE_ROLE_KEY nor", "set one in "},
    {"SUPABASE_SERVICE_ROLE_KEY", "sb_publishable_x", "publishable", "take a secret one"},
    {"SUPABASE_SERVICE_ROLE_KEY", ANON, "for the role \"anon\"", "service_role key"},
    {"SUPABASE_SERVICE_ROLE_KEY", EXPIRED, "expired at 1970-01-01T00:00:01Z", "take a new one"},
    {"SUPABASE_SERVICE_ROLE_KEY", "a b", "a character that a key cannot have", "copy it again"},
    {"SUPABASE_SERVICE_ROLE_KEY_FILE", "/dev/null", "both SUPABASE_SERVICE_ROLE_KEY and",
     "leave one of them out"},
};

/* Covers: each thing that a key may not be; the function is still asked. */
START_TEST(test_key)
{
    struct diagnosis diagnosis;
    char *hint;

    if (keys[_i].value != NULL)
        setenv(keys[_i].name, keys[_i].value, 1);
    else
        unsetenv(keys[_i].name);
    hint = doctor_expect_fault("key", "fail", keys[_i].message, true);
    ck_assert_msg(strstr(hint, keys[_i].hint) != NULL, "%s", hint);
    diagnosis = doctor_diagnose();
    ck_assert_str_eq(diagnosis_text(&diagnosis, diagnosis_find(&diagnosis, "function"), "state"),
                     "ok");
    unsetenv("SUPABASE_SERVICE_ROLE_KEY_FILE");
    setenv("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_new", 1);
    doctor_expect_good();
    diagnosis_free(&diagnosis);
    free(hint);
}
END_TEST

/* Covers: one that will expire within two weeks. */
START_TEST(test_key_expires)
{
    char payload[200];
    char line[400];
    const char *const argv[] = {"sh", "-c", line, NULL};
    struct program_result result;
    char key[600];

    snprintf(payload, sizeof payload, "{\"role\":\"service_role\",\"exp\":%lld}",
             (long long)time(NULL) + 86400);
    snprintf(line, sizeof line, "printf '%%s' '%s' | base64 -w0 | tr -d = | tr /+ _-", payload);
    result = program_run(argv, NULL);
    snprintf(key, sizeof key, "eyJhbGciOiJIUzI1NiJ9.%s.c2VjcmV0", result.out);
    setenv("SUPABASE_SERVICE_ROLE_KEY", key, 1);
    free(doctor_expect_fault("key", "warning", "it expires soon: it is a legacy key", true));
    setenv("SUPABASE_SERVICE_ROLE_KEY", "sb_secret_new", 1);
    doctor_expect_good();
    program_result_free(&result);
}
END_TEST

/* Covers: the key in a file that others may read. */
START_TEST(test_exposed_key_file)
{
    scene_write_file(path, SCENE_KEY "\n");
    ck_assert_int_eq(chmod(path, 0644), 0);
    unsetenv("SUPABASE_SERVICE_ROLE_KEY");
    setenv("SUPABASE_SERVICE_ROLE_KEY_FILE", path, 1);
    doctor_expect_mended("key", "fail", "SUPABASE_SERVICE_ROLE_KEY_FILE: others may read /tmp/");
}
END_TEST

START_TEST(test_empty_key_file)
{
    char *hint;

    unsetenv("SUPABASE_SERVICE_ROLE_KEY");
    setenv("SUPABASE_SERVICE_ROLE_KEY_FILE", path, 1);
    hint = doctor_expect_fault("key", "fail", "is empty", true);
    ck_assert_str_eq(hint, "set SUPABASE_SECRET_KEY_FILE to a file that holds the key and "
                           "nothing else");
    scene_write_file(path, SCENE_KEY "\n");
    doctor_expect_good();
    free(hint);
}
END_TEST

/* ---- The way into the database ---- */

/* Sees that of the checks so many were not asked, and that the function was. */
static void expect_unasked(size_t count)
{
    struct diagnosis diagnosis = doctor_diagnose();
    size_t unasked = 0;

    for (size_t i = 0; i < json_array_size(diagnosis.findings); i++)
        unasked += strcmp(diagnosis_text(&diagnosis, i, "state"), "not_asked") == 0 ? 1 : 0;
    ck_assert_uint_eq(unasked, count);
    ck_assert_str_eq(diagnosis_text(&diagnosis, diagnosis_find(&diagnosis, "function"), "state"),
                     "ok");
    diagnosis_free(&diagnosis);
}

/* Covers: nobody there, the wrong password, no URL at all: a finding, and what it does not hide. */
START_TEST(test_no_database)
{
    static const char *const urls[][2] = {
        {"postgresql://%s:hush-hush@127.0.0.1:1/x", "no connection to the database: "},
        {"postgresql://%s:wrong@%s:%s/%s", "no connection to the database: "},
        {"postgresql://%s:p@ss@host/x", "SUPABASE_DB_URL has an invalid host"},
    };
    const char *given = getenv("SUPABASE_DB_URL");
    char url[300];
    char *right;
    char *hint;

    ck_assert_ptr_nonnull(given);
    right = strdup(given);
    if (_i == 1)
        snprintf(url, sizeof url, "postgresql://%s:wrong@%s:%s/%s", doctor_role(), getenv("PGHOST"),
                 getenv("PGPORT"), getenv("PGDATABASE"));
    else
        snprintf(url, sizeof url, "%s",
                 _i == 0 ? "postgresql://x:y@127.0.0.1:1/x" : "postgresql://x:p@ss@host/x");
    setenv("SUPABASE_DB_URL", url, 1);
    hint = doctor_expect_fault("database", "fail", urls[_i][1], true);
    ck_assert_str_ne(hint, "");
    expect_unasked(12);
    setenv("SUPABASE_DB_URL", right, 1);
    doctor_expect_good();
    free(hint);
    free(right);
}
END_TEST

/* Covers: a role that is to be become, and may not, or is not there. */
START_TEST(test_role)
{
    char *hint;

    setenv("SYNCSCHED_DB_ROLE", "service_role", 1);
    hint = doctor_expect_fault("role", "fail", " may not become service_role", true);
    expect_unasked(10);
    doctor_apply(hint);
    doctor_expect_good();
    free(hint);
}
END_TEST

static const struct {
    const char *role;
    const char *sql; /* before */
} doors[] = {
    {"anon", "GRANT anon TO {role}"},
    {"anon", "REVOKE anon FROM {role}"},
    {"authenticated", "GRANT authenticated TO {role}"},
    {"authenticator", "GRANT authenticator TO {role}"},
    {"doctor_caller", "GRANT anon TO doctor_caller; GRANT doctor_caller TO {role}"},
    {"doctor_caller", "GRANT doctor_caller TO authenticated; GRANT doctor_caller TO {role}"},
};

/* Covers: of a role that callers of the API have, doctor says so, and gives it nothing. */
START_TEST(test_door)
{
    struct program_result result;
    const char *said;

    testdb_exec("DO $$ BEGIN CREATE ROLE authenticator; EXCEPTION WHEN duplicate_object THEN NULL;"
                " END $$; DO $$ BEGIN CREATE ROLE doctor_caller; EXCEPTION WHEN duplicate_object"
                " THEN NULL; END $$");
    doctor_exec(doors[_i].sql);
    setenv("SYNCSCHED_DB_ROLE", doors[_i].role, 1);
    result = scene_command("doctor --config /dev/null", NULL);
    said = result.out;
    ck_assert_msg(strstr(said, " or have its privileges") != NULL, "%.1500s", said);
    ck_assert_msg(strstr(said, "set SYNCSCHED_DB_ROLE=service_role") != NULL, "%.1500s", said);
    ck_assert_msg(strstr(said, "GRANT") == NULL && strstr(said, "BYPASSRLS") == NULL, "%.1500s",
                  said);
    program_result_free(&result);
    testdb_drop_role("doctor_caller");
}
END_TEST

/* Covers: who connects as the API's callers do is given nothing either, service_role least of all. */
START_TEST(test_caller_connects)
{
    char *hint;

    doctor_exec("ALTER ROLE {role} NOBYPASSRLS; GRANT anon TO {role}");
    setenv("SYNCSCHED_DB_ROLE", "service_role", 1);
    hint = doctor_expect_fault("role", "fail", " may not become service_role", true);
    ck_assert_str_eq(hint, "connect as postgres, or as a role of your own: see doc/recipes.md");
    free(hint);
}
END_TEST

/* Covers: callers of the API who may become somebody that may make functions where ticks look. */
START_TEST(test_maker)
{
    char *hint;

    testdb_exec("DO $$ BEGIN CREATE ROLE doctor_caller; EXCEPTION WHEN duplicate_object THEN NULL;"
                " END $$; GRANT doctor_caller TO authenticated");
    testdb_exec("GRANT CREATE ON SCHEMA public TO doctor_caller");
    hint = doctor_expect_fault("grants", "fail",
                               "doctor_caller may make functions in the schema public", true);
    ck_assert_str_eq(hint, "REVOKE CREATE ON SCHEMA public FROM doctor_caller;");
    if (_i == 1) /* the schema is not the owner's any more */
        doctor_exec(hint);
    else
        doctor_apply(hint);
    doctor_expect_good();
    free(hint);
    testdb_drop_role("doctor_caller");
}
END_TEST

/* Covers: a name that is misspelt leads to Supabase's own role. */
START_TEST(test_role_missing)
{
    setenv("SYNCSCHED_DB_ROLE", "service-role", 1);
    doctor_expect_mended("role", "fail", "the role \"service-role\" does not exist");
    ck_assert_str_eq(getenv("SYNCSCHED_DB_ROLE"), "service_role");
}
END_TEST

/* ---- A server without Supabase's role ---- */

static void take_service_role_away(void)
{
    testdb_exec("ALTER ROLE service_role RENAME TO service_role_away");
}

/* Roles belong to the whole server: it is put back whatever becomes of a test. */
static void put_service_role_back(void)
{
    PGconn *connection = testdb_connect("postgres");

    PQclear(PQexec(connection, "ALTER ROLE service_role_away RENAME TO service_role"));
    PQfinish(connection);
}

static void do_nothing(void)
{
}

/* Covers: there one's own role is made, may see all rows, and is granted what a tick needs. */
START_TEST(test_role_is_made)
{
    char name[64];
    char *hint;

    snprintf(name, sizeof name, "%s Other", doctor_role());
    setenv("SYNCSCHED_DB_ROLE", name, 1);
    take_service_role_away();
    hint = doctor_expect_fault("role", "fail", " does not exist", true);
    doctor_exec(hint); /* on a plain server by its superuser */
    free(hint);
    hint = doctor_expect_fault("grants", "fail", " Other\" lacks ", false);
    doctor_mend_all();
    put_service_role_back();
    snprintf(name, sizeof name, "\"%s Other\"", doctor_role());
    testdb_drop_role(name);
    free(hint);
}
END_TEST

START_TEST(test_role_sees_all)
{
    char *hint;

    doctor_exec("ALTER ROLE {role} NOBYPASSRLS");
    take_service_role_away();
    hint = doctor_expect_fault("row-security", "fail", "would hide rows of ", true);
    doctor_exec(hint);
    doctor_expect_good();
    put_service_role_back();
    doctor_expect_closed();
    free(hint);
}
END_TEST

SUITE(doctor_settings)
{
    TCase *settings = tcase_create("doctor-settings");
    TCase *way = tcase_create("doctor-way");
    TCase *plain = tcase_create("doctor-plain");

    tcase_add_checked_fixture(settings, open_file, close_file);
    tcase_add_test(settings, test_sources);
    tcase_add_test(settings, test_no_secrets);
    tcase_add_loop_test(settings, test_wrong_setting, 0, (int)COUNT(wrong));
    tcase_add_test(settings, test_function_twice);
    tcase_add_test(settings, test_exposed_file);
    tcase_add_test(settings, test_wrong_line);
    tcase_add_test(settings, test_no_file);
    tcase_add_loop_test(settings, test_key, 0, (int)COUNT(keys));
    tcase_add_test(settings, test_key_expires);
    tcase_add_test(settings, test_exposed_key_file);
    tcase_add_test(settings, test_empty_key_file);
    suite_add_tcase(suite, settings);
    tcase_add_checked_fixture(way, open_file, close_file);
    tcase_add_loop_test(way, test_no_database, 0, 3);
    tcase_add_test(way, test_role);
    tcase_add_test(way, test_caller_connects);
    tcase_add_test(way, test_role_missing);
    tcase_add_loop_test(way, test_door, 0, (int)(sizeof doors / sizeof *doors));
    tcase_add_test(way, test_maker);
    suite_add_tcase(suite, way);
    tcase_add_unchecked_fixture(plain, do_nothing, put_service_role_back);
    tcase_add_checked_fixture(plain, open_file, close_file);
    tcase_add_test(plain, test_role_is_made);
    tcase_add_test(plain, test_role_sees_all);
    suite_add_tcase(suite, plain);
}
