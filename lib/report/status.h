/*
 * What status and health print: trees of values, as JSON (tests/schemas has its shape) or as text
 * for a person, which is made of the trees. The tree of an integration is released before the next
 * one is made: with all their runs they would take several times the memory of the status.
 */
#ifndef SYNCSCHED_REPORT_STATUS_H
#define SYNCSCHED_REPORT_STATUS_H

#include "base/text.h"
#include "inspect/status.h"
#include "report/terminal.h"

#include <jansson.h>

enum status_view {
    STATUS_NEEDS,   /* what needs somebody, by organisation, and how many others there are */
    STATUS_LIST,    /* each integration in a row, with a strip of a mark for each run */
    STATUS_DETAILS, /* each with its runs in full */
    STATUS_HEALTH,  /* its condition only, and what probes found */
};

/* A new object: everything but the integrations. */
json_t *status_head_tree(const struct status *status);

/* A new object: integration i as a view shows it; list and details have the same. */
json_t *status_integration_tree(const struct status *status, size_t i, enum status_view view);

/* Appends the text of the trees. */
void status_add_text(const struct status *status, enum status_view view,
                     const struct terminal *terminal, struct text *out);

/* Appends what the command prints: text for this terminal; NULL: JSON in a line. */
void status_add_report(const struct status *status, enum status_view view,
                       const struct terminal *terminal, struct text *out);

#endif
