/*
 * Reads what a run by hand decides from that names what to send (plan/by_hand.h): one statement.
 * What it decides on, a claim carries out (claim.h).
 */
#ifndef SYNCSCHED_STORE_BY_HAND_H
#define SYNCSCHED_STORE_BY_HAND_H

#include "base/error.h"
#include "plan/by_hand.h"
#include "store/database.h"
#include "time/zones.h"

#include <stddef.h>
#include <stdint.h>

/* What to read. Texts are borrowed. */
struct by_hand_choice {
    const char *org_id; /* NULL: any, as is the next; not both */
    const char *integration_id;
    int64_t from; /* a minute, [from, to); INT64_MIN: back_minutes before the present one */
    int64_t to;   /* INT64_MIN: the present minute is the last */
    int64_t back_minutes;
    int64_t deadline_ms;
};

/* What was found. {0} is empty; by_hand_reading_free() releases it. */
struct by_hand_reading {
    int64_t now_us;        /* the server's clock */
    int64_t host_now_us;   /* the host's clock when the statement was sent */
    int64_t sent_at_ms;    /* the monotonic clock at that moment */
    int64_t pruned_before; /* a minute; INT64_MIN: the log is whole */
    int64_t restored_us;   /* as in struct schedules_reading */
    int64_t from;          /* the order's minutes, [from, to) */
    int64_t to;
    struct by_hand_subject *subjects; /* in key order, undecided */
    size_t count;
    size_t capacity;
    struct zones zones; /* those of the subjects */
};

/*
 * Fails with the errors of database.h, and ERROR_USAGE where no integration is there, or several
 * organisations have one of this id and org_id is NULL.
 */
bool by_hand_read(struct database *db, const struct by_hand_choice *choice,
                  struct by_hand_reading *reading, struct error *err);

void by_hand_reading_free(struct by_hand_reading *reading);

#endif
