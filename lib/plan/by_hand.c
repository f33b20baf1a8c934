#include "plan/by_hand.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

/* ---- The schedule's slots ---- */

static void by_hand_put_text(struct by_hand_subject *subject, const struct timetable *text,
                             int64_t from, int64_t to)
{
    subject->texts = memory_grow(subject->texts, subject->text_count, &subject->text_capacity,
                                 sizeof *subject->texts);
    subject->texts[subject->text_count++] =
        (struct by_hand_text){.from = from, .to = to, .timetable = *text};
}

void by_hand_add_text(struct by_hand_subject *subject, const struct timetable *text, int64_t from,
                      int64_t to)
{
    if (!subject->has_journal && subject->has_present)
        by_hand_put_text(subject, &subject->present, INT64_MIN, from);
    subject->has_journal = true;
    if (text == NULL && subject->has_present)
        text = &subject->present;
    if (text != NULL)
        by_hand_put_text(subject, text, from, to);
}

static bool by_hand_find_slot(const struct by_hand_subject *subject, int64_t after, int64_t *slot)
{
    bool is_found = false;

    for (size_t i = 0; i < subject->text_count; i++) {
        const struct by_hand_text *text = &subject->texts[i];
        int64_t from = text->from > after ? text->from : after;
        int64_t next;

        if (text->to > from && timetable_next(&text->timetable, from, &next) && next <= text->to &&
            (!is_found || next < *slot)) {
            *slot = next;
            is_found = true;
        }
    }
    return is_found;
}

/* ---- All attempts at one slot ---- */

static bool by_hand_is_exported(const struct by_hand_run *run)
{
    return run->status == RUN_COMPLETED || run->resolution == RUN_RESOLVED_DONE;
}

/* The function may know its key, and with it its period. */
static bool by_hand_is_known(const struct by_hand_run *run)
{
    return run->status != RUN_FAILED || run->error_class != OUTCOME_NOT_DELIVERED;
}

static enum by_hand_state by_hand_judge(const struct by_hand_run *run,
                                        const struct by_hand_run *last)
{
    if (last->status == RUN_PENDING || last->status == RUN_RUNNING)
        return BY_HAND_IS_ACTIVE;
    if (by_hand_is_exported(run))
        return BY_HAND_IS_EXPORTED;
    return run->error_class == OUTCOME_UNKNOWN && run->resolution == RUN_UNRESOLVED
               ? BY_HAND_IS_UNKNOWN
               : BY_HAND_IS_FAILED;
}

/* The attempts from runs[first] on, which are those of one slot; *end is behind them. */
static struct by_hand_item by_hand_group(const struct by_hand_subject *subject, size_t first,
                                         size_t *end)
{
    const struct by_hand_run *runs = subject->runs;
    struct by_hand_item item = {.slot = runs[first].scheduled_for};
    bool is_known = false;
    size_t i = first;

    for (; i < subject->run_count && runs[i].scheduled_for == item.slot; i++) {
        is_known = is_known || by_hand_is_known(&runs[i]);
        item.last = &runs[i];
        if (item.run == NULL || !by_hand_is_exported(item.run))
            item.run = &runs[i];
    }
    *end = i;
    item.state = by_hand_judge(item.run, item.last);
    item.is_partly_exported = is_known && item.last->status == RUN_FAILED &&
                              item.last->starts_anew > item.last->period_start;
    return item;
}

static bool by_hand_covers(const struct by_hand_run *run, int64_t slot)
{
    return run->covers_from <= slot && slot <= run->scheduled_for;
}

/* ---- Items ---- */

static struct by_hand_item *by_hand_add(struct by_hand_subject *subject,
                                        const struct by_hand_item *item)
{
    subject->items = memory_grow(subject->items, subject->item_count, &subject->item_capacity,
                                 sizeof *subject->items);
    subject->items[subject->item_count] = *item;
    return &subject->items[subject->item_count++];
}

