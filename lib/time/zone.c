#include "time/zone.h"

#include "time/tzif.h"

/* The last of the changes at or before that minute. */
static size_t zone_find_change(const struct tzif *tzif, int64_t utc_minute)
{
    size_t low = 0;
    size_t high = tzif->count; /* the one looked for is in [low, high) */

    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;

        if (tzif->changes[middle].from <= utc_minute)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/*
 * Goes on from the last span of the table by the rule, from where that begins to count. A change
 * may lie a week outside its year: those of the year before last surely come before that minute,
 * and those of the year after next behind it.
 */
static void zone_go_on_by_rule(const struct tzif *tzif, int64_t utc_minute, struct zone_span *span)
{
    int64_t from = utc_minute > tzif->rule_from ? utc_minute : tzif->rule_from;
    int year = civil_from_minute(from).year;
    struct posix_tz_change changes[2];

    for (int i = 0; i < 2 * 5; i++) {
        int64_t at;
        int offset_minutes;

        if (i % 2 == 0)
            posix_tz_changes_in(&tzif->rule, year - 2 + i / 2, changes);
        at = tzif_minute_from(changes[i % 2].at_seconds);
        offset_minutes = tzif_offset_minutes(changes[i % 2].offset_seconds);
        if (at <= tzif->rule_from || offset_minutes == span->offset_minutes)
            continue;
        if (at > utc_minute) {
            span->to = at;
            return;
        }
        span->from = at;
        span->jump_minutes = offset_minutes - span->offset_minutes;
        span->offset_minutes = offset_minutes;
    }
}

struct zone_span zone_span_at(const struct zone *zone, int64_t utc_minute)
{
    const struct tzif *tzif = zone->changes;
    struct zone_span span = {
        .from = INT64_MIN, .to = INT64_MAX, .offset_minutes = zone->offset_minutes};
    size_t i;

    if (tzif == NULL)
        return span;
    i = zone_find_change(tzif, utc_minute);
    span.from = tzif->changes[i].from;
    span.offset_minutes = tzif->changes[i].offset_minutes;
    span.jump_minutes = i > 0 ? span.offset_minutes - tzif->changes[i - 1].offset_minutes : 0;
    if (i + 1 < tzif->count)
        span.to = tzif->changes[i + 1].from;
    else if (tzif->rule.has_summer)
        zone_go_on_by_rule(tzif, utc_minute, &span);
    return span;
}

const char *zone_format_local(const struct zone *zone, int64_t utc_minute,
                              char text[INSTANT_TEXT_SIZE])
{
    int offset_minutes = zone_span_at(zone, utc_minute).offset_minutes;

    instant_format_local(utc_minute, offset_minutes, text);
    return civil_weekday_names[civil_from_minute(utc_minute + offset_minutes).weekday];
}

int64_t zone_day_begins(const struct zone *zone, int64_t day)
{
    int64_t midnight = day * INSTANT_MINUTES_PER_DAY; /* on the wall clock */
    struct zone_span span = zone_span_at(zone, midnight - 2 * INSTANT_MINUTES_PER_DAY);

    while (span.to != INT64_MAX && midnight - span.offset_minutes >= span.to)
        span = zone_span_at(zone, span.to);
    return midnight - span.offset_minutes > span.from ? midnight - span.offset_minutes : span.from;
}

int64_t zone_settled_from(const struct zone *zone)
{
    return zone->changes != NULL ? zone->changes->rule_from : INT64_MIN;
}
