/*
 * The audit: the slots that a schedule names, matched with its runs in the log. Pure.
 *
 * Knows nothing of how slots come about nor of how runs are claimed, and shares no code with
 * either, since it is what they are checked against. Minutes are UTC minutes since 1970.
 */
#ifndef SYNCSCHED_PLAN_AUDIT_H
#define SYNCSCHED_PLAN_AUDIT_H

#include "plan/outcome.h"
#include "plan/run.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A run, as far as it matters to who looks back. */
struct audit_run {
    char run_id[RUN_UUID_SIZE];
    char error_code[OUTCOME_CODE_SIZE];
    enum outcome_class error_class;
    enum run_status status;
    int attempt;
    bool is_by_schedule; /* made by a tick for the slot's sake, not by hand nor once more */
    int64_t scheduled_for;
    int64_t covers_from;
    int64_t started_at_ms; /* since 1970 UTC; INT64_MIN: it never began */
};

/*
 * What became of a slot; exactly one of these. A run covers a slot s when covers_from <= s <=
 * scheduled_for (design section 2); the attempts at one slot count as one: as the one that was
 * completed, else as the last one. Of several runs that cover it the one that did most counts.
 */
enum audit_verdict {
    AUDIT_COMPLETED,   /* by a run for this very slot */
    AUDIT_FOLDED,      /* completed by a run for a later slot */
    AUDIT_FAILED,      /* and surely not done */
    AUDIT_UNKNOWN,     /* failed, and the function may have run */
    AUDIT_IN_PROGRESS, /* its run is pending or running */
    AUDIT_WAITING,     /* no run covers it yet: it lies ahead of the mark and is young */
    AUDIT_MISSING,     /* no run covers it: the mark has passed it, or it is too old to wait */
    AUDIT_DOUBLED,     /* exported twice, or maybe: see below */
    AUDIT_EXTRA,       /* not a slot of the schedule, and yet a run for it */
    AUDIT_VERDICTS,
};

/*
 * A slot is doubled when two attempts at a slot whose run covers it were completed, or when it is
 * covered by runs for two different slots that both may have reached the function: each completed,
 * under way, or failed otherwise than not_delivered. Attempts that follow a failure are no doubles:
 * a person or a policy asked for them, under the same key.
 */

/* What is asked about one integration. */
struct audit_question {
    int64_t from; /* the period, [from, to) */
    int64_t to;
    int64_t judged_from; /* before this minute it is not known which slots there were */
    int64_t mark;        /* all up to it is accounted for, it says; INT64_MIN: there is none */
    int64_t old_before;  /* uncovered slots before it are missing, wherever the mark is */
};

/*
 * Before judged_from the slots are those that runs are for, and none is missing or extra: they are
 * counted as they stand. is_judged is false for them.
 */
struct audit_slot {
    int64_t slot;
    enum audit_verdict verdict;
    bool is_judged;
    const struct audit_run *run;   /* the one that counts; NULL when none covers it */
    const struct audit_run *other; /* of a doubled one: the second run; else NULL */
    int64_t late_ms; /* by how much its run began late, where that is over 5 minutes; else 0 */
};

/* The first slot of the schedule after a minute; false when there is none. */
typedef bool audit_slots(void *context, int64_t after, int64_t *slot);

/* Called for each slot, in order of time. What finding points to is valid during the call only. */
typedef void audit_slot_reporter(void *context, const struct audit_slot *finding);

/*
 * Matches slots and runs, which are ordered by scheduled_for and attempt and cover a minute of the
 * period each. Late are runs that a tick made for the slot's sake and that began more than 5
 * minutes after it; neither those by hand, nor further attempts. A folded slot is as late as its
 * run.
 */
void audit_match(const struct audit_question *question, audit_slots *next_slot, void *slots,
                 const struct audit_run *runs, size_t count, audit_slot_reporter *report,
                 void *context);

/* How many of each there are. */
struct audit_totals {
    int64_t slots; /* all but the extra ones: the sum of the other verdicts */
    int64_t verdicts[AUDIT_VERDICTS];
    int64_t late;
    int64_t unjudged; /* slots known by their runs alone */
};

void audit_count(struct audit_totals *totals, const struct audit_slot *finding);

/* Whether the promise was kept: no slot is missing, none is doubled. */
bool audit_is_clean(const struct audit_totals *totals);

#endif
