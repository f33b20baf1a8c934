/*
 * `syncsched resolve`: a person's word about runs that failed. It stands beside the outcome, decides
 * what may be attempted again, and never hides what the log said first.
 */
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define AT          "2024-05-01T02:00:00Z"
#define AT_SHOWN    "2024-05-01 02:00"
#define INTEGRATION "10000000-0000-4000-8000-000000000001"
#define KEY         SCENE_ORG "/" INTEGRATION "/" AT
#define FIRST       "abcdef01-0000-4000-8000-000000000001" /* attempt 1 at that slot */
#define SECOND      "abcdef02-0000-4000-8000-000000000002" /* attempt 2, where there is one */
#define NOTE        " --note 'seen in the books'"

/* The run as the log has it, what was said of it last. */
#define SAID                                                                                       \
    "SELECT concat_ws(' ', status, error_class, error_code, resolution, records_exported,"         \
    " resolution_note, resolved_by LIKE '_%%@_%%') FROM sync_run_log WHERE run_id = '" FIRST "'"

static void seed_attempt(const char *run_id, int attempt, const char *status,
                         const char *error_class)
{
    testdb_exec(
        "INSERT INTO sync_run_log (run_id, org_id, integration_id, integration_type,"
        " scheduled_for, covers_from, attempt, status, idempotency_key, triggered_by,"
        " worker, started_at, completed_at, failed_at, error_class, error_code)"
        " SELECT '%s', '" SCENE_ORG "', '" INTEGRATION "', 'xledger', '" AT "', '" AT "',"
        " %d, s, '" KEY "', 'schedule', CASE WHEN s <> 'pending' THEN 'w' END,"
        " CASE WHEN s <> 'pending' THEN now() END, CASE WHEN s = 'completed' THEN now() END,"
        " CASE WHEN s = 'failed' THEN now() END, CASE WHEN s = 'failed' THEN '%s' END,"
        " CASE WHEN s = 'failed' THEN 'TIMEOUT' END FROM (VALUES ('%s')) AS v (s)",
        run_id, attempt, error_class, status);
}

static void seed(void)
{
    scene_seed(1, 1, "0 2 * * *");
    seed_attempt(FIRST, 1, "failed", "unknown");
}

static struct program_result resolve(const char *options)
{
    static const char *const env[] = {"SUPABASE_DB_URL", NULL};
    char line[4000];

    snprintf(line, sizeof line, "resolve --config /dev/null %s", options);
    return scene_command(line, env);
}

static void expect(const char *options, int status, const char *message)
{
    struct program_result result = resolve(options);

    ck_assert_msg(result.status == status &&
                      (strstr(result.out, message) != NULL || strstr(result.err, message) != NULL),
                  "%s: exit status %d, no \"%s\" in: %s%s", options, result.status, message,
                  result.out, result.err);
    program_result_free(&result);
}

static void check_said(const char *said)
{
    char *text = testdb_text(SAID);

    ck_assert_str_eq(text, said);
    free(text);
}

/* ---- What is said ---- */

#define UNSAID "failed unknown TIMEOUT"

/* Covers: by id, by its beginning in either case, by its key; the outcome stays what it was. */
START_TEST(test_done)
{
    static const char *const names[] = {FIRST, "abcdef01", "ABCDEF01-0", KEY};
    char options[1000];

    seed();
    snprintf(options, sizeof options, "%s --done --records 130" NOTE, names[_i]);
    expect(options, 0, AT_SHOWN "  Nordlys / xledger (10000000), run abcdef01: resolved, done by ");
    check_said(UNSAID " done 130 seen in the books t");
}
END_TEST

/* Covers: what was said is not said otherwise, unless that is meant; said again, it is fine. */
START_TEST(test_again)
{
    seed();
    expect(FIRST " --done --records 130" NOTE, 0, "resolved");
    expect(FIRST " --done --note other", 0, "unchanged, done by ");
    expect(FIRST " --not-done --note other", 1,
           ": it was resolved otherwise; give --replace if that was wrong");
    check_said(UNSAID " done 130 seen in the books t");
    expect(FIRST " --not-done --replace --note 'not there'", 0, "resolved, not done by ");
    check_said(UNSAID " not_done not there t");
}
END_TEST

static const struct {
    const char *status;
    const char *second; /* of a second attempt; NULL: there is none */
    const char *message;
} unresolvable[] = {
    {"pending", NULL, "left alone: it has not ended; wait for its outcome"},
    {"running", NULL, "left alone: it has not ended; wait for its outcome"},
    {"completed", NULL, "left alone: it is completed; only a run that failed is resolved"},
    {"failed", "pending", "left alone: another attempt at its slot has not ended"},
    {"failed", "running", "left alone: another attempt at its slot has not ended"},
};

