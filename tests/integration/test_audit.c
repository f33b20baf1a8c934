/*
 * `syncsched audit` on a real log: made by real ticks, and then spoilt row by row.
 */
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

#define DAILY  "0 2 * * *"
#define FIRST  "10000000-0000-4000-8000-000000000001"
#define OTHER  "00000000-0000-4000-8000-00000000000b"
#define MAY    "--from 2024-05-01T00:00Z --to 2024-05-06T00:00Z"
#define WHOSE  "Nordlys                        xledger  10000000 "
#define GONE   "00000000                       -        10000000 " /* nobody knows its names */
#define NO_RUN "no run covers it\n"
#define HEAD   "SLOT             ORGANISATION                   TYPE     ID       FINDING\n"
#define NAMES  ",\"organization\":\"Nordlys\",\"integrationType\":\"xledger\",\"timezone\":\"UTC\"}"

/* The run of a day of May 2024, and a further one. */
#define RUN(day)    "run 000000" day
#define RUN_ID(day) "000000" day "-0000-4000-9000-000000000000"
#define SECOND_RUN  RUN_ID("77")

static struct program_result run_audit(const char *options)
{
    static const char *const env[] = {"SUPABASE_DB_URL", NULL};
    char line[1000];

    snprintf(line, sizeof line, "audit --config /dev/null %s", options);
    return scene_command(line, env);
}

/* Takes all of one text out of a line, or puts another there. */
static void replace(char *line, const char *from, const char *to)
{
    for (char *at = line; (at = strstr(at, from)) != NULL; at += strlen(to)) {
        memmove(at + strlen(to), at + strlen(from), strlen(at + strlen(from)) + 1);
        memcpy(at, to, strlen(to));
    }
}

/* What text has of totals: the zeros that nobody asks for are left out. */
static char *without_zeros(const char *totals)
{
    static const char *const zeros[][2] = {
        {", folded 0,", ","},
        {", failed 0,", ","},
        {", unknown 0,", ","},
        {", in progress 0,", ","},
        {", waiting 0,", ","},
        {"late 0, ", ""},
        {"extra 0, ", ""},
        {", holes 0", ""},
        {", overlaps 0", ""},
        {", known by their runs alone 0\n", "\n"},
        {"  known by their runs alone 0\n", ""},
    };
    char *text = strdup(totals);

    for (size_t i = 0; i < COUNT(zeros); i++)
        replace(text, zeros[i][0], zeros[i][1]);
    return text;
}

/* Checks all that it says; the heading above findings is not in out, and zeros may be. */
static void expect(const char *options, int status, const char *out, const char *err)
{
    struct program_result result = run_audit(options);
    bool has_findings = *out != '{' && strcspn(out, ":") > strcspn(out, " ");
    char *text = without_zeros(out);
    const char *said = result.out;

    if (has_findings) {
        ck_assert_int_eq(strncmp(said, HEAD, strlen(HEAD)), 0);
        said += strlen(HEAD);
    }
    ck_assert_str_eq(said, text);
    free(text);
    ck_assert_str_eq(result.err, err);
    ck_assert_int_eq(result.status, status);
    program_result_free(&result);
}

static json_t *audit_json(const char *options, int status)
{
    struct program_result result;
    char with_json[500];
    json_error_t error;
    json_t *json;
    char *line;

    snprintf(with_json, sizeof with_json, "--json %s", options);
    result = run_audit(with_json);
    ck_assert_msg(result.status == status, "exit status %d: %s", result.status, result.err);
    json = json_loads(result.out, 0, &error);
    ck_assert_msg(json != NULL, "%s: %s", error.text, result.out);
    line = json_dumps(json, JSON_COMPACT);
    json_schema_check("audit", line);
    free(line);
    program_result_free(&result);
    return json;
}

static int number(const json_t *json, const char *key)
{
    ck_assert_msg(json_is_integer(json_object_get(json, key)), "no number: %s", key);
    return (int)json_integer_value(json_object_get(json, key));
}

/* ---- Logs ---- */

/* The first schedule's state, and its text in the journal, in force since the minute since. */
static void seed_state(const char *text, const char *mark, const char *since)
{
    testdb_exec("INSERT INTO sync_schedule_state VALUES"
                " ('" SCENE_ORG "', '" FIRST "', '%s', '%s');"
                "INSERT INTO sync_schedule_journal VALUES"
                " ('" SCENE_ORG "', '" FIRST "', '%s', '%s')",
                text, mark, since, text);
}

/* The first schedule, daily at 02:00, in force since the eve of May 2024, ticked until 10 May. */
static void seed_may(void)
{
    scene_seed(1, 1, DAILY);
    seed_state(DAILY " UTC", "2024-05-10Z", "2024-04-30Z");
    testdb_exec("INSERT INTO sync_run_log SELECT"
                " (lpad(day::text, 8, '0') || '-0000-4000-9000-000000000000')::uuid, '" SCENE_ORG
                "',"
                " '" FIRST "', 'xledger', t, t, 1, 'completed', 'key', 'schedule', 'w', t, t, t"
                " FROM generate_series(1, 5) AS day,"
                " LATERAL (SELECT '2024-04-30 02:00Z'::timestamptz + day * interval '1 day' AS t)"
                " AS slot");
}

/* Gives the runs the periods that claims would have given them, had they seen it all as it is. */
static void tile(void)
{
    testdb_exec("UPDATE sync_run_log AS r SET period_start ="
                " (SELECT max(d.scheduled_for) FROM sync_run_log AS d"
                "  WHERE (d.org_id, d.integration_id) = (r.org_id, r.integration_id)"
                "  AND d.scheduled_for < r.scheduled_for"
                "  AND (d.status IN ('completed', 'running') OR d.error_class = 'unknown'))");
}

/* A copy of the run of 3 May, with another id and what changes tells. */
#define COPY(changes, columns)                                                                     \
    "INSERT INTO sync_run_log (run_id, org_id, integration_id, integration_type, scheduled_for,"   \
    " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"            \
    " completed_at, period_start) SELECT '" SECOND_RUN "', org_id, integration_id,"                \
    " integration_type, " columns ", status, idempotency_key, " changes ", worker, started_at,"    \
    " completed_at, period_start FROM sync_run_log"                                                \
    " WHERE scheduled_for = '2024-05-03 02:00Z'"

