/* Covers lib/base/json.c: any bytes in, valid JSON on one line out. */
#include "support/suite.h"

#include "base/json.h"

#include <string.h>

#define BYTES(text) (text), (sizeof(text) - 1)

static const struct {
    const char *bytes;
    size_t length;
    const char *json;
} strings[] = {
    {BYTES(""), "\"\""},
    {BYTES("0 2\t* * *"), "\"0 2\\t* * *\""},
    {BYTES("caf\xc3\xa9 \xf0\x9f\x98\x80"), "\"caf\xc3\xa9 \xf0\x9f\x98\x80\""},
    {BYTES("\x1b[2J\n\"\\"), "\"\\u001B[2J\\n\\\"\\\\\""},
    {BYTES("a\0b"), "\"a\\u0000b\""},
    {BYTES("\xff 2"), "\"\\\\xff 2\""},
    {BYTES("cut \xc3"), "\"cut \\\\xc3\""},
    {BYTES("\xed\xa0\x80"), "\"\\\\xed\\\\xa0\\\\x80\""}, /* a surrogate */
    {BYTES("\x7f \xc2\x9b \xe2\x80\xae"), "\"\\\\x7f \\\\xc2\\\\x9b \\\\xe2\\\\x80\\\\xae\""},
};

START_TEST(test_json_from_bytes)
{
    struct text line = {0};

    json_add_line(&line, json_from_bytes(strings[_i].bytes, strings[_i].length));
    ck_assert_str_eq(text_string(&line), strings[_i].json);
    text_free(&line);
}
END_TEST

/* Covers: lines are appended, and a text that is not there is null. */
START_TEST(test_json_add_line)
{
    struct text line = {0};

    text_add(&line, "- ");
    json_add_line(&line, json_pack("{s:o, s:[i]}", "a", json_from_text(NULL), "b", 1));
    ck_assert_str_eq(text_string(&line), "- {\"a\":null,\"b\":[1]}");
    text_free(&line);
}
END_TEST

SUITE(json)
{
    TCase *cases = tcase_create("json");

    tcase_add_loop_test(cases, test_json_from_bytes, 0, sizeof strings / sizeof strings[0]);
    tcase_add_test(cases, test_json_add_line);
    suite_add_tcase(suite, cases);
}
