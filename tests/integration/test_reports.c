/*
 * The reports of a function that was accepted: sync_run_complete() and sync_run_fail(), over real
 * SQL, in every state that a run can be in. How a tick gets along with them is test_accepted.c's.
 */
#include "support/json_schema.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

#define RUN  "'00000000-0000-4000-8000-000000000001'"
#define ORG  "'00000000-0000-4000-8000-00000000000a'"
#define DONE "sync_run_complete(" RUN ", 41)"
#define FAIL "sync_run_fail(" RUN ", 'PERIOD_CLOSED', 'closed')"

#define FAILED(error_class, code)                                                                  \
    "UPDATE sync_run_log SET status = 'failed', failed_at = now(), error_class = '" error_class    \
    "', error_code = '" code "', error_message = 'as it was';"

#define LATER                                                                                      \
    "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"           \
    " covers_from, attempt, status, idempotency_key, triggered_by) SELECT org_id, integration_id," \
    " integration_type, scheduled_for, covers_from, attempt + 1, 'pending', idempotency_key,"      \
    " 'retry' FROM sync_run_log;"

#define ACCEPTED "UPDATE sync_run_log SET accepted_at = now();"
#define PENDING  "UPDATE sync_run_log SET status = 'pending', worker = NULL, started_at = NULL;"

#define LATE                "late: the run was unknown/ABANDONED until now"
#define STAYS(failure, why) "late: the run stays " failure why "; its message notes this"
#define AFTER_ALL(failure)  " it was " failure ", and then reported completed after all"

/* A running run, as a worker has set it. */
static void setup(void)
{
    testdb_create();
    testdb_exec("INSERT INTO sync_run_log (run_id, org_id, integration_id, integration_type,"
                " scheduled_for, covers_from, attempt, status, idempotency_key, triggered_by,"
                " worker, started_at) VALUES (" RUN ", " ORG ", gen_random_uuid(), 'xledger',"
                " '2024-05-01T02:00Z', '2024-05-01T02:00Z', 1, 'running', 'key', 'schedule',"
                " 'worker', now())");
}

/* Reports as the service role, and returns "recorded note". */
static char *report(const char *call)
{
    char *answer = testdb_text("SELECT %s", call);
    char *short_answer;

    json_schema_check("report", answer);
    short_answer =
        testdb_text("SELECT concat_ws(' ', $$%s$$::jsonb ->> 'recorded', $$%s$$::jsonb ->> 'note')",
                    answer, answer);
    free(answer);
    return short_answer;
}

static char *run_in_log(void)
{
    return testdb_text("SELECT concat_ws(' ', status, error_class, error_code, records_exported,"
                       " error_message) FROM sync_run_log WHERE run_id = " RUN);
}

/* ---- In every state, and twice ---- */

