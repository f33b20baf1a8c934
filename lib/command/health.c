#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/prober.h"
#include "inspect/status.h"
#include "report/overview_json.h"
#include "report/overview_text.h"
#include "report/probe_report.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEALTH_BUDGET_MS = 50000 };

static const struct command_option health_options[] = {
    {"org", "ID", "only the integrations of this organisation"},
    {"integration", "ID", "only this integration"},
    {"probe", NULL, "ask the systems behind them, each once in 15 minutes"},
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

static const struct table_column health_columns[] = {
    OVERVIEW_COLUMNS,
    {.heading = "SINCE", .least = 20, .line = 1},
    {.heading = "PROBE", .least = 14, .line = 1}, /* where somebody was asked */
};

struct health {
    struct overview_options options;
    struct probe_finding probes[PROBER_TYPES];
    bool is_json;
};

/* ---- Output ---- */

static void health_add_row(const struct overview *overview,
                           const struct overview_integration *integration, struct table *table)
{
    const struct probe_finding *probe = integration->probe;
    char since[INSTANT_TEXT_SIZE] = "-";

    overview_add_cells(integration, table);
    if (integration->condition.since != INT64_MIN)
        instant_format_minute(integration->condition.since, since);
    table_add(table, TERMINAL_PLAIN, since);
    if (overview->probe_count > 0)
        table_add(table, probe != NULL ? probe_report_colour(probe->condition) : TERMINAL_PLAIN,
                  probe != NULL ? probe_report_word(probe->condition) : "-");
    overview_add_reasons(integration, table);
}

/* healthy  Bakeri AS  xledger  INTEGRATION  2026-11-20T02:00:00Z, and the reasons below it. */
static void health_add_text(const struct overview *overview, struct text *out)
{
    struct table table = {.columns = health_columns,
                          .count = sizeof health_columns / sizeof *health_columns -
                                   (overview->probe_count > 0 ? 0 : 1)};
    struct terminal terminal = terminal_look(STDOUT_FILENO);

    overview_add_head(overview, &terminal, out);
    for (size_t i = 0; i < overview->probe_count; i++)
        probe_report_add(&overview->probes[i], &terminal, out);
    for (size_t i = 0; i < overview->count; i++)
        health_add_row(overview, &overview->integrations[i], &table);
    table_print(&table, &terminal, out);
    table_free(&table);
}

/* With "probes", and the probe of each integration's type, where somebody was asked. */
static void health_add_json(const struct overview *overview, struct text *out)
{
    json_t *health = overview_json(overview);
    json_t *integrations = json_object_get(health, "integrations");
    json_t *probes = json_array();
    char *json;

    for (size_t i = 0; i < overview->probe_count; i++)
        json_array_append_new(probes, probe_report_json(&overview->probes[i]));
    for (size_t i = 0; i < overview->count; i++) {
        const struct probe_finding *probe = overview->integrations[i].probe;
        json_t *integration = overview_json_integration(&overview->integrations[i]);

        if (overview->probe_count > 0)
            json_object_set_new(integration, "probe",
                                probe != NULL ? json_string(probe_condition_name(probe->condition))
                                              : json_null());
        json_array_append_new(integrations, integration);
    }
    if (overview->probe_count > 0)
        json_object_set(health, "probes", probes);
    json = json_dumps(health, JSON_COMPACT);
    text_addf(out, "%s\n", json);
    free(json);
    json_decref(probes);
    json_decref(health);
}

static bool health_print(const struct overview *overview, bool is_json, struct error *err)
{
    struct text out = {0};
    bool ok;

    if (is_json)
        health_add_json(overview, &out);
    else
        health_add_text(overview, &out);
    ok = command_write(text_string(&out), err);
    text_free(&out);
    return ok;
}

/* ---- The command ---- */

/* Asks, where that was asked for. That it cannot be is a warning: the log speaks all the same. */
static bool health_probe(const struct command_line *line, struct health *health, struct error *err)
{
    struct overview_options *options = &health->options;
    struct prober_target targets[PROBER_TYPES];
    struct database *db;
    struct error refused;
    bool is_asked;

    if (!command_switch(line, "probe", &is_asked, err))
        return false;
    if (!is_asked)
        return true;
    if (!settings_probe(&line->config, targets, err))
        return false;
    db = database_open(&options->database, options->deadline_ms, err);
    if (db == NULL)
        return false;
    if (!prober_probe(db, targets, PROBER_TYPES, health->probes, &refused))
        log_failure_as_warning(&refused);
    database_close(db);
    options->probes = health->probes;
    options->probe_count = PROBER_TYPES;
    return true;
}

static int health_main(const struct command_line *line)
{
    struct health health = {.options = {
                                .database = settings_database(line),
                                .deadline_ms = line->started_at_ms + HEALTH_BUDGET_MS,
                            }};
    struct standing_question *question = &health.options.question;
    struct overview overview = {0};
    struct error err = {0};
    bool ok = command_id(line, "org", &question->org_id, &err) &&
              command_id(line, "integration", &question->integration_id, &err) &&
              command_switch(line, "json", &health.is_json, &err) &&
              health_probe(line, &health, &err) && overview_read(&health.options, &overview, &err);
    bool is_well = overview.is_ticking && overview.by_state[CONDITION_UNHEALTHY] == 0;

    if (ok)
        overview_warn_of_none(&overview, question);
    ok = ok && health_print(&overview, health.is_json, &err);
    overview_free(&overview);
    if (!ok)
        return command_fail(&err);
    return is_well ? 0 : 1;
}

const struct command command_health = {
    .name = "health",
    .summary = "Tell which integrations are healthy, and why others are not.",
    .options = health_options,
    .run = health_main,
};
