#include "report/when.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct zone *when_zone(struct when *when, const char *timezone)
{
    struct error err;

    if (when->timezone != NULL && strcmp(when->timezone, timezone != NULL ? timezone : "") == 0)
        return &when->zone;
    free(when->timezone);
    when->timezone = memory_copy_text(timezone != NULL ? timezone : "");
    when->is_known = zones_find(&when->zones, timezone, &when->zone, &err);
    if (!when->is_known)
        when->zone = (struct zone){0};
    return &when->zone;
}

void when_free(struct when *when)
{
    zones_free(&when->zones);
    free(when->timezone);
    *when = (struct when){0};
}

int64_t when_day(const struct zone *zone, int64_t minute)
{
    return instant_divide_down(minute + zone_span_at(zone, minute).offset_minutes,
                               INSTANT_MINUTES_PER_DAY);
}

static struct civil when_civil(const struct zone *zone, int64_t minute)
{
    return civil_from_minute(minute + zone_span_at(zone, minute).offset_minutes);
}

void when_add_minute(const struct when *when, const struct zone *zone, int64_t minute,
                     struct text *out)
{
    int64_t now = instant_divide_down(when->now_us, INSTANT_US_PER_MINUTE);
    struct civil civil;

    if (minute == INT64_MIN) {
        text_add(out, "-");
        return;
    }
    civil = when_civil(zone, minute);
    if (civil.year == when_civil(zone, now).year)
        text_addf(out, "%.3s %2d %.3s %02d:%02d", civil_weekday_names[civil.weekday], civil.day,
                  civil_month_names[civil.month - 1], civil.hour, civil.minute);
    else
        text_addf(out, "%04d-%02d-%02d %02d:%02d", civil.year, civil.month, civil.day, civil.hour,
                  civil.minute);
}

void when_add_time(const struct when *when, const struct zone *zone, int64_t time_ms,
                   struct text *out)
{
    int64_t second = instant_divide_down(time_ms, 1000);

    if (time_ms == INT64_MIN) {
        text_add(out, "-");
        return;
    }
    when_add_minute(when, zone, instant_divide_down(second, 60), out);
    text_addf(out, ":%02d", (int)(second - instant_divide_down(second, 60) * 60));
}

void when_add_localized(const struct when *when, const struct zone *zone, const char *string,
                        struct text *out)
{
    static const char form[] = "2024-05-01T02:00:00Z";

    for (const char *at = string; *at != '\0';) {
        char time[sizeof form];
        struct error err;
        int64_t us;

        snprintf(time, sizeof time, "%s", at);
        if (strlen(time) == strlen(form) && time[10] == 'T' && time[19] == 'Z' &&
            instant_parse(time, &us, &err)) {
            when_add_minute(when, zone, us / INSTANT_US_PER_MINUTE, out);
            at += strlen(form);
        } else {
            text_append(out, at++, 1);
        }
    }
}

void when_add_second(const struct zone *zone, int64_t time_ms, struct text *out)
{
    int64_t second = instant_divide_down(time_ms, 1000);
    struct civil civil = when_civil(zone, instant_divide_down(second, 60));

    text_addf(out, "%02d:%02d:%02d", civil.hour, civil.minute,
              (int)(second - instant_divide_down(second, 60) * 60));
}

void when_add_length(int64_t length_ms, struct text *out)
{
    static const struct {
        int64_t ms;
        const char *unit;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "m"}, {1000, "s"}};
    size_t i = 0;

    if (length_ms < 0)
        return;
    if (length_ms < 10000) {
        text_addf(out, "%" PRId64 ".%" PRId64 "s", length_ms / 1000, length_ms % 1000 / 100);
        return;
    }
    while (i < 3 && length_ms < 2 * units[i].ms)
        i++;
    text_addf(out, "%" PRId64 "%s", length_ms / units[i].ms, units[i].unit);
}
