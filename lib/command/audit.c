#include "report/audit.h"
#include "base/log.h"
#include "command/command.h"
#include "command/settings.h"
#include "time/instant.h"

enum { AUDIT_BUDGET_MS = 10 * 60 * 1000 };

static const struct command_option audit_options[] = {
    {"from", "TIME", "judge the slots from TIME on (needed)"},
    {"to", "TIME", "and before TIME (default: now)"},
    {"org", "ID", "only the schedules of this organisation"},
    {"integration", "ID", "only the schedules of this integration"},
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

/* What limits what the totals say. */
static void audit_warn(const struct audit_result *result)
{
    char text[INSTANT_TEXT_SIZE];

    if (result->integrations == 0)
        log_warning("there is neither a schedule nor a run for what was asked for");
    if (result->is_cut) {
        instant_format_minute(result->to, text);
        log_warning("the period is judged up to %s: later slots may still be served", text);
    }
    if (result->pruned_before > result->from) {
        instant_format_minute(result->pruned_before, text);
        log_warning("the log was pruned: no slot before %s is missing or extra", text);
    }
    if (result->since_unknown > 0)
        log_warning("%zu schedule%s with slots missing: since when the text holds is not known, "
                    "and it is taken to have held in the whole period",
                    result->since_unknown, result->since_unknown == 1 ? "" : "s");
}

static bool audit_read_options(const struct command_line *line, struct audit_options *options,
                               bool *is_json, struct error *err)
{
    bool has_from;

    if (!command_time(line, "from", &has_from, &options->from_us, err) ||
        !command_time(line, "to", &options->has_to, &options->to_us, err) ||
        !command_id(line, "org", &options->org_id, err) ||
        !command_id(line, "integration", &options->integration_id, err) ||
        !command_switch(line, "json", is_json, err))
        return false;
    if (!has_from) {
        error_set(err, ERROR_USAGE, "--from is needed");
        return error_hint(err, "such as: syncsched audit --from 2024-05-01T00:00Z");
    }
    if (options->has_to && options->to_us <= options->from_us)
        return error_set(err, ERROR_USAGE, "--to must lie after --from");
    return true;
}

static int audit_main(const struct command_line *line)
{
    struct audit_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + AUDIT_BUDGET_MS,
    };
    struct audit_report report = {0};
    struct audit_result result = {0};
    struct error err = {0};
    bool is_json = false;
    bool ok = audit_read_options(line, &options, &is_json, &err) &&
              audit_report_open(&report, is_json, &err) &&
              audit_read(&options, audit_report_add, &report, &result, &err);

    if (ok)
        audit_warn(&result);
    ok = ok && audit_report_print(&report, &result, stdout, &err) && command_write("", &err);
    audit_report_close(&report);
    if (!ok)
        return command_fail(&err);
    return audit_is_clean(&result.totals) ? 0 : 1;
}

const struct command command_audit = {
    .name = "audit",
    .summary = "Match the slots of a period with the log. Writes nothing.",
    .options = audit_options,
    .run = audit_main,
};
