/*
 * Runs by hand that name what to send (--org, --integration): who is sent, under which key, in which
 * order, and what is left alone. The slots are at 02:00 of the first days of May 2024.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include "base/text.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DAILY       "0 2 * * *"
#define ONE         "--integration 10000000-0000-4000-8000-000000000001"
#define ORG         "--org " SCENE_ORG
#define MAY         " --from 2024-05-01T00:00Z --to 2024-05-06T00:00Z"
#define AT_3        " --at 2024-05-03T02:00Z"
#define FIRST_THREE " --from 2024-05-01 --to 2024-05-03"
#define FIRST_TWO   " --from 2024-05-01 --to 2024-05-02"
#define DAY_3       " --from 2024-05-03 --to 2024-05-03"

enum { OTHERS = 25 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

/*
 * Runs of the n-th integration, a word each: what became of it and its day, such as "j03". c:
 * completed; n, j, u: failed with the class not_delivered, rejected, unknown; D, N: unknown, resolved
 * as done or not done; p, r: pending, running. Its period starts the day before, or at another day
 * ("j03:01").
 */
static void seed_log(int n, const char *words)
{
    char kind;
    int day;
    int length;

    for (; sscanf(words, " %c%d%n", &kind, &day, &length) == 2; words += length) {
        int period_day = day - 1;
        int more = 0;
        bool has_failed = strchr("njuDN", kind) != NULL;

        if (words[length] == ':' && sscanf(words + length, ":%d%n", &period_day, &more) == 1)
            length += more;
        testdb_exec(
            "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
            " covers_from, period_start, attempt, status, idempotency_key, triggered_by, worker,"
            " started_at, completed_at, failed_at, error_class, error_code, records_exported,"
            " resolution, resolved_at, resolved_by)"
            " SELECT '" SCENE_ORG "', '%s', 'xledger', t, t, t - interval '%d days',"
            " 1 + (SELECT count(*) FROM sync_run_log WHERE integration_id = '%s'"
            " AND scheduled_for = t), '%s', '" SCENE_ORG "/%s/2024-05-%02dT02:00:00Z', 'schedule',"
            " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s"
            " FROM CAST('2024-05-%02d 02:00Z' AS timestamptz) AS t",
            scene_integration(n), day - period_day, scene_integration(n),
            kind == 'c'   ? "completed"
            : kind == 'p' ? "pending"
            : kind == 'r' ? "running"
                          : "failed",
            scene_integration(n), day, kind == 'p' ? "NULL" : "'w'", kind == 'p' ? "NULL" : "now()",
            kind == 'c' ? "now()" : "NULL", has_failed ? "now()" : "NULL",
            kind == 'n'   ? "'not_delivered'"
            : kind == 'j' ? "'rejected'"
            : has_failed  ? "'unknown'"
                          : "NULL",
            kind == 'n'   ? "'DNS_FAILED'"
            : kind == 'j' ? "'E17'"
            : has_failed  ? "'TIMEOUT'"
                          : "NULL",
            kind == 'c' ? "130" : "NULL",
            kind == 'D'   ? "'done'"
            : kind == 'N' ? "'not_done'"
                          : "NULL",
            strchr("DN", kind) != NULL ? "now()" : "NULL",
            strchr("DN", kind) != NULL ? "'somebody'" : "NULL", day);
    }
}

/* What the function was asked for, in order: day and attempt of each call, "03/1 04/2". */
static char *calls_made(void)
{
    json_t *requests = function_requests(scene_function());
    struct text calls = {0};
    json_t *request;
    size_t i;

    json_array_foreach(requests, i, request)
    {
        json_t *body = json_object_get(request, "body");
        const char *slot = json_string_value(json_object_get(body, "scheduledFor"));
        const char *key = json_string_value(json_object_get(body, "idempotencyKey"));

        ck_assert_str_eq(key + strlen(key) - strlen(slot), slot);
        text_addf(&calls, "%s%.2s/%d", i > 0 ? " " : "", slot + 8,
                  (int)json_integer_value(json_object_get(body, "attempt")));
    }
    json_decref(requests);
    return calls.data != NULL ? calls.data : strdup("");
}

