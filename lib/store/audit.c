#include "store/audit.h"

#include "sql.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HISTORY_LOCK_MS = 5000 };

/* The columns of audit.sql, in order. */
enum {
    HISTORY_NOW,
    HISTORY_PRUNED_BEFORE,
    HISTORY_SCHEMA_VERSION,
    HISTORY_ORG_ID,
    HISTORY_INTEGRATION_ID,
    HISTORY_IS_ACTIVE,
    HISTORY_HAS_ORGANIZATION,
    HISTORY_TYPE,
    HISTORY_CRON_SCHEDULE,
    HISTORY_TIMEZONE,
    HISTORY_SCHEDULE_SEEN,
    HISTORY_MARK,
    HISTORY_SINCE,
    HISTORY_RUN_ID,
    HISTORY_SCHEDULED_FOR,
    HISTORY_COVERS_FROM,
    HISTORY_ATTEMPT,
    HISTORY_STATUS,
    HISTORY_IS_BY_SCHEDULE,
    HISTORY_STARTED_AT,
    HISTORY_ERROR_CLASS,
    HISTORY_ERROR_CODE,
};

struct history_cursor {
    const struct history_reader *reader;
    struct history_reading *reading;
    char org_id[RUN_UUID_SIZE]; /* of the integration that was handed on last */
    char integration_id[RUN_UUID_SIZE];
    struct error refused; /* of a schema of another version: its rows are not handed on */
};

/* In a row of a run the columns of the schedule are NULL: nothing is known of it then. */
static void history_read_schedule(struct history_cursor *cursor, const struct database_row *row)
{
    struct history_schedule schedule = {
        .schedule = {.is_active = database_row_is_true(row, HISTORY_IS_ACTIVE),
                     .has_organization = database_row_is_true(row, HISTORY_HAS_ORGANIZATION),
                     .integration_type = database_row_text(row, HISTORY_TYPE),
                     .cron_schedule = database_row_text(row, HISTORY_CRON_SCHEDULE),
                     .timezone = database_row_text(row, HISTORY_TIMEZONE),
                     .schedule_seen = database_row_text(row, HISTORY_SCHEDULE_SEEN),
                     .mark = database_row_number(row, HISTORY_MARK, INT64_MIN)},
        .since = database_row_number(row, HISTORY_SINCE, INT64_MIN),
    };

    memcpy(schedule.schedule.org_id, cursor->org_id, sizeof cursor->org_id);
    memcpy(schedule.schedule.integration_id, cursor->integration_id, sizeof cursor->integration_id);
    cursor->reader->read_schedule(cursor->reader->context, cursor->reading, &schedule);
}

static void history_read_run(struct history_cursor *cursor, const struct database_row *row)
{
    struct audit_run run = {
        .error_class = outcome_class_parse(database_row_text(row, HISTORY_ERROR_CLASS)),
        .status = run_status_parse(database_row_text(row, HISTORY_STATUS)),
        .attempt = (int)database_row_number(row, HISTORY_ATTEMPT, 0),
        .is_by_schedule = database_row_is_true(row, HISTORY_IS_BY_SCHEDULE),
        .scheduled_for = database_row_number(row, HISTORY_SCHEDULED_FOR, 0),
        .covers_from = database_row_number(row, HISTORY_COVERS_FROM, 0),
        .started_at_ms = database_row_number(row, HISTORY_STARTED_AT, INT64_MIN),
    };

    database_row_copy(row, HISTORY_RUN_ID, run.run_id, sizeof run.run_id);
    database_row_copy(row, HISTORY_ERROR_CODE, run.error_code, sizeof run.error_code);
    cursor->reader->read_run(cursor->reader->context, &run);
}

static void history_read_row(void *context, const struct database_row *row)
{
    struct history_cursor *cursor = context;
    const char *org_id = database_row_text(row, HISTORY_ORG_ID);
    const char *integration_id = database_row_text(row, HISTORY_INTEGRATION_ID);

    cursor->reading->now_us = database_row_number(row, HISTORY_NOW, 0);
    cursor->reading->pruned_before = database_row_number(row, HISTORY_PRUNED_BEFORE, INT64_MIN);
    if (!schema_check(database_row_number(row, HISTORY_SCHEMA_VERSION, 0), &cursor->refused) ||
        org_id == NULL || integration_id == NULL)
        return; /* nothing at all: the row is there for the clock's sake */
    if (strcmp(org_id, cursor->org_id) != 0 ||
        strcmp(integration_id, cursor->integration_id) != 0) {
        database_row_copy(row, HISTORY_ORG_ID, cursor->org_id, sizeof cursor->org_id);
        database_row_copy(row, HISTORY_INTEGRATION_ID, cursor->integration_id,
                          sizeof cursor->integration_id);
        history_read_schedule(cursor, row);
    }
    if (database_row_text(row, HISTORY_RUN_ID) != NULL)
        history_read_run(cursor, row);
}

bool history_read(struct database *db, const struct history_question *question, int64_t deadline_ms,
                  const struct history_reader *reader, struct history_reading *reading,
                  struct error *err)
{
    struct history_cursor cursor = {.reader = reader, .reading = reading};
    char from[32];
    char to[32];
    const char *values[] = {from, to, question->org_id, question->integration_id};
    struct database_statement statement = {.sql = sql_audit,
                                           .parameters = 4,
                                           .values = values,
                                           .read_row = history_read_row,
                                           .context = &cursor};
    bool ok;

    *reading = (struct history_reading){.pruned_before = INT64_MIN};
    snprintf(from, sizeof from, "%" PRId64, question->from);
    snprintf(to, sizeof to, "%" PRId64, question->to);
    ok = database_transact(db, &statement, 1, HISTORY_LOCK_MS, deadline_ms, err);
    return schema_settle(ok, &cursor.refused, err);
}
