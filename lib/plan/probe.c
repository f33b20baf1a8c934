#include "plan/probe.h"

#include "plan/retry_after.h"
#include "time/instant.h"

#include <stdio.h>

enum { PROBE_STATUS_THROTTLED = 429, PROBE_STATUS_ERROR = 500 };

/* For so long a system that has answered 429 is to be left alone. */
static int64_t probe_throttled_s(const struct probe_answer *probe, int64_t now_us)
{
    int64_t wait_s;

    if (!retry_after_read(probe->retry_after, now_us, &wait_s))
        return PROBE_PAUSE_MOST_S;
    return wait_s > PROBE_PAUSE_S ? wait_s : PROBE_PAUSE_S;
}

bool probe_note(struct probe_state *state, const struct probe_answer *probe, int64_t now_us)
{
    enum probe_result result = PROBE_RESULT_UNREACHABLE;
    int64_t wait_s =
        2 * state->pause_s < PROBE_PAUSE_MOST_S ? 2 * state->pause_s : PROBE_PAUSE_MOST_S;

    if (probe->was_held_back)
        return false;
    if (probe->status > 0)
        snprintf(state->code, sizeof state->code, "HTTP_%ld", probe->status);
    else
        snprintf(state->code, sizeof state->code, "%s", probe->failure);
    if (probe->status == PROBE_STATUS_THROTTLED)
        result = PROBE_RESULT_THROTTLED;
    else if (probe->status > 0 && probe->status < PROBE_STATUS_ERROR)
        result = PROBE_RESULT_REACHABLE;
    state->since_us = result == state->result ? state->since_us : now_us;
    state->result = result;
    state->probed_at_us = now_us;
    state->pause_s = result == PROBE_RESULT_UNREACHABLE ? wait_s : PROBE_PAUSE_S;
    wait_s = result == PROBE_RESULT_THROTTLED ? probe_throttled_s(probe, now_us) : state->pause_s;
    state->next_probe_at_us = now_us + wait_s * INSTANT_US_PER_SECOND;
    return true;
}

struct probe_finding probe_judge(enum probe_policy policy, const struct probe_state *state)
{
    static const enum probe_condition conditions[] = {
        [PROBE_RESULT_NONE] = PROBE_IS_WAITING,
        [PROBE_RESULT_REACHABLE] = PROBE_IS_REACHABLE,
        [PROBE_RESULT_UNREACHABLE] = PROBE_IS_UNREACHABLE,
        [PROBE_RESULT_THROTTLED] = PROBE_IS_THROTTLED,
    };
    struct probe_finding finding = {.condition = PROBE_IS_UNKNOWN};

    if (policy != PROBE_ACTIVE)
        finding.condition = policy == PROBE_PASSIVE ? PROBE_IS_PASSIVE : PROBE_IS_NOT_CONFIGURED;
    if (policy != PROBE_ACTIVE || state == NULL)
        return finding;
    finding.condition = conditions[state->result];
    finding.is_fresh = state->is_claimed && state->probed_at_us >= state->claimed_at_us;
    finding.state = *state;
    return finding;
}

const char *probe_condition_name(enum probe_condition condition)
{
    static const char *const names[] = {
        [PROBE_IS_REACHABLE] = "reachable", [PROBE_IS_UNREACHABLE] = "unreachable",
        [PROBE_IS_WAITING] = "waiting",     [PROBE_IS_THROTTLED] = "throttled",
        [PROBE_IS_PASSIVE] = "passive",     [PROBE_IS_NOT_CONFIGURED] = "not_configured",
        [PROBE_IS_UNKNOWN] = "unknown",
    };

    return names[condition];
}
