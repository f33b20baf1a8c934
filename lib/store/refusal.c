#include "store/refusal.h"

#include <stddef.h>
#include <string.h>

#define REFUSAL_MIGRATE                                                                            \
    "apply the migration first, also over an older one: syncsched schema --apply"
#define REFUSAL_COLUMNS                                                                            \
    "a column has another name or another type than ticks read: syncsched doctor says which, and " \
    "what to do"
#define REFUSAL_BUSY "another session holds a lock, or the server is overloaded"

/* The first that fits. NULL fits any function; a row that is of the role fits nothing else. */
static const struct {
    const char *state;
    const char *function;
    bool is_of_role;
    const char *hint;
} refusal_hints[] = {
    {"42P01", NULL, false, REFUSAL_MIGRATE},
    {"42703", NULL, false, "syncsched doctor says which column is missing; or " REFUSAL_MIGRATE},
    {"3F000", NULL, false, REFUSAL_MIGRATE},
    /* An operator has the same state, and another type of somebody's column as its cause. */
    {"42883", "op_error", false, REFUSAL_COLUMNS},
    {"42804", NULL, false, REFUSAL_COLUMNS},
    {"42883", NULL, false, "bring the schema up to date: syncsched schema --apply"},
    {"42501", NULL, true,
     "--db-role must name a role that the user who connects may become: GRANT ROLE TO USER"},
    /* A schedule that is hidden would look like none at all. */
    {"42501", "check_enable_rls", false,
     "row level security would hide rows from this role, and nothing would seem to be due: connect "
     "as service_role, or set SYNCSCHED_DB_ROLE=service_role; syncsched doctor says more"},
    {"42501", NULL, false,
     "this role lacks a privilege: connect as service_role, or give --db-role service_role, and "
     "apply the migration: syncsched schema --apply; on tables that were there before it GRANT "
     "SELECT"},
    {"22023", NULL, true, "--db-role must name a role that exists, such as service_role"},
    {"25006", NULL, false,
     "the server takes no writes: it is a standby (connect to the primary), or its disk is full "
     "(free some space)"},
    {"22P05", NULL, false,
     "the encoding of the database has no such character: write the text without it"},
    {"57014", NULL, false, REFUSAL_BUSY},
    {"55P03", NULL, false, REFUSAL_BUSY},
};

const char *refusal_hint(const struct refusal *refusal)
{
    for (size_t i = 0; i < sizeof refusal_hints / sizeof *refusal_hints; i++) {
        const char *function = refusal_hints[i].function;

        if (refusal->state != NULL && strcmp(refusal->state, refusal_hints[i].state) == 0 &&
            (!refusal_hints[i].is_of_role || refusal->is_of_role) &&
            (function == NULL ||
             (refusal->function != NULL && strcmp(refusal->function, function) == 0)))
            return refusal_hints[i].hint;
    }
    return "";
}

/* Whether the state begins with one of these, of which the last is NULL. */
static bool refusal_is_of(const char *state, const char *const *beginnings)
{
    for (; state != NULL && *beginnings != NULL; beginnings++)
        if (strncmp(state, *beginnings, strlen(*beginnings)) == 0)
            return true;
    return false;
}

bool refusal_ends_connection(const char *state)
{
    /* Shutdown, connection exceptions, internal errors, and what has become read-only. */
    static const char *const ends[] = {"57P0", "08", "XX", "25006", NULL};

    return refusal_is_of(state, ends);
}

bool refusal_is_final(const struct refusal *refusal)
{
    /* Data, constraints, what PL/pgSQL raises, and limits such as that of an index's row. */
    static const char *const of_rows[] = {"22", "23", "44", "54", "P0", NULL};
    /* What passes, in a function as anywhere. All else it has raised, in whatever words. */
    static const char *const passing[] = {"08", "25", "40", "53", "55P03", "57", "58", "XX", NULL};

    if (refusal->state == NULL)
        return false;
    return refusal->is_in_function ? !refusal_is_of(refusal->state, passing)
                                   : refusal_is_of(refusal->state, of_rows);
}

bool refusal_is_in_the_way(const char *state)
{
    static const char *const locks[] = {"55P03", "40", NULL};

    return refusal_is_of(state, locks);
}
