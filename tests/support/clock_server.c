#include "support/clock_server.h"

#include "support/program.h"
#include "support/scene.h"

#include <check.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_SERVER_TEXT_SIZE = 400 };

/* Which variables lead to the server, and what they were before. */
static struct {
    const char *name;
    char before[CLOCK_SERVER_TEXT_SIZE];
    bool was_set;
} clock_server_variables[] = {{.name = "PGHOST"},      {.name = "PGPORT"},
                              {.name = "PGUSER"},      {.name = "PGDATABASE"},
                              {.name = "SERVER_PORT"}, {.name = "PGPASSWORD"}};

static char clock_server_directory[64];

/* Sets the clock's variables for what follows in a line of shell, except that time goes on evenly. */
#define CLOCK_SERVER_ENVIRONMENT                                                                   \
    "export FAKETIME_TIMESTAMP_FILE=%s/clock FAKETIME_NO_CACHE=1 FAKETIME_DISABLE_SHM=1"           \
    " FAKETIME_DONT_FAKE_MONOTONIC=1 LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1)"        \
    " ASAN_OPTIONS=${ASAN_OPTIONS:-}:verify_asan_link_order=0; "

/*
 * $1: its directory, $2: the tree. The server of "$d/data" goes up and down. As an ordinary user,
 * because it refuses to be root's.
 */
static const char clock_server_words[] =
    "set -eu; d=$1; bin=$(ls -d /usr/lib/postgresql/\"${PGVERSION:-}\"*/bin | sort -V | tail -n 1);"
    "as() { if [ \"$(id -u)\" -eq 0 ]; then setpriv --reuid=postgres --regid=postgres --init-groups"
    " \"$@\"; else \"$@\"; fi; };"
    "new() { as env -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE"
    " \"$bin/initdb\" -D \"$d/data\" -U tests -A trust -E UTF8 --locale=C.UTF-8 --no-sync >&2;"
    "  printf '%s\\n' \"port = $1\" \"unix_socket_directories = '$d'\" 'fsync = off'"
    "    \"listen_addresses = '127.0.0.1'\" 'max_connections = 100' 'autovacuum = off'"
    "    'archive_mode = on' \"archive_command = 'cp %p $d/archive/%f'\""
    "    >>\"$d/data/postgresql.conf\"; };"
    "up() { as sh -c 'export FAKETIME_TIMESTAMP_FILE=\"$1/clock\" FAKETIME_NO_CACHE=1"
    "   FAKETIME_DISABLE_SHM=1 FAKETIME_DONT_FAKE_MONOTONIC=1"
    "   LD_PRELOAD=\"$(ls /usr/lib/*/faketime/libfaketime.so.1)\";"
    "   exec \"$2/pg_ctl\" start -w -D \"$1/data\" -l \"$1/log\"' sh \"$d\" \"$bin\" >&2; };"
    "down() { as \"$bin/pg_ctl\" stop -m immediate -D \"$d/data\" >&2; }; cd \"$d\";";

static const char clock_server_make[] =
    "[ \"$(id -u)\" -ne 0 ] || chown postgres \"$d\"; chmod 755 \"$d\"; echo +0 >\"$d/clock\";"
    "as mkdir \"$d/archive\"; port=$(\"$2/scripts/dev/free-port\" $$);"
    "new \"$port\"; up; printf %s \"$port\"";

static const char clock_server_end[] = "cd /; down || true; rm -rf \"$d\"";

static char *clock_server_shell(const char *script)
{
    const char *source = getenv("TEST_SOURCE");
    char tree[PATH_MAX];
    char lines[8192];
    const char *const argv[] = {"sh", "-c", lines, "sh", clock_server_directory, tree, NULL};
    struct program_result result;

    snprintf(lines, sizeof lines, "%s%s", clock_server_words, script);
    ck_assert_ptr_nonnull(realpath(source != NULL ? source : ".", tree));
    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 0, "%s", result.err);
    free(result.err);
    return result.out;
}

void clock_server_start(void)
{
    static const char *const values[] = {"127.0.0.1", NULL, "tests", "postgres", NULL, NULL};
    char *port;

    snprintf(clock_server_directory, sizeof clock_server_directory, "/tmp/syncsched-clock-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(clock_server_directory));
    port = clock_server_shell(clock_server_make);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        const char *name = clock_server_variables[i].name;
        const char *before = getenv(name);

        clock_server_variables[i].was_set = before != NULL;
        snprintf(clock_server_variables[i].before, CLOCK_SERVER_TEXT_SIZE, "%s",
                 before != NULL ? before : "");
        if (strcmp(name, "PGPORT") == 0)
            setenv(name, port, 1);
        else if (values[i] != NULL)
            setenv(name, values[i], 1);
        else
            unsetenv(name);
    }
    free(port);
}

void clock_server_stop(void)
{
    for (size_t i = 0; i < sizeof clock_server_variables / sizeof *clock_server_variables; i++)
        if (clock_server_variables[i].was_set)
            setenv(clock_server_variables[i].name, clock_server_variables[i].before, 1);
        else
            unsetenv(clock_server_variables[i].name);
    clock_server_run(clock_server_end);
}

void clock_server_run(const char *script)
{
    free(clock_server_shell(script));
}

void clock_server_set(const char *offset)
{
    char path[100];

    snprintf(path, sizeof path, "%s/clock", clock_server_directory);
    scene_write_file(path, offset);
}

const char *clock_server_wrapper(void)
{
    static char line[400];

    snprintf(line, sizeof line, CLOCK_SERVER_ENVIRONMENT "exec \"$@\"", clock_server_directory);
    return line;
}