/* In the order in which they are printed; the last line is of the periods. */
#define TOTALS(slots, completed, folded, failed, unknown, in_progress, missing, doubled, late,     \
               extra, unjudged)                                                                    \
    TOTALS_AND(slots, completed, folded, failed, unknown, in_progress, missing, doubled, late,     \
               extra, unjudged, "1 of 1 integrations, holes 0, overlaps 0")
#define TOTALS_AND(slots, completed, folded, failed, unknown, in_progress, missing, doubled, late, \
                   extra, unjudged, periods)                                                       \
    "2024-05-01T00:00:00Z to 2024-05-06T00:00:00Z: " #slots " slots\n  completed " #completed      \
    ", folded " #folded ", failed " #failed ", unknown " #unknown ", in progress " #in_progress    \
    ", waiting 0, missing " #missing ", doubled " #doubled "\n  late " #late ", extra " #extra     \
    ", known by their runs alone " #unjudged "\n  periods end to end in " periods "\n"

/* Makes it unknown which text was in force before. */
#define FORGET(day)                                                                                \
    "UPDATE sync_schedule_journal SET valid_from = '2024-05-" day "';"                             \
    "INSERT INTO sync_schedule_journal SELECT org_id, integration_id, '-infinity', '?',"           \
    "  valid_from FROM sync_schedule_journal;"
#define UNJUDGED(to)                                                                               \
    "2024-05-01 00:00 " WHOSE "unjudged    to 2024-05-" to ": its journal had not begun\n"
#define UNJUDGED_TOTAL "  stretches that cannot be judged 1\n"

#define DAY(verdict, detail) "2024-05-03 02:00 " WHOSE verdict " " detail "\n"

#define PERIOD(verdict, after, up_to, detail)                                                      \
    "2024-05-" up_to ":00 " WHOSE verdict " after 2024-05-" after ":00, " detail "\n"
#define HOLE(after, up_to, detail) PERIOD("hole       ", after " 02", up_to " 02", detail)

#define GIVEN_UP(class, code)                                                                      \
    "UPDATE sync_run_log SET status = 'failed', failed_at = completed_at, completed_at = NULL,"    \
    " error_class = '" class "', error_code = " code " WHERE scheduled_for = '2024-05-03 02:00Z'"

