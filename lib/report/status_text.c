#include "base/memory.h"
#include "plan/policy.h"
#include "report/run_word.h"
#include "report/status.h"
#include "report/table.h"
#include "report/when.h"
#include "time/duration.h"
#include "time/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_FULL_SHOWN = 3, STATUS_BRIEF_LEAST = 60 };

/* What the text is made of, and for whom. */
struct status_text {
    const struct status *status;
    const struct terminal *terminal;
    struct text *out;
    struct when when;
    const struct zone *zone;               /* of the integration that is shown */
    struct text cell;                      /* what is being put together */
    char distance[DURATION_TEXT_SIZE + 8]; /* status_distance() */
};

static const char status_legend[] =
    "runs, the newest at the right:  . completed  x failed  ? unknown outcome\n"
    "                                ! given up  - cancelled  : pending\n"
    "                                > running  ~ accepted\n";

/* ---- Values ---- */

/* A string of a tree; NULL where it is null. */
static const char *status_value(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* The same as it is shown: "-" where there is nothing. */
static const char *status_shown(const json_t *object, const char *key)
{
    const char *value = status_value(object, key);

    return value != NULL && *value != '\0' ? value : "-";
}

static bool status_is(const json_t *object, const char *key, const char *value)
{
    return strcmp(status_shown(object, key), value) == 0;
}

static void status_paint(struct status_text *text, const char *word)
{
    terminal_paint(text->terminal, text->out, run_word_find(word)->colour, word);
}

/* How far a time is from that of the report, until the next call: "in 13 h", "3 h ago". */
static const char *status_distance(struct status_text *text, const char *time)
{
    int64_t now_us = text->status->now_us - text->status->now_us % INSTANT_US_PER_SECOND;
    char words[DURATION_TEXT_SIZE];
    struct error err;
    int64_t then_us;

    if (time == NULL || !instant_parse(time, &then_us, &err))
        return "some time ago"; /* the log holds an infinite time */
    duration_format((then_us > now_us ? then_us - now_us : now_us - then_us) / 1000, words);
    snprintf(text->distance, sizeof text->distance, then_us > now_us ? "in %s" : "%s ago", words);
    return text->distance;
}

/* A time of a tree in milliseconds; INT64_MIN: none. */
static int64_t status_time(const json_t *object, const char *key)
{
    const char *time = status_value(object, key);
    struct error err;
    int64_t us;

    return time != NULL && instant_parse(time, &us, &err) ? us / 1000 : INT64_MIN;
}

/* ---- Cells and lines ---- */

/* Adds what was put together to the table. */
static void status_end_cell(struct status_text *text, struct table *table,
                            enum terminal_colour colour)
{
    table_add(table, colour, text_string(&text->cell));
    text_clear(&text->cell);
}

/* Ends a line, of which so many columns are used, with what was put together, cut to fit. */
static void status_end_line(struct status_text *text, size_t used)
{
    size_t room = text->terminal->columns - used;
    struct text clean = {0};
    size_t width;

    terminal_add_clean(&clean, text_string(&text->cell));
    width = terminal_width(text_string(&clean));
    terminal_add_fitted(text->out, text_string(&clean), width < room ? width : room, false);
    text_add(text->out, "\n");
    text_clear(&text->cell);
    text_free(&clean);
}

/* Adds a member of an object, a string or a number. */
static void status_add_member(struct status_text *text, struct table *table, const json_t *object,
                              const char *key)
{
    const json_t *value = json_object_get(object, key);

    if (json_is_integer(value))
        text_addf(&text->cell, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_string(value))
        text_add(&text->cell, json_string_value(value));
    status_end_cell(text, table, TERMINAL_PLAIN);
}

/* Adds a time of an object as the organisation's clocks show it: to the minute, to the second. */
static void status_add_minute(struct status_text *text, struct table *table, const json_t *object,
                              const char *key)
{
    int64_t time_ms = status_time(object, key);

    if (time_ms != INT64_MIN)
        when_add_minute(&text->when, text->zone, instant_divide_down(time_ms, 60000), &text->cell);
    status_end_cell(text, table, TERMINAL_PLAIN);
}

static void status_add_second(struct status_text *text, struct table *table, const json_t *object,
                              const char *key)
{
    int64_t time_ms = status_time(object, key);

    if (time_ms != INT64_MIN)
        when_add_time(&text->when, text->zone, time_ms, &text->cell);
    status_end_cell(text, table, TERMINAL_PLAIN);
}

/* Adds the beginning of an id. */
static void status_add_id(struct status_text *text, struct table *table, const json_t *object,
                          const char *key)
{
    text_addf(&text->cell, "%.8s", status_shown(object, key));
    status_end_cell(text, table, TERMINAL_PLAIN);
}

/* ---- The head ---- */

/* ticking: 24 s ago by cron on alpha */
static void status_add_trigger(struct status_text *text, const json_t *trigger)
{
    const char *silent = text->status->is_ticking ? "silent" : "not ticking";
    const char *word = json_is_true(json_object_get(trigger, "silent")) ? silent : "ticking";

    status_paint(text, word);
    text_add(text->out, ": ");
    text_addf(&text->cell, "%s by %s on %s%s",
              status_distance(text, status_value(trigger, "lastTickAt")),
              status_shown(trigger, "name"), status_shown(trigger, "host"),
              json_is_true(json_object_get(trigger, "fromFuture"))
                  ? ": from the future, a clock was wrong"
                  : "");
    status_end_line(text, strlen(word) + strlen(": "));
}

/* xledger: throttled until TIME, in 5 min: it asked for that at TIME */
static void status_add_throttle(struct status_text *text, const json_t *throttle)
{
    const char *until = status_shown(throttle, "until");

    text_addf(text->out, "%s: ", status_shown(throttle, "integrationType"));
    status_paint(text, "throttled");
    text_addf(text->out, " until %s, %s: it asked for that at %s\n", until,
              status_distance(text, until), status_shown(throttle, "askedAt"));
}

static const char *status_probe_word(const json_t *object)
{
    return status_is(object, "probe", "throttled")        ? "passive"
           : status_is(object, "probe", "not_configured") ? "not configured"
                                                          : status_shown(object, "probe");
}

/* xledger: reachable since TIME, last HTTP_204 at TIME; next probe from TIME */
static void status_add_probe(struct status_text *text, const json_t *probe)
{
    const char *code = status_shown(probe, "code");
    const char *next = status_shown(probe, "nextProbeAt");

    text_addf(text->out, "%s: ", status_shown(probe, "integrationType"));
    status_paint(text, status_probe_word(probe));
    if (status_is(probe, "probe", "reachable") || status_is(probe, "probe", "unreachable"))
        text_addf(text->out, " since %s, last %s at %s; next probe from %s\n",
                  status_shown(probe, "since"), code, status_shown(probe, "probedAt"), next);
    else if (status_is(probe, "probe", "waiting"))
        text_addf(text->out, " until %s: no probe has had a result yet\n", next);
    else if (status_is(probe, "probe", "throttled"))
        text_addf(text->out, " until %s: it answered %s\n", next, code);
    else if (status_is(probe, "probe", "passive"))
        text_add(text->out, ": SYNCSCHED_HEALTH_PASSIVE says so\n");
    else if (status_is(probe, "probe", "not_configured"))
        text_add(text->out, ": it has no SYNCSCHED_HEALTH_URL\n");
    else
        text_add(text->out, ": the state of its probes could not be read\n");
}

static void status_add_load(struct status_text *text, const json_t *capacity, const json_t *load)
{
    text_addf(text->out,
              "%" JSON_INTEGER_FORMAT " s of work, %" JSON_INTEGER_FORMAT
              " s with %" JSON_INTEGER_FORMAT " workers%s",
              json_integer_value(json_object_get(load, "workSeconds")),
              json_integer_value(json_object_get(load, "spanSeconds")),
              json_integer_value(json_object_get(capacity, "workers")),
              json_is_true(json_object_get(capacity, "limited")) ? " and the limit of calls" : "");
}

/*
 * behind: 45 runs waiting, the oldest of TIME, 3 min ago: 900 s of work, 180 s with 5 workers
 * too full: TIME, in 13 h: 60 due, 1200 s of work, 240 s with 5 workers; a tick has 50 s
 */
static void status_add_capacity(struct status_text *text, const json_t *capacity)
{
    const json_t *waiting = json_object_get(capacity, "waiting");
    const json_t *minutes = json_object_get(capacity, "firstFullMinutes");
    json_int_t more = json_integer_value(json_object_get(capacity, "fullMinutes"));

    if (json_is_object(waiting)) {
        status_paint(text, "behind");
        text_addf(text->out, ": %" JSON_INTEGER_FORMAT " run%s waiting, the oldest of %s, %s: ",
                  json_integer_value(json_object_get(waiting, "runs")),
                  json_integer_value(json_object_get(waiting, "runs")) == 1 ? "" : "s",
                  status_shown(waiting, "oldestSlot"),
                  status_distance(text, status_value(waiting, "oldestSlot")));
        status_add_load(text, capacity, waiting);
        text_add(text->out, "\n");
    }
    for (size_t i = 0; i < json_array_size(minutes) && i < STATUS_FULL_SHOWN; i++, more--) {
        const json_t *minute = json_array_get(minutes, i);

        status_paint(text, "too full");
        text_addf(text->out, ": %s, %s: %" JSON_INTEGER_FORMAT " due, ",
                  status_shown(minute, "minute"),
                  status_distance(text, status_value(minute, "minute")),
                  json_integer_value(json_object_get(minute, "runs")));
        status_add_load(text, capacity, minute);
        text_addf(text->out, "; a tick has %" JSON_INTEGER_FORMAT " s\n",
                  json_integer_value(json_object_get(capacity, "budgetSeconds")));
    }
    if (more > 0)
        text_addf(text->out, "and %" JSON_INTEGER_FORMAT " more minute%s of the coming day\n", more,
                  more == 1 ? "" : "s");
}

/* Who ticks, "40 integrations: 2 unhealthy, 38 healthy", and what probes found. */
static void status_add_head(struct status_text *text)
{
    const struct status *status = text->status;
    json_t *head = status_head_tree(status);
    const json_t *triggers = json_object_get(head, "triggers");
    const json_t *throttled = json_object_get(head, "throttled");
    const json_t *probes = json_object_get(head, "probes");
    const char *before = ": ";

    if (json_array_size(triggers) == 0) {
        status_paint(text, "not ticking");
        text_add(text->out, ": no tick was ever seen; start \"syncsched run\" once a minute\n");
    }
    for (size_t i = 0; i < json_array_size(triggers); i++)
        status_add_trigger(text, json_array_get(triggers, i));
    text_addf(text->out, "%zu integration%s", status->count, status->count == 1 ? "" : "s");
    for (int state = 0; state < CONDITION_STATES; state++) {
        if (status->conditions[state] == 0)
            continue;
        text_addf(text->out, "%s%zu ", before, status->conditions[state]);
        status_paint(text, condition_state_name((enum condition_state)state));
        before = ", ";
    }
    text_add(text->out, "\n");
    for (size_t i = 0; i < json_array_size(throttled); i++)
        status_add_throttle(text, json_array_get(throttled, i));
    status_add_capacity(text, json_object_get(head, "capacity"));
    for (size_t i = 0; i < json_array_size(probes); i++)
        status_add_probe(text, json_array_get(probes, i));
    json_decref(head);
}

/* ---- A run ---- */

/* Adds its outcome, with the code if it failed: "failed HTTP_500". */
static void status_add_outcome(struct status_text *text, struct table *table, const json_t *run)
{
    const char *word = run_word_of(run);
    const char *code = status_value(run, "errorCode");

    text_add(&text->cell, word);
    if (code != NULL && (strcmp(word, "failed") == 0 || strcmp(word, "unknown") == 0))
        text_addf(&text->cell, " %s", code);
    status_end_cell(text, table, run_word_find(word)->colour);
}

/* Adds how late it began. NULL: no run. */
static void status_add_late(struct table *table, const json_t *run)
{
    const json_t *late = json_object_get(run, "lateSeconds");
    bool is_too_late = json_integer_value(late) > POLICY_LATE_MINUTES * 60;
    char words[DURATION_TEXT_SIZE] = "";

    if (json_is_integer(late))
        duration_format(json_integer_value(late) * 1000, words);
    table_add(table, is_too_late ? TERMINAL_WARN : TERMINAL_PLAIN, words);
}

/* ---- An integration in a row ---- */

/* The first four columns are those of each view. */
enum { STATUS_COLUMNS = 4 };

static const struct table_column status_columns[] = {
    {.heading = "CONDITION", .least = 9},
    {.heading = "ORGANISATION", .least = 8},
    {.heading = "TYPE", .least = 8},
    {.heading = "ID", .least = 8},
    {.heading = "SCHEDULE", .least = 16, .line = 1},
    {.heading = "ZONE", .least = 12, .line = 1},
    {.heading = "NEXT", .least = WHEN_SLOT_COLUMNS, .line = 1},
    {.heading = "SUCCESS", .least = WHEN_SLOT_COLUMNS, .line = 1},
    {.heading = "LAST RUN", .least = 18, .line = 2},
    {.heading = "RECORDS", .least = 7, .is_right = true, .line = 2},
    {.heading = "LATE", .least = 7, .is_right = true, .line = 2},
    {.heading = "RUNS", .least = SIZE_MAX, .line = 2}, /* what is cut off would be the newest */
};

/* Those of health behind the first four. */
static const struct table_column health_columns[] = {
    {.heading = "SINCE", .least = WHEN_SLOT_COLUMNS, .line = 1},
    {.heading = "PROBE", .least = 14, .line = 1}, /* where a system was asked */
};

/* The schedule in words, or its expression where it is not valid or the integration disabled. */
static const char *status_schedule(const json_t *integration)
{
    const char *description = status_value(integration, "description");

    return description != NULL ? description : status_shown(integration, "schedule");
}

/* The cells of status behind the first four. */
static void status_add_schedule(struct status_text *text, struct table *table,
                                const json_t *integration)
{
    static const char *const times[] = {"completedAt", "failedAt", "acceptedAt", "startedAt",
                                        "createdAt"};
    const json_t *runs = json_object_get(integration, "runs");
    const json_t *last = json_array_get(runs, 0);
    const char *time = NULL; /* the latest that the last run has */

    table_add(table, TERMINAL_PLAIN, status_schedule(integration));
    status_add_member(text, table, integration, "timezone");
    status_add_minute(text, table, integration, "nextSlot");
    if (status_value(integration, "lastSuccessAt") != NULL)
        status_add_minute(text, table, integration, "lastSuccessAt");
    else
        table_add(table, TERMINAL_PLAIN, "never");
    for (size_t i = 0; i < sizeof times / sizeof *times && time == NULL; i++)
        time = status_value(last, times[i]);
    if (last != NULL) { /* where "13 h ago failed TIMEOUT" must be cut, the code goes first */
        text_addf(&text->cell, "%s ", status_distance(text, time));
        status_add_outcome(text, table, last);
    } else {
        table_add(table, TERMINAL_PLAIN, "none");
    }
    status_add_member(text, table, last, "recordsExported");
    status_add_late(table, last);
    for (size_t i = json_array_size(runs); i-- > 0;)
        text_append(&text->cell, &run_word_find(run_word_of(json_array_get(runs, i)))->mark, 1);
    status_end_cell(text, table, TERMINAL_PLAIN);
}

/* An integration in its row, with a line below for each reason. */
static void status_add_row(struct status_text *text, struct table *table, const json_t *integration,
                           enum status_view view)
{
    const char *condition = status_shown(integration, "condition");
    const json_t *reasons = json_object_get(integration, "reasons");
    const char *probe = status_probe_word(integration);

    text->zone = when_zone(&text->when, status_value(integration, "timezone"));
    table_add(table, run_word_find(condition)->colour, condition);
    status_add_member(text, table, integration, "organization");
    status_add_member(text, table, integration, "integrationType");
    status_add_id(text, table, integration, "integrationId");
    if (view == STATUS_LIST)
        status_add_schedule(text, table, integration);
    if (view == STATUS_HEALTH)
        status_add_minute(text, table, integration, "since");
    if (view == STATUS_HEALTH && text->status->probe_count > 0)
        table_add(table, run_word_find(probe)->colour, probe);
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);

        when_add_localized(&text->when, text->zone, status_shown(reason, "text"), &text->cell);
        table_add_note(table, run_word_find(status_shown(reason, "condition"))->colour,
                       text_string(&text->cell));
        text_clear(&text->cell);
    }
}

