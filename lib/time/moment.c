#include "time/moment.h"

#include "time/duration.h"

#include <string.h>

static bool moment_parse_day(const char *text, struct moment *moment, struct error *err)
{
    static const char midnight[] = "T00:00Z";
    char time[sizeof "2026-03-01" + sizeof midnight];

    memcpy(time, text, strlen("2026-03-01"));
    memcpy(time + strlen("2026-03-01"), midnight, sizeof midnight);
    moment->form = MOMENT_DAY;
    if (!instant_parse(time, &moment->number, err))
        return false;
    moment->number /= INSTANT_US_PER_MINUTE * INSTANT_MINUTES_PER_DAY;
    return true;
}

/* "2026-03-01", whatever digits these are. */
static bool moment_is_day(const char *text)
{
    return strlen(text) == strlen("2026-03-01") && text[4] == '-' && text[7] == '-';
}

/* "15m", and not "2026-03-01T02:00Z". */
static bool moment_is_duration(const char *text)
{
    size_t digits = strspn(text, "0123456789");

    return digits > 0 && strlen(text) <= digits + 1;
}

bool moment_parse(const char *text, bool takes_duration, struct moment *moment, struct error *err)
{
    if (strcmp(text, "today") == 0 || strcmp(text, "yesterday") == 0) {
        *moment = (struct moment){MOMENT_DAYS_AGO, *text == 'y' ? 1 : 0};
        return true;
    }
    if (moment_is_day(text))
        return moment_parse_day(text, moment, err);
    if (takes_duration && moment_is_duration(text)) {
        moment->form = MOMENT_AGO;
        return duration_parse(text, &moment->number, err);
    }
    moment->form = MOMENT_INSTANT;
    if (instant_parse(text, &moment->number, err))
        return true;
    return error_hint(err, "write it as 2024-05-01T02:00Z, 2024-05-01, today%s",
                      takes_duration ? ", yesterday or 2d" : " or yesterday");
}

int64_t moment_resolve(const struct moment *moment, const struct zone *zone, int64_t now_us)
{
    int64_t now = instant_divide_down(now_us, INSTANT_US_PER_MINUTE);
    int64_t day;

    if (moment->form == MOMENT_INSTANT)
        return moment->number;
    if (moment->form == MOMENT_AGO)
        return moment->number < now_us / 1000 ? now_us - moment->number * 1000 : 0;
    day = moment->number;
    if (moment->form == MOMENT_DAYS_AGO)
        day = instant_divide_down(now + zone_span_at(zone, now).offset_minutes,
                                  INSTANT_MINUTES_PER_DAY) -
              moment->number;
    return zone_day_begins(zone, day) * INSTANT_US_PER_MINUTE;
}
