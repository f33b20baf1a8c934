#include "store/audit.h"

#include "sql.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { HISTORY_LOCK_MS = 5000 };

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
        .schedule = {.is_active = database_row_is_true(row, "is_active"),
                     .has_organization = database_row_is_true(row, "has_organization"),
                     .integration_type = database_row_text(row, "integration_type"),
                     .cron_schedule = database_row_text(row, "cron_schedule"),
                     .timezone = database_row_text(row, "timezone"),
                     .schedule_seen = database_row_text(row, "schedule_seen"),
                     .mark = database_row_number(row, "mark", INT64_MIN)},
        .since = database_row_number(row, "since", INT64_MIN),
    };

    memcpy(schedule.schedule.org_id, cursor->org_id, sizeof cursor->org_id);
    memcpy(schedule.schedule.integration_id, cursor->integration_id, sizeof cursor->integration_id);
    cursor->reader->read_schedule(cursor->reader->context, cursor->reading, &schedule);
}

static void history_read_run(struct history_cursor *cursor, const struct database_row *row)
{
    struct audit_run run = {
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .status = run_status_parse(database_row_text(row, "status")),
        .attempt = (int)database_row_number(row, "attempt", 0),
        .is_by_schedule = database_row_is_true(row, "is_by_schedule"),
        .scheduled_for = database_row_number(row, "scheduled_for", 0),
        .covers_from = database_row_number(row, "covers_from", 0),
        .started_at_ms = database_row_number(row, "started_at", INT64_MIN),
    };

    database_row_copy(row, "run_id", run.run_id, sizeof run.run_id);
    database_row_copy(row, "error_code", run.error_code, sizeof run.error_code);
    cursor->reader->read_run(cursor->reader->context, &run);
}

static void history_read_row(void *context, const struct database_row *row)
{
    struct history_cursor *cursor = context;
    const char *org_id = database_row_text(row, "org_id");
    const char *integration_id = database_row_text(row, "integration_id");

    cursor->reading->now_us = database_row_number(row, "now_us", 0);
    cursor->reading->pruned_before = database_row_number(row, "pruned_before", INT64_MIN);
    if (!schema_check(database_row_number(row, "schema_version", 0), &cursor->refused) ||
        org_id == NULL || integration_id == NULL)
        return; /* nothing at all: the row is there for the clock's sake */
    if (strcmp(org_id, cursor->org_id) != 0 ||
        strcmp(integration_id, cursor->integration_id) != 0) {
        database_row_copy(row, "org_id", cursor->org_id, sizeof cursor->org_id);
        database_row_copy(row, "integration_id", cursor->integration_id,
                          sizeof cursor->integration_id);
        history_read_schedule(cursor, row);
    }
    if (database_row_text(row, "run_id") != NULL)
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
