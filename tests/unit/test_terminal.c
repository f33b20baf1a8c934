/* Covers lib/report/terminal.c and lib/report/table.c, but for the look at a real terminal. */
#include "support/suite.h"

#include "report/table.h"
#include "report/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define BAD      "\xEF\xBF\xBD" /* U+FFFD */
#define CUT      "\xE2\x80\xA6" /* the ellipsis */
#define LRM      "\xE2\x80\x8E"
#define ACUTE    "\xCC\x81" /* U+0301, on top of the character before */
#define OSLO                                                                                       \
    "Bl\xC3\xA5"                                                                                   \
    "b\xC3\xA6r"
#define ARABIC "\xD9\x85\xD8\xB5\xD9\x86\xD8\xB9"        /* four letters */
#define EMOJI  "\xF0\x9F\x9A\x80"                        /* two columns */
#define FAMILY EMOJI "\xE2\x80\x8D" EMOJI "\xEF\xB8\x8F" /* joined, with a variation selector */

static const struct {
    const char *string;
    const char *clean;
    size_t width;
} cleaned[] = {
    {"", "", 0},
    {"plain", "plain", 5},
    {OSLO, OSLO, 6},
    {"e" ACUTE, "e" ACUTE, 1},
    {ARABIC, ARABIC, 4},
    {EMOJI, EMOJI, 2},
    {FAMILY, EMOJI EMOJI, 4}, /* terminals differ in how wide that is */
    {"\xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD", "\xF0\x9F\x91\x8D", 2}, /* a colour of skin */
    {"\xE4\xB8\xAD", "\xE4\xB8\xAD", 2},
    {"\x1B[31mred\x1B[0m", BAD "[31mred" BAD "[0m", 12},
    {"two\nlines\r\tx", "two lines  x", 12},
    {"\xC2\x9B"
     "2J",
     BAD "2J", 3},
    {"\xE2\x80\xAE"
     "exe",
     BAD "exe", 4}, /* the direction turned */
    {"\xFF\xC3", BAD BAD, 2},
#ifdef __GLIBC__
    {"\xCD\xB8", BAD, 1}, /* U+0378, which is no character yet; musl does not know */
#endif
    {"a" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "b",
     "a" ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE ACUTE "b", 2},
};

START_TEST(test_clean)
{
    struct text clean = {0};

    terminal_add_clean(&clean, cleaned[_i].string);
    ck_assert_str_eq(text_string(&clean), cleaned[_i].clean);
    ck_assert_uint_eq(terminal_width(text_string(&clean)), cleaned[_i].width);
    text_free(&clean);
}
END_TEST

static const struct {
    const char *string;
    size_t columns;
    bool is_right;
    const char *fitted;
} fits[] = {
    {"abc", 5, false, "abc  "},
    {"abc", 5, true, "  abc"},
    {"abc", 3, false, "abc"},
    {"abcd", 3, false, "ab" CUT},
    {"abcd", 3, true, "ab" CUT},
    {"abcd", 1, false, CUT},
    {"abcd", 0, false, ""},
    {"", 2, false, "  "},
    {"e" ACUTE "e" ACUTE, 2, false, "e" ACUTE "e" ACUTE},
    {"e" ACUTE "ef", 2, false, "e" ACUTE CUT}, /* a mark stays with its letter */
    {EMOJI EMOJI, 3, false, EMOJI CUT},
    {EMOJI EMOJI "x", 4, false, EMOJI CUT " "}, /* half of one is none */
    {"x" EMOJI, 2, true, "x" CUT},
    {ARABIC, 6, false, ARABIC LRM "  "},
    {ARABIC ARABIC, 5, false, ARABIC CUT LRM},
    {ARABIC, 6, true, "  " ARABIC LRM},
};

