/* Covers lib/plan/probe.c: what an answer says, when the next probe may follow, what is told. */
#include "support/suite.h"

#include "plan/probe.h"

#include <stdio.h>

#define SECOND INT64_C(1000000)
#define HOUR   (3600 * SECOND)
#define DAY    (24 * HOUR)
#define NOW    (INT64_C(1714500000) * SECOND) /* 2024-04-30T18:00:00Z */

enum { PAUSE_S = 900, DAY_S = 86400 };

static struct probe_state claimed(void)
{
    return (struct probe_state){.integration_type = "xledger",
                                .is_claimed = true,
                                .claimed_at_us = NOW - SECOND,
                                .next_probe_at_us = NOW + 930 * SECOND,
                                .pause_s = PAUSE_S};
}

static struct probe_answer answered(long status, const char *retry_after)
{
    struct probe_answer probe = {.status = status};

    snprintf(probe.retry_after, sizeof probe.retry_after, "%s", retry_after);
    return probe;
}

static const struct {
    long status;      /* 0: no answer */
    const char *told; /* the failure without an answer, or the header */
    enum probe_result result;
    const char *code;
    int64_t wait_s;
} answers[] = {
    {200, "", PROBE_RESULT_REACHABLE, "HTTP_200", PAUSE_S},
    {204, "", PROBE_RESULT_REACHABLE, "HTTP_204", PAUSE_S},
    {301, "", PROBE_RESULT_REACHABLE, "HTTP_301", PAUSE_S},
    {401, "", PROBE_RESULT_REACHABLE, "HTTP_401", PAUSE_S},
    {404, "", PROBE_RESULT_REACHABLE, "HTTP_404", PAUSE_S},
    {405, "", PROBE_RESULT_REACHABLE, "HTTP_405", PAUSE_S},
    {428, "", PROBE_RESULT_REACHABLE, "HTTP_428", PAUSE_S},
    {430, "", PROBE_RESULT_REACHABLE, "HTTP_430", PAUSE_S},
    {499, "", PROBE_RESULT_REACHABLE, "HTTP_499", PAUSE_S},
    {500, "", PROBE_RESULT_UNREACHABLE, "HTTP_500", 2 * PAUSE_S},
    {503, "7200", PROBE_RESULT_UNREACHABLE, "HTTP_503", 2 * PAUSE_S},
    {599, "", PROBE_RESULT_UNREACHABLE, "HTTP_599", 2 * PAUSE_S},
    {999, "", PROBE_RESULT_UNREACHABLE, "HTTP_999", 2 * PAUSE_S},
    {0, "TIMEOUT", PROBE_RESULT_UNREACHABLE, "TIMEOUT", 2 * PAUSE_S},
    {0, "CONNECT_FAILED", PROBE_RESULT_UNREACHABLE, "CONNECT_FAILED", 2 * PAUSE_S},
    /* 429: for as long as it asks, but never for less than the pause */
    {429, "", PROBE_RESULT_THROTTLED, "HTTP_429", DAY_S},
    {429, "soon", PROBE_RESULT_THROTTLED, "HTTP_429", DAY_S},
    {429, "0", PROBE_RESULT_THROTTLED, "HTTP_429", PAUSE_S},
    {429, "899", PROBE_RESULT_THROTTLED, "HTTP_429", PAUSE_S},
    {429, "901", PROBE_RESULT_THROTTLED, "HTTP_429", 901},
    {429, "604800", PROBE_RESULT_THROTTLED, "HTTP_429", 7 * DAY_S},
    {429, "Tue, 30 Apr 2024 20:00:00 GMT", PROBE_RESULT_THROTTLED, "HTTP_429", 7200},
    {429, "Tue, 30 Apr 2024 16:00:00 GMT", PROBE_RESULT_THROTTLED, "HTTP_429", PAUSE_S},
};

START_TEST(test_answer)
{
    struct probe_state state = claimed();
    struct probe_answer probe = answered(answers[_i].status, answers[_i].told);

    if (probe.status == 0)
        probe.failure = answers[_i].told;
    ck_assert(probe_note(&state, &probe, NOW));
    ck_assert_int_eq(state.result, answers[_i].result);
    ck_assert_str_eq(state.code, answers[_i].code);
    ck_assert_int_eq(state.next_probe_at_us, NOW + answers[_i].wait_s * SECOND);
    ck_assert_int_eq(state.probed_at_us, NOW);
    ck_assert_int_eq(state.since_us, NOW);
}
END_TEST

