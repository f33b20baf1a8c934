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
    bool is_in_function;  /* a function raised it, as of a trigger */
};

/* One sentence, or "". */
const char *refusal_hint(const struct refusal *refusal);

/*
 * Whether the same connection will go on refusing, and another one may not: a server that shuts
 * down or has become read-only, a pooler without a server, an internal error. NULL: no.
 */
bool refusal_ends_connection(const char *state);

/*
 * Whether the server will refuse the same rows again, on any connection: its encoding does not have
 * a character, or a check or a trigger says no, with whatever SQLSTATE. What may pass is anything
 * else: locks, shutdowns, want of memory, a privilege that is missing.
 */
bool refusal_is_final(const struct refusal *refusal);

/* Whether it was for a lock that somebody else holds, or a deadlock. NULL: no. */
bool refusal_is_in_the_way(const char *state);

#endif
