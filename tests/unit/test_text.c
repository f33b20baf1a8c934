/* Covers lib/base/text.c. */
#include "support/suite.h"

#include "base/text.h"

#include <stdint.h>
#include <string.h>

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

static const struct {
    const char *bytes;
    size_t length;
    const char *clean;
} cleaned[] = {
#define C(bytes, clean)                                                                            \
    {                                                                                              \
        bytes, sizeof(bytes) - 1, clean                                                            \
    }
    C("", ""),
    C("plain ASCII ~", "plain ASCII ~"),
    C("a\tb\nc\rd", "a b c d"),
    C("\x01\x1b[31m\x7f", BAD BAD "[31m" BAD),
    C("a\0b", "a" BAD "b"),
    C("bl\xc3\xa5 \xe2\x82\xac \xf0\x9f\x98\x80", "bl\xc3\xa5 \xe2\x82\xac \xf0\x9f\x98\x80"),
    C("\xc2\x80\xc2\x9f\xc2\xa0", BAD BAD "\xc2\xa0"), /* C1, and the first past it */
    C("\xc2\x9b"
      "2J\xc2\x85",
      BAD "2J" BAD),                     /* a control sequence without ESC; NEL */
    C("\xe2\x80\xa8\xe2\x80\xa9", "  "), /* line and paragraph separator */
    C("\xe2\x80\xaa|\xe2\x80\xab|\xe2\x80\xac|\xe2\x80\xad|\xe2\x80\xae",
      BAD "|" BAD "|" BAD "|" BAD "|" BAD), /* the direction turned */
    C("\xe2\x81\xa6|\xe2\x81\xa7|\xe2\x81\xa8|\xe2\x81\xa9", BAD "|" BAD "|" BAD "|" BAD),
    C("\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa", /* those beside them */
      "\xe2\x80\xa7\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"),
    C("\x80", BAD), /* a continuation without start */
    C("\xbf\xbf", BAD BAD),
    C("\xc3", BAD), /* cut short */
    C("\xe2\x82", BAD BAD),
    C("\xf0\x9f\x98", BAD BAD BAD),
    C("\xc3(", BAD "("),
    C("\xe2(\xa1", BAD "(" BAD),
    C("\xc0\xaf", BAD BAD), /* overlong */
    C("\xc1\xbf", BAD BAD),
    C("\xe0\x80\xaf", BAD BAD BAD),
    C("\xe0\x9f\xbf", BAD BAD BAD),
    C("\xf0\x8f\xbf\xbf", BAD BAD BAD BAD),
    C("\xe0\xa0\x80", "\xe0\xa0\x80"), /* the first of three bytes */
    C("\xf0\x90\x80\x80", "\xf0\x90\x80\x80"),
    C("\xed\x9f\xbf", "\xed\x9f\xbf"), /* before and in the surrogates */
    C("\xed\xa0\x80", BAD BAD BAD),
    C("\xed\xbf\xbf", BAD BAD BAD),
    C("\xee\x80\x80", "\xee\x80\x80"),
    C("\xf4\x8f\xbf\xbf", "\xf4\x8f\xbf\xbf"), /* U+10FFFF and one more */
    C("\xf4\x90\x80\x80", BAD BAD BAD BAD),
    C("\xf8\x88\x80\x80\x80", BAD BAD BAD BAD BAD),
    C("\xfe\xff", BAD BAD),
#undef C
};

START_TEST(test_text_clean)
{
    struct text text = {0};

    text_add_clean(&text, cleaned[_i].bytes, cleaned[_i].length, 100);
    ck_assert_str_eq(text_string(&text), cleaned[_i].clean);
    ck_assert_uint_eq(text.length, strlen(cleaned[_i].clean));
    text_free(&text);
}
END_TEST

/* Covers: the limit is of characters, not bytes, and nothing is cut in the middle of one. */
START_TEST(test_text_clean_limit)
{
    struct text text = {0};

    text_add_clean(&text, "\xc3\xa5\xc3\xa5\xc3\xa5", 6, 2);
    ck_assert_str_eq(text_string(&text), "\xc3\xa5\xc3\xa5");
    text_add_clean(&text, "\xff\xff\xff", 3, 1);
    ck_assert_str_eq(text_string(&text), "\xc3\xa5\xc3\xa5" BAD);
    text_add_clean(&text, "abc", 3, 0);
    text_add_clean(&text, "abc", 0, 5);
    ck_assert_str_eq(text_string(&text), "\xc3\xa5\xc3\xa5" BAD);
    text_free(&text);
}
END_TEST

START_TEST(test_text_growth)
{
    struct text text = {0};

    ck_assert_str_eq(text_string(&text), "");
    text_addf(&text, "%s", "");
    ck_assert_str_eq(text_string(&text), "");
    text_append(&text, "a\0b", 3);
    ck_assert_uint_eq(text.length, 3);
    ck_assert_mem_eq(text.data, "a\0b", 4);
    for (int i = 0; i < 10000; i++) {
        text_add(&text, "xy");
        text_addf(&text, "%04d", i);
    }
    ck_assert_uint_eq(text.length, 3 + 60000);
    ck_assert_str_eq(text.data + text.length - 12, "xy9998xy9999");
    text_free(&text);
    ck_assert_ptr_null(text.data);
    ck_assert_uint_eq(text.length + text.capacity, 0);
    text_free(&text);
}
END_TEST