static void expect_calls(const char *expected)
{
    char *calls = calls_made();

    ck_assert_str_eq(calls, expected);
    free(calls);
}

/* ---- Who is sent ---- */

static const struct {
    const char *log;
    const char *options;
    const char *calls;
    int left;
} cases[] = {
    /* what no run covers, the oldest first */
    {"", ONE MAY, "01/1 02/1 03/1 04/1 05/1", 0},
    {"c01 c02 j03", ONE MAY, "04/1 05/1", 3},
    {"c01 c02", ONE AT_3, "03/1", 0},
    {"", ONE " --at 2024-05-03T03:00Z", "", 0},
    {"", ONE " --from 2024-05-02T02:00Z --to 2024-05-04T02:00Z", "02/1 03/1", 0},
    {"", ONE " --from 2024-05-02T02:00:01Z --to 2024-05-03T02:01Z", "03/1", 0},
    /* each of its own accord, and only that */
    {"c01 n02 j03 u04 N05:04", ONE MAY, "", 5},
    {"c01 n02:01 j03:01 u04:03 N05:04", ONE MAY " --retry-failed", "03/2 05/2", 3},
    {"c01 j02 N03:02 u04:03", ONE MAY " --retry-failed", "02/2 03/2 05/1", 2},
    {"c01 j02 N03:02 u04:03", ONE MAY " --retry-unknown", "04/2 05/1", 3},
    {"c01 j02 N03:02 u04:03", ONE MAY " --again", "01/2 05/1", 3},
    {"c01 j02 N03:02 u04:03", ONE MAY " --again --retry-failed --retry-unknown",
     "01/2 02/2 03/2 04/2 05/1", 0},
    {"D03", ONE AT_3 " --retry-failed --retry-unknown", "", 1},
    {"D03", ONE AT_3 " --again", "03/2", 0},
    /* judged by the attempt that exported it, and followed behind the last one */
    {"j03 c03", ONE AT_3 " --retry-failed", "", 1},
    {"c03 j03", ONE AT_3 " --retry-failed", "", 1},
    {"c03 j03", ONE AT_3 " --again", "03/3", 0},
    /* a later run has its period, or the function may know one that has */
    {"j02 c03:01", ONE MAY " --retry-failed", "01/1 04/1 05/1", 2},
    {"j02 c03:01", ONE MAY " --again", "01/1 02/2 03/2 04/1 05/1", 0},
    {"c03:00", ONE MAY, "04/1 05/1", 3},
    {"j02:01 j03:01 j04:01", ONE MAY " --retry-failed", "01/1 04/2 05/1", 2},
    {"n02:01 n03:01", ONE MAY " --retry-failed", "01/1 02/2 03/2 04/1 05/1", 0},
    {"u02:01 u03:01", ONE MAY " --retry-unknown", "01/1 04/1 05/1", 2},
    /* an older slot has exported a part of its period meanwhile, and its key means that period */
    {"c02 j03:01", ONE AT_3 " --retry-failed", "", 1},
    {"c02 n03:01", ONE AT_3 " --retry-failed", "03/2", 0},
    {"c02 j03:01", ONE AT_3 " --retry-failed --again", "03/2", 0},
    /* what is under way is left alone, and nothing else of it can begin */
    {"p03", ONE AT_3 " --again --retry-failed --retry-unknown", "", 1},
    {"c01 c02 r03", ONE MAY " --again", "", 5},
    /* what failed lately, without a time */
    {"j03", ONE " --retry-failed --catch-up 366d", "", 0}, /* not so lately */
};

