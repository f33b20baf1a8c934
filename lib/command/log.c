#include "base/log.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/runs.h"
#include "report/run_word.h"
#include "report/runs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOG_BUDGET_MS = 30 * 60 * 1000, LOG_WRITE_BYTES = 64 * 1024 };
enum { LOG_SHORT_ID = 8 };
enum { LOG_DAYS = 1 }; /* where no beginning is given */

/* What is printed, and how. */
struct log_output {
    enum runs_format format;
    struct terminal terminal;
    struct when when;
    struct text text; /* not written yet */
    size_t runs;
    json_t *attempts; /* of one run in full */
    json_t *run;      /* the one of them that was asked for; NULL: several were found */
    bool is_several;
};

/* ---- What can be done about a run ---- */

/*
 * In each command %i are the options for the integration, %t is the slot and %r the run. Each is
 * shown once the program has such a command with such an option.
 */
static const struct log_action {
    const char *words; /* for runs that came to this; NULL: to anything */
    const char *command;
    const char *option;
    const char *line;
    const char *effect;
} log_actions[] = {
    {"unknown", "resolve", "ask", "--ask %r", "asks the function whether it was done"},
    {"unknown", "resolve", "done", "%r --done --note 'WHY'", "says that it was done"},
    {"unknown", "resolve", "not-done", "%r --not-done --note 'WHY'",
     "says that it was not: it may be attempted again, or the next run exports it"},
    {"unknown", "run", "retry-unknown", "%i --at %t --retry-unknown",
     "attempts it again, though it may have been done; under the same key"},
    {"failed given up cancelled", "run", "retry-failed", "%i --at %t --retry-failed",
     "attempts it again, under the same key"},
    {"completed", "run", "again", "%i --at %t --again", "sends it again, under the same key"},
    {NULL, "status", "integration", "%i", "shows how the integration is"},
};

/* Whether there is such a command, and it takes an integration, or runs, and such an option. */
static bool log_has_command(const char *name, const char *option)
{
    for (enum command_name command = 0; command < COMMANDS; command++) {
        bool has_option = false;

        if (strcmp(command_texts[command].name, name) != 0)
            continue;
        for (enum setting_name s = 0; s < SETTINGS; s++)
            has_option = has_option ||
                         (settings[s].option != NULL && strcmp(settings[s].option, option) == 0 &&
                          settings[s].help[command] != NULL);
        return has_option && (settings[SETTING_INTEGRATION].help[command] != NULL ||
                              command_texts[command].operands != NULL);
    }
    return false;
}

static const char *log_text(const json_t *run, const char *key)
{
    return json_string_value(json_object_get(run, key));
}

/* Whether these words, of which org may be NULL, name the integration of the run and no other. */
static bool log_is_named(struct database *db, const char *org, const char *integration,
                         const json_t *run, int64_t deadline_ms)
{
    struct names_words words = {org, integration};
    struct names_found found = {0};
    struct error ignored;

    return names_find(db, &words, deadline_ms, &found, &ignored) &&
           strcmp(found.org_id, log_text(run, "orgId")) == 0 &&
           strcmp(found.integration_id, log_text(run, "integrationId")) == 0;
}

/* The options that name its integration: as short as they can be without being refused. */
static void log_name_integration(struct database *db, const json_t *run, int64_t deadline_ms,
                                 struct text *out)
{
    char org[LOG_SHORT_ID + 1];
    char integration[LOG_SHORT_ID + 1];

    snprintf(org, sizeof org, "%.*s", LOG_SHORT_ID, log_text(run, "orgId"));
    snprintf(integration, sizeof integration, "%.*s", LOG_SHORT_ID, log_text(run, "integrationId"));
    if (log_is_named(db, NULL, integration, run, deadline_ms))
        text_addf(out, "--integration %s", integration);
    else if (log_is_named(db, org, integration, run, deadline_ms))
        text_addf(out, "--org %s --integration %s", org, integration);
    else
        text_addf(out, "--org %s --integration %s", log_text(run, "orgId"),
                  log_text(run, "integrationId"));
}

