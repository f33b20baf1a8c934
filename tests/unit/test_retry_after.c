/* Covers lib/plan/retry_after.c: how long an answer asks to be left alone. */
#include "support/suite.h"

#include "plan/retry_after.h"

/* Sun, 06 Nov 1994 08:49:37 GMT, and half a second. */
#define NOW INT64_C(784111777500000)

static const struct {
    const char *value;
    int64_t wait_s; /* -1: it does not say */
} values[] = {
    {"0", 0},
    {"1", 1},
    {"0120", 120},
    {"86400", 86400},
    {"31622400", RETRY_AFTER_MOST_S},
    {"31622401", RETRY_AFTER_MOST_S},
    {"9223372036854775807", RETRY_AFTER_MOST_S},
    {"99999999999999999999999999", RETRY_AFTER_MOST_S},
    /* HTTP's three forms of a date */
    {"Sun, 06 Nov 1994 09:49:37 GMT", 3600},
    {"Sunday, 06-Nov-94 09:49:37 GMT", 3600},
    {"Sun Nov  6 09:49:37 1994", 3600},
    {"Sun, 06 Nov 1994 08:49:37 GMT", 0},
    {"Sun, 06 Nov 1994 08:49:36 GMT", 0},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_MOST_S},
    /* what does not say */
    {"", -1},
    {"-1", -1},
    {"+1", -1},
    {"1.5", -1},
    {"1 ", -1},
    {"1s", -1},
    {"0x10", -1},
    {"soon", -1},
    {"Sun, 06 Nov 1994 09:49:37", -1},
    {"Sun, 06 Nov 1994 09:49:37 CET", -1},
    {"Sun, 06 Nov 1994 09:49:37 GMT and more", -1},
    {"Sun, 46 Nov 1994 09:49:37 GMT", -1},
    {"1994-11-06T09:49:37Z", -1},
};

START_TEST(test_retry_after)
{
    int64_t wait_s = -1;
    bool says = retry_after_read(values[_i].value, NOW, &wait_s);

    ck_assert_msg(says == (values[_i].wait_s >= 0), "%s", values[_i].value);
    if (says)
        ck_assert_int_eq(wait_s, values[_i].wait_s);
}
END_TEST

SUITE(retry_after)
{
    TCase *cases = tcase_create("retry_after");

    tcase_add_loop_test(cases, test_retry_after, 0, sizeof values / sizeof values[0]);
    suite_add_tcase(suite, cases);
}
