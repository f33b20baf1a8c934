/*
 * TLS to PostgreSQL with a certificate authority of the test's own: verified where it should be,
 * refused with the reason where it must be, and a warning where another host is not verified.
 */
#include "support/relay.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"

/* Authorities and servers: right, of another name, expired, signed by itself. */
static const char make_certificates[] =
    "set -e; cd \"$1\"; umask 077; key='-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes';"
    "for ca in ca stranger; do"
    "    openssl req -x509 $key -keyout $ca.key -out $ca.crt -days 2 -subj \"/CN=$ca\";"
    "done;"
    "make() {" /* NAME ALTERNATIVE-NAMES VALIDITY... */
    "    openssl req $key -keyout $1.key -out $1.csr -subj /CN=server;"
    "    echo \"subjectAltName=$2\" >$1.ext; name=$1; shift 2;"
    "    openssl x509 -req -in $name.csr -CA ca.crt -CAkey ca.key -CAcreateserial"
    "        -extfile $name.ext -out $name.crt \"$@\";"
    "};"
    "make right DNS:localhost,IP:127.0.0.1,IP:" RELAY_REMOTE " -days 2;"
    "make other DNS:db.example.org -days 2;"
    "make expired DNS:localhost -days -1 ||"
    "    make expired DNS:localhost -not_before 20200101000000Z -not_after 20200102000000Z;"
    "openssl req -x509 $key -keyout self.key -out self.crt -days 2 -subj /CN=self"
    "    -addext subjectAltName=DNS:localhost";

static char directory[] = "/tmp/syncsched-tls-XXXXXX";

static void make_directory(void)
{
    const char *const argv[] = {"sh", "-c", make_certificates, "sh", directory, NULL};
    struct program_result result;

    strcpy(directory + strlen(directory) - 6, "XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(directory));
    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 0, "%s", result.err);
    program_result_free(&result);
}

static void remove_directory(void)
{
    const char *const argv[] = {"rm", "-r", directory, NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
}

/* The server must own its key; it runs as another user where we are root. */
static void give_to_server(const char *path)
{
    char *data = testdb_text("SHOW data_directory");
    struct stat owner;

    ck_assert_int_eq(stat(data, &owner), 0);
    if (geteuid() == 0)
        ck_assert_int_eq(chown(path, owner.st_uid, owner.st_gid), 0);
    free(data);
}

/* Waits until new connections are what the server has been told to make of them. */
static void reload_server(const char *setting, const char *value)
{
    testdb_exec("SELECT pg_reload_conf()");
    for (int waited_ms = 0; waited_ms < 15000; waited_ms += 20) {
        PGconn *connection = PQconnectdb("");
        char sql[64];
        PGresult *result;
        bool is_there;

        snprintf(sql, sizeof sql, "SHOW %s", setting);
        result = PQexec(connection, sql);
        is_there = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), value) == 0;
        PQclear(result);
        PQfinish(connection);
        if (is_there)
            return;
        scene_sleep_ms(20);
    }
    ck_abort_msg("%s does not become %s", setting, value);
}

/* PostgreSQL speaks TLS with this certificate from now on. */
static void set_certificate(const char *name)
{
    char path[100];

    ck_assert_int_eq(chmod(directory, 0711), 0);
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s.%s", directory, name, i == 0 ? "key" : "crt");
        give_to_server(path);
        testdb_exec("ALTER SYSTEM SET ssl_%s_file = '%s'", i == 0 ? "key" : "cert", path);
    }
    testdb_exec("ALTER SYSTEM SET ssl = on");
    reload_server("ssl_cert_file", path);
}

static void open_scene(void)
{
    scene_open();
    scene_seed(1, 3, DAILY);
}

static void close_scene(void)
{
    testdb_exec("ALTER SYSTEM RESET ssl");
    testdb_exec("ALTER SYSTEM RESET ssl_cert_file");
    testdb_exec("ALTER SYSTEM RESET ssl_key_file");
    testdb_exec("SELECT pg_reload_conf()");
    scene_close();
}

/* SUPABASE_DB_URL with that TLS; base has no options. In a static buffer. */
static const char *tls_variable(const char *base, const char *sslmode, const char *root)
{
    static char variable[800];
    size_t length =
        (size_t)snprintf(variable, sizeof variable, "SUPABASE_DB_URL=%s?sslmode=%s", base, sslmode);

    if (root != NULL)
        snprintf(variable + length, sizeof variable - length, "&sslrootcert=%s/%s.crt", directory,
                 root);
    return variable;
}

/* ---- The local host, by name ---- */

