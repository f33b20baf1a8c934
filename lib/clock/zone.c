#include "clock/zone.h"

#include "clock/instant.h"
#include "clock/tzif.h"

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
 * Goes on from the last span of the table by the rule: over the changes of three years, of which
 * the first has two before that minute, and the last one two behind it.
 */
static void zone_go_on_by_rule(const struct tzif *tzif, int64_t utc_minute, struct zone_span *span)
{
    int year = civil_from_minute(utc_minute).year;
    struct posix_tz_change changes[6];

    for (int i = 0; i < 3; i++)
        posix_tz_changes_in(&tzif->rule, year - 1 + i, changes + 2 * i);
    for (int i = 0; i < 6; i++) {
        int64_t at = tzif_minute_from(changes[i].at_seconds);
        int offset_minutes = tzif_offset_minutes(changes[i].offset_seconds);

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
