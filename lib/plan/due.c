#include "plan/due.h"

#include "base/memory.h"
#include "base/text.h"
#include "plan/timetable.h"

#include <stdlib.h>
#include <string.h>

/* A mark this far beyond t cannot have been written by a sane clock (design section 4). */
#define DUE_MARK_AHEAD_US (60 * INSTANT_US_PER_SECOND)

/* ---- What is known already ---- */

/* The slots in (from, to], and what is to become of them. */
struct due_range {
    int64_t from;
    int64_t to;
    enum claim_fate fate;
};

/* What a text was found to name there: progressions of the claim. */
struct due_found {
    struct due_range range;
    int64_t looked_to;
    size_t first;
    size_t count;
};

struct due_text {
    char *text;          /* "CRON ZONE"; NULL: this place is free */
    bool owes_nothing;   /* behind from, up to the window's end */
    int64_t from;        /* a minute */
    int64_t window_slot; /* the first slot in the window; INT64_MIN when there is none */
    struct due_found found[CLAIM_FATES];
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

/* The text's place, from which it displaces any other. */
static struct due_text *due_place_text(struct due_texts *texts, const char *text)
{
    struct due_text *known = due_find_text(texts, text);

    if (known->text == NULL || strcmp(known->text, text) != 0) {
        texts->count -= known->owes_nothing ? 1 : 0;
        free(known->text);
        *known = (struct due_text){.text = memory_copy_text(text)};
    }
    return known;
}

static void due_note_text(struct due_texts *texts, const char *text, int64_t from,
                          int64_t window_slot)
{
    struct due_text *known = due_place_text(texts, text);

    if (known->owes_nothing && known->from <= from)
        return;
    texts->count += known->owes_nothing ? 0 : 1;
    known->owes_nothing = true;
    known->from = from;
    known->window_slot = window_slot;
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
    if (!known->owes_nothing || strcmp(known->text, schedule->state_text) != 0 ||
        schedule->mark < known->from ||
        schedule->mark * INSTANT_US_PER_MINUTE > options->t_us + DUE_MARK_AHEAD_US ||
        !timetable_has_text(schedule, schedule->state_text) || !timetable_is_complete(schedule))
        return false;
    count->schedules++;
    count->in_window += known->window_slot != INT64_MIN ? 1 : 0;
    count->covered += known->window_slot != INT64_MIN ? 1 : 0;
    return true;
}

/* ---- Slots ---- */

static void due_add_progression(struct claim *claim, struct claim_progression progression)
{
    claim->progressions = memory_grow(claim->progressions, claim->progression_count,
                                      &claim->progression_capacity, sizeof *claim->progressions);
    claim->progressions[claim->progression_count++] = progression;
}

/* To the last of the progressions from first on, or to a new one; false: there is no room. */
static bool due_add_slot(struct claim *claim, size_t first, int64_t minute, enum claim_fate fate)
{
    struct claim_progression *last = NULL;

    if (claim->progression_count > first)
        last = &claim->progressions[claim->progression_count - 1];
    if (last != NULL && last->fate != fate)
        last = NULL;
    if (last != NULL && last->first == last->last)
        last->step = minute - last->first;
    if (last != NULL && minute - last->last == last->step) {
        last->last = minute;
        return true;
    }
    if (claim->progression_count - first == DUE_PROGRESSIONS_MAX)
        return false;
    due_add_progression(claim, (struct claim_progression){minute, minute, 1, fate});
    return true;
}

/*
 * Adds the slots of a range, earliest first, as many as find room. Returns the last minute that was
 * looked at: the range's end, or that of the last slot that found room.
 */
static int64_t due_find_slots(struct claim *claim, const struct timetable *timetable,
                              const struct due_range *range)
{
    bool has_rows = range->fate == CLAIM_GIVEN_UP || range->fate == CLAIM_RESTORED;
    int slots_max = has_rows ? DUE_GIVEN_UP_MAX : DUE_SLOTS_MAX;
    size_t first = claim->progression_count;
    int64_t minute = range->from;

    for (int n = 0; timetable_next(timetable, minute, &minute) && minute <= range->to; n++)
        if (n == slots_max || !due_add_slot(claim, first, minute, range->fate))
            return claim->progressions[claim->progression_count - 1].last;
    return range->to;
}

/* The same, but each text is asked once for what many schedules owe. */
static int64_t due_add_slots(const struct due_options *options, struct claim *claim,
                             const struct timetable *timetable, const char *text,
                             struct due_range range)
{
    struct due_found *found = &due_place_text(options->texts, text)->found[range.fate];

