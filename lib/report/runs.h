/*
 * What `log` prints: each run as one tree of values, rendered as a line for a person, a line of
 * JSON, or a line of CSV; and one run in full.
 */
#ifndef SYNCSCHED_REPORT_RUNS_H
#define SYNCSCHED_REPORT_RUNS_H

#include "inspect/runs.h"
#include "report/terminal.h"
#include "report/when.h"

#include <jansson.h>

enum runs_format { RUNS_TEXT, RUNS_JSON, RUNS_CSV };

/* A run as a new object (tests/schemas/runs.json). */
json_t *runs_tree(const struct runs_record *record);

/* Appends the line above all runs; JSON has none. */
void runs_add_heading(enum runs_format format, const struct terminal *terminal, struct text *out);

/* Appends the line of a run, and releases it. */
void runs_add_line(enum runs_format format, const struct terminal *terminal, struct when *when,
                   json_t *run, struct text *out);

/*
 * Appends one of the attempts in full: what it was for, its timeline, all attempts at its slot, and
 * what can be done now: actions, an array of {"command", "effect"}.
 */
void runs_add_details(const struct terminal *terminal, struct when *when, const json_t *run,
                      const json_t *attempts, const json_t *actions, struct text *out);

#endif
