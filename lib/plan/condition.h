/*
 * The condition of an integration: healthy, degraded or unhealthy, since when, and why.
 *
 * Pure: from what the log and the schedule say to a judgement, the one that status and health
 * share. What needs a person comes first. Not for reading the facts (overview.h).
 */
#ifndef SYNCSCHED_PLAN_CONDITION_H
#define SYNCSCHED_PLAN_CONDITION_H

#include "base/text.h"
#include "plan/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONDITION_OVERDUE_MINUTES = 5, /* a slot that waits for longer is overdue, as drift is warned */
    CONDITION_FAILING_SLOTS = 3,   /* so many in a row that failed are no longer bad luck */
    CONDITION_FAILURES_MAX = 100, /* so many failed slots of an integration are counted, the last */
};

/* Slots, as minutes; INT64_MIN where there are none. */
struct condition_slots {
    int64_t count;
    int64_t first;
    int64_t last;
};

/*
 * Slots that failed and that nobody has made good, each by its last attempt: those since the last
 * success, and those of the last days. What was cancelled because a person changed the schedule is
 * not among them.
 */
struct condition_log {
    struct condition_slots in_row;     /* attempted since the last success */
    struct condition_slots unknown;    /* the function may have run; some in_row, too */
    struct condition_slots given_up;   /* never attempted */
    struct condition_slots failed;     /* attempted, before the last success, and surely not done */
    char last_code[OUTCOME_CODE_SIZE]; /* why the last one in_row failed */
};

/* What is known of an integration. Slots are minutes, INT64_MIN where there is none. */
struct condition_facts {
    int64_t now;
    bool is_active;           /* enabled, with a schedule: nobody waits for any other */
    const char *fault;        /* why its row is not valid; NULL: it is */
    int64_t fault_since;      /* from when on ticks have known it so */
    bool fires;               /* its schedule has a slot to come */
    int64_t last_success;     /* the last slot that was completed */
    int64_t well_since;       /* the first slot completed after everything that failed */
    int64_t waiting;          /* the first slot that should have been begun by now and is not */
    struct condition_log log; /* what failed, and nobody has made good */

    /* What probes say of the system behind it; NULL: they reach it, or say nothing. */
    const char *unreachable_code;
    int64_t unreachable_since; /* a minute */
};

enum condition_state {
    CONDITION_UNHEALTHY, /* what it is to do is not being done */
    CONDITION_DEGRADED,  /* it is, but a person should look at something */
    CONDITION_HEALTHY,
    CONDITION_DISABLED, /* nothing is to be done */
};

/* In the order in which a person is needed. */
enum condition_reason {
    CONDITION_NEVER_SUCCEEDED,
    CONDITION_OVERDUE,
    CONDITION_FAILING,
    CONDITION_UNKNOWN,
    CONDITION_GIVEN_UP,
    CONDITION_INVALID,
    CONDITION_FAILED,
    CONDITION_UNREACHABLE,
    CONDITION_NEVER_FIRES,
    CONDITION_REASONS,
};

struct condition_finding {
    enum condition_reason reason;
    enum condition_state state; /* what it alone would make of the integration */
    int64_t since;              /* a minute, INT64_MIN: not known */
    int64_t last;               /* the last slot concerned, INT64_MIN: none */
    int64_t slots;              /* how many; CONDITION_FAILURES_MAX: or more */
};

struct condition {
    enum condition_state state;
    int64_t since; /* a minute, INT64_MIN: not known */
    struct condition_finding findings[CONDITION_REASONS];
    size_t count;
};

void condition_judge(const struct condition_facts *facts, struct condition *condition);

/* Below 0, 0 or above 0: which of the two needs a person first. */
int condition_compare(const struct condition *a, const struct condition *b);

/* "unhealthy" and so on; "never_succeeded" and so on, as JSON has them. */
const char *condition_state_name(enum condition_state state);
const char *condition_reason_name(enum condition_reason reason);

/* Appends a finding in words: "failing: 3 slots since 2026-11-20T02:00:00Z". */
void condition_explain(const struct condition_facts *facts, const struct condition_finding *finding,
                       struct text *text);

#endif
