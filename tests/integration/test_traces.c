/*
 * What a tick leaves on the server and in sight of others: which statements it sends, that each
 * transition is guarded, and that no secret appears anywhere.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define PASSWORD "pw-5ecret-Xq7"

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* ---- Statements ---- */

/* The calls of the statements in this database that match a regular expression, since the reset. */
static long count_calls(const char *pattern)
{
    return testdb_number("SELECT coalesce(sum(s.calls), 0) FROM pg_stat_statements AS s"
                         " JOIN pg_database AS d ON d.oid = s.dbid"
                         " WHERE d.datname = current_database() AND s.query ~ '%s'"
                         " AND s.query !~ 'pg_stat_statements'",
                         pattern);
}

/*
 * Forgets the statements so far, lets a tick serve what is due, and returns the calls of statements
 * that are neither a run's transition nor around a transaction.
 */
static long count_calls_of_tick(const char *options, long due)
{
    testdb_exec("SELECT pg_stat_statements_reset()");
    scene_expect(scene_run(options), due, 0, 0, 0);
    return count_calls("FROM|INSERT|UPDATE") - count_calls("UPDATE sync_run_log\\s+SET status") -
           count_calls("SELECT\\s+status, worker");
}

/* Covers: one read and one INSERT, whatever the number of due rows; two transitions a run. */
START_TEST(test_statements)
{
    long calls_for_one;

    testdb_exec("CREATE EXTENSION pg_stat_statements");
    scene_seed(1, 1, DAILY);
    calls_for_one = count_calls_of_tick("--at " AT, 1);
    ck_assert_int_ge(calls_for_one, 2);
    scene_seed(2, 21, "0 3 * * *");
    ck_assert_int_eq(count_calls_of_tick("--at 2024-05-01T03:00Z", 20), calls_for_one);
    ck_assert_int_eq(scene_count("completed"), 21);
    /* The reading, and before it the ids that several rows have. */
    ck_assert_int_eq(count_calls("FROM organization_integrations"), 2);
    ck_assert_int_eq(count_calls("INSERT INTO sync_run_log"), 1);
    ck_assert_int_eq(testdb_number("SELECT rows FROM pg_stat_statements"
                                   " WHERE query ~ 'INSERT INTO sync_run_log'"
                                   " AND query !~ 'pg_stat_statements'"),
                     20);
    ck_assert_int_eq(count_calls("started_at = greatest\\(now"), 20);
    ck_assert_int_eq(count_calls("UPDATE sync_run_log\\s+SET status = CASE"), 20);
}
END_TEST

/* Covers: a plain tick, too, claims 20 in one statement, and writes all marks in one. */
START_TEST(test_statements_of_plain_tick)
{
    testdb_exec("CREATE EXTENSION pg_stat_statements");
    scene_seed(1, 20, scene_minute_cron(scene_settle(4000)));
    count_calls_of_tick("", 20);
    ck_assert_int_eq(count_calls("INSERT INTO sync_run_log"), 1);
    ck_assert_int_eq(count_calls("INSERT INTO sync_schedule_state"), 1);
    ck_assert_int_eq(count_calls("UPDATE sync_schedule_state"), 1);
    ck_assert_int_eq(count_calls("INSERT INTO sync_trigger_state"), 1);
}
END_TEST

/* Covers: 20 runs, each inserted pending, set running and completed in transactions of its own. */
START_TEST(test_transitions)
{
    testdb_exec(
        "CREATE TABLE audit (run_id uuid, change text, txid bigint DEFAULT txid_current());"
        "CREATE FUNCTION audit_run() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        "    INSERT INTO audit VALUES (NEW.run_id, coalesce(OLD.status, '') || '>' || NEW.status);"
        "    RETURN NULL; END $$;"
        "CREATE TRIGGER audit AFTER INSERT OR UPDATE ON sync_run_log"
        "    FOR EACH ROW EXECUTE FUNCTION audit_run()");
    scene_seed(1, 20, DAILY);
    scene_expect(scene_run("--at " AT), 20, 0, 0, 0);
    assert_text(testdb_text("SELECT string_agg(concat_ws(' ', change, runs, txids), ', ' ORDER BY"
                            " change) FROM (SELECT change, count(DISTINCT run_id) AS runs,"
                            " count(DISTINCT txid) AS txids FROM audit GROUP BY change) AS a"),
                ">pending 20 1, pending>running 20 20, running>completed 20 20");
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT txid) FROM audit"), 41);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM audit"), 60);
}
END_TEST

/* ---- Guards ---- */

static const struct {
    const char *change;
    const char *after;
} guards[] = {
    {"UPDATE sync_run_log SET status = 'failed', failed_at = now(), error_class = 'unknown',"
     " error_code = 'WORKER_CRASHED', worker = 'stays' WHERE status = 'running'",
     "failed stays WORKER_CRASHED"},
    {"UPDATE sync_run_log SET worker = 'stays' WHERE status = 'running'", "running stays"},
    {"DELETE FROM sync_run_log", NULL},
};

