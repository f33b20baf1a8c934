/* Fuzzes lib/time/zones.c: the time zone of an organisation, which may be any text. */
#include "fuzz/fuzz.h"

#include "time/zones.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void zone_exercise(const char *bytes, size_t length)
{
    char *text = fuzz_string(bytes, length);
    struct zones zones = {0};
    struct zone zone;
    struct error err;

    zones_find(&zones, text, &zone, &err);
    zones_free(&zones);
    free(text);
}

/* An offset can be spelled as people do, and is then the same again. */
static void check_offset(struct zones *zones, const struct zone *zone)
{
    int minutes = zone->offset_minutes;
    char spelled[16];
    struct zone again;
    struct error err;

    FUZZ_CHECK(abs(minutes) < 16 * 60, "%d minutes", minutes);
    FUZZ_CHECK(zone_span_at(zone, 0).offset_minutes == minutes, "%d minutes", minutes);
    snprintf(spelled, sizeof spelled, "%c%02d:%02d", minutes < 0 ? '-' : '+', abs(minutes) / 60,
             abs(minutes) % 60);
    FUZZ_CHECK(zones_find(zones, spelled, &again, &err) && again.changes == NULL &&
                   again.offset_minutes == minutes,
               "%s", spelled);
}

/* A name has but one spelling, and is read once. */
static void check_name(struct zones *zones, const char *text, const struct zone *zone)
{
    struct zone again;
    struct error err;

    FUZZ_CHECK(text[0] != '/' && text[strlen(text) - 1] != '/' && strchr(text, '.') == NULL &&
                   strstr(text, "//") == NULL,
               "a path");
    FUZZ_CHECK(zones_find(zones, text, &again, &err) && again.changes == zone->changes, "again");
}

/* A hint that spells a name out is right. */
static void check_refused(struct zones *zones, const struct error *err)
{
    char spelling[ERROR_HINT_SIZE];
    int used = 0;
    struct zone zone;
    struct error again;

    fuzz_check_error(err, ERROR_INVALID);
    if (sscanf(err->hint, "write \"%319[^\"]\"%n", spelling, &used) == 1 &&
        used == (int)strlen(err->hint))
        FUZZ_CHECK(zones_find(zones, spelling, &zone, &again), "%s; yet %s", err->hint,
                   again.message);
}

static void zone_check(const char *bytes, size_t length)
{
    char *text = fuzz_string(bytes, length);
    struct zones zones = {0};
    struct zone zone = {.offset_minutes = 1};
    struct error err = {0};

    if (!zones_find(&zones, text, &zone, &err))
        check_refused(&zones, &err);
    else if (zone.changes == NULL)
        check_offset(&zones, &zone);
    else
        check_name(&zones, text, &zone);
    zones_free(&zones);
    free(text);
}

const struct fuzz_target fuzz_zone = {"zone", zone_exercise, zone_check};