static const struct {
    const char *state; /* of the run, at first running */
    const char *first;
    const char *answer; /* "recorded note" */
    const char *second; /* another report then; NULL: none */
    const char *second_answer;
    const char *stored; /* in the end */
} cases[] = {
    {ACCEPTED, DONE, "true", NULL, NULL, "completed 41"},
    {ACCEPTED, "sync_run_complete(" RUN ")", "true", DONE, "false the run is already completed",
     "completed"},
    {ACCEPTED, DONE, "true", DONE, "true the run is already completed", "completed 41"},
    {ACCEPTED, DONE, "true", "sync_run_complete(" RUN ", 42)", "false the run is already completed",
     "completed 41"},
    {ACCEPTED, DONE, "true", FAIL, "false the run is already completed", "completed 41"},
    {ACCEPTED, FAIL, "true", NULL, NULL, "failed rejected PERIOD_CLOSED closed"},
    {ACCEPTED, FAIL, "true", FAIL, "true the run has already failed as rejected/PERIOD_CLOSED",
     "failed rejected PERIOD_CLOSED closed"},
    {ACCEPTED, FAIL, "true", DONE, "false the run has already failed as rejected/PERIOD_CLOSED",
     "failed rejected PERIOD_CLOSED closed"},
    {ACCEPTED, FAIL, "true", "sync_run_fail(" RUN ", 'OTHER')",
     "false the run has already failed as rejected/PERIOD_CLOSED",
     "failed rejected PERIOD_CLOSED closed"},
    /* Its 202 is not in the log yet, or never will be. */
    {"", DONE, "true", NULL, NULL, "completed 41"},
    {"", FAIL, "true", NULL, NULL, "failed rejected PERIOD_CLOSED closed"},
    /* Late: nobody knew how it ended. */
    {ACCEPTED FAILED("unknown", "ABANDONED"), DONE, "true " LATE, DONE,
     "true the run is already completed", "completed 41" AFTER_ALL("unknown/ABANDONED")},
    {FAILED("unknown", "TIMEOUT"), DONE, "true late: the run was unknown/TIMEOUT until now", NULL,
     NULL, "completed 41" AFTER_ALL("unknown/TIMEOUT")},
    {FAILED("unknown", "WORKER_CRASHED") "UPDATE sync_run_log SET retry_at = now();", DONE,
     "true late: the run was unknown/WORKER_CRASHED until now", NULL, NULL,
     "completed 41" AFTER_ALL("unknown/WORKER_CRASHED")},
    {ACCEPTED FAILED("unknown", "ABANDONED") LATER, DONE,
     "false " STAYS("unknown/ABANDONED", ", since it has a later attempt"), DONE,
     "false " STAYS("unknown/ABANDONED", ", since it has a later attempt"),
     "failed unknown ABANDONED as it was; it was reported completed, but late"},
    {ACCEPTED FAILED("unknown", "ABANDONED"), FAIL, "false " STAYS("unknown/ABANDONED", ""), FAIL,
     "false " STAYS("unknown/ABANDONED", ""),
     "failed unknown ABANDONED as it was; it was reported failed, but late: PERIOD_CLOSED, closed"},
    {ACCEPTED FAILED("unknown", "ABANDONED"), FAIL, "false " STAYS("unknown/ABANDONED", ""), DONE,
     "true " LATE, "completed 41" AFTER_ALL("unknown/ABANDONED")},
    {"UPDATE sync_run_log SET attempt = 2;" ACCEPTED FAILED("unknown", "ABANDONED") LATER
     "UPDATE sync_run_log SET attempt = 1, status = 'failed', failed_at = now(),"
     " error_class = 'rejected', error_code = 'X' WHERE attempt = 3;",
     DONE, "true " LATE, NULL, NULL, "completed 41" AFTER_ALL("unknown/ABANDONED")},
    /* The log knows better. */
    {FAILED("rejected", "HTTP_500"), DONE, "false the run has already failed as rejected/HTTP_500",
     NULL, NULL, "failed rejected HTTP_500 as it was"},
    {FAILED("not_delivered", "CANCELLED"), FAIL,
     "false the run has already failed as not_delivered/CANCELLED", NULL, NULL,
     "failed not_delivered CANCELLED as it was"},
    {PENDING, DONE, "false the run has not begun", FAIL, "false the run has not begun", "pending"},
    {PENDING FAILED("unknown", "RESTORED"), DONE,
     "false the run has already failed as unknown/RESTORED", NULL, NULL,
     "failed unknown RESTORED as it was"},
};

static void expect(char *actual, const char *expected, const char *what)
{
    ck_assert_msg(actual != NULL && strcmp(actual, expected) == 0, "%s:\n%s\nnot\n%s", what, actual,
                  expected);
    free(actual);
}

/* Covers: a report in every state, one that comes twice, and one that contradicts the first. */
START_TEST(test_report)
{
    testdb_exec("%s SET ROLE service_role", cases[_i].state);
    expect(report(cases[_i].first), cases[_i].answer, "the first report");
    if (cases[_i].second != NULL)
        expect(report(cases[_i].second), cases[_i].second_answer, "the second report");
    testdb_exec("RESET ROLE");
    expect(run_in_log(), cases[_i].stored, cases[_i].state);
}
END_TEST