/* Covers: running -> completed is guarded by the old status and the token. */
START_TEST(test_guard_of_finish)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=600");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("%s", guards[_i].change);
    tick = scene_wait(program);
    ck_assert_int_eq(tick.triggered, 1);
    ck_assert_ptr_nonnull(strstr(tick.err, "warning"));
    assert_text(testdb_text("SELECT concat_ws(' ', status,"
                            " CASE WHEN worker = 'stays' THEN 'stays' END, error_code)"
                            " FROM sync_run_log"),
                guards[_i].after);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: pending -> running is guarded: what somebody else has taken meanwhile is not called. */
START_TEST(test_guard_of_start)
{
    struct program *program;

    scene_seed(1, 3, DAILY);
    function_script(scene_function(), "* latency_ms=600");
    program = scene_start("--concurrency 1 --at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("UPDATE sync_run_log SET status = 'running', started_at = now(), worker = 'other'"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(),"
                " error_class = 'not_delivered', error_code = 'CANCELLED'"
                " WHERE integration_id = '%s'",
                scene_integration(3));
    scene_expect(scene_wait(program), 1, 2, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    assert_text(testdb_text("SELECT worker FROM sync_run_log WHERE status = 'running'"), "other");
}
END_TEST

/* ---- Secrets ---- */

static void assert_without(const char *text, const char *secret, const char *where)
{
    ck_assert_msg(strstr(text, secret) == NULL, "the secret is in %s: %.1000s", where, text);
}

/* Looks at the command line of a process, as ps does. */
static void assert_command_line(pid_t pid, const char *secret)
{
    char path[64];
    char text[8192] = "";
    ssize_t length;
    int fd;

    snprintf(path, sizeof path, "/proc/%ld/cmdline", (long)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    length = read(fd, text, sizeof text - 1);
    close(fd);
    ck_assert_int_gt(length, 0);
    for (ssize_t i = 0; i < length; i++)
        text[i] = text[i] == '\0' ? ' ' : text[i];
    ck_assert_ptr_nonnull(strstr(text, "syncsched"));
    assert_without(text, secret, path);
}

/* Looks at all there is to see while calls are in flight. */
static void assert_hidden_in_flight(const struct program *program, const char *secret)
{
    pid_t children[SCENE_CHILDREN_MAX];
    int workers = scene_children(program_pid(program), children);
    char *activity;

    ck_assert_int_gt(workers, 0);
    assert_command_line(program_pid(program), secret);
    for (int i = 0; i < workers; i++)
        assert_command_line(children[i], secret);
    activity = testdb_text("SELECT string_agg(a::text, ' ') FROM pg_stat_activity AS a"
                           " WHERE pid <> pg_backend_pid()");
    ck_assert_int_ge(testdb_number("SELECT count(*) FROM pg_stat_activity WHERE datname ="
                                   " current_database() AND pid <> pg_backend_pid()"),
                     1); /* a worker whose call is not in flight yet may have none */
    assert_without(activity, secret, "pg_stat_activity");
    free(activity);
}

/* Looks at everything in the database, the statements it was sent included. */
static void assert_hidden_in_database(const char *secret)
{
    char *all = testdb_text("SELECT concat((SELECT string_agg(r::text, ' ') FROM sync_run_log r),"
                            " (SELECT string_agg(s::text, ' ') FROM sync_schedule_state s),"
                            " (SELECT string_agg(t::text, ' ') FROM sync_trigger_state t),"
                            " (SELECT string_agg(query, ' ') FROM pg_stat_statements))");

    ck_assert_uint_gt(strlen(all), 100);
    assert_without(all, secret, "the database");
    free(all);
}

static const struct {
    const char *script;
    long failed;
} keyed[] = {
    {"* latency_ms=500", 0},
    {"* latency_ms=500 status=401 body={\"message\": \"not this key\"}", 2},
    {"* latency_ms=500 action=redirect location=http://127.0.0.1:1/", 2},
    {"* latency_ms=500 action=reset", 2},
    {"* latency_ms=500 action=garbage", 2},
    {"* latency_ms=500 status=401 body={\"code\": \"echo\", \"message\": \"bad " SCENE_KEY "\"}",
     2},
    {"* latency_ms=500 status=500 body=Bearer " SCENE_KEY " is refused", 2},
};

/* Covers: the key is in no output, no row, no command line, no statement; not even when echoed. */
START_TEST(test_key_is_hidden)
{
    struct program *program;
    struct scene_tick tick;

    testdb_exec("CREATE EXTENSION pg_stat_statements");
    scene_seed(1, 2, DAILY);
    function_script(scene_function(), keyed[_i].script);
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 2);
    assert_hidden_in_flight(program, SCENE_KEY);
    tick = scene_wait(program);
    scene_check(&tick, 2, 0, keyed[_i].failed, keyed[_i].failed > 0 ? 1 : 0);
    assert_without(tick.out, SCENE_KEY, "stdout");
    assert_without(tick.err, SCENE_KEY, "stderr");
    assert_hidden_in_database(SCENE_KEY);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a key that cannot be one is an error that does not quote it. */
START_TEST(test_bad_key_is_hidden)
{
    struct scene_tick tick;

    scene_set_key("SUPABASE_SECRET_KEY", "sb_secret_two\nlines");
    tick = scene_run("");
    ck_assert_int_eq(tick.status, 2);
    ck_assert_str_eq(tick.out, "");
    ck_assert_ptr_nonnull(strstr(tick.err, "key"));
    assert_without(tick.err, "two", "stderr");
    assert_without(tick.err, "lines", "stderr");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a key is not sent over http to another host; the error does not quote it. */
START_TEST(test_key_stays_off_http)
{
    struct scene_tick tick;

    scene_set_url("http://example.invalid");
    scene_seed(1, 1, DAILY);
    tick = scene_run("--at " AT);
    ck_assert_int_eq(tick.status, 2);
    ck_assert_str_eq(tick.out, "");
    assert_without(tick.err, SCENE_KEY, "stderr");
    ck_assert_int_eq(scene_count(NULL), 0);
    scene_tick_free(&tick);
}
END_TEST

/* SUPABASE_DB_URL for user:password at this server, host NULL being its own. */
static const char *database_variable(const char *format, const char *user, const char *password)
{
    static char variable[2000];
    char tail[500];

    snprintf(tail, sizeof tail, "@%s:%s/%s", getenv("PGHOST"), getenv("PGPORT"),
             getenv("PGDATABASE"));
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=%s://%s:%s%s", format, user, password,
             tail);
    return variable;
}

static const struct {
    const char *scheme;
    const char *user;
    const char *password;
    int status;
} refused[] = {
    {"postgresql", "postgres", PASSWORD, 3},
    {"postgres", "nobody_here", PASSWORD, 3},
    {"postgresql", "postgres", PASSWORD "@here", 2}, /* should be percent-encoded */
    {"postgresql", "postgres", PASSWORD ":/x", 2},
    {"postgersql", "postgres", PASSWORD, 2}, /* no such scheme */
};

/* Covers: a refused or malformed address: one line that does not quote the password. */
START_TEST(test_wrong_password)
{
    struct scene_tick tick;

    scene_set_variable(
        database_variable(refused[_i].scheme, refused[_i].user, refused[_i].password));
    tick = scene_run("");
    ck_assert_msg(refused[_i].status == tick.status || (_i == 2 && tick.status == 3), "exit %d: %s",
                  tick.status, tick.err);
    ck_assert_str_eq(tick.out, "");
    ck_assert_ptr_nonnull(strstr(tick.err, "syncsched: error:"));
    assert_without(tick.err, "5ecret", "stderr");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the right password, in SUPABASE_DB_URL, is as hidden as the key. */
START_TEST(test_password_is_hidden)
{
    char role[64];
    struct program *program;
    struct scene_tick tick;

    snprintf(role, sizeof role, "scene_%ld", (long)getpid());
    testdb_exec("CREATE EXTENSION pg_stat_statements;"
                "CREATE ROLE %s LOGIN SUPERUSER PASSWORD '" PASSWORD "'",
                role);
    testdb_exec("SELECT pg_stat_statements_reset()"); /* CREATE ROLE held it */
    scene_set_variable(database_variable("postgresql", role, PASSWORD));
    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "* latency_ms=500\n");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 2);
    assert_hidden_in_flight(program, PASSWORD);
    ck_assert_int_ge(
        testdb_number("SELECT count(*) FROM pg_stat_activity WHERE usename = '%s'", role),
        testdb_is_pooled() ? 1 : 2);
    tick = scene_wait(program);
    scene_check(&tick, 2, 0, 0, 0);
    assert_without(tick.out, PASSWORD, "stdout");
    assert_without(tick.err, PASSWORD, "stderr");
    assert_hidden_in_database(PASSWORD);
    testdb_drop_role(role);
    scene_tick_free(&tick);
}
END_TEST

#define LOOP(tcase, test, rows)                                                                    \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(rows) / sizeof(rows)[0]))

SUITE(traces)
{
    TCase *statements = tcase_create("statements");
    TCase *guarded = tcase_create("guards");
    TCase *secrets = tcase_create("secrets");

    tcase_add_checked_fixture(statements, scene_open, scene_close);
    tcase_add_test(statements, test_statements);
    tcase_add_test(statements, test_statements_of_plain_tick);
    tcase_add_test(statements, test_transitions);
    suite_add_tcase(suite, statements);

    tcase_add_checked_fixture(guarded, scene_open, scene_close);
    LOOP(guarded, test_guard_of_finish, guards);
    tcase_add_test(guarded, test_guard_of_start);
    suite_add_tcase(suite, guarded);

    tcase_add_checked_fixture(secrets, scene_open, scene_close);
    LOOP(secrets, test_key_is_hidden, keyed);
    tcase_add_test(secrets, test_bad_key_is_hidden);
    tcase_add_test(secrets, test_key_stays_off_http);
    LOOP(secrets, test_wrong_password, refused);
    tcase_add_test(secrets, test_password_is_hidden);
    suite_add_tcase(suite, secrets);
}
