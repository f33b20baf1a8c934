#include "report/check_cron.h"
#include "base/json.h"
#include "base/text.h"
#include "command/command.h"
#include "cron/cron.h"
#include "report/terminal.h"
#include "time/clock.h"
#include "time/moment.h"
#include "time/zones.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHECK_LINE_MAX = 64 * 1024 }; /* bytes; far beyond what cron_parse() takes */

/* How the expressions are read and shown, and how those so far came out. */
struct check {
    struct check_cron_options options;
    struct terminal terminal;
    bool is_json;
    size_t expressions;
    size_t invalid;
    size_t warned;
    struct text out; /* of one of them */
};

static bool check_operands(const struct command_line *line, struct error *err)
{
    /* Five words or more, each an operand of its own: the shell has split one expression. */
    bool is_unquoted = line->operand_count >= CRON_FIELD_COUNT;

    if (line->operand_count == 0) {
        error_set(err, ERROR_USAGE, "no expression given");
        return error_hint(err, "such as: syncsched check-cron '0 2 * * *'; \"-\" reads lines from "
                               "standard input");
    }
    for (int i = 0; i < line->operand_count; i++)
        if (strpbrk(line->operands[i], " \t@") != NULL || strcmp(line->operands[i], "-") == 0)
            is_unquoted = false;
    if (!is_unquoted)
        return true;
    error_set(err, ERROR_USAGE, "each of the %d words is read as an expression",
              line->operand_count);
    return error_hint(err, "put the expression in quotes: syncsched check-cron '0 2 * * *'");
}

/* Reports on one expression. */
static bool check_one(struct check *check, const char *expression, size_t length, struct error *err)
{
    json_t *report = check_cron_report(&check->options, expression, length);

    check->invalid += json_is_true(json_object_get(report, "valid")) ? 0 : 1;
    check->warned += json_array_size(json_object_get(report, "warnings")) > 0 ? 1 : 0;
    text_clear(&check->out);
    if (!check->is_json) {
        text_add(&check->out, check->expressions > 0 ? "\n" : "");
        check_cron_add_text(&check->options, &check->terminal, report, &check->out);
        json_decref(report);
    } else {
        json_add_line(&check->out, report);
        text_add(&check->out, "\n");
    }
    check->expressions++;
    return fwrite(check->out.data, 1, check->out.length, stdout) == check->out.length ||
           command_write("", err);
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
static bool check_lines(struct check *check, struct error *err)
{
    char line[CHECK_LINE_MAX];
    size_t length;

    while (check_read_line(line, &length))
        if (!check_one(check, line, length, err))
            return false;
    if (ferror(stdin))
        return error_set(err, ERROR_USAGE, "cannot read standard input: %s", strerror(errno));
    return true;
}

int command_check_cron(const struct command_line *line)
{
    const struct setting_value *from = &line->values[SETTING_FROM];
    int64_t now_us = clock_host_us();
    struct moment moment = {MOMENT_AGO, 0};
    struct check check = {
        .options = {.timezone = line->values[SETTING_TIMEZONE].text,
                    .count = (int)line->values[SETTING_COUNT].number},
        .terminal = terminal_look(STDOUT_FILENO, 0),
        .is_json = line->values[SETTING_JSON].is_given,
    };
    struct zones zones = {0};
    struct error err = {0};
    bool ok = check_operands(line, &err);

    if (ok && !zones_find(&zones, check.options.timezone, &check.options.zone, &err)) {
        err.kind = ERROR_USAGE;
        ok = error_prefix(&err, "--timezone");
    }
    ok = ok && (!from->is_given || moment_parse(from->text, false, &moment, &err));
    check.options.after_minute = instant_divide_down(
        moment_resolve(&moment, &check.options.zone, now_us), INSTANT_US_PER_MINUTE);
    for (int i = 0; ok && i < line->operand_count; i++) {
        const char *operand = line->operands[i];

        ok = strcmp(operand, "-") == 0 ? check_lines(&check, &err)
                                       : check_one(&check, operand, strlen(operand), &err);
    }
    if (ok && check.expressions > 1 && !check.is_json)
        printf("\n%zu expressions: %zu invalid, %zu with warnings\n", check.expressions,
               check.invalid, check.warned);
    ok = ok && command_write("", &err);
    text_free(&check.out);
    zones_free(&zones);
    if (!ok)
        return command_fail(&err);
    return check.invalid > 0 ? 1 : 0;
}
