#include "report/runs.h"

#include "base/csv.h"
#include "base/json.h"
#include "plan/policy.h"
#include "report/run_word.h"
#include "report/slot_line.h"
#include "time/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- The tree ---- */

static void runs_set_time(json_t *run, const char *key, int64_t time_ms)
{
    char text[INSTANT_TEXT_SIZE];

    if (time_ms != INT64_MIN)
        instant_format_second(time_ms, text);
    json_object_set_new(run, key, time_ms != INT64_MIN ? json_string(text) : json_null());
}

static void runs_set_minute(json_t *run, const char *key, int64_t minute)
{
    runs_set_time(run, key, minute != INT64_MIN ? minute * 60000 : INT64_MIN);
}

static void runs_set_number(json_t *run, const char *key, int64_t number, bool is_known)
{
    json_object_set_new(run, key, is_known ? json_integer(number) : json_null());
}

/* A run that ticks made: how long after its slot it began. */
static bool runs_is_by_tick(const struct runs_record *record)
{
    return record->started_at != INT64_MIN && record->triggered_by != NULL &&
           (strcmp(record->triggered_by, "schedule") == 0 ||
            strcmp(record->triggered_by, "catch_up") == 0);
}

static void runs_set_times(json_t *run, const struct runs_record *record)
{
    bool is_completed = record->status != NULL && strcmp(record->status, "completed") == 0;
    int64_t late_ms = 0;

    if (runs_is_by_tick(record))
        late_ms = record->started_at - record->scheduled_for * 60000;
    runs_set_time(run, "createdAt", record->created_at);
    runs_set_time(run, "startedAt", record->started_at);
    runs_set_time(run, "acceptedAt", record->accepted_at);
    runs_set_time(run, "completedAt", is_completed ? record->ended_at : INT64_MIN);
    runs_set_time(run, "failedAt", is_completed ? INT64_MIN : record->ended_at);
    if (record->ended_at != INT64_MIN && record->started_at != INT64_MIN)
        runs_set_number(run, "durationMs", record->ended_at - record->started_at, true);
    else
        runs_set_number(run, "durationMs", 0, false);
    runs_set_number(run, "lateSeconds", late_ms > 0 ? late_ms / 1000 : 0, runs_is_by_tick(record));
}

static void runs_set_outcome(json_t *run, const struct runs_record *record)
{
    runs_set_number(run, "recordsExported", record->records, record->records >= 0);
    json_object_set_new(run, "errorClass", json_from_text(record->error_class));
    json_object_set_new(run, "errorCode", json_from_text(record->error_code));
    json_object_set_new(run, "errorMessage", json_from_text(record->error_message));
    runs_set_number(run, "httpStatus", record->http_status, record->http_status != 0);
    json_object_set_new(run, "requestId", json_from_text(record->request_id));
    runs_set_time(run, "retryAt", record->retry_at);
    json_object_set_new(run, "resolution", json_from_text(record->resolution));
    runs_set_time(run, "resolvedAt", record->resolved_at);
    json_object_set_new(run, "resolvedBy", json_from_text(record->resolved_by));
    json_object_set_new(run, "resolutionNote", json_from_text(record->resolution_note));
}

json_t *runs_tree(const struct runs_record *record)
{
    json_t *run = json_object();

    runs_set_minute(run, "scheduledFor", record->scheduled_for);
    json_object_set_new(run, "organization", json_from_text(record->organization));
    json_object_set_new(run, "integrationType", json_from_text(record->integration_type));
    json_object_set_new(run, "status", json_from_text(record->status));
    runs_set_number(run, "attempt", record->attempt, true);
    json_object_set_new(run, "runId", json_string(record->run_id));
    json_object_set_new(run, "orgId", json_string(record->org_id));
    json_object_set_new(run, "integrationId", json_string(record->integration_id));
    runs_set_minute(run, "coversFrom", record->covers_from);
    runs_set_minute(run, "periodStart", record->period_start);
    runs_set_times(run, record);
    runs_set_outcome(run, record);
    json_object_set_new(run, "triggeredBy", json_from_text(record->triggered_by));
    json_object_set_new(run, "triggerName", json_from_text(record->trigger_name));
    json_object_set_new(run, "host", json_from_text(record->host));
    json_object_set_new(run, "worker", json_from_text(record->worker));
    json_object_set_new(run, "idempotencyKey", json_from_text(record->idempotency_key));
    json_object_set_new(run, "timezone",
                        json_from_text(record->timezone != NULL ? record->timezone : "UTC"));
    return run;
}

