/*
 * Wrong input, through the real program: the error is one line on stderr that says what to do, with
 * the right exit status and nothing on stdout. What it prints when all is well is test_output.c's.
 */
#include "integration/offline.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM     TEST_BUILD_DIR "/syncsched"
#define AT          "2024-05-01T02:00:00Z"
#define COUNT(a)    (sizeof(a) / sizeof(a)[0])
#define KEY         "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIiwiaXNzIjoidXNhZ2UifQ.c2VjcmV0"
#define DATABASE    "SUPABASE_DB_URL=postgresql://"
#define HINT_RUN    "see syncsched run --help"
#define HINT_CHECK  "see syncsched check-cron --help"
#define HINT_NEXT   "see syncsched next --help"
#define HINT_QUOTES "put the expression in quotes: syncsched check-cron '0 2 * * *'"
#define HINT_ZONE   "write a name of the IANA database, such as"
#define HINT_ENCODE "percent-encode '@', ':', '/', '?' and '#' in user name and password"
#define HINT_URL    "write it as postgresql://USER:PASSWORD@HOST:5432/DATABASE"

/* A JWT whose payload is {"role":"anon","exp":4102444800}. */
#define ANON_KEY  "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiIsImV4cCI6NDEwMjQ0NDgwMH0.c2VjcmV0"
#define FOR_ANON  "the service key is a JWT for the role \"anon\""
#define HINT_ROLE "take the project's service_role key, or a secret one (sb_secret_...)"

#define KEY_VARIABLE "SUPABASE_SERVICE_ROLE_KEY=" KEY

enum { ARGUMENTS_MAX = 16 };

/* Runs a shell's line, "$0" being the program, with key and URL set and env on top. */
static struct program_result run_shell(const char *line, const char *const env[])
{
    const char *const argv[] = {"sh", "-c", line, PROGRAM, NULL};
    const char *all[ARGUMENTS_MAX] = {
        KEY_VARIABLE,          "SUPABASE_URL=http://127.0.0.1:1", "SUPABASE_DB_URL",
        "SUPABASE_SECRET_KEY", "SYNCSCHED_FUNCTION_URL",          "SYNCSCHED_ALLOW_HTTP",
        "SYNCSCHED_FUNCTION",  "SUPABASE_SERVICE_ROLE_KEY_FILE"};
    size_t n = 8;

    for (size_t i = 0; env != NULL && env[i] != NULL; i++)
        all[n++] = env[i];
    ck_assert_uint_lt(n, COUNT(all));
    return program_run(argv, all);
}

static struct program_result run(const char *arguments, const char *const env[])
{
    char line[400];

    snprintf(line, sizeof line, "exec \"$0\" %s", arguments);
    return run_shell(line, env);
}

/* One line "syncsched: error: MESSAGE... (HINT...)" and nothing else; frees the result. */
static void assert_error(struct program_result result, int status, const char *message,
                         const char *hint)
{
    static const char start[] = "syncsched: error: ";
    size_t length = strlen(result.err);

    ck_assert_str_eq(result.out, "");
    ck_assert_msg(strncmp(result.err, start, sizeof start - 1) == 0, "stderr: %s", result.err);
    ck_assert_ptr_eq(strchr(result.err, '\n'), result.err + length - 1);
    ck_assert_msg(strstr(result.err, message) == result.err + sizeof start - 1, "stderr: %s",
                  result.err);
    if (hint != NULL) {
        const char *at = strstr(result.err, hint);

        ck_assert_msg(at != NULL && at[-1] == '(' && result.err[length - 2] == ')', "stderr: %s",
                      result.err);
    }
    ck_assert_msg(strstr(result.err, "hush") == NULL && strstr(result.err, KEY) == NULL,
                  "a secret is told: %s", result.err);
    ck_assert_int_eq(result.status, status);
    program_result_free(&result);
}

/* ---- Wrong input that no database is needed for ---- */

