#include "report/stats.h"

#include "base/csv.h"
#include "base/json.h"
#include "report/table.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* ---- The tree ---- */

static json_t *stats_json_number(int64_t number)
{
    return number != INT64_MIN ? json_integer(number) : json_null();
}

static json_t *stats_json_minute(int64_t minute)
{
    char text[INSTANT_TEXT_SIZE];

    if (minute == INT64_MIN)
        return json_null();
    instant_format_minute(minute, text);
    return json_string(text);
}

static json_t *stats_json_numbers(const struct stats_numbers *numbers)
{
    return json_pack(
        "{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o}", "runs", (json_int_t)numbers->runs,
        "completed", (json_int_t)numbers->completed, "failed", (json_int_t)numbers->failed,
        "unknown", (json_int_t)numbers->unknown, "givenUp", (json_int_t)numbers->given_up, "active",
        (json_int_t)numbers->active, "settled", (json_int_t)numbers->settled, "records",
        stats_json_number(numbers->records), "medianMs", stats_json_number(numbers->median_ms),
        "p95Ms", stats_json_number(numbers->most_ms));
}

static json_t *stats_json_id(const char *id)
{
    return *id != '\0' ? json_string(id) : json_null();
}

static json_t *stats_json_subject(const struct stats_subject *subject)
{
    return json_pack("{s:o, s:o, s:o, s:o}", "orgId", stats_json_id(subject->org_id),
                     "organization", json_from_text(subject->organization), "integrationId",
                     stats_json_id(subject->integration_id), "integrationType",
                     json_from_text(subject->integration_type));
}

struct stats_report stats_report_begin(const struct stats_options *options)
{
    return (struct stats_report){
        .options = options, .groups = json_array(), .slower = json_array(), .empty = json_array()};
}

void stats_report_free(struct stats_report *report)
{
    json_decref(report->groups);
    json_decref(report->slower);
    json_decref(report->empty);
    *report = (struct stats_report){0};
}

void stats_report_add_numbers(void *context, const struct stats_subject *subject, int64_t from,
                              const struct stats_numbers *now, const struct stats_numbers *before)
{
    struct stats_report *report = context;
    json_t *tree = stats_json_subject(subject);
    char month[INSTANT_TEXT_SIZE];

    zone_format_local(&report->zone, from, month);
    json_object_set_new(tree, "month",
                        strcmp(report->options->by, "month") == 0 ? json_stringn(month, 7)
                                                                  : json_null());
    json_object_set_new(tree, "now", stats_json_numbers(now));
    json_object_set_new(tree, "before", stats_json_numbers(before));
    json_array_append_new(report->groups, tree);
}

void stats_report_add_trend(void *context, const struct stats_subject *subject,
                            const struct trend *trend)
{
    struct stats_report *report = context;

    report->incomparable += trend_is_comparable(trend) ? 0 : 1;
    if (trend_is_slower(trend)) {
        json_t *tree = stats_json_subject(subject);

        json_object_set_new(tree, "timezone", json_from_text(subject->timezone));
        json_object_set_new(tree, "since", stats_json_minute(trend->slow_since));
        json_object_set_new(tree, "runs", json_integer(trend->slow_runs));
        json_object_set_new(tree, "beforeMs", json_integer(trend->before.median_ms));
        json_object_set_new(tree, "latestMs", json_integer(trend->latest_ms));
        json_array_append_new(report->slower, tree);
    }
    if (trend_is_empty(trend)) {
        json_t *tree = stats_json_subject(subject);

        json_object_set_new(tree, "timezone", json_from_text(subject->timezone));
        json_object_set_new(tree, "since", stats_json_minute(trend->empty_since));
        json_object_set_new(tree, "runs", json_integer(trend->empty_runs));
        json_object_set_new(
            tree, "lastExportFor",
            stats_json_minute(trend->is_exporting ? trend->exported_slot : INT64_MIN));
        json_array_append_new(report->empty, tree);
    }
}

json_t *stats_report_tree(const struct stats_report *report)
{
    const struct stats_options *options = report->options;

    return json_pack("{s:s, s:o, s:o, s:o, s:I, s:O, s:O, s:O}", "by", options->by, "from",
                     stats_json_minute(options->from), "to", stats_json_minute(options->to),
                     "beforeFrom", stats_json_minute(options->days_from), "incomparable",
                     (json_int_t)report->incomparable, "groups", report->groups, "slower",
                     report->slower, "empty", report->empty);
}

/* ---- CSV ---- */

static void stats_add_csv_cell(const char *key, const json_t *value, bool is_heading,
                               struct text *out)
{
    char number[24];

    snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    csv_add_cell(out,
                 is_heading               ? key
                 : json_is_integer(value) ? number
                                          : json_string_value(value),
                 strcmp(key, "orgId") == 0);
}

/* The numbers of the period before have "before" in front of their names. */
static void stats_add_csv_line(json_t *group, bool is_heading, struct text *out)
{
    const char *key;
    const char *name;
    json_t *value;
    json_t *number;

    json_object_foreach(group, key, value)
    {
        if (!json_is_object(value))
            stats_add_csv_cell(key, value, is_heading, out);
        json_object_foreach(value, name, number)
        {
            char before[32];

            snprintf(before, sizeof before, "before%c%s", *name - 'a' + 'A', name + 1);
            stats_add_csv_cell(strcmp(key, "before") == 0 ? before : name, number, is_heading, out);
        }
    }
    csv_end_line(out);
}

void stats_add_csv(const json_t *tree, struct text *out)
{
    struct stats_options nothing = {.by = ""};
    struct stats_report heading = stats_report_begin(&nothing);
    struct stats_numbers none = {0};
    size_t i;
    json_t *group;

    stats_report_add_numbers(&heading, &(struct stats_subject){0}, 0, &none, &none);
    stats_add_csv_line(json_array_get(heading.groups, 0), true, out);
    stats_report_free(&heading);
    json_array_foreach(json_object_get(tree, "groups"), i, group)
    {
        stats_add_csv_line(group, false, out);
    }
}

/* ---- Text ---- */

static const char *stats_text(const json_t *value, const char *key)
{
    return json_string_value(json_object_get(value, key));
}

static bool stats_is_by(const json_t *tree, const char *by)
{
    return strcmp(stats_text(tree, "by"), by) == 0;
}

/* The columns that say whose the numbers are. Returns how many. */
static size_t stats_add_columns(const json_t *tree, struct table_column *columns)
{
    size_t count = 0;

    if (stats_is_by(tree, "month"))
        columns[count++] = (struct table_column){"MONTH", 7, false, 0};
    if (stats_is_by(tree, "integration") || stats_is_by(tree, "org"))
        columns[count++] = (struct table_column){"ORGANISATION", 12, false, 0};
    if (stats_is_by(tree, "integration") || stats_is_by(tree, "type"))
        columns[count++] = (struct table_column){"TYPE", 8, false, 0};
    if (stats_is_by(tree, "integration") || stats_is_by(tree, "org"))
        columns[count++] = (struct table_column){"ID", 8, false, 0};
    return count;
}

static void stats_add_subject_cells(const json_t *tree, const json_t *group, struct table *table)
{
    const char *own = stats_is_by(tree, "org") ? "orgId" : "integrationId";
    char id[9];

    if (stats_is_by(tree, "month"))
        table_add(table, TERMINAL_PLAIN, stats_text(group, "month"));
    if (stats_is_by(tree, "integration") || stats_is_by(tree, "org"))
        table_add(table, TERMINAL_PLAIN, stats_text(group, "organization"));
    if (stats_is_by(tree, "integration") || stats_is_by(tree, "type"))
        table_add(table, TERMINAL_PLAIN, stats_text(group, "integrationType"));
    if (stats_is_by(tree, "integration") || stats_is_by(tree, "org")) {
        snprintf(id, sizeof id, "%s", stats_text(group, own));
        table_add(table, TERMINAL_PLAIN, id);
    }
}

static void stats_add_number_cell(const json_t *numbers, const char *key, bool is_length,
                                  struct table *table)
{
    const json_t *number = json_object_get(numbers, key);
    bool is_bad = strcmp(key, "failed") == 0 || strcmp(key, "unknown") == 0;
    struct text cell = {0};

    if (json_is_integer(number) && is_length)
        when_add_length(json_integer_value(number), &cell);
    else if (json_is_integer(number))
        text_addf(&cell, "%" JSON_INTEGER_FORMAT, json_integer_value(number));
    table_add(table, is_bad && json_integer_value(number) > 0 ? TERMINAL_WARN : TERMINAL_PLAIN,
              text_string(&cell));
    text_free(&cell);
}