START_TEST(test_who)
{
    struct scene_tick tick;
    int sent;
    char *calls;

    scene_seed(1, 3, DAILY);
    seed_log(1, cases[_i].log);
    seed_log(2, "j01 u02 j03 u04:03");
    function_script(scene_function(), "* count=7");
    tick = scene_run(cases[_i].options);
    calls = calls_made();
    sent = (int)(strlen(calls) + 1) / 5;
    ck_assert_msg(strcmp(calls, cases[_i].calls) == 0, "case %d: %s: %s\n%s", _i, cases[_i].options,
                  calls, tick.err);
    ck_assert_msg(tick.triggered == sent && tick.skipped == cases[_i].left && tick.failed == 0 &&
                      tick.run_ids == sent && tick.status == 0,
                  "case %d: %s: %s\n%s", _i, cases[_i].options, tick.out, tick.err);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE triggered_by ="
                                   " 'manual' AND status = 'completed' AND integration_id = '%s'"
                                   " AND idempotency_key LIKE '%%/' || integration_id || '/%%'",
                                   scene_integration(1)),
                     sent);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE triggered_by ="
                                   " 'manual' AND integration_id <> '%s'",
                                   scene_integration(1)),
                     0);
    scene_tick_free(&tick);
    free(calls);
}
END_TEST

