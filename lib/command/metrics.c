#include "report/metrics.h"

#include "command/command.h"
#include "command/settings.h"

enum { METRICS_BUDGET_MS = 50000 };

int command_metrics(const struct command_line *line)
{
    struct status_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + METRICS_BUDGET_MS,
        .runs = METRICS_RUNS,
    };
    struct status status = {0};
    struct text out = {0};
    struct error err = {0};
    bool ok = status_inspect(&options, NULL, 0, &status, &err);

    if (ok) {
        metrics_add(&status, &out);
        ok = command_write(text_string(&out), &err);
    }
    text_free(&out);
    status_free(&status);
    return ok ? 0 : command_fail(&err);
}
