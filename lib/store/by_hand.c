#include "store/by_hand.h"

#include "base/memory.h"
#include "base/text.h"
#include "sql.h"
#include "store/org_names.h"
#include "store/schedules.h"
#include "store/schema.h"
#include "time/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BY_HAND_LOCK_MS = 5000, BY_HAND_NAME_CHARACTERS = 160 };

struct by_hand_cursor {
    struct by_hand_reading *reading;
    struct schedules_repeated repeated;
    struct by_hand_subject *open; /* the one whose rows come */
};

/* ---- A schedule's row ---- */

static char *by_hand_clean(const char *name)
{
    struct text clean = {0};

    if (name == NULL || *name == '\0')
        return NULL;
    text_add_clean(&clean, name, strlen(name), BY_HAND_NAME_CHARACTERS);
    return clean.data;
}

/* Why nothing of the schedule is sent: somebody switched it off, or its row is not valid. */
static char *by_hand_find_obstacle(struct by_hand_cursor *cursor, const struct schedule *schedule,
                                   struct timetable *present)
{
    struct error err = {0};

    if (schedule->set_aside == NULL && !schedule->is_active)
        return memory_copy_text("disabled, or without a schedule");
    if (timetable_read(schedule, &cursor->reading->zones, present, &err))
        return NULL;
    return memory_copy_text(err.message);
}

static void by_hand_open(struct by_hand_cursor *cursor, const struct schedule *schedule,
                         const struct database_row *row)
{
    struct by_hand_reading *reading = cursor->reading;
    struct by_hand_subject *subject;
    struct error ignored;

    reading->subjects = memory_grow(reading->subjects, reading->count, &reading->capacity,
                                    sizeof *reading->subjects);
    subject = &reading->subjects[reading->count++];
    *subject = (struct by_hand_subject){
        .org_name = by_hand_clean(database_row_text(row, "org_name")),
        .integration_type = by_hand_clean(schedule->integration_type),
        .cron_schedule = schedule->is_active ? memory_copy_text(schedule->cron_schedule) : NULL,
        .timezone = memory_copy_text(schedule->timezone),
        .mark = schedule->mark,
    };
    memcpy(subject->org_id, schedule->org_id, sizeof subject->org_id);
    memcpy(subject->integration_id, schedule->integration_id, sizeof subject->integration_id);
    subject->obstacle = by_hand_find_obstacle(cursor, schedule, &subject->present);
    subject->has_present = subject->obstacle == NULL;
    if (schedule->timezone != NULL)
        (void)zones_find(&reading->zones, schedule->timezone, &subject->zone, &ignored);
    cursor->open = subject;
}

/* ---- The rows behind it ---- */

static void by_hand_read_text(struct by_hand_cursor *cursor, const struct database_row *row)
{
    const char *name = database_row_text(row, "text");
    int64_t from = database_row_number(row, "valid_from", INT64_MIN);
    int64_t to = database_row_number(row, "valid_to", INT64_MAX);
    struct timetable text;
    struct error err = {0};

    if (strcmp(name, "?") == 0) {
        by_hand_add_text(cursor->open, NULL, from, to);
    } else if (timetable_read_text(name, &cursor->reading->zones, &text, &err)) {
        by_hand_add_text(cursor->open, &text, from, to);
    } else {
        error_prefix(&err, "a text of its journal");
        org_names_warn(&(struct subject){cursor->open->org_name, cursor->open->org_id,
                                         cursor->open->integration_type,
                                         cursor->open->integration_id},
                       NULL, err.message, err.hint);
    }
}

/* a/b/c of what is not NULL, as by_hand_attempt.sql has it. */
static void by_hand_read_state(const struct database_row *row, char state[RUN_STATE_SIZE])
{
    const char *error_class = database_row_text(row, "error_class");
    const char *resolution = database_row_text(row, "resolution");

    snprintf(state, RUN_STATE_SIZE, "%s%s%s%s%s", database_row_text(row, "status"),
             error_class != NULL ? "/" : "", error_class != NULL ? error_class : "",
             resolution != NULL ? "/" : "", resolution != NULL ? resolution : "");
}

