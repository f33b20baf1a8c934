/*
 * The audit: matches the slots that a schedule names with its runs in the log. Pure.
 *
 * It knows neither how slots come about nor how runs are claimed, and shares no code with either,
 * because they are checked against it. Minutes are UTC minutes since 1970.
 */
#ifndef SYNCSCHED_PLAN_AUDIT_H
#define SYNCSCHED_PLAN_AUDIT_H

#include "plan/outcome.h"
#include "plan/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an audit needs to know of a run. */
struct audit_run {
    char run_id[RUN_UUID_SIZE];
    const char *error_code; /* borrowed; "": none */
    enum outcome_class error_class;
    int http_status; /* 0: no answer came */
    enum run_status status;
    enum run_resolution resolution;
    bool is_resolved_by_function; /* else by hand */
    int attempt;
    bool is_by_schedule; /* a tick made it for the slot: neither by hand nor a further attempt */
    bool is_by_hand;
    int64_t scheduled_for;
    int64_t covers_from;
    int64_t period_start;  /* or RUN_PERIOD_OPEN */
    int64_t started_at_ms; /* since 1970 UTC; INT64_MIN: it never began */
    bool is_accepted;      /* running, and the function will report the end */
    int64_t records;       /* exported; below 0: not known */
};

/*
 * What became of a slot; exactly one of these. All attempts at one slot are judged together: by the
 * completed one, else by the last. Of several runs that cover a slot, the one that did most for it
 * decides.
 *
 * A slot is doubled when two attempts were completed at a slot whose run covers it, or when runs
 * for two different slots cover it that both may have reached the function: each completed, under
 * way, or failed otherwise than not_delivered. Attempts after a failure are no doubles: a person or
 * a policy asked for them, under the same key. Nor are those by hand after one that was completed.
 */
enum audit_verdict {
    AUDIT_COMPLETED,   /* by a run for this very slot */
    AUDIT_FOLDED,      /* completed by a run for a later slot */
    AUDIT_FAILED,      /* and surely not done */
    AUDIT_UNKNOWN,     /* failed, and the function may have run */
    AUDIT_IN_PROGRESS, /* its run is pending or running */
    AUDIT_WAITING,     /* no run covers it yet: it lies ahead of the mark and is young */
    AUDIT_MISSING,     /* no run covers it: the mark has passed it, or it is too old to wait */
    AUDIT_DOUBLED,
    AUDIT_AGAIN, /* completed twice or more, and each time but the first by hand */
    AUDIT_EXTRA, /* not a slot of the schedule, and yet there is a run for it */
    AUDIT_VERDICTS,
};

/* The word for programs, "inProgress". */
const char *audit_verdict_name(enum audit_verdict verdict);

/*
 * The first slot of the schedule after a minute; false when there is none. A clock may have stepped
 * back over the slot, and behind it another text: *is_stepped_over.
 */
typedef bool audit_slots(void *context, int64_t after, int64_t *slot, bool *is_stepped_over);

/* Minutes, [from, to), that may be slots or not, and why this is not known. */
struct audit_stretch {
    int64_t from;
    int64_t to;
    char *reason;
};

/* One integration in a period. */
struct audit_subject {
    int64_t from; /* the period, [from, to) */
    int64_t to;
    int64_t judged_from; /* what became of earlier slots is not known */
    const struct audit_stretch *unjudged;
    size_t unjudged_count;
    int64_t mark;       /* the log accounts for all slots up to it; INT64_MIN: there is no mark */
    int64_t old_before; /* uncovered slots before it are missing, wherever the mark is */
    audit_slots *next_slot;
    void *slots; /* next_slot's context */
    const struct audit_run
        *runs; /* by scheduled_for and attempt; each covers or exports a minute of it */
    size_t count;
};

/*
 * Before judged_from the slots are those that have a run, and none is missing or extra; is_judged
 * is false for them. So it is in an unjudged stretch, but for the slots that are known there.
 *
 * When a clock steps back, it makes every run that it then finds ahead one that began before its
 * time, and only the text of now serves again what these cover no more. A slot that it stepped
 * over, of the text of before, is therefore covered by the whole of each run, waits for none, and
 * is doubled only by two attempts at one slot.
 */
struct audit_slot {
    int64_t slot;
    enum audit_verdict verdict;
    bool is_judged;
    const struct audit_run *run;   /* the one that decides; NULL when none covers the slot */
    const struct audit_run *other; /* the second run of a slot that is doubled, or the last one of
                                      one that was sent again; else NULL */
    int64_t late_ms;               /* how late its run began, if more than 5 minutes; else 0 */
    int64_t early_ms;              /* how long before its slot, if more than 30 s and no
                                      later attempt completed it; else 0 */
};

/* Called for each slot, in order of time. What slot points to is valid during the call only. */
typedef void audit_slot_reader(void *context, const struct audit_slot *slot);

/*
 * Matches slots and runs. Only runs that a tick made for the slot can be late, neither those by
 * hand nor further attempts. A folded slot is as late as its run.
 */
void audit_match(const struct audit_subject *subject, audit_slot_reader *read, void *context);

/* How many of each there are. */
struct audit_totals {
    int64_t slots; /* all but the extra ones: the sum of the other verdicts */
    int64_t verdicts[AUDIT_VERDICTS];
    int64_t late;
    int64_t early;     /* served before their time */
    int64_t cut_short; /* of these, completed: what came up until the slot may not be exported */
    int64_t unjudged;  /* slots known by their runs alone */
};

void audit_count(struct audit_totals *totals, const struct audit_slot *slot);

/* Whether the promise was kept: no slot is missing, doubled, or exported before its time. */
bool audit_is_clean(const struct audit_totals *totals);

#endif
