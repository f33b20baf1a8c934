#include "inspect/status.h"

#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "report/status.h"

#include <unistd.h>

enum { STATUS_BUDGET_MS = 50000 };

int command_status(const struct command_line *line)
{
    bool is_json = line->values[SETTING_JSON].is_given;
    enum status_view view = line->values[SETTING_INTEGRATION].is_given ? STATUS_DETAILS
                            : line->values[SETTING_ALL].is_given       ? STATUS_LIST
                                                                       : STATUS_NEEDS;
    struct status_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + STATUS_BUDGET_MS,
        .runs = (int)line->values[SETTING_RUNS].number,
        .wants_messages = true,
        .budget_ms = line->values[SETTING_BUDGET].number,
        .limits = {.workers = (int)line->values[SETTING_CONCURRENCY].number,
                   .max_calls = (int)line->values[SETTING_MAX_CALLS].number,
                   .max_calls_of = {(int)line->values[SETTING_MAX_CALLS_XLEDGER].number,
                                    (int)line->values[SETTING_MAX_CALLS_DYNAMICS].number,
                                    (int)line->values[SETTING_MAX_CALLS_BUFDIR].number}},
    };
    struct terminal terminal = terminal_look(STDOUT_FILENO, line->values[SETTING_WIDTH].number);
    struct status status = {0};
    struct text out = {0};
    struct asked asked;
    struct error err = {0};
    bool is_ticking;
    bool ok = asked_read(line, options.deadline_ms, false, &asked, &err);

    options.org_id = asked.org_id;
    options.integration_id = asked.integration_id;
    ok = ok && status_inspect(&options, NULL, 0, &status, &err);
    if (ok) {
        status_add_report(&status, view, is_json ? NULL : &terminal, &out);
        ok = command_write(text_string(&out), &err);
    }
    is_ticking = status.is_ticking;
    text_free(&out);
    status_free(&status);
    asked_free(&asked);
    return !ok ? command_fail(&err) : is_ticking ? 0 : 1;
}