static const struct {
    const char *sql; /* what is done to a log without a fault */
    int status;
    const char *out;
    const char *err;
} cases[] = {
    {"SELECT 1", 0, TOTALS(5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0), ""},
    {"DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-03 02:00Z'", 1,
     DAY("missing    ", "no run covers it") TOTALS(5, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0), ""},
    {COPY("'retry'", "scheduled_for, covers_from, 2"), 1,
     DAY("doubled    ", RUN("03") " and " RUN("77")) TOTALS(5, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0), ""},
    /* the run of the 4th says that it covers the 3rd, too */
    {"UPDATE sync_run_log SET covers_from = '2024-05-03 02:00Z'"
     " WHERE scheduled_for = '2024-05-04 02:00Z'",
     1, DAY("doubled    ", RUN("03") " and " RUN("04")) TOTALS(5, 4, 0, 0, 0, 0, 0, 1, 0, 0, 0),
     ""},
    {"DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-03 02:00Z';"
     "UPDATE sync_run_log SET covers_from = '2024-05-03 02:00Z', triggered_by = 'catch_up'"
     " WHERE scheduled_for = '2024-05-04 02:00Z'",
     0,
     DAY("folded     ", RUN("04") " of 2024-05-04 02:00") TOTALS(5, 4, 1, 0, 0, 0, 0, 0, 0, 0, 0),
     ""},
    {"UPDATE sync_run_log SET started_at = scheduled_for + interval '12 minutes 5 seconds'"
     " WHERE scheduled_for = '2024-05-03 02:00Z'",
     0, DAY("late       ", RUN("03") ", 12 min 5 s late") TOTALS(5, 5, 0, 0, 0, 0, 0, 0, 1, 0, 0),
     ""},
    {GIVEN_UP("rejected", "'HTTP_500'"), 0,
     DAY("failed     ", RUN("03") ", attempt 1: rejected/HTTP_500")
         TOTALS(5, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0),
     ""},
    {GIVEN_UP("rejected", "'RATE_LIMITED', http_status = 429"), 0,
     DAY("failed     ", RUN("03") ", attempt 1: rejected/RATE_LIMITED, HTTP 429")
         TOTALS(5, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0),
     ""},
    {GIVEN_UP("unknown", "'TIMEOUT'"), 0,
     DAY("unknown    ", RUN("03") ", attempt 1: unknown/TIMEOUT")
         HOLE("02", "03", "unresolved: " RUN("03") ", attempt 1: unknown/TIMEOUT") TOTALS_AND(
             5, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0, "0 of 1 integrations, holes 1, overlaps 0"),
     ""},
    /* what a terminal would obey */
    {GIVEN_UP("rejected", "E'\\x1b[2J\\u009b1m'"), 0,
     DAY("failed     ", RUN("03") ", attempt 1: rejected/\xef\xbf\xbd[2J\\xc2\\x9b1m")
         TOTALS(5, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0),
     ""},
    {"UPDATE sync_run_log SET status = 'running', completed_at = NULL"
     " WHERE scheduled_for = '2024-05-03 02:00Z'",
     0, DAY("in progress", RUN("03") ", running") TOTALS(5, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0), ""},
    {"UPDATE sync_run_log SET status = 'running', completed_at = NULL, accepted_at = now()"
     " WHERE scheduled_for = '2024-05-03 02:00Z'",
     0, DAY("in progress", RUN("03") ", accepted") TOTALS(5, 4, 0, 0, 0, 1, 0, 0, 0, 0, 0), ""},
    {COPY("'manual'", "'2024-05-03 03:00Z', '2024-05-03 03:00Z', 1"), 0,
     "2024-05-03 03:00 " WHOSE
     "extra       " RUN("77") "\n" TOTALS(5, 5, 0, 0, 0, 0, 0, 0, 0, 1, 0),
     ""},
    /* which text was in force until the 3rd at 02:00 is not known: one may have named the 1st */
    {FORGET("03 02:00Z") "DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-01 02:00Z'", 1,
     UNJUDGED("03 02:01") TOTALS(4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 2) UNJUDGED_TOTAL, ""},
    /* one that was in force until a minute before does not excuse the 3rd */
    {FORGET("03 01:59Z") "DELETE FROM sync_run_log WHERE scheduled_for <= '2024-05-03 02:00Z'", 1,
     UNJUDGED("03 02:00") DAY("missing    ", "no run covers it")
         TOTALS(3, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0) UNJUDGED_TOTAL,
     ""},
    /* first seen on the 3rd: there was nothing to serve before */
    {"UPDATE sync_schedule_journal SET valid_from = '2024-05-03 01:59Z';"
     "DELETE FROM sync_run_log WHERE scheduled_for < '2024-05-03Z'",
     0, TOTALS(3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0), ""},
    {"INSERT INTO sync_prune_state VALUES (true, '2024-05-03 01:59:01Z');"
     "DELETE FROM sync_run_log WHERE scheduled_for <= '2024-05-03 02:00Z'",
     1, DAY("missing    ", "no run covers it") TOTALS(3, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0),
     "syncsched: warning: the log was pruned: no slot before 2024-05-03T02:00:00Z is missing or "
     "extra\n"},
    {"INSERT INTO sync_prune_state VALUES (true, '2024-05-03 02:00:01Z');"
     "DELETE FROM sync_run_log WHERE scheduled_for <= '2024-05-03 02:00Z'",
     0, TOTALS(2, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0),
     "syncsched: warning: the log was pruned: no slot before 2024-05-03T02:01:00Z is missing or "
     "extra\n"},
    /* no tick has seen the edit, nor that it is gone: what ticks go by is their state */
    {"UPDATE organization_integrations SET cron_schedule = '0 * * * *'", 0,
     TOTALS(5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0), ""},
    {"DELETE FROM organization_integrations", 0, TOTALS(5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0), ""},
    /* disabled on the 4th, and seen to be: the 3rd is missing, the 5th is not */
    {"UPDATE sync_schedule_state SET schedule = '';"
     "UPDATE sync_schedule_journal SET valid_to = '2024-05-04Z';"
     "DELETE FROM sync_run_log WHERE scheduled_for > '2024-05-04Z' OR run_id ="
     " '00000003-0000-4000-9000-000000000000'",
     1, DAY("missing    ", "no run covers it") TOTALS(3, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0), ""},
    /* gone, but not from the journal */
    {"DELETE FROM organization_integrations; DELETE FROM sync_schedule_state;"
     "DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-03 02:00Z'",
     1,
     "2024-05-03 02:00 " GONE
     "missing     no run covers it\n" TOTALS(5, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0),
     ""},
    /* nothing is known but the runs */
    {"DELETE FROM organization_integrations; DELETE FROM sync_schedule_state;"
     "DELETE FROM sync_schedule_journal;"
     "DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-03 02:00Z'",
     1,
     "2024-05-01 00:00 " GONE
     "unjudged    to 2024-05-06 00:00: its text is not in the journal\n" TOTALS(
         4, 4, 0, 0, 0, 0, 0, 0, 0, 0, 4) UNJUDGED_TOTAL,
     ""},
    /* somebody has changed the state or the journal by hand */
    {"UPDATE sync_schedule_journal SET valid_to = '2024-05-03 01:59Z'", 1,
     "2024-05-03 02:00 " WHOSE
     "unjudged    to 2024-05-06 00:00: its text is not in the journal\n" TOTALS(
         5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 3) UNJUDGED_TOTAL,
     ""},
    /* a zone that this host cannot read */
    {"UPDATE sync_schedule_journal SET valid_to = '2024-05-03 01:59Z', schedule = '0 2 * * * Mars';"
     "INSERT INTO sync_schedule_journal SELECT org_id, integration_id, valid_to, '" DAILY " UTC'"
     "  FROM sync_schedule_journal;"
     "DELETE FROM sync_run_log WHERE scheduled_for IN ('2024-05-01 02:00Z', '2024-05-03 02:00Z')",
     1,
     "2024-05-01 00:00 " WHOSE
     "unjudged    to 2024-05-03 02:00: time zone \"Mars\" is not known\n" DAY(
         "missing    ", "no run covers it") TOTALS(4, 3, 0, 0, 0, 0, 1, 0, 0, 0, 1) UNJUDGED_TOTAL,
     ""},
    /* edited at 02:00 on the 3rd: both texts are in force at that minute */
    {"UPDATE sync_schedule_state SET schedule = '0 2 4-9 * * UTC';"
     "UPDATE sync_schedule_journal SET valid_to = '2024-05-03 02:00Z';"
     "INSERT INTO sync_schedule_journal SELECT org_id, integration_id, '2024-05-03 01:59Z',"
     "  '0 2 4-9 * * UTC' FROM sync_schedule_journal;"
     "DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-03 02:00Z'",
     1, DAY("missing    ", "no run covers it") TOTALS(5, 4, 0, 0, 0, 0, 1, 0, 0, 0, 0), ""},
    {"DELETE FROM sync_schedule_state; UPDATE organization_integrations SET cron_schedule = '0 25 "
     "* * *'",
     0, TOTALS(5, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0),
     "syncsched: warning: Nordlys / xledger (10000000): cron_schedule: hour \"25\" is outside 0-23 "
     "(hours go from 0 to 23; minutes are the first "
     "field)\n"},
};

START_TEST(test_planted)
{
    seed_may();
    testdb_exec("%s", cases[_i].sql);
    tile();
    expect(MAY, cases[_i].status, cases[_i].out, cases[_i].err);
}
END_TEST

