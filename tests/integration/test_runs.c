/*
 * log, through the real program: which runs, how they look to people and to programs, one in full,
 * and what it costs where the log is long.
 */
#include "integration/status_scene.h"
#include "support/json_schema.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

extern const char sql_audit[];
extern const char sql_runs[]; /* the program's own statement */

enum {
    RUNS_MANY = 60000,
#ifdef __SANITIZE_ADDRESS__
    MOST_KB = 1024 * 1024, /* it keeps what was freed for a while */
#else
    MOST_KB = 40000,
#endif
    LINE_COLUMNS = 80
};

static const char seed[] =
    "DELETE FROM organizations;"
    "INSERT INTO organizations VALUES"
    " ('a0000000-0000-4000-8000-000000000001', 'Bl\xC3\xA5klokken Barnehage SA', 'Europe/Oslo'),"
    " ('a1000000-0000-4000-8000-000000000001', 'Acme', NULL);"
    "INSERT INTO organization_integrations VALUES"
    " ('a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000001', 'xledger',"
    "  '0 2 * * *'),"
    " ('a1000000-0000-4000-8000-000000000001', 'b1000000-0000-4000-8000-000000000001', 'bufdir',"
    "  '0 2 * * *');"
    "INSERT INTO sync_run_log (run_id, org_id, integration_id, integration_type, scheduled_for,"
    " covers_from, period_start, attempt, status, idempotency_key, triggered_by, worker, "
    "created_at,"
    " started_at, accepted_at, completed_at, failed_at, records_exported, error_class, error_code,"
    " error_message, trigger_name, host, http_status, request_id)"
    " SELECT ('c' || n || '000000-0000-4000-8000-00000000000' || n)::uuid, i.org_id,"
    "        i.integration_id, i.integration_type, slot, slot, slot - interval '1 day', attempt,"
    "        status, i.org_id || '/' || i.integration_id || '/'"
    "        || to_char(slot AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), 'schedule',"
    "        CASE WHEN took IS NOT NULL THEN 'tick/1' END, slot + interval '2 s',"
    "        CASE WHEN took IS NOT NULL THEN slot + interval '3 s' END,"
    "        CASE WHEN status = 'running' THEN slot + interval '4 s' END,"
    "        CASE WHEN status = 'completed' THEN slot + interval '3 s' + took END,"
    "        CASE WHEN status = 'failed' THEN slot + interval '3 s' + coalesce(took, '0') END,"
    "        records, class, code, message, 'cron', host, http,"
    "        CASE WHEN http IS NOT NULL THEN '1f3c' END"
    "   FROM (VALUES"
    "     (1, 'xledger', '2026-03-01T01:00Z'::timestamptz, 1, 'completed', '3 s'::interval, 130,"
    "      NULL, NULL, NULL, 'alpha', 200),"
    "     (2, 'xledger', '2026-03-02T01:00Z', 1, 'failed', '12 s', NULL, 'rejected', 'HTTP_500',"
    "      'the ledger is closed', 'alpha', 500),"
    "     (3, 'xledger', '2026-03-02T01:00Z', 2, 'failed', '40 s', NULL, 'unknown', 'TIMEOUT',"
    "      'no answer within 40 s', 'beta', NULL),"
    "     (4, 'xledger', '2026-03-03T01:00Z', 1, 'failed', NULL, NULL, 'not_delivered', 'GIVEN_UP',"
    "      'older than the catch-up time', 'alpha', NULL),"
    "     (5, 'bufdir', '2026-03-01T02:00Z', 1, 'completed', '5 s', NULL, NULL, NULL, NULL, 'beta',"
    "      204),"
    "     (6, 'bufdir', '2026-03-02T02:00Z', 1, 'running', '0 s', NULL, NULL, NULL, NULL, 'beta',"
    "      202)) AS v (n, type, slot, attempt, status, took, records, class, code, message, host,"
    "                  http)"
    "   JOIN organization_integrations AS i ON i.integration_type = v.type";

static void open_scene(void)
{
    testdb_create();
    status_scene_reset();
    testdb_exec("%s", seed);
}

/* ---- Which ---- */