/* ---- What is in a report ---- */

static const struct {
    const char *call;
    const char *stored;
} texts[] = {
    {"sync_run_complete(" RUN ", 0)", "completed 0"},
    {"sync_run_complete(" RUN ", 9223372036854775807)", "completed 9223372036854775807"},
    {"sync_run_complete(" RUN ", -1)", "completed"},
    {"sync_run_complete(" RUN ", NULL)", "completed"},
    {"sync_run_complete(records => 7, run_id => " RUN ")", "completed 7"},
    {"sync_run_fail(message => 'm', code => 'c', run_id => " RUN ")", "failed rejected c m"},
    {"sync_run_fail(" RUN ", NULL)",
     "failed rejected REPORTED_FAILURE the function reported that it failed"},
    {"sync_run_fail(" RUN ", '', '')",
     "failed rejected REPORTED_FAILURE the function reported that it failed"},
    {"sync_run_fail(" RUN ", NULL, 'closed')", "failed rejected REPORTED_FAILURE closed"},
    {"sync_run_fail(" RUN ", 'no token', 'closed')",
     "failed rejected REPORTED_FAILURE no token: closed"},
    {"sync_run_fail(" RUN ", E'X\\n')", "failed rejected REPORTED_FAILURE X"},
    {"sync_run_fail(" RUN ", 'A.b_C-9', E'a\\x01\\tb\\x7f\\nc')",
     "failed rejected A.b_C-9 a  b  c"},
    {"sync_run_fail(" RUN ", 'X', 'a ''; DROP TABLE sync_run_log; -- %s')",
     "failed rejected X a '; DROP TABLE sync_run_log; -- %s"},
    {"sync_run_fail(" RUN ", 'X', 'the key is sb_secret_Ab-c_9, or eyJhbGci.eyJyb2xl.c2Vj!')",
     "failed rejected X the key is ***, or ***!"},
};

/* Covers: names of parameters, and whatever else is reported: the outcome gets into the log. */
START_TEST(test_texts)
{
    free(report(texts[_i].call));
    expect(run_in_log(), texts[_i].stored, texts[_i].call);
}
END_TEST

static const struct {
    const char *call;
    const char *sizes; /* of code and message, in characters */
} sizes[] = {
    {"sync_run_fail(" RUN ", repeat('x', 64), repeat('m', 2000))", "64 2000"},
    {"sync_run_fail(" RUN ", repeat('x', 65), repeat('m', 2001))", "16 2000"},
    {"sync_run_fail(" RUN ", repeat('x', 20000000), repeat(chr(8364), 20000000))", "16 2000"},
    {"sync_run_fail(" RUN ", repeat(chr(10), 3000), 'm')", "16 36"},
};

START_TEST(test_sizes)
{
    char *answer = testdb_text("SELECT %s ->> 'recorded'", sizes[_i].call);

    expect(answer, "true", sizes[_i].call);
    expect(testdb_text("SELECT char_length(error_code) || ' ' || char_length(error_message)"
                       " FROM sync_run_log"),
           sizes[_i].sizes, sizes[_i].call);
}
END_TEST

/* Covers: a late failure of any size leaves a message that the log can hold. */
START_TEST(test_late_sizes)
{
    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(),"
                " error_class = 'unknown', error_code = 'TIMEOUT',"
                " error_message = repeat('o', 2000)");
    free(report("sync_run_fail(" RUN ", 'X', repeat('m', 2000))"));
    ck_assert_int_eq(testdb_number("SELECT char_length(error_message) FROM sync_run_log"),
                     900 + 2 + 1000);
    testdb_exec("UPDATE sync_run_log SET error_message = NULL");
    free(report(FAIL));
    expect(run_in_log(),
           "failed unknown TIMEOUT it was reported failed, but late: PERIOD_CLOSED, closed",
           "without a message");
}
END_TEST

/* ---- What is refused ---- */

