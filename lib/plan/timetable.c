#include "plan/timetable.h"

#include "cron/cron_message.h"

#include <string.h>

struct subject timetable_subject(const struct schedule *schedule, const char *organization)
{
    return (struct subject){organization, schedule->org_id, schedule->integration_type,
                            schedule->integration_id};
}

static bool timetable_parse(const char *expression, size_t length, const char *zone,
                            struct zones *zones, struct timetable *timetable, struct error *err)
{
    struct cron_error cron_error;
    struct cron_message message;

    if (!zones_find(zones, zone, &timetable->zone, err))
        return false;
    if (cron_parse(expression, length, &timetable->cron, &cron_error))
        return true;
    cron_message_make(expression, &cron_error, &message);
    error_set(err, ERROR_INVALID, "cron_schedule: %s", message.message);
    return error_hint(err, "%s", message.hint);
}

/* ---- The text "CRON ZONE" ---- */

static const char *timetable_zone_name(const struct schedule *schedule)
{
    return schedule->timezone != NULL ? schedule->timezone : "UTC";
}

void timetable_add_text(const struct schedule *schedule, struct text *text)
{
    text_addf(text, "%s %s", schedule->cron_schedule, timetable_zone_name(schedule));
}

bool timetable_has_text(const struct schedule *schedule, const char *text)
{
    size_t length = strlen(schedule->cron_schedule);

    return strncmp(text, schedule->cron_schedule, length) == 0 && text[length] == ' ' &&
           strcmp(text + length + 1, timetable_zone_name(schedule)) == 0;
}

/* No name of a zone holds a blank. */
bool timetable_read_text(const char *text, struct zones *zones, struct timetable *timetable,
                         struct error *err)
{
    const char *blank = strrchr(text, ' ');

    if (blank == NULL)
        return error_set(err, ERROR_INVALID, "its text in sync_schedule_state has no time zone");
    return timetable_parse(text, (size_t)(blank - text), blank + 1, zones, timetable, err);
}

/* ---- A schedule's row ---- */

/* The types: these three, and what a setting adds. */
static char timetable_types[RUN_TYPES][RUN_TYPE_SIZE] = {"xledger", "dynamics", "bufdir"};

const char *timetable_type(size_t n)
{
    return n < RUN_TYPES && *timetable_types[n] != '\0' ? timetable_types[n] : NULL;
}

static bool timetable_add_type(const char *name, size_t length, struct error *err)
{
    size_t n = 0;

    if (length == 0 || length >= RUN_TYPE_SIZE || *name < 'a' || *name > 'z' ||
        strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") < length) {
        error_set(err, ERROR_CONFIG, "\"%.*s\" is not a type of integration",
                  (int)(length < RUN_TYPE_SIZE ? length : RUN_TYPE_SIZE), name);
        return error_hint(err, "write lower case letters, digits, _ and -, and a comma between two "
                               "types, such as tripletex,visma");
    }
    while (timetable_type(n) != NULL &&
           (strlen(timetable_types[n]) != length || strncmp(timetable_types[n], name, length) != 0))
        n++;
    if (n == RUN_TYPES) {
        error_set(err, ERROR_CONFIG, "there is room for %d types, and no more", RUN_TYPES);
        return error_hint(err, "leave out what no integration has");
    }
    memcpy(timetable_types[n], name, length);
    return true;
}

bool timetable_add_types(const char *list, struct error *err)
{
    for (const char *at = list;; at++) {
        size_t length = strcspn(at, ",");

        if (!timetable_add_type(at, length, err))
            return false;
        at += length;
        if (*at == '\0')
            return true;
    }
}

size_t timetable_find_type(const char *type)
{
    size_t n = 0;

    if (type == NULL)
        return RUN_TYPES;
    while (timetable_type(n) != NULL && strcmp(timetable_types[n], type) != 0)
        n++;
    return timetable_type(n) != NULL ? n : RUN_TYPES;
}

bool timetable_is_complete(const struct schedule *schedule)
{
    return schedule->has_organization &&
           timetable_find_type(schedule->integration_type) < RUN_TYPES;
}

static bool timetable_hint_types(struct error *err)
{
    struct text known = {0};

    for (size_t n = 0; timetable_type(n) != NULL; n++)
        text_addf(&known, "%s%s", n == 0 ? "" : ", ", timetable_type(n));
    error_hint(err, "it is one of %s; SYNCSCHED_TYPES adds others", known.data);
    text_free(&known);
    return false;
}

/* Each column is checked before it is parsed, and the row before its slots are looked at. */
bool timetable_read(const struct schedule *schedule, struct zones *zones,
                    struct timetable *timetable, struct error *err)
{
    if (schedule->set_aside != NULL)
        return error_set(err, ERROR_INVALID, "%s", schedule->set_aside);
    if (!schedule->has_organization)
        return error_set(err, ERROR_INVALID, "its organisation does not exist");
    if (timetable_find_type(schedule->integration_type) == RUN_TYPES) {
        error_set(err, ERROR_INVALID, "integration_type \"%s\" is not known",
                  schedule->integration_type != NULL ? schedule->integration_type : "(null)");
        return timetable_hint_types(err);
    }
    return timetable_parse(schedule->cron_schedule, strlen(schedule->cron_schedule),
                           schedule->timezone, zones, timetable, err);
}

bool timetable_next(const struct timetable *timetable, int64_t after_minute, int64_t *minute)
{
    return cron_next(&timetable->cron, &timetable->zone, after_minute, minute);
}