/* ---- Members ---- */

static const char *runs_text(const json_t *run, const char *key)
{
    return json_string_value(json_object_get(run, key));
}

/* The same as it is shown. */
static const char *runs_shown(const json_t *run, const char *key)
{
    const char *text = runs_text(run, key);

    return text != NULL && *text != '\0' ? text : "-";
}

/* A time of the tree in milliseconds; INT64_MIN: none. */
static int64_t runs_time(const json_t *run, const char *key)
{
    const char *text = runs_text(run, key);
    struct error err;
    int64_t us;

    return text != NULL && instant_parse(text, &us, &err) ? us / 1000 : INT64_MIN;
}

static int64_t runs_minute(const json_t *run, const char *key)
{
    int64_t time_ms = runs_time(run, key);

    return time_ms != INT64_MIN ? instant_divide_down(time_ms, 60000) : INT64_MIN;
}

/* ---- The outcome in words ---- */

static void runs_add_count(const json_t *run, struct text *out)
{
    const json_t *records = json_object_get(run, "recordsExported");

    if (json_is_integer(records))
        text_addf(out, "%" JSON_INTEGER_FORMAT " record%s", json_integer_value(records),
                  json_integer_value(records) == 1 ? "" : "s");
}

/* "TIMEOUT, done (kari@alpha), 117 records": what the log said, and what was said afterwards. */
static void runs_add_resolution(const json_t *run, const char *code, struct text *out)
{
    text_addf(out, "%s, %s (%s)", code,
              strcmp(runs_text(run, "resolution"), "done") == 0 ? "done" : "not done",
              runs_shown(run, "resolvedBy"));
    if (json_is_integer(json_object_get(run, "recordsExported"))) {
        text_add(out, ", ");
        runs_add_count(run, out);
    }
}

/* "130 records, 12 min late", "failed HTTP_500, attempt 2: the ledger is closed" */
static void runs_add_outcome(const json_t *run, struct text *out)
{
    const char *word = run_word_of(run);
    const char *code = runs_text(run, "errorCode");
    const char *message = runs_text(run, "errorMessage");
    const char *note = runs_text(run, "resolutionNote");
    bool is_resolved = code != NULL && runs_text(run, "resolution") != NULL;
    int64_t attempt = json_integer_value(json_object_get(run, "attempt"));
    int64_t late_s = json_integer_value(json_object_get(run, "lateSeconds"));
    char late[DURATION_TEXT_SIZE];

    if (is_resolved)
        runs_add_resolution(run, code, out);
    else if (json_is_integer(json_object_get(run, "recordsExported")))
        runs_add_count(run, out);
    else
        text_add(out, word);
    if (!is_resolved && code != NULL &&
        (strcmp(word, "failed") == 0 || strcmp(word, "unknown") == 0))
        text_addf(out, " %s", code);
    if (attempt > 1)
        text_addf(out, ", attempt %" PRId64, attempt);
    if (late_s > POLICY_LATE_MINUTES * 60) {
        duration_format(late_s * 1000, late);
        text_addf(out, ", %s late", late);
    }
    if (note != NULL || message != NULL)
        text_addf(out, ": %s", note != NULL ? note : message);
}

/* ---- A line for a person ---- */