/* ---- An integration in full ---- */

static const struct table_column status_run_columns[] = {
    {.heading = "SLOT", .least = WHEN_SLOT_COLUMNS},
    {.heading = "COVERS FROM", .least = WHEN_SLOT_COLUMNS},
    {.heading = "ATTEMPT", .least = 7, .is_right = true},
    {.heading = "OUTCOME", .least = 16},
    {.heading = "CREATED", .least = WHEN_TIME_COLUMNS, .line = 1},
    {.heading = "STARTED", .least = WHEN_TIME_COLUMNS, .line = 1},
    {.heading = "ENDED", .least = WHEN_TIME_COLUMNS, .line = 1},
    {.heading = "LATE", .least = 7, .is_right = true, .line = 1},
    {.heading = "RECORDS", .least = 7, .is_right = true, .line = 2},
    {.heading = "BY", .least = 16, .line = 2},
    {.heading = "RUN", .least = 8, .line = 2},
};

/* Adds why it failed: "rejected/RATE_LIMITED, HTTP 429, request 1f3c". */
static void status_add_failure(struct status_text *text, const json_t *run)
{
    const json_t *status = json_object_get(run, "httpStatus");
    const char *request_id = status_value(run, "requestId");

    if (status_value(run, "errorCode") == NULL)
        return;
    text_addf(&text->cell, "%s/%s", status_shown(run, "errorClass"),
              status_shown(run, "errorCode"));
    if (json_is_integer(status))
        text_addf(&text->cell, ", HTTP %" JSON_INTEGER_FORMAT, json_integer_value(status));
    if (request_id != NULL)
        text_addf(&text->cell, ", request %s", request_id);
}

