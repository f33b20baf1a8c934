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

struct doctor_reading {
    const char *role;  /* what each transaction becomes; NULL: who connected */
    bool is_role_less; /* ask as who connected why that role cannot be become */
    int64_t deadline_ms;
    database_row_reader *read_row; /* of the columns about, state, message, hint and age_s */
    void *context;
};

/*
 * Hands on what was found, in the order in which hints are to be applied. The first row of a check
 * is for the case that it is the only one.
 */
bool doctor_read(struct database *db, const struct doctor_reading *reading, struct error *err);

#endif
