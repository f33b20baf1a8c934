/*
 * The condition of an integration: healthy, degraded or unhealthy, since when, and why.
 *
 * Pure: from what the log, the schedule and the probes say to one judgement, which status and
 * health share.
 */
#ifndef SYNCSCHED_PLAN_CONDITION_H
#define SYNCSCHED_PLAN_CONDITION_H

#include "base/text.h"
#include "plan/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    CONDITION_FAILING_SLOTS = 3,       /* so many failed slots in a row are no longer bad luck, */
    CONDITION_ALONE_MINUTES = 25 * 60, /* nor is one that no slot follows for more than a day */
    CONDITION_FAILURES_MAX = 100, /* of an integration's failed slots only the last 100 are read */
};

/* Slots, as minutes; INT64_MIN where there is none. */
struct condition_slots {
    int64_t count;
    int64_t first;
    int64_t last;
};

/*
 * Slots whose last attempt failed: those since the last success, and those of the last days. Slots
 * that were cancelled because a person changed the schedule are not among them.
 */
struct condition_log {
    struct condition_slots in_row;     /* attempted since the last success */
    struct condition_slots unknown;    /* the function may have run; some are in_row, too */
    struct condition_slots given_up;   /* never attempted */
    struct condition_slots failed;     /* attempted before the last success; surely not exported */
    struct condition_slots early;      /* served before their time, by a clock that was wrong */
    char last_code[OUTCOME_CODE_SIZE]; /* why the last one in_row failed */
};

/* What is known of an integration. Slots are minutes, INT64_MIN where there is none. */
struct condition_facts {
    int64_t now;
    bool is_active;           /* enabled, with a schedule */
    const char *error;        /* why its row is not valid; NULL: it is valid */
    int64_t error_since;      /* when a tick first found it so */
    bool fires;               /* its schedule has a future slot */
    int64_t last_success;     /* the last slot that was completed */
    int64_t well_since;       /* the first slot that was completed after the last failure */
    int64_t waiting;          /* the first slot that a run should have begun by now */
    int64_t follows;          /* the slot after the last one since the last success that failed */
    struct condition_log log; /* what failed */

    /* The code of the probes that fail to reach the system behind it; NULL: none fails. */
    const char *unreachable_code;
    int64_t unreachable_since;
};

enum condition_state {
    CONDITION_UNHEALTHY, /* its exports do not happen */
    CONDITION_DEGRADED,  /* they happen, but a person should look at something */
    CONDITION_HEALTHY,
    CONDITION_DISABLED,
    CONDITION_STATES,
};

/* In the order in which a person is needed. */
enum condition_code {
    CONDITION_NEVER_SUCCEEDED,
    CONDITION_OVERDUE,
    CONDITION_FAILING,
    CONDITION_UNKNOWN,
    CONDITION_GIVEN_UP,
    CONDITION_INVALID,
    CONDITION_FAILED,
    CONDITION_EARLY,
    CONDITION_UNREACHABLE,
    CONDITION_NEVER_FIRES,
    CONDITION_CODES,
};

/* A reason why an integration is not healthy. */
struct condition_reason {
    enum condition_code code;
    enum condition_state state;   /* the condition that this reason alone gives */
    struct condition_slots slots; /* first: since when; count CONDITION_FAILURES_MAX: or more */
};

struct condition {
    enum condition_state state;
    int64_t since; /* a minute, INT64_MIN: not known */
    struct condition_reason reasons[CONDITION_CODES];
    size_t count;
};

void condition_judge(const struct condition_facts *facts, struct condition *condition);

/* The last slot since the last success that failed or was given up; INT64_MIN: there is none. */
int64_t condition_last_failed(const struct condition_facts *facts);

/* Below 0, 0 or above 0: which of the two needs a person first. */
int condition_compare(const struct condition *a, const struct condition *b);

/* "unhealthy" and so on; "never_succeeded" and so on, as JSON has them. */
const char *condition_state_name(enum condition_state state);
const char *condition_code_name(enum condition_code code);

/* Appends a reason in words: "failing: 3 slots since 2026-11-20T02:00:00Z". */
void condition_explain(const struct condition_facts *facts, const struct condition_reason *reason,
                       struct text *text);

#endif