/* ---- Periods ---- */

#define RESOLVED(day, resolution)                                                                  \
    ";UPDATE sync_run_log SET resolution = '" resolution "', resolved_at = now(), resolved_by = "  \
    "'me' WHERE scheduled_for = '2024-05-" day " 02:00Z'"
#define UNKNOWN(day)                                                                               \
    ";UPDATE sync_run_log SET status = 'failed', failed_at = completed_at, completed_at = NULL,"   \
    " error_class = 'unknown', error_code = 'TIMEOUT' WHERE scheduled_for = '2024-05-" day         \
    " 02:00Z'"
#define REJECTED(day)                                                                              \
    UNKNOWN(day)                                                                                   \
    ";UPDATE sync_run_log SET error_class = 'rejected'"                                            \
    " WHERE scheduled_for = '2024-05-" day " 02:00Z'"
#define TAKES_OVER(day, start)                                                                     \
    ";UPDATE sync_run_log SET period_start = '2024-05-" start " 02:00Z'"                           \
    " WHERE scheduled_for = '2024-05-" day " 02:00Z'"

/* What happens to runs that lie end to end, and what the audit then says of the periods. */
static const struct {
    const char *sql;
    int status;
    const char *findings;
    const char *totals;
} periods[] = {
    {"SELECT 1", 0, "", "1 of 1 integrations, holes 0, overlaps 0"},
    {REJECTED("03") TAKES_OVER("04", "02"), 0, "", "1 of 1 integrations, holes 0, overlaps 0"},
    {REJECTED("03"), 1, HOLE("02", "03", "skipped: no run before " RUN("04") " exported it"),
     "0 of 1 integrations, holes 1, overlaps 0"},
    {UNKNOWN("03"), 0, HOLE("02", "03", "unresolved: " RUN("03") ", attempt 1: unknown/TIMEOUT"),
     "0 of 1 integrations, holes 1, overlaps 0"},
    {UNKNOWN("03") RESOLVED("03", "done"), 0, "", "1 of 1 integrations, holes 0, overlaps 0"},
    {REJECTED("03") RESOLVED("03", "done"), 0, "", "1 of 1 integrations, holes 0, overlaps 0"},
    {UNKNOWN("03") RESOLVED("03", "not_done") TAKES_OVER("04", "02"), 0, "",
     "1 of 1 integrations, holes 0, overlaps 0"},
    /* resolved when later runs had been made: each names its own */
    {UNKNOWN("02") UNKNOWN("03") RESOLVED("02", "not_done") RESOLVED("03", "not_done"), 1,
     HOLE("01", "02",
          "skipped: " RUN("02") " and " RUN(
              "04") ", attempt 1: unknown/TIMEOUT, settled by hand: not done")
         DAY("unknown    ", RUN("03") ", attempt 1: unknown/TIMEOUT, settled by hand: not done")
             HOLE("02", "03",
                  "skipped: " RUN("03") " and " RUN(
                      "04") ", attempt 1: unknown/TIMEOUT, settled by hand: not done"),
     "0 of 1 integrations, holes 2, overlaps 0"},
    /* nothing is said of what no later run has exported yet */
    {REJECTED("05"), 0, "", "1 of 1 integrations, holes 0, overlaps 0"},
    /* two exports of one day, one of which was asked for, or might not have been one */
    {TAKES_OVER("04", "02"), 1,
     PERIOD("overlap    ", "02 02", "03 02", "doubled: " RUN("03") " and " RUN("04")),
     "0 of 1 integrations, holes 0, overlaps 1"},
    {TAKES_OVER("04", "02") ";UPDATE sync_run_log SET triggered_by = 'manual' WHERE"
                            " scheduled_for = '2024-05-03 02:00Z'",
     0, PERIOD("overlap    ", "02 02", "03 02", "manual: " RUN("03") " and " RUN("04")),
     "0 of 1 integrations, holes 0, overlaps 1"},
    {UNKNOWN("03") TAKES_OVER("04", "02"), 1,
     PERIOD("overlap    ", "02 02", "03 02",
            "doubled: " RUN("03") " and " RUN("04") ", attempt 1: unknown/TIMEOUT"),
     "0 of 1 integrations, holes 0, overlaps 1"},
    /* another attempt at a slot is no second export; the better one decides */
    {";" COPY("'retry'", "scheduled_for, covers_from, 2")
         UNKNOWN("03") ";UPDATE sync_run_log SET status = 'completed', completed_at = now(), "
                       "failed_at = NULL,"
                       " error_class = NULL, error_code = NULL WHERE attempt = 2",
     0, "", "1 of 1 integrations, holes 0, overlaps 0"},
    /* what began before the period, or ends behind it */
    {UNKNOWN("01") ";UPDATE sync_run_log SET period_start = "
                   "'2024-04-01Z' WHERE scheduled_for = '2024-05-01 02:00Z'",
     0,
     "2024-05-01 02:00 " WHOSE
     "hole        after 2024-04-01 00:00, unresolved: " RUN("01") ", attempt 1: unknown/TIMEOUT\n",
     "0 of 1 integrations, holes 1, overlaps 0"},
};

START_TEST(test_periods)
{
    struct program_result result;
    char *totals = without_zeros(periods[_i].totals);
    const char *line;

    seed_may();
    tile();
    testdb_exec("%s", periods[_i].sql);
    result = run_audit(MAY);
    ck_assert_str_eq(result.err, "");
    ck_assert_int_eq(result.status, periods[_i].status);
    line = strstr(result.out, "  periods end to end in ");
    ck_assert_ptr_nonnull(line);
    line += strlen("  periods end to end in ");
    ck_assert_int_eq(strncmp(line, totals, strlen(totals)), 0);
    ck_assert_int_eq(line[strlen(totals)], '\n');
    free(totals);
    ck_assert_msg(strstr(result.out, periods[_i].findings) != NULL, "no %s in %s",
                  periods[_i].findings, result.out);
    ck_assert_int_eq(strstr(result.out, " hole  ") != NULL || strstr(result.out, " overlap  "),
                     *periods[_i].findings != '\0');
    program_result_free(&result);
    json_decref(audit_json(MAY, periods[_i].status));
}
END_TEST

