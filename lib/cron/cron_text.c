#include "cron/cron_text.h"

#include "cron/cron_words.h"

enum { TIMES_LISTED_MAX = 6, FEBRUARY = 2 };

#define ODD_DAYS  UINT32_C(0xAAAAAAAA)
#define EVEN_DAYS UINT32_C(0x55555554)

enum cron_dates cron_dates_of(const struct cron *cron)
{
    bool days = cron->days != CRON_ALL_DAYS;
    bool weekdays = cron->weekdays != CRON_ALL_WEEKDAYS;
    bool both_must = cron->days_starred || cron->weekdays_starred;

    if (!cron->fires)
        return CRON_DATES_NEVER;
    if (days && weekdays)
        return both_must ? CRON_DATES_BOTH : CRON_DATES_EITHER;
    if (!both_must || (!days && !weekdays))
        return CRON_DATES_EVERY;
    return days ? CRON_DATES_DAYS : CRON_DATES_WEEKDAYS;
}

/* --- dates --- */

/* The days of month that there are in leap years. */
static uint32_t days_of_month(int month)
{
    return (uint32_t)cron_set_range(1, civil_month_days(2000, month));
}

/* The days that at least one of the months has. */
static uint32_t days_of_months(uint16_t months)
{
    uint32_t days = 0;

    for (int month = 1; month <= 12; month++)
        if ((months >> month & 1) != 0)
            days |= days_of_month(month);
    return days;
}

/* Those of the months that have at least one of the days. */
static uint16_t months_with(uint16_t months, uint32_t days)
{
    for (int month = 1; month <= 12; month++)
        if ((days & days_of_month(month)) == 0)
            months &= (uint16_t) ~(1U << month);
    return months;
}

/* " in June", " from January to June", " in January and June"; nothing for all months. */
static void months_add(struct text *text, uint16_t months)
{
    if (months == CRON_ALL_MONTHS)
        return;
    text_add(text, cron_set_count(months) > 2 && cron_set_step(months) == 1 ? " from " : " in ");
    cron_words_months(text, months);
}

/* "day 31", "days 1 and 15", "odd days"; possible are the days that there are. */
static void days_add(struct text *text, uint32_t days, uint32_t possible)
{
    if (days == (ODD_DAYS & possible))
        text_add(text, "odd days");
    else if (days == (EVEN_DAYS & possible))
        text_add(text, "even days");
    else
        cron_words_counted(text, "day", days);
}

/* "day 31 of the month", "odd days of June", "day 1 of January and July". */
static void days_of_months_add(struct text *text, uint32_t days, uint16_t months)
{
    days_add(text, days, days_of_months(months));
    text_add(text, " of ");
    if (months == CRON_ALL_MONTHS)
        text_add(text, "the month");
    else
        cron_words_months(text, months);
}

/* The same, but "1 and 15 June" for days of a single month. */
static void calendar_days_add(struct text *text, uint32_t days, uint16_t months)
{
    uint32_t possible = days_of_months(months);

    if (cron_set_count(months) > 1 || days == (ODD_DAYS & possible) ||
        days == (EVEN_DAYS & possible)) {
        days_of_months_add(text, days, months);
        return;
    }
    cron_words_numbers(text, days, " and ");
    text_add(text, " ");
    cron_words_months(text, months);
}

/* For a single day that not all of the months have, where it comes. Whether there was one. */
static bool scarcity_add(struct text *text, uint32_t days, uint16_t months)
{
    bool is_29 = days == UINT32_C(1) << 29;
    const char *words = NULL;

    if (days == UINT32_C(1) << 31 && months == CRON_ALL_MONTHS)
        words = ", in the 7 months that have one";
    else if (days == UINT32_C(1) << 30 && months == CRON_ALL_MONTHS)
        words = ", in the 11 months that have one";
    else if (is_29 && months == 1U << FEBRUARY)
        words = ", in leap years";
    else if (is_29 && (months >> FEBRUARY & 1) != 0)
        words = ", in February in leap years only";
    text_add(text, words != NULL ? words : "");
    return words != NULL;
}

/* The same dates, without the days and the months that never come together. */
static struct cron without_missing_dates(const struct cron *cron)
{
    struct cron narrowed = *cron;

    narrowed.days &= days_of_months(cron->months);
    if (cron->months != CRON_ALL_MONTHS) /* "of the month" means all of them */
        narrowed.months = months_with(cron->months, narrowed.days);
    return narrowed;
}

static void by_both_add(const struct cron *dates, struct text *text)
{
    bool plural = cron_set_count(dates->days) > 1;

    text_add(text, "on ");
    if (plural) {
        days_of_months_add(text, dates->days, dates->months);
        text_add(text, " that are ");
    } else {
        calendar_days_add(text, dates->days, dates->months);
        text_add(text, scarcity_add(text, dates->days, dates->months) ? ", " : " ");
        text_add(text, "if it is a ");
    }
    cron_words_weekdays_or(text, dates->weekdays, plural);
}

static void by_weekday_add(const struct cron *cron, struct text *text)
{
    text_add(text, "on ");
    cron_words_weekdays(text, cron->weekdays);
    months_add(text, cron->months);
}

