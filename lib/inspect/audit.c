#include "inspect/audit.h"

#include "base/json.h"
#include "base/memory.h"
#include "inspect/ledger.h"
#include "plan/timetable.h"
#include "sql.h"
#include "store/schedules.h"
#include "store/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    AUDIT_LOCK_MS = 5000,
    AUDIT_PART_GAP = 4,               /* of audit.sql */
    AUDIT_STATEMENTS = 2,             /* besides that for the ledger */
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
    json_t *known;  /* "ORG/INTEGRATION" and what people call it */
    json_t *codes;  /* of errors, each once */

    /* The integration that is being read; its ids are empty before the first one. */
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    struct audit_names names; /* the texts are those of known */
    char *state_text;         /* which the journal should hold */
    bool is_unseen;           /* by ticks: it has the text of its row */
    int64_t known_to;         /* the journal reaches so far; INT64_MIN: there is none */
    struct audit_text *texts; /* in order of time */
    size_t text_count;
    size_t text_capacity;
    struct audit_stretch *unjudged;
    size_t unjudged_count;
    size_t unjudged_capacity;
    struct audit_subject subject;
    struct audit_run *runs;
    size_t capacity;
    size_t next_export; /* periods_find_export()'s */
};

/* The first whole minute at or after an instant. */
static int64_t audit_minute(int64_t instant_us)
{
    return -instant_divide_down(-instant_us, INSTANT_US_PER_MINUTE);
}

/* ---- The texts of one integration ---- */

/*
 * In a minute in which one text follows another, both may be in force, and so may several where a
 * clock stepped back.
 */
static bool audit_find_slot(void *context, int64_t after, int64_t *slot, bool *is_stepped_over)
{
    const struct audit *audit = context;
    bool is_found = false;

    for (size_t i = 0; i < audit->text_count; i++) {
        const struct audit_text *text = &audit->texts[i];
        int64_t from = text->from > after ? text->from : after;
        int64_t next;

        if (is_found && text->from >= *slot)
            break;
        if (text->accounted_to <= from || !timetable_next(&text->timetable, from, &next) ||
            next > text->accounted_to || (is_found && next > *slot))
            continue;
        *is_stepped_over = next > text->to && (!is_found || next < *slot || *is_stepped_over);
        *slot = next;
        is_found = true;
    }
    return is_found;
}

static void audit_add_text(struct audit *audit, const struct audit_text *text, const char *name)
{
    audit->texts =
        memory_grow(audit->texts, audit->text_count, &audit->text_capacity, sizeof *audit->texts);
    audit->texts[audit->text_count] = *text;
    audit->texts[audit->text_count++].name = memory_copy_text(name);
}

static void audit_forget_texts(struct audit *audit)
{
    for (size_t i = 0; i < audit->text_count; i++)
        free(audit->texts[i].name);
    audit->text_count = 0;
}

/* What lies behind one minute, up to and with another, as far as it is in the period. */
static void audit_add_unjudged(struct audit *audit, int64_t after, int64_t up_to,
                               const char *reason)
{
    const struct audit_subject *subject = &audit->subject;
    struct audit_stretch stretch = {.from = subject->judged_from, .to = subject->to};

    if (after >= stretch.from)
        stretch.from = after + 1;
    if (up_to < stretch.to)
        stretch.to = up_to + 1;
    if (stretch.from >= stretch.to)
        return;
    stretch.reason = memory_copy_text(reason);
    audit->unjudged = memory_grow(audit->unjudged, audit->unjudged_count, &audit->unjudged_capacity,
                                  sizeof *audit->unjudged);
    audit->unjudged[audit->unjudged_count++] = stretch;
}

/* A row of the journal. "?": what was in force before there was a journal. */
static void audit_read_text(struct audit *audit, const struct database_row *row)
{
    const char *name = database_row_text(row, "text");
    struct audit_text text = {.from = database_row_number(row, "valid_from", INT64_MIN),
                              .to = database_row_number(row, "valid_to", INT64_MAX),
                              .accounted_to = database_row_number(row, "accounted_to", INT64_MAX)};
    struct error err = {0};
    int64_t known_to;

    if (text.to == INT64_MAX && audit->state_text != NULL && strcmp(name, audit->state_text) == 0) {
        free(audit->state_text);
        audit->state_text = NULL;
    }
    if (audit->is_unseen) /* somebody has taken its state away */
        audit_forget_texts(audit);
    audit->is_unseen = false;
    known_to = text.to != INT64_MAX ? text.to : text.from;
    audit->known_to = known_to > audit->known_to ? known_to : audit->known_to;
    if (strcmp(name, "?") == 0)
        audit_add_unjudged(audit, text.from, text.to, "its journal had not begun");
    else if (timetable_read_text(name, &audit->zones, &text.timetable, &err))
        audit_add_text(audit, &text, name);
    else
        audit_add_unjudged(audit, text.from, text.accounted_to, err.message);
}

