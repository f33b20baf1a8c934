/*
 * Everything that can come back from a call (answers.c), done to the real program in one tick: what
 * then stands in the log, and that nobody else ever saw the key.
 */
#include "integration/answers.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include "base/text.h"

#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

/* To whom redirects point: another host, as far as a URL goes. */
static struct function *target;

static void answers_open(void)
{
    scene_open();
    target = function_start();
}

static void answers_close(void)
{
    function_stop(target);
    scene_close();
}

/* The rule of the n-th integration: the answer's, with the @ filled in. */
static void add_rule(struct text *script, const struct answer *answer, int n)
{
    const char *at = strchr(answer->script, '@');
    size_t before = at != NULL ? (size_t)(at - answer->script) : strlen(answer->script);

    text_addf(script, "%s %.*s", scene_integration(n), (int)before, answer->script);
    for (size_t i = 0; i < answer->times; i++)
        text_add(script, answer->insert);
    if (at != NULL && answer->insert == NULL)
        text_addf(script, "%s/functions/v1/run-integration", function_url(target));
    text_addf(script, "%s\n", at != NULL ? at + 1 : "");
}

static void check_answer(const struct answer *answer, int n)
{
    const char *id = scene_integration(n);
    char *stored = testdb_text("SELECT concat_ws(' ', status, error_class, error_code,"
                               " records_exported) FROM sync_run_log WHERE integration_id = '%s'",
                               id);
    char *message =
        testdb_text("SELECT error_message FROM sync_run_log WHERE integration_id = '%s'", id);

    ck_assert_msg(stored != NULL && strcmp(stored, answer->stored) == 0, "%.100s: %s, \"%.200s\"",
                  answer->script, stored, message);
    ck_assert_msg((message == NULL) == (answer->message == NULL), "%s: %s", answer->script,
                  message);
    if (answer->message != NULL)
        ck_assert_msg(strncmp(message, answer->message, strlen(answer->message)) == 0, "%s: %s",
                      answer->script, message);
    free(stored);
    free(message);
}

/* Covers: each answer; none crashes, hangs or loses a row, and none is called twice. */
START_TEST(test_answers)
{
    int count = (int)answers_count;
    struct text script = {0};
    struct scene_tick tick;
    int failed = 0;

    ck_assert_int_ge(count, 60);
    scene_seed(1, count, DAILY);
    for (int n = 1; n <= count; n++) {
        add_rule(&script, &answers[n - 1], n);
        failed += answers[n - 1].message != NULL ? 1 : 0;
    }
    function_script(scene_function(), script.data);
    text_free(&script);
    tick = scene_run("--timeout 45s --budget 400s --at " AT);
    for (int n = 1; n <= count; n++)
        check_answer(&answers[n - 1], n);
    scene_check(&tick, count, 0, failed, 1);
    ck_assert_int_eq(scene_count(NULL), count);
    ck_assert_uint_eq(function_count(scene_function(), NULL) +
                          function_count_event(scene_function(), "partial"),
                      answers_count);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_uint_le(function_most_in_flight(scene_function()), 5);
    ck_assert_uint_eq(function_count(target, NULL), 0);
    ck_assert_uint_eq(function_count_event(target, "other"), 0);
    ck_assert_uint_eq(function_count_event(target, "partial"), 0);
    ck_assert_ptr_null(strstr(tick.err, SCENE_KEY));
    ck_assert_ptr_null(strstr(tick.out, SCENE_KEY));
    scene_tick_free(&tick);
}
END_TEST

SUITE(tick_answers)
{
    TCase *cases = tcase_create("answers");

    tcase_add_checked_fixture(cases, answers_open, answers_close);
    tcase_add_test(cases, test_answers);
    suite_add_tcase(suite, cases);
}
