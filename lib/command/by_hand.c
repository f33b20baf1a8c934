#include "command/by_hand.h"

#include "base/log.h"
#include "command/asked.h"
#include "report/by_hand.h"
#include "tick/by_hand.h"
#include "time/instant.h"

#include <inttypes.h>

enum { BY_HAND_LINES_MAX = 20 }; /* about what is left alone */

/* ---- What goes together ---- */

static bool by_hand_given(const struct command_line *line, enum setting_name name)
{
    return line->given[name] != NULL;
}

bool by_hand_is_named(const struct command_line *line)
{
    return by_hand_given(line, SETTING_ORG) || by_hand_given(line, SETTING_INTEGRATION);
}

/* Without a name only --at, and what failed there. */
static bool by_hand_check_unnamed(const struct command_line *line, struct error *err)
{
    static const enum setting_name named[] = {SETTING_FROM, SETTING_TO, SETTING_NOW, SETTING_AGAIN};

    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        if (!by_hand_given(line, named[i]))
            continue;
        error_set(err, ERROR_USAGE, "--%s needs --integration or --org", settings[named[i]].option);
        return error_hint(err, "such as: syncsched run --integration ID --now");
    }
    if (!by_hand_given(line, SETTING_RETRY_FAILED) || by_hand_given(line, SETTING_AT))
        return asked_check_at(line, err);
    error_set(err, ERROR_USAGE, "--retry-failed needs --integration, --org or --at");
    return error_hint(err, "such as: syncsched run --integration ID --retry-failed");
}

bool by_hand_check_options(const struct command_line *line, struct error *err)
{
    int times = by_hand_given(line, SETTING_AT) + by_hand_given(line, SETTING_FROM) +
                by_hand_given(line, SETTING_NOW);
    bool retries =
        by_hand_given(line, SETTING_RETRY_FAILED) || by_hand_given(line, SETTING_RETRY_UNKNOWN);

    if (!by_hand_is_named(line))
        return by_hand_check_unnamed(line, err);
    if (by_hand_given(line, SETTING_TO) && !by_hand_given(line, SETTING_FROM)) {
        error_set(err, ERROR_USAGE, "--to needs --from");
        return error_hint(err, "such as: --from 2024-05-01T00:00Z --to 2024-05-02T00:00Z");
    }
    if (times == 1 || (times == 0 && retries && !by_hand_given(line, SETTING_AGAIN)))
        return true;
    error_set(err, ERROR_USAGE,
              times == 0 ? "which slots is not said"
                         : "--at, --from and --now exclude one another");
    return error_hint(err, "give one of --at TIME, --from TIME, --now, or --retry-failed alone");
}

/* ---- What is asked for ---- */

static int64_t by_hand_first_minute(int64_t instant_us)
{
    return -instant_divide_down(-instant_us, INSTANT_US_PER_MINUTE);
}

static void by_hand_set_end(const struct command_line *line, const struct asked *asked,
                            struct by_hand_options *options)
{
    int64_t instant_us;

    if (!by_hand_given(line, SETTING_TO))
        return;
    instant_us = asked_end_us(asked, line, SETTING_TO, &options->ends_with_day);
    options->choice.to = by_hand_first_minute(instant_us);
    if (!options->ends_with_day && instant_us > options->latest_us)
        options->latest_us = instant_us;
}

/* The slot in the window of the time, or all of the day. */
static void by_hand_set_at(const struct command_line *line, const struct asked *asked,
                           struct by_hand_options *options)
{
    struct by_hand_choice *choice = &options->choice;
    int64_t end_us = asked_end_us(asked, line, SETTING_AT, &options->ends_with_day);

    options->earliest_option = "at";
    options->latest_us = asked_time_us(asked, line, SETTING_AT);
    options->order.is_one_slot = !options->ends_with_day;
    if (options->ends_with_day) {
        choice->from = by_hand_first_minute(options->latest_us);
        choice->to = by_hand_first_minute(end_us);
    } else {
        choice->from = window_of(options->latest_us).first;
        choice->to = window_of(options->latest_us).last + 1;
    }
}

