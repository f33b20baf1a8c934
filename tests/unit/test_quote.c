/* Covers lib/base/text.c: text_quote(). */
#include "support/suite.h"

#include "base/text.h"

#include <string.h>

static const struct {
    const char *bytes;
    size_t length;
    const char *quoted;
} quotes[] = {
    {"", 0, ""},
    {"a b", 3, "a b"},
    {"a\0b", 3, "a\\x00b"},
    {"\x1b[2J\n\x7f", 6, "\\x1b[2J\\x0a\\x7f"},
    {"\xc3\xa6", 2, "\\xc3\\xa6"},
    {"123456789012345678901", 21, "1234567890123456..."},
    {"1234567890123456789", 19, "1234567890123456789"},
    {"1234567890123456\n", 17, "1234567890123456..."},
    {"\1\2\3\4\5\6", 6, "\\x01\\x02\\x03\\x04..."},
};

START_TEST(test_text_quote)
{
    char quoted[20];

    memset(quoted, '!', sizeof quoted);
    text_quote(quotes[_i].bytes, quotes[_i].length, quoted, sizeof quoted);
    ck_assert_str_eq(quoted, quotes[_i].quoted);
}
END_TEST

SUITE(quote)
{
    TCase *cases = tcase_create("quote");

    tcase_add_loop_test(cases, test_text_quote, 0, sizeof quotes / sizeof quotes[0]);
    suite_add_tcase(suite, cases);
}
