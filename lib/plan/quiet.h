/*
 * The schedules' texts of which one reading has already seen that they owe nothing.
 *
 * Many schedules share few texts: "0 2 * * * UTC" of a thousand organisations is worked out for the
 * first of them, and looked up for the others. What is known holds for one question: of one tick's
 * time and window. Not for what a text means; that is timetable.h.
 */
#ifndef SYNCSCHED_PLAN_QUIET_H
#define SYNCSCHED_PLAN_QUIET_H

#include <stddef.h>
#include <stdint.h>

struct quiet_text {
    char *text;          /* cron and zone, as sync_schedule_state has them */
    int64_t from;        /* in no minute behind this one, up to the window's end, is a slot owed */
    int64_t window_slot; /* the first slot in the window; INT64_MIN when there is none */
};

/* {0} knows nothing. quiet_free() leaves it so. */
struct quiet {
    void *texts; /* a tree, as tsearch() keeps it */
    size_t count;
};

/* What is known of a text; NULL when nothing is. Valid until quiet_free(). */
const struct quiet_text *quiet_find(const struct quiet *quiet, const char *text);

/* Notes that a text owes nothing from a minute on; the earliest that was noted holds. */
void quiet_note(struct quiet *quiet, const char *text, int64_t from, int64_t window_slot);

void quiet_free(struct quiet *quiet);

#endif