static void by_hand_set_minutes(const struct command_line *line, const struct asked *asked,
                                struct by_hand_options *options)
{
    const struct setting_value *values = line->values;
    struct by_hand_choice *choice = &options->choice;
    int64_t instant_us;

    choice->from = INT64_MIN;
    choice->to = INT64_MIN;
    options->latest_us = INT64_MIN;
    if (by_hand_given(line, SETTING_AT)) {
        by_hand_set_at(line, asked, options);
    } else if (by_hand_given(line, SETTING_FROM)) {
        instant_us = asked_time_us(asked, line, SETTING_FROM);
        choice->from = by_hand_first_minute(instant_us);
        options->latest_us = instant_us;
        options->earliest_option = "from";
    } else if (!by_hand_given(line, SETTING_NOW)) { /* as far as ticks look back */
        options->order.is_of_failed = true;
        choice->back_minutes = values[SETTING_CATCH_UP].number / 60000;
    }
    by_hand_set_end(line, asked, options);
}

static void by_hand_warn_of_left(const struct by_hand_reading *reading)
{
    size_t count = 0;

    for (size_t n = 0; n < reading->count; n++) {
        const struct by_hand_subject *subject = &reading->subjects[n];

        for (size_t i = 0; i < subject->item_count; i++) {
            struct text line = {0};

            if (subject->items[i].is_sent || ++count > BY_HAND_LINES_MAX)
                continue;
            by_hand_report_left(subject, &subject->items[i], reading->now_us, &line);
            log_warning("%s", line.data);
            text_free(&line);
        }
    }
    if (count > BY_HAND_LINES_MAX)
        log_warning("%zu more are left alone; --dry-run shows why", count - BY_HAND_LINES_MAX);
}

/* Nobody should take silence for an export. */
static void by_hand_warn_of_none(const struct by_hand_reading *reading)
{
    size_t slots = 0;
    char from[INSTANT_TEXT_SIZE];
    char to[INSTANT_TEXT_SIZE];

    for (size_t n = 0; n < reading->count; n++)
        slots += reading->subjects[n].slots;
    if (slots > 0)
        return;
    instant_format_minute(reading->from, from);
    instant_format_minute(reading->to - 1, to);
    log_warning("no slot and no run of what was named lies from %s to %s", from, to);
}

static bool by_hand_carry_out(const struct by_hand_options *options, struct tick_result *result,
                              struct error *err)
{
    struct by_hand_reading reading;
    struct text report = {0};
    bool ok = by_hand_look(options, &reading, err);

    if (ok && options->tick->is_dry) {
        by_hand_report(reading.subjects, reading.count, reading.now_us, &report);
        ok = command_write(report.data, err);
        text_free(&report);
    } else if (ok) {
        by_hand_warn_of_none(&reading);
        by_hand_warn_of_left(&reading);
        ok = by_hand_send(options, &reading, result, err);
    }
    by_hand_reading_free(&reading);
    return ok;
}

bool by_hand_run(const struct command_line *line, const struct tick_options *options,
                 struct tick_result *result, struct error *err)
{
    unsigned chosen = (by_hand_given(line, SETTING_AGAIN) ? BY_HAND_AGAIN : 0U) |
                      (by_hand_given(line, SETTING_RETRY_FAILED) ? BY_HAND_FAILED : 0U) |
                      (by_hand_given(line, SETTING_RETRY_UNKNOWN) ? BY_HAND_UNKNOWN : 0U);
    struct by_hand_options by_hand = {
        .tick = options,
        .order = {.is_now = by_hand_given(line, SETTING_NOW), .options = chosen},
    };
    struct asked asked;
    bool ok =
        asked_read(line, options->started_at_ms + options->policy.budget_ms, false, &asked, err);

    if (ok) {
        by_hand.choice.org_id = asked.org_id;
        by_hand.choice.integration_id = asked.integration_id;
        by_hand_set_minutes(line, &asked, &by_hand);
        ok = by_hand_carry_out(&by_hand, result, err);
    }
    asked_free(&asked);
    return ok;
}
