#include "plan/audit.h"

#include "base/memory.h"
#include "plan/policy.h"

#include <stdlib.h>

enum { AUDIT_MS_PER_MINUTE = 60 * 1000, AUDIT_EARLY_MS = 30 * 1000 };

/* All attempts at one slot. */
struct audit_group {
    int64_t scheduled_for;
    int64_t covers_from;
    int64_t covers_to;             /* scheduled_for; of what began before its time, its start */
    int64_t unasked_to;            /* the same, but for what a person asked for besides */
    const struct audit_run *run;   /* the completed attempt, else the last one */
    const struct audit_run *twice; /* a second completed one that nobody asked for, or NULL */
    const struct audit_run *again; /* the last completed one that a person asked for besides */
    bool may_be_delivered;
    bool is_whole; /* completed by an attempt that did not begin before its time */
    int64_t late_ms;
    int64_t early_ms;
};

/*
 * Knows at each minute which groups cover it. Each group is opened once and closed once, however
 * far it reaches.
 */
struct audit_sweep {
    struct audit_group *groups; /* by scheduled_for */
    size_t count;
    const struct audit_group **starts; /* the same by covers_from */
    size_t started;
    const struct audit_group **open; /* those that cover the minute */
    size_t open_count;
};

const char *audit_verdict_name(enum audit_verdict verdict)
{
    static const char *const names[AUDIT_VERDICTS] = {
        [AUDIT_COMPLETED] = "completed",
        [AUDIT_FOLDED] = "folded",
        [AUDIT_FAILED] = "failed",
        [AUDIT_UNKNOWN] = "unknown",
        [AUDIT_IN_PROGRESS] = "inProgress",
        [AUDIT_WAITING] = "waiting",
        [AUDIT_MISSING] = "missing",
        [AUDIT_DOUBLED] = "doubled",
        [AUDIT_AGAIN] = "again",
        [AUDIT_EXTRA] = "extra",
    };

    return names[verdict];
}

/* ---- Groups ---- */

/* A run that began before its time covers what lies up to its start; its own slot besides. */
static int64_t audit_covers_to(const struct audit_run *run)
{
    if (run->is_by_hand || run->started_at_ms == INT64_MIN ||
        run->started_at_ms >= run->scheduled_for * AUDIT_MS_PER_MINUTE - AUDIT_EARLY_MS)
        return run->scheduled_for;
    return run->started_at_ms / AUDIT_MS_PER_MINUTE;
}

static bool audit_covers(const struct audit_group *group, int64_t slot)
{
    return slot <= group->covers_to || slot == group->scheduled_for;
}

static bool audit_covers_unasked(const struct audit_group *group, int64_t slot)
{
    return slot <= group->unasked_to || slot == group->scheduled_for;
}

static void audit_add_attempt(struct audit_group *group, const struct audit_run *run)
{
    bool is_completed = group->run != NULL && group->run->status == RUN_COMPLETED;
    int64_t covers_to = audit_covers_to(run);

    if (group->run == NULL || (covers_to > group->unasked_to && !run->is_by_hand))
        group->unasked_to = covers_to;
    if (group->run == NULL || covers_to > group->covers_to)
        group->covers_to = covers_to;
    if (covers_to < run->scheduled_for)
        group->early_ms = run->scheduled_for * AUDIT_MS_PER_MINUTE - run->started_at_ms;
    else if (run->status == RUN_COMPLETED)
        group->is_whole = true;
    if (group->run == NULL || run->covers_from < group->covers_from)
        group->covers_from = run->covers_from;
    if (is_completed && run->status == RUN_COMPLETED && run->is_by_hand)
        group->again = run;
    else if (is_completed && run->status == RUN_COMPLETED && group->twice == NULL)
        group->twice = run;
    if (!is_completed)
        group->run = run;
    if (run->status != RUN_FAILED || run->error_class != OUTCOME_NOT_DELIVERED)
        group->may_be_delivered = true;
    if (group->late_ms == 0 && run->is_by_schedule && run->started_at_ms != INT64_MIN) {
        int64_t late_ms = run->started_at_ms - run->scheduled_for * AUDIT_MS_PER_MINUTE;

        group->late_ms = late_ms > POLICY_LATE_MINUTES * AUDIT_MS_PER_MINUTE ? late_ms : 0;
    }
}

