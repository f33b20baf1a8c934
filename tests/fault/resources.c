/* Ticks without what they need: a place to print, processes, descriptors, connections, a row. */
#include "fault/fault.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    RESOURCES_CONNECTIONS_MAX = 1024,
    RESOURCES_SPAN_MS = 90,
    RESOURCES_HOLD_MS = 2600, /* longer than a transition waits for a row */
};

/* One scenario is one process. */
static char resources_wrapper[256];
static char resources_died[64]; /* a file that is there once a tick has died */
static char resources_directory[] = "/tmp/fault.XXXXXX";
static PGconn *resources_taken[RESOURCES_CONNECTIONS_MAX];
static int resources_taken_count;

/* ---- What is printed goes nowhere ---- */

static void resources_spoil_output(struct fault_world *world)
{
    static const char *const wrappers[] = {
        "exec \"$@\" >/dev/full",
        "exec \"$@\" >&-",
        "exec \"$@\" >&- 2>&-",
        "exec \"$@\" >/dev/full 2>/dev/full",
        "{ \"$@\" || [ $? -lt 128 ] || : >%s; } | :", /* a pipe that nobody reads */
        "{ \"$@\" 2>&1 || [ $? -lt 128 ] || : >%s; } | :",
    };
    const char *wrapper =
        wrappers[chance_pick(&world->chance, 0, sizeof wrappers / sizeof *wrappers - 1)];
    const char *died = strstr(wrapper, "%s");

    snprintf(resources_wrapper, sizeof resources_wrapper, "%.*s%s%s",
             died != NULL ? (int)(died - wrapper) : (int)strlen(wrapper), wrapper,
             died != NULL ? resources_died : "", died != NULL ? died + 2 : "");
    scene_set_wrapper(resources_wrapper);
    world->fault_count++;
}

static void resources_begin_output(struct fault_world *world)
{
    (void)world;
    snprintf(resources_died, sizeof resources_died, "/tmp/syncsched-fault-died-%ld",
             (long)getpid());
}

/* No tick may die of who reads. */
static void resources_end_output(struct fault_world *world)
{
    (void)world;
    scene_set_wrapper(NULL);
    ck_assert_int_ne(unlink(resources_died), 0);
}

/* ---- Too few descriptors, too few processes ---- */

static void resources_take_descriptors(struct fault_world *world)
{
    snprintf(resources_wrapper, sizeof resources_wrapper, "ulimit -n %d; exec \"$@\"",
             chance_pick(&world->chance, 4, 13));
    scene_set_wrapper(resources_wrapper);
    world->fault_count++;
}

/* Somebody without privileges may not be let in to where the program was built: it gets a copy. */
static void resources_copy_program(struct fault_world *world)
{
    static char copy[sizeof resources_directory + 16];
    char source[4096];
    const char *build = getenv("BUILD");
    const char *argv[] = {"install", "-m", "755", source, copy, NULL};
    struct program_result result;

    (void)world;
    snprintf(source, sizeof source, "%s/syncsched", build != NULL ? build : TEST_BUILD_DIR);
    ck_assert_ptr_nonnull(mkdtemp(resources_directory));
    snprintf(copy, sizeof copy, "%s/syncsched", resources_directory);
    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 0, "%s", result.err);
    program_result_free(&result);
    argv[0] = "chmod";
    argv[1] = "755";
    argv[2] = resources_directory;
    argv[3] = NULL;
    result = program_run(argv, NULL);
    program_result_free(&result);
    setenv("BUILD", resources_directory, 1);
}

static void resources_remove_program(struct fault_world *world)
{
    char copy[4096];

    (void)world;
    scene_set_wrapper(NULL);
    snprintf(copy, sizeof copy, "%s/syncsched", resources_directory);
    unlink(copy);
    rmdir(resources_directory);
    unsetenv("BUILD");
}

/*
 * RLIMIT_NPROC counts the processes of a user, and root is exempt: as root, as nobody, with none.
 * An ordinary user has some, so that all one can ask for is no new one.
 */
static void resources_take_processes(struct fault_world *world)
{
    if (geteuid() == 0)
        snprintf(resources_wrapper, sizeof resources_wrapper,
                 "exec setpriv --reuid=65534 --regid=65534 --clear-groups"
                 " prlimit --nproc=%d \"$@\"",
                 chance_pick(&world->chance, 1, 5));
    else
        snprintf(resources_wrapper, sizeof resources_wrapper, "exec prlimit --nproc=%d \"$@\"",
                 chance_percent(&world->chance, 50) ? 1 : 100000);
    scene_set_wrapper(resources_wrapper);
    world->fault_count++;
}

/* ---- No connection left, or few ---- */

static void resources_take_connections(struct fault_world *world)
{
    int spare = chance_pick(&world->chance, 0, 4);

    while (resources_taken_count < RESOURCES_CONNECTIONS_MAX) {
        PGconn *connection = PQconnectdb("");

        if (PQstatus(connection) != CONNECTION_OK) {
            PQfinish(connection);
            break;
        }
        resources_taken[resources_taken_count++] = connection;
    }
    for (; spare > 0 && resources_taken_count > 0; spare--)
        PQfinish(resources_taken[--resources_taken_count]);
    world->fault_count++;
}

static void resources_release_connections(struct fault_world *world)
{
    (void)world;
    while (resources_taken_count > 0)
        PQfinish(resources_taken[--resources_taken_count]);
}

/* ---- Rows of the log that a stranger has locked ---- */

static void resources_lock_rows(struct fault_world *world)
{
    char sql[256];
    PGconn *stranger;

    fault_wait_for_run(world, 0);
    snprintf(sql, sizeof sql,
             "SELECT FROM sync_run_log WHERE status IN ('pending', 'running')"
             " AND right(integration_id::text, 12)::int %% 2 = %d FOR UPDATE",
             chance_pick(&world->chance, 0, 1));
    stranger = scene_stranger(sql);
    world->fault_count++;
    if (chance_percent(&world->chance, 50))
        scene_sleep_ms(RESOURCES_HOLD_MS);
    else
        fault_wait(world, RESOURCES_SPAN_MS);
    PQfinish(stranger);
}

static const struct fault_scenario scenarios[] = {
    {.name = "output",
     .ticks = 60,
     .options = "--budget 5s",
     .latency_ms_max = 20,
     .begin = resources_begin_output,
     .prepare = resources_spoil_output,
     .end = resources_end_output,
     .keeps_outcomes = true},
    {.name = "descriptors",
     .ticks = 60,
     .options = "--budget 1s",
     .latency_ms_max = 20,
     .prepare = resources_take_descriptors,
     .end = fault_unwrap},
    {.name = "processes",
     .ticks = 60,
     .options = "--budget 1s",
     .latency_ms_max = 20,
     .begin = resources_copy_program,
     .prepare = resources_take_processes,
     .end = resources_remove_program},
    {.name = "connections",
     .ticks = 60,
     .options = "--budget 1s",
     .latency_ms_max = 20,
     .prepare = resources_take_connections,
     .end = resources_release_connections},
    {.name = "rows",
     .ticks = 80,
     .options = "--budget 8s",
     .latency_ms_max = 600,
     .disturb = resources_lock_rows,
     .keeps_outcomes = true},
};

const struct fault_scenario *fault_resources(size_t place)
{
    return place < sizeof scenarios / sizeof *scenarios ? &scenarios[place] : NULL;
}
