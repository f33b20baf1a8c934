/*
 * The migration that makes the tables of design section 3, and the version of what is there.
 *
 * The first statement of a command reads the version of the schema, and one that writes before the
 * version is known says WHERE sync_schema_version() = $n. What follows, claims and outcomes, does
 * not ask again: a newer schema keeps an older tick right that has begun (CONTRIBUTING.md).
 */
#ifndef SYNCSCHED_STORE_SCHEMA_H
#define SYNCSCHED_STORE_SCHEMA_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

/* The version of the schema that this program works with, and as a parameter of a statement. */
#define SCHEMA_VERSION      1
#define SCHEMA_VERSION_TEXT "1"

/* lib/store/schema.sql, unchanged: safe to apply again, and to what an earlier state of it made. */
const char *schema_text(void);

/* False, with what to do about it, unless the program works with this version of the schema. */
bool schema_check(int64_t version, struct error *err);

/*
 * What a statement came to whose rows schema_check() looked at while they came: ok, unless it
 * refused them; then that is the error, whatever else went wrong.
 */
bool schema_settle(bool ok, const struct error *refused, struct error *err);

#endif
