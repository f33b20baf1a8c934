/*
 * The user's own tables, which the migration leaves alone: ids that are NULL, two rows of one key,
 * and texts of no encoding. What is odd is set aside by name, and everything else goes on.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define AT       "2024-05-01T02:00:00Z"
#define DAILY    "0 2 * * *"
#define NEVER    "0 0 29 2 *"
#define PAIR_ID  "10000000-0000-4000-8000-000000000002" /* scene_integration(PAIR) */

enum { GOOD = 1, PAIR = 2 }; /* integrations */

/* `syncsched LINE`, with this exit status. */
static struct program_result command(const char *line, int status)
{
    struct program_result result;

    setenv("SUPABASE_URL", function_url(scene_function()), 1);
    setenv("SUPABASE_SERVICE_ROLE_KEY", SCENE_KEY, 1);
    result = scene_command(line, NULL);
    ck_assert_msg(result.status == status, "%s: exit %d: %.1500s%.1500s", line, result.status,
                  result.out, result.err);
    return result;
}

/* Each of them is said, on stdout or on stderr; or one, and that there are more. */
static void assert_said(const char *line, const char *out, const char *err,
                        const char *const said[])
{
    size_t found = 0;
    size_t count = 0;

    for (; said[count] != NULL; count++)
        found += strstr(out, said[count]) != NULL || strstr(err, said[count]) != NULL ? 1 : 0;
    ck_assert_msg(found == count || (found > 0 && strstr(err, "more rows are not valid") != NULL),
                  "%s: %zu of %zu: %.1500s%.1500s", line, found, count, out, err);
}

static void expect_said(const char *line, int status, const char *const said[])
{
    struct program_result result = command(line, status);

    assert_said(line, result.out, result.err, said);
    program_result_free(&result);
}

/* A tick that serves the good integration, or has none to serve; its warnings say each of these. */
static void expect_tick(const char *options, long triggered, long skipped, const char *const said[])
{
    struct scene_tick tick = scene_run(options);

    scene_check(&tick, triggered, skipped, 0, 0);
    assert_said(options, "", tick.err, said);
    scene_tick_free(&tick);
}

/* The trigger has said it a moment ago. */
static void expect_quiet_tick(long triggered, long skipped)
{
    struct scene_tick tick = scene_run("");

    scene_check(&tick, triggered, skipped, 0, 0);
    ck_assert_str_eq(tick.err, "");
    scene_tick_free(&tick);
}

/* Every command that reads schedules; status and health say each reason beside its integration. */
static void expect_commands(const char *const said[], const char *const reasons[])
{
    expect_said("due --at " AT, 0, said);
    expect_said("next", 0, said);
    expect_said("status --json", 1, reasons); /* nothing has ticked */
    expect_said("health --json", 1, reasons);
    expect_said("doctor", 0, said);
}

/* ---- Ids that are NULL ---- */

static void open_nulls(void)
{
    scene_open();
    testdb_exec("ALTER TABLE organization_integrations DROP CONSTRAINT"
                " organization_integrations_pkey;"
                "ALTER TABLE organization_integrations ALTER org_id DROP NOT NULL,"
                " ALTER integration_id DROP NOT NULL, ADD UNIQUE (org_id, integration_id)");
    scene_seed(GOOD, GOOD, DAILY);
    testdb_exec("INSERT INTO organization_integrations VALUES"
                " ('" SCENE_ORG "', NULL, 'xledger', '" DAILY "', true),"
                " (NULL, '%s', 'xledger', '" DAILY "', true),"
                " (NULL, NULL, 'xledger', '" DAILY "', true),"
                " (NULL, NULL, 'xledger', '" DAILY "', false)",
                scene_integration(9));
}

static const char *const null_warnings[] = {
    "Nordlys / xledger ((null)): ",
    "organisation (null) / xledger (10000000): ",
    "organisation (null) / xledger ((null)): ",
    NULL,
};