/* Adds what was said afterwards: "; settled as done by office@alpha: seen in Xledger". */
static void status_add_resolution(struct status_text *text, const json_t *run)
{
    const char *resolution = status_value(run, "resolution");
    const char *note = status_value(run, "resolutionNote");

    if (resolution == NULL)
        return;
    text_addf(&text->cell, "; settled as %s by %s",
              strcmp(resolution, "done") == 0 ? "done" : "not done",
              status_shown(run, "resolvedBy"));
    if (note != NULL && *note != '\0')
        text_addf(&text->cell, ": %s", note);
}

static void status_add_run(struct status_text *text, struct table *table, const json_t *run)
{
    bool is_completed = status_is(run, "status", "completed");
    const char *trigger = status_value(run, "triggerName");
    const char *host = status_value(run, "host");
    const char *message = status_value(run, "errorMessage");

    status_add_minute(text, table, run, "scheduledFor");
    status_add_minute(text, table, run, "coversFrom");
    status_add_member(text, table, run, "attempt");
    status_add_outcome(text, table, run);
    status_add_second(text, table, run, "createdAt");
    status_add_second(text, table, run, "startedAt");
    status_add_second(text, table, run, is_completed ? "completedAt" : "failedAt");
    status_add_late(table, run);
    status_add_member(text, table, run, "recordsExported");
    text_add(&text->cell, status_shown(run, "triggeredBy"));
    if (trigger != NULL && host != NULL)
        text_addf(&text->cell, " %s@%s", trigger, host);
    status_end_cell(text, table, TERMINAL_PLAIN);
    status_add_id(text, table, run, "runId");
    status_add_failure(text, run);
    text_add(&text->cell, text->cell.length > 0 && message != NULL ? ": " : "");
    text_add(&text->cell, message != NULL ? message : ""); /* a completed run may have one, too */
    status_add_resolution(text, run);
    if (text->cell.length > 0)
        table_add_note(table, TERMINAL_PLAIN, text->cell.data);
    text_clear(&text->cell);
}

