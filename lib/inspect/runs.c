#include "inspect/runs.h"

#include "base/text.h"
#include "sql.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

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

/* The least and the greatest UUID that begin so; false where none does. */
static bool runs_find_bounds(const char *word, char least[RUN_UUID_SIZE],
                             char greatest[RUN_UUID_SIZE])
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t length = strlen(word);

    for (size_t i = 0; i < length; i++)
        if (i >= strlen(pattern) ||
            (pattern[i] == '-' ? word[i] != '-' : isxdigit((unsigned char)word[i]) == 0))
            return false;
    for (size_t i = 0; i < RUN_UUID_SIZE; i++) {
        least[i] = i < length ? word[i] : pattern[i] == 'x' ? '0' : pattern[i];
        greatest[i] = i < length ? word[i] : pattern[i] == 'x' ? 'f' : pattern[i];
    }
    return length > 0;
}

/* "ORG/INTEGRATION/2026-03-01T02:00:00Z", where the ids may be any text. */
static bool runs_split_key(const char *word, char ids[2][RUN_UUID_SIZE], int64_t *slot)
{
    char unused[RUN_UUID_SIZE];
    struct error err;

    for (int i = 0; i < 2; i++, word += RUN_UUID_SIZE) {
        if (strlen(word) <= RUN_UUID_SIZE || word[RUN_UUID_SIZE - 1] != '/')
            return false;
        memcpy(ids[i], word, RUN_UUID_SIZE);
        ids[i][RUN_UUID_SIZE - 1] = '\0';
        if (!runs_find_bounds(ids[i], unused, unused))
            return false;
    }
    if (!instant_parse(word, slot, &err))
        return false;
    *slot /= INSTANT_US_PER_MINUTE;
    return true;
}

bool runs_read_one(struct database *db, const char *word, int64_t deadline_ms, runs_reader *read,
                   void *context, struct error *err)
{
    struct runs_reading reading = {.read = read, .context = context};
    char least[RUN_UUID_SIZE];
    char greatest[RUN_UUID_SIZE];
    char ids[2][RUN_UUID_SIZE];
    char number[DATABASE_NUMBER_SIZE];
    const char *values[5] = {NULL};
    struct database_statement statement = {sql_run_in_full, 5, values, runs_read_row, &reading};
    int64_t slot = 0;

    if (runs_find_bounds(word, least, greatest)) {
        values[0] = least;
        values[1] = greatest;
    } else if (runs_split_key(word, ids, &slot)) {
        values[2] = ids[0];
        values[3] = ids[1];
        values[4] = database_number(number, slot);
    } else {
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
