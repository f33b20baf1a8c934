#include "plan/policy.h"
#include "report/status.h"
#include "report/table.h"
#include "time/duration.h"
#include "time/instant.h"

#include <string.h>

/* What the text is made of, and for whom. */
struct status_text {
    const json_t *tree;
    const struct terminal *terminal;
    struct text *out;
    struct text cell; /* of the table that is being filled */
};

/* Words with a colour, and those of a run's outcome with their marks. Any other word is plain. */
static const struct {
    const char *word;
    enum terminal_colour colour;
    char mark;
} status_words[] = {
    {"completed", TERMINAL_GOOD, '.'},  {"failed", TERMINAL_BAD, 'x'},
    {"unknown", TERMINAL_WARN, '?'},    {"given up", TERMINAL_WARN, '!'},
    {"cancelled", TERMINAL_PLAIN, '-'}, {"running", TERMINAL_PLAIN, '>'},
    {"pending", TERMINAL_PLAIN, ':'},   {"healthy", TERMINAL_GOOD, 0},
    {"degraded", TERMINAL_WARN, 0},     {"unhealthy", TERMINAL_BAD, 0},
    {"ticking", TERMINAL_GOOD, 0},      {"silent", TERMINAL_BAD, 0},
    {"not ticking", TERMINAL_BAD, 0},   {"reachable", TERMINAL_GOOD, 0},
    {"unreachable", TERMINAL_WARN, 0},
};

static const char status_legend[] =
    "runs, the newest at the right:  . completed  x failed  ? unknown outcome\n"
    "                                ! given up  - cancelled  > running  : pending\n";

/* ---- Values ---- */

/* A string of the tree; NULL where it is null. */
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

static size_t status_find_word(const char *word)
{
    size_t i = 0;

    while (i < sizeof status_words / sizeof *status_words &&
           strcmp(status_words[i].word, word) != 0)
        i++;
    return i;
}

static enum terminal_colour status_colour(const char *word)
{
    size_t i = status_find_word(word);

    return i < sizeof status_words / sizeof *status_words ? status_words[i].colour : TERMINAL_PLAIN;
}

/* Adds how far a time is from that of the report: "in 13 h", "3 h ago". */
static void status_add_distance(struct status_text *text, const char *time)
{
    char words[DURATION_TEXT_SIZE];
    struct error err;
    int64_t now_us;
    int64_t then_us;

    if (time == NULL || !instant_parse(time, &then_us, &err) ||
        !instant_parse(status_shown(text->tree, "now"), &now_us, &err)) {
        text_add(&text->cell, "some time ago"); /* the log holds an infinite time */
    } else if (then_us > now_us) {
        duration_format((then_us - now_us) / 1000, words);
        text_addf(&text->cell, "in %s", words);
    } else {
        duration_format((now_us - then_us) / 1000, words);
        text_addf(&text->cell, "%s ago", words);
    }
}

/* ---- Cells and lines ---- */

/* Adds what the cell holds to the table, "-" for nothing, and empties it. */
static void status_end_cell(struct status_text *text, struct table *table,
                            enum terminal_colour colour)
{
    table_add(table, colour, text->cell.length > 0 ? text->cell.data : "-");
    text_clear(&text->cell);
}

/* Appends what the cell holds to a line of which so many columns are used, and ends the line. */
static void status_end_line(struct status_text *text, size_t used)
{
    struct text clean = {0};

    terminal_add_clean(&clean, text_string(&text->cell));
    terminal_add_cut(text->out, text_string(&clean), text->terminal->columns - used);
    text_add(text->out, "\n");
    text_clear(&text->cell);
    text_free(&clean);
}

static void status_add_value(struct table *table, const json_t *object, const char *key)
{
    table_add(table, TERMINAL_PLAIN, status_shown(object, key));
}

