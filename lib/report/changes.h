/*
 * What `changes` prints: what was in force when, as one tree of values, rendered as lines for a
 * person or as a line of JSON.
 */
#ifndef SYNCSCHED_REPORT_CHANGES_H
#define SYNCSCHED_REPORT_CHANGES_H

#include "inspect/changes.h"
#include "report/terminal.h"
#include "report/when.h"

#include <jansson.h>

/* As a new object (tests/schemas/changes.json). zones: those met so far. */
json_t *changes_tree(const struct changes_record *record, struct zones *zones);

/*
 * Appends it, and releases it: with a heading where the integration is another one than before
 * (previous, the id of the last; updated).
 */
void changes_add_text(const struct terminal *terminal, struct when *when, json_t *change,
                      char previous[2 * RUN_UUID_SIZE], struct text *out);

#endif
