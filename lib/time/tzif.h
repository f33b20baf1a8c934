/*
 * The bytes of a compiled time zone (TZif, RFC 9636) as the changes of its wall clock. Pure: not
 * for finding or reading the file (zones.h).
 */
#ifndef SYNCSCHED_TIME_TZIF_H
#define SYNCSCHED_TIME_TZIF_H

#include "base/error.h"
#include "time/posix_tz.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From that UTC minute on the wall clock is so many minutes ahead of UTC. */
struct tzif_change {
    int64_t from;
    int offset_minutes;
};

struct tzif {
    struct tzif_change *changes; /* in order, each with another offset; the first from INT64_MIN */
    size_t count;                /* at least 1 */
    int64_t rule_from;           /* after this UTC minute the rule says what changes */
    struct posix_tz rule;        /* without summer time: the last offset stays */
};

/*
 * Reads a file of version 1 or later; later ones count 64-bit times and have a rule. One that
 * counts leap seconds (right/...) is refused: POSIX time has none. The caller frees it.
 * Fails with ERROR_INVALID; the message says what is wrong, fit to follow the zone's name.
 */
bool tzif_parse(const void *bytes, size_t length, struct tzif *tzif, struct error *err);

/* Also frees one that was never parsed, if it is zeroed. */
void tzif_free(struct tzif *tzif);

/* Seconds since 1970 as the first whole minute at or after them. */
int64_t tzif_minute_from(int64_t seconds);

/* Seconds east of UTC as minutes, rounded down. */
int tzif_offset_minutes(int offset_seconds);

#endif