/* Covers: a formatted piece far larger than what is there. */
START_TEST(test_text_large_pieces)
{
    static char piece[300000];
    struct text text = {0};

    memset(piece, 'p', sizeof piece - 1);
    text_addf(&text, "<%s>", piece);
    text_add(&text, piece);
    ck_assert_uint_eq(text.length, 2 * (sizeof piece - 1) + 2);
    ck_assert_int_eq(text.data[sizeof piece], '>');
    ck_assert_uint_eq(strlen(text.data), text.length);
    text_free(&text);
}
END_TEST

static const struct {
    const char *string;
    const char *secret;
    const char *redacted;
} redactions[] = {
    {"password hush is wrong", "hush", "password **** is wrong"},
    {"hush", "hush", "****"},
    {"hushhush, hush", "hush", "********, ****"},
    {"hus", "hush", "hus"},
    {"Hush", "hush", "Hush"},
    {"hush", "", "hush"},
    {"hush", NULL, "hush"},
    {"", "hush", ""},
    {"a*b", "*", "a*b"},
};

START_TEST(test_text_redact)
{
    struct text text = {0};

    text_add(&text, redactions[_i].string);
    text_redact(text.data, text.length, redactions[_i].secret);
    ck_assert_str_eq(text_string(&text), redactions[_i].redacted);
    text_free(&text);
}
END_TEST

/* The character in UTF-8, or as UTF-8 would have it were it allowed; NUL-terminated. */
static size_t encode(uint32_t c, char text[5])
{
    size_t length = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const uint32_t starts[] = {0, 0, 0xC0, 0xE0, 0xF0};

    for (size_t i = length; i-- > 1; c >>= 6)
        text[i] = (char)(0x80 | (c & 0x3F));
    text[0] = (char)(starts[length] | c);
    text[length] = '\0';
    return length;
}

/* What is to become of a character; NULL: nothing. */
static const char *replacement(uint32_t c)
{
    if (c == '\t' || c == '\n' || c == '\r' || c == 0x2028 || c == 0x2029)
        return " ";
    if (c >= 0xD800 && c <= 0xDFFF)
        return BAD BAD BAD; /* one for each of its bytes */
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) ||
                   (c >= 0x2066 && c <= 0x2069)
               ? BAD
               : NULL;
}

/* Covers: each character there is. */
START_TEST(test_text_clean_every_character)
{
    struct text text = {0};

    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        char bytes[5];
        size_t length = encode(c, bytes);
        const char *clean = replacement(c) != NULL ? replacement(c) : bytes;

        text_add_clean(&text, bytes, length, 10);
        if (strcmp(text_string(&text), clean) != 0)
            ck_abort_msg("U+%04X", (unsigned)c);
        text_clear(&text);
    }
    text_free(&text);
}
END_TEST

/* Covers: what is around a value is named; what is within it is not looked at; nothing is quoted. */
START_TEST(test_text_check_bare)
{
    static const struct {
        const char *value;
        const char *what; /* NULL: it is fine */
    } values[] = {
        {"", NULL},
        {"hush", NULL},
        {"hu\"sh hu'sh", NULL},
        {"\"", "quotes"},
        {"\"hush\"", "quotes"},
        {"'hush'", "quotes"},
        {"hush\"", "quotes"},
        {"`hush`", "quotes"},
        {" hush", "white space"},
        {"hush\t", "white space"},
        {"hush\r\n", "white space"},
    };

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct error err = {0};
        bool ok = text_check_bare("SUPABASE_URL", values[i].value, &err);

        ck_assert_int_eq(ok, values[i].what == NULL);
        if (ok)
            continue;
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_msg(strstr(err.message, values[i].what) != NULL, "%s", err.message);
        ck_assert_msg(strstr(err.hint, values[i].what) != NULL, "%s", err.hint);
        ck_assert_ptr_null(strstr(err.message, "hush"));
    }
}
END_TEST

/* Covers: what is not ASCII, escaped as a whole or not at all. */
START_TEST(test_add_ascii)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"plain \\ text", "plain \\ text"},
        {"f\xC3\xBCr", "f\\u00FCr"},
        {"\xE2\x80\x93\xF0\x9F\x98\x80", "\\u2013\\U0001F600"},
        {"0123456789\xE2\x80\x93 and more", "0123456789\\u2013 and"},
        {"01234567890123456\xE2\x80\x93", "01234567890123456"},
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct text text = {0};

        text_add(&text, "> ");
        text_add_ascii(&text, cases[i][0], 20);
        ck_assert_str_eq(text.data + 2, cases[i][1]);
        text_free(&text);
    }
}
END_TEST

SUITE(text)
{
    TCase *cases = tcase_create("text");

    tcase_add_loop_test(cases, test_text_clean, 0, sizeof cleaned / sizeof cleaned[0]);
    tcase_add_test(cases, test_text_clean_every_character);
    tcase_add_test(cases, test_add_ascii);
    tcase_add_test(cases, test_text_clean_limit);
    tcase_add_test(cases, test_text_growth);
    tcase_add_test(cases, test_text_check_bare);
    tcase_add_test(cases, test_text_large_pieces);
    tcase_add_loop_test(cases, test_text_redact, 0, sizeof redactions / sizeof redactions[0]);
    suite_add_tcase(suite, cases);
}
