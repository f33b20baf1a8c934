#include "store/status.h"

#include "sql.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STANDING_LOCK_MS = 5000 };

/* The columns of triggers.sql, in order. */
enum { TRIGGERS_NOW, TRIGGERS_NAME, TRIGGERS_HOST, TRIGGERS_LAST_TICK_AT, TRIGGERS_SCHEMA_VERSION };

/* The columns of status.sql, in order; of slots the first of three: how many, first, last. */
enum {
    STANDING_ORG_ID,
    STANDING_INTEGRATION_ID,
    STANDING_IS_ACTIVE,
    STANDING_HAS_ORGANIZATION,
    STANDING_TYPE,
    STANDING_CRON_SCHEDULE,
    STANDING_TIMEZONE,
    STANDING_ORGANIZATION,
    STANDING_SCHEDULE_SEEN,
    STANDING_MARK,
    STANDING_STATE_SINCE,
    STANDING_LAST_SUCCESS,
    STANDING_LAST_SUCCESS_AT,
    STANDING_WELL_SINCE,
    STANDING_PENDING_SLOT,
    STANDING_PENDING_SINCE,
    STANDING_IN_ROW,
    STANDING_UNKNOWN = STANDING_IN_ROW + 3,
    STANDING_GIVEN_UP = STANDING_UNKNOWN + 3,
    STANDING_FAILED = STANDING_GIVEN_UP + 3,
    STANDING_LAST_CODE = STANDING_FAILED + 3,
    STANDING_RUN_ID,
    STANDING_SCHEDULED_FOR,
    STANDING_COVERS_FROM,
    STANDING_ATTEMPT,
    STANDING_STATUS,
    STANDING_TRIGGERED_BY,
    STANDING_TRIGGER_NAME,
    STANDING_HOST,
    STANDING_CREATED_AT,
    STANDING_STARTED_AT,
    STANDING_COMPLETED_AT,
    STANDING_FAILED_AT,
    STANDING_RECORDS,
    STANDING_ERROR_CLASS,
    STANDING_ERROR_CODE,
    STANDING_ERROR_MESSAGE,
};

struct standing_cursor {
    const struct standing_reader *reader;
    int64_t *now_us;
    char org_id[RUN_UUID_SIZE]; /* of the integration that was handed on last */
    char integration_id[RUN_UUID_SIZE];
    struct error refused; /* of a schema of another version: its rows are not handed on */
};

static void standing_read_trigger(void *context, const struct database_row *row)
{
    struct standing_cursor *cursor = context;
    struct standing_trigger trigger = {
        .name = database_row_text(row, TRIGGERS_NAME),
        .host = database_row_text(row, TRIGGERS_HOST),
        .last_tick_at_ms = database_row_number(row, TRIGGERS_LAST_TICK_AT, 0),
    };

    *cursor->now_us = database_row_number(row, TRIGGERS_NOW, 0);
    if (schema_check(database_row_number(row, TRIGGERS_SCHEMA_VERSION, 0), &cursor->refused) &&
        trigger.name != NULL) /* else the row is there for the clock's sake */
        cursor->reader->read_trigger(cursor->reader->context, &trigger);
}

/* A minute, or an instant in milliseconds. */
static int64_t standing_time(const struct database_row *row, int column)
{
    return database_row_number(row, column, INT64_MIN);
}

static struct condition_slots standing_slots(const struct database_row *row, int column)
{
    return (struct condition_slots){.count = database_row_number(row, column, 0),
                                    .first = standing_time(row, column + 1),
                                    .last = standing_time(row, column + 2)};
}