static const struct {
    const char *arguments;
    const char *env[3];
    int status;
    const char *message;
    const char *hint;
} wrong[] = {
    {"", {0}, 2, "no command given", "see syncsched --help"},
    {"bogus", {0}, 2, "unknown command 'bogus'", "see syncsched --help"},
    {"''", {0}, 2, "unknown command ''", "see syncsched --help"},
    {"-h", {0}, 2, "unknown command '-h'", "see syncsched --help"},
    {"run --bogus", {0}, 2, "unknown option '--bogus'", HINT_RUN},
    {"run -x", {0}, 2, "unknown option '-x'", HINT_RUN},
    {"run -xyz", {0}, 2, "unknown option '-x", HINT_RUN},
    {"run --dry-run -xyz", {0}, 2, "unknown option '-x", HINT_RUN},
    {"due --budget 5s", {0}, 2, "unknown option '--budget'", "see syncsched due --help"},
    {"run --at", {0}, 2, "option '--at' needs a value", HINT_RUN},
    {"run --config", {0}, 2, "option '--config' needs a value", HINT_RUN},
    {"run now", {0}, 2, "'now' is one argument too many", HINT_RUN},
    {"run -- --help", {0}, 2, "'--help' is one argument too many", HINT_RUN},
    {"schema public", {0}, 2, "'public' is one argument too many", "see syncsched schema --help"},
    {"run --at yesterday", {0}, 2, "--at: yesterday is a day", "write it as 2024-05-01T02:00Z"},
    {"run --at noon", {0}, 2, "--at: time \"noon\"", "write it as 2024-05-01T02:00Z"},
    {"due --at today", {0}, 2, "--at: today is a day", "write it as 2024-05-01T02:00Z"},
    {"due --at 2024-02-30T02:00Z", {0}, 2, "--at: time \"2024-02-30T02:00Z\"", NULL},
    {"due --at ''", {0}, 2, "--at: time \"\"", "write it as 2024-05-01T02:00Z"},
    {"run --budget 30m", {0}, 2, "--budget: 30m is out of range", "from 1s to 1799s"},
    {"run --budget 0", {0}, 2, "--budget: 0 is out of range", "from 1s to 1799s"},
    {"run --budget 50", {0}, 2, "--budget: ", "write a whole number and a unit"},
    {"run --budget ''", {0}, 2, "--budget: ", "write a whole number and a unit"},
    {"run", {"SYNCSCHED_BUDGET=30m"}, 2, "--budget: 30m is out of range", "from 1s to"},
    {"run --timeout 0s", {0}, 2, "--timeout: 0s is out of range", "from 1s to 1d"},
    {"run --timeout -1s", {0}, 2, "--timeout: ", "write a whole number and a unit"},
    {"run --catch-up 1w", {0}, 2, "--catch-up: ", "write a whole number and a unit"},
    {"run --catch-up 367d", {0}, 2, "--catch-up: 367d is out of range", "from 0s to"},
    {"run --concurrency 0", {0}, 2, "--concurrency: '0' is not a whole number from 1 to 5", NULL},
    {"run --concurrency 6", {0}, 2, "--concurrency: '6' is not a whole number from 1 to 5", NULL},
    {"run --concurrency 2x", {0}, 2, "--concurrency: '2x' is not a whole number", NULL},
    {"run --concurrency ''", {0}, 2, "--concurrency: '' is not a whole number", NULL},
    {"run", {"SYNCSCHED_RETRY_UNKNOWN=perhaps"}, 2, "--retry-unknown: it is a switch", NULL},
    {"run", {"SUPABASE_SERVICE_ROLE_KEY"}, 2, "neither SUPABASE_SERVICE_ROLE_KEY nor", "set one"},
    {"run", {"SUPABASE_SERVICE_ROLE_KEY=hu sh"}, 2, "the service key holds a character", "copy"},
    {"run", {"SUPABASE_SERVICE_ROLE_KEY=hu\rsh"}, 2, "the service key holds a character", "copy"},
    {"run",
     {"SUPABASE_SERVICE_ROLE_KEY=sb_publishable_hush"},
     2,
     "the service key is a pub",
     "take"},
    {"run", {"SUPABASE_SERVICE_ROLE_KEY=" ANON_KEY, "PGHOST=/none"}, 2, FOR_ANON, HINT_ROLE},
    {"run --dry-run", {"SUPABASE_SERVICE_ROLE_KEY=" ANON_KEY}, 2, FOR_ANON, HINT_ROLE},
    {"run", {"SYNCSCHED_FUNCTION=a\nb"}, 2, "SYNCSCHED_FUNCTION may hold letters", NULL},
    {"run", {"SUPABASE_URL=https://a.b/\r\nhush: 1"}, 2, "the function's address holds", NULL},
    {"run", {"SYNCSCHED_FUNCTION_URL=https://a.b/\x1b"}, 2, "the function's address holds", NULL},
    {"run", {"SUPABASE_URL"}, 2, "SUPABASE_URL is not set", "set SUPABASE_URL=https://"},
    {"run", {"SUPABASE_URL=abc.supabase.co"}, 2, "the function's address", "set SUPABASE_URL="},
    {"run", {"SUPABASE_URL=http://abc.example"}, 2, "http:// would send the key", "use https://"},
    {"run", {"SYNCSCHED_FUNCTION=a/b"}, 2, "SYNCSCHED_FUNCTION may hold letters", NULL},
    {"run", {"SYNCSCHED_PROXY=socks5://127.0.0.1:1"}, 2, "SYNCSCHED_PROXY must begin", NULL},
    {"run", {"SYNCSCHED_PROXY=http://u:hush@h"}, 2, "SYNCSCHED_PROXY is not of the form", "perc"},
    {"run", {"SYNCSCHED_CA_FILE=/nonexistent"}, 2, "cannot read SYNCSCHED_CA_FILE", NULL},
    {"audit", {0}, 2, "--from is needed", "such as: syncsched audit --from"},
    {"audit --from may", {0}, 2, "--from: time \"may\"", "write it as 2024-05-01T02:00Z"},
    {"audit --from 2024-05-01T02:00Z --to now", {0}, 2, "--to: time \"now\"", NULL},
    {"audit --from 2024-05-01T02:00Z --to 2024-05-01T02:00Z", {0}, 2, "--to must lie after", NULL},
    {"audit --from 2024-02-30",
     {0},
     2,
     "--from: time \"2024-02-30T",
     "write it as 2024-05-01T02:00Z"},
    {"due --config /nonexistent/conf", {0}, 2, "cannot read /nonexistent/conf: No such", NULL},
    {"due --config ''", {0}, 2, "cannot read ", NULL},
    {"due --config /", {0}, 2, "cannot read /: Is a directory", NULL},
    /* A password with a character that should have been encoded is told in no part. */
    {"due",
     {DATABASE "u:hush@me@127.0.0.1:1/d"},
     2,
     "SUPABASE_DB_URL has an invalid host",
     HINT_ENCODE},
    {"due", {DATABASE "u:1/hush@127.0.0.1:1/d"}, 2, "SUPABASE_DB_URL has an invalid ", HINT_ENCODE},
    {"due",
     {DATABASE "u:hush/me@127.0.0.1:1/d"},
     2,
     "SUPABASE_DB_URL has an invalid ",
     HINT_ENCODE},
    {"due", {DATABASE "u:/hush@127.0.0.1:1/d"}, 2, "SUPABASE_DB_URL has an invalid ", HINT_ENCODE},
    {"run",
     {DATABASE "u:hush/m@e@127.0.0.1:1/d"},
     2,
     "SUPABASE_DB_URL has an invalid ",
     HINT_ENCODE},
    {"due",
     {DATABASE "u:hush%zz@127.0.0.1:1/d"},
     2,
     "SUPABASE_DB_URL is not a valid connection string",
     HINT_URL},
    {"due",
     {DATABASE "u@127.0.0.1:1/d?hush=1"},
     2,
     "SUPABASE_DB_URL is not a valid connection string",
     HINT_URL},
    {"due",
     {"SUPABASE_DB_URL=hush"},
     2,
     "SUPABASE_DB_URL is not a valid connection string",
     HINT_URL},
    {"due",
     {"SUPABASE_DB_URL=host=h password=a hush"},
     2,
     "SUPABASE_DB_URL is not a valid",
     HINT_URL},
    {"check-cron", {0}, 2, "no expression given", "such as: syncsched check-cron '0 2 * * *'"},
    {"check-cron --json", {0}, 2, "no expression given", "such as: syncsched check-cron"},
    {"check-cron --", {0}, 2, "no expression given", "such as: syncsched check-cron"},
    {"check-cron 0 2 '*' '*' '*'", {0}, 2, "each of the 5 words is read as", HINT_QUOTES},
    {"check-cron 0 2 '*' '*' '*' --json", {0}, 2, "each of the 5 words is read as", HINT_QUOTES},
    {"check-cron 0 2 a b.c d e", {0}, 2, "each of the 6 words is read as", HINT_QUOTES},
    {"check-cron -1", {0}, 2, "unknown option '-1'", HINT_CHECK},
    {"check-cron @daily --bogus", {0}, 2, "unknown option '--bogus'", HINT_CHECK},
    {"check-cron @daily --count", {0}, 2, "option '--count' needs a value", HINT_CHECK},
    {"check-cron @daily --count 1001", {0}, 2, "--count: '1001' is not a whole number", NULL},
    {"check-cron @daily --count -1", {0}, 2, "--count: '-1' is not a whole number from 0", NULL},
    {"check-cron @daily --count 2.5", {0}, 2, "--count: '2.5' is not a whole number", NULL},
    {"check-cron @daily --from noon", {0}, 2, "--from: time \"noon\"", "write it as 2024-05"},
    {"check-cron @daily --from 2d",
     {0},
     2,
     "--from: time \"2d\"",
     "write it as 2024-05-01T02:00Z, 2024-05-01, today"},
    {"check-cron @daily --from 2026-02-29T00:00Z", {0}, 2, "--from: time \"2026-02-29T", NULL},
    {"check-cron @daily --timezone Mars/X", {0}, 2, "--timezone: time zone \"Mars/X\"", HINT_ZONE},
    {"check-cron @daily --timezone ''", {0}, 2, "--timezone: time zone \"\" is", HINT_ZONE},
    {"check-cron @daily --timezone +16:00", {0}, 2, "--timezone: time zone \"+16:00\"", HINT_ZONE},
    {"check-cron @daily --timezone europe/oslo", {0}, 2, "--timezone: ", "write \"Europe/Oslo\""},
    {"check-cron @daily --timezone Europe/Oslo",
     {"TZDIR=/nonexistent"},
     2,
     "--timezone: time zone \"Europe/Oslo\" cannot be looked up",
     "install the package tzdata, or set TZDIR"},
    {"check-cron - </", {0}, 2, "cannot read standard input: Is a directory", NULL},
    {"next now", {0}, 2, "'now' is one argument too many", HINT_NEXT},
    {"next --at " AT, {0}, 2, "unknown option '--at'", HINT_NEXT},
    {"next --hours 0", {0}, 2, "--hours: '0' is not a whole number from 1 to 8784", NULL},
    {"next --hours 8785", {0}, 2, "--hours: '8785' is not a whole number from 1 to", NULL},
    {"next --hours 1h", {0}, 2, "--hours: '1h' is not a whole number from 1 to 8784", NULL},
    {"next --org ''", {0}, 2, "--org: it is empty", NULL},
    {"status --integration ''", {0}, 2, "--integration: it is empty", NULL},
    {"status now", {0}, 2, "'now' is one argument too many", "see syncsched status --help"},
    {"status --runs 0", {0}, 2, "--runs: '0' is not a whole number from 1 to 1000", NULL},
    {"status --runs 1001", {0}, 2, "--runs: '1001' is not a whole number from 1 to", NULL},
    {"health now", {0}, 2, "'now' is one argument too many", "see syncsched health --help"},
    {"health --runs 1", {0}, 2, "unknown option '--runs'", "see syncsched health --help"},
    {"warm now", {0}, 2, "'now' is one argument too many", "see syncsched warm --help"},
    {"warm --ahead 0", {0}, 2, "--ahead: 0 is out of range", "from 1s to 1h"},
    {"warm --ahead 2h", {0}, 2, "--ahead: 2h is out of range", "from 1s to 1h"},
    {"warm", {"SUPABASE_URL"}, 2, "SUPABASE_URL is not set", "set SUPABASE_URL=https://"},
    {"warm", {"SUPABASE_URL=http://abc.example"}, 2, "http:// would send the key", "use https://"},
    {"run --cold-start-after 2d", {0}, 2, "--cold-start-after: 2d is out of range", "from 0s to"},
    {"run", {"SYNCSCHED_WARM_UP=perhaps"}, 2, "--warm-up: it is a switch", NULL},
    /* No database. */
    {"warm", {"PGHOST=127.0.0.1", "PGPORT=1"}, 3, "no connection to the database: ", "check"},
    {"status", {"PGHOST=127.0.0.1", "PGPORT=1"}, 3, "no connection to the database: ", "check"},
    {"health --json", {"PGHOST=127.0.0.1", "PGPORT=1"}, 3, "no connection to the data", "check"},
    {"next", {"PGHOST=127.0.0.1", "PGPORT=1"}, 3, "no connection to the database: ", "check"},
    {"next --json", {DATABASE "u:hush@127.0.0.1:1/d"}, 3, "no connection to the data", "check"},
    {"due", {"PGHOST=127.0.0.1", "PGPORT=1"}, 3, "no connection to the database: ", "check"},
    {"run", {"PGHOST=127.0.0.1", "PGPORT=1"}, 3, "no connection to the database: ", "check"},
    {"run", {DATABASE "u:hush@127.0.0.1:1/d"}, 3, "no connection to the database: ", "check"},
    {"due", {"PGHOST=/nonexistent"}, 3, "no connection to the database: ", "check"},
};

