/*
 * Which schedule was in force when, by the journal. Writes nothing.
 */
#ifndef SYNCSCHED_INSPECT_CHANGES_H
#define SYNCSCHED_INSPECT_CHANGES_H

#include "base/error.h"
#include "plan/subject.h"
#include "store/database.h"

#include <stdbool.h>
#include <stdint.h>

/* What is asked for; ids NULL: any. */
struct changes_options {
    const char *org_id;
    const char *integration_id;
    int64_t from; /* minutes: what was in force between them */
    int64_t to;
};

/* What was in force. Texts are borrowed; as in the journal, behind from, up to and with to. */
struct changes_record {
    struct subject subject;
    const char *timezone; /* where the organisation is; NULL: UTC */
    const char *schedule; /* "CRON ZONE"; "?": not known; NULL: none was in force */
    int64_t from;         /* INT64_MIN: ever */
    int64_t to;           /* INT64_MAX: it is in force */
};

typedef void changes_reader(void *context, const struct changes_record *record);

/*
 * Hands on what was in force, integration by integration and by time, as it arrives. Where no
 * schedule was in force between two, or is since the last one, that is a record, too. now_us is the
 * clock of the database, before the first record. Fails with the errors of database.h.
 */
bool changes_read(struct database *db, const struct changes_options *options, int64_t deadline_ms,
                  changes_reader *read, void *context, int64_t *now_us, struct error *err);

#endif
