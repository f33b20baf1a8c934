#include "inspect/status.h"

#include "command/command.h"
#include "command/settings.h"
#include "report/status.h"

enum { STATUS_BUDGET_MS = 50000, STATUS_RUNS = 20, STATUS_RUNS_MAX = 1000 };

static const struct command_option status_options[] = {
    {"org", "ID", "only the integrations of this organisation"},
    {"integration", "ID", "only this integration, with its runs in full"},
    {"runs", "N", "show the last N runs (default 20)"},
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

static int status_main(const struct command_line *line)
{
    struct status_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + STATUS_BUDGET_MS,
    };
    struct status status = {0};
    struct text out = {0};
    struct error err = {0};
    bool is_json;
    bool is_ticking;
    bool ok = command_id(line, "org", &options.org_id, &err) &&
              command_id(line, "integration", &options.integration_id, &err) &&
              command_number(line, "runs", STATUS_RUNS, 1, STATUS_RUNS_MAX, &options.runs, &err) &&
              command_switch(line, "json", &is_json, &err);

    if (!ok)
        return command_fail(&err);
    options.wants_messages = is_json || options.integration_id != NULL;
    ok = status_inspect(&options, NULL, 0, &status, &err);
    if (ok) {
        status_add_report(&status, options.integration_id != NULL ? STATUS_DETAILS : STATUS_LIST,
                          is_json, &out);
        ok = command_write(text_string(&out), &err);
    }
    is_ticking = status.is_ticking;
    text_free(&out);
    status_free(&status);
    if (!ok)
        return command_fail(&err);
    return is_ticking ? 0 : 1;
}

const struct command command_status = {
    .name = "status",
    .summary = "Show what ticks, and how each integration is. Writes nothing.",
    .options = status_options,
    .run = status_main,
};