static void status_add_number(struct status_text *text, struct table *table, const json_t *object,
                              const char *key)
{
    const json_t *number = json_object_get(object, key);

    if (json_is_integer(number))
        text_addf(&text->cell, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
    status_end_cell(text, table, TERMINAL_PLAIN);
}

/* ---- The head ---- */

/* ticking: 24 s ago by cron on alpha */
static void status_add_trigger(struct status_text *text, const json_t *trigger)
{
    const char *silent =
        json_is_true(json_object_get(text->tree, "ticking")) ? "silent" : "not ticking";
    const char *word = json_is_true(json_object_get(trigger, "silent")) ? silent : "ticking";

    terminal_paint(text->terminal, text->out, status_colour(word), word);
    text_add(text->out, ": ");
    status_add_distance(text, status_value(trigger, "lastTickAt"));
    text_addf(&text->cell, " by %s on %s", status_shown(trigger, "name"),
              status_shown(trigger, "host"));
    status_end_line(text, strlen(word) + strlen(": "));
}

/* 40 integrations: 2 unhealthy, 38 healthy */
static void status_add_counts(struct status_text *text, const json_t *integrations)
{
    size_t all = json_array_size(integrations);
    const char *before = ": ";

    text_addf(text->out, "%zu integration%s", all, all == 1 ? "" : "s");
    for (int state = 0; state <= CONDITION_DISABLED; state++) {
        const char *word = condition_state_name((enum condition_state)state);
        size_t count = 0;

        for (size_t i = 0; i < all; i++)
            count += status_is(json_array_get(integrations, i), "condition", word) ? 1 : 0;
        if (count == 0)
            continue;
        text_addf(text->out, "%s%zu ", before, count);
        terminal_paint(text->terminal, text->out, status_colour(word), word);
        before = ", ";
    }
    text_add(text->out, "\n");
}

static const char *status_probe_word(const json_t *object)
{
    if (status_is(object, "probe", "throttled"))
        return "passive";
    return status_is(object, "probe", "not_configured") ? "not configured"
                                                        : status_shown(object, "probe");
}

/* xledger: reachable since TIME, last HTTP_204 at TIME; next probe from TIME */
static void status_add_probe(const struct status_text *text, const json_t *probe)
{
    const char *word = status_probe_word(probe);
    const char *code = status_shown(probe, "code");
    const char *next = status_shown(probe, "nextProbeAt");

    text_addf(text->out, "%s: ", status_shown(probe, "integrationType"));
    terminal_paint(text->terminal, text->out, status_colour(word), word);
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

static void status_add_head(struct status_text *text)
{
    const json_t *triggers = json_object_get(text->tree, "triggers");
    const json_t *probes = json_object_get(text->tree, "probes");

    if (json_array_size(triggers) == 0) {
        terminal_paint(text->terminal, text->out, status_colour("not ticking"), "not ticking");
        text_add(text->out, ": no tick was ever seen; start \"syncsched run\" once a minute\n");
    }
    for (size_t i = 0; i < json_array_size(triggers); i++)
        status_add_trigger(text, json_array_get(triggers, i));
    status_add_counts(text, json_object_get(text->tree, "integrations"));
    for (size_t i = 0; i < json_array_size(probes); i++)
        status_add_probe(text, json_array_get(probes, i));
}

/* ---- A run ---- */

static const char *status_outcome(const json_t *run)
{
    if (!status_is(run, "status", "failed"))
        return status_shown(run, "status");
    if (status_value(run, "startedAt") == NULL)
        return status_is(run, "errorCode", "GIVEN_UP") ? "given up" : "cancelled";
    return status_is(run, "errorClass", "unknown") ? "unknown" : "failed";
}

/* Adds its outcome, with the code if it failed: "failed HTTP_500". */
static void status_add_outcome(struct status_text *text, struct table *table, const json_t *run)
{
    const char *word = status_outcome(run);
    const char *code = status_value(run, "errorCode");

    text_add(&text->cell, word);
    if (code != NULL && (strcmp(word, "failed") == 0 || strcmp(word, "unknown") == 0))
        text_addf(&text->cell, " %s", code);
    status_end_cell(text, table, status_colour(word));
}

/* Adds how late it began. NULL: no run. */
static void status_add_late(struct status_text *text, struct table *table, const json_t *run)
{
    const json_t *late = json_object_get(run, "lateSeconds");
    char words[DURATION_TEXT_SIZE] = "";

    if (json_is_integer(late))
        duration_format(json_integer_value(late) * 1000, words);
    text_add(&text->cell, words);
    status_end_cell(text, table,
                    json_integer_value(late) > POLICY_LATE_MINUTES * 60 ? TERMINAL_WARN
                                                                        : TERMINAL_PLAIN);
}

/* ---- An integration in a row ---- */

/* The first four columns are those of each view. */
enum { STATUS_COLUMNS = 4 };

static const struct table_column status_columns[] = {
    {.heading = "CONDITION", .least = 9},
    {.heading = "ORGANISATION", .least = 8},
    {.heading = "TYPE", .least = 8},
    {.heading = "INTEGRATION", .least = RUN_UUID_SIZE - 1},
    {.heading = "SCHEDULE", .least = 16, .line = 1},
    {.heading = "ZONE", .least = 12, .line = 1},
    {.heading = "NEXT", .least = 8, .line = 1},
    {.heading = "SUCCESS", .least = 11, .line = 1},
    {.heading = "LAST RUN", .least = 18, .line = 2},
    {.heading = "RECORDS", .least = 7, .is_right = true, .line = 2},
    {.heading = "LATE", .least = 7, .is_right = true, .line = 2},
    {.heading = "RUNS", .least = SIZE_MAX, .line = 2}, /* what is cut off would be the newest */
};

static const struct table_column health_columns[] = {
    {.heading = "CONDITION", .least = 9},
    {.heading = "ORGANISATION", .least = 8},
    {.heading = "TYPE", .least = 8},
    {.heading = "INTEGRATION", .least = RUN_UUID_SIZE - 1},
    {.heading = "SINCE", .least = 20, .line = 1},
    {.heading = "PROBE", .least = 14, .line = 1}, /* where a system was asked */
};

static void status_add_cells(struct table *table, const json_t *integration)
{
    table_add(table, status_colour(status_shown(integration, "condition")),
              status_shown(integration, "condition"));
    status_add_value(table, integration, "organization");
    status_add_value(table, integration, "integrationType");
    status_add_value(table, integration, "integrationId");
}

/* Adds a line below the row for each reason. */
static void status_add_reasons(struct table *table, const json_t *integration)
{
    const json_t *reasons = json_object_get(integration, "reasons");

    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);

        table_add_note(table, status_colour(status_shown(reason, "condition")),
                       status_shown(reason, "text"));
    }
}