/* Covers: cut and filled up to a number of columns, whatever the script. */
START_TEST(test_fitted)
{
    struct text fitted = {0};

    terminal_add_fitted(&fitted, fits[_i].string, fits[_i].columns, fits[_i].is_right);
    ck_assert_str_eq(text_string(&fitted), fits[_i].fitted);
    ck_assert_uint_eq(terminal_width(text_string(&fitted)), fits[_i].columns);
    text_free(&fitted);
}
END_TEST

/* Covers: what is no terminal has no colour, and an edge where one is given. */
START_TEST(test_no_terminal)
{
    struct terminal terminal;
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    unsetenv("COLUMNS");
    setenv("TERM", "xterm", 1);
    terminal = terminal_look(ends[1], 0);
    ck_assert(!terminal.has_colour);
    ck_assert_uint_eq(terminal.columns, SIZE_MAX);
    setenv("COLUMNS", "40", 1);
    terminal = terminal_look(ends[1], 0);
    ck_assert(!terminal.has_colour);
    ck_assert_uint_eq(terminal.columns, 40);
    ck_assert_uint_eq(terminal_look(ends[1], 132).columns, 132);
}
END_TEST

START_TEST(test_paint)
{
    struct terminal coloured = {.has_colour = true, .columns = 80, .rows = SIZE_MAX};
    struct terminal plain = {.columns = 80, .rows = SIZE_MAX};
    struct text text = {0};

    terminal_paint(&coloured, &text, TERMINAL_BAD, "a");
    terminal_paint(&coloured, &text, TERMINAL_PLAIN, "b");
    terminal_paint(&coloured, &text, TERMINAL_GOOD, "");
    terminal_paint(&plain, &text, TERMINAL_BAD, "c");
    ck_assert_str_eq(text_string(&text), "\033[1;31ma\033[0mbc");
    text_free(&text);
}
END_TEST

/* ---- Tables ---- */

static const struct table_column columns[] = {
    {.heading = "NAME", .least = 4},
    {.heading = "COUNT", .least = 5, .is_right = true},
    {.heading = "WORDS", .least = 5, .line = 1},
    {.heading = "END", .least = 3, .line = 1},
};

static const struct {
    size_t columns;
    const char *shown;
} layouts[] = {
    {SIZE_MAX,
     "NAME         COUNT  WORDS                END\n" OSLO
     "           7  short                x\n" ARABIC LRM "           300  rather a long story  y\n"
     "    and a note that goes on\n" EMOJI BAD "[2J long      1  w                    z\n"},
    {40,
     "NAME         COUNT  WORDS            END\n" OSLO
     "           7  short            x\n" ARABIC LRM "           300  rather a long " CUT "  y\n"
     "    and a note that goes on\n" EMOJI BAD "[2J long      1  w                z\n"},
    {16, "NAME       COUNT\n"
         "  WORDS      END\n" OSLO "         7\n"
         "  short      x\n" ARABIC LRM "         300\n"
         "  rather a" CUT "  y\n"
         "    and a note\n"
         "    that goes on\n" EMOJI BAD "[2J l" CUT "      1\n"
         "  w          z\n"},
};

static void fill(struct table *table)
{
    static const char *const cells[] = {
        OSLO, "7", "short", "x", ARABIC, "300", "rather a long story", "y"};

    for (size_t i = 0; i < COUNT(cells); i++)
        table_add(table, TERMINAL_PLAIN, cells[i]);
    table_add_note(table, TERMINAL_PLAIN, "and a note that goes on");
    table_add(table, TERMINAL_PLAIN, EMOJI "\033[2J long");
    table_add(table, TERMINAL_PLAIN, "1");
    table_add(table, TERMINAL_PLAIN, "w");
    table_add(table, TERMINAL_PLAIN, "z");
}

/* Covers: one line where it fits, then cut, then two lines. */
START_TEST(test_layout)
{
    struct table table = {.columns = columns, .count = COUNT(columns)};
    struct terminal terminal = {.columns = layouts[_i].columns, .rows = SIZE_MAX};
    struct text out = {0};

    fill(&table);
    table_print(&table, &terminal, &out);
    ck_assert_str_eq(text_string(&out), layouts[_i].shown);
    text_free(&out);
    table_free(&table);
}
END_TEST

