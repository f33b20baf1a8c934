#include "store/schedules.h"

#include "base/log.h"
#include "base/memory.h"
#include "sql.h"
#include "store/org_names.h"
#include "store/schema.h"
#include "time/clock.h"

#include <stdlib.h>
#include <string.h>

enum { SCHEDULES_LOCK_MS = 5000, SCHEDULES_KEEP_LOCK_MS = 500 };

struct schedules_cursor {
    const struct schedules_options *options;
    struct schedules_reading *reading;
    struct schedules_repeated repeated;
};

/* ---- What is set aside ---- */

struct schedules_ids {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char *error;
    bool is_active; /* one of the rows is */
    bool is_read;   /* one of them has been handed on */
};

void schedules_read_repeated(void *context, const struct database_row *row)
{
    struct schedules_repeated *repeated = context;
    struct schedules_ids *ids;

    repeated->ids =
        memory_grow(repeated->ids, repeated->count, &repeated->capacity, sizeof *repeated->ids);
    ids = &repeated->ids[repeated->count++];
    *ids = (struct schedules_ids){.error = memory_copy_text(database_row_text(row, "error")),
                                  .is_active = database_row_is_true(row, "is_active")};
    database_row_copy(row, "org_id", ids->org_id, sizeof ids->org_id);
    database_row_copy(row, "integration_id", ids->integration_id, sizeof ids->integration_id);
}

void schedules_repeated_free(struct schedules_repeated *repeated)
{
    for (size_t i = 0; i < repeated->count; i++)
        free(repeated->ids[i].error);
    free(repeated->ids);
    *repeated = (struct schedules_repeated){0};
}

static int schedules_compare_ids(const void *left, const void *right)
{
    const struct schedule *a = left;
    const struct schedules_ids *b = right;

    return run_compare_keys(a->org_id, a->integration_id, b->org_id, b->integration_id);
}

/* False for a further row of the same ids. */
static bool schedule_set_aside(struct schedules_repeated *repeated, struct schedule *schedule)
{
    struct schedules_ids *ids;

    if (*schedule->org_id == '\0' || *schedule->integration_id == '\0')
        schedule->set_aside = "set aside, an id that is NULL names no integration";
    if (repeated->count == 0 || schedule->set_aside != NULL)
        return true;
    ids = bsearch(schedule, repeated->ids, repeated->count, sizeof *ids, schedules_compare_ids);
    if (ids == NULL)
        return true;
    if (ids->is_read)
        return false;
    ids->is_read = true;
    schedule->set_aside = ids->error;
    schedule->is_active = ids->is_active;
    return true;
}

/* ---- Rows ---- */

bool schedule_read_row(const struct database_row *row, struct schedules_repeated *repeated,
                       struct schedule *schedule)
{
    *schedule = (struct schedule){
        .is_active = database_row_is_true(row, "is_active"),
        .has_organization = database_row_is_true(row, "has_organization"),
        .integration_type = database_row_text(row, "integration_type"),
        .cron_schedule = database_row_text(row, "cron_schedule"),
        .timezone = database_row_text(row, "timezone"),
        .state_text = database_row_text(row, "state_text"),
        .mark = database_row_number(row, "mark", INT64_MIN),
    };
    database_row_copy(row, "org_id", schedule->org_id, sizeof schedule->org_id);
    database_row_copy(row, "integration_id", schedule->integration_id,
                      sizeof schedule->integration_id);
    return database_row_text(row, "is_active") != NULL && schedule_set_aside(repeated, schedule);
}

void schedules_warn(const struct subject *about, const struct error *error, size_t *count)
{
    if (++*count == 1)
        org_names_warn(about, NULL, error->message, error->hint);
}

void schedules_warn_of_rest(size_t count)
{
    if (count > 1)
        log_warning("%zu more rows are not valid: syncsched status names them", count - 1);
}

static void schedules_read_row(void *context, const struct database_row *row)
{
    struct schedules_cursor *cursor = context;
    struct schedule schedule;

    if (cursor->reading->now_us == 0) { /* the first row */
        cursor->reading->now_us = database_row_number(row, "now_us", 0);
        cursor->reading->has_unfinished_runs = database_row_is_true(row, "unfinished");
        cursor->reading->has_held_runs = database_row_is_true(row, "held");
        cursor->reading->has_reported_runs = database_row_is_true(row, "reported");
        cursor->reading->pruned_before = database_row_number(row, "pruned_before", INT64_MIN);
        cursor->reading->restored_us = database_row_number(row, "restored_us", INT64_MIN);
        if (!schema_check(row))
            return;
    }
    if (!schedule_read_row(row, &cursor->repeated, &schedule))
        return;
    schedule.served = database_row_number(row, "served", INT64_MIN);
    cursor->options->read_schedule(cursor->options->context, cursor->reading, &schedule);
}

