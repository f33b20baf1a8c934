#include "report/run_cells.h"

#include "time/duration.h"

#include <inttypes.h>
#include <string.h>

enum { RUN_LATE_SECONDS = 5 * 60 }; /* a drift to point out, as ticks warn of it */

/* What became of a run. */
enum run_outcome {
    RUN_OUTCOME_COMPLETED,
    RUN_OUTCOME_FAILED,
    RUN_OUTCOME_UNKNOWN,
    RUN_OUTCOME_GIVEN_UP,
    RUN_OUTCOME_CANCELLED,
    RUN_OUTCOME_RUNNING,
    RUN_OUTCOME_PENDING,
};

static const struct {
    char mark;
    const char *word;
    enum terminal_colour colour;
} run_outcomes[] = {
    [RUN_OUTCOME_COMPLETED] = {'.', "completed", TERMINAL_GOOD},
    [RUN_OUTCOME_FAILED] = {'x', "failed", TERMINAL_BAD},
    [RUN_OUTCOME_UNKNOWN] = {'?', "unknown", TERMINAL_WARN},
    [RUN_OUTCOME_GIVEN_UP] = {'!', "given up", TERMINAL_WARN},
    [RUN_OUTCOME_CANCELLED] = {'-', "cancelled", TERMINAL_PLAIN},
    [RUN_OUTCOME_RUNNING] = {'>', "running", TERMINAL_PLAIN},
    [RUN_OUTCOME_PENDING] = {':', "pending", TERMINAL_PLAIN},
};

static enum run_outcome run_outcome(const struct standing_run *run)
{
    if (run->status != RUN_FAILED)
        return run->status == RUN_COMPLETED ? RUN_OUTCOME_COMPLETED
               : run->status == RUN_RUNNING ? RUN_OUTCOME_RUNNING
                                            : RUN_OUTCOME_PENDING;
    if (run->started_at_ms == INT64_MIN)
        return run->error_code != NULL && strcmp(run->error_code, "MISSED") == 0
                   ? RUN_OUTCOME_GIVEN_UP
                   : RUN_OUTCOME_CANCELLED;
    return run->error_class == OUTCOME_UNKNOWN ? RUN_OUTCOME_UNKNOWN : RUN_OUTCOME_FAILED;
}

const char run_legend[] =
    "runs, the newest at the right:  . completed  x failed  ? unknown outcome\n"
    "                                ! given up  - cancelled  > running  : pending\n";

int64_t run_drift_seconds(const struct standing_run *run)
{
    const char *by = run->triggered_by;
    int64_t drift_ms;

    if (run->started_at_ms == INT64_MIN || by == NULL ||
        (strcmp(by, "schedule") != 0 && strcmp(by, "catch_up") != 0))
        return -1;
    drift_ms = run->started_at_ms - run->scheduled_for * 60000;
    return drift_ms > 0 ? drift_ms / 1000 : 0;
}

int64_t run_last_ms(const struct standing_run *run)
{
    const int64_t times[] = {run->completed_at_ms, run->failed_at_ms, run->started_at_ms};

    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (times[i] != INT64_MIN)
            return times[i];
    return run->created_at_ms;
}

char run_mark(const struct standing_run *run)
{
    return run_outcomes[run_outcome(run)].mark;
}

enum terminal_colour run_colour(const struct standing_run *run)
{
    return run_outcomes[run_outcome(run)].colour;
}

void run_add_outcome(const struct standing_run *run, struct text *text)
{
    enum run_outcome outcome = run_outcome(run);

    text_add(text, run_outcomes[outcome].word);
    if ((outcome == RUN_OUTCOME_FAILED || outcome == RUN_OUTCOME_UNKNOWN) &&
        run->error_code != NULL)
        text_addf(text, " %s", run->error_code);
}

void run_add_cell(struct table *table, enum terminal_colour colour, struct text *text)
{
    table_add(table, colour, text->length > 0 ? text->data : "-");
    text_clear(text);
}

void run_add_records(struct table *table, const struct standing_run *run, struct text *cell)
{
    if (run != NULL && run->records_exported >= 0)
        text_addf(cell, "%" PRId64, run->records_exported);
    run_add_cell(table, TERMINAL_PLAIN, cell);
}

void run_add_drift(struct table *table, const struct standing_run *run, struct text *cell)
{
    int64_t seconds = run != NULL ? run_drift_seconds(run) : -1;
    char words[DURATION_TEXT_SIZE];

    if (seconds >= 0) {
        duration_format(seconds * 1000, words);
        text_add(cell, words);
    }
    run_add_cell(table, seconds > RUN_LATE_SECONDS ? TERMINAL_WARN : TERMINAL_PLAIN, cell);
}
