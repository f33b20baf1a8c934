/*
 * What a claim and a transition rely on when something comes between: somebody else between the
 * reading and the claim, or between the lock and the check; a clock, a role or a server setting that
 * is not what it should be.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EVERY       "* * * * *"
#define EVERY_STATE "* * * * * UTC"
#define DAILY       "0 2 * * *"
#define AT          "2024-05-01T02:00:00Z"

/* The first integration, every minute, accounted for up to `behind` minutes before the window's slot,
 * which it returns. */
static int64_t seed_behind(int behind)
{
    int64_t slot = scene_settle(8000);

    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - behind);
    return slot;
}

/* ---- Between the lock and the check ---- */

/* From now on an INSERT of "held" has its snapshot, and goes on when the gate is open. */
static void close_gate(void)
{
    testdb_exec("CREATE TABLE gate AS SELECT 'closed' AS state;"
                "CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "    WHILE current_setting('application_name') = 'held'"
                "          AND EXISTS (SELECT FROM gate) LOOP PERFORM pg_sleep(0.02); END LOOP;"
                "    RETURN NULL; END $$;"
                "CREATE TRIGGER wait_at_gate BEFORE INSERT ON sync_run_log"
                "    FOR EACH STATEMENT EXECUTE FUNCTION wait_at_gate()");
}

static const char is_at_gate[] = "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname ="
                                 " current_database() AND wait_event = 'PgSleep'";

/*
 * Covers: what is checked is no older than the lock. A tick stops in its claim with its snapshot
 * taken; were the lock not taken before that, a run by hand could serve a slot meanwhile, which the
 * tick then could not see, and would fold into its own, wider run.
 */
START_TEST(test_check_is_younger_than_lock)
{
    int64_t slot = seed_behind(6);
    struct program *held;
    char options[64];

    close_gate();
    scene_set_variable("PGAPPNAME=held");
    held = scene_start("");
    scene_wait_for(is_at_gate);
    scene_set_variable(NULL);
    snprintf(options, sizeof options, "--at %s", scene_minute_text(slot - 3));
    scene_expect(scene_run(options), 0, 1, 0, 0);
    testdb_exec("DELETE FROM gate");
    scene_expect(scene_wait(held), 1, 0, 0, 0);
    ck_assert_int_eq(scene_count(NULL), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: two claims of the same slot make one run, whichever of lock and key is the one that stops it. */
START_TEST(test_same_slot_from_two_claims)
{
    int64_t slot = scene_settle(8000) - 1; /* it has come */
    struct program *held;
    struct scene_tick first;
    struct scene_tick second;
    char state[80];
    char options[64];

    scene_seed(1, 1, scene_minute_cron(slot));
    snprintf(state, sizeof state, "%s UTC", scene_minute_cron(slot));
    scene_seed_state(1, state, slot - 1);
    close_gate();
    scene_set_variable("PGAPPNAME=held");
    held = scene_start("");
    scene_wait_for(is_at_gate);
    scene_set_variable(NULL);
    snprintf(options, sizeof options, "--at %s", scene_minute_text(slot));
    second = scene_run(options);
    testdb_exec("DELETE FROM gate");
    first = scene_wait(held);
    ck_assert_int_eq(first.triggered + second.triggered, 1);
    ck_assert_int_eq(scene_count(NULL), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&first);
    scene_tick_free(&second);
}
END_TEST

/* ---- Between the reading and the claim ---- */

/* The heartbeat comes between the two: its trigger stands for whoever does this then. */
static void do_after_reading(const char *sql)
{
    testdb_exec("CREATE FUNCTION meanwhile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "    %s; RETURN NULL; END $$;"
                "CREATE TRIGGER meanwhile AFTER INSERT ON sync_trigger_state"
                "    FOR EACH ROW EXECUTE FUNCTION meanwhile()",
                sql);
}

/* Covers: another tick, of a later window, has moved the mark on: it is not moved back. */
START_TEST(test_mark_moves_forward_only)
{
    int64_t slot = seed_behind(5);
    char has_come[100];

    snprintf(has_come, sizeof has_come, "SELECT now() > '%s'", scene_minute_text(slot));
    scene_wait_for(has_come); /* else the mark would be from the future */
    do_after_reading("UPDATE sync_schedule_state SET mark = mark + interval '6 minutes'");
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(scene_mark(1), slot + 1);
}
END_TEST

/* Covers: somebody has set the mark back: what lies behind where this tick looked stays ahead of it. */
START_TEST(test_mark_set_back)
{
    int64_t slot = seed_behind(5);

    do_after_reading("UPDATE sync_schedule_state SET mark = mark - interval '4 minutes'");
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(scene_mark(1), slot - 9);
    testdb_exec("DROP TRIGGER meanwhile ON sync_trigger_state");
    scene_settle(3000);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE covers_from = '%s'"
                                   " AND scheduled_for = '%s'",
                                   scene_minute_text(slot - 8), scene_minute_text(slot - 5)),
                     1);
}
END_TEST

