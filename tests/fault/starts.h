/*
 * When ticks start: plans of what cron, pg_cron and busy hosts make of "once a minute". Pure.
 */
#ifndef SYNCSCHED_TESTS_FAULT_STARTS_H
#define SYNCSCHED_TESTS_FAULT_STARTS_H

#include "fault/chance.h"

#include <stddef.h>
#include <stdint.h>

/* Instants in microseconds since 1970, in order once the plan is made. */
struct starts {
    int64_t *at_us;
    size_t count;
    size_t capacity;
};

struct starts_plan {
    const char *name;
    /* Adds the starts that belong to one minute; state is the plan's own, 0 at first. */
    void (*add)(struct starts *starts, struct chance *chance, int64_t minute, int64_t *state);
};

/* All plans, by place; NULL behind the last. */
const struct starts_plan *starts_plan(size_t place);

/* The starts for minutes first to last; starts_free() releases them. */
void starts_make(const struct starts_plan *plan, struct chance *chance, int64_t first, int64_t last,
                 struct starts *starts);

void starts_add(struct starts *starts, int64_t at_us);
void starts_free(struct starts *starts);

/* Exponentially distributed with this mean. */
int64_t starts_exponential_us(struct chance *chance, int64_t mean_us);

#endif
