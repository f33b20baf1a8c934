#include "report/check_cron.h"

#include "base/memory.h"
#include "base/quote.h"
#include "cron/cron_jumps.h"
#include "cron/cron_text.h"
#include "cron/cron_warn.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* The last minute that RFC 3339 can write, 9999-12-31T23:59Z. */
#define REPORT_MINUTE_LAST INT64_C(4223371679)

enum { REPORT_WARNINGS_MAX = CRON_WARNINGS_MAX + CRON_JUMPS_MAX + 1 };

/* Everything there is to say of an expression that is valid. */
struct cron_report {
    struct cron cron;
    bool fires; /* in this zone */
    struct text description;
    struct text warnings[REPORT_WARNINGS_MAX];
    size_t warning_count;
};

/* The first of the listed fires after that minute: one that both clocks can write. */
static bool report_next(const struct cron_report_options *options, const struct cron *cron,
                        int64_t *minute)
{
    return cron_next(cron, &options->zone, *minute, minute) && *minute <= REPORT_MINUTE_LAST &&
           *minute + zone_span_at(&options->zone, *minute).offset_minutes <= REPORT_MINUTE_LAST;
}

static void report_make(const struct cron_report_options *options, struct cron_report *report)
{
    int64_t minute;

    report->fires = cron_next(&report->cron, &options->zone, options->after_minute, &minute);
    cron_describe(&report->cron, &report->description);
    report->warning_count = cron_warn(&report->cron, report->warnings);
    report->warning_count +=
        cron_warn_of_jumps(&report->cron, &options->zone, options->after_minute,
                           report->warnings + report->warning_count);
    if (report->cron.fires && !report->fires)
        text_add(&report->warnings[report->warning_count++],
                 "it never fires in this time zone, which skips all its minutes");
}

static void report_free(struct cron_report *report)
{
    text_free(&report->description);
    for (size_t i = 0; i < report->warning_count; i++)
        text_free(&report->warnings[i]);
}

/* ---- Text ---- */

#define COLOUR_OFF  "\033[0m"
#define COLOUR_BOLD "\033[1m"
#define COLOUR_BAD  "\033[1;31m"
#define COLOUR_GOOD "\033[32m"
#define COLOUR_WARN "\033[33m"

/* Adds a word in colour where there are colours, and a colon. */
static void report_add_label(const struct cron_report_options *options, struct text *out,
                             const char *colour, const char *label)
{
    text_add(out, "  ");
    if (options->has_colour)
        text_add(out, colour);
    text_add(out, label);
    text_add(out, ":");
    if (options->has_colour)
        text_add(out, COLOUR_OFF);
    text_add(out, " ");
}

/* Adds bytes so that each is seen, and a tab as one blank; returns how many columns that takes. */
static size_t report_add_bytes(struct text *out, const char *bytes, size_t length)
{
    size_t before = out->length;

    for (size_t i = 0; i < length; i++) {
        char shown[8];

        quote_bytes(bytes[i] == '\t' ? " " : bytes + i, 1, shown, sizeof shown);
        text_add(out, shown);
    }
    return out->length - before;
}

static void report_add_expression(const struct cron_report_options *options, struct text *out,
                                  const char *expression, size_t length)
{
    char cut[QUOTE_SIZE];

    if (options->has_colour)
        text_add(out, COLOUR_BOLD);
    if (length <= CRON_LENGTH_MAX) {
        report_add_bytes(out, expression, length);
    } else {
        quote_bytes(expression, length, cut, sizeof cut);
        text_add(out, cut);
    }
    if (options->has_colour)
        text_add(out, COLOUR_OFF);
    text_add(out, "\n");
}

/* Adds a line that points at the fault in the line above. */
static void report_add_pointer(const struct cron_report_options *options, struct text *out,
                               const char *expression, size_t length,
                               const struct cron_fault *fault)
{
    struct text scratch = {0};
    size_t indent;
    size_t width;

    if (length == 0 || length > CRON_LENGTH_MAX)
        return;
    indent = report_add_bytes(&scratch, expression, fault->position);
    width = report_add_bytes(&scratch, expression + fault->position, fault->length);
    text_free(&scratch);
    for (size_t i = 0; i < indent; i++)
        text_add(out, " ");
    if (options->has_colour)
        text_add(out, COLOUR_BAD);
    text_add(out, "^");
    for (size_t i = 1; i < width; i++)
        text_add(out, "~");
    if (options->has_colour)
        text_add(out, COLOUR_OFF);
    text_add(out, "\n");
}

static void report_add_fault(const struct cron_report_options *options, struct text *out,
                             const struct cron_fault *fault)
{
    report_add_label(options, out, COLOUR_BAD, "invalid");
    text_add(out, fault->message);
    text_add(out, "\n");
    report_add_label(options, out, COLOUR_BOLD, "hint");
    text_add(out, fault->hint);
    text_add(out, "\n");
}

static bool report_is_utc(const struct cron_report_options *options)
{
    return options->zone.changes == NULL && options->zone.offset_minutes == 0;
}

/* Adds "Thu 2026-12-31 02:00 +01:00  2026-12-31T01:00:00Z"; in UTC without what is said twice. */
static void report_add_fire(const struct cron_report_options *options, struct text *out,
                            int64_t minute)
{
    char local[INSTANT_TEXT_SIZE];
    char utc[INSTANT_TEXT_SIZE];
    const char *weekday = zone_format_local(&options->zone, minute, local);

    text_add(out, "    ");
    text_append(out, weekday, 3);
    text_add(out, " ");
    text_append(out, local, strlen("2026-12-31"));
    text_add(out, " ");
    text_append(out, local + strlen("2026-12-31T"), strlen("02:00"));
    if (!report_is_utc(options)) {
        instant_format_minute(minute, utc);
        text_add(out, " ");
        text_add(out, local + strlen("2026-12-31T02:00:00"));
        text_add(out, "  ");
        text_add(out, utc);
    }
    text_add(out, "\n");
}