START_TEST(test_left_alone)
{
    scene_seed(1, 1, "0 2 * * *");
    seed_attempt(FIRST, 1, unresolvable[_i].status, "unknown");
    if (unresolvable[_i].second != NULL)
        seed_attempt(SECOND, 2, unresolvable[_i].second, "unknown");
    expect("abcdef01 --done" NOTE, 1, unresolvable[_i].message);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE resolution IS NOT NULL"), 0);
}
END_TEST

/* Covers: a key means the last attempt at its slot; each attempt has a word of its own. */
START_TEST(test_last_attempt)
{
    seed();
    seed_attempt(SECOND, 2, "failed", "rejected");
    expect(KEY " --not-done" NOTE, 0, "run abcdef02: resolved");
    check_said(UNSAID);
    expect("abcdef01 --not-done" NOTE, 0, "run abcdef01: resolved");
}
END_TEST

static const struct {
    const char *options;
    const char *message;
} refused[] = {
    {FIRST NOTE, "choose one of --done, --not-done and --ask"},
    {FIRST " --done --not-done" NOTE, "choose one of --done, --not-done and --ask"},
    {FIRST " --not-done --records 3" NOTE, "--records needs --done"},
    {"--ask" NOTE, "--note and --replace are a person's"},
    {"--ask --done", "choose one of --done, --not-done and --ask"},
    {"--ask --records 3", "--records needs --done"},
    {FIRST " --done --records -1" NOTE, "--records: '-1' is not a whole number"},
    {FIRST " --done", "--note is needed (say how you know"},
    {FIRST " --done --note ' '", "--note is needed (say how you know"},
    {"--done" NOTE, "no run is named (give the ids of runs"},
    {"abcdef01 abcdef03 --done" NOTE, "no run in the log is \"abcdef03\""},
    {"abcdef01 abcde --done" NOTE, "no run in the log is \"abcde\""},
    {"abcdef01 abcdef01% --done" NOTE, "no run in the log is \"abcdef01%\""},
    {"abcdef01 '' --done" NOTE, "no run in the log is \"\""},
    {"abcdef01 " SCENE_ORG "/" INTEGRATION "/yesterday --done" NOTE,
     "no run in the log is \"00000"},
    {"abcdef01 " SCENE_ORG "/" INTEGRATION "/2024-05-02T02:00:00Z --done" NOTE,
     "no run in the log is \"00000"},
    {"abcdef --done" NOTE,
     "several runs begin with \"abcdef\" (give more digits: " FIRST ", " SECOND},
};

/* Covers: a wrong word among them, and nothing is written at all. */
START_TEST(test_refused)
{
    seed();
    seed_attempt(SECOND, 2, "failed", "rejected");
    expect(refused[_i].options, 2, refused[_i].message);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE resolution IS NOT NULL"), 0);
}
END_TEST

/* Covers: hostile text in the note, and more of it than there is room for. */
START_TEST(test_note)
{
    char options[4000];
    char *note;

    seed();
    snprintf(options, sizeof options,
             FIRST " --done --note \"$(printf 'a\\033[31m\\nb; %%02500d' 1)\"");
    expect(options, 0, "resolved");
    note = testdb_text("SELECT left(resolution_note, 10) || length(resolution_note)"
                       " FROM sync_run_log");
    ck_assert_str_eq(note, "a\xef\xbf\xbd[31m b; 2000");
    free(note);
}
END_TEST

START_TEST(test_json)
{
    struct program_result result;

    seed();
    seed_attempt(SECOND, 2, "failed", "rejected");
    result = resolve("abcdef01 abcdef02 --json --not-done" NOTE);
    ck_assert_int_eq(result.status, 0);
    json_schema_check("resolve", result.out);
    ck_assert_ptr_nonnull(strstr(result.out, "\"runId\":\"" FIRST "\""));
    ck_assert_ptr_nonnull(strstr(result.out, "\"resolution\":\"not_done\""));
    program_result_free(&result);
}
END_TEST

/* Covers: of two that say it at once one writes, and the other sees what was written. */
START_TEST(test_two_at_once)
{
    struct program_result result;

    seed();
    result = resolve(FIRST " --done" NOTE " & \"$0\" resolve --config /dev/null " FIRST
                           " --done" NOTE "; wait");
    ck_assert_msg(strstr(result.out, ": resolved, done") != NULL &&
                      strstr(result.out, ": unchanged, done") != NULL,
                  "%s%s", result.out, result.err);
    program_result_free(&result);
}
END_TEST

/* Covers: an attempt is being made; its transaction has the integration's lock. */
START_TEST(test_lock)
{
    PGconn *stranger;
    struct program_result result;

    seed();
    stranger = scene_stranger("SELECT pg_advisory_xact_lock(hashtextextended('syncsched/" SCENE_ORG
                              "/" INTEGRATION "', 0))");
    result = resolve(FIRST " --done" NOTE);
    PQfinish(stranger);
    ck_assert_int_eq(result.status, 3);
    check_said(UNSAID);
    program_result_free(&result);
}
END_TEST