static const struct {
    const char *role;
    const char *call;
    const char *state; /* SQLSTATE; NULL: accepted */
} refusals[] = {
    {"service_role", "SELECT " DONE, NULL},
    {"service_role", "SELECT " FAIL, NULL},
    {"anon", "SELECT " DONE, "42501"},
    {"anon", "SELECT " FAIL, "42501"},
    {"authenticated", "SELECT " DONE, "42501"},
    {"authenticated", "SELECT " FAIL, "42501"},
    {"authenticated", "SELECT sync_run_report(" RUN ", 41, NULL, NULL)", "42501"},
    {"service_role", "SELECT sync_run_complete(gen_random_uuid())", "PT404"},
    {"service_role", "SELECT sync_run_fail(gen_random_uuid(), 'X')", "PT404"},
    {"service_role", "SELECT sync_run_complete(NULL)", "PT404"},
    {"service_role", "SELECT sync_run_fail(NULL, NULL, NULL)", "PT404"},
    {"service_role", "SELECT sync_run_complete('not a uuid')", "22P02"},
    {"service_role", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SELECT " DONE, "25000"},
    {"service_role", "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; SELECT " FAIL, "25000"},
};

START_TEST(test_refused)
{
    char *state = testdb_try(refusals[_i].role, NULL, refusals[_i].call);

    ck_assert_msg(
        state == NULL ? refusals[_i].state == NULL
                      : refusals[_i].state != NULL && strcmp(state, refusals[_i].state) == 0,
        "%s as %s: %s", refusals[_i].call, refusals[_i].role, state != NULL ? state : "accepted");
    free(state);
    expect(run_in_log(), "running", "what was refused or rolled back");
}
END_TEST

/* Covers: who may call them, where every role was granted everything new. */
START_TEST(test_grants)
{
    expect(testdb_text("SELECT string_agg(r, ', ' ORDER BY r) FROM unnest('{anon, authenticated,"
                       " service_role}'::name[]) AS r, pg_proc AS p"
                       " WHERE p.proname ~ '^sync_run_' AND has_function_privilege(r, p.oid,"
                       " 'EXECUTE')"),
           "service_role, service_role, service_role", "EXECUTE");
}
END_TEST

/* Covers: a grant by mistake lets nobody else write, since the table's own grants still apply. */
START_TEST(test_granted_by_mistake)
{
    char *state;

    testdb_exec("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO authenticated");
    state =
        testdb_try("authenticated", "{\"app_metadata\": {\"org_id\": " ORG "}}", "SELECT " DONE);
    ck_assert_pstr_eq(state, "42501");
    free(state);
}
END_TEST

/* Covers: neither a table of the caller's own nor another search path leads the reports astray. */
START_TEST(test_search_path)
{
    testdb_exec("CREATE SCHEMA other; CREATE TABLE other.sync_run_log (run_id uuid);"
                "CREATE TEMPORARY TABLE sync_run_log (run_id uuid);"
                "SET search_path = other");
    free(testdb_text("SELECT public." DONE));
    testdb_exec("RESET search_path; DROP TABLE pg_temp.sync_run_log");
    expect(run_in_log(), "completed 41", "another search path");
}
END_TEST

/* Covers: the schema is in a schema of its own, and so is what the reports find. */
START_TEST(test_own_schema)
{
    testdb_exec("CREATE SCHEMA sync; SET search_path = sync");
    testdb_apply_schema();
    testdb_exec("INSERT INTO sync.sync_run_log SELECT * FROM public.sync_run_log;"
                "SET search_path = public");
    free(testdb_text("SELECT sync." DONE));
    expect(run_in_log(), "running", "the run in public");
    expect(testdb_text("SELECT status FROM sync.sync_run_log"), "completed", "the run in sync");
}
END_TEST

/* ---- At the same moment ---- */

static PGconn *stranger(const char *sql)
{
    PGconn *db = testdb_connect(NULL);
    PGresult *result = PQexec(db, "BEGIN");

    PQclear(result);
    result = PQexec(db, sql);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK ||
                      PQresultStatus(result) == PGRES_COMMAND_OK,
                  "%s", PQerrorMessage(db));
    PQclear(result);
    return db;
}