/* ---- One integration ---- */

static void audit_take_slot(void *context, const struct audit_slot *slot)
{
    struct audit *audit = context;
    struct audit_entry entry = {audit->org_id, audit->integration_id, &audit->names, .slot = slot};

    audit_count(&audit->result->totals, slot);
    if (slot->verdict == AUDIT_MISSING && audit->is_unseen) {
        audit->result->unseen++;
        audit->is_unseen = false; /* once an integration */
    }
    if (slot->verdict != AUDIT_COMPLETED)
        entry.exported_by = periods_find_export(&audit->subject, slot->slot, &audit->next_export);
    audit->read(audit->context, &entry);
}

static void audit_take_period(void *context, const struct periods_finding *finding)
{
    struct audit *audit = context;
    struct audit_entry entry = {audit->org_id, audit->integration_id, &audit->names,
                                .period = finding};

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

static void audit_hand_on_texts(struct audit *audit)
{
    for (size_t i = 0; audit->options->wants_texts && i < audit->text_count; i++) {
        const struct audit_text *text = &audit->texts[i];
        struct audit_entry entry = {audit->org_id, audit->integration_id, &audit->names,
                                    .text = text};

        if (text->from + 1 < audit->subject.to && text->to >= audit->subject.from)
            audit->read(audit->context, &entry);
    }
}

static void audit_hand_on_unjudged(struct audit *audit)
{
    if (audit->state_text != NULL ||
        (audit->known_to == INT64_MIN && !audit->is_unseen && audit->subject.count > 0))
        audit_add_unjudged(audit, audit->known_to, INT64_MAX, "its text is not in the journal");
    for (size_t i = 0; i < audit->unjudged_count; i++) {
        struct audit_entry entry = {audit->org_id, audit->integration_id, &audit->names,
                                    .unjudged = &audit->unjudged[i]};

        audit->result->unjudged++;
        audit->read(audit->context, &entry);
    }
}

/* Judges the integration whose runs have all been read, if there is one. */
static void audit_close(struct audit *audit)
{
    if (*audit->org_id != '\0') {
        audit_hand_on_unjudged(audit);
        audit_hand_on_texts(audit);
        audit->subject.runs = audit->runs;
        audit->next_export = 0;
        audit->subject.unjudged = audit->unjudged;
        audit->subject.unjudged_count = audit->unjudged_count;
        audit_match(&audit->subject, audit_take_slot, audit);
        audit_match_periods(audit);
    }
    for (size_t i = 0; i < audit->unjudged_count; i++)
        free(audit->unjudged[i].reason);
    audit->unjudged_count = 0;
    audit_forget_texts(audit);
    free(audit->state_text);
    audit->state_text = NULL;
}

/* Nothing can be judged of it, and somebody should know, unless it is disabled anyway. */
static void audit_set_aside(struct audit *audit, const struct schedule *schedule,
                            const struct database_row *row)
{
    struct subject about;
    struct error err;

    if (!schedule->is_active)
        return;
    error_set(&err, ERROR_INVALID, "%s", schedule->set_aside);
    about = timetable_subject(schedule, database_row_text(row, "organization"));
    schedules_warn(&about, &err, &audit->invalid);
}

/* No tick has seen it: its text is that of its row. */
static void audit_read_unseen(struct audit *audit, const struct schedule *schedule)
{
    struct audit_text text = {.from = INT64_MIN, .to = INT64_MAX, .accounted_to = INT64_MAX};
    struct subject about;
    struct error err = {0};

    audit->is_unseen = timetable_read(schedule, &audit->zones, &text.timetable, &err);
    if (audit->is_unseen) {
        struct text name = {0};

        timetable_add_text(schedule, &name);
        audit_add_text(audit, &text, name.data);
        text_free(&name);
        return;
    }
    about = timetable_subject(schedule, audit->names.organization);
    schedules_warn(&about, &err, &audit->invalid);
}

static void audit_find_names(const struct audit *audit, const char *org_id,
                             const char *integration_id, struct audit_names *names)
{
    char key[2 * RUN_UUID_SIZE];
    const json_t *known;

    snprintf(key, sizeof key, "%s/%s", org_id, integration_id);
    known = json_object_get(audit->known, key);
    *names = (struct audit_names){json_string_value(json_object_get(known, "organization")),
                                  json_string_value(json_object_get(known, "integrationType")),
                                  json_string_value(json_object_get(known, "timezone"))};
}

static void audit_keep_names(struct audit *audit, const struct schedule *schedule,
                             const struct database_row *row)
{
    char key[2 * RUN_UUID_SIZE];

    snprintf(key, sizeof key, "%s/%s", schedule->org_id, schedule->integration_id);
    if (!audit->options->wants_ledger)
        json_object_clear(audit->known); /* the ledger comes after all of them */
    json_object_set_new(audit->known, key,
                        json_pack("{s:o, s:o, s:o}", "organization",
                                  json_from_text(database_row_text(row, "organization")),
                                  "integrationType", json_from_text(schedule->integration_type),
                                  "timezone", json_from_text(schedule->timezone)));
    audit_find_names(audit, schedule->org_id, schedule->integration_id, &audit->names);
}

static void audit_open(struct audit *audit, const struct schedule *schedule,
                       const struct database_row *row)
{
    const struct audit_result *result = audit->result;
    int64_t now_us = database_row_number(row, "now_us", 0);
    int64_t judged_from =
        result->pruned_before > result->from ? result->pruned_before : result->from;

    memcpy(audit->org_id, schedule->org_id, sizeof audit->org_id);
    memcpy(audit->integration_id, schedule->integration_id, sizeof audit->integration_id);
    audit_keep_names(audit, schedule, row);
    audit->subject = (struct audit_subject){
        .from = result->from,
        .to = result->to,
        .judged_from = judged_from < result->to ? judged_from : result->to,
        .mark = schedule->mark,
        .old_before = instant_divide_down(now_us, INSTANT_US_PER_MINUTE) - AUDIT_OLD_MINUTES,
        .next_slot = audit_find_slot,
        .slots = audit,
    };
    audit->known_to = INT64_MIN;
    audit->is_unseen = false;
    if (schedule->state_text == NULL && schedule->is_active && schedule->set_aside == NULL)
        audit_read_unseen(audit, schedule);
    else if (schedule->state_text != NULL && *schedule->state_text != '\0')
        audit->state_text = memory_copy_text(schedule->state_text);
    audit->result->integrations++;
}

/* ---- Reading ---- */

/* There are many runs, and few codes. */
static const char *audit_keep_code(struct audit *audit, const struct database_row *row)
{
    char code[OUTCOME_CODE_SIZE];

    database_row_copy(row, "error_code", code, sizeof code);
    if (json_object_get(audit->codes, code) == NULL)
        json_object_set_new_nocheck(audit->codes, code, json_from_text(code));
    return json_string_value(json_object_get(audit->codes, code));
}

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
        .error_code = audit_keep_code(audit, row),
        .http_status = (int)database_row_number(row, "http_status", 0),
        .status = run_status_parse(database_row_text(row, "status")),
        .attempt = (int)database_row_number(row, "attempt", 0),
        .resolution = run_resolution_parse(database_row_text(row, "resolution")),
        .is_resolved_by_function = database_row_is_true(row, "is_resolved_by_function"),
        .is_by_schedule =
            strcmp(triggered_by, "schedule") == 0 || strcmp(triggered_by, "catch_up") == 0,
        .is_by_hand = strcmp(triggered_by, "manual") == 0,
        .scheduled_for = database_row_number(row, "scheduled_for", 0),
        .covers_from = database_row_number(row, "covers_from", 0),
        .period_start = database_row_number(row, "period_start", RUN_PERIOD_OPEN),
        .started_at_ms = database_row_number(row, "started_at", INT64_MIN),
        .is_accepted = database_row_is_true(row, "is_accepted"),
        .records = database_row_number(row, "records_exported", -1),
    };
    if (run->started_at_ms > now_ms + AUDIT_AHEAD_MS)
        run->started_at_ms = now_ms;
    database_row_copy(row, "run_id", run->run_id, sizeof run->run_id);
}