/* Covers: UNIQUE without NOT NULL; each such row is named, and nobody else's export waits. */
START_TEST(test_null_ids)
{
    expect_tick("--at " AT, 1, 0, null_warnings);
    expect_tick("", 0, 0, null_warnings);
    ck_assert_int_eq(scene_count("completed"), 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 1);
}
END_TEST

START_TEST(test_null_ids_elsewhere)
{
    expect_commands(null_warnings,
                    (const char *const[]){"set aside, an id that is NULL", "null", NULL});
    expect_said("audit --from " AT " --to 2024-05-02T00:00Z", 1, null_warnings);
}
END_TEST

/* ---- Two rows of one key ---- */

static const struct {
    const char *twice; /* SQL that makes two rows of the second integration */
    const char *once;  /* and one again */
    const char *said[5];
} pairs[] = {
    /* no key at all */
    {"ALTER TABLE organization_integrations DROP CONSTRAINT organization_integrations_pkey;"
     "INSERT INTO organization_integrations SELECT org_id, integration_id, 'dynamics', '30 3 * * *'"
     " FROM organization_integrations WHERE integration_id = '" PAIR_ID "'",
     "DELETE FROM organization_integrations WHERE integration_type = 'dynamics'",
     {"2 rows have these ids", "dynamics \"30 3 * * *\"", "xledger \"", "set aside", NULL}},
    /* one of them is disabled */
    {"ALTER TABLE organization_integrations DROP CONSTRAINT organization_integrations_pkey;"
     "INSERT INTO organization_integrations SELECT org_id, integration_id, 'dynamics',"
     " '30 3 * * *', false FROM organization_integrations WHERE integration_id = '" PAIR_ID "'",
     "DELETE FROM organization_integrations WHERE integration_type = 'dynamics'",
     {"2 rows have these ids", "dynamics \"30 3 * * *\" in UTC, disabled", "xledger \"",
      "set aside", NULL}},
    /* a view over a join */
    {"CREATE SCHEMA own; ALTER TABLE organization_integrations SET SCHEMA own;"
     "CREATE TABLE own.crons AS SELECT integration_id, cron_schedule"
     " FROM own.organization_integrations;"
     "INSERT INTO own.crons VALUES ('" PAIR_ID "', '30 3 * * *');"
     "CREATE VIEW organization_integrations AS SELECT i.org_id, i.integration_id,"
     " i.integration_type, c.cron_schedule, i.is_enabled"
     " FROM own.organization_integrations AS i JOIN own.crons AS c USING (integration_id)",
     "DELETE FROM own.crons WHERE cron_schedule = '30 3 * * *'",
     {"2 rows have these ids", "xledger \"30 3 * * *\"", "xledger \"", "set aside", NULL}},
    /* two rows of the organisation */
    {"ALTER TABLE organizations DROP CONSTRAINT organizations_pkey;"
     "INSERT INTO organizations VALUES ('00000000-0000-4000-8000-00000000000b', 'B', NULL),"
     " ('00000000-0000-4000-8000-00000000000b', 'B', 'Europe/Oslo');"
     "UPDATE organization_integrations SET org_id = '00000000-0000-4000-8000-00000000000b'"
     " WHERE integration_id = '" PAIR_ID "'",
     "DELETE FROM organizations WHERE timezone = 'Europe/Oslo'",
     {"2 rows have these ids", "in Europe/Oslo", "in UTC", "set aside", NULL}},
};

static const char *const pairs_reasons[] = {"set aside, 2 rows have these ids: ", NULL};

static char *state_of_pair(void)
{
    return testdb_text("SELECT concat_ws(' ', schedule, mark) FROM sync_schedule_state"
                       " WHERE integration_id = '%s'",
                       scene_integration(PAIR));
}

static void make_pair(const char *cron, size_t n)
{
    scene_seed(PAIR, PAIR, cron);
    testdb_exec("%s", pairs[n].twice);
}

/*
 * Covers: neither row is guessed to be the right one, and the state does not flip from tick to
 * tick. As soon as it is one row again, what it owes is served.
 */
