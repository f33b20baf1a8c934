#include "plan/audit.h"

#include "base/memory.h"

#include <stdlib.h>

/* Drift above this is late (design section 4). */
enum { AUDIT_LATE_MS = 5 * 60 * 1000, AUDIT_MS_PER_MINUTE = 60 * 1000 };

/* All attempts at one slot. */
struct audit_group {
    int64_t scheduled_for;
    int64_t covers_from;
    const struct audit_run *run;   /* the attempt that was completed, else the last one */
    const struct audit_run *twice; /* a second one that was completed, or NULL */
    bool may_be_delivered;
    int64_t late_ms;
};

/* An element of the two lists below. */
struct audit_cover {
    const struct audit_group *group;
};

/*
 * Goes through the period minute by minute, as far as there is anything in it, and knows at each
 * which groups cover it. Each group is opened once and closed once, however far it reaches.
 */
struct audit_sweep {
    const struct audit_question *question;
    struct audit_group *groups; /* by scheduled_for */
    size_t count;
    struct audit_cover *starts; /* the same by covers_from */
    size_t started;
    struct audit_cover *open; /* those that cover the minute */
    size_t open_count;
};

/* A minute at which there is something to judge. */
struct audit_minute {
    int64_t minute;
    bool is_named;                 /* by the schedule */
    const struct audit_group *own; /* the attempts at it; NULL: none */
};

/* ---- Groups ---- */

static bool audit_may_be_delivered(const struct audit_run *run)
{
    return run->status != RUN_FAILED || run->error_class != OUTCOME_NOT_DELIVERED;
}

static int64_t audit_late_ms(const struct audit_run *run)
{
    int64_t late_ms;

    if (!run->is_by_schedule || run->started_at_ms == INT64_MIN)
        return 0;
    late_ms = run->started_at_ms - run->scheduled_for * AUDIT_MS_PER_MINUTE;
    return late_ms > AUDIT_LATE_MS ? late_ms : 0;
}

static void audit_add_attempt(struct audit_group *group, const struct audit_run *run)
{
    bool is_done = group->run != NULL && group->run->status == RUN_COMPLETED;

    if (group->run == NULL || run->covers_from < group->covers_from)
        group->covers_from = run->covers_from;
    if (is_done && run->status == RUN_COMPLETED && group->twice == NULL)
        group->twice = run;
    if (!is_done)
        group->run = run;
    group->may_be_delivered = group->may_be_delivered || audit_may_be_delivered(run);
    if (group->late_ms == 0)
        group->late_ms = audit_late_ms(run);
}

static int audit_compare_starts(const void *a, const void *b)
{
    const struct audit_group *one = ((const struct audit_cover *)a)->group;
    const struct audit_group *other = ((const struct audit_cover *)b)->group;

    if (one->covers_from != other->covers_from)
        return one->covers_from < other->covers_from ? -1 : 1;
    return one->scheduled_for < other->scheduled_for ? -1 : 1;
}

static void audit_begin(struct audit_sweep *sweep, const struct audit_run *runs, size_t count)
{
    sweep->groups = memory_allocate(count, sizeof *sweep->groups);
    sweep->starts = memory_allocate(count, sizeof *sweep->starts);
    sweep->open = memory_allocate(count, sizeof *sweep->open);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || runs[i].scheduled_for != runs[i - 1].scheduled_for)
            sweep->groups[sweep->count++].scheduled_for = runs[i].scheduled_for;
        audit_add_attempt(&sweep->groups[sweep->count - 1], &runs[i]);
    }
    for (size_t i = 0; i < sweep->count; i++)
        sweep->starts[i].group = &sweep->groups[i];
    if (sweep->count > 0)
        qsort(sweep->starts, sweep->count, sizeof *sweep->starts, audit_compare_starts);
}

static void audit_end(struct audit_sweep *sweep)
{
    free(sweep->groups);
    free(sweep->starts);
    free(sweep->open);
}

/* Minutes only ever grow. */
static void audit_move_to(struct audit_sweep *sweep, int64_t minute)
{
    size_t kept = 0;

    for (; sweep->started < sweep->count; sweep->started++) {
        if (sweep->starts[sweep->started].group->covers_from > minute)
            break;
        sweep->open[sweep->open_count++] = sweep->starts[sweep->started];
    }
    for (size_t i = 0; i < sweep->open_count; i++)
        if (sweep->open[i].group->scheduled_for >= minute)
            sweep->open[kept++] = sweep->open[i];
    sweep->open_count = kept;
}

/* ---- Judging one minute ---- */

/* What a group makes of a slot that it covers. */
static enum audit_verdict audit_outcome(const struct audit_group *group, int64_t slot)
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

/* The less, the more was done for the slot. */
static int audit_rank(enum audit_verdict verdict)
{
    static const int ranks[AUDIT_VERDICTS] = {[AUDIT_COMPLETED] = 0,
                                              [AUDIT_FOLDED] = 1,
                                              [AUDIT_IN_PROGRESS] = 2,
                                              [AUDIT_UNKNOWN] = 3,
                                              [AUDIT_FAILED] = 4};

    return ranks[verdict];
}