/* The runs that cover slots of the order, each with those; and slots that no run covers. */
struct by_hand_walk {
    struct by_hand_subject *subject;
    const struct by_hand_order *order;
    size_t groups;         /* the first items are the runs' */
    size_t passed;         /* so many of them lie before the slot */
    int64_t *covered_from; /* the least minute that each or a later one covers */
};

/* One's own run, else the earliest that covers it. */
static struct by_hand_item *by_hand_find_cover(const struct by_hand_walk *walk, int64_t slot)
{
    struct by_hand_item *items = walk->subject->items;

    for (size_t i = walk->passed; i < walk->groups && walk->covered_from[i] <= slot; i++)
        if (items[i].slot == slot || by_hand_covers(items[i].last, slot))
            return &items[i];
    return NULL;
}

static void by_hand_take_slot(struct by_hand_walk *walk, int64_t slot)
{
    struct by_hand_item *item;

    while (walk->passed < walk->groups && walk->subject->items[walk->passed].slot < slot)
        walk->passed++;
    item = by_hand_find_cover(walk, slot);
    if (item == NULL) {
        bool is_held = slot <= walk->order->held_to && slot > walk->subject->mark;

        item = by_hand_add(walk->subject,
                           &(struct by_hand_item){
                               .slot = slot,
                               .state = is_held ? BY_HAND_IS_HELD : BY_HAND_IS_UNCOVERED,
                           });
    }
    if (item->slots++ == 0)
        item->first_slot = slot;
}

static void by_hand_take_slots(struct by_hand_walk *walk)
{
    const struct by_hand_order *order = walk->order;
    int64_t slot = order->from - 1;

    if (order->is_now) {
        by_hand_take_slot(walk, order->from);
        return;
    }
    while (by_hand_find_slot(walk->subject, slot, &slot) && slot < order->to)
        by_hand_take_slot(walk, slot);
}

/* Runs of minutes that the schedule does not name are reached by their own minute. */
static void by_hand_take_extra(struct by_hand_walk *walk)
{
    for (size_t i = 0; i < walk->groups; i++) {
        struct by_hand_item *item = &walk->subject->items[i];

        if (item->slots > 0 || item->slot < walk->order->from || item->slot >= walk->order->to)
            continue;
        item->slots = 1;
        item->first_slot = item->slot;
    }
}

static int by_hand_compare(const void *a, const void *b)
{
    const struct by_hand_item *one = a;
    const struct by_hand_item *other = b;

    return one->slot < other->slot ? -1 : one->slot > other->slot ? 1 : 0;
}

static bool by_hand_has_failed(enum by_hand_state state)
{
    return state == BY_HAND_IS_FAILED || state == BY_HAND_IS_UNKNOWN;
}

static void by_hand_collect(const struct by_hand_order *order, struct by_hand_subject *subject)
{
    struct by_hand_walk walk = {.subject = subject, .order = order};
    size_t kept = 0;

    for (size_t i = 0; i < subject->run_count;) {
        struct by_hand_item item = by_hand_group(subject, i, &i);

        by_hand_add(subject, &item);
    }
    walk.groups = subject->item_count;
    walk.covered_from = memory_allocate(walk.groups, sizeof *walk.covered_from);
    for (size_t i = walk.groups; i-- > 0;) {
        walk.covered_from[i] = subject->items[i].last->covers_from;
        if (i + 1 < walk.groups && walk.covered_from[i + 1] < walk.covered_from[i])
            walk.covered_from[i] = walk.covered_from[i + 1];
    }
    by_hand_take_slots(&walk);
    by_hand_take_extra(&walk);
    free(walk.covered_from);
    for (size_t i = 0; i < subject->item_count; i++)
        if (subject->items[i].slots > 0 &&
            (!order->is_of_failed || by_hand_has_failed(subject->items[i].state)))
            subject->items[kept++] = subject->items[i];
    subject->item_count = kept;
    if (kept > 0)
        qsort(subject->items, kept, sizeof *subject->items, by_hand_compare);
    if (order->is_one_slot && kept > 1)
        subject->item_count = 1;
}

