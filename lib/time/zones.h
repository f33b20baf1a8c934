/*
 * Time zones by what people write: UTC, fixed offsets, and the names of the IANA database.
 *
 * Names are read from the system's tzdata, the directory of TZDIR or /usr/share/zoneinfo, as
 * tzset(3) has it; each once in the life of a struct zones. The one file that reads that directory.
 */
#ifndef SYNCSCHED_TIME_ZONES_H
#define SYNCSCHED_TIME_ZONES_H

#include "base/error.h"
#include "time/zone.h"

#include <stdbool.h>

/* The named zones met so far. Zeroed, it holds none; zones_free() releases them all. */
struct zones {
    struct zones_named *first;
};

/*
 * Finds a zone. NULL, "UTC" and "Z" in any case are UTC. "+02:00", "-0330" and "+02" are fixed
 * offsets from -15:59 to +15:59, PostgreSQL's limits, positive east of Greenwich (ISO 8601; POSIX's
 * TZ has the opposite sign). Anything else is a name such as "Europe/Oslo", spelled as in the
 * database. A name is never a path, and a name without a file never means UTC. The zone is valid
 * until zones_free(). Fails with ERROR_INVALID, or with ERROR_INTERNAL where this host has no data
 * or cannot open them: then another host may know the zone. The hint knows older names that Debian
 * packs apart.
 */
bool zones_find(struct zones *zones, const char *text, struct zone *zone, struct error *err);

void zones_free(struct zones *zones);

#endif
