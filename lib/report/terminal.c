#include "report/terminal.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

enum {
    TERMINAL_COLUMNS_USUAL = 80,
    TERMINAL_COLUMNS_LEAST = 20,
    TERMINAL_COLUMNS_MOST = 10000,
    TERMINAL_MARKS_MAX = 8, /* in a row, each on top of the one before */
};

static const char terminal_ellipsis[] = "\xE2\x80\xA6";
static const char terminal_replacement[] = "\xEF\xBF\xBD";
static const char terminal_left_to_right[] = "\xE2\x80\x8E"; /* U+200E, takes no room */

/* ---- The stream ---- */

static bool terminal_wants_colour(void)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *type = getenv("TERM");

    return (no_colour == NULL || *no_colour == '\0') && type != NULL && strcmp(type, "dumb") != 0;
}

static size_t terminal_count_columns(int fd)
{
    const char *variable = getenv("COLUMNS");
    long columns = variable != NULL ? strtol(variable, NULL, 10) : 0;
    struct winsize size;

    if (columns <= 0 || columns > TERMINAL_COLUMNS_MOST)
        columns = ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
    if (columns == 0)
        columns = TERMINAL_COLUMNS_USUAL;
    return (size_t)(columns > TERMINAL_COLUMNS_LEAST ? columns : TERMINAL_COLUMNS_LEAST);
}

struct terminal terminal_look(int fd)
{
    if (isatty(fd) != 1)
        return (struct terminal){.columns = SIZE_MAX};
    return (struct terminal){terminal_wants_colour(), terminal_count_columns(fd)};
}

void terminal_paint(const struct terminal *terminal, struct text *out, enum terminal_colour colour,
                    const char *string)
{
    static const char *const codes[] = {
        [TERMINAL_PLAIN] = "",        [TERMINAL_BOLD] = "\033[1m",   [TERMINAL_GOOD] = "\033[32m",
        [TERMINAL_WARN] = "\033[33m", [TERMINAL_BAD] = "\033[1;31m",
    };
    bool is_painted = terminal->has_colour && colour != TERMINAL_PLAIN && *string != '\0';

    text_add(out, is_painted ? codes[colour] : "");
    text_add(out, string);
    text_add(out, is_painted ? "\033[0m" : "");
}

/* ---- Room ---- */

/* A locale of our own: the user's may be none of UTF-8. 0 where the C library has no such. */
static locale_t terminal_locale(void)
{
    static locale_t locale;

    if (locale == (locale_t)0)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

/* How many columns a character takes; below 0: not known. */
static int terminal_character_width(uint32_t character)
{
    locale_t locale = terminal_locale();
    locale_t before;
    int width;

    if (locale == (locale_t)0)
        return 1;
    before = uselocale(locale);
    width = wcwidth((wchar_t)character);
    uselocale(before);
    return width;
}

/*
 * Characters of the scripts that run from right to left, and the marks that say so of what is
 * around them. Source: Unicode's DerivedBidiClass.txt, the ranges that default to R and AL.
 */
static bool terminal_runs_to_left(uint32_t c)
{
    return c == 0x200F || (c >= 0x590 && c <= 0x8FF) || (c >= 0xFB1D && c <= 0xFDFF) ||
           (c >= 0xFE70 && c <= 0xFEFF) || (c >= 0x10800 && c <= 0x10FFF) ||
           (c >= 0x1E800 && c <= 0x1EFFF);
}

/* The character at *at of a clean string, going on behind it. 0 at the end. */
static uint32_t terminal_next(const char **at)
{
    uint32_t character = 0;

    *at += text_decode(*at, strnlen(*at, 4), &character);
    return character;
}

void terminal_add_clean(struct text *out, const char *string)
{
    struct text clean = {0};
    const char *at;
    uint32_t character;
    int marks = 0;

    text_add_clean(&clean, string, strlen(string), SIZE_MAX);
    at = text_string(&clean);
    for (const char *start = at; (character = terminal_next(&at)) != 0; start = at) {
        int width = terminal_character_width(character);

        marks = width == 0 ? marks + 1 : 0;
        if (width < 0)
            text_add(out, terminal_replacement);
        else if (marks <= TERMINAL_MARKS_MAX)
            text_append(out, start, (size_t)(at - start));
    }
    text_free(&clean);
}

/* How many bytes from the start fit into so many columns, and how many columns these take. */
static size_t terminal_measure(const char *string, size_t columns, size_t *width,
                               bool *runs_to_left)
{
    const char *at = string;
    const char *end = string;
    uint32_t character;

    *width = 0;
    *runs_to_left = false;
    for (; (character = terminal_next(&at)) != 0; end = at) {
        int wide = terminal_character_width(character);
        size_t more = wide > 0 ? (size_t)wide : 0;

        if (*width + more > columns)
            break;
        *width += more;
        *runs_to_left = *runs_to_left || terminal_runs_to_left(character);
    }
    return (size_t)(end - string);
}

size_t terminal_width(const char *string)
{
    bool runs_to_left;
    size_t width;

    terminal_measure(string, SIZE_MAX, &width, &runs_to_left);
    return width;
}

size_t terminal_break(const char *string, size_t columns)
{
    bool runs_to_left;
    size_t width;
    size_t fits = terminal_measure(string, columns, &width, &runs_to_left);
    size_t length = fits;

    if (string[fits] == '\0' || fits == 0)
        return strlen(string);
    while (length > 0 && string[length] != ' ')
        length--;
    while (length > 1 && string[length - 1] == ' ')
        length--;
    return length > 0 ? length : fits;
}

void terminal_add_fitted(struct text *out, const char *string, size_t columns, bool is_right)
{
    bool runs_to_left;
    size_t width;
    size_t length = terminal_measure(string, columns, &width, &runs_to_left);
    bool is_cut = string[length] != '\0' && columns > 0;

    if (is_cut) {
        length = terminal_measure(string, columns - 1, &width, &runs_to_left);
        width++;
    }
    for (size_t i = width; is_right && i < columns; i++)
        text_add(out, " ");
    text_append(out, string, length);
    text_add(out, is_cut ? terminal_ellipsis : "");
    text_add(out, runs_to_left ? terminal_left_to_right : "");
    for (size_t i = width; !is_right && i < columns; i++)
        text_add(out, " ");
}

void terminal_add_cut(struct text *out, const char *string, size_t columns)
{
    size_t width = terminal_width(string);

    terminal_add_fitted(out, string, width < columns ? width : columns, false);
}
