/* Covers lib/notify/alert.c; what its program gets is tests/integration/test_alert.c's. */
#include "support/suite.h"

#include "notify/alert.h"
#include "tick/pool.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define ID "0c000000-0000-4000-8000-000000000001"

#define RUN                                                                                        \
    {                                                                                              \
        .run_id = ID, .org_id = ID, .integration_id = ID, .integration_type = "xledger",           \
        .scheduled_for = 28575480, .covers_from = 28575470, .attempt = 2                           \
    }

static const struct run run = RUN;
static const struct trigger trigger = {"cron", "host"};

/* The alert, without names. */
static json_t *read_alert(struct tick_result *result)
{
    static struct alert alert;

    result->triggered = 3;
    result->skipped = 2;
    result->failed = 1;
    alert = (struct alert){0};
    alert_make(&alert, result, ID, &trigger, NULL);
    ck_assert_ptr_nonnull(alert.value);
    return alert.value;
}

static const char *text(const json_t *event, const char *name)
{
    return json_string_value(json_object_get(event, name));
}

/* Covers: what is reported by verdict and note, in order, and what is not. */
START_TEST(test_alert_runs)
{
    static struct worker_note notes[6] = {
        {.error_class = OUTCOME_REJECTED, .error_code = "HTTP_500", .error_message = "no\033[2J\n"},
        {.late_us = 301 * INT64_C(1000000), .was_cold = true},
        {.error_class = OUTCOME_REJECTED, .late_us = 1, .was_cold = true}, /* may be half */
        {.error_class = OUTCOME_NONE},
        {.was_cold = true},
        {.was_cold = true},
    };
    static struct claim_run runs[6] = {{.run = RUN}, {.run = RUN}, {.run = RUN},
                                       {.run = RUN}, {.run = RUN}, {.run = RUN}};
    static int verdicts[6] = {WORKER_FAILED, WORKER_COMPLETED, POOL_LOST,
                              WORKER_FAILED, WORKER_LEFT,      POOL_UNDONE};
    static const char *const kinds[] = {"failed", "late", "cold-start", "failed", "failed"};
    struct tick_result result = {.runs = runs, .verdicts = verdicts, .notes = notes, .count = 6};
    json_t *alert = read_alert(&result);
    const json_t *events = json_object_get(alert, "events");

    ck_assert_uint_eq(json_array_size(events), 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert_str_eq(text(json_array_get(events, i), "event"), kinds[i]);
    ck_assert_str_eq(text(json_array_get(events, 0), "errorClass"), "rejected");
    ck_assert_str_eq(text(json_array_get(events, 0), "errorMessage"), "no\033[2J\n");
    ck_assert_str_eq(text(json_array_get(events, 0), "scheduledFor"), "2024-05-01T02:00:00Z");
    ck_assert_str_eq(text(json_array_get(events, 0), "coversFrom"), "2024-05-01T01:50:00Z");
    ck_assert_int_eq(json_integer_value(json_object_get(json_array_get(events, 1), "lateSeconds")),
                     301);
    for (size_t i = 3; i < 5; i++) {
        ck_assert_str_eq(text(json_array_get(events, i), "errorClass"), "unknown");
        ck_assert(json_is_null(json_object_get(json_array_get(events, i), "errorCode")));
    }
    json_decref(alert);
}
END_TEST

/* Covers: without notes there are the verdicts; what is accepted is nothing to report. */
START_TEST(test_alert_without_notes)
{
    static int verdicts[] = {WORKER_COMPLETED, WORKER_ACCEPTED, WORKER_FAILED};
    static struct claim_run runs[] = {{.run = RUN}, {.run = RUN}, {.run = RUN}};
    struct tick_result result = {.runs = runs, .verdicts = verdicts};
    struct alert nothing = {0};
    json_t *alert;

    result.count = 2;
    alert_make(&nothing, &result, ID, &trigger, NULL);
    ck_assert_ptr_null(nothing.value);
    alert_free(&nothing);
    result.count = 3;
    alert = read_alert(&result);
    ck_assert_uint_eq(json_array_size(json_object_get(alert, "events")), 1);
    json_decref(alert);
}
END_TEST

/* Covers: a thousand are reported, of the others how many there were; cancelled slots are no event. */
START_TEST(test_alert_many)
{
    enum { GIVEN_UP = ALERT_EVENTS_MAX - 1, CANCELLED = 5 };
    static struct claim_run runs[GIVEN_UP + CANCELLED];
    static struct claim_abandoned abandoned[3];
    struct tick_result result = {
        .claim = {.runs = runs, .abandoned = abandoned, .abandoned_count = 3}};
    json_t *alert;

    for (size_t i = 0; i < GIVEN_UP + CANCELLED; i++)
        runs[i] = (struct claim_run){
            .run = run, .verdict = i < CANCELLED ? CLAIM_RUN_CANCELLED : CLAIM_RUN_GIVEN_UP};
    for (size_t i = 0; i < 3; i++)
        abandoned[i].run = run;
    result.claim.run_count = GIVEN_UP + CANCELLED;
    alert = read_alert(&result);
    ck_assert_uint_eq(json_array_size(json_object_get(alert, "events")), ALERT_EVENTS_MAX);
    ck_assert_int_eq(json_integer_value(json_object_get(alert, "omitted")), 2);
    ck_assert_int_eq(
        json_integer_value(json_object_get(json_object_get(alert, "summary"), "failed")), 1);
    json_decref(alert);
}
END_TEST

SUITE(alert)
{
    TCase *cases = tcase_create("alert");

    tcase_add_test(cases, test_alert_runs);
    tcase_add_test(cases, test_alert_without_notes);
    tcase_add_test(cases, test_alert_many);
    suite_add_tcase(suite, cases);
}
