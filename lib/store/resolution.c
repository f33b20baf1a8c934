#include "store/resolution.h"

#include "base/memory.h"
#include "base/text.h"
#include "sql.h"
#include "store/run_log.h"
#include "store/run_name.h"

#include <stdlib.h>
#include <string.h>

enum { RESOLUTION_LOCK_MS = 5000, RESOLUTION_DIGITS_LEAST = 6 };

static void resolution_copy_run(const struct database_row *row, struct resolution_run *found)
{
    struct run *run = &found->run;

    *found = (struct resolution_run){
        .status = run_status_parse(database_row_text(row, "status")),
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .resolution = run_resolution_parse(database_row_text(row, "resolution")),
        .has_active_attempt = database_row_is_true(row, "has_active_attempt"),
    };
    database_row_copy(row, "error_code", found->error_code, sizeof found->error_code);
    database_row_copy(row, "resolved_by", found->resolved_by, sizeof found->resolved_by);
    run_log_copy_run(row, run);
}

static void resolution_read_run(void *context, const struct database_row *row)
{
    struct resolution_runs *found = context;

    found->runs = memory_grow(found->runs, found->count, &found->capacity, sizeof *found->runs);
    resolution_copy_run(row, &found->runs[found->count++]);
}

/* ---- By name ---- */

static bool resolution_refuse_found(const char *name, const struct resolution_run *found,
                                    size_t count, struct error *err)
{
    char quoted[TEXT_QUOTE_SIZE];
    struct text ids = {0};

    text_quote_string(name, quoted);
    if (count == 0) {
        error_set(err, ERROR_USAGE, "no run in the log is \"%s\"", quoted);
        return error_hint(err,
                          "give a run's id, at least its first %d digits, or the idempotency "
                          "key of its slot",
                          RESOLUTION_DIGITS_LEAST);
    }
    error_set(err, ERROR_USAGE, "several runs begin with \"%s\"", quoted);
    for (size_t i = 0; i < count; i++)
        text_addf(&ids, "%s%s", i > 0 ? ", " : "", found[i].run.run_id);
    error_hint(err, "give more digits: %s", text_string(&ids));
    text_free(&ids);
    return false;
}

bool resolution_find(struct database *db, const char *name, int64_t deadline_ms,
                     struct resolution_runs *found, struct error *err)
{
    struct run_name called;
    struct database_statement find = {sql_resolution_find, RUN_NAME_PARAMETERS, called.values,
                                      resolution_read_run, found};
    size_t before = found->count;

    if (!run_name_read(name, RESOLUTION_DIGITS_LEAST, &called))
        return resolution_refuse_found(name, NULL, 0, err);
    if (!database_transact(db, &find, 1, RESOLUTION_LOCK_MS, deadline_ms, err))
        return false;
    return found->count == before + 1 ||
           resolution_refuse_found(name, found->runs + before, found->count - before, err);
}

bool resolution_find_open(struct database *db, int64_t deadline_ms, struct resolution_runs *found,
                          struct error *err)
{
    struct database_statement find = {sql_resolution_open, 0, NULL, resolution_read_run, found};

    return database_transact(db, &find, 1, RESOLUTION_LOCK_MS, deadline_ms, err);
}

void resolution_runs_free(struct resolution_runs *runs)
{
    free(runs->runs);
    *runs = (struct resolution_runs){0};
}

/* ---- Writing ---- */

static void resolution_read_written(void *context, const struct database_row *row)
{
    struct resolution_runs *found = context;

    found->count = 1;
    resolution_copy_run(row, found->runs);
}

bool resolution_write(struct database *db, const struct resolution *resolution, int64_t deadline_ms,
                      struct resolution_run *run, bool *is_written, struct error *err)
{
    struct resolution_runs written = {.runs = run};
    char run_id[RUN_UUID_SIZE];
    char records[DATABASE_NUMBER_SIZE];
    const char *values[] = {
        run_id,
        resolution->word == RUN_RESOLVED_DONE ? "done" : "not_done",
        resolution->by,
        resolution->note,
        resolution->records >= 0 ? database_number(records, resolution->records) : NULL,
        resolution->replaces ? "t" : "f",
    };
    const char *ids[] = {run_id, run_id, NULL, NULL, NULL};
    struct database_statement statements[] = {
        {sql_late_lock, 1, values, NULL, NULL},
        {sql_resolve, 6, values, resolution_read_written, &written},
    };
    struct resolution_runs seen = {.runs = run};
    struct database_statement read = {sql_resolution_find, 5, ids, resolution_read_written, &seen};

    memcpy(run_id, run->run.run_id, sizeof run_id);
    *is_written = false;
    if (!database_transact(db, statements, 2, RESOLUTION_LOCK_MS, deadline_ms, err))
        return false;
    *is_written = written.count == 1;
    if (*is_written)
        return true;
    run->status = RUN_GONE;
    return database_transact(db, &read, 1, RESOLUTION_LOCK_MS, deadline_ms, err);
}
