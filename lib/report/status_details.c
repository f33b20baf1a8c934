#include "report/overview_text.h"
#include "report/run_cells.h"
#include "report/status_text.h"
#include "report/table.h"
#include "time/duration.h"

#include <string.h>

/* ---- Its runs ---- */

static const struct table_column status_run_columns[] = {
    {.heading = "SLOT", .least = 20},
    {.heading = "COVERS FROM", .least = 20},
    {.heading = "ATTEMPT", .least = 7, .is_right = true},
    {.heading = "OUTCOME", .least = 16},
    {.heading = "CREATED", .least = 20, .line = 1},
    {.heading = "STARTED", .least = 20, .line = 1},
    {.heading = "ENDED", .least = 20, .line = 1},
    {.heading = "DRIFT", .least = 7, .is_right = true, .line = 1},
    {.heading = "RECORDS", .least = 7, .is_right = true, .line = 2},
    {.heading = "BY", .least = 16, .line = 2},
    {.heading = "RUN", .least = RUN_UUID_SIZE - 1, .line = 2},
};

static void status_add_instant(struct table *table, int64_t instant_ms)
{
    char text[INSTANT_TEXT_SIZE] = "-";

    if (instant_ms != INT64_MIN)
        instant_format_second(instant_ms, text);
    table_add(table, TERMINAL_PLAIN, text);
}

/* "schedule cron@alpha" */
static void status_add_by(struct table *table, const struct standing_run *run, struct text *cell)
{
    text_add(cell, run->triggered_by != NULL ? run->triggered_by : "");
    if (run->trigger_name != NULL && run->host != NULL)
        text_addf(cell, " %s@%s", run->trigger_name, run->host);
    run_add_cell(table, TERMINAL_PLAIN, cell);
}

/* "unknown/TIMEOUT: MESSAGE"; a completed run may have a message, too. */
static void status_add_error(struct table *table, const struct standing_run *run, struct text *cell)
{
    if (run->error_code != NULL)
        text_addf(cell, "%s/%s", outcome_class_name(run->error_class), run->error_code);
    if (run->error_message != NULL)
        text_addf(cell, "%s%s", cell->length > 0 ? ": " : "", run->error_message);
    if (cell->length > 0)
        table_add_note(table, TERMINAL_PLAIN, cell->data);
    text_clear(cell);
}

static void status_add_run(struct table *table, const struct standing_run *run)
{
    struct text cell = {0};

    status_add_instant(table, run->scheduled_for * 60000);
    status_add_instant(table, run->covers_from * 60000);
    text_addf(&cell, "%d", run->attempt);
    run_add_cell(table, TERMINAL_PLAIN, &cell);
    run_add_outcome(run, &cell);
    run_add_cell(table, run_colour(run), &cell);
    status_add_instant(table, run->created_at_ms);
    status_add_instant(table, run->started_at_ms);
    status_add_instant(table,
                       run->status == RUN_COMPLETED ? run->completed_at_ms : run->failed_at_ms);
    run_add_drift(table, run, &cell);
    run_add_records(table, run, &cell);
    status_add_by(table, run, &cell);
    table_add(table, TERMINAL_PLAIN, run->run_id);
    status_add_error(table, run, &cell);
    text_free(&cell);
}

static void status_add_runs(const struct overview_integration *integration,
                            const struct terminal *terminal, struct text *out)
{
    struct table table = {.columns = status_run_columns,
                          .count = sizeof status_run_columns / sizeof *status_run_columns};

    for (size_t i = 0; i < integration->run_count; i++)
        status_add_run(&table, &integration->runs[i].run);
    table_print(&table, terminal, out);
    table_free(&table);
}

/* ---- The integration ---- */

/* "  schedule      at 02:30 every day, Europe/Oslo", cut to the terminal's width. */
static void status_add_fact(const struct terminal *terminal, const char *name,
                            const struct text *fact, struct text *out)
{
    struct text clean = {0};

    terminal_add_clean(&clean, text_string(fact));
    text_addf(out, "  %-12s  ", name);
    terminal_add_cut(out, text_string(&clean), terminal->columns - 16);
    text_add(out, "\n");
    text_free(&clean);
}

static void status_add_next_fact(const struct overview *overview,
                                 const struct overview_integration *integration, struct text *fact)
{
    char time[INSTANT_TEXT_SIZE];

    if (integration->next_slot == INT64_MIN) {
        text_add(fact, "none");
        return;
    }
    instant_format_minute(integration->next_slot, time);
    text_addf(fact, "%s, ", time);
    status_add_next(overview, integration, fact);
}

static void status_add_success_fact(const struct overview *overview,
                                    const struct overview_integration *integration,
                                    struct text *fact)
{
    char time[INSTANT_TEXT_SIZE];

    if (integration->last_success_at_ms == INT64_MIN) {
        text_add(fact, "never");
        return;
    }
    instant_format_second(integration->last_success_at_ms, time);
    text_addf(fact, "%s, ", time);
    overview_add_age(overview, integration->last_success_at_ms, fact);
}

static void status_add_facts(const struct overview *overview,
                             const struct overview_integration *integration,
                             const struct terminal *terminal, struct text *out)
{
    struct text fact = {0};

    text_addf(&fact, "%s  %s", integration->org_id, integration->organization);
    status_add_fact(terminal, "organisation", &fact, out);
    text_clear(&fact);
    status_add_schedule(integration, &fact);
    text_addf(&fact, ", %s", integration->timezone);
    if (integration->fault == NULL && integration->facts.is_active)
        text_addf(&fact, " (%s)", integration->cron_schedule);
    status_add_fact(terminal, "schedule", &fact, out);
    text_clear(&fact);
    status_add_next_fact(overview, integration, &fact);
    status_add_fact(terminal, "next slot", &fact, out);
    text_clear(&fact);
    status_add_success_fact(overview, integration, &fact);
    status_add_fact(terminal, "last success", &fact, out);
    text_free(&fact);
}

void status_add_details(const struct overview *overview, const struct terminal *terminal,
                        struct text *out)
{
    static const struct table_column columns[] = {OVERVIEW_COLUMNS};

    for (size_t i = 0; i < overview->count; i++) {
        const struct overview_integration *integration = &overview->integrations[i];
        struct table table = {.columns = columns, .count = sizeof columns / sizeof *columns};

        overview_add_cells(integration, &table);
        overview_add_reasons(integration, &table);
        table_print(&table, terminal, out);
        table_free(&table);
        status_add_facts(overview, integration, terminal, out);
        status_add_runs(integration, terminal, out);
    }
}
