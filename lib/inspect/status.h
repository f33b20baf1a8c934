/*
 * The status, read and judged: who ticks, and how each integration is. status and health print it.
 *
 * Two statements, streamed in one round trip. Cost and memory are bounded by the integrations and
 * by the runs that were asked for, not by the history. Writes nothing.
 */
#ifndef SYNCSCHED_INSPECT_STATUS_H
#define SYNCSCHED_INSPECT_STATUS_H

#include "plan/condition.h"
#include "plan/forecast.h"
#include "plan/probe.h"
#include "plan/run.h"
#include "plan/schedule.h"
#include "plan/timetable.h"
#include "store/database.h"
#include "store/schedules.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct status_options {
    struct database_address database;
    int64_t deadline_ms;
    const char *org_id;         /* only this organisation; NULL: every one */
    const char *integration_id; /* only this integration; NULL: every one */
    int runs;                   /* so many of the last runs of each */
    bool wants_messages;        /* with their error messages */
    int64_t budget_ms;          /* of a tick, for what does not fit into one; 0: of no interest */
    struct forecast_limits limits;
};

struct status_integration {
    struct schedule schedule;
    const char *organization; /* its name, cut to 200 characters; any text, "" where it has none */
    int64_t state_since;      /* since when the text in its state row holds; INT64_MIN: not known */
    int64_t last_success_at_ms; /* INT64_MIN: never */
    int64_t pending_slot;       /* of the run that waits to begin; INT64_MIN: none waits */
    int64_t pending_since_ms;
    bool is_left;              /* its tick had no time for it */
    int64_t takes_ms;          /* the longest of its latest calls; INT64_MIN: it has none */
    int64_t accepted_since_ms; /* when a run that is accepted began; INT64_MIN: none is */
    const char *runs;          /* its last runs as a JSON array, the newest first; NULL: none */
    /* last_success, well_since and log are read, the rest is judged, as is what follows. */
    struct condition_facts facts;
    struct condition condition;
    struct timetable timetable;        /* of one that is active and valid */
    int64_t next_slot;                 /* a minute; INT64_MIN: none */
    const struct probe_finding *probe; /* that of its type; NULL: there is none */
};

/* A minute with more due than a tick has time for. */
struct status_minute {
    int64_t minute;
    struct forecast_load load;
};

enum { STATUS_FULL_MAX = 10 };

/* What does not fit into a tick. Integrations without a call count as long as others of their type.
 */
struct status_capacity {
    bool is_known;
    int64_t budget_ms; /* as in the options, as are the next */
    struct forecast_limits limits;
    struct forecast_load waiting;               /* runs that ticks had no time for yet */
    int64_t waiting_since;                      /* the oldest slot of these, a minute */
    struct status_minute full[STATUS_FULL_MAX]; /* the first of the coming day */
    size_t full_count;                          /* all of them */
};

/* `struct status s = {0};` is an empty one. */
struct status {
    int64_t now_us;        /* the server's clock, since 1970 UTC */
    const char *triggers;  /* a JSON array, the one that ticked last first; NULL: none */
    bool is_ticking;       /* some trigger is not silent */
    const char *throttled; /* the same of the types that are; NULL: none */
    struct status_integration *integrations; /* in key order; judged: what needs a person first */
    size_t count;
    size_t capacity;
    const struct probe_finding *probes;   /* borrowed */
    size_t probe_count;                   /* 0: no system was asked */
    size_t conditions[CONDITION_STATES];  /* judged: how many integrations are in each state */
    struct status_capacity tick_capacity; /* of all integrations; not known of some alone */
    struct schedules_repeated repeated;   /* those that are set aside point to it */
    struct zones zones;
    char **texts; /* those that the rest points to */
    size_t text_count;
    size_t text_capacity;
};

/*
 * Reads the status and judges it by what probes found, which is borrowed; count 0: no system was
 * asked. Warns when there is no integration at all; ERROR_USAGE where none has the ids that were
 * asked for. The caller frees the status, also after a failure. Fails with the errors of database.h
 * besides.
 */
bool status_inspect(const struct status_options *options, const struct probe_finding *probes,
                    size_t probe_count, struct status *status, struct error *err);

void status_free(struct status *status);

#endif