/* Covers: one is attempted again in a minute in which 25 others failed, by its time and without. */
START_TEST(test_one_of_many)
{
    int64_t slot = scene_settle(10000) - 60;
    char line[200];

    scene_seed(1, 1 + OTHERS, "0 0 1 1 *");
    for (int n = 1; n <= 1 + OTHERS; n++)
        free(scene_seed_run(n, "completed", slot, 60));
    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(), completed_at = NULL,"
                " error_class = 'rejected', error_code = 'E17'");
    snprintf(line, sizeof line, ONE " --retry-failed%s%s", _i > 0 ? " --at " : "",
             _i > 0 ? scene_minute_text(slot) : "");
    scene_expect(scene_run(line), 1, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 1);
    scene_expect(scene_run(line), 0, _i, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/*
 * The third of May of nine integrations: 1 has no run, 2 completed, 3 not delivered, 4 rejected, 5
 * unknown, 6 unknown and resolved as not done, 7 as done, 8 pending, 9 rejected, and completed with
 * the period of a later run.
 */
static const char *const states[] = {"",    "c03", "n03", "j03",       "u03",
                                     "N03", "D03", "p03", "j03 c04:02"};

static const struct {
    const char *options;
    const char *sent; /* the integrations that are called, each once */
} wholes[] = {
    /* an organisation */
    {ORG AT_3, "1"},
    {ORG AT_3 " --again", "1 2 7 9"},
    {ORG AT_3 " --retry-failed", "1 3 4 6"},
    {ORG AT_3 " --retry-unknown", "1 5"},
    {ORG AT_3 " --again --retry-failed", "1 2 3 4 6 7 9"},
    {ORG AT_3 " --again --retry-unknown", "1 2 5 7 9"},
    {ORG AT_3 " --retry-failed --retry-unknown", "1 3 4 5 6"},
    {ORG AT_3 " --again --retry-failed --retry-unknown", "1 2 3 4 5 6 7 9"},
    {ORG DAY_3, "1"},
    {ORG DAY_3 " --retry-failed", "1 3 4 6"},
    {ORG DAY_3 " --again --retry-failed --retry-unknown", "1 2 3 4 5 6 7 9"},
    {ORG " --now", "1 2 3 4 5 6 7 9"},
    /* one of them, by any of its names */
    {"--integration 10000000-0000-4000-8000-000000000005" AT_3 " --retry-unknown", "5"},
    {"--integration 10000000-0000-4000-8000-000000000005" AT_3 " --retry-failed --again", ""},
    {"--integration 10000000-0000-4000-8000-000000000004" DAY_3 " --retry-failed", "4"},
    {ORG " --integration nordlys/dynamics" AT_3 " --again", "2"},
    {"--integration NORDLYS/dynamics --now", "2"},
    /* all of them */
    {"" AT_3, "1"},
    {"" AT_3 " --retry-failed", "1 3 4 6 9"},
    {"" AT_3 " --retry-failed --retry-unknown", "1 3 4 5 6 9"},
};

START_TEST(test_combinations)
{
    struct text called = {0};
    struct scene_tick tick;

    scene_seed(1, (int)COUNT(states), DAILY);
    testdb_exec("UPDATE organization_integrations SET integration_type = 'dynamics'"
                " WHERE integration_id = '%s'",
                scene_integration(2));
    for (size_t n = 0; n < COUNT(states); n++)
        seed_log((int)n + 1, states[n]);
    tick = scene_run(wholes[_i].options);
    for (int n = 1; n <= (int)COUNT(states); n++) {
        size_t calls = function_count(scene_function(), scene_integration(n));

        ck_assert_uint_le(calls, 1);
        if (calls > 0)
            text_addf(&called, "%s%d", called.length > 0 ? " " : "", n);
    }
    ck_assert_msg(strcmp(text_string(&called), wholes[_i].sent) == 0, "%s: %s\n%s",
                  wholes[_i].options, text_string(&called), tick.err);
    ck_assert_int_eq(tick.triggered, (long)(called.length + 1) / 2);
    ck_assert_int_eq(tick.status, 0);
    scene_tick_free(&tick);
    text_free(&called);
}
END_TEST

/* ---- Every combination ---- */

enum { AGAIN = 1, RETRY_FAILED = 2, RETRY_UNKNOWN = 4, ALL_OPTIONS = 8 };

/*
 * The same nine states: which options send each, one of them being enough, where the run is named; 0:
 * none does. The first is sent without any.
 */
static const int senders[] = {AGAIN | RETRY_FAILED | RETRY_UNKNOWN,
                              AGAIN,
                              RETRY_FAILED,
                              RETRY_FAILED,
                              RETRY_UNKNOWN,
                              RETRY_FAILED,
                              AGAIN,
                              0,
                              AGAIN};

static bool is_sent(int n, int options, bool is_named, bool is_now)
{
    if (n == 8 || n == 1)
        return n == 1;
    if (is_now) /* nothing covers the present minute */
        return true;
    if (is_named)
        return (senders[n - 1] & options) != 0;
    if ((options & RETRY_FAILED) == 0) /* by itself --retry-unknown is the policy of ticks */
        return false;
    return n == 9 || (senders[n - 1] & options & (RETRY_FAILED | RETRY_UNKNOWN)) != 0;
}

/* Runs it on the nine, as they were at first; of the integrations only_n, or all where that is 0. */
static void assert_combination(const char *name, const char *time, int options, int only_n)
{
    size_t before[COUNT(states) + 1];
    struct scene_tick tick;
    char line[200];
    int sent = 0;

    testdb_exec("DELETE FROM sync_run_log");
    for (int n = 1; n <= (int)COUNT(states); n++) {
        seed_log(n, states[n - 1]);
        before[n] = function_count(scene_function(), scene_integration(n));
    }
    snprintf(line, sizeof line, "%s%s%s%s%s", name, time, options & AGAIN ? " --again" : "",
             options & RETRY_FAILED ? " --retry-failed" : "",
             options & RETRY_UNKNOWN ? " --retry-unknown" : "");
    tick = scene_run(line);
    for (int n = 1; n <= (int)COUNT(states); n++) {
        size_t calls = function_count(scene_function(), scene_integration(n)) - before[n];
        bool is_asked = only_n == 0 || only_n == n;
        bool is_expected =
            is_asked && is_sent(n, options, *name != '\0', strcmp(time, " --now") == 0);

        ck_assert_msg(calls == (is_expected ? 1 : 0), "%s: integration %d has %zu calls: %s%s",
                      line, n, calls, tick.out, tick.err);
        sent += is_expected ? 1 : 0;
    }
    ck_assert_msg(tick.status == 0 && tick.triggered == sent && tick.failed == 0, "%s: %s%s", line,
                  tick.out, tick.err);
    scene_tick_free(&tick);
}

/*
 * Covers: who is sent and who is left alone, for every set of options: by one integration, whatever
 * became of its slot, by an organisation, and of all, at a time, in a day, and now.
 */
START_TEST(test_every_combination)
{
    static const char *const times[] = {AT_3, DAY_3, " --now"};
    char name[100];

    scene_seed(1, (int)COUNT(states), DAILY);
    for (size_t i = 0; i < COUNT(times); i++)
        assert_combination(ORG, times[i], _i, 0);
    if ((_i & AGAIN) == 0)
        assert_combination("", AT_3, _i, 0);
    for (int n = 1; n <= (int)COUNT(states); n++) {
        snprintf(name, sizeof name, "--integration %s", scene_integration(n));
        assert_combination(name, times[(n + _i) % (int)COUNT(times)], _i, n);
    }
}
END_TEST

/* Covers: all of an organisation, and nobody else's. */
START_TEST(test_organisation)
{
    scene_seed(1, 2, DAILY);
    testdb_exec("INSERT INTO organizations VALUES ('00000000-0000-4000-8000-00000000000b', 'B');"
                "INSERT INTO organization_integrations SELECT"
                " '00000000-0000-4000-8000-00000000000b', integration_id, integration_type,"
                " cron_schedule FROM organization_integrations");
    seed_log(1, "j03");
    seed_log(2, "u03");
    scene_expect(scene_run(ORG AT_3 " --retry-failed"), 1, 1, 0, 0);
    scene_expect(scene_run(ORG AT_3), 0, 2, 0, 0);
    scene_expect(scene_run(ORG " --from 2024-05-04T00:00Z --to 2024-05-05T00:00Z"), 2, 0, 0, 0);
    expect_calls("03/2 04/1 04/1");
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE org_id <> '" SCENE_ORG "'"), 0);
}
END_TEST

/* Covers: now, whether or not the schedule names the minute; once, unless it is wanted again. */
START_TEST(test_now)
{
    int64_t slot = scene_settle_behind_slot();

    scene_seed(1, 1, "0 0 1 1 *");
    scene_expect(scene_run(ONE " --now"), 1, 0, 0, 0);
    scene_expect(scene_run(ONE " --now"), 0, 1, 0, 0);
    scene_expect(scene_run(ONE " --now --again"), 1, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE scheduled_for = '%s'"
                                   " AND status = 'completed' AND triggered_by = 'manual'",
                                   scene_minute_text(slot)),
                     2);
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT idempotency_key) FROM sync_run_log"), 1);
}
END_TEST

