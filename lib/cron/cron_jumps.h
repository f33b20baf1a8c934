/*
 * What the coming nights on which a zone's clocks change do to a schedule, in words.
 */
#ifndef SYNCSCHED_CRON_CRON_JUMPS_H
#define SYNCSCHED_CRON_CRON_JUMPS_H

#include "base/text.h"
#include "cron/cron.h"

/* No zone changes its clocks more often in a year. */
enum { CRON_JUMPS_MAX = 4 };

/*
 * Looks at the changes within a year after that UTC minute, and for each that skips or repeats
 * minutes of the schedule appends one sentence to a text of its own: the date, the minutes, and
 * what is done about them. Returns how many. A wildcard job of every hour of the day is left
 * alone: in time that passes it keeps its beat. The texts are the caller's, to be released.
 */
size_t cron_warn_of_jumps(const struct cron *cron, const struct zone *zone, int64_t after_minute,
                          struct text warnings[CRON_JUMPS_MAX]);

#endif
