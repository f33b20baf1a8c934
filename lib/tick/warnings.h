/*
 * What a tick warns of: one line for the first of a kind, and how many more there were.
 *
 * A warning that lasts is said by a trigger's tick when it begins, hourly, and when it is over.
 * What was said, the trigger's row in the database keeps between ticks. Where that is not known, as
 * by hand, everything is said.
 */
#ifndef SYNCSCHED_TICK_WARNINGS_H
#define SYNCSCHED_TICK_WARNINGS_H

#include "base/error.h"
#include "plan/run.h"
#include "plan/subject.h"
#include "store/org_names.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum warning_kind {
    WARNING_NAMES, /* of the configuration */
    WARNING_CLOCKS,
    WARNING_EXPOSED,
    WARNING_HEARTBEAT,
    WARNING_INVALID,
    WARNING_REFUSED,
    WARNING_ABANDONED,
    WARNING_REPORTED,
    WARNING_WORKS_AGAIN,
    WARNING_UNREPORTED,
    WARNING_GIVEN_UP,
    WARNING_CANCELLED,
    WARNING_RUNNING,
    WARNING_COVERED,
    WARNING_THROTTLED,
    WARNING_NO_PLACE,
    WARNING_NO_TIME,
    WARNING_NOT_STARTED,
    WARNING_MONITOR,
    /* Said by workers. */
    WARNING_LATE,
    WARNING_COLD,
    WARNING_ODD_ANSWER,
    WARNING_UNSTORED,
    WARNING_NO_MESSAGE,
    WARNINGS,
};

struct warning {
    size_t count;
    uint64_t subject; /* of what, where that makes it another warning; else 0 */
    struct error first;
    size_t exceptions; /* so many of it in a tick that is otherwise well */
    bool is_of_one;    /* the first is about an integration, though its ids may be NULL: */
    struct subject_copy of;
    bool is_settled; /* said, or kept to ourselves */
};

/* {0}: nothing happened yet, and nothing is known of earlier ticks. warnings_free() releases it. */
struct warnings {
    struct warning now[WARNINGS];
    json_t *said; /* by earlier ticks, of each kind: since, said, subject, exceptions; or NULL */
    int64_t now_s;
    bool has_changed; /* what is said */
};

/* What the trigger's row has; NULL: nothing yet. */
void warnings_know(struct warnings *warnings, const char *said, int64_t now_us);

/* about NULL: the tick as a whole. */
void warnings_add(struct warnings *warnings, enum warning_kind kind, const struct subject *about,
                  const struct error *warning);
void warnings_addf(struct warnings *warnings, enum warning_kind kind, const struct subject *about,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Takes back what was added of this kind, to add it anew. */
void warnings_reset(struct warnings *warnings, enum warning_kind kind);

/* Whether the trigger's ticks have said it within the hour. */
bool warnings_is_quiet(const struct warnings *warnings, enum warning_kind kind);

/*
 * That so many are refused while others get through; and how many they were at most since this
 * began, as far as this is known: so many are not the database's failure, but their own.
 */
void warnings_note_exceptions(struct warnings *warnings, enum warning_kind kind, size_t count);
size_t warnings_exceptions(const struct warnings *warnings, enum warning_kind kind);
/* Wants the names that warnings_say() is about to say. */
void warnings_want_names(const struct warnings *warnings, struct org_names *names);

/* Says what was added so far and is not quiet. */
void warnings_say(struct warnings *warnings, const struct org_names *names);

/* Counts what a worker has said (the first of it) or kept to itself, and says how many more. */
void warnings_count(struct warnings *warnings, enum warning_kind kind, size_t count);

/*
 * Says what is over. What the trigger's row is to have now, to be freed; NULL: nothing has changed,
 * or nothing is known.
 */
char *warnings_end(struct warnings *warnings);

void warnings_free(struct warnings *warnings);

#endif
