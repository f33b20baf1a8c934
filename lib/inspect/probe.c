#include "inspect/probe.h"

#include "store/probe.h"
#include "time/clock.h"

#include <stdio.h>

/*
 * Asks one system and stores what it said. now_us is the time of the claim by the database's clock,
 * claimed_at_ms the same, or a little before, by the monotonic clock.
 */
static bool probe_ask(struct database *db, const struct http_target *target,
                      struct probe_state *state, int64_t claimed_at_ms, int64_t now_us,
                      struct error *err)
{
    struct probe_answer probe;
    bool is_noted;
    int64_t now_ms;

    if (!http_client_probe(target, claimed_at_ms + PROBE_SEND_S * INT64_C(1000),
                           clock_now_ms() + PROBE_ANSWER_MS, &probe, err))
        return false;
    now_ms = clock_now_ms();
    return !probe_note(state, &probe, now_us + (now_ms - claimed_at_ms) * 1000) ||
           probe_state_note(db, state, now_ms + PROBE_STORE_MS, &is_noted, err);
}

bool probe_systems(struct database *db, const struct probe_target *targets, size_t count,
                   struct probe_finding *findings, struct error *err)
{
    struct probe_state states[PROBE_TYPES] = {0}; /* those of the active targets */
    struct probe_claim claim = {.states = states};
    int64_t claimed_at_ms = clock_now_ms();
    bool is_claimed;
    bool ok;

    for (size_t i = 0; i < count; i++)
        if (targets[i].policy == PROBE_ACTIVE)
            snprintf(states[claim.count++].integration_type, RUN_TYPE_SIZE, "%s",
                     targets[i].integration_type);
    ok = is_claimed =
        claim.count == 0 || probe_state_claim(db, &claim, claimed_at_ms + PROBE_STORE_MS, err);
    for (size_t i = 0, n = 0; i < count; i++) {
        struct probe_state *state = targets[i].policy == PROBE_ACTIVE ? &states[n++] : NULL;

        if (ok && state != NULL && state->is_claimed)
            ok = probe_ask(db, &targets[i].address, state, claimed_at_ms, claim.now_us, err);
        findings[i] = probe_judge(targets[i].policy, is_claimed ? state : NULL);
        findings[i].integration_type = targets[i].integration_type;
    }
    return ok || error_prefix(err, "probing");
}
