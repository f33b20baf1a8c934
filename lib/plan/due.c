#include "plan/due.h"

#include "base/memory.h"
#include "base/text.h"
#include "plan/timetable.h"

#include <stdlib.h>
#include <string.h>

/* A mark this far beyond t cannot have been written by a sane clock (design section 4). */
#define DUE_MARK_AHEAD_US (60 * INSTANT_US_PER_SECOND)

/* ---- The claim that is being put together ---- */

static struct claim_key *due_add_key(struct claim *claim, const struct schedule *schedule,
                                     const char *text_read, const char *text)
{
    struct claim_key *key;

    claim->keys =
        memory_grow(claim->keys, claim->key_count, &claim->key_capacity, sizeof *claim->keys);
    key = &claim->keys[claim->key_count++];
    *key = (struct claim_key){
        .integration_type = memory_copy_text(schedule->integration_type),
        .text_read = memory_copy_text(text_read),
        .schedule = memory_copy_text(text),
        .state_text = memory_copy_text(schedule->state_text),
        .window_slot = INT64_MIN,
    };
    memcpy(key->org_id, schedule->org_id, sizeof key->org_id);
    memcpy(key->integration_id, schedule->integration_id, sizeof key->integration_id);
    return key;
}

static void due_add_slot(struct claim *claim, int64_t minute, enum claim_fate fate)
{
    claim->slots =
        memory_grow(claim->slots, claim->slot_count, &claim->slot_capacity, sizeof *claim->slots);
    claim->slots[claim->slot_count++] =
        (struct claim_slot){.key = claim->key_count, .minute = minute, .fate = fate};
}

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
        due_add_slot(claim, minute, fate);
    }
    return to;
}

/*
 * What the old text still owed before the window is logged as cancelled. Returns the minute up to
 * which that is done; while it is not all of it, the old text keeps its state for the next tick.
 */
static int64_t due_cancel(const struct due_question *question, const struct schedule *schedule,
                          struct claim *claim)
{
    int64_t before_window = question->window.first - 1;
    struct timetable old;
    struct error ignored;

    if (schedule->mark >= before_window ||
        !timetable_read_text(schedule->state_text, question->zones, &old, &ignored))
        return before_window;
    return due_add_slots(claim, &old, schedule->mark, before_window, CLAIM_CANCELLED);
}

/*
 * The one range that a plain run looks at, (from, end of the window]: what is too old is given up,
 * the rest served. Returns the minute up to which it was looked at, for the mark.
 */
static int64_t due_look_at(const struct due_question *question, const struct timetable *timetable,
                           int64_t from, struct claim *claim)
{
    int64_t oldest_us = question->t_us - question->catch_up_ms * 1000;
    int64_t oldest = -instant_divide_down(-oldest_us, INSTANT_US_PER_MINUTE); /* rounded up */
    int64_t serve_from;
    int64_t looked_to;
    int64_t served_to;

    if (oldest > question->window.first)
        oldest = question->window.first;
    serve_from = oldest - 1 > from ? oldest - 1 : from;
    looked_to = serve_from;
    if (from < serve_from)
        looked_to = question->may_give_up
                        ? due_add_slots(claim, timetable, from, serve_from, CLAIM_MISSED)
                        : from;
    served_to = due_add_slots(claim, timetable, serve_from, question->window.last, CLAIM_SERVE);
    return looked_to == serve_from ? served_to : looked_to;
}

/* Where a plain run looks from: the mark, or just before the window where there is no past. */
static int64_t due_from(const struct due_question *question, const struct schedule *schedule,
                        bool is_new, struct error *fault)
{
    int64_t before_window = question->window.first - 1;

    if (is_new || schedule->mark == INT64_MIN)
        return before_window;
    if (schedule->mark * INSTANT_US_PER_MINUTE <= question->t_us + DUE_MARK_AHEAD_US)
        return schedule->mark;
    error_set(fault, ERROR_INVALID, "its mark lies in the future and is not believed");
    error_hint(fault, "some host's clock was wrong; set the mark in sync_schedule_state to now()");
    timetable_name(schedule, fault);
    return before_window;
}

