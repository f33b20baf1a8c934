#include "inspect/probe.h"

#include "store/probe.h"
#include "time/clock.h"

#include <stdio.h>

/* The claim's time on the monotonic clock, or a little before, and on the database's clock. */
struct probe_times {
    int64_t claimed_at_ms;
    int64_t now_us;
};

/* Asks one system and stores what it said. */
static bool probe_ask(struct database *db, const struct http_target *target,
                      struct probe_state *state, const struct probe_times *times, struct error *err)
{
    struct probe_answer probe;
    bool is_noted;
    int64_t now_ms;

    if (!http_client_probe(target, times->claimed_at_ms + PROBE_SEND_S * INT64_C(1000),
                           clock_now_ms() + PROBE_ANSWER_MS, &probe, err))
        return false;
    now_ms = clock_now_ms();
    return !probe_note(state, &probe, times->now_us + (now_ms - times->claimed_at_ms) * 1000) ||
           probe_state_note(db, state, now_ms + PROBE_STORE_MS, &is_noted, err);
}

bool probe_systems(struct database *db, const struct probe_target *targets, size_t count,
                   struct probe_finding *findings, struct error *err)
{
    const struct probe_claim claim = {.pause_s = PROBE_PAUSE_S, .send_s = PROBE_SEND_S};
    struct probe_state states[PROBE_TYPES] = {0}; /* those of the active targets */
    struct probe_times times = {.claimed_at_ms = clock_now_ms()};
    size_t active = 0;
    bool is_claimed;
    bool ok;

    for (size_t i = 0; i < count; i++)
        if (targets[i].policy == PROBE_ACTIVE)
            snprintf(states[active++].integration_type, RUN_TYPE_SIZE, "%s",
                     targets[i].integration_type);
    ok = is_claimed =
        active == 0 || probe_state_claim(db, &claim, times.claimed_at_ms + PROBE_STORE_MS, states,
                                         active, &times.now_us, err);
    for (size_t i = 0, n = 0; i < count; i++) {
        struct probe_state *state = targets[i].policy == PROBE_ACTIVE ? &states[n++] : NULL;

        if (ok && state != NULL && state->is_claimed)
            ok = probe_ask(db, &targets[i].address, state, &times, err);
        findings[i] = probe_judge(targets[i].policy, is_claimed ? state : NULL);
        findings[i].integration_type = targets[i].integration_type;
    }
    return ok || error_prefix(err, "probing");
}
