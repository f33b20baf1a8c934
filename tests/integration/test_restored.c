/*
 * Restored, promoted and moved databases: what was served since the last commit that is still there
 * is not known, and is held. On real servers: restored to a point in time, promoted, dumped and
 * loaded into another cluster, and copied back with their disk.
 */
#include "base/text.h"
#include "support/clock_server.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM     TEST_BUILD_DIR "/syncsched"
#define EVERY       "* * * * *"
#define EVERY_STATE "* * * * * UTC"

static int64_t origin; /* the first slot */

static void tick_said(const char *options, const char *said)
{
    struct scene_tick tick = scene_run(options);

    ck_assert_msg(tick.status == 0, "exit %d: %s", tick.status, tick.err);
    ck_assert_msg((strstr(tick.err, "restored") != NULL) == (said != NULL), "%s", tick.err);
    if (said != NULL)
        ck_assert_msg(strstr(tick.err, said) != NULL, "%s", tick.err);
    scene_tick_free(&tick);
}

/* A tick so many minutes after the origin; NULL: it must say nothing of a restored database. */
static void tick_at(int minutes, const char *options, const char *said)
{
    char offset[32];

    snprintf(offset, sizeof offset, "+%dm", minutes);
    clock_server_set(offset);
    scene_set_wrapper(clock_server_wrapper());
    tick_said(options, said);
    scene_set_wrapper(NULL);
}

/* The n-th integration's runs as "status first..last code", slots in minutes after the origin. */
static void assert_runs(int n, const char *expected)
{
    char *actual =
        testdb_text("SELECT string_agg(concat_ws(' ', status,"
                    "  (extract(epoch FROM covers_from - '%s') / 60)::int || '..' ||"
                    "  (extract(epoch FROM scheduled_for - '%s') / 60)::int,"
                    "  error_class || '/' || error_code), ', ' ORDER BY scheduled_for, attempt)"
                    " FROM sync_run_log WHERE integration_id = '%s'",
                    scene_minute_text(origin), scene_minute_text(origin), scene_integration(n));

    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/* The periods of what may have been exported lie end to end. */
static void assert_tiled(void)
{
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM (SELECT period_start,"
                                   " lag(scheduled_for) OVER (ORDER BY scheduled_for) AS before"
                                   " FROM sync_run_log WHERE integration_id = '%s') AS r"
                                   " WHERE period_start <> before",
                                   scene_integration(1)),
                     0);
}

#define ASK "--after-restore ask"

/* What the function says of the key of a slot: so many minutes after the origin. */
static void answer(struct text *script, int slot, const char *rule)
{
    text_addf(script, "GET:%s/%s/%s %s\n", SCENE_ORG, scene_integration(1),
              scene_minute_text(origin + slot), rule);
}

#define IS(state) "body={\"state\":\"" state "\"}"

static void script(struct text *text)
{
    function_script(scene_function(), text_string(text));
    text_free(text);
}

/* ---- Real servers ---- */

/* One integration, every minute, and a first tick that has served its first slot. */
static void begin(void)
{
    origin = scene_settle(20000);
    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, origin - 1);
    tick_at(0, "", NULL);
    assert_runs(1, "completed 0..0");
}

/* What is served now is in no backup. */
static void go_on(void)
{
    tick_at(1, "", NULL);
    tick_at(2, "", NULL);
    assert_runs(1, "completed 0..0, completed 1..1, completed 2..2");
}

static void change_server(const char *script)
{
    clock_server_run(script);
    PQreset(testdb_connection());
    ck_assert_int_eq(PQstatus(testdb_connection()), CONNECTION_OK);
    assert_runs(1, "completed 0..0");
}

/* What may have been served is held, slot by slot and once; then exports go on behind it. */
static void expect_held(void)
{
    tick_at(4, "", "4 slots");
    tick_at(5, "", NULL);
    assert_runs(1, "completed 0..0, failed 1..1 unknown/RESTORED, failed 2..2 unknown/RESTORED, "
                   "failed 3..3 unknown/RESTORED, failed 4..4 unknown/RESTORED, completed 5..5");
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_int_eq(scene_mark(1), origin + 5);
    assert_tiled();
}

