/*
 * The names of organisations, and their time zones, read when there is something to say of them;
 * and warnings with names.
 *
 * No tick's work depends on a name: where they cannot be read, ids are shown.
 */
#ifndef SYNCSCHED_STORE_ORG_NAMES_H
#define SYNCSCHED_STORE_ORG_NAMES_H

#include "base/error.h"
#include "plan/subject.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `struct org_names n = {0};` is empty; org_names_free() is its end. */
struct org_names {
    struct org_name *list; /* by id, once they are read */
    size_t count;
    size_t capacity;
};

/* Wants the name of this one, too; NULL and "" are nobody's id. */
void org_names_want(struct org_names *names, const char *org_id);

/* Reads all that are wanted, by one statement, if there are any. Fails as database_transact(). */
bool org_names_read(struct database *db, struct org_names *names, int64_t deadline_ms,
                    struct error *err);

/* The name, borrowed; NULL: it has none, or was not read. */
const char *org_names_find(const struct org_names *names, const char *org_id);

/* Its time zone, in the same way. */
const char *org_names_find_zone(const struct org_names *names, const char *org_id);

/*
 * Warns of something about an integration, or about a run of it: "Bakeri AS / xledger (2ea2038c),
 * run 1f3c9a2b: MESSAGE". A line of JSON has whole ids, too. run_id NULL: no run. hint "": none.
 */
void org_names_warn(const struct subject *about, const char *run_id, const char *message,
                    const char *hint);

void org_names_free(struct org_names *names);

#endif
