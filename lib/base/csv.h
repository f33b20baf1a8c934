/*
 * Comma-separated values (RFC 4180): lines end in CRLF, and a cell that holds a comma, a quote, a
 * line end or a semicolon (by which some programs separate) is in quotes.
 *
 * What a spreadsheet would take for a formula gets an apostrophe before it. Source: OWASP, "CSV
 * Injection".
 */
#ifndef SYNCSCHED_BASE_CSV_H
#define SYNCSCHED_BASE_CSV_H

#include "base/text.h"

/* Appends a cell, with the comma before it unless it is the first. NULL: an empty cell. */
void csv_add_cell(struct text *line, const char *cell, bool is_first);

/* Ends the line. */
void csv_end_line(struct text *line);

#endif