static int audit_compare_starts(const void *a, const void *b)
{
    const struct audit_group *one = *(const struct audit_group *const *)a;
    const struct audit_group *other = *(const struct audit_group *const *)b;

    if (one->covers_from != other->covers_from)
        return one->covers_from < other->covers_from ? -1 : 1;
    return one->scheduled_for < other->scheduled_for ? -1 : 1;
}

static struct audit_sweep audit_begin(const struct audit_run *runs, size_t count)
{
    struct audit_sweep sweep = {.groups = memory_allocate(count, sizeof *sweep.groups),
                                .starts = memory_allocate(count, sizeof(void *)),
                                .open = memory_allocate(count, sizeof(void *))};

    for (size_t i = 0; i < count; i++) {
        if (i == 0 || runs[i].scheduled_for != runs[i - 1].scheduled_for)
            sweep.groups[sweep.count++].scheduled_for = runs[i].scheduled_for;
        audit_add_attempt(&sweep.groups[sweep.count - 1], &runs[i]);
    }
    for (size_t i = 0; i < sweep.count; i++)
        sweep.starts[i] = &sweep.groups[i];
    qsort(sweep.starts, sweep.count, sizeof(void *), audit_compare_starts);
    return sweep;
}

/* Minutes only ever grow. */
static void audit_move_to(struct audit_sweep *sweep, int64_t minute)
{
    size_t kept = 0;

    while (sweep->started < sweep->count && sweep->starts[sweep->started]->covers_from <= minute)
        sweep->open[sweep->open_count++] = sweep->starts[sweep->started++];
    for (size_t i = 0; i < sweep->open_count; i++)
        if (sweep->open[i]->scheduled_for >= minute)
            sweep->open[kept++] = sweep->open[i];
    sweep->open_count = kept;
}

/* ---- Judging one minute ---- */

/* What a group makes of a slot that it covers. */
static enum audit_verdict audit_judge_group(const struct audit_group *group, int64_t slot)
{
    switch (group->run->status) {
    case RUN_COMPLETED:
        return group->scheduled_for == slot ? AUDIT_COMPLETED : AUDIT_FOLDED;
    case RUN_FAILED:
        return group->run->error_class == OUTCOME_UNKNOWN ? AUDIT_UNKNOWN : AUDIT_FAILED;
    default:
        return AUDIT_IN_PROGRESS;
    }
}

/*
 * Of the groups that cover a slot the one that did most for it, and the earliest of those. Where a
 * clock stepped over the slot, the whole of each run covers it.
 */
static const struct audit_group *audit_find_best(const struct audit_sweep *sweep, int64_t slot,
                                                 bool is_stepped_over)
{
    static const int ranks[AUDIT_VERDICTS] = {[AUDIT_COMPLETED] = 0,
                                              [AUDIT_FOLDED] = 1,
                                              [AUDIT_IN_PROGRESS] = 2,
                                              [AUDIT_UNKNOWN] = 3,
                                              [AUDIT_FAILED] = 4};
    const struct audit_group *best = NULL;
    int best_rank = 0;

    for (size_t i = 0; i < sweep->open_count; i++) {
        const struct audit_group *group = sweep->open[i];
        int rank = ranks[audit_judge_group(group, slot)];

        if (!is_stepped_over && !audit_covers(group, slot))
            continue;
        if (best == NULL || rank < best_rank ||
            (rank == best_rank && group->scheduled_for < best->scheduled_for)) {
            best = group;
            best_rank = rank;
        }
    }
    return best;
}

/*
 * Two runs that both may have done a slot: the group of the first, and *other. Where a clock
 * stepped over the slot, a run of the text of now may span it, which says nothing.
 */
static const struct audit_group *audit_find_double(const struct audit_sweep *sweep, int64_t slot,
                                                   bool is_stepped_over,
                                                   const struct audit_run **other)
{
    const struct audit_group *first = NULL;

    for (size_t i = 0; i < sweep->open_count; i++) {
        const struct audit_group *group = sweep->open[i];

        if (!audit_covers_unasked(group, slot))
            continue;
        *other = group->twice;
        if (group->twice != NULL)
            return group;
        *other = group->run;
        if (group->may_be_delivered && first != NULL && !is_stepped_over)
            return first;
        if (group->may_be_delivered)
            first = group;
    }
    *other = NULL;
    return NULL;
}

