#include "base/text.h"
#include "command/command.h"
#include "command/overview_json.h"
#include "command/overview_text.h"
#include "command/settings.h"
#include "engine/overview.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEALTH_BUDGET_MS = 50000 };

static const struct command_option health_options[] = {
    {"org", "ID", "only the integrations of this organisation"},
    {"integration", "ID", "only this integration"},
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

static const struct table_column health_columns[] = {
    OVERVIEW_COLUMNS,
    {.heading = "SINCE", .least = 20, .line = 1},
};

/* healthy  Bakeri AS  xledger  INTEGRATION  2026-11-20T02:00:00Z, and the reasons below it. */
static void health_add_text(const struct overview *overview, struct text *out)
{
    struct table table = {.columns = health_columns,
                          .count = sizeof health_columns / sizeof *health_columns};
    struct terminal terminal = terminal_look(STDOUT_FILENO);
    char since[INSTANT_TEXT_SIZE];

    overview_add_head(overview, &terminal, out);
    for (size_t i = 0; i < overview->count; i++) {
        const struct overview_integration *integration = &overview->integrations[i];

        overview_add_cells(integration, &table);
        memcpy(since, "-", 2);
        if (integration->condition.since != INT64_MIN)
            instant_format_minute(integration->condition.since, since);
        table_add(&table, TERMINAL_PLAIN, since);
        overview_add_reasons(integration, &table);
    }
    table_print(&table, &terminal, out);
    table_free(&table);
}

static void health_add_json(const struct overview *overview, struct text *out)
{
    json_t *health = overview_json(overview);
    json_t *integrations = json_object_get(health, "integrations");
    char *json;

    for (size_t i = 0; i < overview->count; i++)
        json_array_append_new(integrations, overview_json_integration(&overview->integrations[i]));
    json = json_dumps(health, JSON_COMPACT);
    text_addf(out, "%s\n", json);
    free(json);
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

static int health_main(const struct command_line *line)
{
    struct overview_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + HEALTH_BUDGET_MS,
    };
    struct overview overview = {0};
    struct error err = {0};
    bool is_json;
    bool ok = command_id(line, "org", &options.question.org_id, &err) &&
              command_id(line, "integration", &options.question.integration_id, &err) &&
              command_switch(line, "json", &is_json, &err) &&
              overview_read(&options, &overview, &err);
    bool is_well = overview.is_ticking && overview.by_state[CONDITION_UNHEALTHY] == 0;

    if (ok)
        overview_warn_of_none(&overview, &options.question);
    ok = ok && health_print(&overview, is_json, &err);
    overview_free(&overview);
    if (!ok)
        return command_fail(&err);
    return is_well ? 0 : 1;
}

const struct command command_health = {
    .name = "health",
    .summary = "Tell which integrations are healthy, and why not. Writes nothing.",
    .options = health_options,
    .run = health_main,
};