/* What is asked for, and the runs, by the digit of their ids, in order. */
static const struct {
    const char *asked;
    const char *runs;
} choices[] = {
    {"--from 2026-03-01", "152364"},
    {"--from 2026-02-01T00:00Z --to 2026-03-01", "15"},
    {"--from 2026-03-02T00:00Z --to 2026-03-03T00:00Z", "236"},
    {"--org klokken --from 2026-03-02", "234"},
    {"--org klokken --from 2026-03-01 --to 2026-03-01", "1"}, /* Oslo's day, to its end */
    {"--integration acme/bufdir --from 2026-03-01", "56"},
    {"--integration b1000000-0000-4000-8000-000000000001 --from 2026-03-01", "56"},
    {"--status completed --from 2026-03-01", "15"},
    {"--status failed --from 2026-03-01", "234"},
    {"--status unknown --from 2026-03-01", "3"},
    {"--status accepted --from 2026-03-01", "6"},
    {"--status running --from 2026-03-01", "6"},
    {"--status pending --from 2026-03-01", ""},
    {"--code http_500 --from 2026-03-01", "2"},
    {"--http 204 --from 2026-03-01", "5"},
    {"--slower-than 5s --from 2026-03-01", "236"}, /* one that runs, till now */
    {"--slower-than 4s --status completed --from 2026-03-01", "5"},
    {"--host BETA --from 2026-03-01", "536"},
    {"--since 2026-03-03", "4"},
    {"--since 36500d", "152364"},
    {"", ""},
};

static void list_runs(const char *json, char *runs)
{
    static const char key[] = "\"runId\":\"c";

    for (const char *at = json; (at = strstr(at, key)) != NULL; at++)
        *runs++ = at[strlen(key)];
    *runs = '\0';
}

/* Covers: each choice; and that nothing is, is a warning, and no error. */
START_TEST(test_choice)
{
    struct program_result result;
    char runs[20];
    char order[20];
    char line[200];

    snprintf(line, sizeof line, "log --json %s", choices[_i].asked);
    result = status_run(line, NULL);
    ck_assert_msg(result.status == 0, "%s: %d %s", line, result.status, result.err);
    list_runs(result.out, runs);
    snprintf(order, sizeof order, "%s", choices[_i].runs);
    ck_assert_msg(strcmp(runs, order) == 0, "%s: %s", line, runs);
    ck_assert_int_eq(strstr(result.err, "warning: no run of a slot since ") != NULL,
                     *choices[_i].runs == '\0');
    if (*result.out != '\0')
        json_schema_check("runs", result.out);
    program_result_free(&result);
}
END_TEST

/* Covers: whose outcome somebody has resolved is no longer unknown, and is found as such. */
START_TEST(test_settled)
{
    static const char *const asked[] = {"unknown", "settled"};

    testdb_exec("UPDATE sync_run_log SET resolution = 'done', resolved_at = now(),"
                " resolved_by = 'kari@alpha' WHERE error_class = 'unknown'");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        struct program_result result;
        char line[100];
        char runs[20];

        snprintf(line, sizeof line, "log --json --from 2026-03-01 --status %s", asked[i]);
        result = status_run(line, NULL);
        list_runs(result.out, runs);
        ck_assert_msg(strcmp(runs, i == 0 ? "" : "3") == 0, "%s: %s", line, runs);
        program_result_free(&result);
    }
}
END_TEST

/* ---- How they look ---- */

static const char lines[] =
    "SLOT             ORGANISATION   TYPE     ID        TOOK OUTCOME\n"
    "2026-03-01 02:00 Bl\xC3\xA5klokken Ba\xE2\x80\xA6 xledger  b0000000  3.0s 130 records\n"
    "2026-03-01 02:00 Acme           bufdir   b1000000  5.0s completed\n"
    "2026-03-02 02:00 Bl\xC3\xA5klokken Ba\xE2\x80\xA6 xledger  b0000000   12s failed HTTP_500: "
    "the "
    "le\xE2\x80\xA6\n"
    "2026-03-02 02:00 Bl\xC3\xA5klokken Ba\xE2\x80\xA6 xledger  b0000000   40s unknown TIMEOUT, "
    "attem\xE2\x80\xA6\n"
    "2026-03-02 02:00 Acme           bufdir   b1000000     - accepted\n"
    "2026-03-03 02:00 Bl\xC3\xA5klokken Ba\xE2\x80\xA6 xledger  b0000000     - given up: older "
    "tha\xE2\x80\xA6\n";

