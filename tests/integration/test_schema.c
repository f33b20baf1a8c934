/*
 * The migration as a migration (applied twice, onto tables of somebody else, in part), and what its
 * keys and CHECKs refuse. Who may see the tables is test_schema_access.c's.
 */
#include "support/suite.h"
#include "support/testdb.h"

#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* Covers: the columns of sync_run_log are those of design section 3, in that order, and who made it. */
START_TEST(test_columns)
{
    assert_text(testdb_text("SELECT string_agg(attname, ' ' ORDER BY attnum) FROM pg_attribute"
                            " WHERE attrelid = 'sync_run_log'::regclass AND attnum > 0"),
                "run_id org_id integration_id integration_type scheduled_for covers_from attempt"
                " status idempotency_key triggered_by worker created_at started_at completed_at"
                " failed_at records_exported error_class error_code error_message"
                " trigger_name host period_start accepted_at http_status request_id retry_at"
                " resolution resolved_at resolved_by resolution_note call_until"
                " left_at is_unsaid");
}
END_TEST

/* Covers: applying again changes nothing, rows included. */
START_TEST(test_applies_twice)
{
    char *before = testdb_dump("-s");
    char *after;

    ck_assert_ptr_nonnull(strstr(before, "ENABLE ROW LEVEL SECURITY"));
    testdb_exec("INSERT INTO sync_trigger_state VALUES ('cron', 'host', now())");
    testdb_exec("INSERT INTO organizations (name) VALUES ('A')");
    testdb_apply_schema();
    after = testdb_dump("-s");
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state, organizations"), 1);
    free(before);
    free(after);
}
END_TEST

/* Covers: tables of somebody else are left alone but for organizations.timezone. */
START_TEST(test_existing_tables)
{
    const char *options = "-s -t organizations -t organization_integrations";
    char *before;
    char *after;

    testdb_exec(
        "CREATE TYPE kind AS ENUM ('xledger', 'dynamics', 'bufdir', 'other');"
        "CREATE TABLE organizations (id uuid PRIMARY KEY, name varchar(80) NOT NULL, plan text);"
        "CREATE TABLE organization_integrations ("
        "    org_id uuid REFERENCES organizations, integration_id uuid, integration_type kind,"
        "    secret_name text, cron_schedule varchar(100), is_enabled boolean,"
        "    PRIMARY KEY (org_id, integration_id));"
        "INSERT INTO organizations VALUES (gen_random_uuid(), 'A', 'free')");
    before = testdb_dump(options);
    testdb_apply_schema();
    testdb_apply_schema();
    assert_text(testdb_text("SELECT data_type || ' ' || is_nullable FROM information_schema.columns"
                            " WHERE table_name = 'organizations' AND column_name = 'timezone'"),
                "text YES");
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM organizations WHERE timezone IS NULL"), 1);
    testdb_exec("ALTER TABLE organizations DROP COLUMN timezone");
    after = testdb_dump(options);
    ck_assert_str_eq(before, after);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"), 0);
    free(before);
    free(after);
}
END_TEST

/* Covers: a timezone that is there already is not touched, not even on a view elsewhere. */
START_TEST(test_existing_view)
{
    testdb_exec("CREATE SCHEMA app;"
                "CREATE VIEW app.organizations AS SELECT gen_random_uuid() AS id,"
                "    'A'::text AS name, 'Z'::varchar(9) AS timezone;"
                "SET search_path = public, app");
    testdb_apply_schema();
    assert_text(testdb_text("SELECT 'organizations'::regclass = 'app.organizations'::regclass"
                            " AND to_regclass('public.organizations') IS NULL"),
                "t");
}
END_TEST

/* Covers: psql applies all or nothing, ON_ERROR_STOP or not. */
START_TEST(test_all_or_nothing)
{
    char command[4200];
    int status;

    /* A column cannot be added to a typed table, so the migration fails in the middle. */
    testdb_exec("CREATE TYPE typed AS (id uuid); CREATE TABLE organizations OF typed");
    snprintf(command, sizeof command, "psql -Xq -f '%s' 2>/dev/null", testdb_schema_path());
    status = system(command);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_class"
                                   " WHERE relname ~ '^(sync_|organization_)'"),
                     0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_proc WHERE proname ~ '^sync_'"), 0);
}
END_TEST