/* The schedule in words, or its expression where it is not valid or the integration disabled. */
static const char *status_schedule(const json_t *integration)
{
    const char *description = status_value(integration, "description");

    return description != NULL ? description : status_shown(integration, "schedule");
}

/* "13 h ago failed TIMEOUT": where it must be cut, the code goes first. */
static void status_add_last_run(struct status_text *text, struct table *table, const json_t *run)
{
    static const char *const times[] = {"completedAt", "failedAt", "startedAt", "createdAt"};
    const char *time = NULL;

    if (run == NULL) {
        table_add(table, TERMINAL_PLAIN, "none");
        return;
    }
    for (size_t i = 0; i < sizeof times / sizeof *times && time == NULL; i++)
        time = status_value(run, times[i]);
    status_add_distance(text, time);
    text_add(&text->cell, " ");
    status_add_outcome(text, table, run);
}

static void status_add_row(struct status_text *text, struct table *table, const json_t *integration)
{
    const json_t *runs = json_object_get(integration, "runs");
    const json_t *last = json_array_get(runs, 0);
    const char *next = status_value(integration, "nextSlot");
    const char *success = status_value(integration, "lastSuccessAt");

    status_add_cells(table, integration);
    table_add(table, TERMINAL_PLAIN, status_schedule(integration));
    status_add_value(table, integration, "timezone");
    if (next != NULL)
        status_add_distance(text, next);
    status_end_cell(text, table, TERMINAL_PLAIN);
    if (success != NULL)
        status_add_distance(text, success);
    else
        text_add(&text->cell, "never");
    status_end_cell(text, table, TERMINAL_PLAIN);
    status_add_last_run(text, table, last);
    status_add_number(text, table, last, "recordsExported");
    status_add_late(text, table, last);
    for (size_t i = json_array_size(runs); i-- > 0;) {
        size_t word = status_find_word(status_outcome(json_array_get(runs, i)));

        text_append(&text->cell, &status_words[word].mark, 1);
    }
    status_end_cell(text, table, TERMINAL_PLAIN);
    status_add_reasons(table, integration);
}

static void health_add_row(struct table *table, const json_t *integration)
{
    const char *word = status_probe_word(integration);

    status_add_cells(table, integration);
    status_add_value(table, integration, "since");
    if (table->count == sizeof health_columns / sizeof *health_columns)
        table_add(table, status_colour(word), word);
    status_add_reasons(table, integration);
}

/* ---- An integration in full ---- */

static const struct table_column status_run_columns[] = {
    {.heading = "SLOT", .least = 20},
    {.heading = "COVERS FROM", .least = 20},
    {.heading = "ATTEMPT", .least = 7, .is_right = true},
    {.heading = "OUTCOME", .least = 16},
    {.heading = "CREATED", .least = 20, .line = 1},
    {.heading = "STARTED", .least = 20, .line = 1},
    {.heading = "ENDED", .least = 20, .line = 1},
    {.heading = "LATE", .least = 7, .is_right = true, .line = 1},
    {.heading = "RECORDS", .least = 7, .is_right = true, .line = 2},
    {.heading = "BY", .least = 16, .line = 2},
    {.heading = "RUN", .least = RUN_UUID_SIZE - 1, .line = 2},
};