/* Covers: a slot that a fold covers means its run, with all of its slots. */
START_TEST(test_fold)
{
    scene_seed(1, 1, DAILY);
    seed_log(1, "j04:01");
    testdb_exec("UPDATE sync_run_log SET covers_from = '2024-05-02 02:00Z'");
    scene_expect(scene_run(ONE AT_3 " --retry-failed"), 1, 0, 0, 0);
    expect_calls("04/2");
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE covers_from ="
                                   " '2024-05-02 02:00Z' AND period_start = '2024-05-01 02:00Z'"),
                     2);
}
END_TEST

/* Covers: a day as --at means all of its slots, where the organisation is. */
START_TEST(test_day)
{
    scene_seed(1, 1, "0 2,14,23 * * *");
    testdb_exec("UPDATE organizations SET timezone = 'Europe/Oslo'");
    seed_log(1, "j03:02");
    testdb_exec("UPDATE sync_run_log SET scheduled_for = '2024-05-03 00:00Z',"
                " covers_from = '2024-05-03 00:00Z'");
    scene_expect(scene_run(ONE " --at 2024-05-03"), 2, 1, 0, 0);
    scene_expect(scene_run(ONE " --at 2024-05-03 --again"), 3, 0, 0, 0);
    ck_assert_int_eq(
        testdb_number("SELECT count(DISTINCT scheduled_for) FROM sync_run_log"
                      " WHERE status = 'completed' AND scheduled_for IN ('2024-05-03 00:00Z',"
                      " '2024-05-03 12:00Z', '2024-05-03 21:00Z')"),
        3);
}
END_TEST

