/*
 * Clocks that step: the database's alone, or the host's with it, for one tick, and back. On a server
 * whose clock is set while it runs. What was written meanwhile must lose no slot and double none.
 */
#include "support/clock_server.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

extern const char sql_abandon[];
extern const char sql_adopt[];
extern const char sql_claim[];
extern const char sql_mark[];

#define PROGRAM     TEST_BUILD_DIR "/syncsched"
#define EVERY       "* * * * *"
#define EVERY_STATE "* * * * * UTC"

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* The first integration, every minute, accounted for up to the minute before the slot of now. */
static int64_t seed(void)
{
    int64_t slot = scene_settle(20000);

    clock_server_set("+0");
    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - 1);
    return slot;
}

/* A tick while the database's clock, and the host's with it or not, is off by so much. */
static char *tick_at(const char *offset, bool host_too)
{
    struct scene_tick tick;
    char *err;

    clock_server_set(offset);
    scene_set_wrapper(host_too ? clock_server_wrapper() : NULL);
    tick = scene_run("");
    scene_set_wrapper(NULL);
    clock_server_set("+0");
    ck_assert_msg(tick.status == 0, "exit %d: %s", tick.status, tick.err);
    err = strdup(tick.err);
    scene_tick_free(&tick);
    return err;
}

/* The same, with what it must say; NULL: nothing is asked. */
static void tick(const char *offset, bool host_too, const char *said)
{
    char *err = tick_at(offset, host_too);

    if (said != NULL)
        ck_assert_msg(strstr(err, said) != NULL, "%s", err);
    free(err);
}

/* The runs as "status first..last code", slots in minutes after the origin. */
static void assert_runs(int64_t origin, const char *expected)
{
    assert_text(testdb_text("SELECT string_agg(concat_ws(' ', status,"
                            "  (extract(epoch FROM covers_from - '%s') / 60)::int || '..' ||"
                            "  (extract(epoch FROM scheduled_for - '%s') / 60)::int,"
                            "  error_code), ', ' ORDER BY covers_from, scheduled_for)"
                            " FROM sync_run_log",
                            scene_minute_text(origin), scene_minute_text(origin)),
                expected);
}

static struct program_result inspect(const char *command, const char *option)
{
    const char *const argv[] = {PROGRAM, command, "--config", "/dev/null", option, NULL};

    return program_run(argv, NULL);
}

/* What the audit says of the slots from the first one to before `clock`, ahead of now. */
static void assert_kept(int64_t slot, const char *clock)
{
    struct program_result said;
    char from[80];

    snprintf(from, sizeof from, "--from=%s", scene_minute_text(slot));
    clock_server_set(clock);
    said = inspect("audit", from);
    clock_server_set("+0");
    ck_assert_msg(strstr(said.out, "missing 0") != NULL, "%s%s", said.out, said.err);
    ck_assert_msg(strstr(said.out, "doubled 0") != NULL, "%s", said.out);
    program_result_free(&said);
}

/* ---- The database's clock alone ---- */

/* Covers: while the clocks disagree, nothing is served that lies later than the earlier one. */
START_TEST(test_database_ahead)
{
    int64_t slot = seed();
    struct scene_tick by_hand;
    char options[64];

    tick("+3d", false, "s apart; either may be wrong");
    assert_runs(slot, "completed 0..0");
    ck_assert_int_eq(scene_mark(1), slot);
    clock_server_set("+3d");
    snprintf(options, sizeof options, "--at %s", scene_minute_text(slot + 60));
    by_hand = scene_run(options);
    ck_assert_int_eq(by_hand.status, 2);
    ck_assert_ptr_nonnull(strstr(by_hand.err, "that time is in the future"));
    scene_tick_free(&by_hand);
    tick("+0", false, NULL);
    assert_runs(slot, "completed 0..0");
    tick("+6m", true, NULL); /* five minutes without a tick */
    assert_runs(slot, "completed 0..0, completed 1..6");
}
END_TEST

