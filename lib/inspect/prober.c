#include "inspect/prober.h"

#include "store/probe.h"
#include "time/clock.h"
#include "time/instant.h"

#include <stdio.h>

/* The states of the targets that are active, and the clock that these go by. */
struct prober {
    struct database *db;
    struct probe_state states[PROBER_TYPES];
    const struct prober_target *targets[PROBER_TYPES];
    size_t count;
    int64_t claimed_at_ms; /* on the monotonic clock, or a little before */
    int64_t now_us;        /* on the database's clock, then */
};

static void prober_choose(struct prober *prober, const struct prober_target *targets, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct probe_state *state = &prober->states[prober->count];

        if (targets[i].policy != PROBE_ACTIVE)
            continue;
        snprintf(state->integration_type, sizeof state->integration_type, "%s",
                 targets[i].integration_type);
        prober->targets[prober->count++] = &targets[i];
    }
}

static bool prober_claim(struct prober *prober, struct error *err)
{
    const struct probe_claim claim = {.pause_s = PROBE_PAUSE_S, .send_s = PROBE_SEND_S};

    if (prober->count == 0)
        return true;
    /* Read before the claim is sent: rather too early than too late. */
    prober->claimed_at_ms = clock_now_ms();
    return probe_state_claim(prober->db, &claim, prober->claimed_at_ms + PROBER_STORE_MS,
                             prober->states, prober->count, &prober->now_us, err);
}

/* Asks one system and stores what it said. */
static bool prober_ask(struct prober *prober, size_t i, struct error *err)
{
    struct probe_state *state = &prober->states[i];
    struct probe_answer probe;
    bool is_noted;
    int64_t now_ms;

    if (!http_client_probe(&prober->targets[i]->address,
                           prober->claimed_at_ms + PROBE_SEND_S * INT64_C(1000),
                           clock_now_ms() + PROBER_ANSWER_MS, &probe, err))
        return false;
    now_ms = clock_now_ms();
    return !probe_note(state, &probe, prober->now_us + (now_ms - prober->claimed_at_ms) * 1000) ||
           probe_state_note(prober->db, state, now_ms + PROBER_STORE_MS, &is_noted, err);
}

static void prober_tell(const struct prober *prober, const struct prober_target *targets,
                        size_t count, bool is_read, struct probe_finding *findings)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_active = targets[i].policy == PROBE_ACTIVE;

        findings[i] =
            probe_judge(targets[i].policy, is_active && is_read ? &prober->states[n] : NULL);
        findings[i].integration_type = targets[i].integration_type;
        n += is_active ? 1 : 0;
    }
}

bool prober_probe(struct database *db, const struct prober_target *targets, size_t count,
                  struct probe_finding *findings, struct error *err)
{
    struct prober prober = {.db = db};
    bool is_claimed;
    bool ok;

    prober_choose(&prober, targets, count);
    ok = is_claimed = prober_claim(&prober, err);
    for (size_t i = 0; ok && i < prober.count; i++)
        ok = !prober.states[i].is_claimed || prober_ask(&prober, i, err);
    prober_tell(&prober, targets, count, is_claimed, findings);
    return ok || error_prefix(err, "probing");
}
