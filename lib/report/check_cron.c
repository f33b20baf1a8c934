#include "report/check_cron.h"

#include "base/json.h"
#include "base/text.h"
#include "cron/cron_message.h"
#include "cron/cron_text.h"

#include <string.h>

/* The last minute that RFC 3339 can write, 9999-12-31T23:59Z. */
#define REPORT_MINUTE_LAST INT64_C(4223371679)

/* Adds bytes so that each is seen, and a tab as one blank. */
static void add_bytes(struct text *out, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char shown[8];

        text_quote(bytes[i] == '\t' ? " " : bytes + i, 1, shown, sizeof shown);
        text_add(out, shown);
    }
}

/* ---- The report ---- */

/* How long bytes are as a JSON string. */
static size_t json_length(const char *bytes, size_t length)
{
    json_t *string = json_from_bytes(bytes, length);
    size_t shown = json_string_length(string);

    json_decref(string);
    return shown;
}

/* Lists the next fires that both clocks can write. */
static void report_nexts(const struct check_cron_options *options, const struct cron *cron,
                         json_t *report)
{
    json_t *nexts = json_array();
    json_t *locals = json_array();
    json_t *weekdays = json_array();
    int64_t minute = options->after_minute;

    for (int i = 0; i < options->count && cron_next(cron, &options->zone, minute, &minute); i++) {
        char text[INSTANT_TEXT_SIZE];
        const char *weekday;

        if (minute > REPORT_MINUTE_LAST ||
            minute + zone_span_at(&options->zone, minute).offset_minutes > REPORT_MINUTE_LAST)
            break;
        instant_format_minute(minute, text);
        json_array_append_new(nexts, json_string(text));
        weekday = zone_format_local(&options->zone, minute, text);
        json_array_append_new(locals, json_string(text));
        json_array_append_new(weekdays, json_string(weekday));
    }
    json_object_set_new(report, "next", nexts);
    json_object_set_new(report, "nextLocal", locals);
    json_object_set_new(report, "nextWeekday", weekdays);
}

static void report_valid(const struct check_cron_options *options, const struct cron *cron,
                         json_t *report)
{
    int64_t minute;
    bool fires = cron_next(cron, &options->zone, options->after_minute, &minute);
    struct text description = {0};
    struct text warnings[CRON_WARNINGS_MAX + CRON_JUMPS_MAX + 1] = {0};
    json_t *list = json_array();
    size_t count = cron_warn(cron, warnings);

    cron_describe(cron, &description);
    count += cron_warn_of_jumps(cron, &options->zone, options->after_minute, warnings + count);
    if (cron->fires && !fires)
        text_add(&warnings[count++], "it never fires in this time zone, which skips all its "
                                     "minutes");
    json_object_set_new(report, "valid", json_true());
    json_object_set_new(report, "description", json_string(description.data));
    json_object_set_new(report, "fires", json_boolean(fires));
    json_object_set_new(report, "timezone",
                        json_from_bytes(options->timezone, strlen(options->timezone)));
    report_nexts(options, cron, report);
    json_object_set_new(report, "warnings", list);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(list, json_string(warnings[i].data));
        text_free(&warnings[i]);
    }
    text_free(&description);
}

json_t *check_cron_report(const struct check_cron_options *options, const char *expression,
                          size_t length)
{
    struct cron cron;
    struct cron_error error;
    struct cron_message message;
    json_t *report = json_object();

    json_object_set_new(report, "expression", json_from_bytes(expression, length));
    if (cron_parse(expression, length, &cron, &error)) {
        report_valid(options, &cron, report);
        return report;
    }
    cron_message_make(expression, &error, &message);
    json_object_set_new(report, "valid", json_false());
    json_object_set_new(
        report, "errors",
        json_pack("[{s:s?, s:s, s:s, s:s, s:I, s:I}]", "field", message.field, "value",
                  message.value, "message", message.message, "hint", message.hint, "position",
                  (json_int_t)json_length(expression, error.position), "length",
                  (json_int_t)json_length(expression + error.position, error.length)));
    return report;
}

/* ---- Text ---- */

/* The string of that name. */
static const char *report_string(const json_t *report, const char *name)
{
    return json_string_value(json_object_get(report, name));
}

/* Adds a line in that colour. */
static void add_painted(const struct terminal *terminal, enum terminal_colour colour,
                        const struct text *line, struct text *out)
{
    terminal_paint(terminal, out, colour, text_string(line));
    text_add(out, "\n");
}