START_TEST(test_pair)
{
    int64_t slot = scene_settle(30000);
    char *before;
    char *after;

    scene_seed(GOOD, GOOD, scene_minute_cron(slot));
    make_pair("* * * * *", (size_t)_i);
    testdb_exec("INSERT INTO sync_schedule_state SELECT org_id, integration_id, '* * * * * UTC',"
                " '%s' FROM organization_integrations WHERE integration_id = '%s' LIMIT 1",
                scene_minute_text(slot - 3), scene_integration(PAIR));
    before = state_of_pair();
    expect_tick("", 1, 0, pairs[_i].said);
    for (int n = 0; n < 2; n++)
        expect_quiet_tick(0, 1);
    after = state_of_pair();
    ck_assert_str_eq(after, before);
    ck_assert_int_eq(scene_count(NULL), 1);
    testdb_exec("%s", pairs[_i].once);
    scene_expect(scene_run(""), 1, 1, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'completed'"
                                   " AND scheduled_for - covers_from = interval '2 minutes'"),
                     1);
    free(before);
    free(after);
}
END_TEST

/* Covers: by hand, dry and in every report; each pair is one warning, and one line of a report. */
START_TEST(test_pair_elsewhere)
{
    struct program_result result;

    scene_seed(GOOD, GOOD, DAILY);
    make_pair(DAILY, (size_t)_i);
    expect_tick("--dry-run --at " AT, 1, 0, pairs[_i].said);
    expect_commands(pairs[_i].said, pairs_reasons);
    expect_said("audit --from " AT " --to 2024-05-02T00:00Z", 1, pairs[_i].said);
    expect_tick("--at " AT, 1, 0, pairs[_i].said);
    ck_assert_int_eq(scene_count(NULL), 1);
    result = command("next", 0);
    ck_assert_ptr_null(strstr(strstr(result.err, "set aside") + 1, "set aside"));
    program_result_free(&result);
}
END_TEST

/* Covers: neither adopted nor cancelled, nor tried again, while nobody knows which row it is. */
START_TEST(test_pair_in_the_log)
{
    int64_t slot = scene_settle(20000);

    scene_seed(GOOD, GOOD, NEVER);
    make_pair(NEVER, (size_t)_i);
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                "  covers_from, attempt, status, idempotency_key, triggered_by, created_at)"
                " SELECT org_id, integration_id, 'xledger', '%s', '%s', 1, 'pending', 'key',"
                "  'schedule', now() - interval '2 minutes'"
                " FROM organization_integrations WHERE integration_id = '%s' LIMIT 1",
                scene_minute_text(slot - 3), scene_minute_text(slot - 3), scene_integration(PAIR));
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(scene_count("pending"), 1);
    testdb_exec("UPDATE sync_run_log SET status = 'failed', worker = 'w', started_at = now(),"
                " failed_at = now() - interval '5 minutes', error_class = 'rejected',"
                " error_code = 'X'");
    scene_expect(scene_run("--max-attempts 9"), 0, 0, 0, 0);
    testdb_exec("%s", pairs[_i].once);
    scene_expect(scene_run("--max-attempts 9"), 1, 0, 0, 0);
}
END_TEST

/* Covers: the second row comes between the reading and the claim, which looks again. */
START_TEST(test_pair_after_reading)
{
    int64_t slot = scene_settle(30000);
    PGconn *stranger;
    struct program *tick;

    scene_seed(GOOD, PAIR, scene_minute_cron(slot));
    /* In its claim the tick waits here for a stranger: before it takes any lock of its own. */
    testdb_exec("ALTER TABLE organization_integrations DROP CONSTRAINT"
                " organization_integrations_pkey");
    free(scene_seed_run(7, "running", slot - 100, 60));
    testdb_exec("CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NEW; END $$;"
                "CREATE TRIGGER wait BEFORE UPDATE ON sync_run_log FOR EACH ROW"
                " WHEN (OLD.integration_id = '%s') EXECUTE FUNCTION wait()",
                scene_integration(7));
    stranger = scene_stranger("SELECT pg_advisory_xact_lock(7)");
    tick = scene_start("");
    scene_wait_for("SELECT count(*) = 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted");
    testdb_exec("INSERT INTO organization_integrations SELECT * FROM organization_integrations"
                " WHERE integration_id = '%s'",
                scene_integration(PAIR));
    PQfinish(stranger);
    scene_expect(scene_wait(tick), 1, 1, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE integration_id = '%s'",
                                   scene_integration(PAIR)),
                     0);
}
END_TEST

