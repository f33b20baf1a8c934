/*
 * What a person reads on stdout: whether that is a terminal, how wide it is, colour, and how much
 * room a text takes there.
 *
 * A name may be in any script, and hostile. What is shown has gone through terminal_add_clean();
 * widths are those of the C library's wcwidth() for UTF-8, whatever locale the user has. Tables are
 * table.h's. Not for JSON, nor for stderr, which is base/log's.
 */
#ifndef SYNCSCHED_REPORT_TERMINAL_H
#define SYNCSCHED_REPORT_TERMINAL_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct terminal {
    bool has_colour;
    size_t columns; /* at least 20; SIZE_MAX where nothing is cut: it is no terminal */
};

/* A word always stands beside a colour. */
enum terminal_colour {
    TERMINAL_PLAIN,
    TERMINAL_BOLD,
    TERMINAL_GOOD,
    TERMINAL_WARN,
    TERMINAL_BAD,
};

/*
 * Looks at a descriptor. A terminal is as wide as COLUMNS says, else as it says itself, else 80; it
 * has colour unless NO_COLOR is set and not empty, or TERM is unset or "dumb" (no-color.org).
 */
struct terminal terminal_look(int fd);

/* Appends string as it is, in this colour where there are colours. */
void terminal_paint(const struct terminal *terminal, struct text *out, enum terminal_colour colour,
                    const char *string);

/*
 * Appends string as one line that can do nothing to a terminal: as text_add_clean() does, and
 * without characters of which the C library does not know how wide they are (U+FFFD instead) or
 * endless marks on top of one another.
 */
void terminal_add_clean(struct text *out, const char *string);

/* How many columns a clean string takes. */
size_t terminal_width(const char *string);

/* How many bytes of a clean string fit into so many columns. */
size_t terminal_fit(const char *string, size_t columns);

/* The same of its first line, if lines end at blanks where they can. */
size_t terminal_break(const char *string, size_t columns);

/*
 * Appends a clean string in exactly so many columns: filled up with blanks, in front of it if it is
 * to stand at the right; or cut off, ending in U+2026 (...). Where it runs from right to left
 * what stands beside it still runs from left to right.
 */
void terminal_add_fitted(struct text *out, const char *string, size_t columns, bool is_right);

/* The same in at most so many columns: cut off where it must be, and never filled up. */
void terminal_add_cut(struct text *out, const char *string, size_t columns);

#endif
