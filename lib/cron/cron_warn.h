/*
 * What will surprise people about a valid cron expression, in whatever zone it runs.
 *
 * Dates that never come, months that are too short, both day fields set, steps that do not divide
 * their field (design sections 4 and 7). Not for daylight saving, which needs a zone. Pure.
 */
#ifndef SYNCSCHED_CRON_CRON_WARN_H
#define SYNCSCHED_CRON_CRON_WARN_H

#include "base/text.h"
#include "cron/cron.h"

#include <stddef.h>

/* Short months, the two day fields, and a step in each of the five fields. */
enum { CRON_WARNINGS_MAX = 7 };

/*
 * Appends one sentence to each of the first n of warnings and returns n: lower case, one line of
 * ASCII, no full stop, below 500 bytes; first the months, then the day fields, then the steps. The
 * texts are the caller's, to be zeroed (or emptied) before and released after. A schedule that
 * never fires gets that warning alone.
 */
size_t cron_warn(const struct cron *cron, struct text warnings[CRON_WARNINGS_MAX]);

#endif
