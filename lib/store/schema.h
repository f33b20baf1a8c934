/*
 * The migration that makes the tables of design section 3, and the version of what is there.
 *
 * The first statement of a command reads the version of the schema, and one that writes before the
 * version is known says WHERE sync_schema_version() = $n. What follows, claims and outcomes, does
 * not ask again: a newer schema keeps an older tick right that has begun (CONTRIBUTING.md).
 */
#ifndef SYNCSCHED_STORE_SCHEMA_H
#define SYNCSCHED_STORE_SCHEMA_H

#include "base/text.h"
#include "store/database.h"

#include <stdbool.h>

/* The version of the schema that this program works with, and as a parameter of a statement. */
#define SCHEMA_VERSION      1
#define SCHEMA_VERSION_TEXT "1"

/* lib/store/schema.sql, unchanged: safe to apply again, and to what an earlier state of it made. */
const char *schema_text(void);

/*
 * The same without its BEGIN and COMMIT, for a runner that opens a transaction of its own; outside
 * of one it fails at its third statement. text_free() releases it.
 */
struct text schema_text_without_transaction(void);

/* What the migration will find, and do to it. Texts are valid during the call only. */
struct schema_table {
    const char *name;
    const char *database; /* where it looks: as whom, and where it makes tables; NULL: nowhere */
    const char *role;
    const char *home;
    const char *schema;   /* where the table is; NULL: nowhere, it will be made */
    bool is_own;          /* it is the program's; else it may be somebody else's */
    bool is_owned;        /* role owns it */
    bool gets_a_timezone; /* the column organizations.timezone will be added */
};

typedef void schema_table_reader(void *context, const struct schema_table *table);

/* Calls for each table, those of others first. False with err. */
bool schema_look(struct database *db, schema_table_reader *read_table, void *context,
                 int64_t deadline_ms, struct error *err);

/*
 * Applies the migration, as who connected, in one transaction. False with err, which says whether
 * something may have changed.
 */
bool schema_apply(struct database *db, int64_t deadline_ms, struct error *err);

/*
 * Whether the program works with the version of the schema that this row has as schema_version.
 * Where it does not, the row is refused, with what to do about it.
 */
bool schema_check(const struct database_row *row);

#endif
