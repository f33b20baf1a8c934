#include "inspect/probe.h"

#include "store/probe.h"
#include "time/clock.h"
#include "time/instant.h"

#include <stdio.h>

/* The states of the targets that are active, and the clock that these go by. */
struct probe_round {
    struct database *db;
    struct probe_state states[PROBE_TYPES];
    const struct probe_target *targets[PROBE_TYPES];
    size_t count;
    int64_t claimed_at_ms; /* on the monotonic clock, or a little before */
    int64_t now_us;        /* on the database's clock, then */
};

static void probe_choose(struct probe_round *round, const struct probe_target *targets,
                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct probe_state *state = &round->states[round->count];

        if (targets[i].policy != PROBE_ACTIVE)
            continue;
        snprintf(state->integration_type, sizeof state->integration_type, "%s",
                 targets[i].integration_type);
        round->targets[round->count++] = &targets[i];
    }
}

static bool probe_claim(struct probe_round *round, struct error *err)
{
    const struct probe_claim claim = {.pause_s = PROBE_PAUSE_S, .send_s = PROBE_SEND_S};

    if (round->count == 0)
        return true;
    /* Read before the claim is sent: rather too early than too late. */
    round->claimed_at_ms = clock_now_ms();
    return probe_state_claim(round->db, &claim, round->claimed_at_ms + PROBE_STORE_MS,
                             round->states, round->count, &round->now_us, err);
}

/* Asks one system and stores what it said. */
static bool probe_ask(struct probe_round *round, size_t i, struct error *err)
{
    struct probe_state *state = &round->states[i];
    struct probe_answer probe;
    bool is_noted;
    int64_t now_ms;

    if (!http_client_probe(&round->targets[i]->address,
                           round->claimed_at_ms + PROBE_SEND_S * INT64_C(1000),
                           clock_now_ms() + PROBE_ANSWER_MS, &probe, err))
        return false;
    now_ms = clock_now_ms();
    return !probe_note(state, &probe, round->now_us + (now_ms - round->claimed_at_ms) * 1000) ||
           probe_state_note(round->db, state, now_ms + PROBE_STORE_MS, &is_noted, err);
}

static void probe_fill_findings(const struct probe_round *round, const struct probe_target *targets,
                                size_t count, bool is_read, struct probe_finding *findings)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        bool is_active = targets[i].policy == PROBE_ACTIVE;

        findings[i] =
            probe_judge(targets[i].policy, is_active && is_read ? &round->states[n] : NULL);
        findings[i].integration_type = targets[i].integration_type;
        n += is_active ? 1 : 0;
    }
}

bool probe_systems(struct database *db, const struct probe_target *targets, size_t count,
                   struct probe_finding *findings, struct error *err)
{
    struct probe_round round = {.db = db};
    bool is_claimed;
    bool ok;

    probe_choose(&round, targets, count);
    ok = is_claimed = probe_claim(&round, err);
    for (size_t i = 0; ok && i < round.count; i++)
        ok = !round.states[i].is_claimed || probe_ask(&round, i, err);
    probe_fill_findings(&round, targets, count, is_claimed, findings);
    return ok || error_prefix(err, "probing");
}
