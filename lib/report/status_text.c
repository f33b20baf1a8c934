#include "report/status_text.h"

#include "cron/cron_text.h"
#include "report/overview_text.h"
#include "report/run_cells.h"
#include "report/table.h"
#include "time/duration.h"

#include <string.h>

static const struct table_column status_columns[] = {
    OVERVIEW_COLUMNS,
    {.heading = "SCHEDULE", .least = 16, .line = 1},
    {.heading = "ZONE", .least = 12, .line = 1},
    {.heading = "NEXT", .least = 8, .line = 1},
    {.heading = "SUCCESS", .least = 11, .line = 1},
    {.heading = "LAST RUN", .least = 18, .line = 2},
    {.heading = "RECORDS", .least = 7, .is_right = true, .line = 2},
    {.heading = "DRIFT", .least = 7, .is_right = true, .line = 2},
    {.heading = "RUNS", .line = 2},
};

enum { STATUS_COLUMNS = sizeof status_columns / sizeof *status_columns };

void status_add_schedule(const struct overview_integration *integration, struct text *text)
{
    if (integration->facts.is_active && integration->fault == NULL)
        cron_describe(&integration->timetable.cron, text);
    else
        text_add(text, integration->cron_schedule);
}

void status_add_next(const struct overview *overview,
                     const struct overview_integration *integration, struct text *text)
{
    char words[DURATION_TEXT_SIZE];

    if (integration->next_slot == INT64_MIN)
        return;
    duration_format(integration->next_slot * 60000 - overview->now_us / 1000, words);
    text_addf(text, "in %s", words);
}

static void status_add_strip(const struct overview_integration *integration, struct text *text)
{
    for (size_t i = integration->run_count; i-- > 0;)
        text_addf(text, "%c", run_mark(&integration->runs[i].run));
}

/* "13 h ago failed TIMEOUT": where it must be cut, the code goes first. */
static void status_add_last_run(struct table *table, const struct overview *overview,
                                const struct standing_run *run, struct text *cell)
{
    if (run == NULL) {
        table_add(table, TERMINAL_PLAIN, "none");
        return;
    }
    overview_add_age(overview, run_last_ms(run), cell);
    text_add(cell, " ");
    run_add_outcome(run, cell);
    run_add_cell(table, run_colour(run), cell);
}

static void status_add_row(struct table *table, const struct overview *overview,
                           const struct overview_integration *integration)
{
    const struct standing_run *last = integration->run_count > 0 ? &integration->runs[0].run : NULL;
    struct text cell = {0};

    overview_add_cells(integration, table);
    status_add_schedule(integration, &cell);
    run_add_cell(table, TERMINAL_PLAIN, &cell);
    table_add(table, TERMINAL_PLAIN, integration->timezone);
    status_add_next(overview, integration, &cell);
    run_add_cell(table, TERMINAL_PLAIN, &cell);
    if (integration->last_success_at_ms != INT64_MIN)
        overview_add_age(overview, integration->last_success_at_ms, &cell);
    else
        text_add(&cell, "never");
    run_add_cell(table, TERMINAL_PLAIN, &cell);
    status_add_last_run(table, overview, last, &cell);
    run_add_records(table, last, &cell);
    run_add_drift(table, last, &cell);
    status_add_strip(integration, &cell);
    run_add_cell(table, TERMINAL_PLAIN, &cell);
    overview_add_reasons(integration, table);
    text_free(&cell);
}

void status_add_list(const struct overview *overview, int runs, const struct terminal *terminal,
                     struct text *out)
{
    struct table_column columns[STATUS_COLUMNS];
    struct table table = {.columns = columns, .count = STATUS_COLUMNS};

    memcpy(columns, status_columns, sizeof columns);
    columns[STATUS_COLUMNS - 1].least = (size_t)runs; /* what is cut off would be the newest */
    for (size_t i = 0; i < overview->count; i++)
        status_add_row(&table, overview, &overview->integrations[i]);
    table_print(&table, terminal, out);
    text_add(out, overview->count > 0 ? run_legend : "");
    table_free(&table);
}