/* An upgraded log: what was exported before the last run without a period is not judged. */
START_TEST(test_upgraded)
{
    struct program_result result;
    json_t *json;

    seed_may();
    tile();
    testdb_exec("UPDATE sync_run_log SET period_start = NULL"
                " WHERE scheduled_for <= '2024-05-03 02:00Z'");
    result = run_audit(MAY);
    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.err, "syncsched: warning: 2 runs have no period, as earlier versions "
                                 "made them: what was exported before 2024-05-03T02:01:00Z is not "
                                 "judged\n");
    program_result_free(&result);
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-04 02:00Z'");
    json = audit_json(MAY, 1);
    ck_assert_int_eq(number(json, "holes"), 1);
    ck_assert_int_eq(number(json, "periodsUnjudged"), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json, "periodsJudgedFrom")),
                     "2024-05-03T02:01:00Z");
    json_decref(json);
}
END_TEST

/* ---- What ticks see later ---- */

static const struct {
    const char *first;
    const char *second; /* after a tick; NULL: there is none */
} later[] = {
    {"UPDATE organization_integrations SET cron_schedule = '2 2 * * *'", NULL},
    {"UPDATE organization_integrations SET is_enabled = false", NULL},
    {"UPDATE organization_integrations SET is_enabled = false",
     "UPDATE organization_integrations SET is_enabled = true"},
    {"UPDATE organizations SET timezone = '+02:00'", NULL},
    {"UPDATE organization_integrations SET cron_schedule = '2 2 * * *'",
     "UPDATE organization_integrations SET cron_schedule = '" DAILY "'"},
    {"DELETE FROM organization_integrations", NULL},
};

static void tick_after(const char *sql)
{
    struct scene_tick tick;

    testdb_exec("%s", sql);
    tick = scene_run("");
    ck_assert_int_eq(tick.status, 0);
    scene_tick_free(&tick);
}

/* Covers: whatever becomes of a schedule years later, what it named then is judged by its text. */
START_TEST(test_edited_later)
{
    json_t *json;

    seed_may();
    testdb_exec("UPDATE sync_schedule_state SET mark = date_trunc('minute', now())");
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for <> '2024-05-04 02:00Z'");
    json_decref(audit_json(MAY, 1));
    tick_after(later[_i].first);
    if (later[_i].second != NULL)
        tick_after(later[_i].second);
    json = audit_json(MAY, 1);
    ck_assert_int_eq(number(json, "completed"), 1);
    ck_assert_int_eq(number(json, "missing"), 4);
    ck_assert_int_eq(number(json, "unjudged"), 0);
    ck_assert_int_eq(number(json, "stretchesUnjudged"), 0);
    json_decref(json);
}
END_TEST

/* ---- Logs that ticks made ---- */

/* A tick that catches up folds; when its run is lost, all that it covered is missing. */
START_TEST(test_after_a_tick)
{
    int64_t slot = scene_settle(5000);
    char period[200];
    json_t *json;

    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "* * * * * UTC", slot - 5);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    snprintf(period, sizeof period, "--from %s --to %s", scene_minute_text(slot - 9),
             scene_minute_text(slot - 1));
    json = audit_json(period, 0);
    ck_assert_int_eq(number(json, "folded"), 3);
    ck_assert_int_eq(number(json, "slots"), 3);
    json_decref(json);
    testdb_exec("DELETE FROM sync_run_log");
    json = audit_json(period, 1);
    ck_assert_int_eq(number(json, "missing"), 3);
    json_decref(json);
}
END_TEST

/* By hand, without a tick ever: the schedules' slots are what they name today. */
START_TEST(test_after_runs_by_hand)
{
    json_t *json;

    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at 2024-05-01T02:00Z"), 1, 0, 0, 0);
    function_script(scene_function(), "* action=close");
    scene_expect(scene_run("--at 2024-05-02T02:00Z"), 1, 0, 1, 1);
    function_script(scene_function(), "* status=400");
    scene_expect(scene_run("--at 2024-05-04T02:00Z"), 1, 0, 1, 1);
    json = audit_json(MAY, 1);
    ck_assert_int_eq(number(json, "completed"), 1);
    ck_assert_int_eq(number(json, "unknown"), 1);
    ck_assert_int_eq(number(json, "failed"), 1);
    ck_assert_int_eq(number(json, "missing"), 2);
    ck_assert_int_eq(number(json, "late"), 0); /* nobody was late: they were asked for now */
    json_decref(json);
}
END_TEST

/* Ahead of the mark a slot may wait for 31 days, and is missing after that. */
START_TEST(test_waiting)
{
    int64_t old = scene_settle(5000) - INT64_C(31) * 24 * 60;
    char period[200];
    json_t *json;

    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "* * * * * UTC", old - 30);
    snprintf(period, sizeof period, "--from %s --to %s", scene_minute_text(old - 5),
             scene_minute_text(old + 10));
    json = audit_json(period, 1);
    ck_assert_int_eq(number(json, "missing") + number(json, "waiting"), 15);
    ck_assert_int_ge(number(json, "missing"), 4); /* now is up to 30 seconds off the slot */
    ck_assert_int_le(number(json, "missing"), 5);
    json_decref(json);
    testdb_exec("UPDATE sync_schedule_state SET mark = '%s'", scene_minute_text(old + 8));
    json = audit_json(period, 1);
    ck_assert_int_eq(number(json, "missing"), 14);
    ck_assert_int_eq(number(json, "waiting"), 1);
    json_decref(json);
}
END_TEST

/* ---- The period, whose schedules, which zone ---- */

