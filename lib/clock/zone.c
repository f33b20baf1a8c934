#include "clock/zone.h"

#include "clock/instant.h"
#include "clock/quote.h"

#include <string.h>
#include <strings.h>

enum { ZONE_OFFSET_HOURS_MAX = 15 }; /* PostgreSQL's MAX_TZDISP_HOUR: below 16 hours */

static bool zone_fail(struct error *err, const char *text, const char *wrong)
{
    char quoted[QUOTE_SIZE];

    quote_string(text, quoted);
    error_set(err, ERROR_INVALID, "time zone \"%s\" %s", quoted, wrong);
    return error_hint(err, "use a fixed offset such as \"+02:00\"");
}

/* The number that two digits make, or -1. */
static int zone_two_digits(const char *at)
{
    if (at[0] < '0' || at[0] > '9' || at[1] < '0' || at[1] > '9')
        return -1;
    return (at[0] - '0') * 10 + (at[1] - '0');
}

static bool zone_parse_offset(const char *text, struct zone *zone, struct error *err)
{
    const char *at = text + 1;
    int hours = zone_two_digits(at);
    int minutes = 0;

    if (hours < 0)
        return zone_fail(err, text, "is not an offset");
    at += 2;
    if (*at != '\0') {
        at += *at == ':' ? 1 : 0;
        minutes = zone_two_digits(at);
        if (minutes < 0 || at[2] != '\0')
            return zone_fail(err, text, "is not an offset");
    }
    if (minutes > 59)
        return zone_fail(err, text, "has more than 59 minutes");
    if (hours > ZONE_OFFSET_HOURS_MAX)
        return zone_fail(err, text, "is outside -15:59 to +15:59");
    zone->kind = ZONE_FIXED;
    zone->offset_seconds = (hours * 60 + minutes) * 60 * (text[0] == '-' ? -1 : 1);
    return true;
}

/* Whether text is spelled like a name of the IANA database, such as Etc/GMT+5. */
static bool zone_looks_like_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const char others[] = "0123456789/_+-";
    size_t length = strlen(text);
    size_t i = 0;

    while (i < length && (strchr(letters, text[i]) != NULL || strchr(others, text[i]) != NULL))
        i++;
    return length > 0 && i == length && strchr(letters, text[0]) != NULL;
}

bool zone_parse(const char *text, struct zone *zone, struct error *err)
{
    if (text == NULL || strcasecmp(text, "UTC") == 0 || strcasecmp(text, "Z") == 0) {
        *zone = (struct zone){.kind = ZONE_FIXED};
        return true;
    }
    if (text[0] == '+' || text[0] == '-')
        return zone_parse_offset(text, zone, err);
    if (zone_looks_like_name(text))
        return zone_fail(err, text, "is a name, which this version does not support yet");
    return zone_fail(err, text, "is not a time zone");
}

int zone_offset_seconds_at(const struct zone *zone, int64_t utc_minute)
{
    (void)utc_minute; /* matters to zones with daylight saving */
    return zone->offset_seconds;
}

int64_t zone_wall_minute(const struct zone *zone, int64_t utc_minute)
{
    int64_t wall_seconds = utc_minute * 60 + zone_offset_seconds_at(zone, utc_minute);

    return instant_divide_down(wall_seconds, 60);
}