/* Covers: another tick has seen the schedule under a text that this one does not know. */
START_TEST(test_state_changed_after_reading)
{
    int64_t slot = seed_behind(5);

    do_after_reading("UPDATE sync_schedule_state SET schedule = '1 1 1 1 * UTC'");
    scene_expect(scene_run(""), 0, 1, 0, 0);
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(scene_mark(1), slot - 5);
}
END_TEST

/* ---- Clocks, roles and settings ---- */

static long count_given_up(void)
{
    return testdb_number(
        "SELECT count(*) FROM sync_run_log WHERE error_code IN ('ABANDONED', 'GIVEN_UP')");
}

/*
 * Covers: while the clocks of host and database disagree, nothing is abandoned or given up, since
 * either may be wrong. The database's is a day ahead: its now() is found before PostgreSQL's.
 */
START_TEST(test_clocks_disagree)
{
    int64_t slot = seed_behind(300);
    struct scene_tick tick;

    scene_seed(2, 3, "0 0 1 1 *");
    free(scene_seed_run(2, "running", slot - 40, 40));
    free(scene_seed_run(3, "pending", slot - 70, 70));
    testdb_exec("CREATE FUNCTION public.now() RETURNS timestamptz STABLE LANGUAGE sql"
                " AS 'SELECT pg_catalog.now() + interval ''1 day'''");
    testdb_exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET search_path = public,"
                " pg_catalog', current_database()); END $$");
    tick = scene_run("--catch-up 1h");
    ck_assert_ptr_nonnull(strstr(tick.err, "clock"));
    ck_assert_int_eq(tick.status, 0);
    ck_assert_int_eq(count_given_up(), 0);
    ck_assert_int_eq(scene_count("running"), 1);
    ck_assert_int_eq(scene_mark(1), slot - 300);
    scene_tick_free(&tick);
    testdb_exec("DROP FUNCTION public.now()");
    tick = scene_run("--catch-up 1h");
    ck_assert_int_eq(count_given_up(), 2); /* the slots of one, the run of the other */
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a role that row level security filters is refused, instead of finding nothing due. */
START_TEST(test_filtered_role)
{
    char role[64];
    char variable[500];
    struct scene_tick tick;

    snprintf(role, sizeof role, "filtered_%ld", (long)getpid());
    testdb_exec("CREATE ROLE %s LOGIN PASSWORD 'filtered'", role);
    testdb_exec("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %s", role);
    snprintf(variable, sizeof variable, "SUPABASE_DB_URL=postgresql://%s:filtered@%s:%s/%s", role,
             getenv("PGHOST"), getenv("PGPORT"), getenv("PGDATABASE"));
    scene_seed(1, 1, EVERY);
    scene_set_variable(variable);
    tick = scene_run("");
    ck_assert_msg(tick.status == 3, "exit %d\n%s%s", tick.status, tick.out, tick.err);
    ck_assert_ptr_nonnull(strstr(tick.err, "row-level security"));
    ck_assert_ptr_nonnull(strstr(tick.err, "SYNCSCHED_DB_ROLE=service_role"));
    scene_tick_free(&tick);
    testdb_drop_role(role);
}
END_TEST

static const struct {
    const char *server;
    const char *seen;
} commits[] = {{"off", "on on on"}, {"local", "local local local"}};

/* Covers: where a server answers a COMMIT before it is on disk, transitions wait; else they leave it. */
START_TEST(test_commits_are_kept)
{
    char *seen;

    testdb_exec("DO $$ BEGIN EXECUTE format('ALTER DATABASE %%I SET synchronous_commit = %s',"
                " current_database()); END $$",
                commits[_i].server);
    testdb_exec("CREATE TABLE seen (setting text);"
                "CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                "    INSERT INTO seen VALUES (current_setting('synchronous_commit'));"
                "    RETURN NULL; END $$;"
                "CREATE TRIGGER see AFTER INSERT OR UPDATE ON sync_run_log"
                "    FOR EACH ROW EXECUTE FUNCTION see()");
    scene_seed(1, 1, "0 2 * * *");
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    seen = testdb_text("SELECT string_agg(setting, ' ') FROM seen");
    ck_assert_str_eq(seen, commits[_i].seen);
    free(seen);
}
END_TEST

/* ---- Odd rows of the state ---- */

/* Covers: quotes and backslashes in a text that the claim sends in an array keep nobody from being served. */
START_TEST(test_quotes_in_arrays)
{
    int64_t slot = scene_settle(20000);

    scene_seed(1, 2, EVERY);
    scene_seed_state(1, "say \"hi\", {NULL} and \\", slot - 1);
    scene_seed_state(2, EVERY_STATE, slot - 1);
    scene_expect(scene_run(""), 2, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state WHERE schedule = '%s'",
                                   EVERY_STATE),
                     2);
}
END_TEST

