#include "plan/periods.h"

#include "base/memory.h"

#include <stdlib.h>

/* In the order in which one attempt decides over another at the same slot. */
enum periods_kind { PERIODS_NONE, PERIODS_MAYBE, PERIODS_UNDER_WAY, PERIODS_DONE };

/* All attempts at one slot that exported its period, or may have: the one that decides. */
struct periods_export {
    const struct audit_run *run;
    enum periods_kind kind;
};

struct periods_sweep {
    const struct audit_subject *subject;
    int64_t base;                   /* what lies up to here is not judged */
    struct periods_export *exports; /* by period_start */
    size_t count;
    size_t begun;                       /* so many of them have begun */
    const struct periods_export **open; /* those that have not ended, in the same order */
    size_t open_count;
    size_t passed; /* so many of the subject's runs have no slot behind the sweep */
    periods_reader *read;
    void *context;
};

static enum periods_kind periods_judge_run(const struct audit_run *run)
{
    bool is_maybe = run->error_class == OUTCOME_UNKNOWN && run->resolution == RUN_UNRESOLVED;

    if (run->status == RUN_COMPLETED || run->resolution == RUN_RESOLVED_DONE)
        return PERIODS_DONE;
    if (run->status == RUN_RUNNING)
        return PERIODS_UNDER_WAY;
    return is_maybe ? PERIODS_MAYBE : PERIODS_NONE;
}

static bool periods_is_by_hand(const struct periods_export *export)
{
    return export->run->is_by_hand || export->run->resolution != RUN_UNRESOLVED;
}

static int periods_compare(const void *a, const void *b)
{
    const struct audit_run *one = ((const struct periods_export *)a)->run;
    const struct audit_run *other = ((const struct periods_export *)b)->run;

    if (one->period_start != other->period_start)
        return one->period_start < other->period_start ? -1 : 1;
    return one->scheduled_for < other->scheduled_for ? -1 : 1;
}

/* ---- What was exported ---- */

static void periods_collect(struct periods_sweep *sweep)
{
    const struct audit_run *runs = sweep->subject->runs;

    for (size_t i = 0; i < sweep->subject->count; i++) {
        struct periods_export *last = sweep->count > 0 ? &sweep->exports[sweep->count - 1] : NULL;
        enum periods_kind kind = periods_judge_run(&runs[i]);
        bool is_same = last != NULL && last->run->scheduled_for == runs[i].scheduled_for;

        if (kind == PERIODS_NONE || (is_same && kind <= last->kind))
            continue;
        sweep->count += is_same ? 0 : 1;
        sweep->exports[sweep->count - 1] = (struct periods_export){&runs[i], kind};
    }
}

/* Moves the base to the last export without a period, and drops what does not reach beyond it. */
static size_t periods_drop_unjudged(struct periods_sweep *sweep)
{
    size_t without = 0;
    size_t kept = 0;

    for (size_t i = 0; i < sweep->count; i++) {
        if (sweep->exports[i].run->period_start != RUN_PERIOD_OPEN)
            continue;
        without++;
        if (sweep->exports[i].run->scheduled_for > sweep->base)
            sweep->base = sweep->exports[i].run->scheduled_for;
    }
    for (size_t i = 0; i < sweep->count; i++)
        if (sweep->exports[i].run->scheduled_for > sweep->base)
            sweep->exports[kept++] = sweep->exports[i];
    sweep->count = kept;
    return without > 1 ? without - 1 : 0; /* the first run of all has none either */
}

/* ---- The sweep ---- */

static void periods_report(const struct periods_sweep *sweep, const struct periods_finding *finding)
{
    if (finding->up_to > sweep->base && finding->after + 1 < sweep->subject->to)
        sweep->read(sweep->context, finding);
}

