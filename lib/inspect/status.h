/*
 * The overview: who ticks, and how every integration stands, what needs a person first. Writes
 * nothing; what status and health print.
 */
#ifndef SYNCSCHED_INSPECT_STATUS_H
#define SYNCSCHED_INSPECT_STATUS_H

#include "base/error.h"
#include "plan/condition.h"
#include "plan/probe.h"
#include "plan/timetable.h"
#include "store/database.h"
#include "store/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { OVERVIEW_SILENCE_MS = 3 * 60 * 1000 }; /* of a trigger that starts a tick once a minute */

struct overview_options {
    struct database_address database;
    struct standing_question question;
    int64_t deadline_ms;                /* on the stopwatch */
    const struct probe_finding *probes; /* what the systems said that were asked; borrowed */
    size_t probe_count;                 /* 0: nobody was asked */
};

struct overview_trigger {
    char *name;
    char *host;
    int64_t last_tick_at_ms;
    bool is_silent;
};

/* A run as it was read, whose texts belong to the overview. */
struct overview_run {
    struct standing_run run;
    char *triggered_by;
    char *trigger_name;
    char *host;
    char *error_code;
    char *error_message;
};

struct overview_integration {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char *organization; /* any of these may hold anything; "" where there is none */
    char *integration_type;
    char *cron_schedule;
    char *timezone;
    char *fault;                /* why the row is not valid; NULL: it is, or it is not active */
    struct timetable timetable; /* of one that is active and valid */
    int64_t next_slot;          /* a UTC minute; INT64_MIN: none */
    int64_t last_success_at_ms; /* INT64_MIN: never */
    struct condition_facts facts;
    struct condition condition;
    const struct probe_finding *probe; /* that of its type; NULL: there is none */
    struct overview_run *runs;         /* the newest first */
    size_t run_count;
    size_t run_capacity;
};

struct overview {
    int64_t now_us;                    /* the server's clock */
    bool is_ticking;                   /* some trigger is not silent */
    struct overview_trigger *triggers; /* the one that ticked last first */
    size_t trigger_count;
    size_t trigger_capacity;
    struct overview_integration *integrations; /* what needs a person first */
    size_t count;
    size_t capacity;
    const struct probe_finding *probes; /* as they were handed over */
    size_t probe_count;
    size_t by_state[CONDITION_DISABLED + 1]; /* how many there are */
    struct zones zones;
};

/* Fails with the errors of database.h. The caller frees the overview, also after a failure. */
bool overview_read(const struct overview_options *options, struct overview *overview,
                   struct error *err);

void overview_free(struct overview *overview);

#endif
