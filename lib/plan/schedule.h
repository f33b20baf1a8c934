/*
 * A schedule: one row of organization_integrations in its organisation's time zone, as it was read.
 */
#ifndef SYNCSCHED_PLAN_SCHEDULE_H
#define SYNCSCHED_PLAN_SCHEDULE_H

#include "plan/run.h"

#include <stdbool.h>
#include <stdint.h>

/* Texts are borrowed, and valid during the call only. */
struct schedule {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    bool is_active;               /* enabled, with a cron_schedule */
    bool has_organization;        /* its organisation's row exists */
    const char *integration_type; /* any of these may be NULL or rubbish; cut to 64 characters, */
    const char *cron_schedule;    /* 1,001, */
    const char *timezone;         /* and 65 */
    const char *state_text;       /* its text as its state row has it; NULL without a state row */
    int64_t mark;                 /* its mark as minute, INT64_MIN when there is none */
    int64_t served; /* of a mark from the future: the log shows its slots as served up to here;
                       INT64_MIN: no run does */
    /*
     * Why nothing may be decided for it, neither that it is due nor that it has changed: its ids
     * are NULL ("" above), or several rows have them. NULL: it is the one row of its ids.
     */
    const char *set_aside;
};

#endif
