/*
 * What a person calls a run: its id, the beginning of one, or the idempotency key of its slot, and
 * with it the last attempt there. As parameters, of run_in_full.sql and of resolution_find.sql.
 */
#ifndef SYNCSCHED_STORE_RUN_NAME_H
#define SYNCSCHED_STORE_RUN_NAME_H

#include "plan/run.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>

enum { RUN_NAME_PARAMETERS = 5 };

/* Its values point into it: do not copy it. */
struct run_name {
    const char
        *values[RUN_NAME_PARAMETERS]; /* first and last id, or organisation, integration, slot */
    char ids[2][RUN_UUID_SIZE];
    char slot[DATABASE_NUMBER_SIZE];
};

/* False where text is none of these, or the beginning of an id with less than so many letters. */
bool run_name_read(const char *text, size_t least_length, struct run_name *name);

#endif