/* Covers: no line is wider than the terminal, down to what the columns need at least. */
START_TEST(test_widths)
{
    struct table table = {.columns = columns, .count = COUNT(columns)};

    fill(&table);
    for (size_t width = 12; width < 60; width++) {
        struct terminal terminal = {.columns = width, .rows = SIZE_MAX};
        struct text out = {0};

        table_print(&table, &terminal, &out);
        for (char *line = strtok(out.data, "\n"); line != NULL; line = strtok(NULL, "\n"))
            ck_assert_uint_le(terminal_width(line), width);
        text_free(&out);
    }
    table_free(&table);
}
END_TEST

/* Covers: a note is broken at blanks, or where there is none at the edge, and never cut. */
START_TEST(test_note)
{
    struct table table = {.columns = columns, .count = 1};
    struct terminal terminal = {.columns = 10, .rows = SIZE_MAX};
    struct text out = {0};

    table_add(&table, TERMINAL_PLAIN, "x");
    table_add_note(&table, TERMINAL_PLAIN, "to be  broke, " EMOJI EMOJI EMOJI EMOJI " unbreakable");
    table_print(&table, &terminal, &out);
    ck_assert_str_eq(text_string(&out), "NAME\nx\n    to be\n    broke,\n    " EMOJI EMOJI EMOJI
                                        "\n    " EMOJI "\n    unbrea\n    kable\n");
    text_free(&out);
    table_free(&table);
}
END_TEST

/* Covers: each line of a row has columns of its own, and one without any is not there. */
START_TEST(test_lines)
{
    static const struct table_column stacked[] = {{.heading = "A", .least = 1},
                                                  {.heading = "B", .least = 1, .line = 2},
                                                  {.heading = "CC", .least = 1, .line = 2}};
    struct table table = {.columns = stacked, .count = COUNT(stacked)};
    struct terminal terminal = {.columns = 6, .rows = SIZE_MAX};
    struct text out = {0};

    for (size_t i = 0; i < COUNT(stacked); i++)
        table_add(&table, TERMINAL_PLAIN, "x");
    table_print(&table, &terminal, &out);
    ck_assert_str_eq(text_string(&out), "A\n  B  " CUT "\nx\n  x  x\n");
    text_free(&out);
    table_free(&table);
}
END_TEST

/* Covers: colour around the words and the blanks of a cell; nothing at all without rows. */
START_TEST(test_coloured_table)
{
    struct table table = {.columns = columns, .count = 2};
    struct terminal terminal = {.has_colour = true, .columns = 80, .rows = SIZE_MAX};
    struct text out = {0};

    table_print(&table, &terminal, &out);
    ck_assert_str_eq(text_string(&out), "");
    table_add(&table, TERMINAL_BAD, "a");
    table_add(&table, TERMINAL_PLAIN, "1");
    table_print(&table, &terminal, &out);
    ck_assert_str_eq(text_string(&out), "\033[1mNAME\033[0m  \033[1mCOUNT\033[0m\n"
                                        "\033[1;31ma   \033[0m      1\n");
    text_free(&out);
    table_free(&table);
}
END_TEST

SUITE(terminal)
{
    TCase *cases = tcase_create("terminal");

    tcase_add_loop_test(cases, test_clean, 0, COUNT(cleaned));
    tcase_add_loop_test(cases, test_fitted, 0, COUNT(fits));
    tcase_add_test(cases, test_no_terminal);
    tcase_add_test(cases, test_paint);
    tcase_add_loop_test(cases, test_layout, 0, COUNT(layouts));
    tcase_add_test(cases, test_widths);
    tcase_add_test(cases, test_note);
    tcase_add_test(cases, test_lines);
    tcase_add_test(cases, test_coloured_table);
    suite_add_tcase(suite, cases);
}