static void report_add_nexts(const struct cron_report_options *options,
                             const struct cron_report *report, struct text *out)
{
    int64_t minute = options->after_minute;
    int listed = 0;

    if (!report->fires || options->count == 0)
        return;
    report_add_label(options, out, COLOUR_BOLD, "next");
    if (!report_next(options, &report->cron, &minute)) {
        text_add(out, "none before the year 10000\n");
        return;
    }
    text_add(out, "in ");
    if (!report_is_utc(options)) {
        report_add_bytes(out, options->timezone, strlen(options->timezone));
        text_add(out, " and in ");
    }
    text_add(out, "UTC\n");
    do
        report_add_fire(options, out, minute);
    while (++listed < options->count && report_next(options, &report->cron, &minute));
}

static void report_add_text(const struct cron_report_options *options,
                            const struct cron_report *report, struct text *out)
{
    report_add_label(options, out, COLOUR_GOOD, "valid");
    text_append(out, report->description.data, report->description.length);
    text_add(out, "\n");
    for (size_t i = 0; i < report->warning_count; i++) {
        report_add_label(options, out, COLOUR_WARN, "warning");
        text_add(out, text_string(&report->warnings[i]));
        text_add(out, "\n");
    }
    report_add_nexts(options, report, out);
}

/* ---- JSON ---- */

/* A string of bytes that may be none in UTF-8: then with \xNN for them. */
static json_t *report_json_bytes(const char *bytes, size_t length)
{
    json_t *string = json_stringn(bytes, length);

    if (string == NULL) {
        struct text shown = {0};

        report_add_bytes(&shown, bytes, length);
        string = json_stringn(shown.data, shown.length);
        text_free(&shown);
    }
    return memory_or_exit(string);
}

static void report_json_nexts(const struct cron_report_options *options,
                              const struct cron_report *report, json_t *object)
{
    json_t *nexts = json_array();
    json_t *locals = json_array();
    json_t *weekdays = json_array();
    int64_t minute = options->after_minute;

    for (int i = 0; report->fires && i < options->count; i++) {
        char text[INSTANT_TEXT_SIZE];
        const char *weekday;

        if (!report_next(options, &report->cron, &minute))
            break;
        instant_format_minute(minute, text);
        json_array_append_new(nexts, json_string(text));
        weekday = zone_format_local(&options->zone, minute, text);
        json_array_append_new(locals, json_string(text));
        json_array_append_new(weekdays, json_string(weekday));
    }
    json_object_set_new(object, "next", nexts);
    json_object_set_new(object, "nextLocal", locals);
    json_object_set_new(object, "nextWeekday", weekdays);
}

static void report_json_valid(const struct cron_report_options *options,
                              const struct cron_report *report, json_t *object)
{
    json_t *warnings = json_array();

    for (size_t i = 0; i < report->warning_count; i++)
        json_array_append_new(warnings, json_string(text_string(&report->warnings[i])));
    json_object_set_new(object, "valid", json_true());
    json_object_set_new(object, "description", json_string(text_string(&report->description)));
    json_object_set_new(object, "fires", json_boolean(report->fires));
    json_object_set_new(object, "timezone",
                        report_json_bytes(options->timezone, strlen(options->timezone)));
    report_json_nexts(options, report, object);
    json_object_set_new(object, "warnings", warnings);
}

static void report_json_invalid(const struct cron_fault *fault, json_t *object)
{
    json_object_set_new(object, "valid", json_false());
    json_object_set_new(object, "errors",
                        json_pack("[{s:s?, s:s, s:s, s:s, s:I, s:I}]", "field", fault->field,
                                  "value", fault->value, "message", fault->message, "hint",
                                  fault->hint, "position", (json_int_t)fault->position, "length",
                                  (json_int_t)fault->length));
}

/* ---- One expression ---- */

static void report_print_json(const struct cron_report_options *options, const char *expression,
                              size_t length, const struct cron_report *report,
                              const struct cron_fault *fault, struct text *out)
{
    json_t *object = memory_or_exit(json_object());
    char *line;

    json_object_set_new(object, "expression", report_json_bytes(expression, length));
    if (report != NULL)
        report_json_valid(options, report, object);
    else
        report_json_invalid(fault, object);
    line = memory_or_exit(json_dumps(object, JSON_COMPACT));
    text_add(out, line);
    text_add(out, "\n");
    free(line);
    json_decref(object);
}

static void report_print_text(const struct cron_report_options *options, const char *expression,
                              size_t length, const struct cron_report *report,
                              const struct cron_fault *fault, struct text *out)
{
    report_add_expression(options, out, expression, length);
    if (report != NULL) {
        report_add_text(options, report, out);
    } else {
        report_add_pointer(options, out, expression, length, fault);
        report_add_fault(options, out, fault);
    }
}

void cron_report_add(const struct cron_report_options *options, const char *expression,
                     size_t length, struct cron_report_totals *totals, struct text *out)
{
    struct cron_report report = {0};
    struct cron_fault fault;
    bool is_valid = cron_parse(expression, length, &report.cron, &fault);

    if (is_valid)
        report_make(options, &report);
    if (options->is_json)
        report_print_json(options, expression, length, is_valid ? &report : NULL, &fault, out);
    else
        report_print_text(options, expression, length, is_valid ? &report : NULL, &fault, out);
    totals->expressions++;
    totals->invalid += is_valid ? 0 : 1;
    totals->warned += report.warning_count > 0 ? 1 : 0;
    report_free(&report);
}
