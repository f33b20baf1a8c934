/*
 * The forecast: what is due in each minute of a day, and how long that takes (design section 5,
 * step 7).
 */
#ifndef SYNCSCHED_PLAN_FORECAST_H
#define SYNCSCHED_PLAN_FORECAST_H

#include "plan/timetable.h"

#include <stddef.h>
#include <stdint.h>

enum { FORECAST_MINUTES = 24 * 60 };

/* A schedule, and how long the calls of its integration take. Borrowed. */
struct forecast_schedule {
    const struct timetable *timetable;
    const char *cron_schedule;
    const char *timezone; /* NULL: none */
    size_t type;          /* timetable_find_type() */
    int64_t takes_ms;
};

struct forecast_calls {
    size_t count;
    int64_t work_ms; /* of all of them */
};

/* What is due together. */
struct forecast_load {
    struct forecast_calls all;
    struct forecast_calls of[RUN_TYPES]; /* those of each type */
    int64_t longest_ms;
};

/* How many calls are made at the same time. */
struct forecast_limits {
    int workers;                 /* of a tick */
    int max_calls;               /* of all types; 0: no limit */
    int max_calls_of[RUN_TYPES]; /* of each type; 0: no limit */
};

bool forecast_is_limited(const struct forecast_limits *limits);

void forecast_add(struct forecast_load *load, size_t type, int64_t takes_ms);

/*
 * How long it takes: as many rounds as it needs of calls of mean length, and no less than the
 * longest call, nor than any type takes that has a limit of its own.
 */
int64_t forecast_span_ms(const struct forecast_load *load, const struct forecast_limits *limits);

/*
 * Fills in what is due in each minute behind `now`, a minute. Sorts the schedules by their texts:
 * the slots of many that share one text are worked out once.
 */
void forecast_day(struct forecast_schedule *schedules, size_t count, int64_t now,
                  struct forecast_load loads[FORECAST_MINUTES]);

#endif