/* Covers: what a deleted integration with several runs in the log owed is cancelled; others are served. */
START_TEST(test_deleted_with_two_runs)
{
    int64_t slot = scene_settle(20000);

    scene_seed(2, 2, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - 10);
    scene_seed_state(2, EVERY_STATE, slot - 1);
    for (int i = 0; i < 2; i++)
        free(scene_seed_run(1, "completed", slot - 20 + i, 20));
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE error_code = 'CANCELLED'"
                      " AND integration_type = 'xledger'"),
        1);
}
END_TEST

/* ---- Settings of a role or a database ---- */

/* As a role or a database may have it, for those who connect from now on. */
static void set_for_all(const char *setting)
{
    testdb_exec("DO $do$ BEGIN EXECUTE format($$ALTER DATABASE %%I SET %s$$, current_database());"
                " END $do$",
                setting);
}

/* Covers: NULL in an array is no text (array_nulls): a schedule without zone or state is served. */
START_TEST(test_nulls_in_arrays)
{
    scene_seed(1, 2, EVERY);
    scene_seed_state(2, EVERY_STATE, scene_settle(8000) - 1);
    set_for_all("array_nulls = off");
    scene_expect(scene_run(""), 2, 0, 0, 0);
}
END_TEST

/* Covers: a day is 24 hours (TimeZone), though the clocks of the role's zone have changed in it. */
START_TEST(test_day_of_24_hours)
{
    char *zone = testdb_text("SELECT format('A0B-12,%%s/0,%%s/0', d - 1, (d + 180) %% 365)"
                             " FROM extract(doy FROM now() AT TIME ZONE 'UTC') AS e (n),"
                             " CAST(e.n AS int) AS d");
    char setting[100];

    scene_seed(1, 1, DAILY);
    free(scene_seed_run(1, "running", scene_settle(8000) - 20 * 60, 20 * 60));
    testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = started_at,"
                " error_class = 'rejected', error_code = 'E'");
    snprintf(setting, sizeof setting, "TimeZone = '%s'", zone);
    set_for_all(setting);
    scene_expect(scene_run("--catch-up 0s --max-attempts 2"), 1, 0, 0, 0);
    free(zone);
}
END_TEST

/* What doctor says; to be freed. */
static char *diagnose(void)
{
    struct program_result result = scene_command("doctor", NULL);
    char *said = strdup(result.out);

    program_result_free(&result);
    return said;
}

/* Covers: a backslash in a literal stays one (standard_conforming_strings): doctor's expressions. */
START_TEST(test_backslashes)
{
    char *said;

    set_for_all("standard_conforming_strings = off");
    said = diagnose();
    ck_assert_msg(strstr(said, "checks and indexes are as expected") != NULL, "%.1500s", said);
    free(said);
}
END_TEST

/* Covers: a name is compared as it is (quote_all_identifiers): a UUID is known to be one. */
START_TEST(test_quotes_around_names)
{
    char *said;

    testdb_exec("ALTER TABLE organizations RENAME COLUMN id TO org_id");
    set_for_all("quote_all_identifiers = on");
    said = diagnose();
    ck_assert_msg(strstr(said, "CREATE OR REPLACE VIEW syncsched.organizations") != NULL, "%.1500s",
                  said);
    ck_assert_msg(strstr(said, "md5(") == NULL, "%.1500s", said);
    free(said);
}
END_TEST

SUITE(tick_guards)
{
    TCase *keys = tcase_create("keys");
    TCase *between = tcase_create("between");
    TCase *settings = tcase_create("settings");
    TCase *odd = tcase_create("odd");

    tcase_add_checked_fixture(keys, scene_open, scene_close);
    tcase_add_test(keys, test_same_slot_from_two_claims);
    suite_add_tcase(suite, keys);

    tcase_add_checked_fixture(odd, scene_open, scene_close);
    tcase_add_test(odd, test_quotes_in_arrays);
    tcase_add_test(odd, test_deleted_with_two_runs);
    suite_add_tcase(suite, odd);

    tcase_add_checked_fixture(between, scene_open, scene_close);
    tcase_add_test(between, test_check_is_younger_than_lock);
    tcase_add_test(between, test_mark_moves_forward_only);
    tcase_add_test(between, test_mark_set_back);
    tcase_add_test(between, test_state_changed_after_reading);
    suite_add_tcase(suite, between);

    tcase_add_checked_fixture(settings, scene_open, scene_close);
    tcase_add_test(settings, test_clocks_disagree);
    tcase_add_test(settings, test_filtered_role);
    tcase_add_test(settings, test_nulls_in_arrays);
    tcase_add_test(settings, test_day_of_24_hours);
    tcase_add_test(settings, test_backslashes);
    tcase_add_test(settings, test_quotes_around_names);
    tcase_add_loop_test(settings, test_commits_are_kept, 0,
                        (int)(sizeof commits / sizeof *commits));
    suite_add_tcase(suite, settings);
}