static void standing_read_integration(struct standing_cursor *cursor,
                                      const struct database_row *row)
{
    struct standing_integration read = {
        .schedule = {.is_active = database_row_is_true(row, STANDING_IS_ACTIVE),
                     .has_organization = database_row_is_true(row, STANDING_HAS_ORGANIZATION),
                     .integration_type = database_row_text(row, STANDING_TYPE),
                     .cron_schedule = database_row_text(row, STANDING_CRON_SCHEDULE),
                     .timezone = database_row_text(row, STANDING_TIMEZONE),
                     .schedule_seen = database_row_text(row, STANDING_SCHEDULE_SEEN),
                     .mark = standing_time(row, STANDING_MARK)},
        .organization = database_row_text(row, STANDING_ORGANIZATION),
        .state_since = standing_time(row, STANDING_STATE_SINCE),
        .last_success = standing_time(row, STANDING_LAST_SUCCESS),
        .last_success_at_ms = standing_time(row, STANDING_LAST_SUCCESS_AT),
        .well_since = standing_time(row, STANDING_WELL_SINCE),
        .pending_slot = standing_time(row, STANDING_PENDING_SLOT),
        .pending_since_ms = standing_time(row, STANDING_PENDING_SINCE),
        .log = {.in_row = standing_slots(row, STANDING_IN_ROW),
                .unknown = standing_slots(row, STANDING_UNKNOWN),
                .given_up = standing_slots(row, STANDING_GIVEN_UP),
                .failed = standing_slots(row, STANDING_FAILED)},
    };

    memcpy(read.schedule.org_id, cursor->org_id, sizeof cursor->org_id);
    memcpy(read.schedule.integration_id, cursor->integration_id, sizeof cursor->integration_id);
    database_row_copy(row, STANDING_LAST_CODE, read.log.last_code, sizeof read.log.last_code);
    cursor->reader->read_integration(cursor->reader->context, &read);
}

static void standing_read_run(struct standing_cursor *cursor, const struct database_row *row)
{
    struct standing_run run = {
        .scheduled_for = standing_time(row, STANDING_SCHEDULED_FOR),
        .covers_from = standing_time(row, STANDING_COVERS_FROM),
        .attempt = (int)database_row_number(row, STANDING_ATTEMPT, 0),
        .status = run_status_parse(database_row_text(row, STANDING_STATUS)),
        .triggered_by = database_row_text(row, STANDING_TRIGGERED_BY),
        .trigger_name = database_row_text(row, STANDING_TRIGGER_NAME),
        .host = database_row_text(row, STANDING_HOST),
        .created_at_ms = standing_time(row, STANDING_CREATED_AT),
        .started_at_ms = standing_time(row, STANDING_STARTED_AT),
        .completed_at_ms = standing_time(row, STANDING_COMPLETED_AT),
        .failed_at_ms = standing_time(row, STANDING_FAILED_AT),
        .records_exported = database_row_number(row, STANDING_RECORDS, -1),
        .error_class = outcome_class_parse(database_row_text(row, STANDING_ERROR_CLASS)),
        .error_code = database_row_text(row, STANDING_ERROR_CODE),
        .error_message = database_row_text(row, STANDING_ERROR_MESSAGE),
    };

    database_row_copy(row, STANDING_RUN_ID, run.run_id, sizeof run.run_id);
    cursor->reader->read_run(cursor->reader->context, &run);
}

static void standing_read_row(void *context, const struct database_row *row)
{
    struct standing_cursor *cursor = context;
    const char *org_id = database_row_text(row, STANDING_ORG_ID);
    const char *integration_id = database_row_text(row, STANDING_INTEGRATION_ID);

    if (cursor->refused.kind != ERROR_NONE || org_id == NULL || integration_id == NULL)
        return; /* a table that is somebody else's may have lost its key */
    if (strcmp(org_id, cursor->org_id) != 0 ||
        strcmp(integration_id, cursor->integration_id) != 0) {
        database_row_copy(row, STANDING_ORG_ID, cursor->org_id, sizeof cursor->org_id);
        database_row_copy(row, STANDING_INTEGRATION_ID, cursor->integration_id,
                          sizeof cursor->integration_id);
        standing_read_integration(cursor, row);
    }
    if (database_row_text(row, STANDING_RUN_ID) != NULL)
        standing_read_run(cursor, row);
}

bool standing_read(struct database *db, const struct standing_question *question,
                   int64_t deadline_ms, const struct standing_reader *reader, int64_t *now_us,
                   struct error *err)
{
    struct standing_cursor cursor = {.reader = reader, .now_us = now_us};
    char runs[16];
    const char *values[] = {question->org_id, question->integration_id, runs,
                            question->wants_messages ? "t" : "f"};
    struct database_statement statements[] = {
        {.sql = sql_triggers, .read_row = standing_read_trigger, .context = &cursor},
        {.sql = sql_status,
         .parameters = 4,
         .values = values,
         .read_row = standing_read_row,
         .context = &cursor},
    };
    bool ok;

    *now_us = 0;
    snprintf(runs, sizeof runs, "%d", question->runs);
    ok = database_transact(db, statements, 2, STANDING_LOCK_MS, deadline_ms, err);
    return schema_settle(ok, &cursor.refused, err);
}