START_TEST(test_wrong)
{
    assert_error(run(wrong[_i].arguments, wrong[_i].env), wrong[_i].status, wrong[_i].message,
                 wrong[_i].hint);
}
END_TEST

static const struct {
    const char *text;
    mode_t mode;
    const char *message; /* after the file's name */
} files[] = {
    {"SUPABASE_SECRET_KEY=hush\n", 0644, " holds SUPABASE_SECRET_KEY and others may read it"},
    {"SUPABASE_URL=https://a\nhush\n", 0600, ", line 2: not of the form KEY=value"},
    {"SUPABASE_DB_URL='hush\n", 0600, ", line 1: the quote in the value of"},
};

START_TEST(test_wrong_file)
{
    char path[] = "/tmp/syncsched-usage-XXXXXX";
    int fd = mkstemp(path);
    char arguments[100];
    char message[200];
    struct program_result result;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, files[_i].text, strlen(files[_i].text)),
                     (ssize_t)strlen(files[_i].text));
    ck_assert_int_eq(fchmod(fd, files[_i].mode), 0);
    close(fd);
    snprintf(arguments, sizeof arguments, "due --config %s", path);
    snprintf(message, sizeof message, "%s%s", path, files[_i].message);
    result = run(arguments, NULL);
    unlink(path);
    assert_error(result, 2, message, files[_i].mode == 0644 ? "chmod o= " : NULL);
}
END_TEST

