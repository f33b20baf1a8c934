/*
 * Everything that can come back from a call, done to the real program: what the log then says, that
 * nobody else ever saw the key, and how often the function was called, tick by tick and policy by
 * policy. Sources: answers.c, and the table of answers, tests/data/answers.txt.
 */
#include "integration/answers.h"
#include "support/answer_table.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include "base/text.h"

#include <stdio.h>
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

    ck_assert_int_ge(count, 40);
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
    ck_assert_uint_eq(function_count(target, NULL), 0);
    ck_assert_uint_eq(function_count_event(target, "other"), 0);
    ck_assert_uint_eq(function_count_event(target, "partial"), 0);
    ck_assert_ptr_null(strstr(tick.err, SCENE_KEY));
    ck_assert_ptr_null(strstr(tick.out, SCENE_KEY));
    scene_tick_free(&tick);
}
END_TEST

/* ---- The table, and what is sent again ---- */

enum { CALLS_OF_A_TICK = 4, ATTEMPTS = 3 };

/* The rules of the table: an integration a row, with an id of its own to be found by. */
static void script_table(const struct answer_row *rows, int count)
{
    struct text script = {0};

    for (int n = 1; n <= count; n++) {
        const char *headers = rows[n - 1].headers;
        char header[200];

        text_addf(&script, "%s status=%ld header=x-request-id:row-%d", scene_integration(n),
                  rows[n - 1].status, n);
        while (answer_table_next_header(&headers, header, sizeof header)) {
            text_add(&script, " header=");
            for (const char *c = header; *c != '\0'; c++)
                text_addf(&script, *c == ' ' ? "%%20" : "%c", *c);
        }
        text_addf(&script, " body=%s\n", rows[n - 1].body);
    }
    function_script(scene_function(), script.data);
    text_free(&script);
}

/* What the log says of an answer, however often it was given. */
static void check_log(const struct answer_row *row, int n)
{
    char *log = testdb_text(
        "SELECT string_agg(DISTINCT CASE status WHEN 'failed' THEN error_class || ' ' || error_code"
        " WHEN 'completed' THEN concat_ws(' ', status, records_exported)"
        " WHEN 'running' THEN CASE WHEN accepted_at IS NOT NULL THEN 'accepted' END END, ', ')"
        " FROM sync_run_log"
        " WHERE integration_id = '%s'",
        scene_integration(n));

    ck_assert_msg(strcmp(log, row->log) == 0, "line %d: %s", row->line, log);
    free(log);
    log = testdb_text("SELECT string_agg(DISTINCT concat_ws(' ', http_status, request_id,"
                      " extract(epoch FROM retry_at - failed_at)::integer), ', ')"
                      " FROM sync_run_log WHERE integration_id = '%s'",
                      scene_integration(n));
    ck_assert_int_eq(strtol(log, NULL, 10), row->status);
    if (strstr(row->headers, "request-id") == NULL) {
        char expected[40];

        snprintf(expected, sizeof expected, "%ld row-%d%s", row->status, n,
                 strstr(row->headers, "retry-after: 120") != NULL ? " 120" : "");
        ck_assert_str_eq(log, expected);
    } else {
        ck_assert_ptr_nonnull(strstr(log, " 0199-f00d"));
    }
    free(log);
}

/* How often each answer was given: attempts for each kind of row, a tick's own calls aside. */
static void check_counts(const struct answer_row *rows, int count,
                         const size_t attempts[ANSWER_KINDS])
{
    for (int n = 1; n <= count; n++) {
        enum answer_again again = rows[n - 1].again;
        size_t expected = attempts[again] * (again == ANSWER_TICK ? CALLS_OF_A_TICK : 1);
        size_t calls = function_count(scene_function(), scene_integration(n));

        ck_assert_msg(calls == expected, "line %d: %zu calls, not %zu", rows[n - 1].line, calls,
                      expected);
    }
}

/* A tick, long after the last one. */
static void tick_later(const char *options)
{
    struct scene_tick tick;

    testdb_exec("UPDATE sync_run_log SET failed_at = failed_at - interval '70 minutes',"
                " retry_at = retry_at - interval '70 minutes'");
    tick = scene_run(options);
    ck_assert_int_le(tick.status, 1);
    scene_tick_free(&tick);
}

/*
 * Covers: each row of the table. One log serves all policies, since a policy is a tick's: what ticks
 * without one leave alone, ticks with --max-attempts take up, and those with --retry-unknown the rest.
 */
START_TEST(test_counts)
{
    int count;
    const struct answer_row *rows = answer_table_read(&count);
    int64_t slot = scene_settle(0) - 30 * 24 * 60;
    struct scene_tick tick;
    char options[80];

    scene_seed(1, count, scene_minute_cron(slot));
    script_table(rows, count);
    snprintf(options, sizeof options, "--budget 200s --at %s", scene_minute_text(slot));
    tick = scene_run(options);
    ck_assert_int_eq(tick.triggered, count);
    scene_tick_free(&tick);
    tick_later("");
    check_counts(rows, count, (size_t[]){1, 1, 1, 1, 1});
    for (int n = 1; n <= count; n++)
        check_log(&rows[n - 1], n);
    for (int i = 0; i < ATTEMPTS; i++)
        tick_later("--max-attempts 3");
    check_counts(rows, count, (size_t[]){1, ATTEMPTS, ATTEMPTS, 1 + ATTEMPTS, 1});
    for (int i = 0; i < ATTEMPTS; i++)
        tick_later("--max-attempts 3 --retry-unknown");
    check_counts(rows, count, (size_t[]){1, ATTEMPTS, ATTEMPTS, 1 + 2 * ATTEMPTS, ATTEMPTS});
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT idempotency_key) FROM sync_run_log"),
                     count);
}
END_TEST

SUITE(tick_answers)
{
    TCase *cases = tcase_create("answers");

    tcase_add_checked_fixture(cases, answers_open, answers_close);
    tcase_add_test(cases, test_answers);
    suite_add_tcase(suite, cases);

    cases = tcase_create("counts");
    tcase_add_checked_fixture(cases, scene_open, scene_close);
    tcase_add_test(cases, test_counts);
    suite_add_tcase(suite, cases);
}
