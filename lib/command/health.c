#include "base/log.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/probe.h"
#include "inspect/status.h"
#include "report/status.h"

#include <unistd.h>

enum { HEALTH_BUDGET_MS = 50000 };

/* A system that could not be asked is a warning: the log speaks all the same. */
static bool health_probe(const struct command_line *line, const struct status_options *options,
                         struct probe_finding *probes, struct error *err)
{
    struct probe_target targets[PROBE_TYPES];
    struct database *db = NULL;
    struct error refused;

    if (!settings_probe(line, targets, err) ||
        (db = database_open(&options->database, options->deadline_ms, err)) == NULL)
        return false;
    if (!probe_systems(db, targets, PROBE_TYPES, probes, &refused))
        log_failure_as_warning(&refused);
    database_close(db);
    return true;
}

int command_health(const struct command_line *line)
{
    struct status_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + HEALTH_BUDGET_MS,
    };
    struct probe_finding probes[PROBE_TYPES];
    struct terminal terminal = terminal_look(STDOUT_FILENO, line->values[SETTING_WIDTH].number);
    struct status status = {0};
    struct text out = {0};
    struct error err = {0};
    bool is_probing = line->values[SETTING_PROBE].is_given;
    bool is_well;
    struct asked asked;
    bool ok = asked_read(line, options.deadline_ms, false, &asked, &err);

    options.org_id = asked.org_id;
    options.integration_id = asked.integration_id;
    ok = ok && (!is_probing || health_probe(line, &options, probes, &err)) &&
         status_inspect(&options, probes, is_probing ? PROBE_TYPES : 0, &status, &err);
    if (ok) {
        status_add_report(&status, STATUS_HEALTH,
                          line->values[SETTING_JSON].is_given ? NULL : &terminal, &out);
        ok = command_write(text_string(&out), &err);
    }
    is_well = status.is_ticking && status.conditions[CONDITION_UNHEALTHY] == 0;
    text_free(&out);
    status_free(&status);
    asked_free(&asked);
    return !ok ? command_fail(&err) : is_well ? 0 : 1;
}