/* Covers: a host that lives in the past gives an edited schedule no past, and serves none of it. */
START_TEST(test_host_behind)
{
    int64_t slot = scene_settle(20000);

    clock_server_set("+1d");
    scene_seed(1, 1, EVERY);
    scene_seed_state(1, "0 0 1 1 * UTC", slot + 1440);
    tick("+1d", false, NULL);
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(scene_mark(1), slot + 1440);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), EVERY_STATE);
}
END_TEST

/*
 * Covers: where the database's clock steps back between the claim of a run and its start, the run did
 * not begin before its time, and covers all that it was folded over.
 */
START_TEST(test_database_back_before_start)
{
    int64_t slot = scene_settle(20000);

    clock_server_set("+0");
    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - 4);
    clock_server_run("chmod 666 \"$d/clock\"");
    testdb_exec(
        "CREATE FUNCTION step_back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " EXECUTE format('COPY (SELECT %%L) TO %%L', '-10m',"
        "   regexp_replace(current_setting('data_directory'), 'data$', 'clock'));"
        " RETURN NULL; END $$;"
        "CREATE TRIGGER step_back AFTER INSERT ON sync_run_log EXECUTE FUNCTION step_back()");
    tick("+0", false, NULL);
    assert_runs(slot, "completed -3..0");
    assert_kept(slot - 3, "+1m");
    ck_assert_int_eq(scene_count("completed") - testdb_number("SELECT count(*) FROM sync_run_log"
                                                              " WHERE started_at >= created_at"),
                     0);
}
END_TEST

/* ---- Both clocks ---- */

/*
 * Covers: slots that a clock from the future folded into one run are served at their time, but for the
 * one whose key that spent; the mark is corrected, with a warning, once; and catch-up goes on.
 */
START_TEST(test_both_ahead)
{
    int64_t slot = seed();
    char expected[200];

    tick("+2h", true, NULL);
    assert_runs(slot, "completed 0..120");
    ck_assert_int_eq(scene_mark(1), slot + 120);
    tick("+0", true, "its mark lay in the future and is corrected");
    ck_assert_int_le(scene_mark(1), slot + 1);
    tick("+1m", true, NULL);
    ck_assert_int_eq(scene_mark(1), slot + 1);
    tick("+6m", true, NULL); /* five minutes without a tick: they are one run */
    ck_assert_int_eq(scene_mark(1), slot + 6);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    snprintf(expected, sizeof expected,
             "SELECT count(*) FROM sync_run_log WHERE scheduled_for = '%s' AND covers_from > '%s'",
             scene_minute_text(slot + 6), scene_minute_text(slot + 1));
    ck_assert_int_eq(testdb_number("%s", expected), 1);
    tick("+120m", true, NULL);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_int_eq(scene_mark(1), slot + 120);
}
END_TEST

/*
 * Covers: of a run that began before its time, what lies behind its start is served, whoever moved
 * the mark.
 */
START_TEST(test_mark_ahead_again)
{
    int64_t slot = seed();

    tick("+2h", true, NULL);
    tick("+0", true, "its mark lay in the future and is corrected");
    testdb_exec("UPDATE sync_schedule_state SET mark = mark + interval '2 hours'");
    tick("+3m", true, NULL);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM generate_series(1, 3) AS m WHERE NOT EXISTS"
                      " (SELECT FROM sync_run_log"
                      "   WHERE covers_from <= timestamptz '%s' + m * interval '1 minute'"
                      "     AND scheduled_for >= timestamptz '%s' + m * interval '1 minute'"
                      "     AND scheduled_for <= timestamptz '%s' + interval '3 minutes')",
                      scene_minute_text(slot), scene_minute_text(slot), scene_minute_text(slot)),
        0);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/* Covers: so is one that lies in the window of the tick that corrects the mark. */
