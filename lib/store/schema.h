/*
 * The migration that makes the tables of design section 3, and what takes an older database to it.
 *
 * Every statement with which a command begins reads the version of the schema that is there, and
 * every one that writes before that has been looked at says WHERE sync_schema_version() = $n. What
 * follows, claims and outcomes, does not ask again: a newer schema keeps an older tick right that
 * has begun (CONTRIBUTING.md).
 */
#ifndef SYNCSCHED_STORE_SCHEMA_H
#define SYNCSCHED_STORE_SCHEMA_H

#include "base/error.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

/* The version of the schema that this program works with, and as a parameter of a statement. */
#define SCHEMA_VERSION        4
#define SCHEMA_VERSION_TEXT   SCHEMA_QUOTE(SCHEMA_VERSION)
#define SCHEMA_QUOTE(number)  SCHEMA_QUOTE_(number)
#define SCHEMA_QUOTE_(number) #number

/* lib/store/schema.sql, whole and unchanged: safe to apply again, and to any older version. */
const char *schema_text(void);

/*
 * Adds the one transaction that takes a schema of this version, 1 to SCHEMA_VERSION, to
 * SCHEMA_VERSION, safe to apply again; nothing where it is SCHEMA_VERSION.
 */
void schema_add_upgrade(int from, struct text *sql);

/* False, with what to do about it, unless the program works with this version of the schema. */
bool schema_check(int64_t version, struct error *err);

/*
 * What a statement came to whose rows schema_check() looked at while they came: ok, unless it
 * refused them; then that is the error, whatever else went wrong.
 */
bool schema_settle(bool ok, const struct error *refused, struct error *err);

#endif
