#include "cron/cron_text.h"

#include "cron/cron_set.h"

#include <stdlib.h>

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

/* "02:00", or "2011-12-31 00:00" if a jump spans a whole day. */
static void cron_jump_add_time(struct text *text, int64_t wall_minute, bool has_date)
{
    struct civil civil = civil_from_minute(wall_minute);

    if (has_date)
        text_addf(text, "%04d-%02d-%02d ", civil.year, civil.month, civil.day);
    text_addf(text, "%02d:%02d", civil.hour, civil.minute);
}

static void cron_jump_describe(const struct cron_jump *jump, struct text *text)
{
    struct civil night = civil_from_minute(jump->from);
    bool has_date = llabs(jump->to - jump->from) >= INSTANT_MINUTES_PER_DAY;
    bool is_gap = jump->from < jump->to;
    bool is_one = jump->count == 1;

    text_addf(text, "on %s %04d-%02d-%02d the clocks go %s from ",
              civil_weekday_names[night.weekday], night.year, night.month, night.day,
              is_gap ? "forward" : "back");
    cron_jump_add_time(text, jump->from, has_date);
    text_add(text, " to ");
    cron_jump_add_time(text, jump->to, has_date);
    text_add(text, ": ");
    if (!is_one)
        text_addf(text, "the %d times from ", jump->count);
    cron_jump_add_time(text, jump->first, has_date);
    if (!is_one) {
        text_add(text, " to ");
        cron_jump_add_time(text, jump->last, has_date);
    }
    if (!is_gap) {
        text_addf(text, " %s twice, and it runs %s", is_one ? "comes" : "come",
                  jump->over_jump == CRON_HOLDS_BACK ? "the first time only" : "both times");
        return;
    }
    text_add(text, is_one ? " is skipped" : " are skipped");
    if (jump->over_jump != CRON_MAKES_UP) {
        text_add(text, " and not made up for");
        return;
    }
    text_add(text, is_one ? ", and it runs at " : ", and it runs once instead, at ");
    cron_jump_add_time(text, jump->to, false);
    text_add(text, is_one ? " instead" : "");
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