START_TEST(test_both_ahead_in_window)
{
    int64_t slot = seed();
    int before_slot = (int)(slot * 60 - 20 - time(NULL));
    char offset[32];

    snprintf(offset, sizeof offset, "%+ds", before_slot + 2 * 3600);
    tick(offset, true, NULL);
    assert_runs(slot, "completed 0..120");
    snprintf(offset, sizeof offset, "%+ds", before_slot);
    tick(offset, true, "its mark lay in the future and is corrected");
    assert_runs(slot, "completed 0..0, completed 0..120");
    assert_kept(slot, "+2m");
}
END_TEST

/* A tick so many minutes and seconds after the slot, whatever time it is. */
static void tick_behind(int64_t slot, int minutes, int seconds, const char *said)
{
    char offset[32];

    snprintf(offset, sizeof offset, "%+llds",
             (long long)(slot * 60 + minutes * 60 + seconds - time(NULL)));
    tick(offset, true, said);
}

/*
 * Covers: slots that a clock from the future folded into a run are served once their time has come,
 * and once, however late that is: also less than a minute before the wrong time, and behind it.
 * Whether the ticks come before the minute of their slot or in it.
 */
START_TEST(test_both_ahead_until_then)
{
    static const int seconds[] = {-20, 10};
    int64_t slot = seed();

    tick_behind(slot, 10, seconds[_i], NULL);
    tick_behind(slot, 0, seconds[_i], "its mark lay in the future and is corrected");
    tick_behind(slot, 8, seconds[_i], NULL);
    tick_behind(slot, 9, seconds[_i], NULL);
    assert_runs(slot, _i == 0 ? "completed 0..0, completed 0..10, completed 1..8, completed 9..9"
                              : "completed 0..10, completed 1..8, completed 9..9");
    tick_behind(slot, 20, seconds[_i], NULL);
    assert_kept(slot, "+21m");
}
END_TEST

/* Covers: what a second jump ahead folds again is served at its time. */
START_TEST(test_both_ahead_twice)
{
    int64_t slot = seed();

    tick("+2h", true, NULL);
    tick("+0", true, "its mark lay in the future and is corrected");
    tick("+123m", true, NULL);
    tick("+3m", true, "its mark lay in the future and is corrected");
    tick("+5m", true, NULL);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE scheduled_for = '%s'",
                                   scene_minute_text(slot + 5)),
                     1);
    assert_kept(slot, "+6m");
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/* Covers: nor is what such a clock saw cancelled so when its time comes. */
START_TEST(test_cancelled_ahead)
{
    int64_t slot = seed();

    testdb_exec("UPDATE sync_schedule_state SET schedule = '* 0-23 * * * UTC'");
    tick("+10m", true, NULL);
    tick("+0", true, NULL);
    tick("+12m", true, NULL);
    tick("+13m", true, NULL);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'completed'"
                                   " AND covers_from <= '%s' AND scheduled_for >= '%s'",
                                   scene_minute_text(slot + 2), scene_minute_text(slot + 8)),
                     1);
    assert_kept(slot, "+14m");
}
END_TEST

/*
 * Covers: when all clocks step back, and are right again later, the log accounts for every slot of a
 * fold that was served before.
 */
START_TEST(test_both_behind)
{
    int64_t slot = seed();

    tick("+0", true, NULL);
    tick("+6m", true, NULL);
    tick("+2m", true, "its mark lay in the future and is corrected");
    tick("+7m", true, NULL);
    tick("+8m", true, NULL);
    assert_kept(slot, "+9m");
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
}
END_TEST

/* Covers: the text of before an edit that a clock from the future saw is in force until then alone. */
START_TEST(test_edit_ahead)
{
    int64_t slot = scene_settle(20000);

    clock_server_set("+0");
    scene_seed(1, 1, EVERY);
    scene_seed_state(1, "0 0 1 1 * UTC", slot - 1);
    tick("+2h", true, NULL);
    tick("+0", true, NULL);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_schedule_journal WHERE stepped_back_to IS NULL"
                      " AND greatest(valid_from, valid_to) > now() + interval '1 minute'"),
        0);
    assert_text(testdb_text("SELECT string_agg(schedule || (valid_to IS NULL)::text, ', ' ORDER BY"
                            " schedule, valid_from) FROM sync_schedule_journal"),
                EVERY_STATE "true, " EVERY_STATE "false, 0 0 1 1 * UTCfalse");
}
END_TEST

