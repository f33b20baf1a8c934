/*
 * What people call an organisation and an integration, found in the database by one statement
 * (design section 7, "People's words").
 *
 * A word for an organisation is its id, the beginning of one, or a part of its name. A word for an
 * integration is its id, the beginning of one, or ORG/TYPE, where ORG and TYPE may be parts; beside
 * a word for the organisation, TYPE alone. The database compares, in any case. A whole name wins
 * over a part of one, and what is there over what was deleted.
 */
#ifndef SYNCSCHED_STORE_NAMES_H
#define SYNCSCHED_STORE_NAMES_H

#include "base/error.h"
#include "plan/run.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

enum { NAMES_ZONE_SIZE = 66 };

/* Valid UTF-8, not empty; NULL: every one. */
struct names_words {
    const char *org;
    const char *integration;
};

struct names_found {
    char org_id[RUN_UUID_SIZE];         /* "": every one */
    char integration_id[RUN_UUID_SIZE]; /* the same; with it there always is an org_id */
    char timezone[NAMES_ZONE_SIZE]; /* of that organisation, or of all that have integrations, */
    bool has_timezone;              /* if they have the same one */
    int64_t now_us;                 /* the database's clock, since 1970 UTC */
};

/* Whether a word is a whole id, which needs no search. */
bool names_is_id(const char *word);

/*
 * Finds what the words name. Where they name nothing, or several, ERROR_USAGE says which there are.
 * Fails with the errors of database.h besides.
 */
bool names_find(struct database *db, const struct names_words *words, int64_t deadline_ms,
                struct names_found *found, struct error *err);

#endif
