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
    const char *key;      /* NULL: key_error says why */
    const char *key_name; /* the setting that it comes from; NULL without a key */
    struct error key_error;
    const char *crontab; /* what starts ticks: a line of /etc/cron.d, or a command */
    const char *migrate; /* the command that applies the schema */
    bool wants_retries;  /* ticks attempt again what failed */
    bool is_half_read;   /* a line of the configuration is wrong: what is not set may be there */
    int64_t deadline_ms; /* of the database's answers, on the monotonic clock */
};

/* Adds the findings in the order of the checks. */
void doctor_examine(const struct doctor_options *options, json_t *findings);

/* ---- What the facts mean for a tick; pure ---- */

/* What sql/doctor.sql found of one check. */
struct doctor_row {
    const char *about; /* the check: role, writes, row-security, grants, version, schema, trigger */
    const char *state; /* ok, warning, fail, not_asked; of a trigger that ticked, age_s says it */
    const char *message; /* of a trigger that ticked: who it is */
    const char *hint;    /* NULL: the migration, unless the state is ok */
    int64_t age_s;       /* how long ago a trigger ticked; INT64_MIN: that is not what it says */
};

/* Adds a row, in the database's order. The first row of a check gives way to the second. */
void doctor_add_row(const struct doctor_options *options, const struct doctor_row *row,
                    json_t *found);

/* Why the database refused: the role, where found begins with a failure of it; else err. */
void doctor_judge_refusal(const struct doctor_options *options, const json_t *found,
                          const struct error *err, json_t *findings);

/*
 * The key at now_us, by the database's clock if it could be read. Returns whether it may be sent.
 */
bool doctor_judge_key(const struct doctor_options *options, int64_t now_us, json_t *findings);

/* The response of the function to a request with the key, or without it. */
void doctor_judge_ping(const struct doctor_options *options, const struct http_ping *ping,
                       bool has_key, json_t *findings);

#endif