START_TEST(test_point_in_time)
{
    char is_archived[100];
    char *wal;

    begin();
    clock_server_run("as \"$bin/pg_basebackup\" -D \"$d/backup\" -c fast --no-sync");
    wal = testdb_text("SELECT pg_walfile_name(pg_create_restore_point('before'))");
    go_on();
    testdb_exec("SELECT pg_switch_wal()");
    snprintf(is_archived, sizeof is_archived,
             "SELECT last_archived_wal >= '%s' FROM pg_stat_archiver", wal);
    free(wal);
    scene_wait_for(is_archived);
    change_server(
        "down; rm -rf \"$d/old\"; mv \"$d/data\" \"$d/old\"; mv \"$d/backup\" \"$d/data\";"
        "printf '%s\\n' \"restore_command = 'cp $d/archive/%f %p'\" \"recovery_target_name = "
        "'before'\""
        "  \"recovery_target_action = 'promote'\" >>\"$d/data/postgresql.conf\";"
        "as touch \"$d/data/recovery.signal\"; up;"
        "while [ -e \"$d/data/recovery.signal\" ]; do sleep 0.1; done;"
        "sed -i '/^recovery_target\\|^restore_command/d' \"$d/data/postgresql.conf\"");
    expect_held();
}
END_TEST

/* Covers: a standby can be asked what is due, and a tick knows it for another once it is promoted. */
START_TEST(test_promoted)
{
    const char *const argv[] = {PROGRAM, "due", "--config", "/dev/null", NULL};
    struct program_result said;

    begin();
    clock_server_run("as \"$bin/pg_basebackup\" -D \"$d/standby\" -c fast --no-sync -R");
    go_on();
    change_server(
        "down; rm -rf \"$d/old\"; mv \"$d/data\" \"$d/old\"; mv \"$d/standby\" \"$d/data\";"
        "echo \"primary_conninfo = ''\" >>\"$d/data/postgresql.auto.conf\"; up");
    said = program_run(argv, NULL);
    ck_assert_msg(said.status == 0, "%s", said.err);
    program_result_free(&said);
    change_server("as \"$bin/pg_ctl\" promote -w -D \"$d/data\"");
    expect_held();
}
END_TEST

static void dump_and_load(void)
{
    begin();
    clock_server_run("as \"$bin/pg_dumpall\" -f \"$d/dump\"");
    go_on();
    change_server("down; rm -rf \"$d/old\"; mv \"$d/data\" \"$d/old\"; new \"$PGPORT\"; up;"
                  "as \"$bin/psql\" -q -d postgres -f \"$d/dump\"");
}

START_TEST(test_dumped)
{
    dump_and_load();
    expect_held();
}
END_TEST

/* Covers: the function tells what was served after the dump, and the rest is served, once. */
START_TEST(test_dumped_and_asked)
{
    struct text text = {0};

    dump_and_load();
    answer(&text, 1, IS("completed"));
    answer(&text, 2, IS("completed"));
    text_add(&text, "GET " IS("absent") "\n");
    script(&text);
    tick_at(4, ASK, "4 slots");
    tick_at(6, ASK, "2 are done and 2 are not; 0 stay held");
    tick_at(7, ASK, NULL);
    assert_runs(1, "completed 0..0, failed 1..1 unknown/RESTORED, failed 2..2 unknown/RESTORED, "
                   "failed 3..3 unknown/RESTORED, failed 4..4 unknown/RESTORED, completed 4..4, "
                   "completed 5..7");
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE attempt = 2"
                                   " AND period_start = '%s'",
                                   scene_minute_text(origin + 2)),
                     1);
}
END_TEST

/*
 * Covers: pg_upgrade loses nothing, but makes another database. What nothing ticked for is held, or
 * served where a person knows that nobody can have served it.
 */
