/*
 * The terminal that a person reads stdout on: its width, its colours, and how many columns a text
 * takes. stderr is base/log's.
 *
 * A name may be in any script, and hostile: only what has gone through terminal_add_clean() is
 * clean. Widths are those of the C library's wcwidth() for UTF-8, whatever the user's locale is.
 */
#ifndef SYNCSCHED_REPORT_TERMINAL_H
#define SYNCSCHED_REPORT_TERMINAL_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct terminal {
    bool has_colour;
    size_t columns; /* at least 20; SIZE_MAX for what is not a terminal: nothing is cut */
    size_t rows;    /* SIZE_MAX where that is not known, and for what is not a terminal */
};

/* A colour never says anything that a word beside it does not say. */
enum terminal_colour {
    TERMINAL_PLAIN,
    TERMINAL_BOLD,
    TERMINAL_GOOD,
    TERMINAL_WARN,
    TERMINAL_BAD,
};

/*
 * Looks at a descriptor. The width is the one given (0: none), else COLUMNS, also of what is not a
 * terminal, else what the terminal reports, else 80. There are colours on a terminal, unless
 * NO_COLOR is set and not empty, or TERM is unset or "dumb" (no-color.org).
 */
struct terminal terminal_look(int fd, int64_t width);

/* Appends string unchanged, in this colour if there are colours. */
void terminal_paint(const struct terminal *terminal, struct text *out, enum terminal_colour colour,
                    const char *string);

/*
 * Appends string as one line that cannot drive a terminal: as text_add_clean() does, and with
 * U+FFFD for characters whose width the C library does not know, and few marks on top of one
 * character. What joins emoji to one, or changes the look of one, is left out: terminals differ in
 * how wide the result is.
 */
void terminal_add_clean(struct text *out, const char *string);

/* How many columns a clean string takes. */
size_t terminal_width(const char *string);

/* How many bytes of a clean string fit into a line, which ends at a blank if it can. */
size_t terminal_break(const char *string, size_t columns);

/*
 * Appends a clean string in lines that fit into so many columns, indented; those behind the first
 * by two more, unless the indent is 0.
 */
void terminal_add_lines(struct text *out, int indent, size_t columns, const char *string);

/*
 * Appends a clean string in exactly so many columns: filled with blanks, on its left if is_right;
 * or cut, ending in U+2026 (...). A string from right to left does not turn the text beside it.
 */
void terminal_add_fitted(struct text *out, const char *string, size_t columns, bool is_right);

#endif