/* What is due now is being served: an end that lies later is not taken at its word. */
START_TEST(test_end)
{
    int64_t slot = scene_settle(5000);
    struct program_result result;
    char options[200];

    scene_seed(1, 1, "0 0 1 1 *");
    snprintf(options, sizeof options, "--from %s", scene_minute_text(slot - 10));
    result = run_audit(options);
    ck_assert_int_eq(result.status, 0);
    ck_assert_str_eq(result.err, "");
    ck_assert(strstr(result.out, scene_minute_text(slot)) != NULL ||
              strstr(result.out, scene_minute_text(slot - 1)) != NULL);
    program_result_free(&result);
    snprintf(options, sizeof options, "--from %s --to %s", scene_minute_text(slot - 10),
             scene_minute_text(slot + 10));
    result = run_audit(options);
    ck_assert_int_eq(result.status, 0);
    ck_assert_ptr_nonnull(strstr(result.err, "warning: the period is judged up to "));
    program_result_free(&result);
    expect("--from 2900-05-01T00:00Z", 2, "",
           "syncsched: error: nothing in the period lies in the past (--from must lie before --to "
           "and at least two minutes back)\n");
}
END_TEST

#define COPIES                                                                                     \
    "(VALUES ('" SCENE_ORG "'::uuid, '10000000-0000-4000-8000-000000000002'::uuid),"               \
    " ('" OTHER "', '" FIRST "')) AS copies (org, integration)"

/* 1 slot is missing in each of three integrations of two organisations. */
static const struct {
    const char *options;
    int slots;
} filters[] = {
    {"", 12},
    {"--org " SCENE_ORG, 8},
    {"--org " OTHER, 4},
    {"--integration " FIRST, 8},
    {"--org " SCENE_ORG " --integration " FIRST, 4},
    {"--org 00000000-0000-4000-8000-00000000000B", 4},
};

START_TEST(test_filters)
{
    char options[300];
    json_t *json;

    seed_may();
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for < '2024-05-02Z'");
    testdb_exec("UPDATE sync_schedule_journal SET valid_from = '2024-05-01 03:00Z'");
    testdb_exec(
        "INSERT INTO sync_schedule_state SELECT org, integration, schedule, mark"
        " FROM sync_schedule_state, " COPIES ";"
        "INSERT INTO sync_schedule_journal SELECT org, integration, valid_from, schedule"
        " FROM sync_schedule_journal, " COPIES ";"
        "INSERT INTO sync_run_log SELECT gen_random_uuid(), org, integration,"
        " integration_type, scheduled_for, covers_from, attempt, status, idempotency_key,"
        " triggered_by, worker, created_at, started_at, completed_at FROM sync_run_log, " COPIES);
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-03 02:00Z'");
    snprintf(options, sizeof options, MAY " %s", filters[_i].options);
    json = audit_json(options, 1);
    ck_assert_int_eq(number(json, "slots"), filters[_i].slots);
    ck_assert_int_eq(number(json, "missing"), filters[_i].slots / 4);
    json_decref(json);
}
END_TEST

/* Covers: findings come by time, those of one minute by integration; at 80 columns nothing is cut. */
START_TEST(test_order)
{
    struct program_result result;

    seed_may();
    tile();
    testdb_exec("INSERT INTO sync_schedule_state SELECT org_id, '" OTHER "', schedule, mark"
                " FROM sync_schedule_state;"
                "INSERT INTO sync_schedule_journal SELECT org_id, '" OTHER "', valid_from, schedule"
                " FROM sync_schedule_journal");
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-02 02:00Z'");
    result = run_audit("--from 2024-05-02T00:00Z --to 2024-05-04T00:00Z --width 80");
    ck_assert_str_eq(result.out,
                     "SLOT             ORGANISATION   TYPE     ID       FINDING\n"
                     "2024-05-02 02:00 Nordlys        -        00000000 missing     " NO_RUN
                     "2024-05-02 02:00 Nordlys        xledger  10000000 missing     " NO_RUN
                     "2024-05-02 02:00 Nordlys        xledger  10000000 hole\n"
                     "    after 2024-05-01 23:59, skipped: no run before run 00000003 exported it\n"
                     "2024-05-03 02:00 Nordlys        -        00000000 missing     " NO_RUN
                     "2024-05-02T00:00:00Z to 2024-05-04T00:00:00Z: 4 slots\n"
                     "  completed 1, missing 3, doubled 0\n"
                     "  periods end to end in 1 of 2 integrations, holes 1\n");
    program_result_free(&result);
}
END_TEST

/* Ids that nothing has are no clean audit. */
START_TEST(test_nobody)
{
    static const char *const choices[] = {" --org " OTHER, " --json --integration " OTHER,
                                          " --org " SCENE_ORG " --integration " OTHER};

    seed_may();
    for (size_t i = 0; i < sizeof choices / sizeof *choices; i++) {
        struct program_result result;
        char options[300];

        snprintf(options, sizeof options, MAY "%s", choices[i]);
        result = run_audit(options);
        ck_assert_int_eq(result.status, 2);
        ck_assert_str_eq(result.out, "");
        ck_assert_ptr_nonnull(strstr(result.err,
                                     "error: neither a schedule nor a run in the "
                                     "period has the ids of --org and --integration ("));
        program_result_free(&result);
    }
}
END_TEST

/* What was deleted is found by its runs and by its state. */
START_TEST(test_deleted)
{
    struct program_result result;

    seed_may();
    testdb_exec("DELETE FROM organization_integrations");
    result = run_audit(MAY " --integration " FIRST);
    ck_assert_msg(result.status < 2, "%s", result.err);
    ck_assert_ptr_nonnull(strstr(result.out, "completed 5"));
    program_result_free(&result);
}
END_TEST