static const char *const unwritable[] = {
    "exec \"$0\" schema >&-",
    "exec \"$0\" schema >/dev/full",
    "exec \"$0\" --help >&-",
    "exec \"$0\" run --help >&-",
    "exec \"$0\" --help >/dev/full",
    "exec \"$0\" --version >&-",
    "exec \"$0\" due >&-",
    "exec \"$0\" due >/dev/full",
    "exec \"$0\" run >&-",
    "exec \"$0\" run >/dev/full",
    "exec \"$0\" run >&- <&-",
    "exec \"$0\" check-cron @daily >&-",
    "exec \"$0\" check-cron --json @daily >/dev/full",
    "exec \"$0\" next --json >&-",
    "exec \"$0\" next --json >/dev/full",
    "exec \"$0\" status >&-",
    "exec \"$0\" status --json >/dev/full",
    "exec \"$0\" health >/dev/full",
    "exec \"$0\" health --json >&-",
};

START_TEST(test_unwritable)
{
    scene_seed(1, 1, "0 0 30 2 *"); /* to have something enabled */
    assert_error(run_shell(unwritable[_i], NULL), 4, "cannot write to standard output: ", NULL);
}
END_TEST

/* ---- Wrong input that the database refuses ---- */

START_TEST(test_wrong_password)
{
    static const char *const commands[] = {"due", "next", "run"};
    const char *const env[] = {"PGPASSWORD=hushhush", NULL};
    char url[200];
    const char *const url_env[] = {url, NULL};

    snprintf(url, sizeof url, DATABASE "%s:hushhush@%s:%s/%s", getenv("PGUSER"), getenv("PGHOST"),
             getenv("PGPORT"), getenv("PGDATABASE"));
    for (size_t i = 0; i < COUNT(commands); i++) {
        assert_error(run(commands[i], env), 3,
                     "no connection to the database: ", "the user or the password is wrong: ");
        assert_error(run(commands[i], url_env), 3,
                     "no connection to the database: ", "the user or the password is wrong: ");
    }
}
END_TEST