/* Covers: local times, names, eight digits, how long, and what came of it, at 80 columns. */
START_TEST(test_lines)
{
    static const char *const commands[] = {"log --from 2026-03-01 --width 80",
                                           "log --from 2026-03-01"};
    static const char *const env[] = {"COLUMNS=80", NULL};

    for (size_t i = 0; i < COUNT(commands); i++) {
        struct program_result result = status_run(commands[i], env);

        /* In the year of the test the day has a name; the seed's year is another one from 2027 on. */
        if (strstr(result.out, "\n2026-") != NULL)
            ck_assert_str_eq(result.out, lines);
        else
            ck_assert_ptr_nonnull(strstr(result.out, "\nMon  2 Mar 02:00 Bl\xC3\xA5klokken Ba"));
        program_result_free(&result);
    }
}
END_TEST

/* Covers: the day of the week in this year, the date in another; a whole width where there is one. */
START_TEST(test_days)
{
    struct program_result result;
    char *day;

    testdb_exec("UPDATE sync_run_log SET scheduled_for = scheduled_for - interval '10 years',"
                " covers_from = covers_from - interval '10 years',"
                " period_start = period_start - interval '10 years';"
                "UPDATE sync_run_log SET scheduled_for = date_trunc('minute', now())"
                " WHERE run_id::text LIKE 'c5%%'");
    day = testdb_text("SELECT E'\\n' || to_char(t, 'Dy ') || lpad(to_char(t, 'FMDD'), 2)"
                      " || to_char(t, ' Mon ') FROM (SELECT now() AT TIME ZONE 'UTC' AS t) AS n");
    result = status_run("log --since 36500d", NULL);
    ck_assert_ptr_nonnull(
        strstr(result.out, "\n2016-03-01 02:00 Bl\xC3\xA5klokken Barnehage SA  "));
    ck_assert_ptr_nonnull(strstr(result.out, ": the ledger is closed\n"));
    ck_assert_msg(strstr(result.out, day) != NULL, "no %s: %s", day, result.out);
    free(day);
    program_result_free(&result);
}
END_TEST

/* Names, as SQL, that would break a line, a column or a terminal. */
static const char *const names[] = {
    "'\xD9\x85\xD8\xB5\xD9\x86\xD8\xB9 \xD8\xA7\xD9\x84\xD8\xAE\xD8\xA8\xD8\xB2'",
    "'\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7 Familien'",
    "'\xC4\x8C\xC3\xA1hci \xF0\x9F\x91\x8D\xF0\x9F\x8F\xBD'",
    "U&'\\001b[31mred\\202e \\2066x\\000a'",
    "repeat('n', 159)",
    "''",
    "NULL",
};

/* How many columns, by Unicode's tables: emoji take two, what is combined with them is left out. */
static int columns_to(const char *line, const char *end)
{
    int columns = 0;

    for (const unsigned char *at = (const unsigned char *)line; at < (const unsigned char *)end;
         at++) {
        bool is_mark = at[0] == 0xE2 && at[1] == 0x80 && at[2] == 0x8E;

        columns += at[0] == 0xF0 ? 2 : (at[0] & 0xC0U) == 0x80 || is_mark ? 0 : 1;
    }
    return columns;
}

START_TEST(test_names)
{
    struct program_result result;
    int rows = 0;

    testdb_exec("UPDATE organizations SET name = %s", names[_i]);
    result = status_run("log --from 2026-03-01 --width 80", NULL);
    for (const char *line = result.out; *line != '\0'; line += strcspn(line, "\n") + 1) {
        const char *end = line + strcspn(line, "\n");
        const char *id = strstr(line, " b0000000 ");

        ck_assert_int_le(columns_to(line, end), LINE_COLUMNS);
        if (id == NULL || id > end)
            continue;
        ck_assert_msg(columns_to(line, id) == 40, "%.*s", (int)(end - line), line);
        rows++;
    }
    ck_assert_int_eq(rows, 4);
    ck_assert_ptr_null(strchr(result.out, '\033'));
    ck_assert_ptr_null(strstr(result.out, "\xE2\x80\xAE"));
    ck_assert_ptr_null(strstr(result.out, "\xE2\x81\xA6"));
    program_result_free(&result);
}
END_TEST