/* The night on which the clocks skip 02:30: the slot is at 03:00 local time. */
START_TEST(test_daylight_saving)
{
    scene_seed(1, 1, "30 2 * * *");
    seed_state("30 2 * * * Europe/Oslo", "2024-05-10Z", "2024-03-01Z");
    testdb_exec("INSERT INTO sync_run_log SELECT gen_random_uuid(), '" SCENE_ORG "', '" FIRST "',"
                " 'xledger', t, t, 1, 'completed', 'key', 'schedule', 'w', t, t, t"
                " FROM unnest('{2024-03-30 01:30Z,2024-04-01 00:30Z}'::timestamptz[]) AS t");
    tile();
    expect("--from 2024-03-30T00:00Z --to 2024-04-02T00:00Z", 1,
           "2024-03-31 01:00 " WHOSE "missing     no run covers it\n"
           "2024-03-30T00:00:00Z to 2024-04-02T00:00:00Z: 3 slots\n"
           "  completed 2, folded 0, failed 0, unknown 0, in progress 0, waiting 0, missing 1, "
           "doubled 0\n  late 0, extra 0, known by their runs alone 0\n"
           "  periods end to end in 1 of 1 integrations, holes 0, overlaps 0\n",
           "");
}
END_TEST

/* ---- JSON ---- */

START_TEST(test_json)
{
    seed_may();
    testdb_exec(COPY("'retry'", "scheduled_for, covers_from, 2"));
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-01 02:00Z'");
    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(), completed_at = NULL,"
                " error_class = 'unknown', error_code = E'\\x1b\"',"
                " started_at = scheduled_for + interval '6 minutes'"
                " WHERE scheduled_for = '2024-05-04 02:00Z'");
    tile();
    expect(
        "--json " MAY, 1,
        "{\"from\":\"2024-05-01T00:00:00Z\",\"to\":\"2024-05-06T00:00:00Z\",\"slots\":5,"
        "\"completed\":2,\"folded\":0,\"failed\":0,\"unknown\":1,\"inProgress\":0,"
        "\"waiting\":0,\"missing\":1,\"doubled\":1,\"again\":0,\"late\":1,\"early\":0,\"extra\":0,"
        "\"unjudged\":0,"
        "\"integrations\":1,\"endToEnd\":0,\"holes\":1,\"overlaps\":0,"
        "\"periodsUnjudged\":0,\"stretchesUnjudged\":0,\"findings\":[\n"
        "{\"verdict\":\"missing\",\"scheduledFor\":\"2024-05-01T02:00:00Z\","
        "\"orgId\":\"" SCENE_ORG "\",\"integrationId\":\"" FIRST "\"" NAMES ",\n"
        "{\"verdict\":\"doubled\",\"scheduledFor\":\"2024-05-03T02:00:00Z\","
        "\"orgId\":\"" SCENE_ORG "\",\"integrationId\":\"" FIRST "\","
        "\"runId\":\"00000003-0000-4000-9000-000000000000\","
        "\"runScheduledFor\":\"2024-05-03T02:00:00Z\",\"runStatus\":\"completed\",\"attempt\":1,"
        "\"otherRunId\":\"" SECOND_RUN "\"" NAMES ",\n"
        "{\"verdict\":\"unknown\",\"scheduledFor\":\"2024-05-04T02:00:00Z\","
        "\"orgId\":\"" SCENE_ORG "\",\"integrationId\":\"" FIRST "\","
        "\"runId\":\"00000004-0000-4000-9000-000000000000\","
        "\"runScheduledFor\":\"2024-05-04T02:00:00Z\",\"runStatus\":\"failed\",\"attempt\":1,"
        "\"errorClass\":\"unknown\",\"errorCode\":\"\\u001B\\\"\",\"lateSeconds\":360" NAMES ",\n"
        "{\"verdict\":\"hole\",\"reason\":\"unresolved\","
        "\"after\":\"2024-05-03T02:00:00Z\",\"upTo\":\"2024-05-04T02:00:00Z\","
        "\"orgId\":\"" SCENE_ORG "\",\"integrationId\":\"" FIRST "\","
        "\"runId\":\"00000004-0000-4000-9000-000000000000\","
        "\"runScheduledFor\":\"2024-05-04T02:00:00Z\",\"runStatus\":\"failed\",\"attempt\":1,"
        "\"errorClass\":\"unknown\",\"errorCode\":\"\\u001B\\\"\"" NAMES "]}\n",
        "");
    json_decref(audit_json(MAY, 1));
}
END_TEST

/* ---- Text and JSON ---- */

/* Sees that a line has this in it. */
__attribute__((format(printf, 2, 3))) static void expect_in_line(const char *line,
                                                                 const char *format, ...)
{
    char part[200];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(part, sizeof part, format, arguments);
    va_end(arguments);
    ck_assert_msg(strstr(line, part) != NULL, "no \"%s\" in: %s", part, line);
}

/* Sees that a line says what the object says, member by member. */
static void expect_same_slot(const char *line, json_t *slot)
{
    bool is_late = strcmp(json_string_value(json_object_get(slot, "verdict")), "completed") == 0;
    const char *status = json_string_value(json_object_get(slot, "runStatus"));
    const char *key;
    json_t *value;

    json_object_foreach(slot, key, value)
    {
        const char *string = json_string_value(value);

        if (strcmp(key, "lateSeconds") == 0)
            expect_in_line(line, ", %d min %d s late", (int)json_integer_value(value) / 60,
                           (int)json_integer_value(value) % 60);
        else if (strcmp(key, "attempt") == 0 && strcmp(status, "failed") == 0)
            expect_in_line(line, ", attempt %d: ", (int)json_integer_value(value));
        else if (strcmp(key, "verdict") == 0)
            expect_in_line(line, " %s ",
                           is_late                             ? "late"
                           : strcmp(string, "inProgress") == 0 ? "in progress"
                                                               : string);
        else if (strcmp(key, "runStatus") == 0 && strcmp(string, "running") == 0 &&
                 json_object_get(slot, "accepted") == NULL)
            expect_in_line(line, ", running");
        else if (strcmp(key, "accepted") == 0)
            expect_in_line(line, ", accepted");
        else if (json_is_string(value) && strlen(string) > 10 && string[10] == 'T')
            expect_in_line(line, "%.10s %.5s", string, string + strlen("2024-05-01T"));
        else if (strcmp(key, "integrationId") == 0)
            expect_in_line(line, " %.8s ", string);
        else if (strcmp(key, "runId") == 0 || strcmp(key, "otherRunId") == 0)
            expect_in_line(line, "run %.8s", string);
        else if (json_is_string(value) && strcmp(key, "runStatus") != 0 &&
                 strcmp(key, "orgId") != 0 && strcmp(key, "timezone") != 0)
            expect_in_line(line, "%s", string);
    }
    ck_assert_int_eq(strstr(line, "no run ") != NULL, status == NULL);
    ck_assert_int_eq(strstr(line, " late") != NULL && strstr(line, " min ") != NULL,
                     json_object_get(slot, "lateSeconds") != NULL);
}

