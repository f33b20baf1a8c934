#include "report/table.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { TABLE_GAP = 2, TABLE_INDENT = 2 };

struct table_cell {
    char *string; /* clean */
    size_t width;
    enum terminal_colour colour;
    bool is_note;
};

/* How the columns lie on the terminal. */
struct table_layout {
    const struct terminal *terminal;
    size_t widths[TABLE_COLUMNS_MAX];
    bool is_stacked; /* a row has several lines */
};

/* ---- Filling it ---- */

static void table_add_cell(struct table *table, struct table_cell cell, const char *string)
{
    struct text clean = {0};

    terminal_add_clean(&clean, string);
    cell.string = memory_copy_text(text_string(&clean));
    cell.width = terminal_width(cell.string);
    text_free(&clean);
    table->cells = memory_grow(table->cells, table->used, &table->capacity, sizeof *table->cells);
    table->cells[table->used++] = cell;
}

void table_add(struct table *table, enum terminal_colour colour, const char *string)
{
    table_add_cell(table, (struct table_cell){.colour = colour}, string);
}

void table_add_note(struct table *table, enum terminal_colour colour, const char *string)
{
    table_add_cell(table, (struct table_cell){.colour = colour, .is_note = true}, string);
}

void table_free(struct table *table)
{
    for (size_t i = 0; i < table->used; i++)
        free(table->cells[i].string);
    free(table->cells);
    *table = (struct table){0};
}

/* ---- Laying it out ---- */

/* The columns of a line, [*first, *end): all of them in the first, unless rows are stacked. */
static void table_line(const struct table *table, const struct table_layout *layout, size_t line,
                       size_t *first, size_t *end)
{
    const struct table_column *columns = table->columns;

    *first = 0;
    while (*first < table->count && (layout->is_stacked ? columns[*first].line : 0) < line)
        ++*first;
    *end = *first;
    while (*end < table->count && (layout->is_stacked ? columns[*end].line : 0) == line)
        ++*end;
}

/* What the columns of a line take, were each no wider than its least if that is asked for. */
static size_t table_line_width(const struct table *table, const struct table_layout *layout,
                               size_t line, bool is_least)
{
    size_t width = line > 0 ? TABLE_INDENT : 0;
    size_t first;
    size_t end;

    table_line(table, layout, line, &first, &end);
    for (size_t i = first; i < end; i++) {
        size_t wide = layout->widths[i];

        if (is_least && wide > table->columns[i].least)
            wide = table->columns[i].least;
        width += wide + (i > first ? TABLE_GAP : 0);
    }
    return width;
}

/* Takes from the widest column until the line fits, or nothing more can be taken. */
static void table_shrink_line(const struct table *table, struct table_layout *layout, size_t line)
{
    size_t first;
    size_t end;

    table_line(table, layout, line, &first, &end);
    while (table_line_width(table, layout, line, false) > layout->terminal->columns) {
        size_t widest = end;

        for (size_t i = first; i < end; i++)
            if (layout->widths[i] > table->columns[i].least &&
                (widest == end || layout->widths[i] > layout->widths[widest]))
                widest = i;
        if (widest == end)
            return;
        layout->widths[widest]--;
    }
}

static struct table_layout table_lay_out(const struct table *table, const struct terminal *terminal)
{
    struct table_layout layout = {.terminal = terminal};
    size_t column = 0;

    for (size_t i = 0; i < table->count; i++)
        layout.widths[i] = terminal_width(table->columns[i].heading);
    for (size_t i = 0; i < table->used; i++) {
        if (table->cells[i].is_note)
            continue;
        if (table->cells[i].width > layout.widths[column])
            layout.widths[column] = table->cells[i].width;
        column = column + 1 < table->count ? column + 1 : 0;
    }
    layout.is_stacked = table_line_width(table, &layout, 0, true) > terminal->columns;
    for (size_t line = 0; line < TABLE_LINES_MAX; line++)
        table_shrink_line(table, &layout, line);
    return layout;
}

/* ---- Printing it ---- */

/* The last column of a line is not filled up: nothing stands behind it. */
static void table_print_cell(const struct table *table, const struct table_layout *layout,
                             size_t column, bool is_last, const struct table_cell *cell,
                             struct text *out)
{
    bool is_right = table->columns[column].is_right;
    size_t width = layout->widths[column];
    struct text fitted = {0};

    if (is_last && !is_right && cell->width < width)
        width = cell->width;
    terminal_add_fitted(&fitted, cell->string, width, is_right);
    terminal_paint(layout->terminal, out, cell->colour, text_string(&fitted));
    text_free(&fitted);
}

static void table_print_line(const struct table *table, const struct table_layout *layout,
                             size_t line, const struct table_cell *row, struct text *out)
{
    size_t first;
    size_t end;

    table_line(table, layout, line, &first, &end);
    if (first == end)
        return;
    text_addf(out, "%*s", line > 0 ? TABLE_INDENT : 0, "");
    for (size_t i = first; i < end; i++) {
        text_addf(out, "%*s", i > first ? TABLE_GAP : 0, "");
        table_print_cell(table, layout, i, i + 1 == end, &row[i], out);
    }
    text_add(out, "\n");
}

static void table_print_row(const struct table *table, const struct table_layout *layout,
                            const struct table_cell *row, struct text *out)
{
    for (size_t line = 0; line < TABLE_LINES_MAX; line++)
        table_print_line(table, layout, line, row, out);
}

static void table_print_heading(const struct table *table, const struct table_layout *layout,
                                struct text *out)
{
    struct table_cell row[TABLE_COLUMNS_MAX];

    for (size_t i = 0; i < table->count; i++) {
        row[i] = (struct table_cell){.colour = TERMINAL_BOLD,
                                     .string = memory_copy_text(table->columns[i].heading),
                                     .width = terminal_width(table->columns[i].heading)};
    }
    table_print_row(table, layout, row, out);
    for (size_t i = 0; i < table->count; i++)
        free(row[i].string);
}

/* How many bytes of a text make its first line: up to a blank, if one is within the room. */
static size_t table_break(const char *text, size_t room)
{
    size_t fits = terminal_fit(text, room);
    size_t length = fits;

    if (text[fits] == '\0' || fits == 0)
        return strlen(text);
    while (length > 0 && text[length] != ' ')
        length--;
    while (length > 1 && text[length - 1] == ' ')
        length--;
    return length > 0 ? length : fits;
}

static void table_print_note(const struct table_layout *layout, const struct table_cell *note,
                             struct text *out)
{
    size_t room = layout->terminal->columns - 2 * (size_t)TABLE_INDENT;
    struct text line = {0};

    for (const char *at = note->string; *at != '\0'; at += strspn(at, " ")) {
        size_t length = table_break(at, room);

        text_clear(&line);
        text_append(&line, at, length);
        text_addf(out, "%*s", TABLE_INDENT * 2, "");
        terminal_paint(layout->terminal, out, note->colour, line.data);
        text_add(out, "\n");
        at += length;
    }
    text_free(&line);
}

void table_print(const struct table *table, const struct terminal *terminal, struct text *out)
{
    struct table_layout layout = table_lay_out(table, terminal);

    if (table->used > 0)
        table_print_heading(table, &layout, out);
    for (size_t i = 0; i < table->used;) {
        if (table->cells[i].is_note) {
            table_print_note(&layout, &table->cells[i++], out);
        } else {
            table_print_row(table, &layout, &table->cells[i], out);
            i += table->count;
        }
    }
}
