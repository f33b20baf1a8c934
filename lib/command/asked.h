/*
 * What was asked for in people's words (design section 7): --org and --integration, and the times
 * whose day is that of the organisation.
 */
#ifndef SYNCSCHED_COMMAND_ASKED_H
#define SYNCSCHED_COMMAND_ASKED_H

#include "command/command.h"
#include "store/names.h"
#include "time/zones.h"

/* `struct asked a = {0};` is empty; asked_free() releases it. */
struct asked {
    const char *org_id; /* NULL: every one; borrowed from the line or from here */
    const char *integration_id;
    struct names_found found; /* now_us is 0 where the database was not asked */
    struct zones zones;
    struct zone zone; /* where the organisation is, */
    bool has_zone;    /* once that was looked for */
};

/*
 * Finds what the line names, by one statement where that is more than whole ids and times; with
 * checks_ids in any case, so that unknown ids are an error, too. Warns where a day is asked for and
 * the organisations have no zone in common: it is UTC's then. The asked must stay where it is while
 * it is used.
 */
bool asked_read(const struct command_line *line, int64_t deadline_ms, bool checks_ids,
                struct asked *asked, struct error *err);

/*
 * Finds the zone of the asked, and warns, where no time that was given has asked for it. Needs
 * checks_ids.
 */
void asked_find_zone(struct asked *asked);

/* The time that was given by such a setting of the line, since 1970 UTC; 0: none was. */
int64_t asked_time_us(const struct asked *asked, const struct command_line *line,
                      enum setting_name name);

/*
 * The end of what such a setting names: a day is meant to its end, so its end is the next one's
 * midnight. is_day: whether it is a day. 0: none was given.
 */
int64_t asked_end_us(const struct asked *asked, const struct command_line *line,
                     enum setting_name name, bool *is_day);

/* Where a command needs the time of --at, a day is ERROR_USAGE. */
bool asked_check_at(const struct command_line *line, struct error *err);

void asked_free(struct asked *asked);

#endif
