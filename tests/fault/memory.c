/*
 * Ticks whose n-th allocation gets no memory, once or from then on: in the program itself, in libpq,
 * libcurl, OpenSSL, jansson and the C library. A child counts on from its parent's number.
 */
#include "fault/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define PRELOAD "LD_PRELOAD=" TEST_BUILD_DIR "/tests/failing_malloc.so"

enum {
    MEMORY_TICKS = 1500, /* evenly over all allocations, from a place by chance */
    MEMORY_LASTING_PERCENT = 25,
};

/* One scenario is one process. */
static char memory_wrapper[300];
static long memory_most;
static long memory_step;
static long memory_next;

/* A tick that only counts. */
static void memory_begin(struct fault_world *world)
{
    char path[] = "/tmp/syncsched-memory.XXXXXX";
    int fd = mkstemp(path);
    struct scene_tick tick;

    ck_assert(fd >= 0 && ftruncate(fd, sizeof memory_most) == 0);
    snprintf(memory_wrapper, sizeof memory_wrapper, "ALLOCATION_COUNT=%s " PRELOAD " exec \"$@\"",
             path);
    scene_set_wrapper(memory_wrapper);
    tick = scene_run(world->scenario->options);
    ck_assert_msg(tick.status == 0 && tick.triggered > 0, "while counting: %s%s", tick.out,
                  tick.err);
    scene_tick_free(&tick);
    ck_assert_int_eq(read(fd, &memory_most, sizeof memory_most), (int)sizeof memory_most);
    close(fd);
    unlink(path);
    memory_step = memory_most / fault_ticks(world->ticks_wanted) + 1;
    memory_next = chance_pick(&world->chance, 1, (int)memory_step);
    printf("memory: %ld allocations, one in %ld\n", memory_most, memory_step);
}

static void memory_prepare(struct fault_world *world)
{
    snprintf(memory_wrapper, sizeof memory_wrapper,
             "ALLOCATION_FAILS=%ld%s " PRELOAD " exec \"$@\"", memory_next,
             chance_percent(&world->chance, MEMORY_LASTING_PERCENT) ? "+" : "");
    memory_next = memory_next + memory_step <= memory_most
                      ? memory_next + memory_step
                      : chance_pick(&world->chance, 1, (int)memory_most);
    world->fault_count++;
}

static const struct fault_scenario scenarios[] = {
    {.name = "memory",
     .ticks = MEMORY_TICKS,
     .options = "--budget 3s",
     .latency_ms_max = 5,
     .begin = memory_begin,
     .prepare = memory_prepare,
     .end = fault_unwrap,
     .deed = memory_wrapper},
};

const struct fault_scenario *fault_memory(size_t place)
{
    return place < sizeof scenarios / sizeof *scenarios ? &scenarios[place] : NULL;
}
