/*
 * What a tick met that a person should know, as one JSON object. A program of the user's gets it as
 * it is, or as a mail (report/alert_mail.h).
 *
 * Five kinds of events, each about a run: "failed", "works-again" (the run before it failed),
 * "given-up", "late" (begun more than five minutes after its slot) and "cold-start". Of failures in
 * a row it has only the first, the third and the first of a day; late runs and cold starts once
 * an hour. There is one alert a tick, however much has failed, so that a bad night is not a flood.
 * tests/schemas/alert.json says what it looks like.
 */
#ifndef SYNCSCHED_NOTIFY_ALERT_H
#define SYNCSCHED_NOTIFY_ALERT_H

#include "store/org_names.h"
#include "tick/tick.h"

/* So many events are in an alert; of the others, how many there were. */
enum { ALERT_EVENTS_MAX = 1000 };

/* `struct alert a = {0};` is an empty one; alert_free() is its end. */
struct alert {
    json_t *value; /* NULL: nothing to report */
    bool
        goes_on[ALERT_EVENTS_MAX]; /* whether the event is one of a failure that had begun before */
    struct org_names names;        /* of the events' organisations, and where they are */
};

/*
 * Makes the alert of a trigger's tick, if there is something to report. The organisations' names
 * are read from the database; NULL, or where it gives none: they stay null.
 */
void alert_make(struct alert *alert, const struct tick_result *result, const char *tick_id,
                const struct trigger *trigger, const struct database_address *database);

void alert_free(struct alert *alert);

#endif
