#include "inspect/audit.h"

#include "base/memory.h"
#include "plan/timetable.h"
#include "sql.h"
#include "store/schedules.h"
#include "store/schema.h"

#include <stdlib.h>
#include <string.h>

enum {
    AUDIT_LOCK_MS = 5000,
    AUDIT_AHEAD_MS = 60 * 1000,       /* what began further ahead of now began by now */
    AUDIT_OLD_MINUTES = 31 * 24 * 60, /* ticks catch up for so long: older slots do not wait */
    AUDIT_EVER = INT32_MAX, /* the end asked for where none is given: the database's now decides */
};

struct audit {
    const struct audit_options *options;
    struct audit_result *result;
    audit_entry_reader *read;
    void *context;
    struct zones zones;
    struct schedules_repeated repeated;
    size_t invalid; /* rows */

    /* The integration that is being read; its ids are empty before the first one. */
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    struct timetable timetable;
    bool has_slots;
    bool is_since_unknown;
    struct audit_subject subject;
    struct audit_run *runs;
    size_t capacity;
};

/* The first whole minute at or after an instant. */
static int64_t audit_minute(int64_t instant_us)
{
    return -instant_divide_down(-instant_us, INSTANT_US_PER_MINUTE);
}

/* ---- One integration ---- */

static bool audit_find_slot(void *context, int64_t after, int64_t *slot)
{
    struct audit *audit = context;

    return audit->has_slots && timetable_next(&audit->timetable, after, slot);
}

static void audit_take_slot(void *context, const struct audit_slot *slot)
{
    struct audit *audit = context;
    struct audit_entry entry = {audit->org_id, audit->integration_id, slot, NULL};

    audit_count(&audit->result->totals, slot);
    if (slot->verdict == AUDIT_MISSING && audit->is_since_unknown) {
        audit->result->since_unknown++;
        audit->is_since_unknown = false; /* once an integration */
    }
    audit->read(audit->context, &entry);
}

static void audit_take_period(void *context, const struct periods_finding *finding)
{
    struct audit *audit = context;
    struct audit_entry entry = {audit->org_id, audit->integration_id, NULL, finding};

    if (finding->verdict == PERIODS_OVERLAP)
        audit->result->overlaps++;
    else
        audit->result->holes++;
    if (finding->verdict != PERIODS_UNKNOWN && !finding->is_by_hand)
        audit->result->broken++;
    audit->read(audit->context, &entry);
}

static void audit_match_periods(struct audit *audit)
{
    struct audit_result *result = audit->result;
    struct audit_subject subject = audit->subject;
    int64_t found = result->holes + result->overlaps;
    int64_t judged_from;
    size_t unjudged;

    if (result->pruned_before > subject.from)
        subject.from = result->pruned_before;
    judged_from = periods_match(&subject, audit_take_period, audit, &unjudged);
    result->periods_unjudged += unjudged;
    if (unjudged > 0 && judged_from > result->periods_judged_from)
        result->periods_judged_from = judged_from;
    result->end_to_end += found == result->holes + result->overlaps ? 1 : 0;
}

/* Judges the integration whose runs have all been read, if there is one. */
static void audit_close(struct audit *audit)
{
    audit->subject.runs = audit->runs;
    if (*audit->org_id == '\0')
        return;
    audit_match(&audit->subject, audit_take_slot, audit);
    audit_match_periods(audit);
}

/* Nothing can be judged of it, and somebody should know, unless it is disabled anyway. */
static void audit_set_aside(struct audit *audit, const struct schedule *schedule)
{
    struct error err;

    if (!schedule->is_active)
        return;
    error_set(&err, ERROR_INVALID, "%s", schedule->set_aside);
    timetable_name(schedule, &err);
    schedules_warn(&err, &audit->invalid);
}

/* The text in force: "CRON ZONE" as ticks keep it, else of the row. False: there is none. */
static bool audit_read_text(struct audit *audit, const struct schedule *schedule)
{
    const char *text = schedule->state_text;
    struct error err = {0};

    if (text == NULL ? !schedule->is_active || schedule->set_aside != NULL : *text == '\0')
        return false;
    if (text == NULL ? timetable_read(schedule, &audit->zones, &audit->timetable, &err)
                     : timetable_read_text(text, &audit->zones, &audit->timetable, &err))
        return true;
    timetable_name(schedule, &err);
    schedules_warn(&err, &audit->invalid);
    return false;
}

static void audit_open(struct audit *audit, const struct schedule *schedule,
                       const struct database_row *row)
{
    const struct audit_result *result = audit->result;
    int64_t now_us = database_row_number(row, "now_us", 0);
    int64_t since = database_row_number(row, "since", INT64_MIN); /* an older text held up to it */
    int64_t judged_from = result->from;

    memcpy(audit->org_id, schedule->org_id, sizeof audit->org_id);
    memcpy(audit->integration_id, schedule->integration_id, sizeof audit->integration_id);
    audit->has_slots = audit_read_text(audit, schedule);
    audit->is_since_unknown = since == INT64_MIN;
    if (since != INT64_MIN && since + 1 > judged_from)
        judged_from = since + 1;
    if (result->pruned_before > judged_from)
        judged_from = result->pruned_before;
    if (judged_from > result->to || (!audit->has_slots && audit->is_since_unknown))
        judged_from = result->to; /* nothing is known but the runs */
    audit->subject = (struct audit_subject){
        .from = result->from,
        .to = result->to,
        .judged_from = judged_from,
        .mark = schedule->mark,
        .old_before = instant_divide_down(now_us, INSTANT_US_PER_MINUTE) - AUDIT_OLD_MINUTES,
        .next_slot = audit_find_slot,
        .slots = audit,
    };
    audit->result->integrations++;
}