/* ---- The function's word ---- */

#define EXPORTED     " asked, it has exported under this key f"
#define ANSWER(body) "status=200 body=" body "\n"

/* resolve --ask by the scene's function */
static struct program_result ask(const char *options)
{
    char url[200];
    const char *env[] = {"SUPABASE_DB_URL", url, "SUPABASE_SERVICE_ROLE_KEY=" SCENE_KEY, NULL};
    char line[1000];

    snprintf(url, sizeof url, "SYNCSCHED_FUNCTION_URL=%s", function_url(scene_function()));
    snprintf(line, sizeof line, "resolve --config /dev/null --ask %s", options);
    return scene_command(line, env);
}

static const struct {
    const char *script;
    int status;
    const char *line;
    const char *said;
} answers[] = {
    {ANSWER("{\"state\":\"completed\",\"recordsExported\":130}"), 0,
     "run abcdef01: resolved, done by function", UNSAID " done 130" EXPORTED},
    {ANSWER("{\"state\":\"completed\"}"), 0, "run abcdef01: resolved, done by function",
     UNSAID " done" EXPORTED},
    {ANSWER("{\"state\":\"absent\"}"), 0, "run abcdef01: resolved, not done by function",
     UNSAID " not_done asked, it knows of no export under this key f"},
    {ANSWER("{\"state\":\"held\"}"), 1,
     "run abcdef01: left alone: the function does not know yet; ask again later", UNSAID},
    {ANSWER("{\"state\":\"lost\"}"), 1, "run abcdef01: left alone: ", UNSAID},
    {ANSWER("[]"), 1, "run abcdef01: left alone: ", UNSAID},
    {"status=404\n", 1, "run abcdef01: left alone: ", UNSAID},
    {"status=502\n", 1, "run abcdef01: left alone: ", UNSAID},
    {"action=reset\n", 1, "run abcdef01: left alone: ", UNSAID},
};

/* Covers: only a clear answer is written down, by GET and with the slot's key; nothing is called. */
START_TEST(test_ask)
{
    char script[1000];
    struct program_result result;
    json_t *others;
    json_t *question;

    seed();
    snprintf(script, sizeof script, "GET:" KEY " %s", answers[_i].script);
    function_script(scene_function(), script);
    result = ask(_i % 2 == 0 ? FIRST : "");
    ck_assert_msg(result.status == answers[_i].status &&
                      strstr(result.out, answers[_i].line) != NULL,
                  "exit status %d: %s%s", result.status, result.out, result.err);
    check_said(answers[_i].said);
    others = function_others(scene_function());
    question = json_array_get(others, 0);
    ck_assert_uint_eq(json_array_size(others), 1);
    ck_assert_str_eq(json_string_value(json_object_get(question, "method")), "GET");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    json_decref(others);
    program_result_free(&result);
}
END_TEST

/* Covers: attempts of one slot have one key, which is asked about once. */
START_TEST(test_ask_once)
{
    struct program_result result;
    json_t *others;

    seed();
    seed_attempt(SECOND, 2, "failed", "unknown");
    function_script(scene_function(), "GET " ANSWER("{\"state\":\"absent\"}"));
    result = ask("");
    ck_assert_int_eq(result.status, 0);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE resolution = 'not_done'"), 2);
    others = function_others(scene_function());
    ck_assert_uint_eq(json_array_size(others), 1);
    json_decref(others);
    program_result_free(&result);
    /* Nothing is open any more. */
    result = ask("");
    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.out, "");
    program_result_free(&result);
}
END_TEST

static const struct {
    const char *sql;
    const char *options;
    int status;
    const char *line;
} unasked[] = {
    {"UPDATE sync_run_log SET status = 'completed', completed_at = now(), failed_at = NULL,"
     " error_class = NULL, error_code = NULL",
     FIRST, 1, "left alone: it is completed"},
    {"UPDATE sync_run_log SET status = 'running', failed_at = NULL, error_class = NULL,"
     " error_code = NULL",
     FIRST, 1, "left alone: it has not ended"},
    {"UPDATE sync_run_log SET resolution = 'done', resolved_at = now(), resolved_by = 'kari@a'",
     FIRST, 0, "unchanged, done by kari@a"},
    {"UPDATE sync_run_log SET resolution = 'done', resolved_at = now(), resolved_by = 'kari@a'", "",
     0, ""},
    {"UPDATE sync_run_log SET error_class = 'rejected'", "", 0, ""},
};