static const struct {
    const char *certificate;
    const char *sslmode;
    const char *root;    /* the authority's certificate; NULL: the parameter is not given */
    const char *refusal; /* NULL: none */
} cases[] = {
    {"right", "verify-full", "ca", NULL},
    {"right", "verify-ca", "ca", NULL},
    {"other", "verify-ca", "ca", NULL},
    {"self", "require", NULL, NULL},
    {"other", "verify-full", "ca",
     "server certificate for \"db.example.org\" does not match host name \"localhost\""},
    {"expired", "verify-full", "ca",
     "certificate verify failed (the server's certificate has expired, or"},
    {"expired", "verify-ca", "ca",
     "certificate verify failed (the server's certificate has expired, or"},
    {"self", "verify-full", "ca", "certificate verify failed"},
    {"right", "verify-full", "stranger", "certificate verify failed"},
    {"right", "verify-full", "none", "root certificate file"},
};

static void expect_refused(struct scene_tick tick, const char *refusal)
{
    ck_assert_msg(tick.status == 3, "exit %d: %s", tick.status, tick.err);
    ck_assert_msg(strstr(tick.err, "syncsched: error: no connection to the database: ") == tick.err,
                  "stderr: %s", tick.err);
    ck_assert_msg(strstr(tick.err, refusal) != NULL, "stderr: %s", tick.err);
    ck_assert_str_eq(tick.out, "");
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
}