/* ---- Texts of no encoding ---- */

static const char *const encodings[] = {"SQL_ASCII", "LATIN1", "WIN1252"};

/*
 * Covers: bytes that no encoding knows, or that the database's has and UTF-8 has not; in each text
 * that is read.
 */
START_TEST(test_encoding)
{
    static const char *const said[] = {
        "Nordlys / xledger (10000000): cron_schedule",
        " (10000000): integration_type",
        "time zone ",
        NULL,
    };
    const char *odd = strcmp(encodings[_i], "LATIN1") == 0 ? "\\xE9" : "\\x81";
    char *name;

    testdb_create_in(encodings[_i]);
    scene_begin();
    scene_seed(GOOD, 3, DAILY);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = E'%s 2 * * *'"
                " WHERE integration_id = '%s';"
                "UPDATE organization_integrations SET integration_type = E'x%s'"
                " WHERE integration_id = '%s';"
                "INSERT INTO organizations VALUES ('00000000-0000-4000-8000-00000000000b',"
                " E'B%s', E'Europe/%sslo');"
                "INSERT INTO organization_integrations VALUES"
                " ('00000000-0000-4000-8000-00000000000b', '%s', 'xledger', '" DAILY "')",
                odd, scene_integration(2), odd, scene_integration(3), odd, odd,
                scene_integration(4));
    expect_commands(said,
                    (const char *const[]){"cron_schedule", "integration_type", "time zone", NULL});
    expect_said("audit --from " AT " --to 2024-05-02T00:00Z", 1, said);
    expect_tick("--at " AT, 1, 0, said);
    expect_tick("", 0, 0, said);
    expect_quiet_tick(0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 1);
    name = testdb_text("SELECT integration_id FROM sync_run_log");
    ck_assert_str_eq(name, scene_integration(GOOD));
    free(name);
    scene_close();
}
END_TEST

/* Covers: a text that becomes odd closes its state, as any other that is not valid does. */
START_TEST(test_encoding_of_edit)
{
    int64_t slot = scene_settle(20000);

    testdb_create_in(encodings[_i]);
    scene_begin();
    scene_seed(GOOD, PAIR, NEVER);
    scene_seed_state(PAIR, "* * * * * UTC", slot - 3);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = E'\\x81 * * * *'"
                " WHERE integration_id = '%s'",
                scene_integration(PAIR));
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"
                                   " WHERE error_code = 'CANCELLED'"),
                     1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state WHERE schedule = ''"),
                     1);
    scene_close();
}
END_TEST

SUITE(own_tables)
{
    TCase *nulls = tcase_create("nulls");
    TCase *twice = tcase_create("twice");
    TCase *texts = tcase_create("texts");

    tcase_add_checked_fixture(nulls, open_nulls, scene_close);
    tcase_add_test(nulls, test_null_ids);
    tcase_add_test(nulls, test_null_ids_elsewhere);
    suite_add_tcase(suite, nulls);

    tcase_add_checked_fixture(twice, scene_open, scene_close);
    tcase_add_loop_test(twice, test_pair, 0, (int)COUNT(pairs));
    tcase_add_loop_test(twice, test_pair_elsewhere, 0, (int)COUNT(pairs));
    tcase_add_loop_test(twice, test_pair_in_the_log, 0, 3); /* of the organisation, no matter */
    tcase_add_test(twice, test_pair_after_reading);
    suite_add_tcase(suite, twice);

    tcase_add_loop_test(texts, test_encoding, 0, (int)COUNT(encodings));
    tcase_add_loop_test(texts, test_encoding_of_edit, 0, (int)COUNT(encodings));
    suite_add_tcase(suite, texts);
}
