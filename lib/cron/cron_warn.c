#include "cron/cron_text.h"

#include "cron/cron_words.h"

/* Sets of months. */
enum {
    FEBRUARY_ALONE = 1 << 2,
    THIRTY_DAYS = 1 << 4 | 1 << 6 | 1 << 9 | 1 << 11, /* April, June, September, November */
};

/* --- dates that never come, and months that are too short --- */

/* "February has no day 30 or 31" */
static void lack_add(struct text *text, uint64_t months, const char *joint, uint64_t days)
{
    cron_words_months(text, months);
    text_addf(text, "%s%s no day ", joint, cron_set_count(months) == 1 ? "has" : "have");
    cron_words_numbers(text, days, " or ");
}

/*
 * The months that lack days of the schedule and have none of it among their last three days
 * either: "28-31" or every other day does reach the end of a short month, "15,31" does not.
 */
static uint16_t months_too_short(const struct cron *cron)
{
    bool past_30 = cron_set_holds(cron->days, 31) && (cron->days & cron_set_range(28, 30)) == 0;
    bool past_28 =
        (cron->days & cron_set_range(29, 31)) != 0 && (cron->days & cron_set_range(26, 28)) == 0;

    if (past_30 && (cron->months & THIRTY_DAYS) != 0)
        return cron->months & (THIRTY_DAYS | FEBRUARY_ALONE); /* what 30 days lack, 28 do */
    return past_28 ? cron->months & FEBRUARY_ALONE : 0;
}

/* Says which months lack which days; false when none does. */
static bool short_months_add(const struct cron *cron, enum cron_dates dates, struct text *text)
{
    uint16_t months = months_too_short(cron);
    uint64_t days = cron->days & cron_set_range((months & THIRTY_DAYS) != 0 ? 31 : 29, 31);
    uint64_t beyond = cron->days & cron_set_range(30, 31);
    /* Where a weekday will do, no month is skipped. */
    bool skips = dates != CRON_DATES_EITHER && days == cron->days;

    if (dates == CRON_DATES_EVERY || dates == CRON_DATES_WEEKDAYS || months == 0)
        return false;
    if (cron_set_holds(days, 29)) {
        bool is_february = cron->months == FEBRUARY_ALONE;

        text_add(text, is_february ? "29 February comes in leap years only"
                       : skips     ? "it skips February except in leap years"
                                   : "day 29 comes in February in leap years only");
        if (beyond != 0 && (is_february || !skips)) {
            cron_words_counted(text, ", day", beyond);
            text_add(text, " never");
        }
    } else if (skips) {
        text_add(text, "it skips ");
        lack_add(text, months, ", which ", days);
    } else {
        cron_words_counted(text, "day", days);
        text_add(text, cron_set_count(days) == 1 ? " does not come in " : " do not come in ");
        cron_words_months(text, months);
    }
    return true;
}

/* --- both day fields --- */

/* Tells how the two day fields go together; false when one of them is left open by a "*". */
static bool day_fields_add(const struct cron *cron, enum cron_dates dates, struct text *text)
{
    bool all_days = cron->days == CRON_ALL_DAYS;
    bool all_weekdays = cron->weekdays == CRON_ALL_WEEKDAYS;

    if ((all_days && (all_weekdays || cron->days_starred)) ||
        (all_weekdays && cron->weekdays_starred))
        return false;
    text_add(text, "it runs ");
    if (dates == CRON_DATES_EITHER)
        text_add(text, "when either day field matches, not only when both do: ");
    else if (dates == CRON_DATES_BOTH && cron->days_starred && cron->weekdays_starred)
        text_add(text, "only when both day fields match, because both start with *: ");
    else if (dates == CRON_DATES_BOTH)
        text_add(text, "only when both day fields match, because one of them starts with *: ");
    cron_describe_dates(cron, text);
    if (all_days || all_weekdays) { /* the same dates whatever the other field says */
        bool either_will_do = dates == CRON_DATES_EVERY;

        text_addf(text, ": %s %s holds every day, so %s has no effect",
                  either_will_do ? "either day field will do, and"
                                 : "both day fields must match, because one starts with *, and",
                  all_days ? "day-of-month" : "day-of-week",
                  all_days == either_will_do ? "day-of-week" : "day-of-month");
    }
    return true;
}

