/*
 * What does not fit into a tick, as status says it: runs that wait, and minutes of the coming day
 * with more due than there is time for (design section 5, step 7).
 */
#include "integration/status_scene.h"
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Integrations first to last, due at two, the calls of which took so long two days ago. */
static void seed(int first, int last, int takes_s)
{
    for (int n = first; n <= last; n++) {
        status_add(n, "0 2 * * *");
        status_add_runs(n, "completed 2 days");
        testdb_exec("UPDATE sync_run_log SET completed_at = started_at + interval '%d s'"
                    " WHERE integration_id = '%s'",
                    takes_s, status_integration(n));
    }
}

static json_t *read_status(void)
{
    json_t *status = status_read("status", 0);
    char *text = json_dumps(status, JSON_COMPACT);

    json_schema_check("status", text);
    free(text);
    return status;
}

static void assert_load(const json_t *load, int runs, int work_s, int span_s)
{
    ck_assert_int_eq(json_integer_value(json_object_get(load, "runs")), runs);
    ck_assert_int_eq(json_integer_value(json_object_get(load, "workSeconds")), work_s);
    ck_assert_int_eq(json_integer_value(json_object_get(load, "spanSeconds")), span_s);
}

static void assert_text(const char *line, const char *expected)
{
    struct program_result result = status_run(line, NULL);

    ck_assert_int_eq(result.status, 0);
    ck_assert_msg((strstr(result.out, "too full: ") != NULL) == (expected != NULL), "%s",
                  result.out);
    if (expected != NULL)
        ck_assert_msg(strstr(result.out, expected) != NULL, "%s", result.out);
    program_result_free(&result);
}

/* Covers: three rounds of 20 s, a day ahead; and the budget, the workers and the limits that are configured. */
START_TEST(test_full_minute)
{
    json_t *status;
    const json_t *capacity;
    const json_t *minute;

    seed(1, 12, 20);
    status = read_status();
    capacity = json_object_get(status, "capacity");
    minute = json_array_get(json_object_get(capacity, "firstFullMinutes"), 0);
    ck_assert(json_is_null(json_object_get(capacity, "waiting")));
    ck_assert_int_eq(json_integer_value(json_object_get(capacity, "fullMinutes")), 1);
    ck_assert_ptr_nonnull(
        strstr(json_string_value(json_object_get(minute, "minute")), "T02:00:00Z"));
    assert_load(minute, 12, 240, 60);
    json_decref(status);
    assert_text("status", "12 due, 240 s of work, 60 s with 5 workers; a tick has 50 s\n");
    assert_text("status --budget 60s", NULL);
    assert_text("status --concurrency 4 --budget 59s", "60 s with 4 workers; a tick has 59 s\n");
    assert_text("status --budget 60s --max-calls 3",
                "80 s with 5 workers and the limit of calls; a tick has 60 s\n");
    assert_text("status --budget 60s --max-calls-xledger 2", "120 s with 5 workers");
    assert_text("status --budget 60s --max-calls-bufdir 2", NULL);
    assert_text("status --org " STATUS_ORG, NULL);
}
END_TEST

/* Covers: an integration without a call in the log takes as long as others do. */
START_TEST(test_guessed)
{
    json_t *status;
    const json_t *minutes;

    seed(1, 1, 20);
    for (int n = 2; n <= 15; n++)
        status_add(n, "0 2 * * *");
    status = status_read("status", 0);
    minutes = json_object_get(json_object_get(status, "capacity"), "firstFullMinutes");
    assert_load(json_array_get(minutes, 0), 15, 300, 60);
    json_decref(status);
}
END_TEST

/* Covers: more full minutes than are listed. */
START_TEST(test_full_day)
{
    struct program_result result;
    json_t *status;
    const json_t *capacity;

    seed(1, 12, 20);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '* * * * *'");
    status = read_status();
    capacity = json_object_get(status, "capacity");
    ck_assert_int_eq(json_integer_value(json_object_get(capacity, "fullMinutes")), 1440);
    ck_assert_uint_eq(json_array_size(json_object_get(capacity, "firstFullMinutes")), 10);
    json_decref(status);
    result = status_run("status", NULL);
    ck_assert_msg(strstr(result.out, "and 1437 more minutes of the coming day\n") != NULL, "%s",
                  result.out);
    program_result_free(&result);
}
END_TEST

/* Covers: what waits while it waits: left by its tick, or older than a minute. */
START_TEST(test_waiting)
{
    json_t *status;
    struct program_result result;

    seed(1, 7, 3);
    for (int n = 1; n <= 3; n++)
        status_add_runs(n, "pending 3 minutes");
    status_add_runs(4, "pending 0 minutes");
    testdb_exec("UPDATE sync_run_log SET created_at = now() WHERE status = 'pending'"
                " AND integration_id = '%s'",
                status_integration(4));
    status_add_runs(5, "pending 1 minutes");
    testdb_exec("UPDATE sync_run_log SET created_at = now(), left_at = now()"
                " WHERE status = 'pending' AND integration_id = '%s'",
                status_integration(5));
    status = read_status();
    assert_load(json_object_get(json_object_get(status, "capacity"), "waiting"), 4, 12, 3);
    json_decref(status);
    result = status_run("status", NULL);
    ck_assert_msg(strstr(result.out, "behind: 4 runs waiting, the oldest of 2") != NULL &&
                      strstr(result.out, "3 min ago: 12 s of work, 3 s with 5 workers\n") != NULL,
                  "%s", result.out);
    program_result_free(&result);
}
END_TEST

SUITE(status_capacity)
{
    TCase *cases = tcase_create("status_capacity");

    tcase_add_checked_fixture(cases, status_scene_open, testdb_drop);
    tcase_add_test(cases, test_full_minute);
    tcase_add_test(cases, test_guessed);
    tcase_add_test(cases, test_full_day);
    tcase_add_test(cases, test_waiting);
    suite_add_tcase(suite, cases);
}