/* Puts "Mon 30 Nov 02:30, in 3 h" into the cell. */
static void status_put_time(struct status_text *text, const json_t *integration, const char *key,
                            const char *otherwise)
{
    int64_t time_ms = status_time(integration, key);

    if (time_ms == INT64_MIN) {
        text_add(&text->cell, otherwise);
        return;
    }
    when_add_minute(&text->when, text->zone, instant_divide_down(time_ms, 60000), &text->cell);
    text_addf(&text->cell, ", %s", status_distance(text, status_value(integration, key)));
}

static void status_add_details(struct status_text *text, const json_t *integration)
{
    const json_t *runs = json_object_get(integration, "runs");
    bool has_words = status_value(integration, "description") != NULL;
    struct table row = {.columns = status_columns, .count = STATUS_COLUMNS};
    struct table table = {.columns = status_run_columns,
                          .count = sizeof status_run_columns / sizeof *status_run_columns};

    status_add_row(text, &row, integration, STATUS_DETAILS);
    table_print(&row, text->terminal, text->out);
    table_free(&row);
    text_addf(&text->cell, "  organisation  %s  %s", status_shown(integration, "orgId"),
              status_shown(integration, "organization"));
    status_end_line(text, 0);
    text_addf(&text->cell, "  integration   %s", status_shown(integration, "integrationId"));
    status_end_line(text, 0);
    text_addf(&text->cell, "  schedule      %s, %s%s%s%s", status_schedule(integration),
              status_shown(integration, "timezone"), has_words ? " (" : "",
              has_words ? status_shown(integration, "schedule") : "", has_words ? ")" : "");
    status_end_line(text, 0);
    text_add(&text->cell, "  next slot     ");
    status_put_time(text, integration, "nextSlot", "none");
    status_end_line(text, 0);
    text_add(&text->cell, "  last success  ");
    status_put_time(text, integration, "lastSuccessAt", "never");
    status_end_line(text, 0);
    for (size_t i = 0; i < json_array_size(runs); i++)
        status_add_run(text, &table, json_array_get(runs, i));
    table_print(&table, text->terminal, text->out);
    table_free(&table);
}

