/*
 * The migration that makes the tables of design section 3; safe to apply twice.
 */
#ifndef SYNCSCHED_STORE_SCHEMA_H
#define SYNCSCHED_STORE_SCHEMA_H

/* lib/store/schema.sql, whole and unchanged. */
const char *schema_text(void);

#endif
