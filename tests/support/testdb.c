#include "support/testdb.h"

#include <check.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TESTDB_NAME_SIZE = 64, TESTDB_PATH_SIZE = 4096 };

static PGconn *testdb_open;                /* to the current database */
static char testdb_name[TESTDB_NAME_SIZE]; /* of the current database, "" when there is none */
static char testdb_home[TESTDB_NAME_SIZE]; /* PGDATABASE as it was */
static const char testdb_no_home[] = "postgres"; /* every server has it */

/* As supabase/postgres makes them; the default privileges are those of its older projects. */
static const char testdb_supabase[] =
    "DO $$\n"
    "BEGIN\n"
    "    IF to_regrole('anon') IS NULL THEN\n"
    "        CREATE ROLE anon NOLOGIN NOINHERIT;\n"
    "        CREATE ROLE authenticated NOLOGIN NOINHERIT;\n"
    "        CREATE ROLE service_role NOLOGIN NOINHERIT BYPASSRLS;\n"
    "    END IF;\n"
    "END\n"
    "$$;\n"
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public\n"
    "    GRANT ALL ON TABLES TO anon, authenticated, service_role;\n"
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public\n"
    "    GRANT ALL ON FUNCTIONS TO anon, authenticated, service_role;\n";

static void testdb_ignore_notice(void *context, const char *message)
{
    (void)context;
    (void)message;
}

PGconn *testdb_connect(const char *name)
{
    const char *keywords[] = {"dbname", "port", NULL};
    const char *values[] = {name, getenv("SERVER_PORT"), NULL};
    PGconn *connection = PQconnectdbParams(keywords, values, 0);

    if (PQstatus(connection) != CONNECTION_OK)
        ck_abort_msg("cannot connect to \"%s\": %s", name != NULL ? name : "",
                     PQerrorMessage(connection));
    PQsetNoticeProcessor(connection, testdb_ignore_notice, NULL);
    return connection;
}

bool testdb_is_pooled(void)
{
    return getenv("SERVER_PORT") != NULL;
}

bool testdb_has_pool(void)
{
    const char *mode = getenv("POOLER_MODE");

    return testdb_is_pooled() && (mode == NULL || strcmp(mode, "old") != 0);
}

/* Whatever sql gives; fails the test unless the server accepts it. */
static PGresult *testdb_run(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);

    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        ck_abort_msg("%s\nin: %.2000s", PQerrorMessage(connection), sql);
    return result;
}

static char *testdb_copy(const char *text)
{
    char *copy = strdup(text);

    ck_assert_ptr_nonnull(copy);
    return copy;
}

/* The first field of the first row, malloc'd, or NULL; releases result. */
static char *testdb_first(PGresult *result)
{
    char *text = NULL;

    if (PQntuples(result) > 0 && PQnfields(result) > 0 && !PQgetisnull(result, 0, 0))
        text = testdb_copy(PQgetvalue(result, 0, 0));
    PQclear(result);
    return text;
}

static char *testdb_format(const char *format, va_list arguments)
    __attribute__((format(printf, 1, 0), nonnull(1)));

static char *testdb_format(const char *format, va_list arguments)
{
    va_list again;
    size_t size;
    char *sql;

    va_copy(again, arguments);
    size = (size_t)vsnprintf(NULL, 0, format, again) + 1;
    va_end(again);
    sql = malloc(size);
    ck_assert_ptr_nonnull(sql);
    vsnprintf(sql, size, format, arguments);
    return sql;
}