/*
 * Covers: all clocks step back over an edit that a tick has seen, or before one has. What the old text
 * named up to then is judged by it all the same.
 */
START_TEST(test_both_behind_edit)
{
    static const char *const clocks[] = {"+0", "+1m", "+3m", "+4m", "+5m"};
    int64_t slot = seed();
    struct program_result said;
    char from[80];

    for (size_t i = 0; i < sizeof clocks / sizeof *clocks; i++)
        tick(clocks[i], true, NULL);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '0 0 1 1 *'");
    if (_i == 0)
        tick("+6m", true, NULL);
    tick("+2m", true, "its mark lay in the future and is corrected");
    tick("+7m", true, NULL);
    assert_kept(slot, "+8m");
    /* The last run of the old text. */
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for ="
                " (SELECT max(scheduled_for) FROM sync_run_log WHERE status = 'completed')");
    snprintf(from, sizeof from, "--from=%s", scene_minute_text(slot));
    clock_server_set("+8m");
    said = inspect("audit", from);
    clock_server_set("+0");
    ck_assert_msg(strstr(said.out, "missing     no run covers it") != NULL, "%s", said.out);
    ck_assert_int_eq(said.status, 1);
    program_result_free(&said);
}
END_TEST

/* Covers: nothing is given up on the word of one tick after a long silence, or by a clock ahead. */
START_TEST(test_year_ahead)
{
    int64_t slot = seed();

    tick("+365d", true, "nothing has ticked since");
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE error_code = 'GIVEN_UP'"), 0);
    tick("+0", true, NULL);
    tick("+1m", true, NULL);
    ck_assert_int_eq(scene_mark(1), slot + 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE scheduled_for <= '%s'",
                                   scene_minute_text(slot + 1)),
                     2);
    /* The next tick agrees, and exports go on all the same once the clocks are right. */
    tick("+365d", true, NULL);
    tick("+365d", true, "given up as too old");
    tick("+2m", true, NULL);
    tick("+3m", true, NULL);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE scheduled_for = '%s'"
                                   " AND status = 'completed'",
                                   scene_minute_text(slot + 3)),
                     1);
}
END_TEST

/* Covers: nor does a heartbeat from the future agree. */
START_TEST(test_year_ahead_beside_heartbeat)
{
    seed();
    testdb_exec("UPDATE sync_trigger_state SET last_tick_at = now() + interval '2 years'");
    tick("+365d", true, NULL);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE error_code = 'GIVEN_UP'"), 0);
}
END_TEST

/* ---- What a clock from the future left behind ---- */

/* Covers: a heartbeat from the future is no sign of life, and the next tick overwrites it. */
START_TEST(test_heartbeat)
{
    struct program_result said;

    seed();
    testdb_exec("DELETE FROM sync_trigger_state");
    tick("+30d", true, NULL);
    said = inspect("status", NULL);
    ck_assert_msg(strstr(said.out, "not ticking: ") != NULL, "%s%s", said.out, said.err);
    ck_assert_ptr_nonnull(strstr(said.out, "from the future"));
    program_result_free(&said);
    said = inspect("health", "--json");
    ck_assert_ptr_nonnull(strstr(said.out, "\"ticking\":false"));
    ck_assert_ptr_nonnull(strstr(said.out, "\"fromFuture\":true"));
    ck_assert_int_eq(said.status, 1);
    program_result_free(&said);
    said = inspect("doctor", NULL);
    ck_assert_msg(strstr(said.out, "from the future") != NULL, "%s", said.out);
    program_result_free(&said);
    tick("+0", true, NULL);
    said = inspect("status", NULL);
    ck_assert_msg(strstr(said.out, "from the future") == NULL, "%s", said.out);
    ck_assert_ptr_eq(strstr(said.out, "ticking: "), said.out);
    program_result_free(&said);
}
END_TEST

