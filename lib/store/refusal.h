/*
 * What a person can do about the server's refusal; pure.
 *
 * Goes by what is the same in every language that a server may speak. Source: the PostgreSQL
 * manual, "PostgreSQL Error Codes".
 */
#ifndef SYNCSCHED_STORE_REFUSAL_H
#define SYNCSCHED_STORE_REFUSAL_H

#include <stdbool.h>

/* What is known of an error besides its text; NULL: the server did not say. */
struct refusal {
    const char *state;    /* SQLSTATE */
    const char *function; /* of the server's source: tells apart what has the same state */
    bool is_of_role;      /* it may be about the role that was to be set */
};

/* One sentence, or "". */
const char *refusal_hint(const struct refusal *refusal);

/*
 * Whether the same connection will go on refusing, and another one may not: a server that shuts
 * down or has become read-only, a pooler without a server, an internal error. NULL: no.
 */
bool refusal_ends_connection(const char *state);

#endif
