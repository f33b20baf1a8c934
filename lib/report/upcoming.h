/* What `next` prints: a heading, and a line for each slot, on the clocks of the organisation. */
#ifndef SYNCSCHED_REPORT_UPCOMING_H
#define SYNCSCHED_REPORT_UPCOMING_H

#include "report/terminal.h"
#include "report/when.h"

#include <jansson.h>

void upcoming_add_heading(const struct terminal *terminal, struct text *out);

/* Appends the line of a slot, as upcoming_first() has it. when: the time of the reading. */
void upcoming_add_line(const struct terminal *terminal, struct when *when, const json_t *slot,
                       struct text *out);

#endif