/* A hole in which nothing was exported, run by run of those that a person found not done. */
static void periods_report_skipped(struct periods_sweep *sweep, int64_t at, int64_t end)
{
    const struct audit_subject *subject = sweep->subject;

    while (at < end) {
        struct periods_finding finding = {PERIODS_SKIPPED, .after = at, .up_to = end};

        finding.other = sweep->exports[sweep->begun].run;
        while (sweep->passed < subject->count &&
               subject->runs[sweep->passed].scheduled_for <= end && finding.run == NULL) {
            const struct audit_run *run = &subject->runs[sweep->passed++];

            if (run->scheduled_for > at && run->resolution == RUN_RESOLVED_NOT_DONE)
                finding.run = run;
        }
        if (finding.run != NULL)
            finding.up_to = finding.run->scheduled_for;
        periods_report(sweep, &finding);
        at = finding.up_to;
    }
}

/* Opens and closes exports at a minute; returns where the next one begins or ends. */
static int64_t periods_move_to(struct periods_sweep *sweep, int64_t at)
{
    int64_t end = INT64_MAX;
    size_t kept = 0;

    while (sweep->begun < sweep->count && sweep->exports[sweep->begun].run->period_start <= at)
        sweep->open[sweep->open_count++] = &sweep->exports[sweep->begun++];
    if (sweep->begun < sweep->count)
        end = sweep->exports[sweep->begun].run->period_start;
    for (size_t i = 0; i < sweep->open_count; i++) {
        int64_t slot = sweep->open[i]->run->scheduled_for;

        if (slot > at)
            sweep->open[kept++] = sweep->open[i];
        if (slot > at && slot < end)
            end = slot;
    }
    sweep->open_count = kept;
    return end;
}

/* What lies after one minute up to another, where nothing begins or ends. */
static void periods_judge(struct periods_sweep *sweep, int64_t at, int64_t end)
{
    struct periods_finding finding = {PERIODS_UNKNOWN, .after = at, .up_to = end};
    size_t not_by_hand = 0;

    if (sweep->open_count == 0) {
        periods_report_skipped(sweep, at, end);
        return;
    }
    finding.run = sweep->open[0]->run;
    for (size_t i = 0; i < sweep->open_count; i++)
        not_by_hand += periods_is_by_hand(sweep->open[i]) ? 0 : 1;
    if (sweep->open_count > 1) {
        finding.verdict = PERIODS_OVERLAP;
        finding.other = sweep->open[1]->run;
        finding.is_by_hand = not_by_hand < 2;
    }
    if (sweep->open_count > 1 || sweep->open[0]->kind == PERIODS_MAYBE)
        periods_report(sweep, &finding);
}

int64_t periods_match(const struct audit_subject *subject, periods_reader *read, void *context,
                      size_t *unjudged)
{
    struct periods_sweep sweep = {
        .subject = subject,
        .base = subject->from - 1,
        .exports = memory_allocate(subject->count, sizeof *sweep.exports),
        .open = memory_allocate(subject->count, sizeof(void *)),
        .read = read,
        .context = context,
    };
    int64_t at;
    int64_t end;

    periods_collect(&sweep);
    *unjudged = periods_drop_unjudged(&sweep);
    qsort(sweep.exports, sweep.count, sizeof *sweep.exports, periods_compare);
    at = sweep.base;
    if (sweep.count > 0 && sweep.exports[0].run->period_start < at)
        at = sweep.exports[0].run->period_start;
    for (; (end = periods_move_to(&sweep, at)) != INT64_MAX; at = end)
        periods_judge(&sweep, at, end);
    free(sweep.exports);
    free(sweep.open);
    return sweep.base + 1;
}

const struct audit_run *periods_find_export(const struct audit_subject *subject, int64_t slot,
                                            size_t *next)
{
    const struct audit_run *run;

    while (*next < subject->count && (subject->runs[*next].scheduled_for < slot ||
                                      periods_judge_run(&subject->runs[*next]) != PERIODS_DONE))
        ++*next;
    if (*next == subject->count)
        return NULL;
    run = &subject->runs[*next];
    return run->period_start != RUN_PERIOD_OPEN && run->period_start < slot ? run : NULL;
}
