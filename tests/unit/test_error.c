/* Covers lib/base/error.c. */
#include "support/suite.h"

#include "base/error.h"

#include <string.h>

static const struct {
    enum error_kind kind;
    int status;
} statuses[] = {
    {ERROR_NONE, 0},   {ERROR_INVALID, 1},  {ERROR_USAGE, 2},
    {ERROR_CONFIG, 2}, {ERROR_DATABASE, 3}, {ERROR_INTERNAL, 4},
};

START_TEST(test_error_exit_status)
{
    struct error err = {.kind = statuses[_i].kind};

    ck_assert_int_eq(error_exit_status(&err), statuses[_i].status);
}
END_TEST

START_TEST(test_error_set_hint_prefix)
{
    struct error err = {0};

    ck_assert(!error_set(&err, ERROR_USAGE, "%s is %d", "six", 6));
    ck_assert_int_eq(err.kind, ERROR_USAGE);
    ck_assert_str_eq(err.message, "six is 6");
    ck_assert_str_eq(err.hint, "");
    ck_assert(!error_hint(&err, "say %s", "seven"));
    ck_assert(!error_prefix(&err, "--%s", "number"));
    ck_assert_str_eq(err.message, "--number: six is 6");
    ck_assert_str_eq(err.hint, "say seven");
    ck_assert_int_eq(err.kind, ERROR_USAGE);
}
END_TEST

/* Covers: an error that is set again keeps nothing of the old one. */
START_TEST(test_error_set_again)
{
    struct error err = {0};

    error_set(&err, ERROR_USAGE, "first");
    error_hint(&err, "a hint");
    error_set(&err, ERROR_CONFIG, "second");
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_str_eq(err.message, "second");
    ck_assert_str_eq(err.hint, "");
}
END_TEST

/* Covers: whatever is too long is cut, never written past the end. */
START_TEST(test_error_long)
{
    char text[5000];
    struct {
        struct error err;
        char after[64];
    } guarded = {0};

    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    error_set(&guarded.err, ERROR_USAGE, "%s", text);
    ck_assert_uint_eq(strlen(guarded.err.message), ERROR_MESSAGE_SIZE - 1);
    error_hint(&guarded.err, "%s", text);
    ck_assert_uint_eq(strlen(guarded.err.hint), ERROR_HINT_SIZE - 1);
    error_prefix(&guarded.err, "before");
    ck_assert_uint_eq(strlen(guarded.err.message), ERROR_MESSAGE_SIZE - 1);
    ck_assert_ptr_eq(strstr(guarded.err.message, "before: xxx"), guarded.err.message);
    error_prefix(&guarded.err, "%s", text);
    ck_assert_uint_eq(strlen(guarded.err.message), ERROR_MESSAGE_SIZE - 1);
    for (size_t i = 0; i < sizeof guarded.after; i++)
        ck_assert_int_eq(guarded.after[i], 0);
}
END_TEST

SUITE(error)
{
    TCase *cases = tcase_create("error");

    tcase_add_loop_test(cases, test_error_exit_status, 0, sizeof statuses / sizeof statuses[0]);
    tcase_add_test(cases, test_error_set_hint_prefix);
    tcase_add_test(cases, test_error_set_again);
    tcase_add_test(cases, test_error_long);
    suite_add_tcase(suite, cases);
}
