/*
 * A cron expression in words: "at 02:00 on day 31 of the month, in the 7 months that have one".
 *
 * Says when the schedule fires by its own wall clock; not for time zones, daylight saving, or what
 * may surprise in it (cron_warn.h). Written for people who never saw a crontab, true for those who
 * know the star rule: two schedules with the same words fire at the same minutes, unless both never
 * do. Pure.
 */
#ifndef SYNCSCHED_CRON_CRON_TEXT_H
#define SYNCSCHED_CRON_CRON_TEXT_H

#include "base/text.h"
#include "cron/cron.h"

/*
 * Which fields decide about the date, by the star rule (design section 4). A day field that holds
 * all its values leaves the other alone when both must match; when either will do, every day does.
 */
enum cron_dates {
    CRON_DATES_NEVER, /* its months have none of its days */
    CRON_DATES_EVERY, /* every day of its months */
    CRON_DATES_DAYS,
    CRON_DATES_WEEKDAYS,
    CRON_DATES_BOTH,   /* day and weekday must match */
    CRON_DATES_EITHER, /* one of them will do */
};

enum cron_dates cron_dates_of(const struct cron *cron);

/*
 * Appends when the schedule fires: lower case, one line of ASCII, no full stop, below 1,000 bytes.
 */
void cron_describe(const struct cron *cron, struct text *text);

/* Appends its dates alone: "every day in June", "on day 13 of the month and on every Friday". */
void cron_describe_dates(const struct cron *cron, struct text *text);

#endif
