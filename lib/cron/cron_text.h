/*
 * A cron expression in words, and what may surprise people about it. Pure.
 *
 * All of it is appended in lower case, as one line of ASCII without a full stop.
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
 * Appends when the schedule fires by its own wall clock, "at 02:00 on day 31 of the month, in the 7
 * months that have one", in less than 1,000 bytes. The words are for people who never saw a
 * crontab, and they are exact: two schedules with the same words fire at the same minutes, unless
 * both never fire.
 */
void cron_describe(const struct cron *cron, struct text *text);

/* Appends its dates alone: "every day in June", "on day 13 of the month and on every Friday". */
void cron_describe_dates(const struct cron *cron, struct text *text);

/* Short months, the two day fields, and a step in each of the five fields. */
enum { CRON_WARNINGS_MAX = 7 };

/*
 * What may surprise in any zone: dates that never come, months that are too short, both day fields
 * set, steps that do not divide their field (design sections 4 and 7). Appends one sentence of less
 * than 500 bytes to each of the first n of warnings, and returns n. The caller releases the texts.
 * A schedule that never fires gets only that warning.
 */
size_t cron_warn(const struct cron *cron, struct text warnings[CRON_WARNINGS_MAX]);

/* No zone changes its clocks more often in a year. */
enum { CRON_JUMPS_MAX = 4 };

/*
 * The same for the changes of the zone's clocks within a year after that UTC minute
 * (cron_jumps.c): a sentence for each that skips or repeats minutes of the schedule. A wildcard
 * schedule of every hour of the day gets no warning: its slots stay equally far apart.
 */
size_t cron_warn_of_jumps(const struct cron *cron, const struct zone *zone, int64_t after_minute,
                          struct text warnings[CRON_JUMPS_MAX]);

#endif
