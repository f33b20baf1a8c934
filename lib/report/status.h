/*
 * What status and health print: one tree of values, as JSON (tests/schemas has its shape) or as
 * text for a person, which is made of the tree.
 */
#ifndef SYNCSCHED_REPORT_STATUS_H
#define SYNCSCHED_REPORT_STATUS_H

#include "base/text.h"
#include "plan/status.h"
#include "report/terminal.h"

#include <jansson.h>

enum status_view {
    STATUS_LIST,    /* each integration in a row, with a strip of a mark for each run */
    STATUS_DETAILS, /* each with its runs in full */
    STATUS_HEALTH,  /* its condition only, and what probes found */
};

/* A new object with the values of a view; list and details have the same. */
json_t *status_tree(const struct status *status, enum status_view view);

/* Appends the text of a tree. */
void status_add_text(const json_t *tree, enum status_view view, const struct terminal *terminal,
                     struct text *out);

/* Appends what the command prints: JSON in a line, or text that suits stdout. */
void status_add_report(const struct status *status, enum status_view view, bool is_json,
                       struct text *out);

#endif
