#include "inspect/upcoming.h"

#include "base/json.h"
#include "base/memory.h"
#include "plan/subject.h"
#include "store/schedules.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

/* ---- The heap: each schedule's slot is at or before those of the two below it ---- */

static const char *upcoming_id(const struct upcoming_schedule *schedule, const char *name)
{
    return json_string_value(json_object_get(schedule->report, name));
}

static bool upcoming_is_before(const struct upcoming_schedule *a, const struct upcoming_schedule *b)
{
    if (a->slot != b->slot)
        return a->slot < b->slot;
    return run_compare_keys(upcoming_id(a, "orgId"), upcoming_id(a, "integrationId"),
                            upcoming_id(b, "orgId"), upcoming_id(b, "integrationId")) < 0;
}

/* Moves a schedule down to where it belongs. */
static void upcoming_sink(struct upcoming *upcoming, size_t at)
{
    struct upcoming_schedule moved = upcoming->schedules[at];

    for (;;) {
        size_t below = 2 * at + 1;

        if (below + 1 < upcoming->count &&
            upcoming_is_before(&upcoming->schedules[below + 1], &upcoming->schedules[below]))
            below++;
        if (below >= upcoming->count || !upcoming_is_before(&upcoming->schedules[below], &moved))
            break;
        upcoming->schedules[at] = upcoming->schedules[below];
        at = below;
    }
    upcoming->schedules[at] = moved;
}

/* ---- Reading ---- */

/* The first speaks for all. */
static void upcoming_note_invalid(struct upcoming *upcoming, const struct schedule *schedule,
                                  const struct error *wrong)
{
    struct subject first = timetable_subject(schedule, NULL);

    if (upcoming->invalid++ > 0)
        return;
    upcoming->first_error = *wrong;
    upcoming->first_invalid = subject_keep(&first);
    org_names_want(&upcoming->names, schedule->org_id);
}

static void upcoming_warn_of_invalid(struct upcoming *upcoming)
{
    const struct subject_copy *first = &upcoming->first_invalid;
    struct subject about = subject_of(first, org_names_find(&upcoming->names, first->org_id));

    if (upcoming->invalid == 0)
        return;
    org_names_warn(&about, NULL, upcoming->first_error.message, upcoming->first_error.hint);
    schedules_warn_of_rest(upcoming->invalid);
}

static void upcoming_read_schedule(void *context, const struct schedules_reading *reading,
                                   const struct schedule *schedule)
{
    struct upcoming *upcoming = context;
    const struct upcoming_options *options = upcoming->options;
    int64_t slot = instant_divide_down(reading->now_us, INSTANT_US_PER_MINUTE);
    struct timetable timetable;
    struct error wrong = {0};

    upcoming->now_us = reading->now_us;
    upcoming->until =
        instant_divide_down(reading->now_us + options->ahead_ms * 1000, INSTANT_US_PER_MINUTE);
    if (!schedule->is_active ||
        (options->org_id != NULL && strcasecmp(options->org_id, schedule->org_id) != 0) ||
        (options->integration_id != NULL &&
         strcasecmp(options->integration_id, schedule->integration_id) != 0))
        return;
    upcoming->matched++;
    if (!timetable_read(schedule, &upcoming->zones, &timetable, &wrong)) {
        upcoming_note_invalid(upcoming, schedule, &wrong);
        return;
    }
    if (!timetable_next(&timetable, slot, &slot) || slot > upcoming->until)
        return;
    org_names_want(&upcoming->names, schedule->org_id);
    upcoming->schedules = memory_grow(upcoming->schedules, upcoming->count, &upcoming->capacity,
                                      sizeof *upcoming->schedules);
    upcoming->schedules[upcoming->count++] = (struct upcoming_schedule){
        .report = json_pack("{s:s, s:n, s:s, s:s, s:n, s:n, s:s, s:s}", "orgId", schedule->org_id,
                            "organization", "integrationId", schedule->integration_id,
                            "integrationType", schedule->integration_type, "scheduledFor",
                            "localTime", "schedule", schedule->cron_schedule, "timezone",
                            schedule->timezone != NULL ? schedule->timezone : "UTC"),
        .timetable = timetable,
        .slot = slot,
    };
}

bool upcoming_read(const struct upcoming_options *options, struct upcoming *upcoming,
                   struct error *err)
{
    struct schedules_options reading_options = {
        .deadline_ms = options->deadline_ms,
        .read_schedule = upcoming_read_schedule,
        .context = upcoming,
    };
    struct schedules_reading reading;
    struct database *db;
    struct error ignored; /* where names cannot be read, ids are shown */
    bool ok;

    *upcoming = (struct upcoming){.options = options};
    db = database_open(&options->database, options->deadline_ms, err);
    if (db == NULL)
        return false;
    ok = schedules_read(db, &reading_options, &reading, err) ||
         error_prefix(err, "reading the schedules");
    if (ok && upcoming->matched == 0)
        ok = schedules_check_choice(
            db, &(struct schedules_choice){options->org_id, options->integration_id},
            options->deadline_ms, err);
    if (ok)
        (void)org_names_read(db, &upcoming->names, options->deadline_ms, &ignored);
    database_close(db);
    upcoming_warn_of_invalid(upcoming);
    for (size_t at = upcoming->count / 2; at-- > 0;)
        upcoming_sink(upcoming, at);
    return ok;
}

/* ---- Going through them ---- */

json_t *upcoming_first(const struct upcoming *upcoming)
{
    const struct upcoming_schedule *first = upcoming->schedules;
    char text[INSTANT_TEXT_SIZE];
    const char *name;

    if (upcoming->count == 0)
        return NULL;
    name = org_names_find(&upcoming->names, upcoming_id(first, "orgId"));
    json_object_set_new(first->report, "organization", json_from_text(name));
    instant_format_minute(first->slot, text);
    json_object_set_new(first->report, "scheduledFor", json_string(text));
    zone_format_local(&first->timetable.zone, first->slot, text);
    json_object_set_new(first->report, "localTime", json_string(text));
    return first->report;
}

void upcoming_advance(struct upcoming *upcoming)
{
    struct upcoming_schedule *first = &upcoming->schedules[0];

    if (!timetable_next(&first->timetable, first->slot, &first->slot) ||
        first->slot > upcoming->until) {
        json_decref(first->report);
        *first = upcoming->schedules[--upcoming->count];
    }
    if (upcoming->count > 0)
        upcoming_sink(upcoming, 0);
}

void upcoming_free(struct upcoming *upcoming)
{
    for (size_t i = 0; i < upcoming->count; i++)
        json_decref(upcoming->schedules[i].report);
    free(upcoming->schedules);
    zones_free(&upcoming->zones);
    org_names_free(&upcoming->names);
    *upcoming = (struct upcoming){0};
}
