#include "fault/starts.h"

#include "base/memory.h"
#include "time/instant.h"

#include <math.h>
#include <stdlib.h>

#define SECOND INSTANT_US_PER_SECOND
#define MINUTE INSTANT_US_PER_MINUTE

enum { STARTS_PARTS = 1000000 };

void starts_add(struct starts *starts, int64_t at_us)
{
    starts->at_us =
        memory_grow(starts->at_us, starts->count, &starts->capacity, sizeof *starts->at_us);
    starts->at_us[starts->count++] = at_us;
}

void starts_free(struct starts *starts)
{
    free(starts->at_us);
    *starts = (struct starts){0};
}

int64_t starts_exponential_us(struct chance *chance, int64_t mean_us)
{
    double part = (double)chance_pick(chance, 1, STARTS_PARTS) / STARTS_PARTS;

    return (int64_t)(-log(part) * (double)mean_us);
}

/* ---- The plans ---- */

static void starts_late_5(struct starts *starts, struct chance *chance, int64_t minute,
                          int64_t *state)
{
    (void)state;
    starts_add(starts, minute * MINUTE + starts_exponential_us(chance, 5 * SECOND));
}

static void starts_late_10(struct starts *starts, struct chance *chance, int64_t minute,
                           int64_t *state)
{
    (void)state;
    starts_add(starts, minute * MINUTE + starts_exponential_us(chance, 10 * SECOND));
}

static void starts_anywhere(struct starts *starts, struct chance *chance, int64_t minute,
                            int64_t *state)
{
    (void)state;
    starts_add(starts, minute * MINUTE + chance_pick(chance, 0, (int)MINUTE - 1));
}

static void starts_some_missing(struct starts *starts, struct chance *chance, int64_t minute,
                                int64_t *state)
{
    if (!chance_percent(chance, 1))
        starts_late_5(starts, chance, minute, state);
}

/*
 * pg_cron starts a job when the one before it has ended, and those that waited back to back. Most
 * end in seconds, some take minutes. *state: when the last one ended.
 */
static void starts_queued(struct starts *starts, struct chance *chance, int64_t minute,
                          int64_t *state)
{
    int64_t at_us = minute * MINUTE > *state ? minute * MINUTE : *state;
    bool is_long = chance_percent(chance, 5);

    starts_add(starts, at_us);
    *state = at_us + SECOND * chance_pick(chance, is_long ? 60 : 1, is_long ? 420 : 20);
}

/* Two triggers, half a minute apart. */
static void starts_twice(struct starts *starts, struct chance *chance, int64_t minute,
                         int64_t *state)
{
    starts_late_5(starts, chance, minute, state);
    starts_add(starts, minute * MINUTE + MINUTE / 2 + starts_exponential_us(chance, 5 * SECOND));
}

const struct starts_plan *starts_plan(size_t place)
{
    static const struct starts_plan plans[] = {
        {"5 s late (mean)", starts_late_5},  {"10 s late (mean)", starts_late_10},
        {"0 to 60 s late", starts_anywhere}, {"1% missing", starts_some_missing},
        {"pg_cron's queue", starts_queued},  {"two triggers", starts_twice},
    };

    return place < sizeof plans / sizeof *plans ? &plans[place] : NULL;
}

static int starts_compare(const void *left, const void *right)
{
    const int64_t *a = left;
    const int64_t *b = right;

    return *a < *b ? -1 : *a > *b;
}

void starts_make(const struct starts_plan *plan, struct chance *chance, int64_t first, int64_t last,
                 struct starts *starts)
{
    int64_t state = 0;

    *starts = (struct starts){0};
    for (int64_t minute = first; minute <= last; minute++)
        plan->add(starts, chance, minute, &state);
    if (starts->count > 0)
        qsort(starts->at_us, starts->count, sizeof *starts->at_us, starts_compare);
}