/* Covers: the slots are those of the text that was in force. */
START_TEST(test_text_of_the_day)
{
    scene_seed(1, 1, "0 5 * * *");
    testdb_exec("INSERT INTO sync_schedule_state VALUES ('" SCENE_ORG "', '%s', '0 5 * * * UTC',"
                " '2024-05-05 00:00Z');"
                "INSERT INTO sync_schedule_journal VALUES"
                " ('" SCENE_ORG "', '%s', '2024-05-01 00:00Z', '" DAILY " UTC',"
                "  '2024-05-03 00:00Z'),"
                " ('" SCENE_ORG "', '%s', '2024-05-04 00:00Z', '0 5 * * * UTC', NULL)",
                scene_integration(1), scene_integration(1), scene_integration(1));
    scene_expect(scene_run(ONE " --from 2024-05-01T00:00Z --to 2024-05-05T00:00Z"), 3, 0, 0, 0);
    expect_calls("01/1 02/1 04/1");
}
END_TEST

/* Covers: somebody switched it off; that is said, and holds for who names it, too. */
START_TEST(test_disabled)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    seed_log(1, "j03");
    testdb_exec("UPDATE organization_integrations SET is_enabled = false");
    tick = scene_run(ONE AT_3 " --retry-failed");
    scene_check(&tick, 0, 1, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, "left alone: disabled"));
    scene_tick_free(&tick);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
}
END_TEST

/* ---- What happens meanwhile ---- */

/* Covers: killed in mid-way, and asked for again: each slot is called once. */
START_TEST(test_killed)
{
    struct program *program;
    struct program_result result;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=500 count=7");
    program = scene_start(ONE MAY);
    function_wait_for_calls(scene_function(), 3);
    program_signal(program, SIGKILL);
    result = program_wait(program);
    program_result_free(&result);
    scene_wait_for("SELECT count(*) FILTER (WHERE status = 'completed') = 3 AND count(*) = 3"
                   " FROM sync_run_log");
    scene_expect(scene_run(ONE MAY), 2, 3, 0, 0);
    expect_calls("01/1 02/1 03/1 04/1 05/1");
}
END_TEST

/* Covers: two at once call each slot once, and each attempt, too. */
START_TEST(test_two_at_once)
{
    struct program *programs[2];
    long triggered = 0;

    scene_seed(1, 1, DAILY);
    seed_log(1, "j01");
    function_script(scene_function(), "* latency_ms=100 count=7");
    for (size_t i = 0; i < 2; i++)
        programs[i] = scene_start(ONE MAY " --retry-failed");
    for (size_t i = 0; i < 2; i++) {
        struct scene_tick tick = scene_wait(programs[i]);

        triggered += tick.triggered;
        scene_tick_free(&tick);
    }
    scene_expect(scene_run(ONE MAY), 5 - triggered, triggered, 0, 0);
    expect_calls("01/2 02/1 03/1 04/1 05/1");
}
END_TEST

/*
 * Covers: what changes between the decision and the claim is looked at again under the lock. The
 * first of May is being sent meanwhile.
 */
static const struct {
    const char *log;
    const char *options;
    const char *change;     /* what happens meanwhile, or NULL: */
    const char *change_log; /* what comes into the log */
} changes[] = {
    {"", ONE FIRST_TWO, NULL, "c03:01"},
    {"j02", ONE FIRST_TWO " --retry-failed", NULL, "c03:01"},
    {"j02", ONE FIRST_TWO " --retry-failed", NULL, "j02"},
    {"u02", ONE FIRST_TWO " --retry-unknown",
     "UPDATE sync_run_log SET resolution = 'done', resolved_at = now(), resolved_by = 'somebody'"
     " WHERE error_class = 'unknown'",
     ""},
    {"c02 j03", ONE FIRST_THREE " --retry-failed",
     "UPDATE sync_run_log SET status = 'completed', completed_at = now(), failed_at = NULL,"
     " error_class = NULL, error_code = NULL WHERE scheduled_for = '2024-05-03 02:00Z'",
     ""},
    {"j02", ONE FIRST_TWO " --retry-failed",
     "UPDATE organization_integrations SET is_enabled = false", ""},
    {"j02", ONE FIRST_TWO " --retry-failed",
     "INSERT INTO sync_prune_state (pruned_before) VALUES ('2024-05-03 00:00Z')", ""},
    {"j03:01", ONE FIRST_THREE " --retry-failed", NULL, "c02"},
};

