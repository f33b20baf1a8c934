/*
 * Reading the status (plan/status.h): two statements, streamed in one round trip, whose cost is
 * bounded by the integrations, not by their history. Nothing is judged here.
 */
#ifndef SYNCSCHED_STORE_STATUS_H
#define SYNCSCHED_STORE_STATUS_H

#include "plan/status.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

struct status_options {
    struct database_address database;
    int64_t deadline_ms;
    const char *org_id;         /* only this organisation; NULL: every one */
    const char *integration_id; /* only this integration; NULL: every one */
    int runs;                   /* so many of the last runs of each */
    bool wants_messages;        /* with their error messages */
};

/*
 * Fills what the status reads; what is judged is left alone. Fails with the errors of database.h;
 * the status is then incomplete.
 */
bool status_read(const struct status_options *options, struct status *status, struct error *err);

#endif