static void runs_add_text_line(const struct terminal *terminal, struct when *when,
                               const json_t *run, struct text *out)
{
    const struct zone *zone = when_zone(when, runs_text(run, "timezone"));
    const json_t *duration = json_object_get(run, "durationMs");
    enum terminal_colour colour = run_word_find(run_word_of(run))->colour;
    struct subject subject = {runs_text(run, "organization"), runs_text(run, "orgId"),
                              runs_text(run, "integrationType"), runs_text(run, "integrationId")};
    struct text cell = {0};

    when_add_minute(when, zone, runs_minute(run, "scheduledFor"), &cell);
    slot_line_add_cell(out, text_string(&cell), WHEN_SLOT_COLUMNS, false);
    slot_line_add_subject(terminal, &subject, out);
    text_clear(&cell);
    when_add_length(json_is_integer(duration) ? json_integer_value(duration) : -1, &cell);
    slot_line_add_cell(out, text_string(&cell), WHEN_LENGTH_COLUMNS, true);
    text_clear(&cell);
    runs_add_outcome(run, &cell);
    slot_line_end(terminal, slot_line_columns(terminal) + WHEN_LENGTH_COLUMNS + 1,
                  colour == TERMINAL_GOOD ? TERMINAL_PLAIN : colour, text_string(&cell), out);
    text_free(&cell);
}

/* ---- Lines ---- */

static void runs_add_csv_line(json_t *run, bool is_heading, struct text *out)
{
    bool is_first = true;
    const char *key;
    json_t *value;

    json_object_foreach(run, key, value)
    {
        char number[24] = "";

        if (json_is_integer(value))
            snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        csv_add_cell(out,
                     is_heading               ? key
                     : json_is_integer(value) ? number
                                              : json_string_value(value),
                     is_first);
        is_first = false;
    }
    csv_end_line(out);
}

void runs_add_heading(enum runs_format format, const struct terminal *terminal, struct text *out)
{
    struct runs_record nobody = {.scheduled_for = INT64_MIN};
    struct text line = {0};

    if (format == RUNS_CSV) {
        json_t *run = runs_tree(&nobody);

        runs_add_csv_line(run, true, out);
        json_decref(run);
    }
    if (format != RUNS_TEXT)
        return;
    slot_line_add_heading(terminal, &line);
    slot_line_add_cell(&line, "TOOK", WHEN_LENGTH_COLUMNS, true);
    text_add(&line, "OUTCOME");
    terminal_paint(terminal, out, TERMINAL_BOLD, text_string(&line));
    text_add(out, "\n");
    text_free(&line);
}

void runs_add_line(enum runs_format format, const struct terminal *terminal, struct when *when,
                   json_t *run, struct text *out)
{
    if (format == RUNS_JSON) {
        json_add_line(out, run);
        text_add(out, "\n");
        return;
    }
    if (format == RUNS_CSV)
        runs_add_csv_line(run, false, out);
    else
        runs_add_text_line(terminal, when, run, out);
    json_decref(run);
}

/* ---- One in full ---- */

/* What the lines of a run in full are made of. */
struct runs_details {
    const struct terminal *terminal;
    struct when *when;
    const struct zone *zone;
    struct text *out;
    struct text cell; /* what is being put together */
    int64_t slot_ms;
};

enum { RUNS_LABEL_COLUMNS = 12, RUNS_FAR_MS = 12 * 3600 * 1000 };

/*
 * Ends a line with what was put together, which may be hostile; a long one goes on below, unless it
 * is one word, which is to be copied. NULL: it has no label, and no room for one.
 */
static void runs_end_line(struct runs_details *details, const char *label,
                          enum terminal_colour colour)
{
    int indent = label != NULL ? RUNS_LABEL_COLUMNS : 0;
    size_t room = strchr(text_string(&details->cell), ' ') != NULL
                      ? details->terminal->columns - (size_t)indent
                      : SIZE_MAX;
    struct text clean = {0};
    struct text piece = {0};

