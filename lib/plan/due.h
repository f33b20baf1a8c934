/*
 * What is due: from one schedule and the time alone to the slots that a claim is to look at.
 *
 * Pure: design section 4 (window, catch-up, marks, edits) as a function of a row and options. The
 * claim checks everything again under its locks; nothing here knows which slots are covered.
 */
#ifndef SYNCSCHED_PLAN_DUE_H
#define SYNCSCHED_PLAN_DUE_H

#include "base/error.h"
#include "plan/claim.h"
#include "plan/policy.h"
#include "plan/schedule.h"
#include "time/instant.h"
#include "time/zones.h"

#include <stdint.h>

/*
 * At most so much of one integration is looked at in one tick, of each fate: no outage breaks a
 * claim, and a month of minutes is no more than one progression.
 */
enum {
    DUE_GIVEN_UP_MAX = 1440, /* slots, also of those that are held */
    DUE_SLOTS_MAX = 1 << 17, /* of any other fate: 91 days of minutes */
    DUE_PROGRESSIONS_MAX = 1440,
};

/*
 * What one reading has already worked out of texts: many schedules share few texts, and what
 * "0 2 * * * UTC" of a thousand organisations owes is worked out once. {0} knows none.
 */
struct due_texts {
    struct due_text *known;
    size_t count; /* of those that owe nothing */
};

struct due_options {
    int64_t t_us; /* the tick's time, or the T of --at */
    struct window window;
    struct policy policy;
    bool is_window_only;     /* --at and `due`: the window's first match and nothing else */
    bool clocks_agree;       /* the host's and the database's; else either may be wrong */
    bool may_give_up;        /* what is older than the catch-up time; else it stays owed */
    int64_t held_to;         /* a minute: up to it nothing is served or judged in any other way, as
                                the database was restored; INT64_MIN: nothing is held */
    struct zones *zones;     /* the zones met so far; grows with each new name */
    struct due_texts *texts; /* of these options and of this claim alone */
};

/*
 * The minute up to which slots may have been served that a database does not know, which was
 * restored at that instant; INT64_MAX: this very moment, INT64_MIN: never, and so are the minutes.
 */
int64_t due_held_to(int64_t restored_us);

struct due_count {
    size_t schedules; /* active ones that were looked at */
    size_t in_window; /* of these, with a slot in the window */
    size_t covered;   /* of these, with nothing to do: the log has that slot */
};

/*
 * Adds to the claim what this schedule owes: its key, its slots, and a change of its state. A row
 * that is not valid adds nothing but the closing of its state, and returns false with err, which
 * says what is wrong; timetable_subject() whose row it is. Where its text is the one in its
 * state, or this host cannot open the time zone, others may read it, and nothing is closed. A mark
 * that cannot be believed fills err, too, but returns true.
 */
bool due_decide(const struct due_options *options, const struct schedule *schedule,
                struct claim *claim, struct due_count *count, struct error *err);

void due_texts_free(struct due_texts *texts);

#endif
