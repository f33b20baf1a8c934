/*
 * The fault suite: ticks that are killed, cut off, frozen and starved at random instants, and then
 * a tally of what became of every slot.
 *
 * A scenario goes on in bursts. Each burst makes a few new integrations that owe slots of the last
 * hour, starts one, two or five ticks at once, does something to them, and waits. Now and then the
 * rows that dead ticks left are aged by SQL, as if their time had passed. At the end undisturbed
 * ticks run until nothing is left to do, and then nothing may be missing, doubled or stuck.
 *
 * A scenario runs as a Check test; whatever goes wrong in the harness fails it.
 */
#ifndef SYNCSCHED_TESTS_FAULT_FAULT_H
#define SYNCSCHED_TESTS_FAULT_FAULT_H

#include "fault/chance.h"
#include "fault/tally.h"
#include "support/scene.h"

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAULT_AT_ONCE_MAX = 5 };

struct fault_scenario;

/* A scenario that runs. */
struct fault_world {
    const struct fault_scenario *scenario;
    struct chance chance;
    struct program *ticks[FAULT_AT_ONCE_MAX]; /* those of the running burst */
    int at_once;
    int integrations; /* numbered from 1 */
    int tick_count;
    int ticks_wanted; /* the scenario's; its begin may change that */
    int crash_count;  /* ticks that a signal ended, but for SIGKILL */
    int fault_count;  /* deeds: kills, cuts, restarts, whatever the scenario does */
    int64_t base;     /* the minute in which it began */
    struct tally_slot *slots;
    size_t slot_count;
    size_t slot_capacity;
    pid_t *groups; /* process groups of all ticks */
    size_t group_count;
    size_t group_capacity;
};

struct fault_scenario {
    const char *name;
    const char *options;                        /* of every disturbed tick */
    int ticks;                                  /* so many, at the least */
    int latency_ms_max;                         /* of the function */
    void (*begin)(struct fault_world *world);   /* once; NULL in all four: nothing */
    void (*prepare)(struct fault_world *world); /* before the ticks of a burst start */
    void (*disturb)(struct fault_world *world); /* while they run; must not leave them stopped */
    void (*end)(struct fault_world *world);     /* once, before the undisturbed ticks */
    /*
     * What is done to the tick that comes next, in words. Then there are never two at once, and each
     * must end, with its workers, and tell the truth by exit status 0; NULL: they may overlap.
     */
    const char *deed;
    bool has_bad_replies; /* answers are lost, broken or too late */
    bool is_throttled;    /* the function answers 429 now and then */
    bool keeps_outcomes;  /* what is done to ticks costs no run its outcome */
};

/* Fails the test unless the scenario ends with nothing missing, doubled or stuck. Prints a row. */
void fault_run(const struct fault_scenario *scenario);

/* The seed of this run, from FAULT_SEED or the clock. */
uint64_t fault_seed(void);

/* So many ticks, or FAULT_TICKS where that is fewer. */
int fault_ticks(int wanted);

/* Sleeps for up to that long, by chance. */
void fault_wait(struct fault_world *world, int ms_max);

/* Until a run is running, or a second has passed; then for up to that long, by chance. */
void fault_wait_for_run(struct fault_world *world, int ms_max);

/* One of the ticks of the burst. */
struct program *fault_pick_tick(struct fault_world *world);

/* One of its workers; 0 when it has none now. */
pid_t fault_pick_worker(struct fault_world *world, struct program *tick);

/*
 * What `audit --json` says of the minutes from (included) to to (not): a new reference. Fails the
 * test when it finds a slot missing or doubled.
 */
json_t *fault_audit(int64_t from, int64_t to);

/* An end of scenarios that wrap their ticks: those that follow are started as they are. */
void fault_unwrap(struct fault_world *world);

/* Makes pending, running and failed runs old enough for ticks to care for them. */
void fault_age_runs(void);

void fault_print_head(void);

/* ---- The cases of the suite ---- */

/* All scenarios of a file, by place; NULL behind the last. */
const struct fault_scenario *fault_kills(size_t place);
const struct fault_scenario *fault_databases(size_t place);
const struct fault_scenario *fault_resources(size_t place);
const struct fault_scenario *fault_denials(size_t place);
const struct fault_scenario *fault_syscalls(size_t place);
const struct fault_scenario *fault_memory(size_t place);

TCase *tcase_tally(void);
TCase *tcase_outages(void);
TCase *tcase_frozen(void);
TCase *tcase_simulation(void);

#endif
