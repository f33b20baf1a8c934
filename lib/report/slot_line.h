/*
 * Lines about slots, written one by one as they come: the slot on the clocks of the organisation,
 * whose it is, eight digits of the integration's id, and a rest that is cut to fit. Each column has
 * a fixed width, so that a list of millions lines up without being kept.
 */
#ifndef SYNCSCHED_REPORT_SLOT_LINE_H
#define SYNCSCHED_REPORT_SLOT_LINE_H

#include "plan/subject.h"
#include "report/terminal.h"

/* What the slot and the integration take, with the blank behind each. */
size_t slot_line_columns(const struct terminal *terminal);

/* Appends a text, which may be hostile, in exactly so many columns, and a blank. Empty is "-". */
void slot_line_add_cell(struct text *out, const char *string, size_t columns, bool is_right);

/* Appends whose slot it is. An organisation without a name is shown by its id. */
void slot_line_add_subject(const struct terminal *terminal, const struct subject *subject,
                           struct text *out);

/* Appends the first columns of the heading: "SLOT ... ORGANISATION ... TYPE ... ID ...". */
void slot_line_add_heading(const struct terminal *terminal, struct text *out);

/* Ends a line, of which so many columns are used, with a text, which may be hostile, cut to fit. */
void slot_line_end(const struct terminal *terminal, size_t used, enum terminal_colour colour,
                   const char *string, struct text *out);

#endif
