#include "plan/due.h"

#include "base/memory.h"
#include "base/text.h"
#include "plan/timetable.h"

#include <stdlib.h>
#include <string.h>

/* A mark this far beyond t cannot have been written by a sane clock (design section 4). */
#define DUE_MARK_AHEAD_US (60 * INSTANT_US_PER_SECOND)

/* ---- Slots ---- */

/*
 * Adds the slots in (from, to], earliest first and at most DUE_SLOTS_MAX. Returns the last minute
 * that was looked at: to, or that of the last slot that found room.
 */
static int64_t due_add_slots(struct claim *claim, const struct timetable *timetable, int64_t from,
                             int64_t to, enum claim_fate fate)
{
    int64_t minute = from;

    for (int n = 0; timetable_next(timetable, minute, &minute); n++) {
        if (minute > to)
            return to;
        if (n == DUE_SLOTS_MAX)
            return claim->slots[claim->slot_count - 1].minute;
        claim->slots = memory_grow(claim->slots, claim->slot_count, &claim->slot_capacity,
                                   sizeof *claim->slots);
        claim->slots[claim->slot_count++] = (struct claim_slot){.minute = minute, .fate = fate};
    }
    return to;
}

/* ---- What a plain run looks at ---- */

/*
 * What the old text still owed before the window is cancelled: every minute, where it cannot be
 * read any more, so that the log shows that something may have been owed. While there is more of it
 * than one tick takes, the old text stays in the state for the next tick, and this returns true.
 */
static bool due_cancel(const struct due_options *options, const struct schedule *schedule,
                       struct claim *claim, struct claim_key *key)
{
    int64_t before_window = options->window.first - 1;
    struct timetable old;
    struct error ignored;
    int64_t looked_to;

    if (schedule->mark >= before_window)
        return false;
    if (!timetable_read_text(schedule->state_text, options->zones, &old, &ignored))
        timetable_read_text("* * * * * UTC", options->zones, &old, &ignored);
    looked_to = due_add_slots(claim, &old, schedule->mark, before_window, CLAIM_CANCELLED);
    if (looked_to == before_window)
        return false;
    free(key->text);
    key->text = memory_copy_text(schedule->state_text);
    key->looked_from = schedule->mark;
    key->looked_to = looked_to;
    return true;
}

/* Where a plain run looks from: the mark, or just before the window where there is no past. */
static int64_t due_from(const struct due_options *options, const struct schedule *schedule,
                        bool is_new, struct error *err)
{
    int64_t before_window = options->window.first - 1;

    if (is_new || schedule->mark == INT64_MIN)
        return before_window;
    if (schedule->mark * INSTANT_US_PER_MINUTE <= options->t_us + DUE_MARK_AHEAD_US)
        return schedule->mark;
    error_set(err, ERROR_INVALID, "its mark lies in the future and is not believed");
    error_hint(err, "some host's clock was wrong; set the mark in sync_schedule_state to now()");
    timetable_name(schedule, err);
    return before_window;
}

/*
 * The one range that a plain run looks at, (from, end of the window]: what is too old is given up,
 * the rest served. Returns the minute up to which it was looked at, for the mark.
 */
static int64_t due_look_at(const struct due_options *options, const struct timetable *timetable,
                           int64_t from, struct claim *claim)
{
    int64_t oldest_us = options->t_us - options->policy.catch_up_ms * 1000;
    int64_t oldest = -instant_divide_down(-oldest_us, INSTANT_US_PER_MINUTE); /* rounded up */
    int64_t serve_from;
    int64_t looked_to;
    int64_t served_to;

    if (oldest > options->window.first)
        oldest = options->window.first;
    serve_from = oldest - 1 > from ? oldest - 1 : from;
    looked_to = serve_from;
    if (from < serve_from)
        looked_to = options->may_give_up
                        ? due_add_slots(claim, timetable, from, serve_from, CLAIM_GIVEN_UP)
                        : from;
    served_to = due_add_slots(claim, timetable, serve_from, options->window.last, CLAIM_SERVE);
    return looked_to == serve_from ? served_to : looked_to;
}

/* ---- What is known already ---- */

struct due_text {
    char *text;          /* "CRON ZONE"; NULL: this place is free */
    int64_t from;        /* behind this minute, up to the window's end, no slot is owed */
    int64_t window_slot; /* the first slot in the window; INT64_MIN when there is none */
};

enum { DUE_TEXTS_MAX = 4096 };

/* The one place that a text may have, whoever has it: FNV-1a. */
static struct due_text *due_find_text(struct due_texts *texts, const char *text)
{
    uint32_t hash = 2166136261U;

    if (texts->known == NULL)
        texts->known = memory_allocate(DUE_TEXTS_MAX, sizeof *texts->known);
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619U;
    return &texts->known[hash % DUE_TEXTS_MAX];
}

