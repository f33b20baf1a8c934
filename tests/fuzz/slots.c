#include "fuzz/slots.h"

#include "fuzz/fuzz.h"
#include "support/cron_match.h"

#include <inttypes.h>

enum { LOOK_AHEAD_DAYS = 800, DAY = INSTANT_MINUTES_PER_DAY };

static int64_t least(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static bool matches_wall(const struct cron *cron, int64_t wall_minute)
{
    struct civil civil = civil_from_minute(wall_minute);

    return cron_matches(cron, &civil);
}

/* Whether that UTC minute of the span is a slot (design section 4, "Time zones"). */
static bool is_slot(const struct cron *cron, const struct zone_span *span, int64_t minute)
{
    int64_t wall = minute + span->offset_minutes;
    int jump = span->jump_minutes;

    if (!cron->wildcard && minute == span->from && jump >= 5 && jump <= 179) {
        for (int64_t skipped = wall - jump; skipped < wall; skipped++) {
            if (matches_wall(cron, skipped))
                return true;
        }
    }
    if (!cron->wildcard && jump < 0 && jump >= -180 && minute < span->from - jump)
        return false;
    return matches_wall(cron, wall);
}

/* No minute of [from, end), which lies in the span, is a slot. */
static void check_none_in_span(const struct cron *cron, const struct zone_span *span, int64_t from,
                               int64_t end)
{
    int64_t wall_from = from + span->offset_minutes;
    int64_t wall_end = end + span->offset_minutes;
    int64_t day = instant_divide_down(wall_from, DAY);

    FUZZ_CHECK(!is_slot(cron, span, from), "%" PRId64 " is passed over", from);
    for (; day * DAY < wall_end; day++) {
        struct civil civil = civil_from_minute(day * DAY);

        if (!cron_matches_day(cron, &civil))
            continue;
        for (int64_t wall = day * DAY; wall < least((day + 1) * DAY, wall_end); wall++) {
            int minute = (int)(wall - day * DAY);

            civil.hour = minute / 60;
            civil.minute = minute % 60;
            FUZZ_CHECK(wall < wall_from || !cron_matches(cron, &civil) ||
                           !is_slot(cron, span, wall - span->offset_minutes),
                       "%" PRId64 " is passed over", wall - span->offset_minutes);
        }
    }
}

/* No minute of [from, end) is a slot, as far as it is looked at. */
static void check_none(const struct cron *cron, const struct zone *zone, int64_t from, int64_t end)
{
    end = least(end, from + (int64_t)LOOK_AHEAD_DAYS * DAY);
    while (from < end) {
        struct zone_span span = zone_span_at(zone, from);
        int64_t stop = least(span.to, end);

        FUZZ_CHECK(span.from <= from && span.to > from, "%" PRId64, from);
        check_none_in_span(cron, &span, from, stop);
        from = stop;
    }
}

/* Every date of a leap year meets every weekday within 400 years: none may match. */
static void check_no_date(const struct cron *cron)
{
    struct civil civil = {.year = 2000};

    for (civil.month = 1; civil.month <= 12; civil.month++)
        for (civil.day = 1; civil.day <= civil_month_days(2000, civil.month); civil.day++)
            for (civil.weekday = 0; civil.weekday < 7; civil.weekday++)
                FUZZ_CHECK(!cron_matches_day(cron, &civil), "%d-%d", civil.month, civil.day);
}

void slots_check_next(const struct cron *cron, const struct zone *zone, int64_t after_minute)
{
    int64_t minute = INT64_MAX;
    int64_t again = 0;
    bool found = cron_next(cron, zone, after_minute, &minute);
    struct zone_span span;

    if (!cron->fires)
        check_no_date(cron);
    check_none(cron, zone, after_minute + 1, found ? minute : INT64_MAX);
    if (!found) {
        FUZZ_CHECK(!cron->fires || zone->changes != NULL, "after %" PRId64, after_minute);
        return;
    }
    FUZZ_CHECK(cron->fires, "after %" PRId64, after_minute);
    FUZZ_CHECK(minute > after_minute, "%" PRId64 " after %" PRId64, minute, after_minute);
    span = zone_span_at(zone, minute);
    FUZZ_CHECK(is_slot(cron, &span, minute), "%" PRId64, minute);
    FUZZ_CHECK(cron_next(cron, zone, minute - 1, &again) && again == minute,
               "%" PRId64 ", then %" PRId64, minute, again);
    again = 0;
    after_minute += (minute - after_minute) / 2; /* halfway there */
    FUZZ_CHECK(after_minute == minute ||
                   (cron_next(cron, zone, after_minute, &again) && again == minute),
               "%" PRId64 ", then %" PRId64, minute, again);
}
