/*
 * What a schedule's text means: its cron expression in its organisation's zone. The one way from a
 * row to slots, for every command.
 */
#ifndef SYNCSCHED_PLAN_TIMETABLE_H
#define SYNCSCHED_PLAN_TIMETABLE_H

#include "base/error.h"
#include "base/text.h"
#include "cron/cron.h"
#include "plan/run.h"
#include "plan/schedule.h"
#include "plan/subject.h"
#include "time/zones.h"

struct timetable {
    struct cron cron;
    struct zone zone; /* belongs to the zones that it was read with */
};

/*
 * Adds types to those that an integration may have, "tripletex,visma": lower case letters, digits,
 * _ and -, beginning with a letter. Those that are there already may be among them. Once, before
 * anything is read; this is the one value here that lasts. False (ERROR_CONFIG) adds what precedes
 * the wrong one.
 */
bool timetable_add_types(const char *list, struct error *err);

/* The n-th type that an integration may have, from 0; NULL behind the last. */
const char *timetable_type(size_t n);

/* The inverse; RUN_TYPES for NULL and any other text. */
size_t timetable_find_type(const char *type);

/*
 * Reads expression and zone of a row that is active, and checks the row besides. On failure err
 * says what is wrong (ERROR_INVALID; ERROR_INTERNAL: with this host's zones); timetable_subject()
 * whose row it is.
 */
bool timetable_read(const struct schedule *schedule, struct zones *zones,
                    struct timetable *timetable, struct error *err);

/*
 * A schedule's text, "CRON ZONE", as sync_schedule_state keeps it; "" is the text of no schedule.
 * Adding it and comparing with it want a schedule that is active.
 */
void timetable_add_text(const struct schedule *schedule, struct text *text);
bool timetable_has_text(const struct schedule *schedule, const char *text);
bool timetable_read_text(const char *text, struct zones *zones, struct timetable *timetable,
                         struct error *err);

/* Whether all of a row but its text is valid. */
bool timetable_is_complete(const struct schedule *schedule);

/* Whose row it is, borrowed; organization NULL: its name is not known. */
struct subject timetable_subject(const struct schedule *schedule, const char *organization);

/* The first slot (a UTC minute) after after_minute; false when there is none. */
bool timetable_next(const struct timetable *timetable, int64_t after_minute, int64_t *minute);

#endif