static void schedules_read_heartbeat(void *context, const struct database_row *row)
{
    struct schedules_reading *reading = context;

    reading->last_tick_us = database_row_number(row, "last_tick_us", INT64_MIN);
    reading->knows_said = true;
    reading->is_said_apart = database_row_is_true(row, "is_apart");
    free(reading->said);
    reading->said = memory_copy_text(database_row_text(row, "warnings"));
}

/*
 * One transaction, in which the heartbeat comes last: rows that have come need no commit, so that
 * whatever becomes of it, they are good. It waits for no other tick of the same trigger and host.
 */
bool schedules_read(struct database *db, const struct schedules_options *options,
                    struct schedules_reading *reading, struct error *err)
{
    const struct trigger *trigger = options->trigger;
    struct schedules_cursor cursor = {.options = options, .reading = reading};
    const char *beat_values[] = {trigger != NULL ? trigger->name : NULL,
                                 trigger != NULL ? trigger->host : NULL, SCHEMA_VERSION_TEXT};
    const char *read_values[] = {options->wants_retries ? "t" : "f",
                                 options->wants_held ? "t" : "f"};
    struct database_statement statements[] = {
        {.sql = sql_repeated, .read_row = schedules_read_repeated, .context = &cursor.repeated},
        {sql_read, 2, read_values, schedules_read_row, &cursor},
        {.sql = sql_heartbeat_wait},
        {sql_identity, 1, beat_values + 2, NULL, NULL},
        {sql_heartbeat, 3, beat_values, schedules_read_heartbeat, reading},
    };
    struct database_transaction transaction = {
        .statements = statements,
        .count = trigger != NULL ? 5 : 2,
        .lock_timeout_ms = SCHEDULES_LOCK_MS,
        .silence_ms = options->silence_ms,
        .rolled_back = options->is_dry,
    };

    *reading = (struct schedules_reading){
        .sent_at_ms = clock_now_ms(),
        .host_now_us = clock_host_us(),
        .restored_us = INT64_MIN,
        .last_tick_us = INT64_MIN,
    };
    database_run(db, &transaction, options->deadline_ms);
    schedules_repeated_free(&cursor.repeated);
    if (transaction.read < 2)
        *err = transaction.error;
    else if (!transaction.done)
        reading->heartbeat = transaction.error;
    reading->knows_said = reading->knows_said && transaction.done;
    return transaction.read >= 2;
}

static void schedules_read_said(void *context, const struct database_row *row)
{
    struct schedules_reading *reading = context;

    free(reading->said);
    reading->said = memory_copy_text(database_row_text(row, "warnings"));
}

void schedules_read_warnings(struct database *db, const struct trigger *trigger,
                             int64_t deadline_ms, struct schedules_reading *reading)
{
    const char *values[] = {trigger->name, trigger->host};
    struct database_statement statement = {sql_warnings_apart, 2, values, schedules_read_said,
                                           reading};
    struct error ignored;

    reading->knows_said =
        database_transact(db, &statement, 1, SCHEDULES_KEEP_LOCK_MS, deadline_ms, &ignored);
}

bool schedules_keep_warnings(struct database *db, const struct trigger *trigger,
                             const struct schedules_warnings *warnings, int64_t deadline_ms,
                             struct error *err)
{
    const char *values[] = {trigger->name, trigger->host, warnings->said};
    const char *none[] = {trigger->name, trigger->host, NULL};
    struct database_statement statements[] = {
        {.sql = warnings->is_beaten ? sql_warnings : sql_warnings_keep_apart,
         .parameters = 3,
         .values = values},
        {.sql = sql_warnings_keep_apart, .parameters = 3, .values = none},
    };

    return database_transact(db, statements, warnings->is_beaten && warnings->was_apart ? 2 : 1,
                             SCHEDULES_KEEP_LOCK_MS, deadline_ms, err);
}

/* ---- What is asked for ---- */

struct schedules_known {
    bool is_there;
    bool was_there;
};

static void schedules_read_known(void *context, const struct database_row *row)
{
    struct schedules_known *known = context;

    known->is_there = database_row_is_true(row, "is_there");
    known->was_there = database_row_is_true(row, "was_there");
}

bool schedules_check_choice(struct database *db, const struct schedules_choice *choice,
                            int64_t deadline_ms, struct error *err)
{
    const char *values[] = {choice->org_id, choice->integration_id};
    struct schedules_known known = {0};
    struct database_statement statement = {sql_known, 2, values, schedules_read_known, &known};

    if (choice->org_id == NULL && choice->integration_id == NULL)
        return true;
    if (!database_transact(db, &statement, 1, SCHEDULES_LOCK_MS, deadline_ms, err))
        return error_prefix(err, "looking for what was asked for");
    if (known.is_there)
        return true;
    error_set(err, ERROR_USAGE, "no integration has the ids of --org and --integration%s",
              known.was_there ? " any more: it was deleted" : "");
    return error_hint(err, known.was_there ? "syncsched audit shows what its runs did"
                                           : "syncsched status lists those that are there");
}