static void audit_hand_on_run(const struct audit *audit, const struct database_row *row)
{
    const struct audit_run *run = &audit->runs[audit->subject.count - 1];
    struct audit_record record = {
        .run = run,
        .message = database_row_text(row, "error_message"),
        .trigger_name = database_row_text(row, "trigger_name"),
        .host = database_row_text(row, "host"),
        .resolved_by = database_row_text(row, "resolved_by"),
        .note = database_row_text(row, "resolution_note"),
        .created_at_ms = database_row_number(row, "created_at", INT64_MIN),
        .resolved_at_ms = database_row_number(row, "resolved_at", INT64_MIN),
    };
    struct audit_entry entry = {audit->org_id, audit->integration_id, &audit->names,
                                .record = &record};

    if (run->scheduled_for >= audit->subject.from && run->scheduled_for < audit->subject.to)
        audit->read(audit->context, &entry);
}

static void audit_hand_on_gap(struct audit *audit, const struct database_row *row)
{
    struct audit_stretch gap = {.from = database_row_number(row, "valid_from", 0),
                                .to = database_row_number(row, "valid_to", 0)};
    struct audit_entry entry = {.gap = &gap};

    audit_close(audit);
    *audit->org_id = '\0';
    audit->read(audit->context, &entry);
}

/* For each integration its row, its texts and its runs; or a row without any, for the clock. */
static void audit_read_row(void *context, const struct database_row *row)
{
    struct audit *audit = context;
    struct audit_result *result = audit->result;
    int64_t now_us = database_row_number(row, "now_us", 0);
    int64_t settled = audit_minute(now_us - INSTANT_US_PER_MINUTE);
    int64_t to = audit->options->has_to ? audit_minute(audit->options->to_us) : settled;
    struct schedule schedule;

    if (!schema_check(row))
        return;
    /* What is due now is being served: the period ends a minute before. */
    result->is_cut = to > settled;
    result->to = to < settled ? to : settled;
    result->now_us = now_us;
    result->pruned_before = database_row_number(row, "pruned_before", INT64_MIN);
    if (database_row_number(row, "part", 0) == AUDIT_PART_GAP) {
        audit_hand_on_gap(audit, row);
        return;
    }
    if (!schedule_read_row(row, &audit->repeated, &schedule) &&
        database_row_text(row, "run_id") == NULL && database_row_text(row, "text") == NULL)
        return;
    if (schedule.set_aside != NULL)
        audit_set_aside(audit, &schedule, row);
    if (*schedule.org_id == '\0' || *schedule.integration_id == '\0')
        return;
    if (run_compare_keys(schedule.org_id, schedule.integration_id, audit->org_id,
                         audit->integration_id) != 0) {
        audit_close(audit);
        audit_open(audit, &schedule, row);
    }
    if (database_row_text(row, "text") != NULL)
        audit_read_text(audit, row);
    if (database_row_text(row, "run_id") == NULL)
        return;
    audit_add_run(audit, row);
    if (audit->options->wants_runs)
        audit_hand_on_run(audit, row);
}

