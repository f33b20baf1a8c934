/*
 * What a tick met that a person should know, as one JSON object for a program of the user's.
 *
 * Five kinds of events, each about a run: "failed", "works-again" (the run before it failed),
 * "given-up", "late" (begun more than five minutes after its slot) and "cold-start". Of failures in
 * a row it has only the first, the third and the first of a day; late runs and cold starts once
 * an hour. There is one alert a tick, however much has failed, so that a bad night is not a flood.
 * tests/schemas/alert.json says what it looks like.
 */
#ifndef SYNCSCHED_NOTIFY_ALERT_H
#define SYNCSCHED_NOTIFY_ALERT_H

#include "tick/tick.h"

/* So many events are in an alert; of the others, how many there were. */
enum { ALERT_EVENTS_MAX = 1000 };

/*
 * The alert of a trigger's tick: one line with its end, to be freed; NULL: nothing to report. The
 * organisations' names are read from the database; NULL, or where it gives none: they stay null.
 */
char *alert_format(const struct tick_result *result, const char *tick_id,
                   const struct trigger *trigger, const struct database_address *database);

#endif
