/*
 * The coming slots of the schedules in the database, in order of time. Writes nothing.
 *
 * Each schedule is held with its next slot only, so that the slots themselves may be many.
 */
#ifndef SYNCSCHED_INSPECT_UPCOMING_H
#define SYNCSCHED_INSPECT_UPCOMING_H

#include "base/error.h"
#include "plan/timetable.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coming_options {
    struct database_address database;
    const char *org_id;         /* only this organisation's schedules; NULL: everybody's */
    const char *integration_id; /* only this integration's */
    int64_t deadline_ms;        /* on the stopwatch */
    int64_t ahead_ms;           /* how far to look ahead */
};

/* A schedule and its next slot. */
struct coming_schedule {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char *integration_type;
    char *cron_schedule;
    char *timezone; /* "UTC" where the organisation has none */
    struct timetable timetable;
    int64_t slot; /* a UTC minute */
};

struct coming {
    struct zones zones;
    struct coming_schedule *schedules; /* a heap, the earliest slot first */
    size_t count;
    size_t capacity;
    size_t matched; /* schedules that were asked for, whether they have a slot or not */
    int64_t until;  /* the last UTC minute to look at */
};

/*
 * Reads the schedules, with the database's clock for now. Rows that are not valid are warnings.
 * The caller frees coming, also after a failure. Fails with the errors of database.h.
 */
bool coming_read(const struct coming_options *options, struct coming *coming, struct error *err);

/* The schedule whose slot comes next, ties in key order; NULL when there are no more. */
const struct coming_schedule *coming_first(const struct coming *coming);

/* Goes on from that slot to the one behind it. */
void coming_advance(struct coming *coming);

void coming_free(struct coming *coming);

#endif
