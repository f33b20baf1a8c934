/*
 * What a schedule matches, read as plainly as it can be: what the tests hold cron_next() and the
 * words for a schedule against.
 */
#ifndef SYNCSCHED_TESTS_SUPPORT_CRON_MATCH_H
#define SYNCSCHED_TESTS_SUPPORT_CRON_MATCH_H

#include "cron/cron.h"
#include "cron/cron_set.h"

/* By the star rule. */
static inline bool cron_matches_day(const struct cron *cron, const struct civil *civil)
{
    bool day = cron_set_holds(cron->days, civil->day);
    bool weekday = cron_set_holds(cron->weekdays, civil->weekday);

    if (!cron_set_holds(cron->months, civil->month))
        return false;
    if (cron->days_starred || cron->weekdays_starred)
        return day && weekday;
    return day || weekday;
}

/* Whether the schedule fires at that minute of its own wall clock. */
static inline bool cron_matches(const struct cron *cron, const struct civil *civil)
{
    return cron_set_holds(cron->minutes, civil->minute) &&
           cron_set_holds(cron->hours, civil->hour) && cron_matches_day(cron, civil);
}

#endif