/* Adds "  LABEL: VALUE" and ends the line. */
static void add_line(const struct terminal *terminal, struct text *out, enum terminal_colour colour,
                     const char *label, const char *value)
{
    text_add(out, "  ");
    terminal_paint(terminal, out, colour, label);
    text_addf(out, " %s\n", value);
}

/* Adds the expression, a line that points at the error in it, and what is wrong. */
static void add_invalid(const struct terminal *terminal, const json_t *report, struct text *out)
{
    const json_t *error = json_array_get(json_object_get(report, "errors"), 0);
    size_t position = (size_t)json_integer_value(json_object_get(error, "position"));
    size_t length = (size_t)json_integer_value(json_object_get(error, "length"));
    const char *bytes = report_string(report, "expression");
    size_t whole = json_string_length(json_object_get(report, "expression"));
    struct text shown = {0};
    struct text pointer = {0};
    char cut[TEXT_QUOTE_SIZE];

    if (length > CRON_LENGTH_MAX) { /* refused for its length: how it begins */
        text_quote(bytes, whole, cut, sizeof cut);
        text_add(&shown, cut);
        add_painted(terminal, TERMINAL_BOLD, &shown, out);
    } else {
        size_t indent;

        add_bytes(&shown, bytes, position);
        indent = shown.length;
        add_bytes(&shown, bytes + position, length);
        for (size_t i = indent; i < shown.length || i == indent; i++)
            text_add(&pointer, i == indent ? "^" : "~");
        add_bytes(&shown, bytes + position + length, whole - position - length);
        add_painted(terminal, TERMINAL_BOLD, &shown, out);
        if (whole > 0) {
            text_addf(out, "%*s", (int)indent, "");
            add_painted(terminal, TERMINAL_BAD, &pointer, out);
        }
    }
    add_line(terminal, out, TERMINAL_BAD, "invalid:", report_string(error, "message"));
    add_line(terminal, out, TERMINAL_BOLD, "hint:", report_string(error, "hint"));
    text_free(&shown);
    text_free(&pointer);
}

static void add_nexts(const struct check_cron_options *options, const struct terminal *terminal,
                      const json_t *report, struct text *out)
{
    bool is_utc = options->zone.changes == NULL && options->zone.offset_minutes == 0;
    const char *timezone = report_string(report, "timezone");
    size_t count = json_array_size(json_object_get(report, "next"));
    struct text clocks = {0};

    text_add(&clocks, "in ");
    if (!is_utc) {
        add_bytes(&clocks, timezone, strlen(timezone));
        text_add(&clocks, " and in ");
    }
    text_add(&clocks, "UTC");
    add_line(terminal, out, TERMINAL_BOLD,
             "next:", count > 0 ? clocks.data : "none before the year 10000");
    text_free(&clocks);
    for (size_t i = 0; i < count; i++) {
        const char *utc = json_string_value(json_array_get(json_object_get(report, "next"), i));
        const char *day =
            json_string_value(json_array_get(json_object_get(report, "nextWeekday"), i));
        const char *local =
            json_string_value(json_array_get(json_object_get(report, "nextLocal"), i));

        /* "Thu 2026-12-31 02:00 +01:00  2026-12-31T01:00:00Z"; in UTC nothing is said twice */
        text_addf(out, "    %.3s %.10s %.5s", day, local, local + strlen("2026-12-31T"));
        if (!is_utc)
            text_addf(out, " %s  %s", local + strlen("2026-12-31T02:00:00"), utc);
        text_add(out, "\n");
    }
}

void check_cron_add_text(const struct check_cron_options *options, const struct terminal *terminal,
                         const json_t *report, struct text *out)
{
    const json_t *expression = json_object_get(report, "expression");
    const json_t *warnings = json_object_get(report, "warnings");
    struct text shown = {0};

    if (!json_is_true(json_object_get(report, "valid"))) {
        add_invalid(terminal, report, out);
        return;
    }
    add_bytes(&shown, json_string_value(expression), json_string_length(expression));
    add_painted(terminal, TERMINAL_BOLD, &shown, out);
    text_free(&shown);
    add_line(terminal, out, TERMINAL_GOOD, "valid:", report_string(report, "description"));
    for (size_t i = 0; i < json_array_size(warnings); i++)
        add_line(terminal, out, TERMINAL_WARN,
                 "warning:", json_string_value(json_array_get(warnings, i)));
    if (options->count > 0 && json_is_true(json_object_get(report, "fires")))
        add_nexts(options, terminal, report, out);
}
