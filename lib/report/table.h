/*
 * Aligned tables for people: as wide as their texts, and no wider than the terminal.
 *
 * Where a terminal is too narrow for a row in one line, the columns that say so go into lines of
 * their own below it; and what is still too wide is cut, the widest first. Nothing is cut where
 * the output is no terminal.
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
    size_t least;  /* it is not cut to fewer columns */
    bool is_right; /* stands at the right, as numbers do */
    size_t line;   /* where it goes if a row must have several: 0, 1 or 2, never less than before */
};

/* `struct table t = {.columns = columns, .count = n};` is an empty one; table_free() is its end. */
struct table {
    const struct table_column *columns;
    size_t count; /* of columns, at most TABLE_COLUMNS_MAX */
    struct table_cell *cells;
    size_t used;
    size_t capacity;
};

/* Adds the next cell of the row, or the first of the next row. Any string will do. */
void table_add(struct table *table, enum terminal_colour colour, const char *string);

/* Adds a text below the row, once that is full: indented, over all columns, broken at blanks. */
void table_add_note(struct table *table, enum terminal_colour colour, const char *string);

/* Appends the heading and the rows, all of them full. A table without rows is nothing. */
void table_print(const struct table *table, const struct terminal *terminal, struct text *out);

void table_free(struct table *table);

#endif