/* Covers: about what is settled, or not yet, nobody is asked; nor about what is surely not done. */
START_TEST(test_unasked)
{
    struct program_result result;
    json_t *others;

    seed();
    testdb_exec("%s", unasked[_i].sql);
    result = ask(unasked[_i].options);
    ck_assert_msg(result.status == unasked[_i].status && strstr(result.out, unasked[_i].line),
                  "exit status %d: %s%s", result.status, result.out, result.err);
    others = function_others(scene_function());
    ck_assert_uint_eq(json_array_size(others), 0);
    json_decref(others);
    program_result_free(&result);
}
END_TEST

/* Covers: a function that does not answer is not asked about everything. */
START_TEST(test_ask_in_vain)
{
    struct program_result result;
    json_t *others;

    seed();
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
                " failed_at, error_class, error_code) SELECT org_id, integration_id,"
                " integration_type, t, t, 1, 'failed', 'key ' || n, 'schedule', 'w', now(), now(),"
                " 'unknown', 'TIMEOUT' FROM sync_run_log, generate_series(1, 9) AS n,"
                " LATERAL (SELECT scheduled_for + n * interval '1 day' AS t) AS slot");
    function_script(scene_function(), "GET status=502\n");
    result = ask("");
    ck_assert_int_eq(result.status, 1);
    ck_assert_ptr_nonnull(
        strstr(result.out, "was not asked, since it gave no answer to the last 5"));
    others = function_others(scene_function());
    ck_assert_uint_eq(json_array_size(others), 5);
    json_decref(others);
    program_result_free(&result);
}
END_TEST

/* ---- What follows from it ---- */

/* Covers: by hand, what is done is not exported again; what is not done is. */
START_TEST(test_by_hand)
{
    seed();
    expect(FIRST " --done" NOTE, 0, "resolved");
    scene_expect(scene_run("--at " AT " --retry-failed"), 0, 1, 0, 0);
    expect(FIRST " --not-done --replace" NOTE, 0, "resolved");
    scene_expect(scene_run("--at " AT " --retry-failed"), 1, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

static char *report(const char *line)
{
    static const char *const env[] = {"SUPABASE_DB_URL", NULL};
    struct program_result result = scene_command(line, env);
    char *out = strdup(result.out);

    program_result_free(&result);
    return out;
}

static void check_report(const char *line, const char *text, bool is_there)
{
    char *out = report(line);

    ck_assert_msg((strstr(out, text) != NULL) == is_there, "%s: \"%s\" is%s in: %s", line, text,
                  is_there ? " not" : "", out);
    free(out);
}

#define HEALTH "health --config /dev/null"
#define STATUS "status --config /dev/null --integration " INTEGRATION
#define AUDIT  "audit --config /dev/null --from 2024-05-01T00:00Z --to 2024-05-02T00:00Z"

/* Covers: who looks later sees what is settled, by whom, and what the log said first. */
START_TEST(test_reports)
{
    seed();
    check_report(HEALTH, "unknown outcome: the slot of " AT_SHOWN, true);
    expect(FIRST " --not-done" NOTE, 0, "resolved");
    check_report(HEALTH, "unknown outcome", false);
    check_report(HEALTH, "never succeeded: the slot of " AT_SHOWN " failed, last TIMEOUT", true);
    expect(FIRST " --done --replace" NOTE, 0, "resolved");
    check_report(HEALTH, "healthy", true);
    check_report(HEALTH, AT_SHOWN, false);
    check_report(STATUS, "unknown/TIMEOUT; settled as done by ", true);
    check_report(STATUS, ": seen in the books", true);
    check_report(AUDIT, "attempt 1: unknown/TIMEOUT, settled by hand: done", true);
    testdb_exec("UPDATE sync_run_log SET resolved_by = 'function'");
    check_report(AUDIT, "attempt 1: unknown/TIMEOUT, settled by the function: done", true);
}
END_TEST

SUITE(resolve)
{
    TCase *tcase = tcase_create("resolve");

    tcase_add_checked_fixture(tcase, scene_open, scene_close);
    tcase_add_loop_test(tcase, test_done, 0, 4);
    tcase_add_test(tcase, test_again);
    tcase_add_loop_test(tcase, test_left_alone, 0, (int)COUNT(unresolvable));
    tcase_add_test(tcase, test_last_attempt);
    tcase_add_loop_test(tcase, test_refused, 0, (int)COUNT(refused));
    tcase_add_test(tcase, test_note);
    tcase_add_test(tcase, test_json);
    tcase_add_test(tcase, test_two_at_once);
    tcase_add_test(tcase, test_lock);
    tcase_add_loop_test(tcase, test_ask, 0, (int)COUNT(answers));
    tcase_add_test(tcase, test_ask_once);
    tcase_add_loop_test(tcase, test_unasked, 0, (int)COUNT(unasked));
    tcase_add_test(tcase, test_ask_in_vain);
    tcase_add_test(tcase, test_by_hand);
    tcase_add_test(tcase, test_reports);
    suite_add_tcase(suite, tcase);
}