static void by_either_add(const struct cron *cron, const struct cron *dates, struct text *text)
{
    if (dates->days == 0) { /* day 31 or Friday, in June */
        by_weekday_add(cron, text);
        return;
    }
    text_add(text, "on ");
    calendar_days_add(text, dates->days, dates->months);
    if (scarcity_add(text, dates->days, dates->months))
        text_add(text, ",");
    if (cron_set_count(cron->weekdays) == 1) {
        text_addf(text, " and on every %s", civil_weekday_names[cron_set_least(cron->weekdays)]);
    } else {
        text_add(text, " and on ");
        cron_words_weekdays(text, cron->weekdays);
    }
    months_add(text, cron->months);
}

void cron_describe_dates(const struct cron *cron, struct text *text)
{
    struct cron dates = without_missing_dates(cron);

    switch (cron_dates_of(cron)) {
    case CRON_DATES_NEVER:
        text_add(text, "on ");
        calendar_days_add(text, cron->days, cron->months);
        text_add(text, ", which never come");
        text_add(text, cron_set_count(cron->days) == 1 ? "s" : "");
        return;
    case CRON_DATES_EVERY:
        text_add(text, "every day");
        months_add(text, cron->months);
        return;
    case CRON_DATES_DAYS:
        text_add(text, "on ");
        calendar_days_add(text, dates.days, dates.months);
        scarcity_add(text, dates.days, dates.months);
        return;
    case CRON_DATES_WEEKDAYS:
        by_weekday_add(cron, text);
        return;
    case CRON_DATES_BOTH:
        by_both_add(&dates, text);
        return;
    case CRON_DATES_EITHER:
        by_either_add(cron, &dates, text);
        return;
    }
}

/* --- times of day --- */

/* "at 08:15, 08:45 and 17:15" */
static void times_add(const struct cron *cron, struct text *text)
{
    int left = cron_set_count(cron->minutes) * cron_set_count(cron->hours);
    const char *joint = "at ";

    for (uint64_t hours = cron->hours; hours != 0; hours &= hours - 1) {
        for (uint64_t minutes = cron->minutes; minutes != 0; minutes &= minutes - 1) {
            text_addf(text, "%s%02d:%02d", joint, cron_set_least(hours), cron_set_least(minutes));
            joint = --left > 1 ? ", " : " and ";
        }
    }
}

/* "every minute", "every 5 minutes", "every hour" */
static void every_add(struct text *text, int step, const char *unit)
{
    if (step == 1)
        text_addf(text, "every %s", unit);
    else
        text_addf(text, "every %d %ss", step, unit);
}

/* " from 08:15 to 17:45": the first and the last time of a day. */
static void first_to_last_add(const struct cron *cron, struct text *text)
{
    text_addf(text, " from %02d:%02d to %02d:%02d", cron_set_least(cron->hours),
              cron_set_least(cron->minutes), cron_set_greatest(cron->hours),
              cron_set_greatest(cron->minutes));
}

/* The step of minutes that runs on evenly from hour to hour, as from 0, 15, 30 and 45; else 0. */
static int steady_step(uint64_t minutes)
{
    int step = cron_set_step(minutes);

    return (minutes & 1) != 0 && cron_set_greatest(minutes) + step == 60 ? step : 0;
}

/* Times too many to be listed, in some hours of the day. */
static void times_sum_up(const struct cron *cron, struct text *text)
{
    int minute_step = cron_set_step(cron->minutes);
    int hour_step = cron_set_step(cron->hours);
    int steady = steady_step(cron->minutes);
    bool one_hour = cron_set_count(cron->hours) == 1;

    if ((one_hour && minute_step != 0) || (hour_step == 1 && steady != 0)) {
        every_add(text, minute_step, "minute");
        first_to_last_add(cron, text);
    } else if (cron_set_count(cron->minutes) == 1 && hour_step != 0) {
        every_add(text, hour_step, "hour");
        first_to_last_add(cron, text);
    } else if (steady != 0) {
        every_add(text, steady, "minute");
        cron_words_counted(text, " in the hour", cron->hours);
    } else {
        cron_words_counted(text, "at minute", cron->minutes);
        cron_words_counted(text, " of the hour", cron->hours);
    }
}

void cron_describe(const struct cron *cron, struct text *text)
{
    int steady = steady_step(cron->minutes);

    if (cron->hours == CRON_ALL_HOURS) {
        if (steady != 0) {
            every_add(text, steady, "minute");
        } else {
            cron_words_counted(text, "at minute", cron->minutes);
            text_add(text, " of every hour");
        }
        if (cron_dates_of(cron) == CRON_DATES_EVERY) { /* not "every hour every day in June" */
            months_add(text, cron->months);
            return;
        }
        text_add(text, " ");
    } else if (cron_set_count(cron->minutes) * cron_set_count(cron->hours) <= TIMES_LISTED_MAX) {
        times_add(cron, text);
        text_add(text, " ");
    } else {
        times_sum_up(cron, text);
        text_add(text, ", ");
    }
    cron_describe_dates(cron, text);
}