/* Covers: what is verified is served, by workers, too; what is not is refused, nothing claimed. */
START_TEST(test_verified)
{
    char base[300];

    set_certificate(cases[_i].certificate);
    snprintf(base, sizeof base, "postgresql://%s:%s@localhost:%s/%s", getenv("PGUSER"),
             getenv("PGPASSWORD"), getenv("PGPORT"), getenv("PGDATABASE"));
    scene_set_variable(tls_variable(base, cases[_i].sslmode, cases[_i].root));
    if (cases[_i].refusal != NULL) {
        expect_refused(scene_run("--at " AT), cases[_i].refusal);
        return;
    }
    testdb_exec("CREATE TABLE seen (has_tls boolean);"
                "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN"
                " INSERT INTO seen SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid();"
                " RETURN NEW; END';"
                "CREATE TRIGGER note BEFORE INSERT OR UPDATE ON sync_run_log"
                " FOR EACH ROW EXECUTE FUNCTION note()");
    scene_expect(scene_run("--at " AT), 3, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM seen WHERE has_tls"), 9);
}
END_TEST

/* Covers: libpq's variables do the same, and so does a configuration that has them. */
START_TEST(test_verified_by_variables)
{
    char variable[100];

    set_certificate(_i == 0 ? "right" : "other");
    snprintf(variable, sizeof variable, "PGSSLROOTCERT=%s/ca.crt", directory);
    setenv("PGSSLMODE", "verify-full", 1);
    scene_set_variable(variable);
    if (_i == 0)
        scene_expect(scene_run("--at " AT), 3, 0, 0, 0);
    else
        expect_refused(scene_run("--at " AT), "does not match host name");
    unsetenv("PGSSLMODE");
}
END_TEST

/* ---- Another host ---- */

#define NOT_ENCRYPTED                                                                              \
    "syncsched: warning: the connection to the database at " RELAY_REMOTE " is not encrypted"
#define NOT_VERIFIED                                                                               \
    "syncsched: warning: the connection to the database at " RELAY_REMOTE                          \
    " is encrypted, but does "                                                                     \
    "not insist on the right server: sslmode is "
#define HINT "(set sslmode=verify-full, and sslrootcert=FILE"

static const struct {
    const char *sslmode;
    const char *root;
    const char *warning; /* NULL: none */
} exposures[] = {
    {"disable", NULL, NOT_ENCRYPTED},
    {"prefer", NULL, NOT_VERIFIED "prefer"},
    {"require", NULL, NOT_VERIFIED "require"},
    {"require", "ca", NOT_VERIFIED "require"},
    {"verify-ca", "ca", NULL},
    {"verify-full", "ca", NULL},
};

static int count_texts(const char *all, const char *text)
{
    int count = 0;

    for (; (all = strstr(all, text)) != NULL; all += strlen(text))
        count++;
    return count;
}

/* Covers: one warning a process, not one a worker; it says what to set. */
START_TEST(test_exposed)
{
    struct relay *relay = relay_start_remote();
    char wrapper[200];
    struct scene_tick tick;

    ck_assert_ptr_nonnull(relay);
    set_certificate("right");
    snprintf(wrapper, sizeof wrapper, "exec nsenter --net=%s \"$@\"", relay->network);
    *strchr(relay->url, '?') = '\0';
    scene_set_wrapper(wrapper);
    scene_set_variable(tls_variable(relay->url, exposures[_i].sslmode, exposures[_i].root));
    /* There is no function where the program is. */
    tick = scene_run("--timeout 1s --at " AT);
    scene_check(&tick, 3, 0, 3, 1);
    ck_assert_msg(relay->links == 4, "%d connections", relay->links);
    ck_assert_msg(count_texts(tick.err, "the connection to the database") ==
                      (exposures[_i].warning != NULL ? 1 : 0),
                  "stderr: %s", tick.err);
    if (exposures[_i].warning != NULL)
        ck_assert_msg(strstr(tick.err, exposures[_i].warning) == tick.err &&
                          strstr(tick.err, HINT) != NULL,
                      "stderr: %s", tick.err);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: doctor finds the same, with the hint; and once that is applied, that all is well. */
START_TEST(test_doctor)
{
    static const char *const wanted[][2] = {
        {"prefer", "warning   tls          the connection to the database at " RELAY_REMOTE " is "
                   "encrypted, but does not insist on the right server: sslmode is prefer\n"
                   "          set sslmode=verify-full, and sslrootcert=FILE"},
        {"verify-full", "ok        tls          the way to the database: encrypted, and the server "
                        "is verified\n"},
    };
    struct relay *relay = relay_start_remote();
    char network[100];
    const char *const argv[] = {"nsenter",   network, scene_program(), "doctor", "--config",
                                "/dev/null", NULL};

    ck_assert_ptr_nonnull(relay);
    set_certificate("right");
    snprintf(network, sizeof network, "--net=%s", relay->network);
    *strchr(relay->url, '?') = '\0';
    for (size_t i = 0; i < COUNT(wanted); i++) {
        const char *const env[] = {tls_variable(relay->url, wanted[i][0], i > 0 ? "ca" : NULL),
                                   NULL};
        struct program_result result = program_run(argv, env);

        ck_assert_msg(strstr(result.out, wanted[i][1]) != NULL, "%s", result.out);
        program_result_free(&result);
    }
}
END_TEST

static const char *const local_hosts[] = {"PGHOST=127.0.0.1", "PGHOST=localhost"};

/* Covers: the local host without TLS is no other host. */
START_TEST(test_not_exposed)
{
    struct scene_tick tick;

    scene_set_variable(local_hosts[_i]);
    setenv("PGSSLMODE", "disable", 1);
    tick = scene_run("--at " AT);
    unsetenv("PGSSLMODE");
    scene_check(&tick, 3, 0, 0, 0);
    ck_assert_str_eq(tick.err, "");
    scene_tick_free(&tick);
}
END_TEST

/* Covers: nor is a Unix-domain socket, where the server lets us in for who we are. */
START_TEST(test_socket)
{
    const struct passwd *user = getpwuid(geteuid());
    char *sockets = testdb_text("SELECT split_part(current_setting('unix_socket_directories'),"
                                " ',', 1)");
    char variable[300];
    struct scene_tick tick;

    ck_assert_ptr_nonnull(user);
    testdb_exec("DO $$ BEGIN IF to_regrole('%s') IS NULL THEN"
                " CREATE ROLE \"%s\" LOGIN SUPERUSER; END IF; END $$",
                user->pw_name, user->pw_name);
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=host=%s user=%s", sockets, user->pw_name);
    scene_set_variable(variable);
    tick = scene_run("--at " AT);
    scene_check(&tick, 3, 0, 0, 0);
    ck_assert_str_eq(tick.err, "");
    scene_tick_free(&tick);
    free(sockets);
}
END_TEST

static void add_remote_tests(TCase *remote)
{
    tcase_add_loop_test(remote, test_exposed, 0, (int)COUNT(exposures));
    tcase_add_test(remote, test_doctor);
}

/* What stands between the program and PostgreSQL's own TLS. */
static bool no_pooler_is_between(void)
{
    return !testdb_is_pooled();
}

SUITE_WHEN(tls, no_pooler_is_between)
{
    TCase *local = tcase_create("tls-local");
    TCase *remote = tcase_create("tls-remote");

    tcase_add_unchecked_fixture(local, make_directory, remove_directory);
    tcase_add_checked_fixture(local, open_scene, close_scene);
    tcase_add_loop_test(local, test_verified, 0, (int)COUNT(cases));
    tcase_add_loop_test(local, test_verified_by_variables, 0, 2);
    tcase_add_loop_test(local, test_not_exposed, 0, (int)COUNT(local_hosts));
    tcase_add_test(local, test_socket);
    suite_add_tcase(suite, local);
    tcase_add_unchecked_fixture(remote, make_directory, remove_directory);
    tcase_add_checked_fixture(remote, open_scene, close_scene);
    if (system("unshare --net true 2>/dev/null") == 0)
        add_remote_tests(remote);
    else
        puts("a database on another host: not asked: networks of their own are not to be had here");
    suite_add_tcase(suite, remote);
}
