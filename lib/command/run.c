#include "base/log.h"
#include "base/memory.h"
#include "command/by_hand.h"
#include "command/command.h"
#include "command/settings.h"
#include "notify/alert.h"
#include "notify/monitor.h"
#include "notify/shell.h"
#include "report/alert_mail.h"
#include "tick/tick.h"
#include "time/clock.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUN_COMMAND_MS = 10000 };

_Static_assert(SETTING_CONCURRENCY_MOST == POOL_WORKERS_MAX, "as many as the pool has");

static bool run_check_options(const struct command_line *line, struct error *err)
{
    if (line->options_error.kind != ERROR_NONE) {
        *err = line->options_error;
        return false;
    }
    return by_hand_check_options(line, err);
}

/* A UUID of version 4 (RFC 9562) for the tick; where the system has no random numbers, the time. */
static void run_make_id(char id[RUN_UUID_SIZE])
{
    uint64_t bits[2];

    if (getentropy(bits, sizeof bits) != 0) {
        bits[0] = (uint64_t)clock_now_us();
        bits[1] = (uint64_t)getpid();
    }
    snprintf(id, RUN_UUID_SIZE, "%08x-%04x-4%03x-%04x-%012" PRIx64, (unsigned)(bits[0] >> 32),
             (unsigned)(bits[0] >> 16 & 0xFFFF), (unsigned)(bits[0] & 0xFFF),
             (unsigned)(bits[1] >> 48 & 0x3FFF) | 0x8000U, bits[1] & 0xFFFFFFFFFFFF);
}

/* The tick says which names belong to no setting, since that lasts; to be freed. */
static struct error *run_explain_names(const struct command_line *line)
{
    struct error *warnings =
        memory_allocate(json_object_size(line->config.strangers), sizeof *warnings);
    size_t count = 0;
    const char *stranger;
    json_t *unused;

    json_object_foreach(line->config.strangers, stranger, unused)
    {
        config_explain_stranger(stranger, &warnings[count++]);
    }
    return warnings;
}

/* Everything but telling a monitor; returns the exit status. */
static int run_serve(const struct command_line *line, struct tick_options *options,
                     struct tick_result *result)
{
    struct settings_function function = {0};
    struct error err = {0};
    struct error unprinted;
    struct error *names = NULL;
    bool ok = run_check_options(line, &err) && settings_function(line, &function, &err);

    if (!ok || by_hand_is_named(line))
        command_warn_of_names(line);
    options->function = function.address;
    if (ok && by_hand_is_named(line)) {
        ok = by_hand_run(line, options, result, &err);
    } else if (ok) {
        options->notices = names = run_explain_names(line);
        options->notice_count = json_object_size(line->config.strangers);
        ok = tick_run(options, result, &err);
    }
    free(names);
    /* Also when no worker could be started; but there is no result without a tick. */
    if (result->is_complete && !command_print_summary(tick_summary(result), ok ? &err : &unprinted))
        ok = false;
    settings_function_free(&function);
    if (ok && result->refusal.kind != ERROR_NONE)
        return command_fail(&result->refusal);
    return !ok ? command_fail(&err) : result->failed > 0 ? 1 : 0;
}

/*
 * Starts the user's program, if there is something to report. By then the summary is printed and
 * the exit status is fixed, so that nothing it does can change either.
 */
static void run_send_alert(const struct setting_value *values, const struct tick_result *result,
                           const char *tick_id, const struct tick_options *options)
{
    bool is_text = strcmp(values[SETTING_ON_FAILURE_FORMAT].text, "text") == 0;
    struct alert alert = {0};
    struct text subject = {0};
    struct text input = {0};
    struct error err;

    alert_make(&alert, result, tick_id, &options->trigger, &options->database);
    if (alert.value != NULL) {
        alert_mail_add_subject(&alert, &subject);
        if (is_text) {
            alert_mail_add(&alert, clock_now_us(), &input);
        } else {
            json_add_line(&input, json_incref(alert.value));
            text_add(&input, "\n");
        }
        if (!shell_run(values[SETTING_ON_FAILURE].text, subject.data, input.data, RUN_COMMAND_MS,
                       &err)) {
            error_prefix(&err, "the command of --on-failure");
            log_failure_as_warning(&err);
        }
    }
    text_free(&subject);
    text_free(&input);
    alert_free(&alert);
}

static enum tick_after_restore run_read_after_restore(const char *text)
{
    return strcmp(text, "ask") == 0     ? TICK_ASKS
           : strcmp(text, "serve") == 0 ? TICK_SERVES
                                        : TICK_HOLDS;
}

/* Who types it at a terminal is not the crontab that has the same settings. */
static const char *run_name_trigger(const struct setting_value *name)
{
    return !name->is_given && isatty(STDIN_FILENO) == 1 ? "hand" : name->text;
}

int command_run(const struct command_line *line)
{
    const struct setting_value *values = line->values;
    const char *command = values[SETTING_ON_FAILURE].text;
    bool has_at = values[SETTING_AT].is_given || by_hand_is_named(line);
    char host[256] = "unknown";
    char id[RUN_UUID_SIZE] = "";
    struct tick_options options = {
        .database = settings_database(line),
        .trigger = {.name = run_name_trigger(&values[SETTING_TRIGGER_NAME]), .host = host},
        .policy = {.catch_up_ms = values[SETTING_CATCH_UP].number,
                   .budget_ms = values[SETTING_BUDGET].number,
                   .timeout_ms = values[SETTING_TIMEOUT].number,
                   .cold_start_after_ms = values[SETTING_COLD_START_AFTER].number,
                   .max_attempts = (int)values[SETTING_MAX_ATTEMPTS].number,
                   /* By hand only who says so now reaches what may have run; no configuration. */
                   .retries_unknown = has_at ? line->given[SETTING_RETRY_UNKNOWN] != NULL
                                             : values[SETTING_RETRY_UNKNOWN].number != 0,
                   .max_calls = (int)values[SETTING_MAX_CALLS].number,
                   .max_calls_of = {(int)values[SETTING_MAX_CALLS_XLEDGER].number,
                                    (int)values[SETTING_MAX_CALLS_DYNAMICS].number,
                                    (int)values[SETTING_MAX_CALLS_BUFDIR].number}},
        .started_at_ms = line->started_at_ms,
        .concurrency = (int)values[SETTING_CONCURRENCY].number,
        .after_restore = run_read_after_restore(values[SETTING_AFTER_RESTORE].text),
        .has_at = has_at,
        .at_us = values[SETTING_AT].number,
        .retries_failed = values[SETTING_RETRY_FAILED].is_given,
        .warms_up = values[SETTING_WARM_UP].number,
        .is_dry = values[SETTING_DRY_RUN].is_given,
        .takes_notes = !values[SETTING_DRY_RUN].is_given && command != NULL && *command != '\0',
    };
    struct monitor monitor = {.tick_id = id};
    struct tick_result result = {0};
    struct error unpinged;
    int status;

    if (gethostname(host, sizeof host - 1) != 0)
        snprintf(host, sizeof host, "unknown");
    if (!options.is_dry)
        monitor.address = settings_monitor(line);
    if (monitor.address.url != NULL || options.takes_notes)
        run_make_id(id);
    monitor_start(&monitor);
    status = run_serve(line, &options, &result);
    monitor_finish(&monitor, status != 0);
    if (options.takes_notes)
        run_send_alert(values, &result, id, &options);
    tick_end_warnings(&options, &result, monitor_wait(&monitor, &unpinged) ? NULL : &unpinged);
    tick_result_free(&result);
    return status;
}
