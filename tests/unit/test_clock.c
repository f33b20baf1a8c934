/* Covers lib/time/clock.c, as far as a clock can be tested without waiting. */
#include "support/suite.h"

#include "time/clock.h"

START_TEST(test_clock_never_goes_back)
{
    int64_t before_us = clock_now_us();

    for (int i = 0; i < 1000; i++) {
        int64_t now_us = clock_now_us();

        if (now_us < before_us)
            ck_abort_msg("%lld us back", (long long)(before_us - now_us));
        before_us = now_us;
    }
    ck_assert_int_ge(clock_now_ms(), before_us / 1000);
    ck_assert_int_lt(clock_now_ms(), before_us / 1000 + 60000);
}
END_TEST

START_TEST(test_host_clock_is_in_microseconds)
{
    ck_assert_int_gt(clock_host_us(), INT64_C(1577836800000000));  /* 2020 */
    ck_assert_int_lt(clock_host_us(), INT64_C(32503680000000000)); /* 3000 */
}
END_TEST

SUITE(clock)
{
    TCase *cases = tcase_create("clock");

    tcase_add_test(cases, test_clock_never_goes_back);
    tcase_add_test(cases, test_host_clock_is_in_microseconds);
    suite_add_tcase(suite, cases);
}
