#include "cron/cron.h"

#include "cron/cron_set.h"

/* After 400 years the Gregorian calendar repeats, weekdays included, and every rule of a zone. */
#define MINUTES_PER_CYCLE (INT64_C(146097) * INSTANT_MINUTES_PER_DAY)

/* The jumps of the wall clock over which a fixed-time schedule loses and doubles nothing. */
enum { JUMP_MADE_UP_LEAST = 5, JUMP_MADE_UP_MOST = 179, JUMP_HELD_BACK_MOST = 180 };

/* More than the difference between any two offsets of a zone. */
enum { JUMP_ROOM = 3 * INSTANT_MINUTES_PER_DAY };

/* Moves to the first matching time of the day at or after that one; false: no more that day. */
static bool cron_advance_time(const struct cron *cron, int *minute_of_day)
{
    int hour = *minute_of_day / 60;
    uint64_t minutes = cron_set_from(cron->minutes, *minute_of_day % 60);
    uint64_t hours;

    if (minutes != 0 && cron_set_holds(cron->hours, hour)) {
        *minute_of_day = hour * 60 + cron_set_least(minutes);
        return true;
    }
    hours = cron_set_from(cron->hours, hour + 1);
    if (hours == 0)
        return false;
    *minute_of_day = cron_set_least(hours) * 60 + cron_set_least(cron->minutes);
    return true;
}

/* The days of a month that match, as a set. Ignores the months field. */
static uint64_t cron_month_set(const struct cron *cron, int year, int month, int first_weekday)
{
    const uint64_t weeks = 1 | 1 << 7 | 1 << 14 | 1 << 21 | 1 << 28;
    unsigned week = cron->weekdays | (unsigned)cron->weekdays << 7;
    uint64_t weekdays = (week >> first_weekday & 0x7F) * weeks << 1; /* as days 1 to 31 */
    uint64_t all = (UINT64_C(2) << civil_month_days(year, month)) - 2;

    if (cron->days_starred || cron->weekdays_starred)
        return cron->days & weekdays & all;
    return (cron->days | weekdays) & all;
}

/* The first matching day after that of civil, which is the given day since 1970. */
static int64_t cron_next_day(const struct cron *cron, const struct civil *civil, int64_t day,
                             uint64_t set)
{
    struct civil first = {.year = civil->year, .month = civil->month, .day = 1};

    set = cron_set_from(set, civil->day + 1);
    if (set != 0)
        return day + cron_set_least(set) - civil->day;
    do { /* ends, since cron->fires says that some date matches */
        uint64_t months = cron_set_from(cron->months, first.month + 1);

        first.year += months == 0 ? 1 : 0;
        first.month = cron_set_least(months != 0 ? months : cron->months);
        day = civil_to_day(&first);
        set = cron_month_set(cron, first.year, first.month, civil_weekday(day));
    } while (set == 0);
    return day + cron_set_least(set) - 1;
}

int64_t cron_next_on_wall(const struct cron *cron, int64_t wall_minute)
{
    int64_t day = instant_divide_down(wall_minute, INSTANT_MINUTES_PER_DAY);
    int minute_of_day = (int)(wall_minute - day * INSTANT_MINUTES_PER_DAY);
    struct civil civil = civil_from_day(day);
    uint64_t set = 0;

    if (cron_set_holds(cron->months, civil.month))
        set = cron_month_set(cron, civil.year, civil.month, (civil.weekday + 36 - civil.day) % 7);
    if (!cron_set_holds(set, civil.day) || !cron_advance_time(cron, &minute_of_day)) {
        day = cron_next_day(cron, &civil, day, set);
        minute_of_day = cron_set_least(cron->hours) * 60 + cron_set_least(cron->minutes);
    }
    return day * INSTANT_MINUTES_PER_DAY + minute_of_day;
}

enum cron_over_jump cron_over_jump(const struct cron *cron, int jump_minutes)
{
    if (cron->wildcard)
        return CRON_FOLLOWS;
    if (jump_minutes >= JUMP_MADE_UP_LEAST && jump_minutes <= JUMP_MADE_UP_MOST)
        return CRON_MAKES_UP;
    return jump_minutes < 0 && jump_minutes >= -JUMP_HELD_BACK_MOST ? CRON_HOLDS_BACK
                                                                    : CRON_FOLLOWS;
}

/*
 * The first slot of a span at or after from; false: it has no more. Nothing matches before *wall,
 * a minute of the wall clock.
 */
static bool cron_next_in_span(const struct cron *cron, const struct zone_span *span, int64_t from,
                              int64_t *wall, int64_t *minute)
{
    enum cron_over_jump over_jump = cron_over_jump(cron, span->jump_minutes);

    *wall = from + span->offset_minutes;
    if (over_jump == CRON_MAKES_UP && from == span->from &&
        cron_next_on_wall(cron, *wall - span->jump_minutes) < *wall) {
        *minute = from;
        return true;
    }
    if (over_jump == CRON_HOLDS_BACK) {
        int64_t first_pass_to = span->from + span->offset_minutes - span->jump_minutes;

        *wall = *wall > first_pass_to ? *wall : first_pass_to;
    }
    *wall = cron_next_on_wall(cron, *wall);
    *minute = *wall - span->offset_minutes;
    return *minute < span->to;
}

bool cron_next(const struct cron *cron, const struct zone *zone, int64_t after_minute,
               int64_t *minute)
{
    int64_t from = after_minute + 1;
    int64_t settled = zone_settled_from(zone);
    int64_t until = (settled > from ? settled : from) + MINUTES_PER_CYCLE;

    while (cron->fires && from < until) {
        struct zone_span span = zone_span_at(zone, from);
        int64_t wall;

        if (cron_next_in_span(cron, &span, from, &wall, minute))
            return true;
        /*
         * Nothing matches before that wall minute, so spans that end well before it can be left
         * out; but not when the clock may still be set back to before the start of this search.
         */
        if (span.to - from >= JUMP_ROOM && wall - JUMP_ROOM > span.to)
            from = wall - JUMP_ROOM;
        else
            from = span.to;
    }
    return false;
}