/*
 * insert_run(overrides): a row that is right for its status (pending when not said), changed in
 * what overrides says.
 */
static const char insert_run_function[] =
    "CREATE FUNCTION insert_run(overrides jsonb) RETURNS void LANGUAGE sql AS $$\n"
    "    INSERT INTO sync_run_log\n"
    "    SELECT (jsonb_populate_record(NULL::sync_run_log,\n"
    "        jsonb_build_object('run_id', gen_random_uuid(), 'created_at', now())\n"
    "        || '{\"org_id\": \"00000000-0000-4000-8000-00000000000a\",\n"
    "             \"integration_id\": \"00000000-0000-4000-8000-000000000001\",\n"
    "             \"integration_type\": \"xledger\", \"attempt\": 1, \"status\": \"pending\",\n"
    "             \"scheduled_for\": \"2024-05-01T02:00Z\", \"covers_from\": "
    "\"2024-05-01T02:00Z\",\n"
    "             \"idempotency_key\": \"key\", \"triggered_by\": \"schedule\"}'\n"
    "        || CASE WHEN overrides ->> 'status' IN ('running', 'completed', 'failed')\n"
    "               THEN '{\"worker\": \"w1\", \"started_at\": \"2024-05-01T02:00:01Z\"}'\n"
    "               ELSE '{}'::jsonb END\n"
    "        || CASE overrides ->> 'status'\n"
    "               WHEN 'completed' THEN '{\"completed_at\": \"2024-05-01T02:00:02Z\"}'\n"
    "               WHEN 'failed' THEN '{\"failed_at\": \"2024-05-01T02:00:02Z\",\n"
    "                   \"error_class\": \"unknown\", \"error_code\": \"TIMEOUT\"}'\n"
    "               ELSE '{}'::jsonb END\n"
    "        || overrides)).*\n"
    "$$";

static void setup_rows(void)
{
    testdb_create();
    testdb_exec("%s", insert_run_function);
}

/* The SQLSTATE with which a run so changed is refused, or NULL. */
static char *try_run(const char *overrides)
{
    char sql[3000];

    snprintf(sql, sizeof sql, "SELECT insert_run('%s')", overrides);
    return testdb_try(NULL, NULL, sql);
}

static const char *const good_runs[] = {
    "{}",
    "{\"covers_from\": \"2024-05-01T01:00Z\", \"triggered_by\": \"catch_up\"}",
    "{\"scheduled_for\": \"2024-05-01T02:00:00+05:45\", \"covers_from\": \"2024-04-30T00:15Z\"}",
    "{\"attempt\": 2, \"triggered_by\": \"retry\"}",
    "{\"triggered_by\": \"manual\"}",
    "{\"status\": \"running\"}",
    "{\"status\": \"completed\"}",
    "{\"status\": \"completed\", \"records_exported\": 0}",
    "{\"status\": \"completed\", \"records_exported\": 9223372036854775807}",
    "{\"status\": \"completed\", \"error_message\": \"the answer came late\"}",
    "{\"status\": \"failed\"}",
    "{\"status\": \"failed\", \"error_message\": \"no answer within 50 s\"}",
    "{\"status\": \"failed\", \"error_class\": \"rejected\", \"error_code\": \"HTTP_500\"}",
    "{\"status\": \"failed\", \"error_class\": \"not_delivered\"}",
    /* given up or cancelled: never ran */
    "{\"status\": \"failed\", \"error_code\": \"GIVEN_UP\", \"worker\": null, \"started_at\": "
    "null}",
    /* a clock that was set back */
    "{\"status\": \"completed\", \"completed_at\": \"2024-04-01T00:00Z\"}",
};

START_TEST(test_good_run)
{
    ck_assert_pstr_eq(try_run(good_runs[_i]), NULL);
}
END_TEST

