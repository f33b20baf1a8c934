#include "inspect/stats.h"

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "report/stats.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STATS_BUDGET_MS = 10 * 60 * 1000 };
enum { STATS_DAYS = 30 }; /* where no period is given */

/* What is asked for: the options, with their bounds. */
struct stats_choice {
    struct stats_options options;
    int64_t *bounds;
    size_t count;
    size_t capacity;
};

/* ---- The periods ---- */

static void stats_add_bound(struct stats_choice *choice, int64_t minute)
{
    choice->bounds =
        memory_grow(choice->bounds, choice->count, &choice->capacity, sizeof *choice->bounds);
    choice->bounds[choice->count++] = minute;
}

/* The minute at which a month begins there, so many months before or after that of a minute. */
static int64_t stats_month(const struct zone *zone, int64_t minute, int months)
{
    struct civil civil = civil_from_minute(minute + zone_span_at(zone, minute).offset_minutes);
    int month = civil.year * 12 + civil.month - 1 + months;

    civil = (struct civil){.year = month / 12, .month = month % 12 + 1, .day = 1};
    return zone_day_begins(zone, civil_to_day(&civil));
}

/* From the month before that of the period's beginning to the present one. */
static void stats_choose_months(const struct zone *zone, struct stats_choice *choice)
{
    int64_t from = choice->options.from;
    int64_t month = stats_month(zone, from, -1);

    for (int months = 0; month < choice->options.to; months++) {
        stats_add_bound(choice, month);
        month = stats_month(zone, from, months);
    }
    choice->options.from = stats_month(zone, from, 0);
}

static bool stats_choose(const struct command_line *line, const struct asked *asked,
                         struct stats_choice *choice, struct error *err)
{
    struct stats_options *options = &choice->options;
    int64_t to = instant_divide_down(asked->found.now_us, INSTANT_US_PER_MINUTE) + 1;
    int64_t from =
        line->values[SETTING_SINCE].is_given
            ? instant_divide_down(asked_time_us(asked, line, SETTING_SINCE), INSTANT_US_PER_MINUTE)
            : to - STATS_DAYS * INSTANT_MINUTES_PER_DAY;

    if (from >= to)
        return error_set(err, ERROR_USAGE, "--since must lie in the past");
    *options = (struct stats_options){.org_id = asked->org_id,
                                      .integration_id = asked->integration_id,
                                      .by = line->values[SETTING_BY].text,
                                      .from = from,
                                      .to = to};
    if (strcmp(options->by, "month") == 0) {
        stats_choose_months(&asked->zone, choice);
    } else {
        stats_add_bound(choice, 2 * from - to);
        stats_add_bound(choice, from);
    }
    stats_add_bound(choice, to);
    options->bounds = choice->bounds;
    options->bound_count = choice->count;
    options->days_from = 2 * options->from - to;
    return true;
}

/* ---- The command ---- */

static void stats_warn(const struct stats_options *options, int64_t pruned_before)
{
    int64_t from =
        options->days_from < options->bounds[0] ? options->days_from : options->bounds[0];
    char text[INSTANT_TEXT_SIZE];

    if (pruned_before <= from)
        return;
    instant_format_minute(pruned_before, text);
    log_warning("the log was pruned: runs before %s are not counted", text);
}

static bool stats_print(const struct command_line *line, const struct stats_report *report,
                        int64_t now_us, struct error *err)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO, line->values[SETTING_WIDTH].number);
    struct when when = {.now_us = now_us};
    json_t *tree = stats_report_tree(report);
    struct text out = {0};
    bool ok;

    if (line->values[SETTING_JSON].is_given) {
        json_add_line(&out, json_incref(tree));
        text_add(&out, "\n");
    } else if (line->values[SETTING_CSV].is_given) {
        stats_add_csv(tree, &out);
    } else {
        stats_add_text(tree, &terminal, &when, &out);
    }
    if (json_array_size(report->groups) == 0)
        log_warning("the log has no run in these periods");
    ok = command_write(text_string(&out), err);
    text_free(&out);
    json_decref(tree);
    when_free(&when);
    return ok;
}

static bool stats_run(const struct command_line *line, struct asked *asked, struct error *err)
{
    int64_t deadline_ms = line->started_at_ms + STATS_BUDGET_MS;
    struct database_address address = settings_database(line);
    struct stats_choice choice = {0};
    struct stats_report report = stats_report_begin(&choice.options);
    struct stats_reader reader = {stats_report_add_numbers, stats_report_add_trend, &report};
    struct database *db = NULL;
    int64_t pruned_before = INT64_MIN;
    bool ok;

    if (strcmp(line->values[SETTING_BY].text, "month") == 0)
        asked_find_zone(asked); /* where months begin */
    report.zone = asked->zone;
    ok = stats_choose(line, asked, &choice, err) &&
         (db = database_open(&address, deadline_ms, err)) != NULL &&
         stats_read(db, &choice.options, deadline_ms, &reader, &pruned_before, err);

    database_close(db);
    if (ok)
        stats_warn(&choice.options, pruned_before);
    ok = ok && stats_print(line, &report, asked->found.now_us, err);
    stats_report_free(&report);
    free(choice.bounds);
    return ok;
}

int command_stats(const struct command_line *line)
{
    struct asked asked = {0};
    struct error err = {0};
    bool ok = true;

    if (line->values[SETTING_CSV].is_given && line->values[SETTING_JSON].is_given)
        ok = error_set(&err, ERROR_USAGE, "--csv and --json: give one of them");
    ok = ok && asked_read(line, line->started_at_ms + STATS_BUDGET_MS, true, &asked, &err) &&
         stats_run(line, &asked, &err);
    asked_free(&asked);
    return ok ? 0 : command_fail(&err);
}
