#include "cron/cron_text.h"

#include "cron/cron_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Less than a year: most rules name a weekday, so the same change can come after 364 days. */
#define MINUTES_AHEAD (INT64_C(363) * INSTANT_MINUTES_PER_DAY)

/* Minutes of the wall clock. */
struct cron_jump {
    int64_t from; /* what the clock shows when it is changed, */
    int64_t to;   /* and what it is changed to */
    enum cron_over_jump over_jump;
    int64_t first; /* of the schedule's minutes that it skips or repeats */
    int64_t last;
    int count;
};

static void cron_jump_find_minutes(const struct cron *cron, struct cron_jump *jump)
{
    int64_t low = jump->from < jump->to ? jump->from : jump->to;
    int64_t high = jump->from < jump->to ? jump->to : jump->from;

    for (int64_t at = low; (at = cron_next_on_wall(cron, at)) < high; at++) {
        jump->first = jump->count == 0 ? at : jump->first;
        jump->last = at;
        jump->count++;
    }
}

enum { TIME_SIZE = 32 };

/* Writes "02:00", or "2011-12-31 00:00" if a jump spans a whole day; returns it. */
static const char *cron_jump_time(int64_t wall_minute, bool has_date, char time[TIME_SIZE])
{
    struct civil civil = civil_from_minute(wall_minute);

    snprintf(time, TIME_SIZE, "%04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day,
             civil.hour, civil.minute);
    return has_date ? time : strchr(time, ' ') + 1;
}

static void cron_jump_describe(const struct cron_jump *jump, struct text *text)
{
    struct civil night = civil_from_minute(jump->from);
    bool has_date = llabs(jump->to - jump->from) >= INSTANT_MINUTES_PER_DAY;
    bool is_one = jump->count == 1;
    char one[TIME_SIZE];
    char other[TIME_SIZE];

    text_addf(text, "on %s %04d-%02d-%02d the clocks go %s from %s to %s: ",
              civil_weekday_names[night.weekday], night.year, night.month, night.day,
              jump->from < jump->to ? "forward" : "back", cron_jump_time(jump->from, has_date, one),
              cron_jump_time(jump->to, has_date, other));
    if (!is_one)
        text_addf(text, "the %d times from %s to ", jump->count,
                  cron_jump_time(jump->first, has_date, one));
    text_add(text, cron_jump_time(jump->last, has_date, one));
    if (jump->from > jump->to)
        text_addf(text, " %s twice, and it runs %s", is_one ? "comes" : "come",
                  jump->over_jump == CRON_HOLDS_BACK ? "the first time only" : "both times");
    else if (jump->over_jump != CRON_MAKES_UP)
        text_addf(text, " %s skipped and not made up for", is_one ? "is" : "are");
    else
        text_addf(text,
                  is_one ? " is skipped, and it runs at %s instead"
                         : " are skipped, and it runs once instead, at %s",
                  cron_jump_time(jump->to, false, one));
}

size_t cron_warn_of_jumps(const struct cron *cron, const struct zone *zone, int64_t after_minute,
                          struct text warnings[CRON_JUMPS_MAX])
{
    struct zone_span span = zone_span_at(zone, after_minute);
    int64_t until = after_minute + MINUTES_AHEAD;
    size_t count = 0;

    if (!cron->fires || (cron->wildcard && cron->hours == CRON_ALL_HOURS))
        return 0;
    while (span.to < until && count < CRON_JUMPS_MAX) {
        struct zone_span next = zone_span_at(zone, span.to);
        struct cron_jump jump = {
            .from = next.from + span.offset_minutes,
            .to = next.from + next.offset_minutes,
            .over_jump = cron_over_jump(cron, next.jump_minutes),
        };

        cron_jump_find_minutes(cron, &jump);
        if (jump.count > 0)
            cron_jump_describe(&jump, &warnings[count++]);
        span = next;
    }
    return count;
}
