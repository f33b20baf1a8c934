#include "triggers/machine.h"

#include "base/text.h"
#include "support/scene.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool machine_is_ours(const char *what)
{
    const char *why = getenv("TRIGGERS_NOT_ASKED");

    if (why != NULL)
        printf("%s: not asked: %s\n", what, why);
    return why == NULL;
}

char *machine_shell(const char *line)
{
    const char *const argv[] = {"sh", "-ec", line, NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_msg(result.status == 0, "%s\nstatus %d\n%s%s", line, result.status, result.out,
                  result.err);
    free(result.err);
    return result.out;
}

void machine_do(const char *line)
{
    free(machine_shell(line));
}

char *machine_read(const char *path)
{
    char line[4200];

    snprintf(line, sizeof line, "cat '%s'", path);
    return machine_shell(line);
}

static const char *machine_trigger_path(const char *name)
{
    static char path[4096];
    const char *source = getenv("TEST_SOURCE");

    snprintf(path, sizeof path, "%s/scripts/share/triggers/%s", source != NULL ? source : ".",
             name);
    return path;
}

char *machine_read_trigger(const char *name)
{
    return machine_read(machine_trigger_path(name));
}

void machine_install(const char *name, const char *path, const char *mode)
{
    char line[8400];

    snprintf(line, sizeof line, "install -D -o root -g root -m %s '%s' '%s'", mode,
             machine_trigger_path(name), path);
    machine_do(line);
}

/* As every trigger needs it: readable for the group of the users that tick. */
static void machine_configure(void)
{
    struct text settings = {0};

    text_addf(&settings, "SUPABASE_DB_URL=postgresql://%s:%s@127.0.0.1:%s/%s\n", getenv("PGUSER"),
              getenv("PGPASSWORD"), getenv("PGPORT"), getenv("PGDATABASE"));
    text_addf(&settings, "SUPABASE_URL=%s\n", function_url(scene_function()));
    text_addf(&settings, "SUPABASE_SERVICE_ROLE_KEY=%s\n", SCENE_KEY);
    machine_do("install -o root -g syncsched -m 640 /dev/null /etc/syncsched.conf");
    scene_write_file("/etc/syncsched.conf", text_string(&settings));
    text_free(&settings);
}

void machine_open(void)
{
    char line[4200];

    scene_open();
    snprintf(line, sizeof line, "install -m 755 '%s' /usr/local/bin/syncsched", scene_program());
    machine_do(line);
    machine_configure();
    machine_do(": >/run/apart/syslog");
}

void machine_close(void)
{
    scene_close();
}

static bool machine_says_true(PGconn *connection, const char *sql)
{
    PGresult *result = PQexec(connection, sql);
    bool is_true;

    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(connection));
    is_true = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "t") == 0;
    PQclear(result);
    return is_true;
}

static void machine_wait(PGconn *connection, const char *sql, int seconds)
{
    int patience_ms = seconds > 0 ? (seconds + 120) * 1000 : 0;
    bool is_true = machine_says_true(connection, sql);

    for (int waited_ms = 0; !is_true && waited_ms < patience_ms; waited_ms += 100) {
        scene_sleep_ms(100);
        is_true = machine_says_true(connection, sql);
    }
    ck_assert_msg(is_true, "waited %d s in vain for: %s\nthe system's log:\n%s", patience_ms / 1000,
                  sql, machine_read("/run/apart/syslog"));
}

void machine_wait_for(const char *sql, int seconds)
{
    machine_wait(testdb_connection(), sql, seconds);
}

void machine_wait_for_job(const char *sql, int seconds)
{
    PGconn *connection = testdb_connect("postgres");

    machine_wait(connection, sql, seconds);
    PQfinish(connection);
}

void machine_end(struct program *daemon)
{
    struct program_result result;

    program_signal(daemon, SIGTERM);
    result = program_wait(daemon);
    program_result_free(&result);
}
