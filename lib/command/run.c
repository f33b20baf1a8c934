#include "command/run.h"

#include "base/log.h"
#include "command/settings.h"
#include "notify/alert.h"
#include "notify/monitor.h"
#include "notify/shell.h"
#include "tick/tick.h"
#include "time/clock.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RUN_SECOND_MS INT64_C(1000)
#define RUN_HOUR_MS   (3600 * RUN_SECOND_MS)
#define RUN_DAY_MS    (24 * RUN_HOUR_MS)

enum { RUN_ATTEMPTS_MAX = 10, RUN_TRIGGER_MAX = 64, RUN_COMMAND_MS = 10000 };

static const struct command_option run_options[] = {
    {"at", "TIME", "serve exactly the slots in the window of TIME, now"},
    {"catch-up", "D", "serve missed slots up to this old (default 1h)"},
    {"budget", "D", "time for the whole tick, under 30m (default 50s)"},
    {"timeout", "D", "time for each call (default: the rest of the budget)"},
    {"cold-start-after", "D", "tell of a first byte later than this (default 2s)"},
    {"warm-up", NULL, "wake the function up while what is due is claimed"},
    {"concurrency", "N", "calls at the same time, 1 to 5 (default 5)"},
    {"max-attempts", "N", "attempts at a slot that fails, 1 to 10 (default 1)"},
    {"retry-unknown", NULL, "attempt again what may have run, too"},
    {"retry-failed", NULL, "with --at: attempt again what failed there"},
    {"trigger-name", "NAME", "who starts this, for the log (default cron)"},
    {"on-failure", "COMMAND", "tell COMMAND what went wrong, as JSON on its stdin"},
    {"dry-run", NULL, "print the counts as they would be; write nothing"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

/* On a terminal: how far the tick is. */
static void run_show_progress(const struct pool_progress *progress, size_t failed)
{
    char line[128];

    snprintf(line, sizeof line, "%zu of %zu done, %zu in flight, %zu failed", progress->done,
             progress->tasks, progress->in_flight, failed);
    log_live_line(line);
}

/* The trigger's name stands in the database and in messages: short, and nothing to stumble over. */
static bool run_read_trigger(const struct command_line *line, struct tick_options *options,
                             struct error *err)
{
    const char *name = command_value(line, "trigger-name");

    if (name == NULL)
        return true;
    if (strlen(name) > RUN_TRIGGER_MAX ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.:-")] !=
            '\0')
        return error_set(err, ERROR_USAGE,
                         "--trigger-name: at most %d letters, digits and any of _.:-",
                         RUN_TRIGGER_MAX);
    options->trigger.name = name;
    return true;
}

static bool run_read_retries(const struct command_line *line, struct tick_options *options,
                             struct error *err)
{
    if (!command_number(line, "max-attempts", 1, 1, RUN_ATTEMPTS_MAX, &options->max_attempts,
                        err) ||
        !command_switch(line, "retry-unknown", &options->retries_unknown, err) ||
        !command_switch(line, "retry-failed", &options->retries_failed, err))
        return false;
    if (!options->retries_failed || options->has_at)
        return true;
    error_set(err, ERROR_USAGE, "--retry-failed: without --at nobody knows which");
    return error_hint(err, "such as: syncsched run --at 2024-05-01T02:00Z --retry-failed");
}

bool run_read_options(const struct command_line *line, struct tick_options *options,
                      struct error *err)
{
    return command_time(line, "at", &options->has_at, &options->at_us, err) &&
           command_duration(line, "catch-up", RUN_HOUR_MS, 0, 366 * RUN_DAY_MS,
                            &options->catch_up_ms, err) &&
           command_duration(line, "budget", 50 * RUN_SECOND_MS, RUN_SECOND_MS,
                            RUN_HOUR_MS / 2 - RUN_SECOND_MS, &options->budget_ms, err) &&
           command_duration(line, "timeout", 0, RUN_SECOND_MS, RUN_DAY_MS, &options->timeout_ms,
                            err) &&
           command_duration(line, "cold-start-after", 2 * RUN_SECOND_MS, 0, RUN_DAY_MS,
                            &options->cold_start_after_ms, err) &&
           command_switch(line, "warm-up", &options->warms_up, err) &&
           command_number(line, "concurrency", POOL_WORKERS_MAX, 1, POOL_WORKERS_MAX,
                          &options->concurrency, err) &&
           command_switch(line, "dry-run", &options->is_dry, err) &&
           run_read_retries(line, options, err) && run_read_trigger(line, options, err);
}

static bool run_tick(const struct tick_options *options, struct tick_result *result,
                     struct error *err)
{
    const struct summary *summary = &result->summary;
    bool is_ticked = tick_run(options, result, err);
    char *json = NULL;
    bool is_printed = true;

    log_live_line("");
    /* Runs that stay pending for want of workers are told, too; but no result without a tick. */
    if (summary->is_complete) {
        struct error print_error;

        json = summary_json(summary);
        is_printed = json != NULL && command_print(json, &print_error);
        if (!is_printed && is_ticked)
            *err = print_error;
    }
    free(json);
    return is_ticked && is_printed;
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

/* Everything but telling a monitor; returns the exit status. */
static int run_serve(const struct command_line *line, struct tick_options *options,
                     struct tick_result *result)
{
    struct settings_function function = {0};
    struct error err = {0};
    bool is_ticked = false;
    int status;

    if (run_read_options(line, options, &err) &&
        settings_function(&line->config, &function, &err)) {
        options->function = function.address;
        is_ticked = run_tick(options, result, &err);
    }
    status = !is_ticked ? command_fail(&err) : result->summary.failed > 0 ? 1 : 0;
    settings_function_free(&function);
    return status;
}

/*
 * Starts the user's program, if there is something to tell it. By then the summary is printed and
 * the exit status stands, so that nothing it does can change either.
 */
static void run_tell(const char *command, const struct tick_result *result,
                     const struct alert_sender *sender)
{
    struct alert alert = {0};
    struct error err;
    char *account;

    alert_note_claim(&alert, &result->claim);
    alert_note_runs(&alert, result);
    if (!alert_is_empty(&alert)) {
        account = alert_account(&alert, sender, &result->summary);
        if (!shell_run(command, account, RUN_COMMAND_MS, &err)) {
            error_prefix(&err, "the command of --on-failure");
            log_failure_as_warning(&err);
        }
        free(account);
    }
    alert_free(&alert);
}

static int run_main(const struct command_line *line)
{
    const char *command = command_value(line, "on-failure");
    char host[256] = "unknown";
    char id[RUN_UUID_SIZE] = "";
    struct tick_options options = {
        .database = settings_database(line),
        .trigger = {.name = "cron", .host = host},
        .started_at_ms = line->started_at_ms,
        .progress = log_has_live_line() ? run_show_progress : NULL,
    };
    struct monitor monitor = {.tick_id = id};
    struct tick_result result = {0};
    struct error ignored;
    int status;

    if (gethostname(host, sizeof host - 1) != 0)
        snprintf(host, sizeof host, "unknown");
    /* A switch that is no switch is told in its turn. */
    if (command_switch(line, "dry-run", &options.is_dry, &ignored) && !options.is_dry) {
        monitor.address = settings_monitor(&line->config);
        options.takes_notes = command != NULL && *command != '\0';
    }
    if (monitor.address.url != NULL || options.takes_notes)
        run_make_id(id);
    monitor_start(&monitor);
    status = run_serve(line, &options, &result);
    monitor_finish(&monitor, status != 0);
    if (options.takes_notes)
        run_tell(command, &result, &(struct alert_sender){id, options.trigger.name, host});
    monitor_wait(&monitor);
    tick_result_free(&result);
    return status;
}

const struct command command_run = {
    .name = "run",
    .summary = "Serve what is due: claim it, call the function, print a summary.",
    .options = run_options,
    .run = run_main,
};
