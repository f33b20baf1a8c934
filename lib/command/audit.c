#include "report/audit.h"
#include "base/log.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "time/instant.h"

#include <inttypes.h>
#include <unistd.h>

enum { AUDIT_BUDGET_MS = 10 * 60 * 1000 };

/* What limits what the totals say. */
static void audit_warn(const struct audit_result *result)
{
    char text[INSTANT_TEXT_SIZE];

    if (result->integrations == 0)
        log_warning("there is no schedule, and no run in the period");
    if (result->is_cut) {
        instant_format_minute(result->to, text);
        log_warning("the period is judged up to %s: later slots may still be served", text);
    }
    if (result->pruned_before > result->from) {
        instant_format_minute(result->pruned_before, text);
        log_warning("the log was pruned: no slot before %s is missing or extra", text);
    }
    if (result->periods_unjudged > 0) {
        instant_format_minute(result->periods_judged_from, text);
        log_warning("%zu run%s no period, as earlier versions made them: what was exported before "
                    "%s is not judged",
                    result->periods_unjudged, result->periods_unjudged == 1 ? " has" : "s have",
                    text);
    }
    if (result->unseen > 0)
        log_warning(
            "%zu schedule%s with slots missing, which no tick has seen: it is taken to have "
            "been in force in the whole period",
            result->unseen, result->unseen == 1 ? "" : "s");
}

static void audit_warn_of_ledger(const struct ledger_totals *ledger)
{
    if (ledger->strangers > 0)
        log_warning("%" PRId64 " row%s of sync_export_ledger without the key of a slot: not judged",
                    ledger->strangers, ledger->strangers == 1 ? "" : "s");
}

int command_audit(const struct command_line *line)
{
    struct audit_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + AUDIT_BUDGET_MS,
        .has_to = line->values[SETTING_TO].is_given,
        .wants_ledger = line->values[SETTING_LEDGER].is_given,
    };
    struct terminal terminal = terminal_look(STDOUT_FILENO, line->values[SETTING_WIDTH].number);
    struct audit_result result = {0};
    struct audit_report report = {
        .result = &result,
        .terminal = line->values[SETTING_JSON].is_given ? NULL : &terminal,
        .has_ledger = options.wants_ledger,
    };
    struct asked asked;
    struct error err = {0};
    bool is_day;
    bool ok = asked_read(line, options.deadline_ms, false, &asked, &err);

    options.org_id = asked.org_id;
    options.integration_id = asked.integration_id;
    options.from_us = asked_time_us(&asked, line, SETTING_FROM);
    options.to_us = asked_end_us(&asked, line, SETTING_TO, &is_day);
    if (ok && options.has_to && options.to_us <= options.from_us)
        ok = error_set(&err, ERROR_USAGE, "--to must lie after --from");
    ok = ok && audit_read(&options, audit_report_add, &report, &result, &err);
    if (ok) {
        audit_warn(&result);
        audit_warn_of_ledger(&result.ledger);
        report.zone = asked.has_zone && asked.found.has_timezone ? &asked.zone : NULL;
        report.timezone = *asked.found.timezone != '\0' ? asked.found.timezone : "UTC";
        ok = audit_report_print(&report, stdout, &err) && command_write("", &err);
    }
    audit_report_free(&report);
    asked_free(&asked);
    return !ok ? command_fail(&err) : audit_is_good(&result) ? 0 : 1;
}
