/*
 * The database's password is in no message, wherever it comes from, be it right or wrong, and
 * whatever the server says: its notices go nowhere, its errors are told without it.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define RIGHT    "hush-right-hush"
#define WRONG    "hush-wrong-hush"

static char role[40];
static char directory[] = "/tmp/syncsched-passwords-XXXXXX";

static void open_scene(void)
{
    scene_open();
    snprintf(role, sizeof role, "scene_password_%ld", (long)getpid());
    testdb_exec("CREATE ROLE %s LOGIN SUPERUSER PASSWORD '" RIGHT "'", role);
    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    scene_seed(1, 2, DAILY);
}

static void close_scene(void)
{
    char command[100];

    snprintf(command, sizeof command, "rm -r '%s'", directory);
    ck_assert_int_eq(system(command), 0);
    testdb_drop_role(role);
    scene_close();
}

static const char *write_file(const char *name, const char *text)
{
    static char path[100];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    scene_write_file(path, text);
    ck_assert_int_eq(chmod(path, 0600), 0);
    return path;
}

/* Where a password may come from; each gives the program's environment, as a line of shell. */
static void from_url(const char *password, char *line, size_t size)
{
    snprintf(line, size, "export SUPABASE_DB_URL='postgresql://%s:%s@%s:%s/%s'; unset PGPASSWORD",
             role, password, getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"));
}

static void from_text(const char *password, char *line, size_t size)
{
    snprintf(line, size, "export SUPABASE_DB_URL=\"user=%s password='%s'\"; unset PGPASSWORD", role,
             password);
}

static void from_variable(const char *password, char *line, size_t size)
{
    snprintf(line, size, "export PGUSER=%s PGPASSWORD='%s'", role, password);
}

static void from_file(const char *password, char *line, size_t size)
{
    char text[200];

    snprintf(text, sizeof text, "*:*:*:%s:%s\n", role, password);
    snprintf(line, size, "export PGUSER=%s PGPASSFILE='%s'; unset PGPASSWORD", role,
             write_file("passwords", text));
}

static void from_service(const char *password, char *line, size_t size)
{
    char text[200];

    snprintf(text, sizeof text, "[hidden]\nuser=%s\npassword=%s\n", role, password);
    snprintf(line, size,
             "export PGSERVICEFILE='%s' SUPABASE_DB_URL=service=hidden;"
             " unset PGPASSWORD PGUSER",
             write_file("services", text));
}

/* To the second of two addresses, since nobody answers at the first. */
static void from_second_host(const char *password, char *line, size_t size)
{
    snprintf(line, size,
             "export PGHOST=127.0.0.1,127.0.0.1 PGPORT=1,$PGPORT PGUSER=%s PGPASSWORD='%s'", role,
             password);
}

static void (*const sources[])(const char *password, char *line, size_t size) = {
    from_url, from_text, from_variable, from_file, from_service, from_second_host,
};

/* A tick with a password from one of them; the words of neither password are in what it says. */
static struct scene_tick run_with(int source, const char *password)
{
    static char wrapper[700];
    char line[600];
    struct scene_tick tick;

    sources[source](password, line, sizeof line);
    snprintf(wrapper, sizeof wrapper, "%s; exec \"$@\"", line);
    scene_set_wrapper(wrapper);
    tick = scene_run("--at " AT);
    ck_assert_msg(strstr(tick.out, "hush") == NULL && strstr(tick.err, "hush") == NULL,
                  "a password is told: %s%s", tick.out, tick.err);
    return tick;
}

START_TEST(test_right)
{
    struct scene_tick tick = run_with(_i, RIGHT);

    scene_check(&tick, 2, 0, 0, 0);
    ck_assert_str_eq(tick.err, "");
    scene_tick_free(&tick);
}
END_TEST

START_TEST(test_wrong)
{
    struct scene_tick tick = run_with(_i, WRONG);

    ck_assert_int_eq(tick.status, 3);
    ck_assert_ptr_nonnull(strstr(tick.err, "authentication failed"));
    ck_assert_ptr_eq(strchr(tick.err, '\n'), tick.err + strlen(tick.err) - 1);
    ck_assert_str_eq(tick.out, "");
    scene_tick_free(&tick);
}
END_TEST

/* The level, and what the tick comes to; of a notice nothing is heard. */
static const struct {
    const char *level;
    const char *said; /* in place of the password; NULL: nothing */
} words[] = {
    {"NOTICE", NULL},
    {"WARNING", NULL},
    {"EXCEPTION", "the password is ***************, they say"},
};

/* Covers: a server that tells the password, as its logs and its extensions sometimes do. */
START_TEST(test_server_tells)
{
    struct scene_tick tick;
    int source = _i % (int)COUNT(sources);
    int level = _i / (int)COUNT(sources);

    testdb_exec("CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
                " RAISE %s ''the password is " RIGHT ", they say'' USING HINT = ''" RIGHT "'',"
                " DETAIL = ''" RIGHT "''; RETURN NEW; END';"
                "CREATE TRIGGER tell BEFORE INSERT ON sync_run_log"
                " FOR EACH ROW EXECUTE FUNCTION tell()",
                words[level].level);
    tick = run_with(source, RIGHT);
    if (words[level].said == NULL) {
        scene_check(&tick, 2, 0, 0, 0);
        ck_assert_str_eq(tick.err, "");
    } else {
        ck_assert_int_eq(tick.status, 3);
        ck_assert_msg(strstr(tick.err, words[level].said) != NULL, "stderr: %s", tick.err);
    }
    scene_tick_free(&tick);
}
END_TEST

/* What libpq is given and cannot read; each holds a password, which its own words may quote. */
static const char *const unreadable[] = {
    "export SUPABASE_DB_URL=\"password='hush\"",
    "export SUPABASE_DB_URL='password=hush hush'",
    "export SUPABASE_DB_URL='postgresql://u:hush@[::1/d'",
    "export SUPABASE_DB_URL='postgresql://u:hush@127.0.0.1:1/d?sslmode=hush'",
    "export SUPABASE_DB_URL='postgresql://u:hush@127.0.0.1:1/d?sslmode'",
    "export SUPABASE_DB_URL='postgresql://u:hush@127.0.0.1:99999/d'",
    "export SUPABASE_DB_URL='postgresql://u:hush@127.0.0.1:1/d?connect_timeout=hush'",
    "export SUPABASE_DB_URL='postgresql://u:hush@127.0.0.1:1/d?sslcert=/none&sslkey=hush'",
    "export SUPABASE_DB_URL='postgresql://u:hush@127.0.0.1:1,127.0.0.1:2,127.0.0.1:3/d'",
    "export SUPABASE_DB_URL='service=none password=hush'",
    "export PGSERVICE=none PGPASSWORD=hush",
    "export PGPASSWORD=hush PGHOST=127.0.0.1 PGPORT=1 PGSSLMODE=hush",
};

START_TEST(test_unreadable)
{
    char wrapper[300];
    struct scene_tick tick;

    snprintf(wrapper, sizeof wrapper, "%s; exec \"$@\"", unreadable[_i]);
    scene_set_wrapper(wrapper);
    tick = scene_run("");
    ck_assert_msg(tick.status == 2 || tick.status == 3, "exit %d: %s", tick.status, tick.err);
    ck_assert_msg(strstr(tick.err, "hush") == NULL, "a password is told: %s", tick.err);
    ck_assert_ptr_eq(strchr(tick.err, '\n'), tick.err + strlen(tick.err) - 1);
    ck_assert_str_eq(tick.out, "");
    scene_tick_free(&tick);
}
END_TEST

SUITE(passwords)
{
    TCase *tcase = tcase_create("passwords");

    tcase_add_checked_fixture(tcase, open_scene, close_scene);
    tcase_add_loop_test(tcase, test_right, 0, (int)COUNT(sources));
    tcase_add_loop_test(tcase, test_wrong, 0, (int)COUNT(sources));
    tcase_add_loop_test(tcase, test_server_tells, 0, (int)(COUNT(words) * COUNT(sources)));
    tcase_add_loop_test(tcase, test_unreadable, 0, (int)COUNT(unreadable));
    suite_add_tcase(suite, tcase);
}