START_TEST(test_missing_table)
{
    testdb_exec("DROP TABLE sync_schedule_state");
    assert_error(run("due", NULL), 3, "reading the schedules: database: relation",
                 "apply the migration first, also over an older one: syncsched schema --apply");
    assert_error(run("next", NULL), 3, "reading the schedules: database: relation",
                 "apply the migration first, also over an older one: syncsched schema --apply");
    assert_error(run("run", NULL), 3, "reading the schedules: database: relation",
                 "apply the migration first, also over an older one: syncsched schema --apply");
    assert_error(run("status", NULL), 3, "reading the log: database: relation",
                 "apply the migration first, also over an older one: syncsched schema --apply");
    assert_error(run("health", NULL), 3, "reading the log: database: relation",
                 "apply the migration first, also over an older one: syncsched schema --apply");
}
END_TEST

START_TEST(test_unreachable_function)
{
    struct program_result result;
    char *failure;

    scene_seed(1, 1, "0 2 * * *");
    result = run("run --at " AT, NULL);
    ck_assert_int_eq(result.status, 1);
    ck_assert_ptr_eq(strstr(result.out, "{\"triggered\":1,\"skipped\":0,\"failed\":1,\"runIds\":"),
                     result.out);
    ck_assert_ptr_null(strstr(result.err, KEY));
    failure = scene_failure(1);
    ck_assert_str_eq(failure, "not_delivered/CONNECT_FAILED");
    free(failure);
    program_result_free(&result);
}
END_TEST