static void log_add_command(const struct log_action *action, const json_t *run,
                            const char *integration, struct text *out)
{
    text_addf(out, "syncsched %s ", action->command);
    for (const char *at = action->line; *at != '\0'; at++) {
        if (*at != '%')
            text_append(out, at, 1);
        else if (*++at == 'i')
            text_add(out, integration);
        else if (*at == 'r')
            text_addf(out, "%.*s", LOG_SHORT_ID, log_text(run, "runId"));
        else
            text_add(out, log_text(run, "scheduledFor"));
    }
}

static json_t *log_list_actions(struct database *db, const json_t *run, int64_t deadline_ms)
{
    const char *word = run_word_of(run);
    json_t *actions = json_array();
    struct text integration = {0};

    log_name_integration(db, run, deadline_ms, &integration);
    for (size_t i = 0; i < sizeof log_actions / sizeof *log_actions; i++) {
        const struct log_action *action = &log_actions[i];
        struct text command = {0};

        if ((action->words != NULL && strstr(action->words, word) == NULL) ||
            !log_has_command(action->command, action->option))
            continue;
        log_add_command(action, run, integration.data, &command);
        json_array_append_new(actions, json_pack("{s:s, s:s}", "command", text_string(&command),
                                                 "effect", action->effect));
        text_free(&command);
    }
    text_free(&integration);
    return actions;
}

/* ---- Printing ---- */

static bool log_write(struct log_output *output, struct error *err)
{
    bool ok = output->text.length == 0 ||
              fwrite(output->text.data, 1, output->text.length, stdout) == output->text.length;

    text_clear(&output->text);
    return ok ||
           error_set(err, ERROR_INTERNAL, "cannot write to standard output: %s", strerror(errno));
}

static bool log_read_run(void *context, const struct runs_record *record, struct error *err)
{
    struct log_output *output = context;

    if (output->runs++ == 0)
        runs_add_heading(output->format, &output->terminal, &output->text);
    runs_add_line(output->format, &output->terminal, &output->when, runs_tree(record),
                  &output->text);
    return output->text.length < LOG_WRITE_BYTES || log_write(output, err);
}

static bool log_read_attempt(void *context, const struct runs_record *record, struct error *err)
{
    struct log_output *output = context;
    json_t *run = runs_tree(record);

    (void)err;
    json_array_append_new(output->attempts, run);
    if (record->is_found && output->run != NULL)
        output->is_several = true;
    if (record->is_found)
        output->run = run;
    return true;
}

/* "RUN" may be the beginning of several ids: these. */
static bool log_refuse_several(const struct log_output *output, const char *word, struct error *err)
{
    struct text list = {0};
    size_t i;
    json_t *run;

    json_array_foreach(output->attempts, i, run)
    {
        if (i < 6)
            text_addf(&list, "%s%s", i > 0 ? ", " : "", log_text(run, "runId"));
    }
    error_set(err, ERROR_USAGE, "\"%.40s\" is the beginning of several: %s", word,
              text_string(&list));
    text_free(&list);
    return error_hint(err, "write more of the id");
}

static bool log_show_one(struct database *db, const char *word, int64_t deadline_ms,
                         struct log_output *output, struct error *err)
{
    json_t *actions;

    output->attempts = json_array();
    if (!runs_read_one(db, word, deadline_ms, log_read_attempt, output, err))
        return false;
    if (output->is_several)
        return log_refuse_several(output, word, err);
    actions = log_list_actions(db, output->run, deadline_ms);
    if (output->format == RUNS_TEXT) {
        runs_add_details(&output->terminal, &output->when, output->run, output->attempts, actions,
                         &output->text);
        json_decref(actions);
        return true;
    }
    output->run = json_copy(output->run);
    json_object_set(output->run, "attempts", output->attempts);
    json_object_set_new(output->run, "actions", actions);
    runs_add_line(output->format, &output->terminal, &output->when, output->run, &output->text);
    return true;
}

/* ---- What is asked for ---- */

