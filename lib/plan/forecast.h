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
    int64_t takes_ms;
};

/* What is due together. */
struct forecast_load {
    size_t calls;
    int64_t work_ms;    /* of all calls */
    int64_t longest_ms; /* of them */
};

void forecast_add(struct forecast_load *load, int64_t takes_ms);

/*
 * How long it takes if so many calls are made at the same time: as many rounds as it needs of calls
 * of mean length, and no less than the longest.
 */
int64_t forecast_span_ms(const struct forecast_load *load, int workers);

/*
 * Fills in what is due in each minute behind `now`, a minute. Sorts the schedules by their texts:
 * the slots of many that share one text are worked out once.
 */
void forecast_day(struct forecast_schedule *schedules, size_t count, int64_t now,
                  struct forecast_load loads[FORECAST_MINUTES]);

#endif
