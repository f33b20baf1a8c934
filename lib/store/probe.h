/*
 * What is known of the external systems, by type of integration, and who may probe them when:
 * sync_probe_state.
 *
 * The permission to probe is claimed before anything is sent, by the database's clock, and a claim
 * that was not used is used up all the same: any number of callers on any number of hosts, crashed
 * ones included, send no more probes than one that works. Not for when a probe may follow which
 * result, which is plan/probe.h's, nor for sending it.
 */
#ifndef SYNCSCHED_STORE_PROBE_H
#define SYNCSCHED_STORE_PROBE_H

#include "base/error.h"
#include "plan/probe.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is claimed. */
struct probe_claim {
    struct probe_state *states; /* in: integration_type of each, from the names of the code */
    size_t count;
    int64_t now_us; /* in: a made-up time, or 0 for the database's clock; out: the claim's time */
};

/*
 * Claims each of the states' types that may be probed now, and reads all of them, in one round
 * trip. A type without a row may be probed now. A probe is sent within PROBE_SEND_S, or not at all.
 */
bool probe_state_claim(struct database *db, struct probe_claim *claim, int64_t deadline_ms,
                       struct error *err);

/* Stores what came of a claimed probe. *is_noted: false when the next is claimed already. */
bool probe_state_note(struct database *db, const struct probe_state *state, int64_t deadline_ms,
                      bool *is_noted, struct error *err);

#endif