static bool log_check_options(const struct command_line *line, struct error *err)
{
    static const enum setting_name filters[] = {
        SETTING_SINCE,       SETTING_FROM,   SETTING_TO,   SETTING_ORG,
        SETTING_INTEGRATION, SETTING_STATUS, SETTING_CODE, SETTING_HTTP,
        SETTING_SLOWER_THAN, SETTING_HOST,   SETTING_CSV};

    if (line->operand_count > 1)
        return error_set(err, ERROR_USAGE, "'%.80s' is one argument too many", line->operands[1]);
    for (size_t i = 0; line->operand_count > 0 && i < sizeof filters / sizeof *filters; i++)
        if (line->values[filters[i]].is_given)
            return error_set(err, ERROR_USAGE, "--%s chooses among runs, and one is named",
                             settings[filters[i]].option);
    if (line->values[SETTING_FROM].is_given && line->values[SETTING_SINCE].is_given)
        return error_set(err, ERROR_USAGE, "--from and --since are the same: give one of them");
    if (line->values[SETTING_CSV].is_given && line->values[SETTING_JSON].is_given)
        return error_set(err, ERROR_USAGE, "--csv and --json: give one of them");
    return true;
}

/* Rounded up to whole minutes, as slots are. */
static int64_t log_minute(int64_t time_us)
{
    return -instant_divide_down(-time_us, INSTANT_US_PER_MINUTE);
}

static struct runs_options log_choose(const struct command_line *line, const struct asked *asked)
{
    const struct setting_value *values = line->values;
    int64_t from_us =
        asked->found.now_us - LOG_DAYS * INSTANT_MINUTES_PER_DAY * INSTANT_US_PER_MINUTE;
    bool is_day;

    if (values[SETTING_FROM].is_given || values[SETTING_SINCE].is_given)
        from_us = asked_time_us(asked, line,
                                values[SETTING_FROM].is_given ? SETTING_FROM : SETTING_SINCE);

    return (struct runs_options){
        .org_id = asked->org_id,
        .integration_id = asked->integration_id,
        .from = log_minute(from_us),
        .to = values[SETTING_TO].is_given
                  ? log_minute(asked_end_us(asked, line, SETTING_TO, &is_day))
                  : INT64_C(1) << 37, /* beyond the year 200,000 */
        .status = values[SETTING_STATUS].text,
        .code = values[SETTING_CODE].text,
        .http_status = values[SETTING_HTTP].is_given ? values[SETTING_HTTP].number : -1,
        .slower_than_ms =
            values[SETTING_SLOWER_THAN].is_given ? values[SETTING_SLOWER_THAN].number : -1,
        .host = values[SETTING_HOST].text,
    };
}

static bool log_list(struct database *db, const struct command_line *line,
                     const struct asked *asked, struct log_output *output, struct error *err)
{
    struct runs_options options = log_choose(line, asked);
    char from[INSTANT_TEXT_SIZE];

    if (options.to <= options.from)
        return error_set(err, ERROR_USAGE, "--to must lie after the beginning of the period");
    if (!runs_read(db, &options, line->started_at_ms + LOG_BUDGET_MS, log_read_run, output, err))
        return false;
    if (output->runs > 0)
        return true;
    runs_add_heading(output->format, &output->terminal, &output->text);
    instant_format_minute(options.from, from);
    log_warning("no run of a slot since %s is as was asked for", from);
    return true;
}

int command_log(const struct command_line *line)
{
    const struct setting_value *values = line->values;
    int64_t deadline_ms = line->started_at_ms + LOG_BUDGET_MS;
    struct database_address address = settings_database(line);
    struct log_output output = {
        .format = values[SETTING_CSV].is_given    ? RUNS_CSV
                  : values[SETTING_JSON].is_given ? RUNS_JSON
                                                  : RUNS_TEXT,
        .terminal = terminal_look(STDOUT_FILENO, values[SETTING_WIDTH].number),
    };
    struct database *db = NULL;
    struct asked asked = {0};
    struct error err = {0};
    bool ok = log_check_options(line, &err) && asked_read(line, deadline_ms, true, &asked, &err) &&
              (db = database_open(&address, deadline_ms, &err)) != NULL;

    output.when.now_us = asked.found.now_us;
    ok = ok &&
         (line->operand_count > 0 ? log_show_one(db, line->operands[0], deadline_ms, &output, &err)
                                  : log_list(db, line, &asked, &output, &err));
    database_close(db);
    ok = ok && log_write(&output, &err) && command_write("", &err);
    json_decref(output.attempts);
    text_free(&output.text);
    when_free(&output.when);
    asked_free(&asked);
    return ok ? 0 : command_fail(&err);
}