static void upgrade(const char *options, const char *said, const char *runs)
{
    begin();
    go_on();
    clock_server_run(
        "as \"$bin/pg_ctl\" stop -w -m fast -D \"$d/data\" >&2; rm -rf \"$d/old\";"
        "mv \"$d/data\" \"$d/old\"; new \"$PGPORT\";"
        "as env -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE \"$bin/pg_upgrade\" -U tests"
        "  -b \"$bin\" -B \"$bin\" -d \"$d/old\" -D \"$d/data\" -s \"$d\" --link"
        "  -p \"$PGPORT\" -P \"$PGPORT\" >&2; up");
    PQreset(testdb_connection());
    ck_assert_int_eq(PQstatus(testdb_connection()), CONNECTION_OK);
    tick_at(4, options, said);
    tick_at(5, "", NULL);
    assert_runs(1, runs);
    ck_assert_uint_eq(function_doubled_keys(scene_function()), 0);
    assert_tiled();
}

START_TEST(test_upgraded)
{
    upgrade("", "2 slots",
            "completed 0..0, completed 1..1, completed 2..2, failed 3..3 unknown/RESTORED, "
            "failed 4..4 unknown/RESTORED, completed 5..5");
}
END_TEST

START_TEST(test_upgraded_while_nothing_ticked)
{
    upgrade("--after-restore serve", NULL,
            "completed 0..0, completed 1..1, completed 2..2, completed 3..4, completed 5..5");
}
END_TEST

/* Covers: a disk that is copied back looks like the one before, so a person has to say so. */
START_TEST(test_disk)
{
    begin();
    clock_server_run("down; as cp -a \"$d/data\" \"$d/copy\"; up");
    PQreset(testdb_connection());
    go_on();
    change_server(
        "down; rm -rf \"$d/old\"; mv \"$d/data\" \"$d/old\"; mv \"$d/copy\" \"$d/data\"; up");
    clock_server_set("+4m");
    testdb_exec("UPDATE sync_database_state SET restored_at = now()");
    expect_held();
}
END_TEST

/* ---- What is held, and what is not ---- */

/* As another database that was restored from this one. */
static void become_another(void)
{
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_database_state"
                                   " WHERE restored_at IS NULL"),
                     1);
    testdb_exec("UPDATE sync_database_state SET timeline = '00000000'");
}

/* A tick has seen the first integration, every minute, accounted for up to so many slots ago. */
static void seed(int slots)
{
    origin = scene_settle(10000);
    tick_said("", NULL);
    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, origin - slots);
}

/* Covers: the first database that a tick sees was not restored; nor does a tick say so twice. */
START_TEST(test_first)
{
    seed(3);
    tick_said("", NULL);
    tick_said("", NULL);
    assert_runs(1, "completed -2..0");
}
END_TEST

START_TEST(test_serve)
{
    seed(3);
    become_another();
    tick_said("--after-restore serve", NULL);
    assert_runs(1, "completed -2..0");
}
END_TEST

/* Covers: nobody loses the hold of an integration that a tick could not look at. */
START_TEST(test_locked)
{
    PGconn *stranger;

    seed(3);
    become_another();
    stranger = scene_stranger("SELECT FROM sync_schedule_state FOR UPDATE");
    tick_said("", NULL);
    assert_runs(1, NULL);
    PQfinish(stranger);
    tick_said("", "3 slots");
    ck_assert_int_eq(scene_count("failed"), 3);
}
END_TEST

/* Covers: a dry run holds nothing and keeps no identity. */
START_TEST(test_dry_run)
{
    seed(3);
    become_another();
    tick_said("--dry-run", "3 slots");
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_database_state"), 1);
}
END_TEST

/* Covers: what a schedule owed before it was edited, or is too old, may have been served, too. */
START_TEST(test_edited_and_old)
{
    seed(3);
    scene_seed(2, 2, EVERY);
    scene_seed_state(2, EVERY_STATE, origin - 3);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '0 0 1 1 *'"
                " WHERE integration_id = '%s'",
                scene_integration(1));
    become_another();
    tick_said("--catch-up 0s", "slots, from");
    ck_assert_int_ge(testdb_number("SELECT count(*) FROM sync_run_log WHERE integration_id = '%s'",
                                   scene_integration(1)),
                     2);
    ck_assert_int_eq(
        testdb_number("SELECT count(*) FROM sync_run_log WHERE error_class <> 'unknown'"
                      " OR error_code <> 'RESTORED' OR covers_from < scheduled_for"),
        0);
    assert_runs(2, "failed -2..-2 unknown/RESTORED, failed -1..-1 unknown/RESTORED, "
                   "failed 0..0 unknown/RESTORED");
}
END_TEST

