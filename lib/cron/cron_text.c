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
        if (cron_set_holds(months, month))
            days |= days_of_month(month);
    return days;
}

/* The same dates, without the days and the months that never come together. */
static struct cron without_missing_dates(const struct cron *cron)
{
    struct cron dates = *cron;

    dates.days &= days_of_months(cron->months);
    for (int month = 1; month <= 12; month++)
        if (cron->months != CRON_ALL_MONTHS && (dates.days & days_of_month(month)) == 0)
            dates.months &= (uint16_t) ~(1U << month); /* "of the month" means all of them */
    return dates;
}

/* " in June", " from January to June", " in January and June"; nothing for all months. */
static void months_add(struct text *text, uint16_t months)
{
    if (months == CRON_ALL_MONTHS)
        return;
    text_add(text, cron_set_count(months) > 2 && cron_set_step(months) == 1 ? " from " : " in ");
    cron_words_months(text, months);
}

/*
 * "day 31 of the month", "odd days of June", "days 1 and 15 of June"; with is_date the last is
 * "1 and 15 June".
 */
static void days_add(struct text *text, const struct cron *dates, bool is_date)
{
    uint32_t possible = days_of_months(dates->months);
    bool is_odd = dates->days == (ODD_DAYS & possible);
    bool is_even = dates->days == (EVEN_DAYS & possible);

    if (is_date && cron_set_count(dates->months) == 1 && !is_odd && !is_even) {
        cron_words_numbers(text, dates->days, " and ");
        text_add(text, " ");
        cron_words_months(text, dates->months);
        return;
    }
    if (is_odd || is_even)
        text_add(text, is_odd ? "odd days" : "even days");
    else
        cron_words_counted(text, "day", dates->days);
    text_add(text, " of ");
    if (dates->months == CRON_ALL_MONTHS)
        text_add(text, "the month");
    else
        cron_words_months(text, dates->months);
}

/* For a single day that not all of the months have, where it comes. Whether there was one. */
static bool scarcity_add(struct text *text, const struct cron *dates)
{
    bool is_29 = dates->days == UINT32_C(1) << 29;
    const char *words = NULL;

    if (dates->days == UINT32_C(1) << 31 && dates->months == CRON_ALL_MONTHS)
        words = ", in the 7 months that have one";
    else if (dates->days == UINT32_C(1) << 30 && dates->months == CRON_ALL_MONTHS)
        words = ", in the 11 months that have one";
    else if (is_29 && dates->months == 1U << FEBRUARY)
        words = ", in leap years";
    else if (is_29 && cron_set_holds(dates->months, FEBRUARY))
        words = ", in February in leap years only";
    text_add(text, words != NULL ? words : "");
    return words != NULL;
}

/* "13 June if it is a Friday", "days 1 to 7 of the month that are Mondays" */
static void days_and_weekdays_add(struct text *text, const struct cron *dates)
{
    bool is_one = cron_set_count(dates->days) == 1;

    days_add(text, dates, is_one);
    if (is_one)
        text_add(text, scarcity_add(text, dates) ? ", if it is a " : " if it is a ");
    else
        text_add(text, " that are ");
    cron_words_weekdays_or(text, dates->weekdays, !is_one);
}

void cron_describe_dates(const struct cron *cron, struct text *text)
{
    enum cron_dates by = cron_dates_of(cron);
    struct cron dates = without_missing_dates(cron);

    if (by == CRON_DATES_EITHER && dates.days == 0) /* day 31 or Friday, in June */
        by = CRON_DATES_WEEKDAYS;
    text_add(text, by == CRON_DATES_EVERY ? "every day" : "on ");
    if (by == CRON_DATES_NEVER) {
        days_add(text, cron, true);
        text_add(text,
                 cron_set_count(cron->days) == 1 ? ", which never comes" : ", which never come");
    } else if (by == CRON_DATES_BOTH) {
        days_and_weekdays_add(text, &dates);
    } else if (by == CRON_DATES_DAYS) {
        days_add(text, &dates, true);
        scarcity_add(text, &dates);
    } else if (by == CRON_DATES_EITHER) {
        days_add(text, &dates, true);
        text_add(text, scarcity_add(text, &dates) ? ", and on " : " and on ");
    }
    if (by == CRON_DATES_EITHER && cron_set_count(cron->weekdays) == 1)
        text_addf(text, "every %s", civil_weekday_names[cron_set_least(cron->weekdays)]);
    else if (by == CRON_DATES_EITHER || by == CRON_DATES_WEEKDAYS)
        cron_words_weekdays(text, cron->weekdays);
    if (by == CRON_DATES_EITHER || by == CRON_DATES_WEEKDAYS || by == CRON_DATES_EVERY)
        months_add(text, cron->months);
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
    bool by_minute =
        cron_set_count(cron->hours) == 1 ? minute_step != 0 : hour_step == 1 && steady != 0;

    if (by_minute || (cron_set_count(cron->minutes) == 1 && hour_step != 0)) {
        every_add(text, by_minute ? minute_step : hour_step, by_minute ? "minute" : "hour");
        text_addf(text, " from %02d:%02d to %02d:%02d", cron_set_least(cron->hours),
                  cron_set_least(cron->minutes), cron_set_greatest(cron->hours),
                  cron_set_greatest(cron->minutes));
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
