/*
 * Looks in the catalogs of the database for what a tick needs, in one statement.
 *
 * Works whatever is missing, the tables themselves included. It reads the catalogs and one row of
 * the triggers' state, so that it takes no longer where the log is long.
 */
#ifndef SYNCSCHED_STORE_DOCTOR_H
#define SYNCSCHED_STORE_DOCTOR_H

#include "store/database.h"

/*
 * Hands on what was found, in the order in which hints are to be applied: the columns about, state,
 * message, hint and age_s. The first row of a check is for the case that it is the only one. role
 * is what each transaction becomes, NULL for who connected. When the database refuses, asks once
 * more without the role, and hands on first whether that role cannot be become.
 */
bool doctor_read(struct database *db, const char *role, int64_t deadline_ms,
                 database_row_reader *read_row, void *context, struct error *err);

#endif
