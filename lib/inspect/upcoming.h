/*
 * The upcoming slots of the schedules in the database, in order of time. Writes nothing.
 *
 * Each schedule is held with its next slot only, so that the slots themselves may be many.
 */
#ifndef SYNCSCHED_INSPECT_UPCOMING_H
#define SYNCSCHED_INSPECT_UPCOMING_H

#include "base/error.h"
#include "plan/timetable.h"
#include "store/database.h"
#include "store/org_names.h"

#include <jansson.h>

struct upcoming_options {
    struct database_address database;
    const char *org_id;         /* only this organisation's schedules; NULL: everybody's */
    const char *integration_id; /* only this integration's */
    int64_t deadline_ms;        /* on the monotonic clock */
    int64_t ahead_ms;           /* how far to look ahead */
};

/* A schedule and its next slot. */
struct upcoming_schedule {
    json_t *report; /* of that slot, once it is the first one */
    struct timetable timetable;
    int64_t slot; /* a UTC minute */
};

struct upcoming {
    const struct upcoming_options *options;
    struct zones zones;
    struct upcoming_schedule *schedules; /* a heap, the earliest slot first */
    size_t count;
    size_t capacity;
    size_t matched; /* schedules that were asked for, whether they have a slot or not */
    size_t invalid; /* those whose row is not valid: */
    struct subject_copy first_invalid; /* the first of them, */
    struct error first_error;          /* and what is wrong */
    struct org_names names;
    int64_t now_us; /* of the database; 0: it has no schedule */
    int64_t until;  /* the last UTC minute to look at */
};

/*
 * Reads the schedules, with the database's clock for now. Rows that are not valid are warnings. The
 * options must live as long as upcoming, which the caller frees, also after a failure. Fails with
 * the errors of database.h.
 */
bool upcoming_read(const struct upcoming_options *options, struct upcoming *upcoming,
                   struct error *err);

/*
 * The report on the slot that comes next, ties in key order; NULL when there are no more: orgId,
 * organization (null: its name is not known), integrationId, integrationType, scheduledFor,
 * localTime, schedule and timezone ("UTC" where the organisation has none). Borrowed until
 * upcoming_advance().
 */
json_t *upcoming_first(const struct upcoming *upcoming);

/* Goes on from that slot to the one behind it. */
void upcoming_advance(struct upcoming *upcoming);

void upcoming_free(struct upcoming *upcoming);

#endif
