/*
 * The migration that makes the tables of design section 3, and the version of what is there.
 *
 * The first statement of a command reads the version of the schema, and one that writes before the
 * version is known says WHERE sync_schema_version() = $n. What follows, claims and outcomes, does
 * not ask again: a newer schema keeps an older tick right that has begun (CONTRIBUTING.md).
 */
#ifndef SYNCSCHED_STORE_SCHEMA_H
#define SYNCSCHED_STORE_SCHEMA_H

#include "store/database.h"

#include <stdbool.h>

/* The version of the schema that this program works with, and as a parameter of a statement. */
#define SCHEMA_VERSION      1
#define SCHEMA_VERSION_TEXT "1"

/* lib/store/schema.sql, unchanged: safe to apply again, and to what an earlier state of it made. */
const char *schema_text(void);

/*
 * Whether the program works with the version of the schema that this row has as schema_version.
 * Where it does not, the row is refused, with what to do about it.
 */
bool schema_check(const struct database_row *row);

#endif