    if (found->count > 0 && found->range.from == range.from && found->range.to == range.to) {
        for (size_t i = 0; i < found->count; i++)
            due_add_progression(claim, claim->progressions[found->first + i]);
        return found->looked_to;
    }
    *found = (struct due_found){.range = range, .first = claim->progression_count};
    found->looked_to = due_find_slots(claim, timetable, &range);
    found->count = claim->progression_count - found->first;
    return found->looked_to;
}

/* ---- What a plain run looks at ---- */

int64_t due_held_to(int64_t restored_us)
{
    bool is_bounded = restored_us != INT64_MIN && restored_us != INT64_MAX;

    return is_bounded ? window_of(restored_us).last : restored_us;
}

/*
 * What may have been served before the database was restored is held, first of all: until all of it
 * is in the log, nobody knows where the period of a later run begins. *from becomes the last minute
 * that was looked at. True while there is more of it than one tick takes.
 */
static bool due_hold(const struct due_options *options, const struct timetable *timetable,
                     const char *text, int64_t to, int64_t *from, struct claim *claim)
{
    struct due_range range = {*from, options->held_to < to ? options->held_to : to, CLAIM_RESTORED};

    if (range.from >= range.to)
        return false;
    *from = due_add_slots(options, claim, timetable, text, range);
    return *from < range.to;
}

/*
 * A slot of the window that has come is the old text's, too. The new text serves it where it names
 * it. No later minute of the window has come: two are in it only at half a minute.
 */
static void due_cancel_in_window(const struct due_options *options, const struct schedule *schedule,
                                 const struct timetable *old, struct claim *claim,
                                 const struct claim_key *key)
{
    int64_t minute = options->window.first;
    int64_t slot;

    if (schedule->mark < minute && minute * INSTANT_US_PER_MINUTE <= options->t_us &&
        key->window_slot != minute && timetable_next(old, minute - 1, &slot) && slot == minute)
        due_add_slot(claim, key->first_progression, minute,
                     minute <= options->held_to ? CLAIM_RESTORED : CLAIM_CANCELLED);
}

/*
 * What the old text still owed up to t is cancelled: every minute, where it cannot be read any
 * more, so that the log shows that something may have been owed. While there is more of it than one
 * tick takes, the old text stays in the state for the next tick, and this returns true.
 */
static bool due_cancel(const struct due_options *options, const struct schedule *schedule,
                       struct claim *claim, struct claim_key *key)
{
    int64_t before_window = options->window.first - 1;
    struct timetable old;
    struct error ignored;
    int64_t looked_to = schedule->mark < before_window ? schedule->mark : before_window;

    if (!timetable_read_text(schedule->state_text, options->zones, &old, &ignored))
        timetable_read_text("* * * * * UTC", options->zones, &old, &ignored);
    if (looked_to < before_window &&
        !due_hold(options, &old, schedule->state_text, before_window, &looked_to, claim))
        looked_to = due_add_slots(options, claim, &old, schedule->state_text,
                                  (struct due_range){looked_to, before_window, CLAIM_CANCELLED});
    if (looked_to == before_window) {
        due_cancel_in_window(options, schedule, &old, claim, key);
        return false;
    }
    free(key->text);
    key->text = memory_copy_text(schedule->state_text);
    key->looked_from = schedule->mark;
    key->looked_to = looked_to;
    return true;
}

/*
 * A clock that was wrong wrote a mark from the future. While the clocks agree it is corrected: to
 * what the log shows as served, else to just before the window. The slots behind that are not lost.
 * While the clocks disagree it may be this tick that lives in the past.
 */
static bool due_correct(const struct due_options *options, struct schedule *schedule,
                        struct error *err)
{
    int64_t now = instant_divide_down(options->t_us, INSTANT_US_PER_MINUTE);

