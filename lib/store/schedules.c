#include "store/schedules.h"

#include "base/log.h"
#include "sql.h"
#include "store/schema.h"
#include "time/clock.h"

#include <string.h>

/* How long a heartbeat may wait for another tick of the same trigger and host. */
enum { SCHEDULES_HEARTBEAT_LOCK_MS = 500, SCHEDULES_LOCK_MS = 5000 };

enum { SCHEDULES_WARNINGS_MAX = 100 }; /* rows that are warned about one by one */

struct schedules_cursor {
    const struct schedules_options *options;
    struct schedules_reading *reading;
};

void schedule_read_row(const struct database_row *row, struct schedule *schedule)
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
}

void schedules_warn(const struct error *error, size_t *count)
{
    if (++*count <= SCHEDULES_WARNINGS_MAX)
        log_failure_as_warning(error);
}

void schedules_warn_of_rest(size_t count)
{
    if (count > SCHEDULES_WARNINGS_MAX)
        log_warning("%zu more rows are not valid", count - SCHEDULES_WARNINGS_MAX);
}

static void schedules_read_row(void *context, const struct database_row *row)
{
    struct schedules_cursor *cursor = context;
    struct schedule schedule;

    if (cursor->reading->now_us == 0) { /* the first row */
        cursor->reading->now_us = database_row_number(row, "now_us", 0);
        cursor->reading->has_unfinished_runs = database_row_is_true(row, "unfinished");
        cursor->reading->pruned_before = database_row_number(row, "pruned_before", INT64_MIN);
        if (!schema_check(row))
            return;
    }
    schedule_read_row(row, &schedule);
    if (*schedule.org_id == '\0')
        return; /* no schedules at all: the row is there for the clock's sake */
    cursor->options->read_schedule(cursor->options->context, cursor->reading, &schedule);
}

bool schedules_read(struct database *db, const struct schedules_options *options,
                    struct schedules_reading *reading, struct error *err)
{
    const struct trigger *trigger = options->trigger;
    struct schedules_cursor cursor = {.options = options, .reading = reading};
    const char *beat_values[] = {trigger != NULL ? trigger->name : NULL,
                                 trigger != NULL ? trigger->host : NULL, SCHEMA_VERSION_TEXT};
    const char *read_values[] = {options->wants_retries ? "t" : "f"};
    struct database_statement read = {sql_read, 1, read_values, schedules_read_row, &cursor};
    struct database_statement beat = {.sql = sql_heartbeat, .parameters = 3, .values = beat_values};
    struct database_transaction transactions[] = {
        {.statements = &read, .count = 1, .lock_timeout_ms = SCHEDULES_LOCK_MS},
        {.statements = &beat, .count = 1, .lock_timeout_ms = SCHEDULES_HEARTBEAT_LOCK_MS},
    };

    *reading =
        (struct schedules_reading){.sent_at_ms = clock_now_ms(), .host_now_us = clock_host_us()};
    database_run(db, transactions, trigger != NULL ? 2 : 1, options->deadline_ms);
    if (trigger != NULL && !transactions[1].done)
        reading->heartbeat = transactions[1].error;
    if (!transactions[0].done)
        *err = transactions[0].error;
    return transactions[0].done;
}