/* Covers: each time in a row twice as long, up to a day; from the start once it is reached. */
START_TEST(test_back_off)
{
    static const int64_t waits_s[] = {1800, 3600, 7200, 14400, 28800, 57600, 86400, 86400, 86400};
    struct probe_state state = claimed();
    struct probe_answer failure = answered(503, "");
    struct probe_answer success = answered(200, "");
    int64_t now_us = NOW;

    for (size_t i = 0; i < sizeof waits_s / sizeof *waits_s; i++) {
        ck_assert(probe_note(&state, &failure, now_us));
        ck_assert_int_eq(state.next_probe_at_us - now_us, waits_s[i] * SECOND);
        ck_assert_int_eq(state.pause_s, waits_s[i]); /* a claim that is not used keeps it up */
        ck_assert_int_eq(state.since_us, NOW);
        now_us = state.next_probe_at_us;
    }
    ck_assert(probe_note(&state, &success, now_us));
    ck_assert_int_eq(state.next_probe_at_us - now_us, PAUSE_S * SECOND);
    ck_assert_int_eq(state.since_us, now_us);
    ck_assert(probe_note(&state, &failure, now_us + HOUR));
    ck_assert_int_eq(state.next_probe_at_us - now_us - HOUR, 1800 * SECOND);
    ck_assert_int_eq(state.since_us, now_us + HOUR);
}
END_TEST

/* Covers: a system that asks to be left alone answers: what failed before it is over. */
START_TEST(test_throttled_after_failures)
{
    struct probe_state state = claimed();
    struct probe_answer failure = answered(503, "");
    struct probe_answer throttled = answered(429, "");

    for (int i = 0; i < 5; i++)
        ck_assert(probe_note(&state, &failure, NOW + i * HOUR));
    ck_assert(probe_note(&state, &throttled, NOW + DAY));
    ck_assert_int_eq(state.pause_s, PAUSE_S);
    ck_assert_int_eq(state.since_us, NOW + DAY);
    ck_assert(probe_note(&state, &failure, NOW + 3 * DAY));
    ck_assert_int_eq(state.next_probe_at_us, NOW + 3 * DAY + 1800 * SECOND);
}
END_TEST

/* Covers: what was not sent says nothing. */
START_TEST(test_held_back)
{
    struct probe_state state = claimed();
    struct probe_state before = state;
    struct probe_answer probe = {.failure = "CANCELLED", .was_held_back = true};

    ck_assert(!probe_note(&state, &probe, NOW));
    ck_assert_int_eq(state.next_probe_at_us, before.next_probe_at_us);
    ck_assert_int_eq(state.result, PROBE_RESULT_NONE);
    ck_assert_str_eq(state.code, "");
}
END_TEST

static const struct {
    enum probe_policy policy;
    enum probe_result result;
    const char *name; /* of the condition */
    bool is_dated;
} conditions[] = {
    {PROBE_ACTIVE, PROBE_RESULT_REACHABLE, "reachable", true},
    {PROBE_ACTIVE, PROBE_RESULT_UNREACHABLE, "unreachable", true},
    {PROBE_ACTIVE, PROBE_RESULT_THROTTLED, "throttled", true},
    {PROBE_ACTIVE, PROBE_RESULT_NONE, "waiting", true},
    {PROBE_PASSIVE, PROBE_RESULT_UNREACHABLE, "passive", false},
    {PROBE_NOT_CONFIGURED, PROBE_RESULT_UNREACHABLE, "not_configured", false},
};

START_TEST(test_condition)
{
    struct probe_state state = claimed();
    struct probe_finding finding;

    state.result = conditions[_i].result;
    finding = probe_judge(conditions[_i].policy, &state);
    ck_assert_str_eq(probe_condition_name(finding.condition), conditions[_i].name);
    ck_assert_int_eq(finding.state.next_probe_at_us,
                     conditions[_i].is_dated ? state.next_probe_at_us : 0);
}
END_TEST

/* Covers: it is told apart whether this call has asked, and what could not be had is not made up. */
START_TEST(test_fresh)
{
    struct probe_state state = claimed();
    struct probe_answer success = answered(200, "");

    ck_assert(!probe_judge(PROBE_ACTIVE, &state).is_fresh);
    ck_assert(probe_note(&state, &success, NOW));
    ck_assert(probe_judge(PROBE_ACTIVE, &state).is_fresh);
    state.is_claimed = false;
    ck_assert(!probe_judge(PROBE_ACTIVE, &state).is_fresh);
    ck_assert_int_eq(probe_judge(PROBE_ACTIVE, NULL).condition, PROBE_IS_UNKNOWN);
    ck_assert_str_eq(probe_condition_name(PROBE_IS_UNKNOWN), "unknown");
}
END_TEST

SUITE(probe)
{
    TCase *cases = tcase_create("probe");

    tcase_add_loop_test(cases, test_answer, 0, sizeof answers / sizeof answers[0]);
    tcase_add_test(cases, test_back_off);
    tcase_add_test(cases, test_throttled_after_failures);
    tcase_add_test(cases, test_held_back);
    tcase_add_loop_test(cases, test_condition, 0, sizeof conditions / sizeof conditions[0]);
    tcase_add_test(cases, test_fresh);
    suite_add_tcase(suite, cases);
}