    if (options->is_window_only || !options->clocks_agree || schedule->set_aside != NULL ||
        schedule->mark == INT64_MIN ||
        schedule->mark * INSTANT_US_PER_MINUTE <= options->t_us + DUE_MARK_AHEAD_US)
        return false;
    schedule->mark = schedule->served != INT64_MIN ? schedule->served : options->window.first - 1;
    if (schedule->mark > now)
        schedule->mark = now;
    error_set(err, ERROR_INVALID, "its mark lay in the future and is corrected");
    error_hint(err, "a clock was wrong: see what syncsched audit says of that time");
    return true;
}

/* Where a plain run looks from: the mark, or just before the window where there is no past. */
static int64_t due_from(const struct due_options *options, const struct schedule *schedule,
                        bool is_new)
{
    int64_t before_window = options->window.first - 1;
    int64_t from = is_new || schedule->mark == INT64_MIN ? before_window : schedule->mark;

    /* A clock that may be behind gives an edited schedule no past. */
    return !options->clocks_agree && schedule->mark > from ? schedule->mark : from;
}

/*
 * The one range that a plain run looks at, (from, end of the window]: what is too old is given up,
 * the rest served. Returns the minute up to which it was looked at, for the mark.
 */
static int64_t due_look_at(const struct due_options *options, const struct timetable *timetable,
                           const char *text, int64_t from, struct claim *claim)
{
    struct due_range range = {from, options->window.last, CLAIM_SERVE};
    int64_t oldest_us = options->t_us - options->policy.catch_up_ms * 1000;
    int64_t oldest = -instant_divide_down(-oldest_us, INSTANT_US_PER_MINUTE); /* rounded up */
    int64_t given_up_to;
    int64_t served_to;

    if (from > options->window.last || due_hold(options, timetable, text, range.to, &from, claim))
        return from;
    given_up_to = from;
    if (oldest > options->window.first)
        oldest = options->window.first;
    range.from = oldest - 1 > from ? oldest - 1 : from;
    if (from < range.from && options->may_give_up)
        given_up_to = due_add_slots(options, claim, timetable, text,
                                    (struct due_range){from, range.from, CLAIM_GIVEN_UP});
    served_to = due_add_slots(options, claim, timetable, text, range);
    return given_up_to == range.from ? served_to : given_up_to;
}

/* ---- One schedule ---- */

static void due_add_key(struct claim *claim, const struct schedule *schedule, struct claim_key *key)
{
    key->progression_count = claim->progression_count - key->first_progression;
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

bool due_decide(const struct due_options *options, const struct schedule *read, struct claim *claim,
                struct due_count *count, struct error *err)
{
    struct schedule corrected = *read;
    const struct schedule *schedule = &corrected;
    bool is_corrected = due_correct(options, &corrected, err);
    const char *state_text = schedule->state_text != NULL ? schedule->state_text : "";
    struct timetable timetable;
    struct text text = {0};
    struct claim_key key = {
        .looked_from = options->window.first - 1,
        .looked_to = options->window.last,
        .window_slot = INT64_MIN,
        .is_corrected = is_corrected,
        .first_progression = claim->progression_count,
    };
    bool is_valid;
    bool is_changed = false;
    int64_t slot;

    if (!is_corrected && schedule->set_aside == NULL && due_is_known(options, schedule, count))
        return true;
    count->schedules += schedule->is_active ? 1 : 0;
    is_valid = schedule->is_active && timetable_read(schedule, options->zones, &timetable, err);
    if (schedule->set_aside != NULL) /* its state and its mark stay as they are */
        return !schedule->is_active;
    if (schedule->is_active && !is_valid && timetable_is_complete(schedule) &&
        (err->kind == ERROR_INTERNAL || timetable_has_text(schedule, state_text)))
        return false; /* another host can read it; or could, and nobody has edited it */
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
            key.looked_from = due_from(options, schedule, is_changed);
            if (is_valid)
                key.looked_to = due_look_at(options, &timetable, key.text, key.looked_from, claim);
        }
    } else if (key.window_slot != INT64_MIN) {
        due_add_slot(claim, claim->progression_count, key.window_slot, CLAIM_SERVE);
    }
    if (claim->progression_count > key.first_progression || is_changed || is_corrected) {
        due_add_key(claim, schedule, &key);
    } else {
        count->covered += key.window_slot != INT64_MIN ? 1 : 0;
        if (is_valid && !options->is_window_only)
            due_note_text(options->texts, key.text, schedule->mark, key.window_slot);
        free(key.text);
    }
    return is_valid || !schedule->is_active;
}
