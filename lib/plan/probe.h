/*
 * Probing a system, decided: what an answer says of it, when the next probe may follow, and what a
 * person learns. Pure: from the state that the database keeps, the policy and the time to these.
 *
 * A system is asked at most once in 15 minutes, whoever calls. Each time in a row that it is not
 * reached the pause doubles, up to a day. When it asks to be left alone (429), it is, for as long
 * as it says, or for a day: until then nothing but the log speaks of it. A probe must never cost an
 * export its quota.
 *
 * Not for who may send the next probe, which the database decides (store/probe.h), nor for
 * sending it (inspect/probe.h).
 */
#ifndef SYNCSCHED_PLAN_PROBE_H
#define SYNCSCHED_PLAN_PROBE_H

#include "plan/outcome.h"
#include "plan/run.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PROBE_PAUSE_S = 15 * 60,
    PROBE_PAUSE_MOST_S = 24 * 3600, /* also what 429 means without Retry-After */
    PROBE_SEND_S = 30,              /* so long after its claim may a probe still be sent */
    PROBE_RETRY_AFTER_SIZE = 128,   /* of that header's value, with the NUL */
};

enum probe_result {
    PROBE_RESULT_NONE, /* no probe has been answered yet */
    PROBE_RESULT_REACHABLE,
    PROBE_RESULT_UNREACHABLE,
    PROBE_RESULT_THROTTLED, /* it asked to be left alone */
};

/* A row; times in microseconds since 1970 UTC, 0 where there is none. */
struct probe_state {
    char integration_type[RUN_TYPE_SIZE];
    bool is_claimed; /* by this call: one probe may be sent, and is to be noted */
    int64_t claimed_at_us;
    int64_t next_probe_at_us;
    int64_t pause_s; /* by which the next claim moves next_probe_at at once */
    enum probe_result result;
    char code[OUTCOME_CODE_SIZE]; /* "HTTP_200", "TIMEOUT" */
    int64_t probed_at_us;
    int64_t since_us; /* when a probe first found what the last one did */
};

/* What came of a probe. */
struct probe_answer {
    long status;                              /* of the answer, whatever it is; 0: none came */
    const char *failure;                      /* a code of classify.h, where none came; else NULL */
    bool was_held_back;                       /* it was too late to send anything */
    char retry_after[PROBE_RETRY_AFTER_SIZE]; /* the value of that header; "" without */
};

/* What holds for a type on this host. */
enum probe_policy {
    PROBE_ACTIVE,
    PROBE_PASSIVE,        /* set so for good */
    PROBE_NOT_CONFIGURED, /* it has no address */
};

/*
 * Enters into a claimed state what came of its probe, now being when that came, by the clock that
 * the state goes by: what was found, since when, and when the next probe may be sent. False when
 * nothing was sent, which says nothing: the claim stays.
 */
bool probe_note(struct probe_state *state, const struct probe_answer *probe, int64_t now_us);

/* What a person learns of a type. */
enum probe_condition {
    PROBE_IS_REACHABLE,
    PROBE_IS_UNREACHABLE,
    PROBE_IS_WAITING,        /* no probe has been answered, and none may be sent before until */
    PROBE_IS_THROTTLED,      /* passive until then: the system asked for it */
    PROBE_IS_PASSIVE,        /* for good */
    PROBE_IS_NOT_CONFIGURED, /* passive, too */
    PROBE_IS_UNKNOWN,        /* the database did not let it be known */
};

struct probe_finding {
    const char *integration_type; /* static */
    enum probe_condition condition;
    bool is_fresh;            /* this call has asked */
    struct probe_state state; /* zeroed where it is not active, or not known */
};

/* The state of a type as this caller should see it; NULL: it could not be had. */
struct probe_finding probe_judge(enum probe_policy policy, const struct probe_state *state);

/* The condition as JSON spells it: "reachable", "not_configured". */
const char *probe_condition_name(enum probe_condition condition);

#endif