/* ---- What needs somebody ---- */

/* Ends a line that is indented, in a colour, with what was put together, cut to fit. */
static void status_end_fact(struct status_text *text, enum terminal_colour colour)
{
    size_t room = text->terminal->columns - strlen("    ");
    struct text clean = {0};
    struct text fitted = {0};
    size_t width;

    terminal_add_clean(&clean, text_string(&text->cell));
    width = terminal_width(text_string(&clean));
    terminal_add_fitted(&fitted, text_string(&clean), width < room ? width : room, false);
    text_add(text->out, "    ");
    terminal_paint(text->terminal, text->out, colour, text_string(&fitted));
    text_add(text->out, "\n");
    text_clear(&text->cell);
    text_free(&clean);
    text_free(&fitted);
}

/* What the last run that failed says: "HTTP 500: the ledger is closed". */
static void status_add_message(struct status_text *text, const json_t *integration)
{
    const json_t *runs = json_object_get(integration, "runs");
    const json_t *run = NULL;
    const json_t *http;
    const char *message;

    for (size_t i = 0; i < json_array_size(runs); i++)
        if (status_is(run = json_array_get(runs, i), "status", "failed"))
            break;
    message = status_is(run, "status", "failed") ? status_value(run, "errorMessage") : NULL;
    if (message == NULL)
        return;
    http = json_object_get(run, "httpStatus");
    if (json_is_integer(http))
        text_addf(&text->cell, "HTTP %" JSON_INTEGER_FORMAT ": ", json_integer_value(http));
    text_add(&text->cell, message);
    status_end_fact(text, TERMINAL_PLAIN);
}