/* Covers: a run from the future does not block its integration until its time comes. */
START_TEST(test_runs)
{
    int64_t slot = seed();
    char *pending;
    char *running;

    scene_seed(2, 2, EVERY);
    scene_seed_state(2, EVERY_STATE, slot - 1);
    pending = scene_seed_run(1, "pending", slot - 1, 0);
    running = scene_seed_run(2, "running", slot - 1, 0);
    testdb_exec("UPDATE sync_run_log SET created_at = created_at + interval '2 hours',"
                " started_at = started_at + interval '2 hours'");
    tick("+0", true, NULL);
    assert_text(testdb_text("SELECT status FROM sync_run_log WHERE run_id = '%s'", pending),
                "completed");
    assert_text(testdb_text("SELECT error_code FROM sync_run_log WHERE run_id = '%s'", running),
                "ABANDONED");
    tick("+0", true, NULL);
    ck_assert_int_eq(scene_mark(1), slot);
    ck_assert_int_eq(scene_mark(2), slot);
    ck_assert_int_eq(scene_count("completed"), 3);
    free(pending);
    free(running);
}
END_TEST

/* Covers: a run of the future that somebody is about to write is left for a later tick to correct. */
START_TEST(test_run_held)
{
    int64_t slot = seed();
    char *early = scene_seed_run(1, "completed", slot + 5, 0);
    PGconn *stranger;

    testdb_exec("UPDATE sync_run_log SET started_at = started_at + interval '2 hours'");
    stranger = scene_stranger("SELECT FROM sync_run_log FOR UPDATE");
    tick("+0", true, NULL);
    PQfinish(stranger);
    ck_assert_int_eq(scene_count("completed"), 2);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE run_id = '%s'"
                                   " AND started_at > now() + interval '1 hour'",
                                   early),
                     1);
    free(early);
}
END_TEST

/*
 * Covers: audit and health tell of a run that was served before its time; and it doubles nothing. It
 * is an error of the audit until somebody sends the slot again.
 */
START_TEST(test_served_early)
{
    int64_t slot = seed();
    struct program_result said;
    char from[80];
    char again[160];

    snprintf(from, sizeof from, "--from=%s", scene_minute_text(slot));
    tick("+4m", true, NULL);
    tick("+0", true, NULL);
    said = inspect("health", NULL);
    ck_assert_msg(strstr(said.out, "served before its time: ") != NULL, "%s", said.out);
    program_result_free(&said);
    tick("+1m", true, NULL);
    tick("+2m", true, NULL);
    clock_server_set("+7m");
    said = inspect("audit", from);
    clock_server_set("+0");
    ck_assert_msg(strstr(said.out, "before its time") != NULL, "%s%s", said.out, said.err);
    ck_assert_msg(strstr(said.out, "doubled 0") != NULL, "%s", said.out);
    ck_assert_int_eq(said.status, 1);
    program_result_free(&said);
    snprintf(again, sizeof again, "--integration %s --at %s --again", scene_integration(1),
             scene_minute_text(slot + 4));
    clock_server_set("+7m");
    scene_set_wrapper(clock_server_wrapper());
    scene_expect(scene_run(again), 1, 0, 0, 0);
    scene_set_wrapper(NULL);
    said = inspect("audit", from);
    clock_server_set("+0");
    ck_assert_ptr_eq(strstr(said.out, "before its time"), NULL);
    ck_assert_msg(said.status == 0, "%s%s", said.out, said.err);
    program_result_free(&said);
}
END_TEST

/* ---- A tick that was frozen ---- */