    terminal_add_clean(&clean, text_string(&details->cell));
    for (const char *at = text_string(&clean); *at != '\0'; at += strspn(at, " ")) {
        size_t length = terminal_break(at, room);

        text_addf(details->out, "%-*s", indent, label != NULL ? label : "");
        text_clear(&piece);
        text_append(&piece, at, length);
        terminal_paint(details->terminal, details->out, colour, text_string(&piece));
        text_add(details->out, "\n");
        label = "";
        at += length;
    }
    text_free(&piece);
    text_free(&clean);
    text_clear(&details->cell);
}

static void runs_add_local(struct runs_details *details, int64_t minute)
{
    when_add_minute(details->when, details->zone, minute, &details->cell);
}

static void runs_add_what(struct runs_details *details, const json_t *run)
{
    int64_t slot = runs_minute(run, "scheduledFor");
    int64_t covers_from = runs_minute(run, "coversFrom");
    int64_t period_start = runs_minute(run, "periodStart");
    const char *name = runs_text(run, "organization");

    text_addf(&details->cell, "%s / %s (%.8s)", name != NULL ? name : runs_text(run, "orgId"),
              runs_shown(run, "integrationType"), runs_text(run, "integrationId"));
    runs_end_line(details, NULL, TERMINAL_BOLD);
    text_add(&details->cell, runs_text(run, "runId"));
    runs_end_line(details, "run", TERMINAL_PLAIN);
    runs_add_local(details, slot);
    text_addf(&details->cell, " %s (%s)", runs_text(run, "timezone"),
              runs_text(run, "scheduledFor"));
    runs_end_line(details, "slot", TERMINAL_PLAIN);
    if (covers_from < slot) {
        text_add(&details->cell, "the slots from ");
        runs_add_local(details, covers_from);
        text_add(&details->cell, " on, too");
        runs_end_line(details, "covers", TERMINAL_PLAIN);
    }
    text_add(&details->cell, period_start == INT64_MIN ? "everything" : "what lies after ");
    if (period_start != INT64_MIN)
        runs_add_local(details, period_start);
    text_add(&details->cell, " up to its slot");
    runs_end_line(details, "exports", TERMINAL_PLAIN);
    text_add(&details->cell, runs_shown(run, "idempotencyKey"));
    runs_end_line(details, "key", TERMINAL_PLAIN);
}

static void runs_add_result(struct runs_details *details, const json_t *run)
{
    const char *word = run_word_of(run);
    const char *code = runs_text(run, "errorCode");
    const char *message = runs_text(run, "errorMessage");
    const char *request = runs_text(run, "requestId");
    const char *resolution = runs_text(run, "resolution");
    const json_t *http = json_object_get(run, "httpStatus");

    text_add(&details->cell, word);
    if (code != NULL)
        text_addf(&details->cell, " %s", code);
    if (code != NULL && strcmp(word, "failed") == 0)
        text_addf(&details->cell, " (%s)", runs_shown(run, "errorClass"));
    if (json_is_integer(json_object_get(run, "recordsExported"))) {
        text_add(&details->cell, ", ");
        runs_add_count(run, &details->cell);
    }
    runs_end_line(details, "outcome", run_word_find(word)->colour);
    text_add(&details->cell, message != NULL ? message : "");
    runs_end_line(details, "message", TERMINAL_PLAIN);
    if (json_is_integer(http))
        text_addf(&details->cell, "%" JSON_INTEGER_FORMAT, json_integer_value(http));
    if (request != NULL)
        text_addf(&details->cell, "%srequest %s of the platform's log",
                  details->cell.length > 0 ? ", " : "", request);
    runs_end_line(details, "HTTP", TERMINAL_PLAIN);
    if (resolution == NULL)
        return;
    text_addf(&details->cell, "%s, says %s, ",
              strcmp(resolution, "done") == 0 ? "done" : "not done", runs_shown(run, "resolvedBy"));
    runs_add_local(details, runs_minute(run, "resolvedAt"));
    if (runs_text(run, "resolutionNote") != NULL)
        text_addf(&details->cell, ": %s", runs_text(run, "resolutionNote"));
    runs_end_line(details, "settled", TERMINAL_BOLD);
}