/* Covers: a real reader of CSV reads back what the log holds, and no cell is a formula. */
START_TEST(test_csv)
{
    static const char line[] =
        "\"$0\" log --from 2026-03-01 --csv | python3 -c 'import csv, sys, io\n"
        "data = sys.stdin.buffer.read()\n"
        "assert data.count(b\"\\r\\n\") == 7, data\n"
        "rows = list(csv.DictReader(io.StringIO(data.decode(), newline=\"\")))\n"
        "assert len(rows) == 6\n"
        "for row in rows:\n"
        "    assert None not in row and None not in row.values()\n"
        "    assert not any(cell[:1] in list(\"=+-@\\t\\r\") and cell for cell in row.values()), "
        "row\n"
        "print(rows[0][\"organization\"]); print(rows[2][\"errorMessage\"])'";
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};
    struct program_result result;

    testdb_exec("UPDATE organizations SET name = '=HYPERLINK(\"http://x\",\"y\")';"
                "UPDATE sync_run_log SET error_message = E'one, \"two\"\\nthree; four'"
                " WHERE error_code = 'HTTP_500'");
    result = program_run(argv, NULL);
    ck_assert_msg(result.status == 0, "%s", result.err);
    ck_assert_str_eq(result.out, "'=HYPERLINK(\"http://x\",\"y\")\none, \"two\"\nthree; four\n");
    program_result_free(&result);
}
END_TEST

/* ---- One in full ---- */

static const struct {
    const char *word;
    int status;
    const char *said[12]; /* by stdout, or by stderr where it is refused */
} fulls[] = {
    {"c3000000-0000-4000-8000-000000000003",
     0,
     {"Bl\xC3\xA5klokken Barnehage SA / xledger (b0000000)\n",
      "02:00 Europe/Oslo (2026-03-02T01:00:00Z)", "outcome     unknown TIMEOUT\n",
      "message     no answer within 40 s\n", "            02:00:00  due\n",
      "            02:00:02  claimed by cron on beta (schedule)\n",
      "            02:00:03  called 3.0s after its time, by worker tick/1\n",
      "            02:00:43  ended after 40s\n", "            1  c2000000  ",
      "            2  c3000000  ", "syncsched status --integration b0000000\n"}},
    {"C2",
     0,
     {"outcome     failed HTTP_500 (rejected)\n",
      "HTTP        500, request 1f3c of the platform's log\n",
      "            02:00:15  answered after 12s\n", "2  c3000000  "}},
    {"a0000000-0000-4000-8000-000000000001/b0000000-0000-4000-8000-000000000001/"
     "2026-03-02T01:00:00Z",
     0,
     {"run         c3000000-0000-4000-8000-000000000003\n",
      "key         a0000000-0000-4000-8000-000000000001/b0000000-0000-4000-8000-000000000001/"
      "2026-03-02T01:00:00Z\n"}},
    {"c4", 0, {"outcome     given up GIVEN_UP\n", "exports     what lies after "}},
    {"c6000000-0000", 0, {"outcome     accepted\n", "02:00:04  accepted: the function works on\n"}},
    {"c", 2, {"\"c\" is the beginning of several: c1000000-0000-4000-8000-000000000001, c2"}},
    {"d", 2, {"the log has no run \"d\" (syncsched log --since 7d"}},
    {"xyz", 2, {"\"xyz\" is not the id of a run (write its id, "}},
    {"a/b/c", 2, {"\"a/b/c\" is not the id of a run"}},
    {"c1 c2", 2, {"'c2' is one argument too many"}},
    {"c1 --status failed", 2, {"--status chooses among runs, and one is named"}},
    {"--from today --since 2d", 2, {"--from and --since are the same: give one of them"}},
    {"--csv --json", 2, {"--csv and --json: give one of them"}},
    {"--org nobody", 2, {"no organisation has \"nobody\""}},
    {"--integration b1000000-0000-4000-8000-00000000000f", 2, {"no integration has \"b1"}},
};

