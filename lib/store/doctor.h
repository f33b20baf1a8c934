/*
 * Looks in the catalogs of the database for what a tick needs, in one statement.
 *
 * Works whatever is missing, the tables themselves included. It reads the catalogs and one row of
 * the triggers' state, so that it takes no longer where the log is long.
 */
#ifndef SYNCSCHED_STORE_DOCTOR_H
#define SYNCSCHED_STORE_DOCTOR_H

#include "base/error.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

/* What sql/doctor.sql found of one check; texts are valid during the call only. */
struct doctor_row {
    const char *about; /* the check: role, writes, row-security, grants, version, schema, trigger */
    const char *state; /* ok, warning, fail, not_asked */
    const char *message; /* of a trigger that ticked: who it is */
    const char *hint;    /* NULL: the migration, unless the state is ok */
    int64_t age_s;       /* how long ago a trigger ticked; INT64_MIN: that is not what it says */
};

typedef void doctor_row_reader(void *context, const struct doctor_row *row);

struct doctor_reading {
    const char *role;  /* what each transaction becomes; NULL: who connected */
    bool is_role_less; /* ask as who connected why that role cannot be become */
    int64_t deadline_ms;
    doctor_row_reader *read;
    void *context;
};

/*
 * Hands on what was found, in the order in which hints are to be applied. The first row of a check
 * is for the case that it is the only one.
 */
bool doctor_read(struct database *db, const struct doctor_reading *reading, struct error *err);

#endif