/* ---- Reading ---- */

static void audit_add_run(struct audit *audit, const struct database_row *row)
{
    const char *triggered_by = database_row_text(row, "triggered_by");
    int64_t now_ms = database_row_number(row, "now_us", 0) / 1000;
    struct audit_run *run;

    audit->runs =
        memory_grow(audit->runs, audit->subject.count, &audit->capacity, sizeof *audit->runs);
    run = &audit->runs[audit->subject.count++];
    *run = (struct audit_run){
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .http_status = (int)database_row_number(row, "http_status", 0),
        .status = run_status_parse(database_row_text(row, "status")),
        .attempt = (int)database_row_number(row, "attempt", 0),
        .resolution = run_resolution_parse(database_row_text(row, "resolution")),
        .is_by_schedule =
            strcmp(triggered_by, "schedule") == 0 || strcmp(triggered_by, "catch_up") == 0,
        .is_by_hand = strcmp(triggered_by, "manual") == 0,
        .scheduled_for = database_row_number(row, "scheduled_for", 0),
        .covers_from = database_row_number(row, "covers_from", 0),
        .period_start = database_row_number(row, "period_start", RUN_PERIOD_OPEN),
        .started_at_ms = database_row_number(row, "started_at", INT64_MIN),
        .is_accepted = database_row_is_true(row, "is_accepted"),
    };
    if (run->started_at_ms > now_ms + AUDIT_AHEAD_MS)
        run->started_at_ms = now_ms;
    database_row_copy(row, "run_id", run->run_id, sizeof run->run_id);
    database_row_copy(row, "error_code", run->error_code, sizeof run->error_code);
}

/* A row for each integration, followed by its runs; or one without either, for the clock. */
static void audit_read_row(void *context, const struct database_row *row)
{
    struct audit *audit = context;
    struct audit_result *result = audit->result;
    int64_t settled = audit_minute(database_row_number(row, "now_us", 0) - INSTANT_US_PER_MINUTE);
    int64_t to = audit->options->has_to ? audit_minute(audit->options->to_us) : settled;
    struct schedule schedule;

    if (!schema_check(row))
        return;
    /* What is due now is being served: the period ends a minute before. */
    result->is_cut = to > settled;
    result->to = to < settled ? to : settled;
    result->pruned_before = database_row_number(row, "pruned_before", INT64_MIN);
    if (!schedule_read_row(row, &audit->repeated, &schedule) &&
        database_row_text(row, "run_id") == NULL)
        return;
    if (schedule.set_aside != NULL)
        audit_set_aside(audit, &schedule);
    if (*schedule.org_id == '\0' || *schedule.integration_id == '\0')
        return;
    if (run_compare_keys(schedule.org_id, schedule.integration_id, audit->org_id,
                         audit->integration_id) != 0) {
        audit_close(audit);
        audit_open(audit, &schedule, row);
    }
    if (database_row_text(row, "run_id") != NULL)
        audit_add_run(audit, row);
}

bool audit_is_good(const struct audit_result *result)
{
    return audit_is_clean(&result->totals) && result->broken == 0;
}

bool audit_read(const struct audit_options *options, audit_entry_reader *read, void *context,
                struct audit_result *result, struct error *err)
{
    struct audit audit = {.options = options, .result = result, .read = read, .context = context};
    int64_t to = options->has_to ? audit_minute(options->to_us) : AUDIT_EVER;
    char from_text[DATABASE_NUMBER_SIZE];
    char to_text[DATABASE_NUMBER_SIZE];
    const char *values[] = {database_number(from_text, audit_minute(options->from_us)),
                            database_number(to_text, to), options->org_id, options->integration_id};
    struct database_statement statements[] = {
        {.sql = sql_repeated, .read_row = schedules_read_repeated, .context = &audit.repeated},
        {sql_audit, 4, values, audit_read_row, &audit},
    };
    struct database *db = database_open(&options->database, options->deadline_ms, err);
    bool ok;

    *result = (struct audit_result){.from = audit_minute(options->from_us)};
    if (db == NULL)
        return false;
    ok = database_transact(db, statements, 2, AUDIT_LOCK_MS, options->deadline_ms, err) ||
         error_prefix(err, "reading the log");
    database_close(db);
    if (ok)
        audit_close(&audit);
    schedules_warn_of_rest(audit.invalid);
    schedules_repeated_free(&audit.repeated);
    zones_free(&audit.zones);
    free(audit.runs);
    if (ok && result->integrations == 0 &&
        (options->org_id != NULL || options->integration_id != NULL)) {
        error_set(err, ERROR_USAGE,
                  "neither a schedule nor a run in the period has the ids of --org and "
                  "--integration");
        return error_hint(err, "syncsched status lists those that are there");
    }
    if (!ok || result->from < result->to)
        return ok;
    error_set(err, ERROR_USAGE, "nothing in the period lies in the past");
    return error_hint(err, "--from must lie before --to and at least two minutes back");
}