/* An integration, with a line for each fact: why, the message, the last success, the next slot. */
static void status_add_need(struct status_text *text, const json_t *integration)
{
    const json_t *reasons = json_object_get(integration, "reasons");
    const char *condition = status_shown(integration, "condition");
    struct text type = {0};

    text->zone = when_zone(&text->when, status_value(integration, "timezone"));
    terminal_add_clean(&type, status_shown(integration, "integrationType"));
    text_addf(text->out, "  %s %.8s  ", text_string(&type),
              status_shown(integration, "integrationId"));
    status_paint(text, condition);
    text_add(text->out, "\n");
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);

        when_add_localized(&text->when, text->zone, status_shown(reason, "text"), &text->cell);
        status_end_fact(text, run_word_find(status_shown(reason, "condition"))->colour);
    }
    status_add_message(text, integration);
    text_add(&text->cell, "last success ");
    status_put_time(text, integration, "lastSuccessAt", "never");
    text_add(&text->cell, "; next ");
    status_put_time(text, integration, "nextSlot", "none");
    status_end_fact(text, TERMINAL_PLAIN);
    text_free(&type);
}

/* All integrations of the organisation of integration i that need somebody, from i on. */
static void status_add_organization(struct status_text *text, size_t first, bool *is_shown)
{
    const struct status *status = text->status;
    const struct status_integration *of = &status->integrations[first];

    text_add(text->out, "\n");
    text_add(&text->cell, *of->organization != '\0' ? of->organization : of->schedule.org_id);
    status_end_line(text, 0);
    for (size_t i = first; i < status->count; i++) {
        json_t *integration;

        if (status->integrations[i].condition.state >= CONDITION_HEALTHY)
            break;
        if (is_shown[i] ||
            strcmp(status->integrations[i].schedule.org_id, of->schedule.org_id) != 0)
            continue;
        integration = status_integration_tree(status, i, STATUS_NEEDS);
        status_add_need(text, integration);
        json_decref(integration);
        is_shown[i] = true;
    }
}

