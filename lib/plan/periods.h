/*
 * The periods that the runs of an integration exported, and whether they lie end to end (design
 * section 4). Pure.
 *
 * A period is what lies after one minute, up to and including another. All attempts at a slot share
 * its period, and are one export. The audit shares no code with the claim, which it checks.
 */
#ifndef SYNCSCHED_PLAN_PERIODS_H
#define SYNCSCHED_PLAN_PERIODS_H

#include "plan/audit.h"

enum periods_verdict {
    PERIODS_UNKNOWN, /* a hole: the outcome of its run is unknown, and nobody has resolved it */
    PERIODS_SKIPPED, /* a hole: not exported, and a later run begins behind it */
    PERIODS_OVERLAP, /* exported for two slots, or maybe so */
};

/* A part of the time that is not exported exactly once. Its runs are the subject's. */
struct periods_finding {
    enum periods_verdict verdict;
    int64_t after; /* a minute */
    int64_t up_to; /* a minute, and a part of it */
    /*
     * UNKNOWN: the run, and NULL. SKIPPED: the run that somebody resolved as not done, NULL if the
     * log has none, and the later run. OVERLAP: the two, the one that begins first first.
     */
    const struct audit_run *run;
    const struct audit_run *other;
    bool is_by_hand; /* an overlap: a person asked for the second export, or resolved one of them */
};

typedef void periods_reader(void *context, const struct periods_finding *finding);

/*
 * Hands on what of [from, to) is not exported once, in order of time, and returns the minute
 * from which on it judges. Runs of earlier states of the schema have no period: it judges what lies
 * behind the last of them, and *unjudged is the number of the others. The first run of all has none
 * either. What lies behind the last run that exported anything is still to come.
 */
int64_t periods_match(const struct audit_subject *subject, periods_reader *read, void *context,
                      size_t *unjudged);

/*
 * The run that surely exported what lies up to a slot, or NULL. Asked for slot after slot, in order
 * of time: *next is 0 at first.
 */
const struct audit_run *periods_find_export(const struct audit_subject *subject, int64_t slot,
                                            size_t *next);

#endif