START_TEST(test_changed)
{
    struct program *program;
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    seed_log(1, changes[_i].log);
    function_script(scene_function(), "* latency_ms=1500 count=7");
    program = scene_start(changes[_i].options);
    function_wait_for_calls(scene_function(), 1);
    if (changes[_i].change != NULL)
        testdb_exec("%s", changes[_i].change);
    seed_log(1, changes[_i].change_log);
    tick = scene_wait(program);
    ck_assert_msg(tick.triggered == 1 && strstr(tick.err, "it has changed since") != NULL,
                  "case %d: %s%s", _i, tick.out, tick.err);
    scene_tick_free(&tick);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: one that is accepted ends the rounds of its integration. */
START_TEST(test_accepted)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=202");
    tick = scene_run(ONE MAY);
    scene_check(&tick, 1, 4, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, "is accepted and has not reported yet"));
    ck_assert_ptr_nonnull(strstr(tick.err, "4 of what was to be sent are left, from 2024-05-02"));
    scene_tick_free(&tick);
}
END_TEST

/* Covers: what the budget has no time for is said, with the command that goes on. */
START_TEST(test_budget)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=700 count=7");
    tick = scene_run(ONE MAY " --budget 2s --timeout 1s");
    ck_assert_int_ge(tick.triggered, 1);
    ck_assert_int_lt(tick.triggered, 5);
    ck_assert_ptr_nonnull(strstr(tick.err, "go on with the same command and --from 2024-05-0"));
    scene_tick_free(&tick);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/* Covers: what is sent again is nobody's mistake. */
START_TEST(test_audit)
{
    struct program_result result;

    scene_seed(1, 1, DAILY);
    testdb_exec("INSERT INTO sync_schedule_state VALUES ('" SCENE_ORG "', '%s', '" DAILY " UTC',"
                " '2024-05-05 03:00Z');"
                "INSERT INTO sync_schedule_journal VALUES"
                " ('" SCENE_ORG "', '%s', '2024-05-01 00:00Z', '" DAILY " UTC', NULL)",
                scene_integration(1), scene_integration(1));
    scene_expect(scene_run(ONE MAY), 5, 0, 0, 0);
    scene_expect(scene_run(ONE AT_3 " --again"), 1, 0, 0, 0);
    result = scene_command("audit --config /dev/null" MAY, (const char *const[]){NULL});
    ck_assert_msg(result.status == 0 && strstr(result.out, " again ") != NULL &&
                      strstr(result.out, ", by hand\n") != NULL &&
                      strstr(result.out, "doubled 0, again 1\n") != NULL,
                  "%s%s", result.out, result.err);
    program_result_free(&result);
}
END_TEST

/* ---- Saying it ---- */