START_TEST(test_full)
{
    struct program_result result;
    const char *shown;
    char line[200];

    snprintf(line, sizeof line, "log --width 80 %s", fulls[_i].word);
    result = status_run(line, NULL);
    ck_assert_msg(result.status == fulls[_i].status, "%s: %d %s", line, result.status, result.err);
    shown = result.status == 0 ? result.out : result.err;
    for (size_t i = 0; fulls[_i].said[i] != NULL; i++)
        ck_assert_msg(strstr(shown, fulls[_i].said[i]) != NULL, "not said: %s\n%s",
                      fulls[_i].said[i], shown);
    if (result.status == 2)
        ck_assert_str_eq(result.out, "");
    program_result_free(&result);
}
END_TEST

START_TEST(test_full_json)
{
    struct program_result result = status_run("log --json c3", NULL);

    json_schema_check("runs", result.out);
    ck_assert_ptr_nonnull(strstr(result.out, "\"attempts\":[{"));
    program_result_free(&result);
}
END_TEST

/* Covers: what can be done is a command of this program, with options that it has. */
START_TEST(test_actions)
{
    static const char line[] =
        "for run in c1 c2 c3 c4 c5 c6; do \"$0\" log --json $run; done | python3 -c '\n"
        "import json, sys, subprocess\n"
        "for line in sys.stdin:\n"
        "    for action in json.loads(line)[\"actions\"]:\n"
        "        words = action[\"command\"].split()\n"
        "        help = subprocess.run([sys.argv[1], words[1], \"--help\"], capture_output=True, "
        "text=True).stdout\n"
        "        for word in words:\n"
        "            assert not word.startswith(\"--\") or \"  \" + word in help, action\n"
        "        print(words[1])' \"$0\" | sort | uniq -c | grep -c .";
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};
    struct program_result result = program_run(argv, NULL);

    ck_assert_msg(result.status == 0 && strtol(result.out, NULL, 10) >= 1, "%s%s", result.out,
                  result.err);
    program_result_free(&result);
}
END_TEST

#define ORG_A  "a0000000-0000-4000-8000-000000000001"
#define PAIR_B "b0000000-0000-4000-8000-000000000001"

static const struct {
    const char *other; /* which is there, too */
    const char *named;
} namesakes[] = {
    {"('a1000000-0000-4000-8000-000000000001', 'b2000000-0000-4000-8000-000000000001'",
     "status --integration b0000000\n"},
    {"('a1000000-0000-4000-8000-000000000001', '" PAIR_B "'",
     "status --org a0000000 --integration b0000000\n"},
    {"('" ORG_A "', 'b0000000-0000-4000-8000-000000000002'",
     "status --org " ORG_A " --integration " PAIR_B "\n"},
};

/* Covers: what is to be pasted names one integration, also where another is called as it is. */
START_TEST(test_pasted)
{
    static const char line[] = "\"$0\" log c3 | sed -n 's/^  syncsched \\(status .*\\)/\\1/p' |"
                               " tee /dev/stderr | xargs \"$0\"";
    const char *const argv[] = {"sh", "-c", line, scene_program(), NULL};
    struct program_result result;

    testdb_exec("INSERT INTO organization_integrations VALUES %s, 'bufdir', '0 3 * * *')",
                namesakes[_i].other);
    result = program_run(argv, NULL);
    ck_assert_msg(strstr(result.err, namesakes[_i].named) != NULL &&
                      strstr(result.out, "xledger") != NULL && strstr(result.out, "bufdir") == NULL,
                  "%s%s", result.out, result.err);
    program_result_free(&result);
}
END_TEST

/* ---- What it costs ---- */

static void seed_many(void)
{
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, created_at,"
                " started_at, completed_at, records_exported, error_message)"
                " SELECT i.org_id, i.integration_id, 'xledger', slot, slot, 1, 'completed', 'key',"
                "        'schedule', 'w', slot, slot, slot, 7, repeat('m', 200)"
                "   FROM organization_integrations AS i, generate_series(1, %d) AS n,"
                "        LATERAL (SELECT '2025-01-01T00:00Z'::timestamptz"
                "                        + n * interval '1 minute' AS slot) AS s;"
                "ANALYZE sync_run_log",
                RUNS_MANY / 2);
}