static const struct audit_group *audit_best(const struct audit_sweep *sweep, int64_t slot)
{
    const struct audit_group *best = NULL;

    for (size_t i = 0; i < sweep->open_count; i++) {
        const struct audit_group *group = sweep->open[i].group;
        int order;

        if (best == NULL) {
            best = group;
            continue;
        }
        order = audit_rank(audit_outcome(group, slot)) - audit_rank(audit_outcome(best, slot));
        if (order < 0 || (order == 0 && group->scheduled_for < best->scheduled_for))
            best = group;
    }
    return best;
}

/* Fills in what a run says of the slot that it covers. */
static void audit_tell(struct audit_slot *finding, enum audit_verdict verdict,
                       const struct audit_group *group, const struct audit_run *other)
{
    finding->verdict = verdict;
    finding->run = group->run;
    finding->other = other;
    finding->late_ms = group->late_ms;
}

static bool audit_find_double(const struct audit_sweep *sweep, struct audit_slot *finding)
{
    const struct audit_group *first = NULL;

    for (size_t i = 0; i < sweep->open_count; i++) {
        const struct audit_group *group = sweep->open[i].group;

        if (group->twice != NULL) {
            audit_tell(finding, AUDIT_DOUBLED, group, group->twice);
            return true;
        }
        if (group->may_be_delivered && first != NULL) {
            audit_tell(finding, AUDIT_DOUBLED, first, group->run);
            return true;
        }
        if (group->may_be_delivered)
            first = group;
    }
    return false;
}

static struct audit_slot audit_judge(const struct audit_sweep *sweep, const struct audit_minute *at)
{
    const struct audit_question *question = sweep->question;
    const struct audit_group *best = audit_best(sweep, at->minute);
    struct audit_slot finding = {.slot = at->minute,
                                 .is_judged = at->minute >= question->judged_from};

    if (!at->is_named && finding.is_judged) /* no slot: that another run spans it says nothing */
        audit_tell(&finding, at->own->twice != NULL ? AUDIT_DOUBLED : AUDIT_EXTRA, at->own,
                   at->own->twice);
    else if (best == NULL)
        finding.verdict = at->minute <= question->mark || at->minute < question->old_before
                              ? AUDIT_MISSING
                              : AUDIT_WAITING;
    else if (!audit_find_double(sweep, &finding))
        audit_tell(&finding, audit_outcome(best, at->minute), best, NULL);
    return finding;
}

/* ---- The period ---- */

/* Where the schedule's slots and the groups, two lists in order of time, are merged into one. */
struct audit_merge {
    audit_slots *next_slot;
    void *slots;
    int64_t slot; /* the next one, if has_slot */
    bool has_slot;
    const struct audit_group *group; /* the next one */
    const struct audit_group *groups_end;
};

static struct audit_merge audit_merge(const struct audit_sweep *sweep, audit_slots *next_slot,
                                      void *slots)
{
    const struct audit_question *question = sweep->question;
    struct audit_merge merge = {next_slot, slots,         0,
                                false,     sweep->groups, sweep->groups + sweep->count};

    merge.has_slot = next_slot(slots, question->judged_from - 1, &merge.slot);
    while (merge.group < merge.groups_end && merge.group->scheduled_for < question->from)
        merge.group++;
    return merge;
}

/* The earlier of the two, or both where they are at one minute; false when there are no more. */
static bool audit_take(struct audit_merge *merge, struct audit_minute *next)
{
    bool has_group = merge->group < merge->groups_end;

    if (!merge->has_slot && !has_group)
        return false;
    next->is_named = merge->has_slot && (!has_group || merge->slot <= merge->group->scheduled_for);
    next->minute = next->is_named ? merge->slot : merge->group->scheduled_for;
    next->own = NULL;
    if (has_group && merge->group->scheduled_for == next->minute)
        next->own = merge->group++;
    if (next->is_named)
        merge->has_slot = merge->next_slot(merge->slots, merge->slot, &merge->slot);
    return true;
}

void audit_match(const struct audit_question *question, audit_slots *next_slot, void *slots,
                 const struct audit_run *runs, size_t count, audit_slot_reporter *report,
                 void *context)
{
    struct audit_sweep sweep = {.question = question};
    struct audit_merge merge;
    struct audit_minute next;

    audit_begin(&sweep, runs, count);
    merge = audit_merge(&sweep, next_slot, slots);
    while (audit_take(&merge, &next) && next.minute < question->to) {
        struct audit_slot finding;

        audit_move_to(&sweep, next.minute);
        finding = audit_judge(&sweep, &next);
        report(context, &finding);
    }
    audit_end(&sweep);
}

/* ---- Totals ---- */

void audit_count(struct audit_totals *totals, const struct audit_slot *finding)
{
    totals->verdicts[finding->verdict]++;
    totals->slots += finding->verdict != AUDIT_EXTRA ? 1 : 0;
    totals->late += finding->late_ms > 0 ? 1 : 0;
    totals->unjudged += finding->is_judged ? 0 : 1;
}

bool audit_is_clean(const struct audit_totals *totals)
{
    return totals->verdicts[AUDIT_MISSING] == 0 && totals->verdicts[AUDIT_DOUBLED] == 0;
}
