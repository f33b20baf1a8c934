#include "inspect/status.h"
#include "base/text.h"
#include "command/command.h"
#include "command/settings.h"
#include "report/overview_text.h"
#include "report/status_json.h"
#include "report/status_text.h"

#include <unistd.h>

enum { STATUS_BUDGET_MS = 50000, STATUS_RUNS = 20, STATUS_RUNS_MAX = 1000 };

static const struct command_option status_options[] = {
    {"org", "ID", "only the integrations of this organisation"},
    {"integration", "ID", "only this integration, with its runs in full"},
    {"runs", "N", "tell of the last N runs (default 20)"},
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

static bool status_read_options(const struct command_line *line, struct standing_question *question,
                                bool *is_json, struct error *err)
{
    if (!command_id(line, "org", &question->org_id, err) ||
        !command_id(line, "integration", &question->integration_id, err) ||
        !command_number(line, "runs", STATUS_RUNS, 1, STATUS_RUNS_MAX, &question->runs, err) ||
        !command_switch(line, "json", is_json, err))
        return false;
    question->wants_messages = *is_json || question->integration_id != NULL;
    return true;
}

static void status_add_text(const struct overview *overview,
                            const struct standing_question *question, struct text *out)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO);

    overview_add_head(overview, &terminal, out);
    if (question->integration_id != NULL)
        status_add_details(overview, &terminal, out);
    else
        status_add_list(overview, question->runs, &terminal, out);
}

static bool status_print(const struct overview *overview, const struct standing_question *question,
                         bool is_json, struct error *err)
{
    struct text out = {0};
    bool ok;

    if (is_json)
        status_add_json(overview, &out);
    else
        status_add_text(overview, question, &out);
    ok = command_write(text_string(&out), err);
    text_free(&out);
    return ok;
}

static int status_main(const struct command_line *line)
{
    struct overview_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + STATUS_BUDGET_MS,
    };
    struct overview overview = {0};
    struct error err = {0};
    bool is_json;
    bool ok = status_read_options(line, &options.question, &is_json, &err) &&
              overview_read(&options, &overview, &err);
    bool is_ticking = overview.is_ticking;

    if (ok)
        overview_warn_of_none(&overview, &options.question);
    ok = ok && status_print(&overview, &options.question, is_json, &err);
    overview_free(&overview);
    if (!ok)
        return command_fail(&err);
    return is_ticking ? 0 : 1;
}

const struct command command_status = {
    .name = "status",
    .summary = "Tell what ticks, and how each integration stands. Writes nothing.",
    .options = status_options,
    .run = status_main,
};