static const struct {
    const char *check; /* the constraint that must bite, without its sync_run_log_ and _check */
    const char *overrides;
} bad_runs[] = {
    {"scheduled_for", "{\"scheduled_for\": \"2024-05-01T02:00:30Z\"}"},
    {"scheduled_for", "{\"scheduled_for\": \"2024-05-01T02:00:00.000001Z\"}"},
    {"scheduled_for", "{\"scheduled_for\": \"infinity\"}"},
    {"covers_from", "{\"covers_from\": \"2024-05-01T01:59:59Z\"}"},
    {"covers_from", "{\"covers_from\": \"2024-05-01T02:01Z\"}"},
    {"covers_from", "{\"covers_from\": \"-infinity\"}"},
    {"attempt", "{\"attempt\": 0}"},
    {"attempt", "{\"attempt\": -1}"},
    {"status", "{\"status\": \"skipped\"}"},
    {"status", "{\"status\": \"Pending\"}"},
    {"status", "{\"status\": \"\"}"},
    {"idempotency_key", "{\"idempotency_key\": \"\"}"},
    {"triggered_by", "{\"triggered_by\": \"cron\"}"},
    {"records_exported", "{\"status\": \"completed\", \"records_exported\": -1}"},
    {"error_class", "{\"status\": \"failed\", \"error_class\": \"timeout\"}"},
    {"error_code", "{\"status\": \"failed\", \"error_code\": \"\"}"},
    {"status_columns", "{\"status\": \"failed\", \"worker\": null}"},
    {"status_columns", "{\"status\": \"failed\", \"started_at\": null}"},
    {"period_start", "{\"period_start\": \"2024-05-01T01:00:30Z\"}"},
    {"period_start", "{\"period_start\": \"2024-05-01T02:00Z\"}"},
    {"period_start", "{\"period_start\": \"-infinity\"}"},
    {"http_status", "{\"status\": \"failed\", \"http_status\": 99}"},
    {"request_id", "{\"status\": \"failed\", \"request_id\": \"\"}"},
    {"resolution", "{\"status\": \"failed\", \"resolution\": \"maybe\", \"resolved_at\": "
                   "\"2024-05-02T02:00Z\", \"resolved_by\": \"kari\"}"},
    {"answer_columns", "{\"status\": \"failed\", \"resolution\": \"done\"}"},
    {"answer_columns", "{\"status\": \"failed\", \"resolved_by\": \"kari\"}"},
    {"answer_columns", "{\"status\": \"failed\", \"resolution_note\": \"seen\"}"},
};

/* Covers: each CHECK refuses what it is for, and no other does: without it the row goes in. */
START_TEST(test_bad_run)
{
    char sql[1000];

    assert_text(try_run(bad_runs[_i].overrides), "23514");
    snprintf(sql, sizeof sql,
             "ALTER TABLE sync_run_log DROP CONSTRAINT sync_run_log_%s_check;"
             "SELECT insert_run('%s')",
             bad_runs[_i].check, bad_runs[_i].overrides);
    ck_assert_pstr_eq(testdb_try(NULL, NULL, sql), NULL);
}
END_TEST

/* Covers: the lengths, at their limits, counted in characters. */
START_TEST(test_lengths)
{
    static const struct {
        const char *column;
        int length;
        const char *refused;
    } cases[] = {{"error_message", 2000, NULL}, {"error_message", 2001, "23514"},
                 {"error_code", 64, NULL},      {"error_code", 65, "23514"},
                 {"request_id", 200, NULL},     {"request_id", 201, "23514"}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        char sql[200];
        char *state;

        snprintf(sql, sizeof sql,
                 "SELECT insert_run(jsonb_build_object('status', 'failed', '%s', repeat(U&'\\00F8',"
                 " %d)))",
                 cases[i].column, cases[i].length);
        state = testdb_try(NULL, NULL, sql);
        ck_assert_pstr_eq(state, cases[i].refused);
        free(state);
    }
}
END_TEST