static const char *const counters[] = {
    "\"$0\" log --from 2025-01-01 --to 2026-01-01 --json | grep -c '\"scheduledFor\"'",
    "\"$0\" log --from 2025-01-01 --to 2026-01-01 --csv | grep -c 'xledger'",
    "\"$0\" log --from 2025-01-01 --to 2026-01-01 | grep -c ' 7 records'",
};

/* Covers: runs are printed as they come, and never all in memory. */
START_TEST(test_streams)
{
    const char *const argv[] = {"sh", "-c", counters[_i], scene_program(), NULL};
    struct program_result result;

    seed_many();
    result = program_run(argv, NULL);
    ck_assert_int_eq(strtol(result.out, NULL, 10), RUNS_MANY);
    ck_assert_int_lt(result.most_kb, MOST_KB);
    program_result_free(&result);
}
END_TEST

/* Covers: when its reader has seen enough, it ends, and says so. */
START_TEST(test_reader_goes_away)
{
    const char *const argv[] = {
        "sh", "-c", "{ timeout 60 \"$0\" log --since 36500d; echo \"status $?\" >&2; } | head -n 1",
        scene_program(), NULL};
    struct program_result result;

    seed_many();
    result = program_run(argv, NULL);
    ck_assert_str_eq(result.err,
                     "syncsched: error: cannot write to standard output: Broken pipe\nstatus 4\n");
    program_result_free(&result);
}
END_TEST

/* What log, audit and report read of a day, of half the log, and from a day on; in minutes. */
static const struct {
    const char *sql;
    const char *parameters;
} plans[] = {
    {sql_runs, "NULL, NULL, 28940000, 28941440, NULL, NULL, NULL, NULL, NULL"},
    {sql_runs, "NULL, NULL, 28935000, 28950000, NULL, NULL, NULL, NULL, NULL"},
    {sql_runs, "NULL, NULL, 28956000, 137438953472, NULL, NULL, NULL, NULL, NULL"},
    {sql_audit, "28957000, 28958440, NULL, NULL, false"},
    {sql_audit, "28935000, 28950000, NULL, NULL, false"},
    {sql_audit, "28935000, 28950000, NULL, NULL, true"},
};

/* Covers: a period is found by the key of the log, however much of the log it is. */
START_TEST(test_plan)
{
    char *plan;

    seed_many();
    testdb_exec("PREPARE statement AS %s", plans[_i].sql);
    testdb_exec("CREATE TABLE plan (line text);"
                "DO $$ DECLARE line text; BEGIN FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) EXECUTE "
                "statement(%s)' LOOP INSERT INTO plan VALUES (line); END LOOP; END $$",
                plans[_i].parameters);
    plan = testdb_text("SELECT string_agg(line, E'\\n') FROM plan");
    ck_assert_msg(strstr(plan, "Seq Scan on sync_run_log") == NULL &&
                      strstr(plan, "sync_run_log_slot_key") != NULL,
                  "%s", plan);
    free(plan);
}
END_TEST

SUITE(runs)
{
    TCase *tcase = tcase_create("runs");
    TCase *many = tcase_create("runs-many");

    tcase_add_checked_fixture(tcase, open_scene, testdb_drop);
    tcase_add_loop_test(tcase, test_choice, 0, COUNT(choices));
    tcase_add_test(tcase, test_settled);
    tcase_add_test(tcase, test_lines);
    tcase_add_test(tcase, test_days);
    tcase_add_loop_test(tcase, test_names, 0, COUNT(names));
    tcase_add_test(tcase, test_csv);
    tcase_add_loop_test(tcase, test_full, 0, COUNT(fulls));
    tcase_add_test(tcase, test_full_json);
    tcase_add_test(tcase, test_actions);
    tcase_add_loop_test(tcase, test_pasted, 0, (int)(sizeof namesakes / sizeof *namesakes));
    suite_add_tcase(suite, tcase);
    tcase_add_checked_fixture(many, open_scene, testdb_drop);
    tcase_add_loop_test(many, test_streams, 0, COUNT(counters));
    tcase_add_test(many, test_reader_goes_away);
    tcase_add_loop_test(many, test_plan, 0, COUNT(plans));
    suite_add_tcase(suite, many);
}
