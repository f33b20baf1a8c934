#include "report/check_cron.h"
#include "base/text.h"
#include "command/command.h"
#include "cron/cron.h"
#include "report/terminal.h"
#include "time/clock.h"
#include "time/zones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CHECK_COUNT = 5,
    CHECK_COUNT_MAX = 1000,
    CHECK_INVALID = 1,
    CHECK_LINE_MAX = 64 * 1024, /* bytes; far beyond what cron_parse() takes */
};

static const struct command_option check_options[] = {
    {"timezone", "ZONE", "the time zone, a name or an offset (default UTC)"},
    {"from", "TIME", "list what fires after TIME instead of now"},
    {"count", "N", "list the next N times (default 5)"},
    {"json", NULL, "print one line of JSON for each expression"},
    {0},
};

static bool check_read_options(const struct command_line *line, struct zones *zones,
                               struct cron_report_options *options, struct error *err)
{
    const char *zone = command_value(line, "timezone");
    bool has_from;
    int64_t from_us = clock_host_us();

    options->timezone = zone != NULL ? zone : "UTC";
    if (!zones_find(zones, options->timezone, &options->zone, err)) {
        err->kind = ERROR_USAGE;
        return error_prefix(err, "--timezone");
    }
    if (!command_time(line, "from", &has_from, &from_us, err))
        return false;
    options->after_minute = instant_divide_down(from_us, INSTANT_US_PER_MINUTE);
    options->has_colour = terminal_look(STDOUT_FILENO).has_colour;
    return command_number(line, "count", CHECK_COUNT, 0, CHECK_COUNT_MAX, &options->count, err) &&
           command_switch(line, "json", &options->is_json, err);
}

/* Five words or more, each an operand of its own: the shell has split one expression. */
static bool check_is_unquoted(const struct command_line *line)
{
    if (line->operand_count < CRON_FIELD_COUNT)
        return false;
    for (int i = 0; i < line->operand_count; i++)
        if (strpbrk(line->operands[i], " \t@") != NULL || strcmp(line->operands[i], "-") == 0)
            return false;
    return true;
}

static bool check_operands(const struct command_line *line, struct error *err)
{
    if (line->operand_count == 0) {
        error_set(err, ERROR_USAGE, "no expression given");
        return error_hint(err, "such as: syncsched check-cron '0 2 * * *'; \"-\" reads lines from "
                               "standard input");
    }
    if (check_is_unquoted(line)) {
        error_set(err, ERROR_USAGE, "each of the %d words is taken for an expression of its own",
                  line->operand_count);
        return error_hint(err, "put the expression in quotes: syncsched check-cron '0 2 * * *'");
    }
    return true;
}

/* Reports on one expression, and passes the report on. */
static bool check_one(const struct cron_report_options *options, const char *expression,
                      size_t length, struct cron_report_totals *totals, struct text *out,
                      struct error *err)
{
    text_clear(out);
    if (totals->expressions > 0 && !options->is_json)
        text_add(out, "\n");
    cron_report_add(options, expression, length, totals, out);
    if (fwrite(out->data, 1, out->length, stdout) == out->length)
        return true;
    return command_write("", err);
}

/*
 * Reads a line of standard input without its end, any bytes; false when there is none. Of a longer
 * line only the first CHECK_LINE_MAX bytes are kept, and the rest is read past: a line without an
 * end must not take all memory.
 */
static bool check_read_line(char line[CHECK_LINE_MAX], size_t *length)
{
    int c;

    *length = 0;
    while ((c = getc_unlocked(stdin)) != EOF && c != '\n')
        if (*length < CHECK_LINE_MAX)
            line[(*length)++] = (char)c;
    return c == '\n' || (*length > 0 && !ferror(stdin));
}

/* One expression a line. */
static bool check_lines(const struct cron_report_options *options,
                        struct cron_report_totals *totals, struct text *out, struct error *err)
{
    char line[CHECK_LINE_MAX];
    size_t length;

    while (check_read_line(line, &length))
        if (!check_one(options, line, length, totals, out, err))
            return false;
    if (ferror(stdin))
        return error_set(err, ERROR_USAGE, "cannot read standard input: %s", strerror(errno));
    return true;
}

static bool check_all(const struct command_line *line, const struct cron_report_options *options,
                      struct cron_report_totals *totals, struct error *err)
{
    struct text out = {0};
    bool ok = true;

    for (int i = 0; ok && i < line->operand_count; i++) {
        const char *operand = line->operands[i];

        if (strcmp(operand, "-") == 0)
            ok = check_lines(options, totals, &out, err);
        else
            ok = check_one(options, operand, strlen(operand), totals, &out, err);
    }
    text_clear(&out);
    if (totals->expressions > 1 && !options->is_json)
        text_addf(&out, "\n%zu expressions: %zu invalid, %zu with warnings\n", totals->expressions,
                  totals->invalid, totals->warned);
    ok = ok && command_write(text_string(&out), err);
    text_free(&out);
    return ok;
}

static int check_main(const struct command_line *line)
{
    struct zones zones = {0};
    struct cron_report_options options = {0};
    struct cron_report_totals totals = {0};
    struct error err = {0};
    bool ok = check_operands(line, &err) && check_read_options(line, &zones, &options, &err) &&
              check_all(line, &options, &totals, &err);

    zones_free(&zones);
    if (!ok)
        return command_fail(&err);
    return totals.invalid > 0 ? CHECK_INVALID : 0;
}

const struct command command_check_cron = {
    .name = "check-cron",
    .operands = "EXPRESSION...|-",
    .summary = "Check cron expressions: what they mean and when they fire.",
    .is_offline = true,
    .options = check_options,
    .run = check_main,
};