/* What a status must (!), may (.) and must not (-) carry, in the order of the columns below. */
static const struct {
    const char *status;
    const char *rule;
} rules[] = {
    {"pending", "------------"},
    {"running", "!!------...-"},
    {"completed", "!!!-.--....-"},
    {"failed", "!!-!-!!....."}, /* worker and started_at: both or neither, see good_runs */
};

static const struct {
    const char *column;
    const char *value;
} optional[] = {
    {"worker", "\"w1\""},
    {"started_at", "\"2024-05-01T02:00:01Z\""},
    {"completed_at", "\"2024-05-01T02:00:02Z\""},
    {"failed_at", "\"2024-05-01T02:00:02Z\""},
    {"records_exported", "7"},
    {"error_class", "\"unknown\""},
    {"error_code", "\"TIMEOUT\""},
    {"error_message", "\"no answer\""},
    {"accepted_at", "\"2024-05-01T02:00:02Z\""},
    {"http_status", "202"},
    {"request_id", "\"0190-8a\""},
    {"retry_at", "\"2024-05-01T02:07:02Z\""},
};

/* A person's word about a run, with a note of that many characters. */
static char *try_resolution(const char *status, int note_length)
{
    char sql[400];

    snprintf(sql, sizeof sql,
             "SELECT insert_run(jsonb_build_object('status', '%s', 'resolution', 'done',"
             " 'resolved_at', '2024-05-02T02:00Z', 'resolved_by', 'kari',"
             " 'resolution_note', repeat(U&'\\00F8', %d)))",
             status, note_length);
    return testdb_try(NULL, NULL, sql);
}

/* Covers: what has ended may be resolved, what has not may not; a note has a limit. */
START_TEST(test_resolution)
{
    static const struct {
        const char *status;
        int note_length;
        const char *refused;
    } cases[] = {{"failed", 2000, NULL},
                 {"failed", 2001, "23514"},
                 {"completed", 5, NULL},
                 {"running", 5, "23514"},
                 {"pending", 5, "23514"}};

    for (size_t i = 0; i < COUNT(cases); i++) {
        char *state = try_resolution(cases[i].status, cases[i].note_length);

        ck_assert_pstr_eq(state, cases[i].refused);
        free(state);
    }
}
END_TEST

/* Covers: status by status, column by column, there and not there. */
START_TEST(test_status_columns)
{
    for (size_t i = 0; i < COUNT(optional); i++) {
        for (int present = 0; present < 2; present++) {
            char rule = rules[_i].rule[i];
            bool refused = present ? rule == '-' : rule == '!';
            char overrides[200];
            char *state;

            snprintf(overrides, sizeof overrides, "{\"status\": \"%s\", \"%s\": %s}",
                     rules[_i].status, optional[i].column, present ? optional[i].value : "null");
            state = try_run(overrides);
            ck_assert_msg(refused == (state != NULL && strcmp(state, "23514") == 0), "%s: %s",
                          overrides, state != NULL ? state : "accepted");
            free(state);
        }
    }
}
END_TEST

/* Covers: no CHECK of the schema is left out of the tables above. */
START_TEST(test_every_check_is_tested)
{
    size_t tested = 2; /* error_message, in test_lengths; resolution_note, in test_resolution */

    for (size_t i = 0; i < COUNT(bad_runs); i++)
        tested += i == 0 || strcmp(bad_runs[i].check, bad_runs[i - 1].check) != 0 ? 1 : 0;
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_constraint WHERE contype = 'c'"
                                   " AND conrelid = 'sync_run_log'::regclass"),
                     (long)tested);
}
END_TEST

/* A row of sync_probe_state that was claimed now; then what a probe found. */
#define INSERT_PROBE(next_probe_at, pause_s, rest)                                                 \
    "INSERT INTO sync_probe_state VALUES"                                                          \
    " ('xledger', now(), " next_probe_at ", " pause_s ", " rest ")"
#define IN_A_DAY             "now() + interval '1 day'"
#define UNPROBED             "NULL, NULL, NULL, NULL"
#define PROBED(result, code) "now(), '" result "', '" code "', now()"

