/*
 * Aligned tables for people: as wide as their texts, and no wider than the terminal.
 *
 * If the terminal is too narrow for a row in one line, columns with a line of their own go below
 * the others. If a line is still too wide, its widest columns are cut. Nothing is cut when the
 * output is not a terminal.
 */
#ifndef SYNCSCHED_REPORT_TABLE_H
#define SYNCSCHED_REPORT_TABLE_H

#include "base/text.h"
#include "report/terminal.h"

#include <stdbool.h>
#include <stddef.h>

enum { TABLE_COLUMNS_MAX = 16, TABLE_LINES_MAX = 3 };

struct table_column {
    const char *heading;
    size_t least;  /* it is not cut to a smaller width */
    bool is_right; /* aligned to the right, as numbers are */
    size_t line;   /* its line if a row must have several: 0, 1 or 2, in ascending order */
};

/* `struct table t = {.columns = columns, .count = n};` is an empty one; table_free() is its end. */
struct table {
    const struct table_column *columns;
    size_t count; /* of columns, at most TABLE_COLUMNS_MAX */
    struct table_cell *cells;
    size_t used;
    size_t capacity;
};

/* Adds the next cell of the row, or the first of the next row. The string may be hostile; one that
 * is NULL or empty is shown as "-". */
void table_add(struct table *table, enum terminal_colour colour, const char *string);

/* Adds a text below a full row: indented, across all columns, broken at blanks. */
void table_add_note(struct table *table, enum terminal_colour colour, const char *string);

/* Appends the heading and the rows, which must be full. A table without rows appends nothing. */
void table_print(const struct table *table, const struct terminal *terminal, struct text *out);

void table_free(struct table *table);

#endif
