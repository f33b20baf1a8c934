/*
 * Probing: asks each external system whether it is there, if it may be asked now (plan/probe.h).
 *
 * Claim, HEAD, note: what may be sent is settled in the database before it is sent, and what came
 * of it is stored before the next system is asked. No transaction is open meanwhile. Never part of
 * a tick.
 */
#ifndef SYNCSCHED_INSPECT_PROBE_H
#define SYNCSCHED_INSPECT_PROBE_H

#include "base/error.h"
#include "call/http_client.h"
#include "plan/probe.h"
#include "store/database.h"

#include <stdint.h>

enum {
    PROBE_TYPES = 3,        /* the first of timetable.h */
    PROBE_ANSWER_MS = 5000, /* an answer that comes later is none */
    PROBE_STORE_MS = 10000, /* each of its transactions may take so long */
};

/* A type and the system behind it; borrowed. */
struct probe_target {
    const char *integration_type; /* static */
    enum probe_policy policy;
    struct http_target address; /* of PROBE_ACTIVE */
};

/*
 * Probes what may be probed, one after another, and fills findings, one a target. False with err
 * when the database or libcurl refused on the way: what was found by then is in findings, the rest
 * is PROBE_IS_UNKNOWN; nothing was sent that was not claimed. At most PROBE_TYPES targets.
 */
bool probe_systems(struct database *db, const struct probe_target *targets, size_t count,
                   struct probe_finding *findings, struct error *err);

#endif
