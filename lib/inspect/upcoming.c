#include "inspect/upcoming.h"

#include "base/memory.h"
#include "store/schedules.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct coming_reader {
    const struct coming_options *options;
    struct coming *coming;
    size_t faults;
};

/* ---- The heap: each schedule's slot is at or before those of the two below it ---- */

static bool coming_is_before(const struct coming_schedule *a, const struct coming_schedule *b)
{
    int order;

    if (a->slot != b->slot)
        return a->slot < b->slot;
    order = strcmp(a->org_id, b->org_id);
    return order != 0 ? order < 0 : strcmp(a->integration_id, b->integration_id) < 0;
}

/* Moves a schedule down to where it belongs. */
static void coming_sink(struct coming *coming, size_t at)
{
    struct coming_schedule moved = coming->schedules[at];

    for (;;) {
        size_t below = 2 * at + 1;

        if (below + 1 < coming->count &&
            coming_is_before(&coming->schedules[below + 1], &coming->schedules[below]))
            below++;
        if (below >= coming->count || !coming_is_before(&coming->schedules[below], &moved))
            break;
        coming->schedules[at] = coming->schedules[below];
        at = below;
    }
    coming->schedules[at] = moved;
}

/* ---- Reading ---- */

static bool coming_is_asked_for(const struct coming_options *options,
                                const struct schedule *schedule)
{
    return schedule->is_active &&
           (options->org_id == NULL || strcasecmp(options->org_id, schedule->org_id) == 0) &&
           (options->integration_id == NULL ||
            strcasecmp(options->integration_id, schedule->integration_id) == 0);
}

static void coming_add(struct coming *coming, const struct schedule *schedule,
                       const struct timetable *timetable, int64_t slot)
{
    struct coming_schedule *added;

    coming->schedules =
        memory_grow(coming->schedules, coming->count, &coming->capacity, sizeof *coming->schedules);
    added = &coming->schedules[coming->count++];
    *added = (struct coming_schedule){
        .integration_type = memory_copy_text(schedule->integration_type),
        .cron_schedule = memory_copy_text(schedule->cron_schedule),
        .timezone = memory_copy_text(schedule->timezone != NULL ? schedule->timezone : "UTC"),
        .timetable = *timetable,
        .slot = slot,
    };
    memcpy(added->org_id, schedule->org_id, sizeof added->org_id);
    memcpy(added->integration_id, schedule->integration_id, sizeof added->integration_id);
}

static void coming_read_schedule(void *context, const struct schedules_reading *reading,
                                 const struct schedule *schedule)
{
    struct coming_reader *reader = context;
    struct coming *coming = reader->coming;
    int64_t slot = instant_divide_down(reading->now_us, INSTANT_US_PER_MINUTE);
    struct timetable timetable;
    struct error fault = {0};

    coming->until = instant_divide_down(reading->now_us + reader->options->ahead_ms * 1000,
                                        INSTANT_US_PER_MINUTE);
    if (!coming_is_asked_for(reader->options, schedule))
        return;
    coming->matched++;
    if (!timetable_read(schedule, &coming->zones, &timetable, &fault))
        schedules_warn(&fault, &reader->faults);
    else if (timetable_next(&timetable, slot, &slot) && slot <= coming->until)
        coming_add(coming, schedule, &timetable, slot);
}

bool coming_read(const struct coming_options *options, struct coming *coming, struct error *err)
{
    struct coming_reader reader = {options, coming, 0};
    struct schedules_reading reading;
    struct error no_heartbeat;
    struct database *db;
    bool ok;

    *coming = (struct coming){0};
    db = database_open(&options->database, options->deadline_ms, err);
    if (db == NULL)
        return false;
    ok = schedules_read(db, NULL, false, options->deadline_ms, coming_read_schedule, &reader,
                        &reading, &no_heartbeat, err) ||
         error_prefix(err, "reading the schedules");
    database_close(db);
    schedules_warn_of_rest(reader.faults);
    for (size_t at = coming->count / 2; at-- > 0;)
        coming_sink(coming, at);
    return ok;
}

/* ---- Going through them ---- */

const struct coming_schedule *coming_first(const struct coming *coming)
{
    return coming->count > 0 ? &coming->schedules[0] : NULL;
}

static void coming_free_schedule(struct coming_schedule *schedule)
{
    free(schedule->integration_type);
    free(schedule->cron_schedule);
    free(schedule->timezone);
}

void coming_advance(struct coming *coming)
{
    struct coming_schedule *first = &coming->schedules[0];

    if (!timetable_next(&first->timetable, first->slot, &first->slot) ||
        first->slot > coming->until) {
        coming_free_schedule(first);
        *first = coming->schedules[--coming->count];
    }
    if (coming->count > 0)
        coming_sink(coming, 0);
}

void coming_free(struct coming *coming)
{
    for (size_t i = 0; i < coming->count; i++)
        coming_free_schedule(&coming->schedules[i]);
    free(coming->schedules);
    zones_free(&coming->zones);
    *coming = (struct coming){0};
}