/* Covers: a warning that nobody can read goes nowhere, least of all into the database's socket. */
START_TEST(test_stderr_closed)
{
    struct program_result result;

    scene_seed(1, 1, "0 2 * * *");
    scene_seed(2, 2, "99 * * * *");
    result = run_shell("exec \"$0\" due --at " AT " 2>&-", NULL);
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_nonnull(strstr(result.out, scene_integration(1)));
    program_result_free(&result);
    result = run_shell("exec \"$0\" run --dry-run --at " AT " 2>&-", NULL);
    ck_assert_str_eq(result.out, "{\"triggered\":1,\"skipped\":0,\"failed\":0,\"runIds\":[]}\n");
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
}
END_TEST

SUITE(usage)
{
    TCase *alone = tcase_create("usage-alone");
    TCase *database = tcase_create("usage-database");

    tcase_add_loop_test(alone, test_wrong, 0, COUNT(wrong));
    tcase_add_loop_test(alone, test_wrong_file, 0, COUNT(files));
    suite_add_tcase(suite, alone);
    tcase_add_checked_fixture(database, scene_open, scene_close);
    tcase_add_loop_test(database, test_unwritable, 0, COUNT(unwritable));
    tcase_add_test(database, test_wrong_password);
    tcase_add_test(database, test_missing_table);
    tcase_add_test(database, test_unreachable_function);
    tcase_add_test(database, test_stderr_closed);
    suite_add_tcase(suite, database);
    offline_add_tests(suite);
}
