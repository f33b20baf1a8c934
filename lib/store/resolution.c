#include "store/resolution.h"

#include "base/memory.h"
#include "base/text.h"
#include "sql.h"
#include "store/run_log.h"
#include "time/instant.h"

#include <ctype.h>
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

/* The first and the last id that begin so; false when no id does. */
static bool resolution_bound_ids(const char *name, char first[RUN_UUID_SIZE],
                                 char last[RUN_UUID_SIZE])
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    size_t length = strlen(name);

    if (length < RESOLUTION_DIGITS_LEAST || length > strlen(pattern))
        return false;
    for (size_t i = 0; i < RUN_UUID_SIZE; i++) {
        bool is_given = i < length;

        if (is_given && (pattern[i] == 'x' ? !isxdigit((unsigned char)name[i]) : name[i] != '-'))
            return false;
        first[i] = pattern[i] != 'x' ? pattern[i] : is_given ? name[i] : '0';
        last[i] = pattern[i] != 'x' ? pattern[i] : is_given ? name[i] : 'f';
    }
    return true;
}

/* Takes an idempotency key apart, "ORG/INTEGRATION/TIME"; false when it is none. */
static bool resolution_split_key(const char *name, char org_id[RUN_UUID_SIZE],
                                 char integration_id[RUN_UUID_SIZE], int64_t *minute)
{
    enum { ID = RUN_UUID_SIZE - 1 };
    char first[RUN_UUID_SIZE];
    int64_t instant_us;
    struct error ignored;

    if (strlen(name) <= 2 * ID + 2 || name[ID] != '/' || name[2 * ID + 1] != '/')
        return false;
    memcpy(org_id, name, ID);
    memcpy(integration_id, name + ID + 1, ID);
    org_id[ID] = integration_id[ID] = '\0';
    if (!resolution_bound_ids(org_id, first, first) ||
        !resolution_bound_ids(integration_id, first, first) ||
        !instant_parse(name + 2 * ID + 2, &instant_us, &ignored))
        return false;
    *minute = instant_divide_down(instant_us, INSTANT_US_PER_MINUTE);
    return true;
}

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
    char ids[4][RUN_UUID_SIZE];
    char number[DATABASE_NUMBER_SIZE];
    const char *values[5] = {0};
    struct database_statement find = {sql_resolution_find, 5, values, resolution_read_run, found};
    size_t before = found->count;
    int64_t minute;

    if (resolution_bound_ids(name, ids[0], ids[1])) {
        values[0] = ids[0];
        values[1] = ids[1];
    } else if (resolution_split_key(name, ids[2], ids[3], &minute)) {
        values[2] = ids[2];
        values[3] = ids[3];
        values[4] = database_number(number, minute);
    } else {
        return resolution_refuse_found(name, NULL, 0, err);
    }
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
