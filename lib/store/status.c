#include "store/status.h"

#include "base/memory.h"
#include "sql.h"
#include "store/schedules.h"
#include "store/schema.h"

#include <stdio.h>
#include <string.h>

enum { STATUS_LOCK_MS = 5000 };

static const char *status_read_text(struct status *status, const struct database_row *row,
                                    const char *column)
{
    return status_keep_text(status, database_row_text(row, column));
}

/* A minute, or an instant in milliseconds. */
static int64_t status_read_time(const struct database_row *row, const char *column)
{
    return database_row_number(row, column, INT64_MIN);
}

static void status_read_trigger(void *context, const struct database_row *row)
{
    struct status *status = context;

    status->now_us = database_row_number(row, "now_us", 0);
    if (!schema_check(row) ||
        database_row_text(row, "trigger_name") == NULL) /* the row is there for the clock's sake */
        return;
    status->triggers = memory_grow(status->triggers, status->trigger_count,
                                   &status->trigger_capacity, sizeof *status->triggers);
    status->triggers[status->trigger_count++] = (struct status_trigger){
        .name = status_read_text(status, row, "trigger_name"),
        .host = status_read_text(status, row, "host"),
        .last_tick_at_ms = database_row_number(row, "last_tick_at", 0),
    };
}

static struct condition_slots status_read_slots(const struct database_row *row, const char *count,
                                                const char *first, const char *last)
{
    return (struct condition_slots){.count = database_row_number(row, count, 0),
                                    .first = status_read_time(row, first),
                                    .last = status_read_time(row, last)};
}

static struct status_integration *status_read_integration(struct status *status,
                                                          const struct database_row *row)
{
    const char *organization = database_row_text(row, "organization");
    struct status_integration *read;

    status->integrations = memory_grow(status->integrations, status->count, &status->capacity,
                                       sizeof *status->integrations);
    read = &status->integrations[status->count++];
    *read = (struct status_integration){
        .organization = status_keep_text(status, organization != NULL ? organization : ""),
        .state_since = status_read_time(row, "since"),
        .last_success_at_ms = status_read_time(row, "last_success_at"),
        .pending_slot = status_read_time(row, "pending_slot"),
        .pending_since_ms = status_read_time(row, "pending_since"),
        .facts = {.last_success = status_read_time(row, "last_success"),
                  .well_since = status_read_time(row, "well_since")},
    };
    schedule_read_row(row, &read->schedule);
    read->schedule.integration_type = status_keep_text(status, read->schedule.integration_type);
    read->schedule.cron_schedule = status_keep_text(status, read->schedule.cron_schedule);
    read->schedule.timezone = status_keep_text(status, read->schedule.timezone);
    read->schedule.state_text = status_keep_text(status, read->schedule.state_text);
    read->facts.log = (struct condition_log){
        .in_row = status_read_slots(row, "in_row", "in_row_first", "in_row_last"),
        .unknown = status_read_slots(row, "unknown", "unknown_first", "unknown_last"),
        .given_up = status_read_slots(row, "given_up", "given_up_first", "given_up_last"),
        .failed = status_read_slots(row, "failed", "failed_first", "failed_last"),
    };
    database_row_copy(row, "last_code", read->facts.log.last_code,
                      sizeof read->facts.log.last_code);
    return read;
}

static void status_read_run(struct status *status, struct status_integration *integration,
                            const struct database_row *row)
{
    struct status_run *run;

    integration->runs = memory_grow(integration->runs, integration->run_count,
                                    &integration->run_capacity, sizeof *integration->runs);
    run = &integration->runs[integration->run_count++];
    *run = (struct status_run){
        .scheduled_for = status_read_time(row, "scheduled_for"),
        .covers_from = status_read_time(row, "covers_from"),
        .attempt = (int)database_row_number(row, "attempt", 0),
        .status = run_status_parse(database_row_text(row, "status")),
        .triggered_by = status_read_text(status, row, "triggered_by"),
        .trigger_name = status_read_text(status, row, "trigger_name"),
        .host = status_read_text(status, row, "host"),
        .created_at_ms = status_read_time(row, "created_at"),
        .started_at_ms = status_read_time(row, "started_at"),
        .completed_at_ms = status_read_time(row, "completed_at"),
        .failed_at_ms = status_read_time(row, "failed_at"),
        .records_exported = database_row_number(row, "records_exported", -1),
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .error_code = status_read_text(status, row, "error_code"),
        .error_message = status_read_text(status, row, "error_message"),
    };
    database_row_copy(row, "run_id", run->run_id, sizeof run->run_id);
}

/* A row for each run, or one without; those of an integration follow one another. */
static void status_read_row(void *context, const struct database_row *row)
{
    struct status *status = context;
    struct status_integration *last =
        status->count > 0 ? &status->integrations[status->count - 1] : NULL;
    const char *org_id = database_row_text(row, "org_id");
    const char *integration_id = database_row_text(row, "integration_id");

    if (org_id == NULL || integration_id == NULL)
        return; /* a table that is somebody else's may have lost its key */
    if (last == NULL || strcmp(last->schedule.org_id, org_id) != 0 ||
        strcmp(last->schedule.integration_id, integration_id) != 0)
        last = status_read_integration(status, row);
    if (database_row_text(row, "run_id") != NULL)
        status_read_run(status, last, row);
}

bool status_read(const struct status_options *options, struct status *status, struct error *err)
{
    char runs[16];
    const char *values[] = {options->org_id, options->integration_id, runs,
                            options->wants_messages ? "t" : "f"};
    struct database_statement statements[] = {
        {.sql = sql_triggers, .read_row = status_read_trigger, .context = status},
        {sql_status, 4, values, status_read_row, status},
    };
    struct database *db = database_open(&options->database, options->deadline_ms, err);
    bool ok;

    if (db == NULL)
        return false;
    snprintf(runs, sizeof runs, "%d", options->runs);
    ok = database_transact(db, statements, 2, STATUS_LOCK_MS, options->deadline_ms, err) ||
         error_prefix(err, "reading the log");
    database_close(db);
    return ok;
}