/* Covers: people's words, a day to its end, and local times. */
START_TEST(test_dry_run)
{
    static const char *const env[] = {"SUPABASE_URL=http://127.0.0.1:1",
                                      "SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY, NULL};
    struct program_result result;

    testdb_exec("UPDATE organizations SET name = 'Blåklokken Barnehage SA',"
                " timezone = 'Europe/Oslo'");
    scene_seed(1, 1, "0 4 * * *");
    seed_log(1, "c01 j02 u03:02 p04");
    result = scene_command("run --config /dev/null --dry-run --retry-failed --integration"
                           " blåklokken/xledger --from 2024-05-01 --to 2024-05-05",
                           env);
    ck_assert_str_eq(
        result.out,
        "Blåklokken Barnehage SA / xledger (10000000): 5 slots\n"
        "  Wed  1 May 2024 04:00  completed, 130 records   left alone (--again sends it, under the "
        "same key)\n"
        "  Thu  2 May 2024 04:00  failed E17               would be sent, attempt 2\n"
        "  Fri  3 May 2024 04:00  unknown TIMEOUT          left alone (--retry-unknown sends it)\n"
        "  Sat  4 May 2024 04:00  pending                  left alone\n"
        "  Sun  5 May 2024 04:00  no run                   would be sent\n"
        "2 of 5 would be sent.\n");
    ck_assert_int_eq(result.status, 0);
    program_result_free(&result);
    ck_assert_int_eq(scene_count(NULL), 4);
}
END_TEST

static const struct {
    const char *options;
    const char *said;
} refused[] = {
    {"--now", "--now needs --integration or --org"},
    {"--again --at 2024-05-03T02:00Z", "--again needs --integration or --org"},
    {"--from 2024-05-03T02:00Z", "--from needs --integration or --org"},
    {"--retry-failed", "--retry-failed needs --integration, --org or --at"},
    {ONE, "which slots is not said"},
    {ONE " --again", "which slots is not said"},
    {ONE " --now" AT_3, "exclude one another"},
    {ONE " --to 2024-05-03T02:00Z", "--to needs --from"},
    {ONE " --from 2024-05-03T02:00Z --to 2024-05-03T02:00Z", "--from is not before --to"},
    {ONE " --at 2124-05-03T02:00Z", "in the future"},
    {ONE " --at 2124-05-03", "in the future"},
    {"--at yesterday", "yesterday is a day, and a time is needed"},
    {"--at 2024-05-03 --retry-failed", "2024-05-03 is a day, and a time is needed"},
    {ONE " --from 2124-05-03T02:00Z", "in the future"},
    {ONE " --from 2024-05-03T02:00Z --to 2124-05-03T02:00Z", "in the future"},
    {"--integration 10000000-0000-4000-8000-000000000009 --now", "no integration has"},
};

START_TEST(test_refused)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    tick = scene_run(refused[_i].options);
    ck_assert_msg(tick.status == 2 && *tick.out == '\0' &&
                      strstr(tick.err, refused[_i].said) != NULL,
                  "%s: %d %s%s", refused[_i].options, tick.status, tick.out, tick.err);
    scene_tick_free(&tick);
    ck_assert_int_eq(scene_count(NULL), 0);
}
END_TEST

SUITE(by_hand)
{
    TCase *who = tcase_create("who");
    TCase *changed = tcase_create("changed");
    TCase *all = tcase_create("all");

    tcase_add_checked_fixture(who, scene_open, scene_close);
    tcase_add_loop_test(who, test_who, 0, (int)COUNT(cases));
    tcase_add_loop_test(who, test_combinations, 0, (int)COUNT(wholes));
    tcase_add_loop_test(who, test_every_combination, 0, ALL_OPTIONS);
    suite_add_tcase(suite, who);

    tcase_add_checked_fixture(changed, scene_open, scene_close);
    tcase_add_loop_test(changed, test_changed, 0, (int)COUNT(changes));
    suite_add_tcase(suite, changed);

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_loop_test(all, test_one_of_many, 0, 2);
    tcase_add_test(all, test_organisation);
    tcase_add_test(all, test_now);
    tcase_add_test(all, test_fold);
    tcase_add_test(all, test_day);
    tcase_add_test(all, test_text_of_the_day);
    tcase_add_test(all, test_disabled);
    tcase_add_test(all, test_killed);
    tcase_add_test(all, test_two_at_once);
    tcase_add_test(all, test_accepted);
    tcase_add_test(all, test_budget);
    tcase_add_test(all, test_audit);
    tcase_add_test(all, test_dry_run);
    tcase_add_loop_test(all, test_refused, 0, (int)COUNT(refused));
    suite_add_tcase(suite, all);
}