/* "02:00:07  called, 7 s after its time" */
static void runs_add_event(struct runs_details *details, int64_t time_ms, const char *event)
{
    struct text when = {0};

    if (time_ms == INT64_MIN) {
        text_clear(&details->cell);
        return;
    }
    if (time_ms - details->slot_ms > RUNS_FAR_MS) {
        when_add_minute(details->when, details->zone, instant_divide_down(time_ms, 60000), &when);
        text_add(&when, ", ");
    }
    when_add_second(details->zone, time_ms, &when);
    text_addf(&when, "  %s%s", event, text_string(&details->cell));
    text_clear(&details->cell);
    text_add(&details->cell, text_string(&when));
    runs_end_line(details, "", TERMINAL_PLAIN);
    text_free(&when);
}

static void runs_add_timeline(struct runs_details *details, const json_t *run)
{
    int64_t started = runs_time(run, "startedAt");
    int64_t ended = runs_time(run, "completedAt");
    const json_t *duration = json_object_get(run, "durationMs");
    bool is_answered = ended != INT64_MIN || json_is_integer(json_object_get(run, "httpStatus"));

    if (ended == INT64_MIN)
        ended = runs_time(run, "failedAt");
    runs_add_event(details, details->slot_ms, "due");
    text_addf(&details->cell, " by %s on %s (%s)", runs_shown(run, "triggerName"),
              runs_shown(run, "host"), runs_shown(run, "triggeredBy"));
    runs_add_event(details, runs_time(run, "createdAt"), "claimed");
    text_add(&details->cell, " ");
    when_add_length(started != INT64_MIN ? started - details->slot_ms : 0, &details->cell);
    text_addf(&details->cell, " after its time, by worker %s", runs_shown(run, "worker"));
    runs_add_event(details, started, "called");
    runs_add_event(details, runs_time(run, "acceptedAt"), "accepted: the function works on");
    if (json_is_integer(duration)) {
        text_add(&details->cell, " after ");
        when_add_length(json_integer_value(duration), &details->cell);
    }
    runs_add_event(details, ended, is_answered ? "answered" : "ended");
    runs_add_event(details, runs_time(run, "retryAt"), "not to be called again before this");
}

void runs_add_details(const struct terminal *terminal, struct when *when, const json_t *run,
                      const json_t *attempts, const json_t *actions, struct text *out)
{
    struct runs_details details = {.terminal = terminal,
                                   .when = when,
                                   .zone = when_zone(when, runs_text(run, "timezone")),
                                   .out = out,
                                   .slot_ms = runs_time(run, "scheduledFor")};
    size_t i;
    json_t *each;

    runs_add_what(&details, run);
    runs_add_result(&details, run);
    terminal_paint(terminal, out, TERMINAL_BOLD, "timeline\n");
    runs_add_timeline(&details, run);
    terminal_paint(terminal, out, TERMINAL_BOLD, "attempts\n");
    json_array_foreach(attempts, i, each)
    {
        text_addf(&details.cell, "%" JSON_INTEGER_FORMAT "  %.8s  ",
                  json_integer_value(json_object_get(each, "attempt")), runs_text(each, "runId"));
        runs_add_local(&details, runs_minute(each, "createdAt"));
        text_add(&details.cell, "  ");
        runs_add_outcome(each, &details.cell);
        runs_end_line(&details, "", each == run ? TERMINAL_BOLD : TERMINAL_PLAIN);
    }
    if (json_array_size(actions) > 0)
        terminal_paint(terminal, out, TERMINAL_BOLD, "what can be done now\n");
    json_array_foreach(actions, i, each)
    {
        text_addf(out, "  %s\n      %s\n", runs_text(each, "command"), runs_text(each, "effect"));
    }
    text_free(&details.cell);
}