/* How a statement of the claim ends, by a tick that was frozen for ten minutes since its reading. */
static void run_frozen(const char *types, const char *sql, const char *parameters)
{
    testdb_exec("BEGIN; SET LOCAL syncsched.open = '1'; PREPARE asked (%s) AS %s", types, sql);
    testdb_exec("EXECUTE asked (%s)", parameters);
    testdb_exec("DEALLOCATE asked; COMMIT");
}

/*
 * Covers: to a tick that was frozen, what others did meanwhile is not from the future: it adopts and
 * abandons none of their runs, serves nothing again, and moves no mark back.
 */
START_TEST(test_frozen_since_reading)
{
#define TEN_AGO "((extract(epoch FROM now()) - 600) * 1000000)::bigint::text"
    int64_t slot = scene_settle(10000);
    char ids[200];
    char parameters[800];

    scene_seed_state(1, EVERY_STATE, slot);
    free(scene_seed_run(1, "completed", slot, 0));
    free(scene_seed_run(2, "running", slot, 0));
    free(scene_seed_run(3, "pending", slot, 0));
    testdb_exec("UPDATE sync_run_log SET covers_from = covers_from - interval '5 minutes'");
    run_frozen("text, text", sql_abandon, TEN_AGO ", NULL");
    ck_assert_int_eq(scene_count("running"), 1);
    run_frozen("text, text, text, text, text, text", sql_adopt,
               TEN_AGO ", '0', 't', 't', NULL, NULL");
    ck_assert_int_eq(scene_count("pending"), 1);
    snprintf(ids, sizeof ids, "'{" SCENE_ORG "}', '{%s}'", scene_integration(1));
    snprintf(parameters, sizeof parameters,
             "%s, '{xledger}', '{1}', '{%lld}', '{%lld}', '{1}', '{SERVE}', 'f', '%lld', " TEN_AGO
             ", 'cron', 'host', " TEN_AGO ", 't'",
             ids, (long long)slot - 5, (long long)slot, (long long)slot);
    run_frozen("text, text, text, text, text, text, text, text, text, text, text, text, text, text,"
               " text",
               sql_claim, parameters);
    ck_assert_int_eq(scene_count(NULL), 3);
    snprintf(parameters, sizeof parameters,
             "%s, '{\"" EVERY_STATE
             "\"}', '{%lld}', '{%lld}', '{}', '{}', '{}', '{}', '{}', " TEN_AGO,
             ids, (long long)slot - 10, (long long)slot - 9);
    run_frozen("text, text, text, text, text, text, text, text, text, text, text", sql_mark,
               parameters);
    ck_assert_int_eq(scene_mark(1), slot);
}
END_TEST

SUITE(clocks)
{
    TCase *frozen = tcase_create("frozen");

    TCase *cases = tcase_create("clocks");

    tcase_add_unchecked_fixture(cases, clock_server_start, clock_server_stop);
    tcase_add_checked_fixture(cases, scene_open, scene_close);
    tcase_add_test(cases, test_database_ahead);
    tcase_add_test(cases, test_host_behind);
    tcase_add_test(cases, test_database_back_before_start);
    tcase_add_test(cases, test_both_ahead);
    tcase_add_test(cases, test_mark_ahead_again);
    tcase_add_test(cases, test_both_ahead_twice);
    tcase_add_test(cases, test_both_ahead_in_window);
    tcase_add_loop_test(cases, test_both_ahead_until_then, 0, 2);
    tcase_add_test(cases, test_cancelled_ahead);
    tcase_add_test(cases, test_both_behind);
    tcase_add_test(cases, test_edit_ahead);
    tcase_add_loop_test(cases, test_both_behind_edit, 0, 2);
    tcase_add_test(cases, test_year_ahead);
    tcase_add_test(cases, test_year_ahead_beside_heartbeat);
    tcase_add_test(cases, test_heartbeat);
    tcase_add_test(cases, test_runs);
    tcase_add_test(cases, test_run_held);
    tcase_add_test(cases, test_served_early);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(frozen, scene_open, scene_close);
    tcase_add_test(frozen, test_frozen_since_reading);
    suite_add_tcase(suite, frozen);
}