/* Covers: pending runs are closed, but those made since are adopted; nothing else is called. */
START_TEST(test_pending)
{
    char *run;

    seed(0);
    run = scene_seed_run(1, "pending", origin - 9, 0);
    testdb_exec("UPDATE sync_run_log SET created_at = now() - interval '2 minutes'");
    become_another();
    tick_said("", "1 slots");
    assert_runs(1, "failed -9..-9 unknown/RESTORED");
    testdb_exec("UPDATE sync_database_state SET restored_at = now() - interval '1 hour'"
                " WHERE restored_at IS NOT NULL;"
                "DELETE FROM sync_run_log");
    free(run);
    run = scene_seed_run(1, "pending", origin - 9, 0);
    testdb_exec("UPDATE sync_run_log SET created_at = now() - interval '2 minutes'");
    tick_said("", NULL);
    assert_runs(1, "completed -9..-9");
    free(run);
}
END_TEST

/*
 * Covers: a worker that lives on in a promoted database starts nothing that this one had pending: it
 * may have been called for before. The next ticks hold it.
 */
START_TEST(test_promoted_in_a_tick)
{
    struct scene_tick tick;
    char *code;

    seed(1);
    scene_seed(2, 2, EVERY);
    scene_seed_state(2, EVERY_STATE, origin - 1);
    testdb_exec("CREATE FUNCTION promote() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " UPDATE sync_database_state SET timeline = '00000000'; RETURN NEW; END $$;"
                "CREATE TRIGGER promote AFTER UPDATE ON sync_run_log FOR EACH ROW"
                " WHEN (NEW.status = 'completed') EXECUTE FUNCTION promote()");
    tick = scene_run("--concurrency 1");
    ck_assert_int_eq(tick.status, 3);
    ck_assert_msg(strstr(tick.err, "1 run not started, and stays pending: the database was"
                                   " restored or promoted since the tick began") != NULL,
                  "%s", tick.err);
    scene_tick_free(&tick);
    testdb_exec("DROP TRIGGER promote ON sync_run_log");
    ck_assert_int_eq(scene_count("pending"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    testdb_exec("UPDATE sync_run_log SET created_at = created_at - interval '2 minutes'"
                " WHERE status = 'pending'");
    tick_said("", "slots");
    code = testdb_text("SELECT error_code FROM sync_run_log WHERE status = 'failed'"
                       " AND scheduled_for = '%s'",
                       scene_minute_text(origin));
    ck_assert_pstr_eq(code, "RESTORED");
    free(code);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: no policy makes another attempt at what failed before; a person may. */
START_TEST(test_attempts)
{
    char by_hand[80];

    seed(0);
    testdb_exec("UPDATE organization_integrations SET cron_schedule = '%s'",
                scene_minute_cron(origin - 9));
    testdb_exec("UPDATE sync_schedule_state SET schedule = '%s UTC'",
                scene_minute_cron(origin - 9));
    free(scene_seed_run(1, "completed", origin - 9, 9));
    testdb_exec("UPDATE sync_run_log SET status = 'failed', error_class = 'not_delivered',"
                " error_code = 'DNS_FAILED', completed_at = NULL,"
                " failed_at = now() - interval '9 minutes'");
    become_another();
    tick_said("--max-attempts 9", NULL);
    tick_said("--max-attempts 9", NULL);
    ck_assert_int_eq(scene_count(NULL), 1);
    snprintf(by_hand, sizeof by_hand, "--at %s --retry-failed", scene_minute_text(origin - 9));
    tick_said(by_hand, NULL);
    ck_assert_int_eq(scene_count("completed"), 1);
}
END_TEST

/* Covers: a clock from the future at that moment holds nothing for longer. */
START_TEST(test_future)
{
    seed(3);
    become_another();
    tick_said("", "3 slots");
    testdb_exec("UPDATE sync_database_state SET restored_at = now() + interval '3 days'"
                " WHERE restored_at IS NOT NULL");
    tick_said("", NULL);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_database_state"
                                   " WHERE restored_at <= now()"),
                     1);
}
END_TEST

/* Covers: while there is more than one tick holds, nothing behind it is served. */
START_TEST(test_many)
{
    seed(1500);
    become_another();
    tick_said("", "1440 slots");
    ck_assert_int_eq(scene_mark(1), origin - 60);
    testdb_exec("UPDATE sync_database_state SET restored_at = now() - interval '10 minutes'"
                " WHERE restored_at IS NOT NULL");
    tick_said("", "slots");
    ck_assert_int_eq(scene_count("completed"), 1);
    assert_tiled();
}
END_TEST

/* ---- The function is asked ---- */

/* The last slots of every minute are held, for long enough to be asked about. */
static void hold(int slots)
{
    json_t *others;

    scene_settle(30000);
    seed(slots);
    become_another();
    tick_said(ASK, "the next ticks ask");
    testdb_exec("UPDATE sync_run_log SET failed_at = failed_at - interval '51 seconds'");
    others = function_others(scene_function());
    ck_assert_uint_eq(json_array_size(others), 0);
    json_decref(others);
}

/* What the log says, a line each: slot, attempt, status, resolution, period. */
static void assert_said(const char *expected)
{
    char *actual =
        testdb_text("SELECT string_agg(concat_ws(' ',"
                    "  (extract(epoch FROM scheduled_for - '%s') / 60)::int || '/' || attempt,"
                    "  coalesce(error_code, status), resolution || ' by ' || resolved_by,"
                    "  'after ' || (extract(epoch FROM period_start - '%s') / 60)::int),"
                    "  ', ' ORDER BY scheduled_for, attempt) FROM sync_run_log",
                    scene_minute_text(origin), scene_minute_text(origin));

    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

static size_t questions(void)
{
    json_t *others = function_others(scene_function());
    size_t count = json_array_size(others);

    json_decref(others);
    return count;
}

/*
 * Covers: what is done is recorded, what is not is served by one run behind what may have been done;
 * what is held is asked about again, and then served too: periods lie end to end.
 */
START_TEST(test_ask)
{
    struct text text = {0};
    char *note;

    hold(4);
    answer(&text, -3, "body={\"state\":\"completed\",\"recordsExported\":7}");
    answer(&text, -2, IS("held"));
    answer(&text, -1, IS("absent"));
    answer(&text, 0, IS("absent"));
    script(&text);
    tick_said(ASK,
              "asked about 4 slots that are held since the database was restored, the function "
              "says that 1 are done and 2 are not; 1 stay held\n");
    assert_said("-3/1 RESTORED done by function, -2/1 RESTORED after -3, "
                "-1/1 RESTORED not_done by function after -2, "
                "0/1 RESTORED not_done by function after -1, 0/2 completed after -2");
    note = testdb_text("SELECT resolution_note || ': ' || records_exported FROM sync_run_log"
                       " WHERE resolution = 'done'");
    ck_assert_pstr_eq(note, "asked, it has exported under this key: 7");
    free(note);
    ck_assert_uint_eq(questions(), 4);

    answer(&text, -2, IS("absent"));
    script(&text);
    tick_said(ASK, "asked about 1 slots");
    assert_said("-3/1 RESTORED done by function, -2/1 RESTORED not_done by function after -3, "
                "-2/2 completed after -3, -1/1 RESTORED not_done by function after -2, "
                "0/1 RESTORED not_done by function after -1, 0/2 completed after -2");
    tick_said(ASK, NULL);
    ck_assert_uint_eq(questions(), 5);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
}
END_TEST

/* Covers: a later slot that is done may have exported it: a person looks, and nobody calls. */
START_TEST(test_ask_before_done)
{
    struct text text = {0};

    hold(3);
    answer(&text, -2, IS("absent"));
    answer(&text, -1, IS("completed"));
    answer(&text, 0, IS("absent"));
    script(&text);
    tick_said(ASK, "1 are done and 2 are not; 0 stay held");
    assert_said("-2/1 RESTORED not_done by function, "
                "-1/1 RESTORED done by function after -2, "
                "0/1 RESTORED not_done by function after -1, 0/2 completed after -1");
    testdb_exec("UPDATE sync_run_log SET resolution = NULL, resolved_at = NULL, resolved_by = NULL,"
                " resolution_note = NULL WHERE scheduled_for = '%s'",
                scene_minute_text(origin - 2));
    tick_said(ASK, "0 are done and 1 are not");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: a function that does not answer is not asked for long, and changes nothing. */
START_TEST(test_ask_in_vain)
{
    hold(9);
    tick_said(ASK, "0 are done and 0 are not; 9 stay held, since it does not answer: HTTP_405: ");
    ck_assert_uint_eq(questions(), 5);
    ck_assert_int_eq(scene_count(NULL), 9);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE resolution IS NULL"),
                     9);
}
END_TEST

/* Covers: nobody is asked while a tick of before may still call, by hand, dry, or to hold alone. */
START_TEST(test_ask_nobody)
{
    char by_hand[80];

    hold(2);
    snprintf(by_hand, sizeof by_hand, ASK " --at %s", scene_minute_text(origin - 1));
    tick_said(by_hand, NULL);
    tick_said(ASK " --dry-run", NULL);
    tick_said("", NULL);
    testdb_exec("UPDATE sync_run_log SET failed_at = failed_at + interval '40 seconds'");
    tick_said(ASK, NULL);
    testdb_exec("UPDATE sync_run_log SET failed_at = failed_at - interval '1 day'");
    tick_said(ASK, NULL);
    ck_assert_uint_eq(questions(), 0);
    testdb_exec("UPDATE sync_run_log SET failed_at = failed_at + interval '1 day'");
    tick_said(ASK " --budget 10s", "asked about 2 slots");
    ck_assert_int_eq(scene_count(NULL), 2);
}
END_TEST

/* Covers: while another run is active, or nobody wants it any more, no attempt is made. */
START_TEST(test_ask_active)
{
    struct text text = {0};

    hold(2);
    free(scene_seed_run(1, "pending", origin - 30, 0));
    text_add(&text, "GET " IS("absent") "\n");
    script(&text);
    tick_said(ASK, "0 are done and 2 are not");
    assert_said("-30/1 pending, -1/1 RESTORED, 0/1 RESTORED after -1");
    testdb_exec("DELETE FROM sync_run_log WHERE status = 'pending';"
                "UPDATE organization_integrations SET is_enabled = false");
    tick_said(ASK, "0 are done and 2 are not");
    assert_said("-1/1 RESTORED not_done by function, "
                "0/1 RESTORED not_done by function after -1");
}
END_TEST

/* Covers: two ticks that ask at the same time make one attempt. */
START_TEST(test_ask_twice)
{
    struct program *ticks[2];
    struct text text = {0};

    hold(2);
    text_add(&text, "GET latency_ms=700 " IS("absent") "\n");
    script(&text);
    for (int i = 0; i < 2; i++)
        ticks[i] = scene_start(ASK);
    for (int i = 0; i < 2; i++) {
        struct scene_tick tick = scene_wait(ticks[i]);

        ck_assert_msg(tick.status == 0, "%s", tick.err);
        scene_tick_free(&tick);
    }
    assert_said("-1/1 RESTORED not_done by function, "
                "0/1 RESTORED not_done by function after -1, 0/2 completed");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: a question that hangs takes its part of the budget, and no connection; the rest goes on. */
START_TEST(test_ask_hangs)
{
    struct program *program;
    struct scene_tick tick;

    hold(2);
    function_script(scene_function(), "GET action=hang\n");
    scene_seed(2, 2, EVERY);
    testdb_exec("UPDATE sync_database_state SET restored_at = restored_at - interval '9 minutes'");
    program = scene_start(ASK " --budget 8s");
    while (questions() == 0)
        scene_sleep_ms(20);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM pg_stat_activity"
                                   " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                                   " AND application_name = 'syncsched' AND state <> 'idle'"),
                     0);
    tick = scene_wait(program);
    ck_assert_msg(strstr(tick.err, "2 stay held, since it does not answer: TIMEOUT") != NULL, "%s",
                  tick.err);
    scene_expect(tick, 1, 1, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE resolution IS NULL"
                                   " AND error_code = 'RESTORED'"),
                     2);
}
END_TEST

/* ---- What people are told ---- */

/* The command must end so, and say each of the texts. */
static void expect_said(const char *line, int status, const char *first, const char *second)
{
    static const char *const env[] = {"SUPABASE_DB_URL", NULL};
    struct program_result said = scene_command(line, env);

    ck_assert_msg(said.status == status, "%s: exit %d\n%s%s", line, said.status, said.out,
                  said.err);
    ck_assert_msg(strstr(said.out, first) != NULL, "%s: no \"%s\" in\n%s", line, first, said.out);
    ck_assert_msg(strstr(said.out, second) != NULL, "%s: no \"%s\" in\n%s", line, second, said.out);
    program_result_free(&said);
}

/* What the first so many of the held slots are settled as, by the function. */
static void settle(int slots, const char *resolution)
{
    testdb_exec("UPDATE sync_run_log SET resolution = '%s', resolved_at = now(),"
                " resolved_by = 'function' WHERE error_code = 'RESTORED'"
                " AND scheduled_for < '%s'",
                resolution, scene_minute_text(origin - 3 + slots));
}

/*
 * Covers: what is held is no slot missing. It is unknown, and unhealthy, until it is settled; and
 * what was not done is a hole, which no later run exports any more.
 */
START_TEST(test_said)
{
    char audit[200];

    hold(5);
    testdb_exec("DELETE FROM sync_run_log WHERE scheduled_for = '%s'",
                scene_minute_text(origin - 4));
    free(scene_seed_run(1, "completed", origin - 4, 4));
    testdb_exec("UPDATE sync_run_log SET period_start = scheduled_for - interval '1 minute'");
    snprintf(audit, sizeof audit, "audit --config /dev/null --from %s --to %s",
             scene_minute_text(origin - 4), scene_minute_text(origin - 1));
    expect_said(audit, 0, "attempt 1: unknown/RESTORED", "unresolved: run");
    expect_said(audit, 0, "unknown 2, missing 0, doubled 0", "holes 2");
    expect_said("health --config /dev/null", 1, "failing: 4 slots", "last RESTORED");
    expect_said("status --config /dev/null", 0, "unknown outcome: 4 slots",
                "may have been exported");
    settle(1, "not_done");
    expect_said(audit, 1, "settled by the function: not done", "holes 2");
    settle(4, "done");
    expect_said(audit, 0, "settled by the function: done", "end to end in 1 of 1 integrations\n");
    expect_said("health --config /dev/null", 0, "1 healthy", "healthy");
}
END_TEST

SUITE(restored)
{
    TCase *servers = tcase_create("servers");
    TCase *held = tcase_create("held");
    TCase *asked = tcase_create("asked");

    tcase_add_unchecked_fixture(servers, clock_server_start, clock_server_stop);
    tcase_add_checked_fixture(servers, scene_open, scene_close);
    tcase_add_test(servers, test_dumped); /* first: both clusters are on timeline 1 */
    tcase_add_test(servers, test_dumped_and_asked);
    tcase_add_test(servers, test_point_in_time);
    tcase_add_test(servers, test_promoted);
    tcase_add_test(servers, test_disk);
    tcase_add_test(servers, test_upgraded);
    tcase_add_test(servers, test_upgraded_while_nothing_ticked);
    suite_add_tcase(suite, servers);
    tcase_add_checked_fixture(held, scene_open, scene_close);
    tcase_add_test(held, test_first);
    tcase_add_test(held, test_serve);
    tcase_add_test(held, test_locked);
    tcase_add_test(held, test_dry_run);
    tcase_add_test(held, test_edited_and_old);
    tcase_add_test(held, test_pending);
    tcase_add_test(held, test_promoted_in_a_tick);
    tcase_add_test(held, test_attempts);
    tcase_add_test(held, test_future);
    tcase_add_test(held, test_many);
    suite_add_tcase(suite, held);
    tcase_add_checked_fixture(asked, scene_open, scene_close);
    tcase_add_test(asked, test_ask);
    tcase_add_test(asked, test_ask_before_done);
    tcase_add_test(asked, test_ask_in_vain);
    tcase_add_test(asked, test_ask_nobody);
    tcase_add_test(asked, test_ask_active);
    tcase_add_test(asked, test_ask_twice);
    tcase_add_test(asked, test_ask_hangs);
    tcase_add_test(asked, test_said);
    suite_add_tcase(suite, asked);
}