static void due_note_text(struct due_texts *texts, const char *text, int64_t from,
                          int64_t window_slot)
{
    struct due_text *known = due_find_text(texts, text);

    if (known->text != NULL && strcmp(known->text, text) == 0 && known->from <= from)
        return;
    if (known->text == NULL)
        texts->count++;
    free(known->text);
    *known = (struct due_text){memory_copy_text(text), from, window_slot};
}

void due_texts_free(struct due_texts *texts)
{
    for (size_t i = 0; texts->known != NULL && i < DUE_TEXTS_MAX; i++)
        free(texts->known[i].text);
    free(texts->known);
    *texts = (struct due_texts){0};
}

/*
 * Whether the schedule is one of the many that owe nothing, as others of the same text have shown:
 * its text was not edited, and its mark is not behind theirs.
 */
static bool due_is_known(const struct due_options *options, const struct schedule *schedule,
                         struct due_count *count)
{
    const struct due_text *known;

    if (options->is_window_only || !schedule->is_active || schedule->state_text == NULL)
        return false;
    known = due_find_text(options->texts, schedule->state_text);
    if (known->text == NULL || strcmp(known->text, schedule->state_text) != 0 ||
        schedule->mark < known->from ||
        schedule->mark * INSTANT_US_PER_MINUTE > options->t_us + DUE_MARK_AHEAD_US ||
        !timetable_has_text(schedule, schedule->state_text) || !timetable_is_complete(schedule))
        return false;
    count->schedules++;
    count->in_window += known->window_slot != INT64_MIN ? 1 : 0;
    return true;
}

/* ---- One schedule ---- */

static void due_add_key(struct claim *claim, const struct schedule *schedule, struct claim_key *key)
{
    key->slot_count = claim->slot_count - key->first_slot;
    memcpy(key->org_id, schedule->org_id, sizeof key->org_id);
    memcpy(key->integration_id, schedule->integration_id, sizeof key->integration_id);
    key->integration_type = memory_copy_text(schedule->integration_type);
    if (schedule->is_active) {
        key->cron_schedule = memory_copy_text(schedule->cron_schedule);
        key->timezone = memory_copy_text(schedule->timezone);
    }
    key->state_text = memory_copy_text(schedule->state_text);
    claim->keys =
        memory_grow(claim->keys, claim->key_count, &claim->key_capacity, sizeof *claim->keys);
    claim->keys[claim->key_count++] = *key;
}

bool due_decide(const struct due_options *options, const struct schedule *schedule,
                struct claim *claim, struct due_count *count, struct error *err)
{
    const char *state_text = schedule->state_text != NULL ? schedule->state_text : "";
    struct timetable timetable;
    struct text text = {0};
    struct claim_key key = {
        .looked_from = options->window.first - 1,
        .looked_to = options->window.last,
        .window_slot = INT64_MIN,
        .first_slot = claim->slot_count,
    };
    bool is_valid;
    bool is_changed = false;
    int64_t slot;

    if (due_is_known(options, schedule, count))
        return true;
    count->schedules += schedule->is_active ? 1 : 0;
    is_valid = schedule->is_active && (timetable_read(schedule, options->zones, &timetable, err) ||
                                       timetable_name(schedule, err));
    if (schedule->is_active && !is_valid && timetable_is_complete(schedule) &&
        timetable_has_text(schedule, state_text))
        return false; /* it was read on another host, and nobody has edited it */
    if (is_valid) {
        /* The earlier match wins where two marks lie in the window. */
        if (timetable_next(&timetable, options->window.first - 1, &slot) &&
            slot <= options->window.last)
            key.window_slot = slot;
        timetable_add_text(schedule, &text);
    }
    key.text = memory_copy_text(text_string(&text));
    text_free(&text);
    count->in_window += key.window_slot != INT64_MIN ? 1 : 0;
    if (!options->is_window_only) {
        is_changed = strcmp(state_text, key.text) != 0;
        if (!is_changed || *state_text == '\0' || !due_cancel(options, schedule, claim, &key)) {
            key.looked_from = due_from(options, schedule, is_changed, err);
            if (is_valid)
                key.looked_to = due_look_at(options, &timetable, key.looked_from, claim);
        }
    } else if (key.window_slot != INT64_MIN) {
        due_add_slots(claim, &timetable, key.window_slot - 1, key.window_slot, CLAIM_SERVE);
    }
    if (claim->slot_count > key.first_slot || is_changed) {
        due_add_key(claim, schedule, &key);
    } else {
        if (is_valid && !options->is_window_only)
            due_note_text(options->texts, key.text, schedule->mark, key.window_slot);
        free(key.text);
    }
    return is_valid || !schedule->is_active;
}