/* --- uneven steps --- */

/* A field whose values come round again: after the last of an hour's minutes, its first. */
struct cycle {
    uint64_t set;
    const char *whole;        /* "60 minutes of an hour" */
    const char *unit;         /* of the distance from the last value to the first; NULL: unknown */
    const char *what;         /* its numbers count; or, where this is NULL, */
    const char *const *names; /* of 0, 1, ... */
    int size;
    int step; /* as it was written; 0: none to speak of */
};

/* "months have 28 to 31 days: the step 2 starts again at day 1 after day 27, 29 or 31" */
static bool day_step_add(const struct cron *cron, struct text *text)
{
    int step = cron->uneven_steps[CRON_DAY];
    uint64_t lasts = 0;

    if (step == 0 || cron->days == CRON_ALL_DAYS)
        return false;
    for (int month = 1; month <= 12; month++)
        for (int year = 1999; cron_set_holds(cron->months, month) && year <= 2000; year++)
            lasts |= UINT64_C(1) << ((civil_month_days(year, month) - 1) / step * step + 1);
    text_addf(text, "months have 28 to 31 days: the step %d starts again at day 1 after day ",
              step);
    cron_words_numbers(text, lasts, " or ");
    return true;
}

/* Tells of the steps that do not divide their field, where the field has a say; how many. */
static size_t steps_add(const struct cron *cron, enum cron_dates dates, struct text *warnings)
{
    const uint8_t *steps = cron->uneven_steps;
    bool by_weekday = dates != CRON_DATES_EVERY && dates != CRON_DATES_DAYS;
    bool by_day = dates != CRON_DATES_EVERY && dates != CRON_DATES_WEEKDAYS;
    /* The next hour or day need not be one of the schedule's: then the distance is not known. */
    bool hours_adjoin = (cron->hours & cron->hours >> 1) != 0;
    bool days_adjoin = dates == CRON_DATES_EVERY;
    const struct cycle cycles[] = {
        {cron->minutes, "60 minutes of an hour", hours_adjoin ? "minute" : NULL, "minute", NULL, 60,
         steps[CRON_MINUTE]},
        {cron->hours, "24 hours of a day", days_adjoin ? "hour" : NULL, "hour", NULL, 24,
         steps[CRON_HOUR]},
        {cron->months >> 1, "12 months of a year", "month", NULL, civil_month_names, 12,
         steps[CRON_MONTH]},
        {cron->weekdays, "7 days of a week", "day", NULL, civil_weekday_names, 7,
         by_weekday ? steps[CRON_WEEKDAY] : 0},
    };
    size_t count = 0;

    for (size_t i = 0; i < sizeof cycles / sizeof cycles[0]; i++) {
        const struct cycle *cycle = &cycles[i];
        int first = cron_set_least(cycle->set);
        int last = cron_set_greatest(cycle->set);
        int distance = first + cycle->size - last;
        struct text *text = &warnings[count];

        /* With the rest of its list even an uneven step may come out even. */
        if (cycle->step == 0 || distance == cron_set_step(cycle->set))
            continue;
        text_addf(text, "the step %d does not divide the %s: after ", cycle->step, cycle->whole);
        if (cycle->names != NULL)
            text_addf(text, "%s comes %s", cycle->names[last], cycle->names[first]);
        else
            text_addf(text, "%s %d comes %s %d", cycle->what, last, cycle->what, first);
        if (cycle->unit != NULL)
            text_addf(text, ", %d %s%s later", distance, cycle->unit, distance == 1 ? "" : "s");
        count++;
    }
    count += by_day && day_step_add(cron, &warnings[count]) ? 1 : 0;
    return count;
}

size_t cron_warn(const struct cron *cron, struct text warnings[CRON_WARNINGS_MAX])
{
    enum cron_dates dates = cron_dates_of(cron);
    size_t count = 0;

    if (dates == CRON_DATES_NEVER) {
        text_add(&warnings[0], "it never fires: ");
        lack_add(&warnings[0], cron->months, " ", cron->days);
        return 1;
    }
    count += short_months_add(cron, dates, &warnings[count]) ? 1 : 0;
    count += day_fields_add(cron, dates, &warnings[count]) ? 1 : 0;
    return count + steps_add(cron, dates, &warnings[count]);
}