static void status_add_run(struct status_text *text, struct table *table, const json_t *run)
{
    bool is_completed = status_is(run, "status", "completed");
    const char *code = status_value(run, "errorCode");
    const char *message = status_value(run, "errorMessage");

    status_add_value(table, run, "scheduledFor");
    status_add_value(table, run, "coversFrom");
    status_add_number(text, table, run, "attempt");
    status_add_outcome(text, table, run);
    status_add_value(table, run, "createdAt");
    status_add_value(table, run, "startedAt");
    status_add_value(table, run, is_completed ? "completedAt" : "failedAt");
    status_add_late(text, table, run);
    status_add_number(text, table, run, "recordsExported");
    text_add(&text->cell, status_shown(run, "triggeredBy"));
    if (status_value(run, "triggerName") != NULL && status_value(run, "host") != NULL)
        text_addf(&text->cell, " %s@%s", status_value(run, "triggerName"),
                  status_value(run, "host"));
    status_end_cell(text, table, TERMINAL_PLAIN);
    status_add_value(table, run, "runId");
    if (code != NULL)
        text_addf(&text->cell, "%s/%s%s", status_shown(run, "errorClass"), code,
                  message != NULL ? ": " : "");
    text_add(&text->cell, message != NULL ? message : ""); /* a completed run may have one, too */
    if (text->cell.length > 0)
        table_add_note(table, TERMINAL_PLAIN, text->cell.data);
    text_clear(&text->cell);
}

/* "  schedule      at 02:30 every day, Europe/Oslo", cut to the terminal's width. */
static void status_end_fact(struct status_text *text, const char *name)
{
    text_addf(text->out, "  %-12s  ", name);
    status_end_line(text, 16);
}

/* "TIME, 3 h ago" */
static void status_add_time_fact(struct status_text *text, const char *name, const char *time,
                                 const char *otherwise)
{
    text_addf(&text->cell, "%s%s", time != NULL ? time : otherwise, time != NULL ? ", " : "");
    if (time != NULL)
        status_add_distance(text, time);
    status_end_fact(text, name);
}

static void status_add_details(struct status_text *text, const json_t *integration)
{
    const json_t *runs = json_object_get(integration, "runs");
    struct table head = {.columns = status_columns, .count = STATUS_COLUMNS};
    struct table table = {.columns = status_run_columns,
                          .count = sizeof status_run_columns / sizeof *status_run_columns};

    status_add_cells(&head, integration);
    status_add_reasons(&head, integration);
    table_print(&head, text->terminal, text->out);
    table_free(&head);
    text_addf(&text->cell, "%s  %s", status_shown(integration, "orgId"),
              status_shown(integration, "organization"));
    status_end_fact(text, "organisation");
    text_addf(&text->cell, "%s, %s", status_schedule(integration),
              status_shown(integration, "timezone"));
    if (status_value(integration, "description") != NULL)
        text_addf(&text->cell, " (%s)", status_shown(integration, "schedule"));
    status_end_fact(text, "schedule");
    status_add_time_fact(text, "next slot", status_value(integration, "nextSlot"), "none");
    status_add_time_fact(text, "last success", status_value(integration, "lastSuccessAt"), "never");
    for (size_t i = 0; i < json_array_size(runs); i++)
        status_add_run(text, &table, json_array_get(runs, i));
    table_print(&table, text->terminal, text->out);
    table_free(&table);
}

/* ---- The whole ---- */

void status_add_text(const json_t *tree, enum status_view view, const struct terminal *terminal,
                     struct text *out)
{
    bool is_health = view == STATUS_HEALTH;
    size_t health_count = sizeof health_columns / sizeof *health_columns -
                          (json_object_get(tree, "probes") != NULL ? 0 : 1);
    struct status_text text = {.tree = tree, .terminal = terminal, .out = out};
    struct table table = {.columns = is_health ? health_columns : status_columns,
                          .count = is_health ? health_count
                                             : sizeof status_columns / sizeof *status_columns};
    const json_t *integrations = json_object_get(tree, "integrations");

    status_add_head(&text);
    for (size_t i = 0; i < json_array_size(integrations); i++) {
        const json_t *integration = json_array_get(integrations, i);

        if (view == STATUS_DETAILS)
            status_add_details(&text, integration);
        else if (is_health)
            health_add_row(&table, integration);
        else
            status_add_row(&text, &table, integration);
    }
    table_print(&table, terminal, out);
    if (view == STATUS_LIST && json_array_size(integrations) > 0)
        text_add(out, status_legend);
    table_free(&table);
    text_free(&text.cell);
}