/* ---- What is sent ---- */

/* The earliest run of a later slot whose period the slot is in. Slots only ever grow. */
static const struct by_hand_run *by_hand_find_later(const struct by_hand_subject *subject,
                                                    int64_t slot, size_t *passed)
{
    while (*passed < subject->run_count && subject->runs[*passed].scheduled_for <= slot)
        ++*passed;
    for (size_t i = *passed; i < subject->run_count; i++)
        if (subject->runs[i].period_start < slot && by_hand_is_known(&subject->runs[i]))
            return &subject->runs[i];
    return NULL;
}

/* Where its period was exported otherwise, or may have been, it is sent "again", failed or not. */
static unsigned by_hand_needs(const struct by_hand_item *item)
{
    bool is_taken = item->later != NULL || item->is_partly_exported;

    switch (item->state) {
    case BY_HAND_IS_EXPORTED:
        return BY_HAND_AGAIN;
    case BY_HAND_IS_UNKNOWN:
    case BY_HAND_IS_HELD:
        return BY_HAND_UNKNOWN | (is_taken ? BY_HAND_AGAIN : 0);
    case BY_HAND_IS_FAILED:
        return is_taken ? BY_HAND_AGAIN : BY_HAND_FAILED;
    default:
        return is_taken ? BY_HAND_AGAIN : 0;
    }
}

void by_hand_decide(const struct by_hand_order *order, struct by_hand_subject *subject)
{
    size_t passed = 0;

    if (!subject->has_journal && subject->has_present)
        by_hand_put_text(subject, &subject->present, INT64_MIN, INT64_MAX);
    by_hand_collect(order, subject);
    for (size_t i = 0; i < subject->item_count; i++) {
        struct by_hand_item *item = &subject->items[i];

        if (item->state != BY_HAND_IS_EXPORTED && item->state != BY_HAND_IS_ACTIVE)
            item->later = by_hand_find_later(subject, item->slot, &passed);
        item->lacking = by_hand_needs(item) & ~order->options;
        item->is_sent =
            subject->obstacle == NULL && item->state != BY_HAND_IS_ACTIVE && item->lacking == 0;
        subject->slots += item->slots;
        subject->sent += item->is_sent ? item->slots : 0;
    }
}

void by_hand_add_key(const struct by_hand_subject *subject, const struct by_hand_item *item,
                     struct claim *claim)
{
    struct claim_key *key;

    claim->keys =
        memory_grow(claim->keys, claim->key_count, &claim->key_capacity, sizeof *claim->keys);
    key = &claim->keys[claim->key_count++];
    *key = (struct claim_key){
        .integration_type = memory_copy_text(subject->integration_type),
        .cron_schedule = memory_copy_text(subject->cron_schedule),
        .timezone = subject->timezone != NULL ? memory_copy_text(subject->timezone) : NULL,
        .text = memory_copy_text(""),
        .looked_from = item->slot - 1,
        .looked_to = item->slot,
        .window_slot = item->slot,
        .first_progression = claim->progression_count,
        .attempt = item->last != NULL ? &item->last->attempt : NULL,
    };
    memcpy(key->org_id, subject->org_id, sizeof key->org_id);
    memcpy(key->integration_id, subject->integration_id, sizeof key->integration_id);
    if (item->last != NULL)
        return;
    claim->progressions = memory_grow(claim->progressions, claim->progression_count,
                                      &claim->progression_capacity, sizeof *claim->progressions);
    claim->progressions[claim->progression_count++] =
        (struct claim_progression){item->slot, item->slot, 1, CLAIM_SERVE};
    key->progression_count = 1;
}

void by_hand_free(struct by_hand_subject *subject)
{
    free(subject->org_name);
    free(subject->integration_type);
    free(subject->cron_schedule);
    free(subject->timezone);
    free(subject->obstacle);
    free(subject->texts);
    free(subject->runs);
    free(subject->items);
    *subject = (struct by_hand_subject){0};
}
