/* The database killed and its connections cut, at random instants; answers lost. */
#include "fault/fault.h"
#include "fault/postgres.h"
#include "fault/proxy.h"
#include "support/testdb.h"

enum { DATABASES_SPAN_MS = 90, DATABASES_DOWN_MS_MAX = 400 };

static void databases_crash(struct fault_world *world)
{
    if (chance_percent(&world->chance, 50))
        return;
    fault_wait_for_run(world, DATABASES_SPAN_MS);
    postgres_crash(chance_pick(&world->chance, 0, DATABASES_DOWN_MS_MAX));
    world->fault_count++;
}

/* Each backend but ours is ended, one in two by chance, several times. */
static void databases_terminate(struct fault_world *world)
{
    if (chance_percent(&world->chance, 50))
        fault_wait_for_run(world, 0);
    for (int times = chance_pick(&world->chance, 1, 4); times > 0; times--) {
        fault_wait(world, DATABASES_SPAN_MS / 2);
        world->fault_count += (int)testdb_number(
            "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND pid %% 2 = %d",
            chance_pick(&world->chance, 0, 1));
    }
}

/* One test is one process: its proxy. */
static struct proxy *databases_proxy;

static void databases_begin_cuts(struct fault_world *world)
{
    (void)world;
    databases_proxy = proxy_start(fault_seed());
    databases_proxy->percent[PROXY_CUT_BEFORE] = 6;
    databases_proxy->percent[PROXY_CUT_AFTER] = 6;
    databases_proxy->percent[PROXY_CUT_ANSWER] = 14;
    scene_set_variable(databases_proxy->url);
}

static void databases_end_cuts(struct fault_world *world)
{
    for (int cut = 0; cut < PROXY_CUT_COUNT; cut++) {
        databases_proxy->percent[cut] = 0;
        world->fault_count += databases_proxy->done[cut];
    }
}

static const struct fault_scenario scenarios[] = {
    {.name = "database-crash",
     .ticks = 120,
     .options = "--budget 5s",
     .latency_ms_max = 60,
     .disturb = databases_crash},
    {.name = "backends",
     .ticks = 200,
     .options = "--budget 5s",
     .latency_ms_max = 150,
     .disturb = databases_terminate,
     .keeps_outcomes = true},
    {.name = "commit",
     .ticks = 250,
     .options = "--budget 5s",
     .latency_ms_max = 20,
     .begin = databases_begin_cuts,
     .end = databases_end_cuts},
    {.name = "answers",
     .ticks = 80,
     .options = "--budget 1s",
     .latency_ms_max = 40,
     .has_bad_replies = true},
};

const struct fault_scenario *fault_databases(size_t place)
{
    return place < sizeof scenarios / sizeof *scenarios ? &scenarios[place] : NULL;
}
