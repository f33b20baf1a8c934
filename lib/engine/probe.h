/*
 * Probing a system, decided: what an answer says of it, when the next probe may follow, and what a
 * person is told. Pure: from the state that the database keeps, the policy and the time to these.
 *
 * A system is asked at most once in 15 minutes, whoever calls. Each time in a row that it is not
 * reached the pause doubles, up to a day. When it asks to be left alone (429), it is, for as long
 * as it says, or for a day: until then nothing but the log speaks of it. A probe must never cost an
 * export its quota.
 *
 * Not for who may send the next probe, which the database decides (store/probe_state.h), nor for
 * sending it (prober.h).
 */
#ifndef SYNCSCHED_ENGINE_PROBE_H
#define SYNCSCHED_ENGINE_PROBE_H

#include "base/run.h"
#include "call/function.h"
#include "store/probe_state.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    PROBE_PAUSE_S = 15 * 60,
    PROBE_PAUSE_MOST_S = 24 * 3600, /* also what 429 means without Retry-After */
    PROBE_SEND_S = 30,              /* so long after its claim may a probe still be sent */
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
 * nothing was sent, which says nothing: the claim stands as it is.
 */
bool probe_note(struct probe_state *state, const struct function_probe *probe, int64_t now_us);

/* What a person is told of a type. */
enum probe_condition {
    PROBE_IS_REACHABLE,
    PROBE_IS_UNREACHABLE,
    PROBE_IS_WAITING,        /* no probe has told anything, and none may be sent before until */
    PROBE_IS_THROTTLED,      /* passive until then: the system asked for it */
    PROBE_IS_PASSIVE,        /* for good */
    PROBE_IS_NOT_CONFIGURED, /* passive, too */
    PROBE_IS_UNKNOWN,        /* the database did not let it be known */
};

struct probe_finding {
    const char *integration_type; /* static */
    enum probe_condition condition;
    bool is_fresh;            /* this call has asked */
    char code[RUN_CODE_SIZE]; /* of the last probe; "" where there was none, and so on */
    int64_t probed_at_us;     /* 0 */
    int64_t since_us;         /* 0 */
    int64_t until_us;         /* no probe before then; 0 */
};

/* The state of a type as this caller should see it; NULL: it could not be had. */
struct probe_finding probe_judge(enum probe_policy policy, const struct probe_state *state);

/* The condition as JSON spells it: "reachable", "not_configured". */
const char *probe_condition_name(enum probe_condition condition);

#endif
