/*
 * What a tick needs of the database, looked for in its catalogs, in one statement.
 *
 * Works whatever is missing, the tables themselves included, and reads no more than the catalogs
 * and a row of the triggers' state: the log may be as long as it likes. Nothing is judged here.
 */
#ifndef SYNCSCHED_STORE_DOCTOR_H
#define SYNCSCHED_STORE_DOCTOR_H

#include "base/error.h"
#include "store/database.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A row of sql/doctor.sql. kind says what it is about; of the others "" is what does not apply.
 * Names that a person may have chosen are quoted as SQL wants them.
 */
struct checkup_fact {
    char *kind;     /* "user", "privilege", "column", ... */
    char *relation; /* the table it is about; of "user": the database */
    char *name;     /* the column, constraint, index, schema, missing privileges; the user */
    char *wanted;   /* what it should be; of "user" and "privilege": the role */
    char *found;    /* what it is instead; of "user": the server's version, of the schema its own */
};

struct checkup_facts {
    struct checkup_fact *list;
    size_t count;
    size_t capacity;
};

/*
 * Asks as the role of the address or, with is_role_less, as who connected: then about that role,
 * which could not be become. checkup_free() releases the facts, after a failure too.
 */
bool checkup_read(struct database *db, const char *role, bool is_role_less, int64_t deadline_ms,
                  struct checkup_facts *facts, struct error *err);
void checkup_free(struct checkup_facts *facts);

/* The first fact of this kind, NULL when there is none. */
const struct checkup_fact *checkup_find(const struct checkup_facts *facts, const char *kind);

#endif
