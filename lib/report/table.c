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
    const struct table *table;
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
    while (table->used < table->count) /* the first row is the heading */
        table_add_cell(table, (struct table_cell){.colour = TERMINAL_BOLD},
                       table->columns[table->used].heading);
    table_add_cell(table, (struct table_cell){.colour = colour},
                   string != NULL && *string != '\0' ? string : "-");
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

/* Whether a column is in this line of a row. All are in the first unless rows are stacked. */
static bool table_has_column(const struct table_layout *layout, size_t line, size_t i)
{
    return i < layout->table->count &&
           line == (layout->is_stacked ? layout->table->columns[i].line : 0);
}

/* What a line takes, with each column cut to its least if that is asked for. */
static size_t table_measure(const struct table_layout *layout, size_t line, bool is_least)
{
    size_t width = 0;

    for (size_t i = 0; i < layout->table->count; i++) {
        size_t least = layout->table->columns[i].least;

        if (table_has_column(layout, line, i))
            width += (is_least && layout->widths[i] > least ? least : layout->widths[i]) +
                     (width > 0 ? TABLE_GAP : 0);
    }
    return width;
}

/* Takes from the widest column until the line fits, or nothing more can be taken. */
static void table_shrink_line(struct table_layout *layout, size_t line)
{
    size_t room = layout->terminal->columns - (line > 0 ? TABLE_INDENT : 0);
    size_t count = layout->table->count;
    size_t *widths = layout->widths;

    while (table_measure(layout, line, false) > room) {
        size_t widest = count;

        for (size_t i = 0; i < count; i++)
            if (table_has_column(layout, line, i) && widths[i] > layout->table->columns[i].least &&
                (widest == count || widths[i] > widths[widest]))
                widest = i;
        if (widest == count)
            return;
        widths[widest]--;
    }
}

static struct table_layout table_lay_out(const struct table *table, const struct terminal *terminal)
{
    struct table_layout layout = {.table = table, .terminal = terminal};
    size_t column = 0;

    for (size_t i = 0; i < table->used; i++) {
        if (table->cells[i].is_note)
            continue;
        if (table->cells[i].width > layout.widths[column])
            layout.widths[column] = table->cells[i].width;
        column = column + 1 < table->count ? column + 1 : 0;
    }
    layout.is_stacked = table_measure(&layout, 0, true) > terminal->columns;
    for (size_t line = 0; line < TABLE_LINES_MAX; line++)
        table_shrink_line(&layout, line);
    return layout;
}

/* ---- Printing it ---- */

static void table_print_line(const struct table_layout *layout, size_t line,
                             const struct table_cell *row, struct text *out)
{
    size_t before = out->length;
    struct text fitted = {0};

    for (size_t i = 0; i < layout->table->count; i++) {
        bool is_right = layout->table->columns[i].is_right;
        size_t width = layout->widths[i];

        if (!table_has_column(layout, line, i))
            continue;
        /* The last column of a line needs no blanks behind it. */
        if (!table_has_column(layout, line, i + 1) && !is_right && row[i].width < width)
            width = row[i].width;
        text_addf(out, "%*s", out->length > before ? TABLE_GAP : line > 0 ? TABLE_INDENT : 0, "");
        terminal_add_fitted(&fitted, row[i].string, width, is_right);
        terminal_paint(layout->terminal, out, row[i].colour, text_string(&fitted));
        text_clear(&fitted);
    }
    text_add(out, out->length > before ? "\n" : "");
    text_free(&fitted);
}

static void table_print_note(const struct table_layout *layout, const struct table_cell *note,
                             struct text *out)
{
    size_t room = layout->terminal->columns - 2 * (size_t)TABLE_INDENT;
    struct text line = {0};

    for (const char *at = note->string; *at != '\0'; at += strspn(at, " ")) {
        size_t length = terminal_break(at, room);

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

    for (size_t i = 0; i < table->used; i += table->cells[i].is_note ? 1 : table->count) {
        if (table->cells[i].is_note)
            table_print_note(&layout, &table->cells[i], out);
        for (size_t line = 0; line < TABLE_LINES_MAX && !table->cells[i].is_note; line++)
            table_print_line(&layout, line, &table->cells[i], out);
    }
}