static void by_hand_read_run(struct by_hand_subject *subject, const struct database_row *row)
{
    struct by_hand_run *run;

    subject->runs = memory_grow(subject->runs, subject->run_count, &subject->run_capacity,
                                sizeof *subject->runs);
    run = &subject->runs[subject->run_count++];
    *run = (struct by_hand_run){
        .status = run_status_parse(database_row_text(row, "status")),
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .resolution = run_resolution_parse(database_row_text(row, "resolution")),
        .http_status = (int)database_row_number(row, "http_status", 0),
        .number = (int)database_row_number(row, "attempt", 1),
        .records_exported = database_row_number(row, "records_exported", -1),
        .scheduled_for = database_row_number(row, "scheduled_for", 0),
        .covers_from = database_row_number(row, "covers_from", 0),
        .period_start = database_row_number(row, "period_start", RUN_PERIOD_OPEN),
        .starts_anew = database_row_number(row, "starts_anew", RUN_PERIOD_OPEN),
    };
    database_row_copy(row, "run_id", run->attempt.run_id, sizeof run->attempt.run_id);
    database_row_copy(row, "error_code", run->error_code, sizeof run->error_code);
    by_hand_read_state(row, run->attempt.state);
}

/* Runs and journal of an integration without a row are of one that was deleted. */
static void by_hand_read_row(void *context, const struct database_row *row)
{
    struct by_hand_cursor *cursor = context;
    struct by_hand_reading *reading = cursor->reading;
    const struct by_hand_subject *open = cursor->open;
    struct schedule schedule;
    bool is_schedule;

    if (!schema_check(row))
        return;
    reading->now_us = database_row_number(row, "now_us", 0);
    reading->pruned_before = database_row_number(row, "pruned_before", INT64_MIN);
    reading->restored_us = database_row_number(row, "restored_us", INT64_MIN);
    reading->from = database_row_number(row, "order_from", 0);
    reading->to = database_row_number(row, "order_to", 0);
    is_schedule = schedule_read_row(row, &cursor->repeated, &schedule);
    if (is_schedule && *schedule.org_id != '\0' && *schedule.integration_id != '\0') {
        by_hand_open(cursor, &schedule, row);
        return;
    }
    if (open == NULL || run_compare_keys(schedule.org_id, schedule.integration_id, open->org_id,
                                         open->integration_id) != 0)
        return;
    if (database_row_text(row, "text") != NULL)
        by_hand_read_text(cursor, row);
    else if (database_row_text(row, "run_id") != NULL)
        by_hand_read_run(cursor->open, row);
}

/* ---- Reading ---- */

static const char *by_hand_minute(char text[DATABASE_NUMBER_SIZE], int64_t minute)
{
    return minute != INT64_MIN ? database_number(text, minute) : NULL;
}

/* A whole id, which needed no search: integrations of several organisations may have it. */
static bool by_hand_check_owner(const struct by_hand_choice *choice,
                                const struct by_hand_reading *reading, struct error *err)
{
    const struct by_hand_subject *first = &reading->subjects[0];
    const struct by_hand_subject *last = &reading->subjects[reading->count - 1];

    if (choice->org_id != NULL || strcmp(first->org_id, last->org_id) == 0)
        return true;
    error_set(err, ERROR_USAGE,
              "--integration \"%.60s\" names several: that of %.80s, that of %.80s",
              choice->integration_id, first->org_name != NULL ? first->org_name : first->org_id,
              last->org_name != NULL ? last->org_name : last->org_id);
    return error_hint(err, "add --org");
}

bool by_hand_read(struct database *db, const struct by_hand_choice *choice,
                  struct by_hand_reading *reading, struct error *err)
{
    struct by_hand_cursor cursor = {.reading = reading};
    char from[DATABASE_NUMBER_SIZE];
    char to[DATABASE_NUMBER_SIZE];
    char back[DATABASE_NUMBER_SIZE];
    const char *values[] = {choice->org_id, choice->integration_id,
                            by_hand_minute(from, choice->from), by_hand_minute(to, choice->to),
                            database_number(back, choice->back_minutes)};
    struct database_statement statements[] = {
        {.sql = sql_repeated, .read_row = schedules_read_repeated, .context = &cursor.repeated},
        {sql_by_hand, 5, values, by_hand_read_row, &cursor},
    };
    bool ok;

    *reading = (struct by_hand_reading){
        .host_now_us = clock_host_us(),
        .sent_at_ms = clock_now_ms(),
    };
    ok = database_transact(db, statements, 2, BY_HAND_LOCK_MS, choice->deadline_ms, err) ||
         error_prefix(err, "reading what was asked for");
    schedules_repeated_free(&cursor.repeated);
    if (!ok || reading->count > 0)
        return ok && by_hand_check_owner(choice, reading, err);
    return schedules_check_choice(
               db, &(struct schedules_choice){choice->org_id, choice->integration_id},
               choice->deadline_ms, err) &&
           error_set(err, ERROR_USAGE, "no integration has the ids of --org and --integration");
}

void by_hand_reading_free(struct by_hand_reading *reading)
{
    for (size_t i = 0; i < reading->count; i++)
        by_hand_free(&reading->subjects[i]);
    free(reading->subjects);
    zones_free(&reading->zones);
    *reading = (struct by_hand_reading){0};
}
