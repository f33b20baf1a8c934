/*
 * What happens while minutes are simulated: schedules are edited, clocks step, a host loses its
 * time zones, and the database is restored to an hour ago.
 *
 * now() of the database is made up, too: a function of that name stands before PostgreSQL's own in
 * the search_path of new connections. So open them after events_open().
 */
#ifndef SYNCSCHED_TESTS_FAULT_EVENTS_H
#define SYNCSCHED_TESTS_FAULT_EVENTS_H

#include "fault/chance.h"

#include <stdbool.h>
#include <stdint.h>

enum { EVENTS_HOSTS = 2 }; /* of which the last one may be blind */

struct events {
    struct chance chance;
    int integrations;
    int64_t first_us;
    int64_t calm_from_us; /* from here on nothing happens any more */

    /* How far the clocks are off now, and for how many ticks more. */
    int64_t database_off_us;
    int64_t host_off_us;
    int wrong_ticks;

    int blind_ticks;        /* so many more */
    int64_t edited_at_us;   /* the last time */
    int64_t saved_at_us;    /* when the backup was made; 0: there is none */
    int64_t next_backup_us; /* not before that */

    int edits;
    int steps; /* of clocks */
    int blinds;
    int restores;
};

/*
 * Makes now() and the table of calls, simulated.calls. Schedules are seeded and numbered from 0:
 * 10000000-0000-4000-8000-N, each in an organisation of its own, 00000000-0000-4000-8000-N.
 */
void events_open(struct events *events, struct chance chance, int integrations, int64_t first_us,
                 int64_t calm_from_us);

/*
 * What happens before a tick at that instant. True when the database was restored: what was under
 * way there, connections included, is lost.
 */
bool events_happen(struct events *events, int64_t at_us);

/* Sets the database's clock to what it shows at that instant, right or wrong; returns that. */
int64_t events_set_clock(const struct events *events, int64_t at_us);

/* Notes that the function was called under a key, at that instant. */
void events_note_call(const struct events *events, const char *key);

#endif
