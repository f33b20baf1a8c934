#include "store/status.h"

#include "sql.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { STANDING_LOCK_MS = 5000 };

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
        .name = database_row_text(row, "trigger_name"),
        .host = database_row_text(row, "host"),
        .last_tick_at_ms = database_row_number(row, "last_tick_at", 0),
    };

    *cursor->now_us = database_row_number(row, "now_us", 0);
    if (schema_check(database_row_number(row, "schema_version", 0), &cursor->refused) &&
        trigger.name != NULL) /* else the row is there for the clock's sake */
        cursor->reader->read_trigger(cursor->reader->context, &trigger);
}

/* A minute, or an instant in milliseconds. */
static int64_t standing_time(const struct database_row *row, const char *column)
{
    return database_row_number(row, column, INT64_MIN);
}

static struct condition_slots standing_slots(const struct database_row *row, const char *count,
                                             const char *first, const char *last)
{
    return (struct condition_slots){.count = database_row_number(row, count, 0),
                                    .first = standing_time(row, first),
                                    .last = standing_time(row, last)};
}

static void standing_read_integration(struct standing_cursor *cursor,
                                      const struct database_row *row)
{
    struct standing_integration read = {
        .organization = database_row_text(row, "organization"),
        .state_since = standing_time(row, "since"),
        .last_success = standing_time(row, "last_success"),
        .last_success_at_ms = standing_time(row, "last_success_at"),
        .well_since = standing_time(row, "well_since"),
        .pending_slot = standing_time(row, "pending_slot"),
        .pending_since_ms = standing_time(row, "pending_since"),
        .log = {.in_row = standing_slots(row, "in_row", "in_row_first", "in_row_last"),
                .unknown = standing_slots(row, "unknown", "unknown_first", "unknown_last"),
                .given_up = standing_slots(row, "given_up", "given_up_first", "given_up_last"),
                .failed = standing_slots(row, "failed", "failed_first", "failed_last")},
    };

    schedule_read_row(row, &read.schedule);
    database_row_copy(row, "last_code", read.log.last_code, sizeof read.log.last_code);
    cursor->reader->read_integration(cursor->reader->context, &read);
}

static void standing_read_run(struct standing_cursor *cursor, const struct database_row *row)
{
    struct standing_run run = {
        .scheduled_for = standing_time(row, "scheduled_for"),
        .covers_from = standing_time(row, "covers_from"),
        .attempt = (int)database_row_number(row, "attempt", 0),
        .status = run_status_parse(database_row_text(row, "status")),
        .triggered_by = database_row_text(row, "triggered_by"),
        .trigger_name = database_row_text(row, "trigger_name"),
        .host = database_row_text(row, "host"),
        .created_at_ms = standing_time(row, "created_at"),
        .started_at_ms = standing_time(row, "started_at"),
        .completed_at_ms = standing_time(row, "completed_at"),
        .failed_at_ms = standing_time(row, "failed_at"),
        .records_exported = database_row_number(row, "records_exported", -1),
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .error_code = database_row_text(row, "error_code"),
        .error_message = database_row_text(row, "error_message"),
    };

    database_row_copy(row, "run_id", run.run_id, sizeof run.run_id);
    cursor->reader->read_run(cursor->reader->context, &run);
}

static void standing_read_row(void *context, const struct database_row *row)
{
    struct standing_cursor *cursor = context;
    const char *org_id = database_row_text(row, "org_id");
    const char *integration_id = database_row_text(row, "integration_id");

    if (cursor->refused.kind != ERROR_NONE || org_id == NULL || integration_id == NULL)
        return; /* a table that is somebody else's may have lost its key */
    if (strcmp(org_id, cursor->org_id) != 0 ||
        strcmp(integration_id, cursor->integration_id) != 0) {
        database_row_copy(row, "org_id", cursor->org_id, sizeof cursor->org_id);
        database_row_copy(row, "integration_id", cursor->integration_id,
                          sizeof cursor->integration_id);
        standing_read_integration(cursor, row);
    }
    if (database_row_text(row, "run_id") != NULL)
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