static const struct {
    const char *refused;
    const char *sql;
} statements[] = {
    /* one run a slot and attempt */
    {"23505", "SELECT insert_run('{\"status\": \"failed\"}'), insert_run('{}')"},
    {NULL, "SELECT insert_run('{\"status\": \"failed\"}'), insert_run('{\"attempt\": 2}')"},
    /* one active run an integration */
    {"23505", "SELECT insert_run('{}'), insert_run('{\"attempt\": 2}')"},
    {"23505", "SELECT insert_run('{\"status\": \"running\"}'),"
              " insert_run('{\"scheduled_for\": \"2024-05-01T03:00Z\"}')"},
    {NULL, "SELECT insert_run('{\"status\": \"completed\"}'),"
           " insert_run('{\"scheduled_for\": \"2024-05-01T03:00Z\"}')"},
    {NULL, "SELECT insert_run('{}'),"
           " insert_run('{\"integration_id\": \"00000000-0000-4000-8000-000000000002\"}'),"
           " insert_run('{\"org_id\": \"00000000-0000-4000-8000-00000000000b\"}')"},
    {"23505",
     "SELECT insert_run(r || '{\"status\": \"failed\"}'), insert_run(r || '{\"attempt\": 2}')"
     " FROM jsonb_build_object('run_id', gen_random_uuid()) AS r"},
    /* what a row must have */
    {"23502", "SELECT insert_run('{\"run_id\": null}')"},
    {"23502", "SELECT insert_run('{\"org_id\": null}')"},
    {"23502", "SELECT insert_run('{\"integration_id\": null}')"},
    {"23502", "SELECT insert_run('{\"integration_type\": null}')"},
    {"23502", "SELECT insert_run('{\"scheduled_for\": null}')"},
    {"23502", "SELECT insert_run('{\"covers_from\": null}')"},
    {"23502", "SELECT insert_run('{\"attempt\": null}')"},
    {"23502", "SELECT insert_run('{\"status\": null}')"},
    {"23502", "SELECT insert_run('{\"idempotency_key\": null}')"},
    {"23502", "SELECT insert_run('{\"triggered_by\": null}')"},
    {"23502", "SELECT insert_run('{\"created_at\": null}')"},
    /* the state tables */
    {NULL, "INSERT INTO sync_schedule_state VALUES"
           " (gen_random_uuid(), gen_random_uuid(), '', '2024-05-01T02:00Z')"},
    {"23502", "INSERT INTO sync_schedule_state VALUES"
              " (gen_random_uuid(), gen_random_uuid(), NULL, '2024-05-01T02:00Z')"},
    {"23502", "INSERT INTO sync_schedule_state VALUES"
              " (gen_random_uuid(), gen_random_uuid(), '', NULL)"},
    {"23514", "INSERT INTO sync_schedule_state VALUES"
              " (gen_random_uuid(), gen_random_uuid(), '', '2024-05-01T02:00:01Z')"},
    {"23514", "INSERT INTO sync_schedule_state VALUES"
              " (gen_random_uuid(), gen_random_uuid(), '', 'infinity')"},
    {"23505", "INSERT INTO sync_schedule_state SELECT id, id, '', '2024-05-01T02:00Z'"
              " FROM gen_random_uuid() AS id, generate_series(1, 2)"},
    {NULL, "INSERT INTO sync_schedule_journal VALUES"
           " (gen_random_uuid(), gen_random_uuid(), '-infinity', '?', '2024-05-01T02:00Z')"},
    {"23514", "INSERT INTO sync_schedule_journal VALUES"
              " (gen_random_uuid(), gen_random_uuid(), '2024-05-01T02:00Z', '', NULL)"},
    {"23514", "INSERT INTO sync_schedule_journal VALUES"
              " (gen_random_uuid(), gen_random_uuid(), '2024-05-01T02:00:01Z', '? UTC', NULL)"},
    {"23514", "INSERT INTO sync_schedule_journal VALUES (gen_random_uuid(), gen_random_uuid(),"
              " '2024-05-01T02:00Z', '? UTC', '2024-05-01T01:59Z')"},
    {NULL, "INSERT INTO sync_trigger_state VALUES ('a', 'x', now()), ('a', 'y', now())"},
    {"23505", "INSERT INTO sync_trigger_state VALUES ('a', 'x', now()), ('a', 'x', now())"},
    {"23502", "INSERT INTO sync_trigger_state VALUES ('a', 'x', NULL)"},
    /* no two probes within 15 minutes, whoever writes the row */
    {NULL, INSERT_PROBE("now() + interval '15 minutes'", "900", UNPROBED)},
    {"23514", INSERT_PROBE("now() + interval '14 minutes 59.999 s'", "900", UNPROBED)},
    {"23514", INSERT_PROBE("'infinity'", "900", UNPROBED)},
    {"23514", INSERT_PROBE(IN_A_DAY, "899", UNPROBED)},
    {NULL, INSERT_PROBE(IN_A_DAY, "86400", UNPROBED)},
    {"23514", INSERT_PROBE(IN_A_DAY, "86401", UNPROBED)},
    {NULL, INSERT_PROBE(IN_A_DAY, "900", PROBED("throttled", "HTTP_429"))},
    {"23514", INSERT_PROBE(IN_A_DAY, "900", PROBED("well", "HTTP_200"))},
    {"23514", INSERT_PROBE(IN_A_DAY, "900", PROBED("reachable", ""))},
    {"23514", INSERT_PROBE(IN_A_DAY, "900", "now(), 'reachable', NULL, now()")},
    /* what is to be exported: odd rows are the tool's to warn about */
    {NULL, "INSERT INTO organization_integrations (org_id, integration_type, cron_schedule)"
           " VALUES (gen_random_uuid(), 'fax', 'every now and then')"},
    {NULL, "INSERT INTO organizations (name, timezone) VALUES ('A', 'Mars/Olympus')"},
    {"23505", "INSERT INTO organization_integrations (org_id, integration_id, integration_type)"
              " SELECT id, id, 'xledger' FROM gen_random_uuid() AS id, generate_series(1, 2)"},
};

