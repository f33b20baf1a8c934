/*
 * Which slots a tick serves when it is not simply one now: catch-up over missed ticks, marks, edited
 * schedules, and `--at`.
 */
#include "base/memory.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT          "2024-05-01T02:00:00Z"
#define EVERY       "* * * * *"
#define EVERY_STATE "* * * * * UTC"

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

/*
 * Every run of the first integration, earliest first, as "status how first..last code", slots in
 * minutes after the origin.
 */
static void assert_runs(int64_t origin, const char *expected)
{
    assert_text(testdb_text("SELECT string_agg(concat_ws(' ', status, triggered_by,"
                            "  (extract(epoch FROM covers_from - '%s') / 60)::int || '..' ||"
                            "  (extract(epoch FROM scheduled_for - '%s') / 60)::int,"
                            "  error_class || '/' || error_code), ', ' ORDER BY scheduled_for)"
                            " FROM sync_run_log WHERE integration_id = '%s'",
                            scene_minute_text(origin), scene_minute_text(origin),
                            scene_integration(1)),
                expected);
}

/* The first integration, every minute, accounted for up to `behind` minutes before the window's slot,
 * which it returns. */
static int64_t seed_behind(int behind)
{
    int64_t slot = scene_settle(5000);

    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - behind);
    return slot;
}