/* Sends a report on a connection of its own, which then waits for a lock. */
static PGconn *report_that_waits(const char *call)
{
    PGconn *db = testdb_connect(NULL);
    char sql[300];

    snprintf(sql, sizeof sql, "SELECT %s", call);
    ck_assert_int_eq(PQsendQuery(db, sql), 1);
    for (int n = 0; testdb_number("SELECT count(*) FROM pg_locks WHERE pid = %d AND NOT granted",
                                  PQbackendPID(db)) == 0;
         n++) {
        ck_assert_msg(n < 6000, "it does not wait: %s", sql);
        usleep(10000);
    }
    return db;
}

/* Reports while somebody does this in a transaction, which ends once the report waits for it. */
static void report_meanwhile(const char *sql, const char *call)
{
    PGconn *holder = stranger(sql);
    PGconn *waiter = report_that_waits(call);
    PGresult *result;

    PQclear(PQexec(holder, "COMMIT"));
    PQfinish(holder);
    result = PQgetResult(waiter);
    ck_assert_msg(PQresultStatus(result) == PGRES_TUPLES_OK, "%s", PQerrorMessage(waiter));
    PQclear(result);
    PQfinish(waiter);
}

/* Covers: while somebody makes another attempt a late report waits, and then sees it. */
START_TEST(test_waits_for_the_lock)
{
    testdb_exec(ACCEPTED FAILED("unknown", "ABANDONED"));
    report_meanwhile("SELECT pg_advisory_xact_lock(hashtextextended('syncsched/' || org_id || '/'"
                     " || integration_id, 0)) FROM sync_run_log;" LATER,
                     DONE);
    expect(run_in_log(), "failed unknown ABANDONED as it was; it was reported completed, but late",
           "beside a new attempt");
}
END_TEST

/* Covers: the report of a run that is being abandoned waits for that, and is a late one then. */
START_TEST(test_waits_for_the_abandonment)
{
    testdb_exec(ACCEPTED);
    report_meanwhile(FAILED("unknown", "ABANDONED"), DONE);
    expect(run_in_log(), "completed 41" AFTER_ALL("unknown/ABANDONED"), "beside an abandonment");
}
END_TEST

/* Covers: of two reports at once the first one wins, and the second one changes nothing. */
START_TEST(test_two_at_once)
{
    testdb_exec(ACCEPTED);
    report_meanwhile("SELECT " FAIL, DONE);
    expect(run_in_log(), "failed rejected PERIOD_CLOSED closed", "two reports at once");
}
END_TEST

SUITE(reports)
{
    TCase *all = tcase_create("reports");
    TCase *refused = tcase_create("refused");
    TCase *at_once = tcase_create("at_once");

    tcase_add_checked_fixture(all, setup, testdb_drop);
    tcase_add_loop_test(all, test_report, 0, (int)COUNT(cases));
    tcase_add_loop_test(all, test_texts, 0, (int)COUNT(texts));
    tcase_add_loop_test(all, test_sizes, 0, (int)COUNT(sizes));
    tcase_add_test(all, test_late_sizes);
    suite_add_tcase(suite, all);
    tcase_add_checked_fixture(refused, setup, testdb_drop);
    tcase_add_loop_test(refused, test_refused, 0, (int)COUNT(refusals));
    tcase_add_test(refused, test_grants);
    tcase_add_test(refused, test_granted_by_mistake);
    tcase_add_test(refused, test_search_path);
    tcase_add_test(refused, test_own_schema);
    suite_add_tcase(suite, refused);
    tcase_add_checked_fixture(at_once, setup, testdb_drop);
    tcase_add_test(at_once, test_waits_for_the_lock);
    tcase_add_test(at_once, test_waits_for_the_abandonment);
    tcase_add_test(at_once, test_two_at_once);
    suite_add_tcase(suite, at_once);
}