/* Those that need somebody, of count. */
static size_t status_count_needs(const struct status *status)
{
    return status->count - status->conditions[CONDITION_HEALTHY] -
           status->conditions[CONDITION_DISABLED];
}

/* The worst first, by organisation. */
static void status_add_in_full(struct status_text *text)
{
    const struct status *status = text->status;
    size_t needs = status_count_needs(status);
    bool *is_shown = memory_allocate(status->count + 1, sizeof *is_shown);

    for (size_t i = 0; i < status->count; i++)
        if (status->integrations[i].condition.state < CONDITION_HEALTHY && !is_shown[i])
            status_add_organization(text, i, is_shown);
    if (needs > 0 && needs < status->count)
        text_add(text->out, "\n");
    free(is_shown);
}

/* An integration in one line: "unhealthy xledger  6d1c02f4 Bakeri   failing: 3 slots since ..." */
static void status_add_in_brief(struct status_text *text, const json_t *integration)
{
    enum { NAME_COLUMNS = 22, USED_COLUMNS = 9 + 1 + 8 + 1 + 8 + 1 + NAME_COLUMNS + 1 };
    const char *condition = status_shown(integration, "condition");
    const json_t *reason = json_array_get(json_object_get(integration, "reasons"), 0);
    struct text clean = {0};

    text->zone = when_zone(&text->when, status_value(integration, "timezone"));
    status_paint(text, condition);
    text_addf(text->out, "%*s", (int)(9 + 1 - strlen(condition)), "");
    terminal_add_clean(&clean, status_shown(integration, "integrationType"));
    terminal_add_fitted(text->out, text_string(&clean), 8, false);
    text_clear(&clean);
    text_addf(text->out, " %.8s ", status_shown(integration, "integrationId"));
    terminal_add_clean(&clean, status_shown(integration, "organization"));
    terminal_add_fitted(text->out, text_string(&clean), NAME_COLUMNS, false);
    text_add(text->out, " ");
    when_add_localized(&text->when, text->zone, status_shown(reason, "text"), &text->cell);
    status_end_line(text, USED_COLUMNS);
    text_free(&clean);
}