START_TEST(test_statement)
{
    char *state = testdb_try(NULL, NULL, statements[_i].sql);

    ck_assert_msg(statements[_i].refused == NULL
                      ? state == NULL
                      : state != NULL && strcmp(state, statements[_i].refused) == 0,
                  "%s: %s", state != NULL ? state : "accepted", statements[_i].sql);
    free(state);
}
END_TEST

SUITE(schema)
{
    TCase *applied = tcase_create("applied");
    TCase *existing = tcase_create("existing");
    TCase *rows = tcase_create("rows");
    TCase *refused = tcase_create("statements");

    tcase_add_checked_fixture(applied, testdb_create, testdb_drop);
    tcase_add_test(applied, test_columns);
    tcase_add_test(applied, test_applies_twice);
    suite_add_tcase(suite, applied);

    tcase_add_checked_fixture(existing, testdb_create_empty, testdb_drop);
    tcase_add_test(existing, test_existing_tables);
    tcase_add_test(existing, test_existing_view);
    tcase_add_test(existing, test_all_or_nothing);
    suite_add_tcase(suite, existing);

    tcase_add_checked_fixture(rows, setup_rows, testdb_drop);
    tcase_add_loop_test(rows, test_good_run, 0, (int)COUNT(good_runs));
    tcase_add_loop_test(rows, test_bad_run, 0, (int)COUNT(bad_runs));
    tcase_add_test(rows, test_lengths);
    tcase_add_test(rows, test_resolution);
    tcase_add_loop_test(rows, test_status_columns, 0, (int)COUNT(rules));
    tcase_add_test(rows, test_every_check_is_tested);
    suite_add_tcase(suite, rows);

    tcase_add_checked_fixture(refused, setup_rows, testdb_drop);
    tcase_add_loop_test(refused, test_statement, 0, (int)COUNT(statements));
    suite_add_tcase(suite, refused);
}