static void stats_add_table(const json_t *tree, const struct terminal *terminal, struct text *out)
{
    static const struct {
        struct table_column column;
        const char *key;
        bool is_before;
        bool is_length;
    } numbers[] = {
        {{"RUNS", 4, true, 0}, "runs", false, false},
        {{"FAILED", 6, true, 0}, "failed", false, false},
        {{"UNKNOWN", 7, true, 0}, "unknown", false, false},
        {{"MEDIAN", 6, true, 1}, "medianMs", false, true},
        {{"WAS", 5, true, 1}, "medianMs", true, true},
        {{"95%", 5, true, 1}, "p95Ms", false, true},
        {{"WAS", 5, true, 1}, "p95Ms", true, true},
        {{"RECORDS", 7, true, 1}, "records", false, false},
        {{"WAS", 7, true, 1}, "records", true, false},
    };
    struct table_column columns[TABLE_COLUMNS_MAX];
    struct table table = {.columns = columns, .count = stats_add_columns(tree, columns)};
    size_t i;
    json_t *group;

    for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
        columns[table.count++] = numbers[n].column;
    json_array_foreach(json_object_get(tree, "groups"), i, group)
    {
        stats_add_subject_cells(tree, group, &table);
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++)
            stats_add_number_cell(json_object_get(group, numbers[n].is_before ? "before" : "now"),
                                  numbers[n].key, numbers[n].is_length, &table);
    }
    table_print(&table, terminal, out);
    table_free(&table);
}

static void stats_add_local(struct when *when, const json_t *value, const char *key,
                            struct text *out)
{
    const char *time = stats_text(value, key);

    if (time != NULL)
        when_add_localized(when, when_zone(when, stats_text(value, "timezone")), time, out);
}

/* A line, which may be hostile, broken at blanks where the terminal ends. */
static void stats_add_lines(const struct terminal *terminal, int indent, const char *line,
                            struct text *out)
{
    struct text clean = {0};

    terminal_add_clean(&clean, line);
    for (const char *at = text_string(&clean); *at != '\0'; at += strspn(at, " ")) {
        size_t length = terminal_break(at, terminal->columns - (size_t)indent);

        text_addf(out, "%*s", indent, "");
        text_append(out, at, length);
        text_add(out, "\n");
        at += length;
    }
    text_free(&clean);
}

/* "Acme bufdir b1000000", and what became of it. */
static void stats_add_change(const struct terminal *terminal, const json_t *change,
                             const struct text *what, struct text *out)
{
    const char *organization = stats_text(change, "organization");
    struct text line = {0};

    text_addf(&line, "%s %s %.8s", organization != NULL ? organization : "-",
              stats_text(change, "integrationType"), stats_text(change, "integrationId"));
    stats_add_lines(terminal, 2, text_string(&line), out);
    stats_add_lines(terminal, 4, text_string(what), out);
    text_free(&line);
}

static void stats_add_slower(const json_t *tree, const struct terminal *terminal, struct when *when,
                             struct text *out)
{
    size_t i;
    json_t *change;

    json_array_foreach(json_object_get(tree, "slower"), i, change)
    {
        struct text what = {0};

        text_add(&what, "took ");
        when_add_length(json_integer_value(json_object_get(change, "beforeMs")), &what);
        text_add(&what, ", takes ");
        when_add_length(json_integer_value(json_object_get(change, "latestMs")), &what);
        text_add(&what, " now; slower since ");
        stats_add_local(when, change, "since", &what);
        text_add(out, i == 0 ? "\nslower than in the period before:\n" : "");
        stats_add_change(terminal, change, &what, out);
        text_free(&what);
    }
}

static void stats_add_empty(const json_t *tree, const struct terminal *terminal, struct when *when,
                            struct text *out)
{
    size_t i;
    json_t *change;

    json_array_foreach(json_object_get(tree, "empty"), i, change)
    {
        struct text what = {0};

        text_addf(&what, "%" JSON_INTEGER_FORMAT " runs without a record since ",
                  json_integer_value(json_object_get(change, "runs")));
        stats_add_local(when, change, "since", &what);
        if (stats_text(change, "lastExportFor") != NULL)
            text_add(&what, ", the last with some for ");
        else
            text_add(&what, ", and none with some before");
        stats_add_local(when, change, "lastExportFor", &what);
        text_add(out, i == 0 ? "\nexports nothing:\n" : "");
        stats_add_change(terminal, change, &what, out);
        text_free(&what);
    }
}

void stats_add_text(const json_t *tree, const struct terminal *terminal, struct when *when,
                    struct text *out)
{
    int64_t incomparable = json_integer_value(json_object_get(tree, "incomparable"));
    struct text line = {0};

    stats_add_table(tree, terminal, out);
    stats_add_slower(tree, terminal, when, out);
    stats_add_empty(tree, terminal, when, out);
    if (incomparable == 0)
        return;
    text_addf(&line,
              "%" PRId64 " integration%s too few runs in the period before to say whether they "
              "became slower",
              incomparable, incomparable == 1 ? " has" : "s have");
    text_add(out, "\n");
    stats_add_lines(terminal, 0, text_string(&line), out);
    text_free(&line);
}
