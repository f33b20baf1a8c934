/* Covers lib/base/csv.c. */
#include "support/suite.h"

#include "base/csv.h"

static const struct {
    const char *cell;
    const char *line; /* behind a first cell that is empty */
} cells[] = {
    {"plain", ",plain\r\n"},
    {NULL, ",\r\n"},
    {"", ",\r\n"},
    {"a,b", ",\"a,b\"\r\n"},
    {"a;b", ",\"a;b\"\r\n"},
    {"say \"no\"", ",\"say \"\"no\"\"\"\r\n"},
    {"two\nlines", ",\"two\nlines\"\r\n"},
    {" padded ", ",\" padded \"\r\n"},
    {"=1+1", ",'=1+1\r\n"},
    {"+47 22", ",'+47 22\r\n"},
    {"-1", ",'-1\r\n"},
    {"@SUM(A1)", ",'@SUM(A1)\r\n"},
    {"=cmd|' /C calc'!A0", ",'=cmd|' /C calc'!A0\r\n"},
    {"=\"a\",b", ",\"'=\"\"a\"\",b\"\r\n"},
    {"\t=1", ",\"'\t=1\"\r\n"},
    {"\xEF\xBC\x9D"
     "1",
     ",'\xEF\xBC\x9D"
     "1\r\n"},
    {"a=1", ",a=1\r\n"},
    {"2026-03-01T02:00:00Z", ",2026-03-01T02:00:00Z\r\n"},
};

START_TEST(test_cell)
{
    struct text line = {0};

    csv_add_cell(&line, NULL, true);
    csv_add_cell(&line, cells[_i].cell, false);
    csv_end_line(&line);
    ck_assert_str_eq(text_string(&line), cells[_i].line);
    text_free(&line);
}
END_TEST

SUITE(csv)
{
    TCase *tcase = tcase_create("csv");

    tcase_add_loop_test(tcase, test_cell, 0, sizeof cells / sizeof *cells);
    suite_add_tcase(suite, tcase);
}