/* Covers: each slot and each total is in the text as it is in JSON, in the same order. */
START_TEST(test_same_facts)
{
    static const char *const totals[][2] = {
        {"slots", ": "},           {"completed", "  completed "},
        {"folded", ", folded "},   {"failed", ", failed "},
        {"unknown", ", unknown "}, {"inProgress", ", in progress "},
        {"waiting", ", waiting "}, {"missing", ", missing "},
        {"doubled", ", doubled "}, {"late", "  late "},
        {"extra", ", extra "},     {"unjudged", ", known by their runs alone "},
        {"holes", ", holes "},     {"overlaps", ", overlaps "},
        {"endToEnd", "end in "},   {"integrations", " of "},
    };
    struct program_result result;
    char heading[] = HEAD;
    char *rest = NULL;
    char *line;
    json_t *json;
    json_t *slot;
    size_t i;

    seed_may();
    tile();
    testdb_exec(COPY("'manual'", "'2024-05-03 03:00Z', '2024-05-03 03:00Z', 1"));
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for = '2024-05-01 02:00Z'");
    testdb_exec("UPDATE sync_run_log SET started_at = scheduled_for + interval '725 s'"
                " WHERE scheduled_for = '2024-05-02 02:00Z'");
    testdb_exec(GIVEN_UP("rejected", "'HTTP_500'"));
    testdb_exec("UPDATE sync_run_log SET covers_from = '2024-05-03 02:00Z',"
                " status = 'running', completed_at = NULL, accepted_at = now()"
                " WHERE scheduled_for = '2024-05-04 02:00Z'");
    json = audit_json(MAY, 1);
    result = run_audit(MAY);
    ck_assert_int_eq(result.status, 1);
    for (i = 0; i < COUNT(totals); i++)
        if (number(json, totals[i][0]) > 0 || strstr(result.out, totals[i][1]) != NULL)
            expect_in_line(result.out, "%s%d", totals[i][1], number(json, totals[i][0]));
    ck_assert_str_eq(strtok_r(result.out, "\n", &rest), strtok(heading, "\n"));
    line = strtok_r(NULL, "\n", &rest);
    ck_assert_uint_eq(json_array_size(json_object_get(json, "findings")), 7);
    json_array_foreach(json_object_get(json, "findings"), i, slot)
    {
        expect_same_slot(line, slot);
        line = strtok_r(NULL, "\n", &rest);
    }
    expect_in_line(line, "2024-05-01T00:00:00Z to 2024-05-06T00:00:00Z: %d slots",
                   number(json, "slots"));
    program_result_free(&result);
    json_decref(json);
}
END_TEST

/* ---- Much of it ---- */

enum { MANY = 100000, MANY_CPU_MS = 20000, MANY_KIB = 48 * 1024 };

/* 100,000 runs of one integration, every second one late, and one that is not there. */
START_TEST(test_many)
{
    struct program_result result;
    struct rusage usage;

    scene_seed(1, 1, "* * * * *");
    seed_state("* * * * * UTC", "2024-10-01Z", "2023-12-31Z");
    testdb_exec("INSERT INTO sync_run_log SELECT gen_random_uuid(), '" SCENE_ORG "', '" FIRST "',"
                " 'xledger', t, t, 1, 'completed', 'key', 'schedule', 'w', t,"
                " t + minute %% 2 * interval '6 minutes', t"
                " FROM generate_series(0, %d) AS minute,"
                " LATERAL (SELECT '2024-01-01Z'::timestamptz + minute * interval '1 minute' AS t)"
                " AS slot WHERE minute <> 77777",
                MANY);
    testdb_exec("UPDATE sync_run_log SET period_start = scheduled_for - interval '1 minute'"
                " WHERE scheduled_for > '2024-01-01Z'");
    result = run_audit("--from 2024-01-01T00:00Z --to 2024-03-10T10:41Z");
    ck_assert_int_eq(result.status, 1);
    ck_assert_ptr_nonnull(strstr(result.out, "\n2024-02-24 00:17 " WHOSE "missing  "));
    ck_assert_ptr_nonnull(strstr(result.out, ": 100001 slots\n"));
    ck_assert_ptr_nonnull(strstr(result.out, " missing 1, doubled 0\n  late 49999\n"));
    ck_assert_int_lt(result.cpu_ms, MANY_CPU_MS);
    program_result_free(&result);
    ck_assert_int_eq(getrusage(RUSAGE_CHILDREN, &usage), 0);
#ifndef __SANITIZE_ADDRESS__
    ck_assert_int_lt(usage.ru_maxrss, MANY_KIB);
#endif
}
END_TEST

SUITE(audit)
{
    TCase *all = tcase_create("audit");

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_loop_test(all, test_planted, 0, (int)COUNT(cases));
    tcase_add_loop_test(all, test_periods, 0, (int)COUNT(periods));
    tcase_add_test(all, test_upgraded);
    tcase_add_loop_test(all, test_edited_later, 0, (int)COUNT(later));
    tcase_add_test(all, test_after_a_tick);
    tcase_add_test(all, test_after_runs_by_hand);
    tcase_add_test(all, test_waiting);
    tcase_add_test(all, test_end);
    tcase_add_loop_test(all, test_filters, 0, (int)COUNT(filters));
    tcase_add_test(all, test_order);
    tcase_add_test(all, test_nobody);
    tcase_add_test(all, test_deleted);
    tcase_add_test(all, test_daylight_saving);
    tcase_add_test(all, test_json);
    tcase_add_test(all, test_same_facts);
    tcase_add_test(all, test_many);
    suite_add_tcase(suite, all);
}