static size_t status_count_lines(const struct text *out)
{
    size_t lines = 0;

    for (const char *at = text_string(out); (at = strchr(at, '\n')) != NULL; at++)
        lines++;
    return lines;
}

/*
 * What needs somebody, in full where that fits on the screen with the lines about the others and
 * the prompt. Else as many as fit, a line each, so that what is worst has not scrolled away. A pipe
 * gets all.
 */
static void status_add_what_fits(struct status_text *text)
{
    enum { BEHIND_LINES = 3 };
    size_t rows = text->terminal->rows;
    size_t needs = status_count_needs(text->status);
    size_t begin = text->out->length;
    size_t head = status_count_lines(text->out);
    size_t room = rows > head + BEHIND_LINES ? rows - head - BEHIND_LINES : 0;

    status_add_in_full(text);
    if (status_count_lines(text->out) + BEHIND_LINES - 1 <= rows ||
        text->terminal->columns < STATUS_BRIEF_LEAST)
        return;
    text->out->length = begin;
    text->out->data[begin] = '\0';
    for (size_t i = 0; i < needs && i < room; i++) {
        json_t *integration = status_integration_tree(text->status, i, STATUS_NEEDS);

        status_add_in_brief(text, integration);
        json_decref(integration);
    }
    if (needs > room)
        text_addf(text->out, "and %zu more; ", needs - room);
    text_add(text->out, "all in full: syncsched status | less\n");
}

/* The worst first; then "31 healthy, 3 disabled (--all)". */
static void status_add_needs(struct status_text *text)
{
    const struct status *status = text->status;
    size_t healthy = status->conditions[CONDITION_HEALTHY];
    size_t disabled = status->conditions[CONDITION_DISABLED];

    status_add_what_fits(text);
    if (healthy > 0)
        text_addf(text->out, "%zu healthy%s", healthy, disabled > 0 ? ", " : " (--all)\n");
    if (disabled > 0)
        text_addf(text->out, "%zu disabled (--all)\n", disabled);
}

/* ---- The whole ---- */

void status_add_text(const struct status *status, enum status_view view,
                     const struct terminal *terminal, struct text *out)
{
    struct status_text text = {
        .status = status, .terminal = terminal, .out = out, .when = {.now_us = status->now_us}};
    struct table_column columns[TABLE_COLUMNS_MAX];
    struct table table = {.columns = columns,
                          .count = sizeof status_columns / sizeof *status_columns};

    memcpy(columns, status_columns, sizeof status_columns);
    if (view == STATUS_HEALTH) {
        memcpy(&columns[STATUS_COLUMNS], health_columns, sizeof health_columns);
        table.count = STATUS_COLUMNS + (status->probe_count > 0 ? 2 : 1);
    }
    status_add_head(&text);
    if (view == STATUS_NEEDS)
        status_add_needs(&text);
    for (size_t i = 0; view != STATUS_NEEDS && i < status->count; i++) {
        json_t *integration = status_integration_tree(status, i, view);

        if (view == STATUS_DETAILS)
            status_add_details(&text, integration);
        else
            status_add_row(&text, &table, integration, view);
        json_decref(integration);
    }
    table_print(&table, terminal, out);
    if (view == STATUS_LIST && status->count > 0)
        text_add(out, status_legend);
    table_free(&table);
    when_free(&text.when);
    text_free(&text.cell);
}
