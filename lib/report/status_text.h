/*
 * What status says to a person: every integration in a line, or one with its runs in full.
 */
#ifndef SYNCSCHED_REPORT_STATUS_TEXT_H
#define SYNCSCHED_REPORT_STATUS_TEXT_H

#include "base/text.h"
#include "inspect/status.h"
#include "report/terminal.h"

/* Appends a table of the integrations, each with a strip of so many marks, one for a run. */
void status_add_list(const struct overview *overview, int runs, const struct terminal *terminal,
                     struct text *out);

/* Appends each integration with all that is known of its runs. */
void status_add_details(const struct overview *overview, const struct terminal *terminal,
                        struct text *out);

/*
 * What both say of an integration: "at 02:30 every day", or its expression where that is not valid
 * or the integration disabled; and "in 13 h".
 */
void status_add_schedule(const struct overview_integration *integration, struct text *text);
void status_add_next(const struct overview *overview,
                     const struct overview_integration *integration, struct text *text);

#endif
