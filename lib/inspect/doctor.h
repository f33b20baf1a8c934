/*
 * Examines everything that a first tick needs, and says what to do about each error. Writes nothing
 * and exports nothing: it reads the database and asks the function for its OPTIONS.
 *
 * One error hides others only where it must: what cannot be asked is listed as not asked.
 */
#ifndef SYNCSCHED_INSPECT_DOCTOR_H
#define SYNCSCHED_INSPECT_DOCTOR_H

#include "base/error.h"
#include "call/http_client.h"
#include "inspect/findings.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

/* What a tick would be made of. Texts are borrowed. */
struct doctor_options {
    struct database_address database; /* warn is not called: findings say it */
    struct http_target function;      /* url NULL: address_error says why; key is not looked at */
    struct error address_error;
    const char *key; /* NULL: key_error says why */
    struct error key_error;
    const char *tick;    /* the command that a crontab should start */
    const char *migrate; /* the command that applies the schema */
    bool wants_retries;  /* ticks attempt again what failed */
    int64_t deadline_ms; /* of the database's answers, on the monotonic clock */
};

/* Adds the findings in the order of the checks. */
void doctor_examine(const struct doctor_options *options, struct findings *findings);

#endif
