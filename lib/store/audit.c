#include "store/audit.h"

#include "sql.h"
#include "store/schedules.h"
#include "store/schema.h"

#include <inttypes.h>
#include <stdio.h>

enum { AUDIT_LOCK_MS = 5000 };

struct audit_cursor {
    audit_row_reader *read;
    void *context;
};

static void audit_read_row(void *context, const struct database_row *row)
{
    struct audit_cursor *cursor = context;
    struct audit_row read = {
        .now_us = database_row_number(row, "now_us", 0),
        .pruned_before = database_row_number(row, "pruned_before", INT64_MIN),
        .since = database_row_number(row, "since", INT64_MIN),
        .run = {.error_class = outcome_class_parse(database_row_text(row, "error_class")),
                .status = run_status_parse(database_row_text(row, "status")),
                .attempt = (int)database_row_number(row, "attempt", 0),
                .is_by_schedule = database_row_is_true(row, "is_by_schedule"),
                .scheduled_for = database_row_number(row, "scheduled_for", 0),
                .covers_from = database_row_number(row, "covers_from", 0),
                .started_at_ms = database_row_number(row, "started_at", INT64_MIN)},
    };

    if (!schema_check(row))
        return;
    schedule_read_row(row, &read.schedule);
    if (*read.schedule.integration_id == '\0') {
        *read.schedule.org_id = '\0'; /* somebody else's table may lack its key */
    } else {
        database_row_copy(row, "run_id", read.run.run_id, sizeof read.run.run_id);
        database_row_copy(row, "error_code", read.run.error_code, sizeof read.run.error_code);
    }
    cursor->read(cursor->context, &read);
}

bool audit_read_rows(struct database *db, const struct audit_scope *scope, int64_t deadline_ms,
                     audit_row_reader *read, void *context, struct error *err)
{
    struct audit_cursor cursor = {.read = read, .context = context};
    char from[32];
    char to[32];
    const char *values[] = {from, to, scope->org_id, scope->integration_id};
    struct database_statement statement = {sql_audit, 4, values, audit_read_row, &cursor};

    snprintf(from, sizeof from, "%" PRId64, scope->from);
    snprintf(to, sizeof to, "%" PRId64, scope->to);
    return database_transact(db, &statement, 1, AUDIT_LOCK_MS, deadline_ms, err);
}
