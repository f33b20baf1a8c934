/*
 * The status, read and judged: what status and health print. Writes nothing.
 */
#ifndef SYNCSCHED_INSPECT_STATUS_H
#define SYNCSCHED_INSPECT_STATUS_H

#include "store/status.h"

#include <stdbool.h>

enum { STATUS_SILENCE_MS = 3 * 60 * 1000 }; /* of a trigger that starts a tick once a minute */

/*
 * Reads the status and judges it by what probes found, which is borrowed; count 0: no system was
 * asked. Warns when there is no integration. The caller frees the status, also after a failure.
 * Fails with the errors of database.h.
 */
bool status_inspect(const struct status_options *options, const struct probe_finding *probes,
                    size_t probe_count, struct status *status, struct error *err);

#endif
