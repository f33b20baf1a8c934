/* Processes that are killed, told to stop, or frozen, at random instants; with wrong clocks, too. */
#include "fault/fault.h"
#include "support/testdb.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* A tick with a few calls takes about this long; a bit more, so that some deeds come late. */
enum { KILLS_SPAN_MS = 90 };

static void kills_count(struct fault_world *world, pid_t pid, int signal_number)
{
    world->fault_count += kill(pid, signal_number) == 0 ? 1 : 0;
}

/* After a while the parent, a worker, or all of them, as kill() takes it; 0: there is no worker. */
static pid_t kills_pick_victim(struct fault_world *world, struct program *tick)
{
    int part = chance_pick(&world->chance, 0, 2);

    fault_wait(world, KILLS_SPAN_MS);
    if (part == 0)
        return program_pid(tick);
    return part == 1 ? fault_pick_worker(world, tick) : -program_pid(tick);
}

static void kills_kill(struct fault_world *world)
{
    for (int deeds = chance_pick(&world->chance, 1, 3); deeds > 0; deeds--) {
        struct program *tick = fault_pick_tick(world);
        pid_t victim = kills_pick_victim(world, tick);

        if (victim != 0 && program_is_running(tick))
            kills_count(world, victim, SIGKILL);
    }
}

static void kills_stop(struct fault_world *world)
{
    struct program *tick = fault_pick_tick(world);
    int signal_number = chance_percent(&world->chance, 50) ? SIGTERM : SIGINT;
    bool is_for_all = chance_percent(&world->chance, 30); /* a terminal's ^C */

    fault_wait(world, KILLS_SPAN_MS);
    if (program_is_running(tick))
        kills_count(world, is_for_all ? -program_pid(tick) : program_pid(tick), signal_number);
}

/* Longer than the budget of a second, and longer still than the grace behind it, now and then. */
static void kills_freeze(struct fault_world *world)
{
    struct program *tick = fault_pick_tick(world);
    int ms = chance_percent(&world->chance, 10) ? 7500 : chance_pick(&world->chance, 1000, 1800);
    pid_t frozen = kills_pick_victim(world, tick);

    if (frozen == 0 || !program_is_running(tick))
        return;
    kills_count(world, frozen, SIGSTOP);
    scene_sleep_ms(ms);
    kill(frozen, SIGCONT);
}

/*
 * A host whose clock is 90 s ahead, 90 s behind or a day ahead of the database's. Without the shared
 * memory that lets processes agree on a clock that is set anew: the killed would leave it behind.
 */
static void kills_shift_clock(struct fault_world *world)
{
    static const char *const shifts[] = {"+90s", "-90s", "+1d"};
    static char wrapper[160];

    snprintf(wrapper, sizeof wrapper,
             "export FAKETIME=%s FAKETIME_DISABLE_SHM=1"
             " LD_PRELOAD=$(ls /usr/lib/*/faketime/libfaketime.so.1); exec \"$@\"",
             shifts[chance_pick(&world->chance, 0, 2)]);
    scene_set_wrapper(wrapper);
    world->fault_count++;
}

/* One more tick, of a trigger that has not warned yet, to see that the clocks were wrong indeed. */
static void kills_expect_wrong_clock(struct fault_world *world)
{
    static char options[200];
    struct scene_tick tick;

    snprintf(options, sizeof options, "%s --trigger-name witness", world->scenario->options);
    tick = scene_run(options);
    ck_assert_msg(strstr(tick.err, "this host's clock and the database's are ") != NULL,
                  "no word of clocks: %s", tick.err);
    scene_tick_free(&tick);
    scene_set_wrapper(NULL);
}

/* One more tick, so that there surely are further attempts, however few ticks there were. */
static void kills_expect_attempts(struct fault_world *world)
{
    struct scene_tick tick;

    fault_age_runs();
    tick = scene_run(world->scenario->options);
    scene_tick_free(&tick);
    ck_assert_int_gt(testdb_number("SELECT count(*) FROM sync_run_log WHERE attempt > 1"), 0);
}

static const struct fault_scenario scenarios[] = {
    {.name = "kill",
     .ticks = 1000,
     .options = "--budget 5s",
     .latency_ms_max = 40,
     .disturb = kills_kill},
    {.name = "stop",
     .ticks = 150,
     .options = "--budget 5s --concurrency 1", /* so that it leaves runs that have not begun */
     .latency_ms_max = 60,
     .disturb = kills_stop},
    {.name = "freeze",
     .ticks = 60,
     .options = "--budget 1s",
     .latency_ms_max = 60,
     .disturb = kills_freeze},
    {.name = "clocks",
     .ticks = 150,
     .options = "--budget 5s",
     .latency_ms_max = 40,
     .prepare = kills_shift_clock,
     .disturb = kills_kill,
     .end = kills_expect_wrong_clock},
    {.name = "attempts",
     .ticks = 120,
     .options = "--budget 1s --max-attempts 3 --retry-unknown",
     .latency_ms_max = 40,
     .disturb = kills_kill,
     .end = kills_expect_attempts,
     .has_bad_replies = true},
};

const struct fault_scenario *fault_kills(size_t place)
{
    return place < sizeof scenarios / sizeof *scenarios ? &scenarios[place] : NULL;
}