/* The earlier match wins where two marks lie in the window. */
static int64_t due_window_slot(const struct due_question *question,
                               const struct timetable *timetable)
{
    int64_t minute;

    if (timetable_next(timetable, question->window.first - 1, &minute) &&
        minute <= question->window.last)
        return minute;
    return INT64_MIN;
}

/* What a plain run is to do about one schedule, besides its slots. */
struct due_look {
    const char *schedule; /* the text that its state is to hold */
    int64_t from;
    int64_t to;
    bool is_changed; /* the state holds another text */
};

/* timetable is NULL for a schedule that is disabled, gone or not valid; schedule is "" then. */
static struct due_look due_decide_plain(const struct due_question *question,
                                        const struct schedule *schedule,
                                        const struct timetable *timetable, const char *text,
                                        struct claim *claim, struct error *fault)
{
    const char *seen = schedule->state_text != NULL ? schedule->state_text : "";
    struct due_look look = {
        .schedule = text, .to = question->window.last, .is_changed = strcmp(seen, text) != 0};

    if (look.is_changed && *seen != '\0') {
        int64_t cancelled_to = due_cancel(question, schedule, claim);

        if (cancelled_to < question->window.first - 1)
            return (struct due_look){seen, schedule->mark, cancelled_to, true};
    }
    look.from = due_from(question, schedule, look.is_changed, fault);
    if (timetable != NULL)
        look.to = due_look_at(question, timetable, look.from, claim);
    return look;
}

/* ---- What is known already ---- */

/*
 * Whether the schedule is one of the many that owe nothing, by what others of the same text told:
 * nothing of its text was edited, and its mark is not behind theirs.
 */
static bool due_is_quiet(const struct due_question *question, const struct schedule *schedule,
                         struct due_count *count)
{
    const struct quiet_text *known;

    if (question->is_window_only || !schedule->is_active || schedule->state_text == NULL)
        return false;
    known = quiet_find(question->quiet, schedule->state_text);
    if (known == NULL || schedule->mark < known->from ||
        schedule->mark * INSTANT_US_PER_MINUTE > question->t_us + DUE_MARK_AHEAD_US ||
        !timetable_has_text(schedule, schedule->state_text) || !timetable_is_complete(schedule))
        return false;
    count->pairs++;
    count->in_window += known->window_slot != INT64_MIN ? 1 : 0;
    return true;
}

bool due_decide(const struct due_question *question, const struct schedule *schedule,
                struct claim *claim, struct due_count *count, struct error *fault)
{
    struct timetable timetable;
    struct text text = {0};
    struct due_look look = {.from = question->window.first - 1, .to = question->window.last};
    size_t slots_before = claim->slot_count;
    int64_t window_slot;
    bool is_valid;

    if (due_is_quiet(question, schedule, count))
        return true;
    is_valid = schedule->is_active && timetable_read(schedule, question->zones, &timetable, fault);
    window_slot = is_valid ? due_window_slot(question, &timetable) : INT64_MIN;
    if (schedule->is_active)
        timetable_add_text(schedule, &text);
    look.schedule = is_valid ? text_string(&text) : "";
    count->pairs += schedule->is_active ? 1 : 0;
    count->in_window += window_slot != INT64_MIN ? 1 : 0;
    if (!question->is_window_only) {
        look = due_decide_plain(question, schedule, is_valid ? &timetable : NULL, look.schedule,
                                claim, fault);
    } else if (window_slot != INT64_MIN) {
        due_add_slot(claim, window_slot, CLAIM_SERVE);
    }
    if (claim->slot_count > slots_before || look.is_changed) {
        struct claim_key *key = due_add_key(claim, schedule, text.data, look.schedule);

        key->looked_from = look.from;
        key->looked_to = look.to;
        key->window_slot = window_slot;
    } else if (is_valid && !question->is_window_only) {
        quiet_note(question->quiet, text.data, schedule->mark, window_slot);
    }
    text_free(&text);
    return is_valid || !schedule->is_active;
}
