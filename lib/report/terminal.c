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

/* 0: nobody says. */
static int64_t terminal_find_columns(int fd, bool is_terminal, int64_t width)
{
    const char *variable = getenv("COLUMNS");
    long columns = variable != NULL ? strtol(variable, NULL, 10) : 0;
    struct winsize size;

    if (width > 0)
        return width;
    if (columns > 0 && columns <= TERMINAL_COLUMNS_MOST)
        return columns;
    if (is_terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
        return size.ws_col;
    return is_terminal ? TERMINAL_COLUMNS_USUAL : 0;
}

static size_t terminal_find_rows(int fd)
{
    struct winsize size;

    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : SIZE_MAX;
}

struct terminal terminal_look(int fd, int64_t width)
{
    const char *no_colour = getenv("NO_COLOR");
    const char *type = getenv("TERM");
    bool is_terminal = isatty(fd) == 1;
    int64_t columns = terminal_find_columns(fd, is_terminal, width);

    if (columns == 0)
        return (struct terminal){.columns = SIZE_MAX, .rows = SIZE_MAX};
    return (struct terminal){
        .has_colour = is_terminal && (no_colour == NULL || *no_colour == '\0') && type != NULL &&
                      strcmp(type, "dumb") != 0,
        .columns = (size_t)(columns > TERMINAL_COLUMNS_LEAST ? columns : TERMINAL_COLUMNS_LEAST),
        .rows = is_terminal ? terminal_find_rows(fd) : SIZE_MAX,
    };
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

/* How many columns a character takes, whatever the user's locale is; below 0: not known. */
static int terminal_character_width(uint32_t character)
{
    static locale_t locale;
    locale_t before;
    int width;

    if (locale == (locale_t)0)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
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

/* A joiner behind a wide character, a selector of emoji's look (U+FE0F), a colour of skin. */
static bool terminal_changes_emoji(uint32_t character, bool is_behind_wide)
{
    return (character == 0x200D && is_behind_wide) || character == 0xFE0F ||
           (character >= 0x1F3FB && character <= 0x1F3FF && is_behind_wide);
}

void terminal_add_clean(struct text *out, const char *string)
{
    struct text clean = {0};
    const char *at;
    uint32_t character;
    bool is_behind_wide = false;
    int marks = 0;

    text_add_clean(&clean, string, strlen(string), SIZE_MAX);
    at = text_string(&clean);
    for (const char *start = at; (character = terminal_next(&at)) != 0; start = at) {
        int width = terminal_character_width(character);

        if (terminal_changes_emoji(character, is_behind_wide))
            continue;
        is_behind_wide = width == 2;
        marks = width == 0 ? marks + 1 : 0;
        if (width < 0)
            text_add(out, terminal_replacement);
        else if (marks <= TERMINAL_MARKS_MAX)
            text_append(out, start, (size_t)(at - start));
    }
    text_free(&clean);
}

/* What of a string, from its start, fits into a number of columns. */
struct terminal_fit {
    size_t length; /* in bytes */
    size_t width;
    bool runs_to_left; /* some of it */
};

static struct terminal_fit terminal_measure(const char *string, size_t columns)
{
    struct terminal_fit fit = {0};
    const char *at = string;
    uint32_t character;

    while ((character = terminal_next(&at)) != 0) {
        int width = terminal_character_width(character);
        size_t more = width > 0 ? (size_t)width : 0;

        if (fit.width + more > columns)
            break;
        fit.length = (size_t)(at - string);
        fit.width += more;
        fit.runs_to_left = fit.runs_to_left || terminal_runs_to_left(character);
    }
    return fit;
}

size_t terminal_width(const char *string)
{
    return terminal_measure(string, SIZE_MAX).width;
}

size_t terminal_break(const char *string, size_t columns)
{
    size_t fits = terminal_measure(string, columns).length;
    size_t length = fits;

    if (string[fits] == '\0' || fits == 0)
        return strlen(string);
    while (length > 0 && string[length] != ' ')
        length--;
    while (length > 1 && string[length - 1] == ' ')
        length--;
    return length > 0 ? length : fits;
}

void terminal_add_lines(struct text *out, int indent, size_t columns, const char *string)
{
    for (const char *at = string; *at != '\0'; at += strspn(at, " ")) {
        size_t length = terminal_break(at, columns - (size_t)indent);

        text_addf(out, "%*s", indent, "");
        text_append(out, at, length);
        text_add(out, "\n");
        indent += indent > 0 && at == string ? 2 : 0;
        at += length;
    }
}

void terminal_add_fitted(struct text *out, const char *string, size_t columns, bool is_right)
{
    struct terminal_fit fit = terminal_measure(string, columns);
    bool is_cut = string[fit.length] != '\0' && columns > 0;

    if (is_cut) {
        fit = terminal_measure(string, columns - 1);
        fit.width++;
    }
    for (size_t i = fit.width; is_right && i < columns; i++)
        text_add(out, " ");
    text_append(out, string, fit.length);
    text_add(out, is_cut ? terminal_ellipsis : "");
    text_add(out, fit.runs_to_left ? terminal_left_to_right : "");
    for (size_t i = fit.width; !is_right && i < columns; i++)
        text_add(out, " ");
}