static void testdb_run_format(PGconn *connection, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void testdb_run_format(PGconn *connection, const char *format, ...)
{
    va_list arguments;
    char *sql;

    va_start(arguments, format);
    sql = testdb_format(format, arguments);
    va_end(arguments);
    PQclear(testdb_run(connection, sql));
    free(sql);
}

/* Where a file of the sources is, in a static buffer. */
static const char *testdb_source_path(const char *name)
{
    static char path[TESTDB_PATH_SIZE];
    const char *source = getenv("TEST_SOURCE");

    snprintf(path, sizeof path, "%s/%s", source != NULL ? source : ".", name);
    return path;
}

const char *testdb_schema_path(void)
{
    return testdb_source_path("lib/store/schema.sql");
}

static char *testdb_read_file(const char *path)
{
    FILE *file = fopen(path, "r");
    char *content = NULL;
    size_t size = 0;

    if (file == NULL)
        ck_abort_msg("cannot read %s: %s (is TEST_SOURCE right?)", path, strerror(errno));
    if (getdelim(&content, &size, '\0', file) < 0)
        ck_abort_msg("cannot read %s", path);
    fclose(file);
    return content;
}

/* The name of the template for this very schema: an edited one gets a template of its own. */
static char *testdb_template_name(PGconn *home, const char *schema)
{
    const char *values[] = {schema, testdb_supabase};
    PGresult *result =
        PQexecParams(home, "SELECT 'syncsched_template_' || left(md5($1::text || $2::text), 12)", 2,
                     NULL, values, NULL, NULL, 0);

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        ck_abort_msg("%s", PQerrorMessage(home));
    return testdb_first(result);
}

/*
 * Makes the template unless it is there. Check forks for every test, so what exists is the server's
 * to know; the lock keeps two test programs from making it together, and the rename keeps a half
 * made one from being used.
 */
static char *testdb_need_template(PGconn *home)
{
    char *schema = testdb_read_file(testdb_schema_path());
    char *name = testdb_template_name(home, schema);
    const char *values[] = {name};
    PGresult *result;
    PGconn *template;

    testdb_run_format(home, "SELECT pg_advisory_lock(hashtext('syncsched testdb'))");
    result = PQexecParams(home, "SELECT FROM pg_database WHERE datname = $1", 1, NULL, values, NULL,
                          NULL, 0);
    if (PQntuples(result) == 0) {
        testdb_run_format(home, "DROP DATABASE IF EXISTS syncsched_template_making WITH (FORCE)");
        testdb_run_format(home, "CREATE DATABASE syncsched_template_making TEMPLATE template0");
        template = testdb_connect("syncsched_template_making");
        PQclear(testdb_run(template, testdb_supabase));
        PQclear(testdb_run(template, schema));
        PQfinish(template);
        testdb_run_format(home, "ALTER DATABASE syncsched_template_making RENAME TO %s", name);
    }
    PQclear(result);
    testdb_run_format(home, "SELECT pg_advisory_unlock(hashtext('syncsched testdb'))");
    free(schema);
    return name;
}

/*
 * How the server is to copy a template: file by file, which is the quicker way where tests follow upon
 * each other, and was the only one before PostgreSQL 15.
 */
static const char *testdb_strategy(const PGconn *home)
{
    return PQserverVersion(home) >= 150000 ? "STRATEGY file_copy" : "";
}

/* template NULL: an empty database; how: the rest of CREATE DATABASE. */
static void testdb_create_from(PGconn *home, const char *template, const char *how)
{
    static unsigned count;

    snprintf(testdb_name, sizeof testdb_name, "syncsched_test_%ld_%u", (long)getpid(), ++count);
    /* A process id comes round again on a server that lives long enough. */
    testdb_run_format(home, "DROP DATABASE IF EXISTS %s WITH (FORCE)", testdb_name);
    testdb_run_format(home, "CREATE DATABASE %s TEMPLATE %s %s", testdb_name,
                      template != NULL ? template : "template0", how);
    setenv("PGDATABASE", testdb_name, 1);
    testdb_open = testdb_connect(testdb_name);
}

static PGconn *testdb_connect_home(void)
{
    const char *database = getenv("PGDATABASE");

    ck_assert_msg(testdb_name[0] == '\0', "testdb_drop() was not called");
    snprintf(testdb_home, sizeof testdb_home, "%s", database != NULL ? database : "");
    return testdb_connect(database != NULL ? database : testdb_no_home);
}

void testdb_create(void)
{
    PGconn *home = testdb_connect_home();
    char *template = testdb_need_template(home);

    testdb_create_from(home, template, testdb_strategy(home));
    free(template);
    PQfinish(home);
}

void testdb_create_in(const char *encoding)
{
    PGconn *home = testdb_connect_home();
    char how[100];

    snprintf(how, sizeof how, "ENCODING '%s' LC_COLLATE 'C' LC_CTYPE 'C'", encoding);
    testdb_create_from(home, NULL, how);
    PQfinish(home);
    testdb_exec("%s", testdb_supabase);
    testdb_apply_schema();
}

void testdb_create_empty(void)
{
    PGconn *home = testdb_connect_home();

    testdb_create_from(home, NULL, testdb_strategy(home));
    PQfinish(home);
}

void testdb_apply_schema(void)
{
    testdb_apply_file("lib/store/schema.sql");
}

void testdb_apply_file(const char *name)
{
    char *sql = testdb_read_file(testdb_source_path(name));

    PQclear(testdb_run(testdb_open, sql));
    free(sql);
}

char *testdb_dump(const char *options)
{
    char command[200];
    char *dump = NULL;
    size_t size = 0;
    FILE *pipe;

    snprintf(command, sizeof command, "pg_dump %s | grep -v '^[\\]'", options);
    pipe = popen(command, "r");
    ck_assert_ptr_nonnull(pipe);
    ck_assert_int_gt(getdelim(&dump, &size, '\0', pipe), 0);
    ck_assert_int_eq(pclose(pipe), 0);
    return dump;
}

void testdb_drop(void)
{
    PGconn *home;

    PQfinish(testdb_open);
    testdb_open = NULL;
    if (testdb_home[0] != '\0')
        setenv("PGDATABASE", testdb_home, 1);
    else
        unsetenv("PGDATABASE");
    home = testdb_connect(testdb_home[0] != '\0' ? testdb_home : testdb_no_home);
    testdb_run_format(home, "DROP DATABASE %s WITH (FORCE)", testdb_name);
    testdb_name[0] = '\0';
    PQfinish(home);
}

PGconn *testdb_connection(void)
{
    return testdb_open;
}

void testdb_exec(const char *format, ...)
{
    va_list arguments;
    char *sql;

    va_start(arguments, format);
    sql = testdb_format(format, arguments);
    va_end(arguments);
    PQclear(testdb_run(testdb_open, sql));
    free(sql);
}

char *testdb_text(const char *format, ...)
{
    va_list arguments;
    char *sql;
    char *text;

    va_start(arguments, format);
    sql = testdb_format(format, arguments);
    va_end(arguments);
    text = testdb_first(testdb_run(testdb_open, sql));
    free(sql);
    return text;
}

long testdb_number(const char *format, ...)
{
    va_list arguments;
    char *sql;
    char *text;
    char *end;
    long number;

    va_start(arguments, format);
    sql = testdb_format(format, arguments);
    va_end(arguments);
    text = testdb_first(testdb_run(testdb_open, sql));
    ck_assert_msg(text != NULL, "no number from: %s", sql);
    errno = 0;
    number = strtol(text, &end, 10);
    ck_assert_msg(end != text && *end == '\0' && errno == 0, "\"%s\" is no number, from: %s", text,
                  sql);
    free(text);
    free(sql);
    return number;
}

/* What sql gives inside such a transaction, which is left open. */
static PGresult *testdb_run_as(const char *role, const char *claims_json, const char *sql)
{
    PQclear(testdb_run(testdb_open, "BEGIN"));
    if (claims_json != NULL) {
        const char *values[] = {claims_json};
        PGresult *set =
            PQexecParams(testdb_open, "SELECT set_config('request.jwt.claims', $1, true)", 1, NULL,
                         values, NULL, NULL, 0);

        if (PQresultStatus(set) != PGRES_TUPLES_OK)
            ck_abort_msg("%s", PQerrorMessage(testdb_open));
        PQclear(set);
    }
    if (role != NULL)
        testdb_exec("SET LOCAL ROLE %s", role);
    return PQexec(testdb_open, sql);
}

char *testdb_try(const char *role, const char *claims_json, const char *sql)
{
    PGresult *result = testdb_run_as(role, claims_json, sql);
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    char *copy = state != NULL ? testdb_copy(state) : NULL;

    ck_assert_msg(PQstatus(testdb_open) == CONNECTION_OK, "connection lost in: %s", sql);
    PQclear(result);
    testdb_exec("ROLLBACK");
    return copy;
}

char *testdb_text_as(const char *role, const char *claims_json, const char *sql)
{
    PGresult *result = testdb_run_as(role, claims_json, sql);
    char *text;

    if (PQresultStatus(result) != PGRES_TUPLES_OK)
        ck_abort_msg("%s\nas %s in: %s", PQerrorMessage(testdb_open), role != NULL ? role : "owner",
                     sql);
    text = testdb_first(result);
    testdb_exec("ROLLBACK");
    return text;
}

void testdb_drop_role(const char *role)
{
    testdb_exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s';"
                "DROP OWNED BY %s; DROP ROLE %s",
                role, role, role);
}