static bool audit_is_judged(const struct audit_subject *subject, int64_t minute, bool is_named)
{
    bool is_judged = minute >= subject->judged_from;

    for (size_t i = 0; !is_named && i < subject->unjudged_count; i++)
        if (subject->unjudged[i].from <= minute && minute < subject->unjudged[i].to)
            is_judged = false;
    return is_judged;
}

/* own: the attempts at a minute that the schedule does not name; else NULL. */
static struct audit_slot audit_judge(const struct audit_sweep *sweep,
                                     const struct audit_subject *subject, int64_t minute,
                                     bool is_stepped_over, const struct audit_group *own)
{
    struct audit_slot slot = {
        .slot = minute,
        .is_judged = audit_is_judged(subject, minute, own == NULL),
    };
    const struct audit_group *group;

    if (own != NULL && slot.is_judged) { /* that another run spans it says nothing */
        group = own;
        slot.other = own->twice != NULL ? own->twice : own->again;
        slot.verdict = own->twice != NULL ? AUDIT_DOUBLED : AUDIT_EXTRA;
    } else if ((group = audit_find_double(sweep, minute, is_stepped_over, &slot.other)) != NULL) {
        slot.verdict = AUDIT_DOUBLED;
    } else if ((group = audit_find_best(sweep, minute, is_stepped_over)) != NULL) {
        slot.other = group->again;
        slot.verdict = group->again != NULL ? AUDIT_AGAIN : audit_judge_group(group, minute);
    } else {
        slot.verdict = is_stepped_over || minute <= subject->mark || minute < subject->old_before
                           ? AUDIT_MISSING
                           : AUDIT_WAITING;
    }
    slot.run = group != NULL ? group->run : NULL;
    slot.late_ms = group != NULL ? group->late_ms : 0;
    slot.early_ms = group != NULL && !group->is_whole ? group->early_ms : 0;
    return slot;
}

/* Merges two lists in order of time: the schedule's slots, and the groups. */
void audit_match(const struct audit_subject *subject, audit_slot_reader *read, void *context)
{
    struct audit_sweep sweep = audit_begin(subject->runs, subject->count);
    const struct audit_group *own = sweep.groups;
    const struct audit_group *end = sweep.groups + sweep.count;
    int64_t next = 0;
    bool is_stepped_over = false;
    bool has_next =
        subject->next_slot(subject->slots, subject->judged_from - 1, &next, &is_stepped_over);

    while (own < end && own->scheduled_for < subject->from)
        own++;
    while (has_next || own < end) {
        bool is_named = has_next && (own == end || next <= own->scheduled_for);
        int64_t minute = is_named ? next : own->scheduled_for;
        struct audit_slot slot;

        if (minute >= subject->to)
            break;
        audit_move_to(&sweep, minute);
        slot = audit_judge(&sweep, subject, minute, is_stepped_over, is_named ? NULL : own);
        read(context, &slot);
        if (own < end && own->scheduled_for == minute)
            own++;
        if (is_named)
            has_next = subject->next_slot(subject->slots, minute, &next, &is_stepped_over);
    }
    free(sweep.groups);
    free(sweep.starts);
    free(sweep.open);
}

/* ---- Totals ---- */

/* What came up between its start and the slot was not exported, and no later run does so. */
static bool audit_is_cut_short(const struct audit_slot *slot)
{
    return slot->early_ms > 0 && slot->run->status == RUN_COMPLETED &&
           slot->run->scheduled_for == slot->slot;
}

void audit_count(struct audit_totals *totals, const struct audit_slot *slot)
{
    totals->verdicts[slot->verdict]++;
    totals->slots += slot->verdict != AUDIT_EXTRA ? 1 : 0;
    totals->late += slot->late_ms > 0 ? 1 : 0;
    totals->early += slot->early_ms > 0 ? 1 : 0;
    totals->cut_short += audit_is_cut_short(slot) ? 1 : 0;
    totals->unjudged += slot->is_judged ? 0 : 1;
}

bool audit_is_clean(const struct audit_totals *totals)
{
    return totals->verdicts[AUDIT_MISSING] == 0 && totals->verdicts[AUDIT_DOUBLED] == 0 &&
           totals->cut_short == 0;
}
