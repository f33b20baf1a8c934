#include "inspect/runs.h"

#include "sql.h"
#include "store/run_name.h"

enum { RUNS_LOCK_MS = 5000 };

/* ---- Rows ---- */

struct runs_reading {
    runs_reader *read;
    void *context;
    bool has_any;
    bool is_stopped;
};

static int64_t runs_time(const struct database_row *row, const char *column)
{
    return database_row_number(row, column, INT64_MIN);
}

static void runs_read_row(void *context, const struct database_row *row)
{
    struct runs_reading *reading = context;
    struct error err;
    struct runs_record record = {
        .organization = database_row_text(row, "organization"),
        .timezone = database_row_text(row, "timezone"),
        .integration_type = database_row_text(row, "integration_type"),
        .scheduled_for = runs_time(row, "scheduled_for"),
        .covers_from = runs_time(row, "covers_from"),
        .period_start = database_row_number(row, "period_start", RUN_PERIOD_OPEN),
        .attempt = database_row_number(row, "attempt", 1),
        .status = database_row_text(row, "status"),
        .idempotency_key = database_row_text(row, "idempotency_key"),
        .triggered_by = database_row_text(row, "triggered_by"),
        .trigger_name = database_row_text(row, "trigger_name"),
        .host = database_row_text(row, "host"),
        .worker = database_row_text(row, "worker"),
        .created_at = runs_time(row, "created_at"),
        .started_at = runs_time(row, "started_at"),
        .accepted_at = runs_time(row, "accepted_at"),
        .ended_at = runs_time(row, "ended_at"),
        .retry_at = runs_time(row, "retry_at"),
        .records = database_row_number(row, "records_exported", -1),
        .error_class = database_row_text(row, "error_class"),
        .error_code = database_row_text(row, "error_code"),
        .error_message = database_row_text(row, "error_message"),
        .http_status = database_row_number(row, "http_status", 0),
        .request_id = database_row_text(row, "request_id"),
        .resolution = database_row_text(row, "resolution"),
        .resolved_at = runs_time(row, "resolved_at"),
        .resolved_by = database_row_text(row, "resolved_by"),
        .resolution_note = database_row_text(row, "resolution_note"),
        .is_found = database_row_is_true(row, "is_found"),
    };

    database_row_copy(row, "run_id", record.run_id, sizeof record.run_id);
    database_row_copy(row, "org_id", record.org_id, sizeof record.org_id);
    database_row_copy(row, "integration_id", record.integration_id, sizeof record.integration_id);
    reading->has_any = true;
    if (reading->read(reading->context, &record, &err))
        return;
    reading->is_stopped = true;
    database_row_refuse(row, &err);
}

/* ---- Those of a period ---- */

bool runs_read(struct database *db, const struct runs_options *options, int64_t deadline_ms,
               runs_reader *read, void *context, struct error *err)
{
    struct runs_reading reading = {.read = read, .context = context};
    char numbers[4][DATABASE_NUMBER_SIZE];
    const char *values[] = {
        options->org_id,
        options->integration_id,
        database_number(numbers[0], options->from),
        database_number(numbers[1], options->to),
        options->status,
        options->code,
        options->http_status >= 0 ? database_number(numbers[2], options->http_status) : NULL,
        options->slower_than_ms >= 0 ? database_number(numbers[3], options->slower_than_ms) : NULL,
        options->host};
    struct database_statement statement = {sql_runs, 9, values, runs_read_row, &reading};

    return database_transact(db, &statement, 1, RUNS_LOCK_MS, deadline_ms, err) ||
           (!reading.is_stopped && error_prefix(err, "reading the log"));
}

/* ---- One in full ---- */

bool runs_read_one(struct database *db, const char *word, int64_t deadline_ms, runs_reader *read,
                   void *context, struct error *err)
{
    struct runs_reading reading = {.read = read, .context = context};
    struct run_name name;
    struct database_statement statement = {sql_run_in_full, RUN_NAME_PARAMETERS, name.values,
                                           runs_read_row, &reading};

    if (!run_name_read(word, 1, &name)) {
        error_set(err, ERROR_USAGE, "\"%.120s\" is not the id of a run", word);
        return error_hint(err, "write its id, the beginning of it, or its idempotency key");
    }
    if (!database_transact(db, &statement, 1, RUNS_LOCK_MS, deadline_ms, err))
        return !reading.is_stopped && error_prefix(err, "reading the log");
    if (reading.has_any)
        return true;
    error_set(err, ERROR_USAGE, "the log has no run \"%.120s\"", word);
    return error_hint(err, "syncsched log --since 7d lists those of a week");
}
