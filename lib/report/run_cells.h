/*
 * A run as it is shown to a person: its mark, its outcome in a word, and cells of a table.
 */
#ifndef SYNCSCHED_REPORT_RUN_CELLS_H
#define SYNCSCHED_REPORT_RUN_CELLS_H

#include "base/text.h"
#include "report/table.h"
#include "report/terminal.h"
#include "store/status.h"

#include <stdint.h>

/* What the marks mean, in two lines. */
extern const char run_legend[];

/* Its mark in a strip, and the colour of its outcome. */
char run_mark(const struct standing_run *run);
enum terminal_colour run_colour(const struct standing_run *run);

/* By how much the run that a tick made for a slot began late, in seconds; -1: it says nothing. */
int64_t run_drift_seconds(const struct standing_run *run);

/* When the last thing happened to it. */
int64_t run_last_ms(const struct standing_run *run);

/* Appends its outcome, with the code if it failed: "failed HTTP_500". */
void run_add_outcome(const struct standing_run *run, struct text *text);

/* Adds the text as a cell, "-" for none, and empties it for the next one. */
void run_add_cell(struct table *table, enum terminal_colour colour, struct text *text);

/* Add the records that it exported, and its drift, as a cell each; run may be NULL: "-". */
void run_add_records(struct table *table, const struct standing_run *run, struct text *cell);
void run_add_drift(struct table *table, const struct standing_run *run, struct text *cell);

#endif