/* Covers: what ten missed ticks left is folded into one run, one call. */
START_TEST(test_catch_up)
{
    int64_t slot = seed_behind(10);
    json_t *request;
    const json_t *body;

    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed schedule -9..0");
    ck_assert_int_eq(scene_mark(1), slot);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    request = function_request(scene_function(), 0);
    body = json_object_get(request, "body");
    ck_assert_str_eq(json_string_value(json_object_get(body, "scheduledFor")),
                     scene_minute_text(slot));
    ck_assert_str_eq(json_string_value(json_object_get(body, "coversFrom")),
                     scene_minute_text(slot - 9));
    json_decref(request);
    scene_expect(scene_run(""), 0, 1, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: a slot that is over is a catch-up, with a warning when it is five minutes late. */
START_TEST(test_late)
{
    int64_t slot = scene_settle(5000) - 7;
    struct scene_tick tick;
    char state[80];

    scene_seed(1, 1, scene_minute_cron(slot));
    snprintf(state, sizeof state, "%s UTC", scene_minute_cron(slot));
    scene_seed_state(1, state, slot - 1);
    tick = scene_run("");
    scene_check(&tick, 1, 0, 0, 0);
    assert_runs(slot, "completed catch_up 0..0");
    ck_assert_ptr_nonnull(strstr(tick.err, "after its slot"));
    ck_assert_int_eq(scene_mark(1), slot + 7);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: what is older than the catch-up time is given up in the log, with a warning. */
START_TEST(test_missed)
{
    int64_t slot = seed_behind(10);
    struct scene_tick tick = scene_run("--catch-up 5m");
    /* t - 5 min is rounded up to a minute: t lies within half a minute of the slot. */
    bool is_early = scene_count("failed") == 1 &&
                    testdb_number("SELECT count(*) FROM sync_run_log WHERE status = 'failed'"
                                  " AND scheduled_for = '%s'",
                                  scene_minute_text(slot - 6)) == 1;

    scene_check(&tick, 1, 0, 0, 0);
    assert_runs(
        slot, is_early ? "failed catch_up -9..-6 not_delivered/GIVEN_UP, completed schedule -5..0"
                       : "failed catch_up -9..-5 not_delivered/GIVEN_UP, completed schedule -4..0");
    ck_assert_ptr_nonnull(strstr(tick.err, "given up"));
    ck_assert_ptr_nonnull(strstr(tick.err, "warning: Nordlys / "));
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    ck_assert_int_eq(scene_mark(1), slot);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: --catch-up 0 gives up everything before the window. */
START_TEST(test_no_catch_up)
{
    int64_t slot = seed_behind(10);

    scene_expect(scene_run("--catch-up 0"), 1, 0, 0, 0);
    assert_runs(slot, "failed catch_up -9..-1 not_delivered/GIVEN_UP, completed schedule 0..0");
}
END_TEST

/* Covers: a covered slot splits what is owed; the later stretch waits for the next tick. */
START_TEST(test_stretches)
{
    int64_t slot = seed_behind(6);

    free(scene_seed_run(1, "completed", slot - 3, 3));
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed catch_up -5..-4, completed schedule -3..-3");
    ck_assert_int_eq(scene_mark(1), slot - 3);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed catch_up -5..-4, completed schedule -3..-3,"
                      " completed schedule -2..0");
    ck_assert_int_eq(scene_mark(1), slot);
    scene_expect(scene_run(""), 0, 1, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 2);
}
END_TEST

/* Covers: of slots at a distance, a run takes out those that it covers and no other. */
START_TEST(test_stretches_of_slots)
{
    int64_t slot = scene_settle(5000);

    slot -= slot % 3;
    scene_seed(1, 1, "*/3 * * * *");
    scene_seed_state(1, "*/3 * * * * UTC", slot - 31);
    free(scene_seed_run(1, "completed", slot - 14, 10));
    free(scene_seed_run(1, "completed", slot - 7, 5));
    testdb_exec("UPDATE sync_run_log SET covers_from = '%s' WHERE scheduled_for = '%s'",
                scene_minute_text(slot - 19), scene_minute_text(slot - 14));
    scene_expect(scene_run(""), 1, 0, 0, 0);
    ck_assert_int_eq(scene_mark(1), slot - 13);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    testdb_exec("UPDATE sync_run_log SET triggered_by = 'schedule'"); /* the last may be either */
    assert_runs(slot, "completed schedule -30..-21, completed schedule -19..-14,"
                      " completed schedule -7..-7, completed schedule -12..0");
    ck_assert_int_ge(scene_mark(1), slot);
}
END_TEST

/* Covers: an outage of years is given up in bites of 1,440 slots, earliest first. */
START_TEST(test_long_outage)
{
    int64_t slot = seed_behind(5000);

    scene_expect(scene_run("--catch-up 1m"), 1, 0, 0, 0);
    assert_text(
        testdb_text("SELECT extract(epoch FROM scheduled_for - covers_from)::int / 60 || ' '"
                    " || (covers_from = '%s') FROM sync_run_log WHERE status = 'failed'",
                    scene_minute_text(slot - 4999)),
        "1439 true");
    ck_assert_int_eq(scene_mark(1), slot - 5000 + 1440);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: what fell due in a month without a tick is one run by default, and nothing is left. */
START_TEST(test_month_without_tick)
{
    int64_t slot = seed_behind(44000);

    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed schedule -43999..0");
    ck_assert_int_eq(scene_mark(1), slot);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: a schedule seen for the first time has no past. */
START_TEST(test_new_schedule)
{
    int64_t slot = scene_settle(5000);

    scene_seed(1, 1, EVERY);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed schedule 0..0");
    ck_assert_int_eq(scene_mark(1), slot);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), EVERY_STATE);
}
END_TEST

static const struct {
    const char *change;
    const char *runs;
    const char *schedule;
    long triggered;
} edits[] = {
    {"UPDATE organization_integrations SET cron_schedule = '*/1 * * * *'",
     "failed catch_up -9..-1 not_delivered/CANCELLED, completed schedule 0..0", "*/1 * * * * UTC",
     1},
    {"UPDATE organizations SET timezone = '+02:00'",
     "failed catch_up -9..-1 not_delivered/CANCELLED, completed schedule 0..0", "* * * * * +02:00",
     1},
    {"UPDATE organization_integrations SET is_enabled = false",
     "failed schedule -9..0 not_delivered/CANCELLED", "", 0},
    {"UPDATE organization_integrations SET cron_schedule = NULL",
     "failed schedule -9..0 not_delivered/CANCELLED", "", 0},
    {"UPDATE organization_integrations SET cron_schedule = 'rubbish'",
     "failed schedule -9..0 not_delivered/CANCELLED", "", 0},
    {"DELETE FROM organization_integrations", "failed schedule -9..0 not_delivered/CANCELLED", "",
     0},
};

/*
 * Covers: an edited schedule starts without a past; what the old one owed up to now is cancelled in
 * the log, and what both name now is served.
 */
START_TEST(test_edited)
{
    int64_t slot = scene_settle_behind_slot();
    struct scene_tick tick;

    scene_seed(1, 1, EVERY);
    scene_seed_state(1, EVERY_STATE, slot - 10);
    testdb_exec("%s", edits[_i].change);
    tick = scene_run("");
    scene_check(&tick, edits[_i].triggered, 0, 0, 0);
    assert_runs(slot, edits[_i].runs);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), edits[_i].schedule);
    ck_assert_ptr_nonnull(strstr(tick.err, "cancelled"));
    ck_assert_uint_eq(function_count(scene_function(), NULL), (size_t)edits[_i].triggered);
    scene_tick_free(&tick);
    scene_expect(scene_run(""), 0, edits[_i].triggered, 0, 0);
    ck_assert_int_eq(scene_count(NULL), 1 + edits[_i].triggered);
}
END_TEST

/*
 * Covers: a slot that was due when its schedule was edited, before any tick came, is cancelled and
 * the journal says which text was in force until then.
 */
START_TEST(test_edited_at_its_slot)
{
    int64_t slot = scene_settle_behind_slot();
    char *old = memory_copy_text(scene_minute_cron(slot));
    char state[80];

    scene_seed(1, 1, scene_minute_cron(slot + 30));
    snprintf(state, sizeof state, "%s UTC", old);
    scene_seed_state(1, state, slot - 1);
    scene_expect(scene_run(""), 0, 0, 0, 0);
    assert_runs(slot, "failed schedule 0..0 not_delivered/CANCELLED");
    assert_text(testdb_text("SELECT string_agg(concat_ws(' ', schedule = '%s',"
                            "  valid_from = '%s', valid_to = '%s'), ', ' ORDER BY valid_to)"
                            " FROM sync_schedule_journal",
                            state, scene_minute_text(slot - 1), scene_minute_text(slot)),
                "t t t, f t");
    scene_expect(scene_run(""), 0, 0, 0, 0);
    ck_assert_int_eq(scene_count(NULL), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    free(old);
}
END_TEST

static const struct {
    const char *change;
    const char *journal; /* each text as `schedule closed?` */
} journals[] = {
    {"SELECT 1", "* * * * * UTC -"},
    {"UPDATE organization_integrations SET is_enabled = false", "* * * * * UTC closed"},
    {"DELETE FROM organization_integrations", "* * * * * UTC closed"},
    {"UPDATE organization_integrations SET cron_schedule = '0 0 29 2 *'",
     "* * * * * UTC closed, 0 0 29 2 * UTC -"},
};

/* Covers: the journal holds each text that a tick sees, and closes the one before it. */
START_TEST(test_journal)
{
    scene_seed(1, 1, EVERY);
    scene_settle(8000);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_text(testdb_text("SELECT schedule || (valid_to IS NULL)::text"
                            " || (valid_from = date_trunc('minute', now() + interval '30 s')"
                            "     - interval '1 minute')::text FROM sync_schedule_journal"),
                EVERY_STATE "truetrue");
    testdb_exec("%s", journals[_i].change);
    for (int n = 0; n < 2; n++) {
        struct scene_tick tick = scene_run("");

        scene_tick_free(&tick);
        assert_text(testdb_text("SELECT string_agg(concat_ws(' ', schedule,"
                                "  CASE WHEN valid_to IS NULL THEN '-' ELSE 'closed' END), ', '"
                                "  ORDER BY valid_to, schedule DESC) FROM sync_schedule_journal"),
                    journals[_i].journal);
    }
}
END_TEST

/* Covers: texts that change to and fro within one minute, with a tick after each change. */
START_TEST(test_journal_within_a_minute)
{
    static const char *const crons[] = {EVERY, "0 0 29 2 *", EVERY, "0 0 29 2 *"};

    scene_settle(25000);
    scene_seed(1, 1, EVERY);
    for (size_t i = 0; i < sizeof crons / sizeof *crons; i++) {
        testdb_exec("UPDATE organization_integrations SET cron_schedule = '%s'", crons[i]);
        struct scene_tick tick = scene_run("");

        scene_tick_free(&tick);
        assert_text(testdb_text("SELECT schedule FROM sync_schedule_journal"
                                " WHERE valid_to IS NULL"),
                    i % 2 == 0 ? EVERY_STATE : "0 0 29 2 * UTC");
    }
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_journal"), 2);
}
END_TEST

/* Covers: disabled and enabled again between two ticks' sights, it has no past either. */
START_TEST(test_enabled_again)
{
    int64_t slot = seed_behind(10);

    testdb_exec("UPDATE organization_integrations SET is_enabled = false");
    scene_expect(scene_run(""), 0, 0, 0, 0);
    testdb_exec("DELETE FROM sync_run_log");
    testdb_exec("UPDATE organization_integrations SET is_enabled = true");
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed schedule 0..0");
}
END_TEST

/* Covers: a mark from a clock that ran ahead is warned about and not believed. */
START_TEST(test_mark_in_the_future)
{
    int64_t slot = seed_behind(-60);
    struct scene_tick tick = scene_run("");

    scene_check(&tick, 1, 0, 0, 0);
    assert_runs(slot, "completed schedule 0..0");
    ck_assert_ptr_nonnull(strstr(tick.err, "mark"));
    scene_tick_free(&tick);
}
END_TEST

/* Covers: --at serves the slot of its window by hand, and leaves state and marks alone. */
START_TEST(test_at)
{
    int64_t slot = seed_behind(10);

    scene_seed(2, 2, EVERY);
    scene_expect(scene_run("--at 2024-05-01T02:00:20Z"), 2, 0, 0, 0);
    assert_text(testdb_text("SELECT DISTINCT concat_ws(' ', status, triggered_by,"
                            " scheduled_for = '" AT "', covers_from = '" AT "') FROM sync_run_log"),
                "completed manual t t");
    ck_assert_int_eq(scene_mark(1), slot - 10);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 1);
}
END_TEST

static const char *const covering[] = {"completed", "failed", "running", "pending"};

/* Covers: a covered slot is skipped, with a warning that names the run and its status. */
START_TEST(test_at_covered)
{
    int64_t at = 28575480; /* AT, in minutes */
    struct scene_tick tick;
    char *run_id;

    ck_assert_str_eq(scene_minute_text(at), AT);
    scene_seed(1, 1, EVERY);
    run_id =
        scene_seed_run(1, strcmp(covering[_i], "failed") == 0 ? "running" : covering[_i], at, 0);
    if (strcmp(covering[_i], "failed") == 0)
        testdb_exec("UPDATE sync_run_log SET status = 'failed', failed_at = now(),"
                    " error_class = 'unknown', error_code = 'TIMEOUT'");
    tick = scene_run("--at " AT);
    scene_check(&tick, 0, 1, 0, 0);
    run_id[8] = '\0'; /* the first digits are shown */
    ck_assert_ptr_nonnull(strstr(tick.err, run_id));
    ck_assert_ptr_nonnull(strstr(tick.err, covering[_i]));
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_int_eq(scene_count(NULL), 1);
    scene_tick_free(&tick);
    free(run_id);
}
END_TEST

/* Covers: a slot that was folded into a later one's run is covered, too. */
START_TEST(test_at_in_a_fold)
{
    int64_t slot = seed_behind(10);
    char options[64];

    scene_expect(scene_run(""), 1, 0, 0, 0);
    for (int n = 9; n >= 1; n -= 4) {
        snprintf(options, sizeof options, "--at %s", scene_minute_text(slot - n));
        scene_expect(scene_run(options), 0, 1, 0, 0);
    }
    ck_assert_int_eq(scene_count(NULL), 1);
}
END_TEST

/* Covers: --at adopts nothing. */
START_TEST(test_at_adopts_nothing)
{
    scene_seed(1, 1, EVERY);
    free(scene_seed_run(2, "pending", scene_settle(0) - 3, 2));
    scene_seed(2, 2, "0 3 * * *");
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    ck_assert_int_eq(scene_count("pending"), 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: a time that has not come is refused: exit 2, one line, nothing on stdout, nothing done. */
START_TEST(test_at_in_the_future)
{
    struct scene_tick tick;
    char options[64];

    scene_seed(1, 1, EVERY);
    snprintf(options, sizeof options, "--at %s", scene_minute_text(scene_settle(0) + 5));
    tick = scene_run(options);
    ck_assert_int_eq(tick.status, 2);
    ck_assert_str_eq(tick.out, "");
    ck_assert_ptr_nonnull(strstr(tick.err, "future"));
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_tick_free(&tick);
}
END_TEST

#define LOOP(tcase, test, rows)                                                                    \
    tcase_add_loop_test(tcase, test, 0, (int)(sizeof(rows) / sizeof(rows)[0]))

SUITE(tick_marks)
{
    TCase *marks = tcase_create("marks");
    TCase *by_hand = tcase_create("by_hand");

    tcase_add_checked_fixture(marks, scene_open, scene_close);
    tcase_add_test(marks, test_catch_up);
    tcase_add_test(marks, test_late);
    tcase_add_test(marks, test_missed);
    tcase_add_test(marks, test_no_catch_up);
    tcase_add_test(marks, test_stretches);
    tcase_add_test(marks, test_stretches_of_slots);
    tcase_add_test(marks, test_long_outage);
    tcase_add_test(marks, test_month_without_tick);
    tcase_add_test(marks, test_new_schedule);
    LOOP(marks, test_edited, edits);
    tcase_add_test(marks, test_edited_at_its_slot);
    LOOP(marks, test_journal, journals);
    tcase_add_test(marks, test_journal_within_a_minute);
    tcase_add_test(marks, test_enabled_again);
    tcase_add_test(marks, test_mark_in_the_future);
    suite_add_tcase(suite, marks);

    tcase_add_checked_fixture(by_hand, scene_open, scene_close);
    tcase_add_test(by_hand, test_at);
    LOOP(by_hand, test_at_covered, covering);
    tcase_add_test(by_hand, test_at_in_a_fold);
    tcase_add_test(by_hand, test_at_adopts_nothing);
    tcase_add_test(by_hand, test_at_in_the_future);
    suite_add_tcase(suite, by_hand);
}
