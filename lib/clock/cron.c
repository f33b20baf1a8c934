#include "clock/cron.h"

enum { MONTHS_PER_CYCLE = 400 * 12 }; /* the Gregorian calendar repeats, weekdays included */

static bool set_holds(uint64_t set, int value)
{
    return (set >> value & 1) != 0;
}

/* The members of set that are at least value; value is 0 to 63. */
static uint64_t set_from(uint64_t set, int value)
{
    return set >> value << value;
}

/* The least member; the set must not be empty. */
static int set_least(uint64_t set)
{
    return __builtin_ctzll(set);
}

bool cron_matches_day(const struct cron *cron, const struct civil *civil)
{
    bool day = set_holds(cron->days, civil->day);
    bool weekday = set_holds(cron->weekdays, civil->weekday);

    if (!set_holds(cron->months, civil->month))
        return false;
    if (cron->days_starred || cron->weekdays_starred)
        return day && weekday;
    return day || weekday;
}

bool cron_matches(const struct cron *cron, const struct civil *civil)
{
    return set_holds(cron->minutes, civil->minute) && set_holds(cron->hours, civil->hour) &&
           cron_matches_day(cron, civil);
}

/* Moves civil to its day's first matching time at or after its own; false when there is none. */
static bool cron_advance_time(const struct cron *cron, struct civil *civil)
{
    uint64_t hours = set_from(cron->hours, civil->hour);
    uint64_t minutes = set_from(cron->minutes, civil->minute);

    if (hours != 0 && set_least(hours) == civil->hour && minutes == 0)
        hours = set_from(cron->hours, civil->hour + 1);
    if (hours == 0)
        return false;
    if (set_least(hours) != civil->hour)
        minutes = cron->minutes;
    civil->hour = set_least(hours);
    civil->minute = set_least(minutes);
    return true;
}

/* The days of a month that match, as a set; first_weekday is the weekday of its first day. */
static uint64_t cron_month_set(const struct cron *cron, int year, int month, int first_weekday)
{
    struct civil civil = {.year = year, .month = month, .weekday = first_weekday};
    uint64_t set = 0;

    for (civil.day = 1; civil.day <= civil_month_days(year, month); civil.day++) {
        if (cron_matches_day(cron, &civil))
            set |= UINT64_C(1) << civil.day;
        civil.weekday = (civil.weekday + 1) % 7;
    }
    return set;
}

/* Moves civil to the first matching day at or after its own; false when there is none. */
static bool cron_advance_day(const struct cron *cron, struct civil *civil)
{
    int first_weekday = (civil->weekday + 35 - (civil->day - 1)) % 7;

    for (int i = 0; i <= MONTHS_PER_CYCLE; i++) {
        if (set_holds(cron->months, civil->month)) {
            uint64_t set = cron_month_set(cron, civil->year, civil->month, first_weekday);

            set = set_from(set, civil->day);
            if (set != 0) {
                civil->day = set_least(set);
                return true;
            }
        }
        first_weekday = (first_weekday + civil_month_days(civil->year, civil->month)) % 7;
        civil->year += civil->month == 12 ? 1 : 0;
        civil->month = civil->month % 12 + 1;
        civil->day = 1;
    }
    return false; /* not reached for a schedule that fires */
}

/* The first matching minute of a wall clock that never jumps, at or after wall_minute. */
static bool cron_next_on_wall(const struct cron *cron, int64_t wall_minute, int64_t *found)
{
    struct civil civil = civil_from_minute(wall_minute);

    if (!cron->fires)
        return false;
    if (!cron_matches_day(cron, &civil) || !cron_advance_time(cron, &civil)) {
        civil.hour = 0;
        civil.minute = 0;
        civil = civil_from_minute(civil_to_minute(&civil) + INT64_C(24) * 60);
        if (!cron_advance_day(cron, &civil) || !cron_advance_time(cron, &civil))
            return false;
    }
    *found = civil_to_minute(&civil);
    return true;
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_minute,
               int64_t *minute)
{
    int64_t from = after_minute + 1;
    int64_t wall = zone_wall_minute(zone, from);
    int64_t found;

    if (!cron_next_on_wall(cron, wall, &found))
        return false;
    *minute = from + (found - wall); /* the offset is fixed: the wall clock runs evenly */
    return true;
}