bool audit_is_good(const struct audit_result *result)
{
    return audit_is_clean(&result->totals) && result->broken == 0 && result->unjudged == 0 &&
           ledger_is_clean(&result->ledger);
}

static void audit_take_ledger(void *context, const struct audit_entry *entry)
{
    const struct audit *audit = context;
    struct audit_entry named = *entry;
    struct audit_names names;

    audit_find_names(audit, entry->org_id, entry->integration_id, &names);
    named.names = &names;
    audit->read(audit->context, &named);
}

/* The last integration has been read by then. */
static void audit_read_ledger(void *context, const struct database_row *row)
{
    struct audit *audit = context;
    struct ledger_reader reader = {audit_take_ledger, audit, &audit->result->ledger};

    audit_close(audit);
    *audit->org_id = '\0';
    ledger_read_row(&reader, row);
}

static bool audit_transact(struct database *db, const struct audit_options *options,
                           const struct database_statement *statements, struct error *err)
{
    struct database_transaction transaction = {.statements = statements,
                                               .count = options->wants_ledger ? AUDIT_STATEMENTS + 1
                                                                              : AUDIT_STATEMENTS,
                                               .lock_timeout_ms = AUDIT_LOCK_MS};

    (void)database_run(db, &transaction, options->deadline_ms);
    if (transaction.done)
        return true;
    *err = transaction.error;
    return transaction.read == AUDIT_STATEMENTS && options->wants_ledger
               ? ledger_explain(db, err)
               : error_prefix(err, "reading the log");
}

bool audit_read(const struct audit_options *options, audit_entry_reader *read, void *context,
                struct audit_result *result, struct error *err)
{
    struct audit audit = {.options = options,
                          .result = result,
                          .read = read,
                          .context = context,
                          .known = json_object(),
                          .codes = json_object()};
    int64_t to = options->has_to ? audit_minute(options->to_us) : AUDIT_EVER;
    char from_text[DATABASE_NUMBER_SIZE];
    char to_text[DATABASE_NUMBER_SIZE];
    const char *values[] = {database_number(from_text, audit_minute(options->from_us)),
                            database_number(to_text, to), options->org_id, options->integration_id,
                            options->wants_runs ? "true" : "false"};
    struct database_statement statements[] = {
        {.sql = sql_repeated, .read_row = schedules_read_repeated, .context = &audit.repeated},
        {sql_audit, 5, values, audit_read_row, &audit},
        {sql_ledger, 4, values, audit_read_ledger, &audit},
    };
    struct database *db = database_open(&options->database, options->deadline_ms, err);
    bool ok;

    *result = (struct audit_result){.from = audit_minute(options->from_us)};
    if (db == NULL)
        return false;
    ok = audit_transact(db, options, statements, err);
    database_close(db);
    if (ok)
        audit_close(&audit);
    schedules_warn_of_rest(audit.invalid);
    schedules_repeated_free(&audit.repeated);
    zones_free(&audit.zones);
    json_decref(audit.known);
    json_decref(audit.codes);
    audit_forget_texts(&audit);
    free(audit.runs);
    free(audit.texts);
    free(audit.unjudged);
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
