/*
 * What cron_next() promises, minute by minute where it searches; for the fuzz targets.
 */
#ifndef SYNCSCHED_TESTS_FUZZ_SLOTS_H
#define SYNCSCHED_TESTS_FUZZ_SLOTS_H

#include "cron/cron.h"

/* The minutes of the years 1970 to 9999. */
#define SLOTS_MINUTES (INT64_C(253402300800) / 60)

/*
 * Aborts unless cron_next() gives a slot after that minute, and, as far as 800 days of looking at
 * every minute can tell, the first one. A schedule that never fires must have no date to fire on.
 */
void slots_check_next(const struct cron *cron, const struct zone *zone, int64_t after_minute);

#endif
