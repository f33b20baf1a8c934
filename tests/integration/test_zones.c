/*
 * Schedules in their organisations' time zones, through the real program: due at the right minute
 * of UTC on every side of a change of the clocks, never served in UTC for want of a zone, and
 * without a past in a zone that is new to them. Which minutes a zone has is the unit tests'.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM  TEST_BUILD_DIR "/syncsched"
#define COUNT(a) (sizeof(a) / sizeof(a)[0])
#define OSLO     "Europe/Oslo"
#define HOWE     "Australia/Lord_Howe"
#define APIA     "Pacific/Apia"
#define NEPAL    "Asia/Kathmandu"

static void assert_text(char *actual, const char *expected)
{
    ck_assert_pstr_eq(actual, expected);
    free(actual);
}

static void set_zone(const char *timezone)
{
    testdb_exec("UPDATE organizations SET timezone = '%s'", timezone);
}

static struct program_result run_due(const char *at)
{
    const char *const argv[] = {PROGRAM, "due", "--at", at, NULL};
    /* The zone that the host believes to be in is no schedule's business. */
    const char *const env[] = {"SUPABASE_DB_URL", "TZ=America/New_York", NULL};

    return program_run(argv, env);
}

/* ---- The right minute ---- */

static const struct {
    const char *timezone;
    const char *cron;
    const char *at;
    bool is_due; /* for that very minute */
} minutes[] = {
    /* Winter and summer. */
    {OSLO, "0 2 * * *", "2026-12-01T01:00:00Z", true},
    {OSLO, "0 2 * * *", "2026-12-01T02:00:00Z", false},
    {OSLO, "0 2 * * *", "2026-12-01T00:00:00Z", false},
    {OSLO, "0 2 * * *", "2026-07-01T00:00:00Z", true},
    {OSLO, "0 2 * * *", "2026-07-01T01:00:00Z", false},
    {OSLO, "0 0 1 * *", "2026-06-30T22:00:00Z", true}, /* the first of July there */
    {OSLO, "0 0 1 * *", "2026-07-01T00:00:00Z", false},
    {OSLO, "30 23 * * sun", "2027-01-03T22:30:00Z", true},
    /* The gap from 02:00 to 03:00: what is fixed in it runs once behind it, wildcards do not. */
    {OSLO, "30 2 * * *", "2027-03-28T01:00:00Z", true},
    {OSLO, "30 2 * * *", "2027-03-28T00:30:00Z", false},
    {OSLO, "30 2 * * *", "2027-03-28T01:30:00Z", false},
    {OSLO, "30 2 * * *", "2027-03-29T00:30:00Z", true},
    {OSLO, "0,15,30,45 2 * * *", "2027-03-28T01:00:00Z", true},
    {OSLO, "0,15,30,45 2 * * *", "2027-03-28T01:15:00Z", false},
    {OSLO, "*/30 2 * * *", "2027-03-28T01:00:00Z", false},
    {OSLO, "30 */2 * * *", "2027-03-28T01:00:00Z", false},
    {OSLO, "30 1 * * *", "2027-03-28T00:30:00Z", true},
    {OSLO, "30 3 * * *", "2027-03-28T01:30:00Z", true},
    {OSLO, "30 3 * * *", "2027-03-28T01:00:00Z", false},
    /* From 03:00 back to 02:00: what is fixed runs in the first pass, wildcards in both. */
    {OSLO, "30 2 * * *", "2027-10-31T00:30:00Z", true},
    {OSLO, "30 2 * * *", "2027-10-31T01:30:00Z", false},
    {OSLO, "30 * * * *", "2027-10-31T00:30:00Z", true},
    {OSLO, "30 * * * *", "2027-10-31T01:30:00Z", true},
    {OSLO, "*/30 2 * * *", "2027-10-31T00:30:00Z", true},
    {OSLO, "*/30 2 * * *", "2027-10-31T01:30:00Z", true},
    {OSLO, "30 3 * * *", "2027-10-31T02:30:00Z", true},
    /* Half an hour each way, from 02:00 to 02:30 and from 02:00 back to 01:30. */
    {HOWE, "15 2 * * *", "2026-10-03T15:30:00Z", true},
    {HOWE, "15 2 * * *", "2026-10-03T15:45:00Z", false},
    {HOWE, "15 * * * *", "2026-10-03T15:30:00Z", false},
    {HOWE, "45 1 * * *", "2027-04-03T14:45:00Z", true},
    {HOWE, "45 1 * * *", "2027-04-03T15:15:00Z", false},
    {HOWE, "45 * * * *", "2027-04-03T15:15:00Z", true},
    {HOWE, "15 2 * * *", "2027-04-03T15:45:00Z", true},
    /* 30 December 2011 is no date there, and nothing is made up for. */
    {APIA, "0 12 * * *", "2011-12-29T22:00:00Z", true},
    {APIA, "0 12 * * *", "2011-12-30T22:00:00Z", true},
    {APIA, "0 12 * * *", "2011-12-30T10:00:00Z", false},
    {APIA, "0 12 30 12 *", "2011-12-30T10:00:00Z", false},
    {APIA, "0 0 31 12 *", "2011-12-30T10:00:00Z", true},
    {NEPAL, "0 2 * * *", "2026-12-01T20:15:00Z", true},
    {NEPAL, "0 2 * * *", "2026-12-01T20:30:00Z", false},
    {NEPAL, "15 * * * *", "2026-12-01T20:30:00Z", true},
};

/* Covers: `due` has the slot at its minute of UTC, and no other. */
START_TEST(test_minutes)
{
    scene_seed(1, 1, "* * * * *");
    for (size_t i = 0; i < COUNT(minutes); i++) {
        struct program_result result;
        char expected[300] = "[]\n";

        set_zone(minutes[i].timezone);
        testdb_exec("UPDATE organization_integrations SET cron_schedule = '%s'", minutes[i].cron);
        if (minutes[i].is_due)
            snprintf(expected, sizeof expected,
                     "[{\"orgId\":\"" SCENE_ORG "\",\"integrationId\":\"%s\","
                     "\"integrationType\":\"xledger\",\"scheduledFor\":\"%s\"}]\n",
                     scene_integration(1), minutes[i].at);
        result = run_due(minutes[i].at);
        ck_assert_msg(strcmp(result.out, expected) == 0, "\"%s\" in %s at %s: %s", minutes[i].cron,
                      minutes[i].timezone, minutes[i].at, result.out);
        ck_assert_str_eq(result.err, "");
        ck_assert_int_eq(result.status, 0);
        program_result_free(&result);
    }
}
END_TEST

/* Nights that are over, since a tick refuses the future: the gap and the repeated hour of 2024. */
static const struct {
    const char *cron;
    const char *at;
    long triggered;
} nights[] = {
    {"30 2 * * *", "2024-03-31T01:00:00Z", 1}, {"30 2 * * *", "2024-03-31T01:30:00Z", 0},
    {"30 2 * * *", "2024-10-27T00:30:00Z", 1}, {"30 2 * * *", "2024-10-27T01:30:00Z", 0},
    {"30 * * * *", "2024-10-27T01:30:00Z", 1}, {"0 2 * * *", "2024-07-01T00:00:00Z", 1},
    {"0 2 * * *", "2024-12-01T01:00:00Z", 1},  {"0 2 * * *", "2024-12-01T02:00:00Z", 0},
};

/* Covers: a tick calls for the same minutes, and the run carries the slot in UTC. */
START_TEST(test_tick)
{
    char options[40];

    set_zone(OSLO);
    scene_seed(1, 1, nights[_i].cron);
    snprintf(options, sizeof options, "--at %s", nights[_i].at);
    scene_expect(scene_run(options), nights[_i].triggered, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE scheduled_for = '%s'"
                                   " AND covers_from = scheduled_for AND status = 'completed'",
                                   nights[_i].at),
                     nights[_i].triggered);
    ck_assert_int_eq(scene_count(NULL), nights[_i].triggered);
    ck_assert_uint_eq(function_count(scene_function(), NULL), (size_t)nights[_i].triggered);
}
END_TEST

/* ---- Zones that nobody knows ---- */

static const char *const unknown[] = {
    "Mars/Olympus",    "europe/oslo",    "../../etc/passwd",
    ":/etc/localtime", "/etc/localtime", "posixrules",
    "localtime",       "Factory",        "",
    "+16:00",          "UTC0",           "Europe",
    "Europe/Oslo ",    "CET-1CEST",
};

/* The n-th organisation with a zone of its own, and its one integration, due at every minute. */
static void seed_unknown(int n)
{
    testdb_exec("INSERT INTO organizations (id, name, timezone)"
                " VALUES ('20000000-0000-4000-8000-%012d', 'Elsewhere', '%s');"
                "INSERT INTO organization_integrations VALUES"
                " ('20000000-0000-4000-8000-%012d', '30000000-0000-4000-8000-%012d', 'bufdir',"
                "  '* * * * *', true)",
                n, unknown[n], n, n);
}

/* One line names a row and what is wrong, and one says how many more there are. */
static void assert_warnings(const char *err)
{
    char more[100];
    int named = 0;

    for (size_t n = 0; n < COUNT(unknown); n++) {
        char warning[200];

        snprintf(warning, sizeof warning,
                 "syncsched: warning: Elsewhere / bufdir (30000000): time zone \"%s\" ",
                 unknown[n]);
        named += strncmp(err, warning, strlen(warning)) == 0 ? 1 : 0;
    }
    ck_assert_msg(named == 1, "%s", err);
    snprintf(more, sizeof more,
             "syncsched: warning: %zu more rows are not valid: syncsched status names them\n",
             COUNT(unknown) - 1);
    ck_assert_str_eq(strchr(err, '\n') + 1, more);
}

/* Each of them has its reason in the status. */
static void assert_status_names_all(void)
{
    struct program_result status = scene_command("status", NULL);

    for (size_t n = 0; n < COUNT(unknown); n++) {
        char reason[100];

        snprintf(reason, sizeof reason, "time zone \"%s\" ", unknown[n]);
        ck_assert_msg(strstr(status.out, reason) != NULL, "not %s: %s", reason, status.out);
    }
    program_result_free(&status);
}

/* Covers: an unknown zone is a warning, never UTC in silence; the others are served. */
START_TEST(test_unknown)
{
    struct program_result due;
    struct scene_tick tick;
    char *slot;

    set_zone(OSLO);
    scene_seed(1, 1, "* * * * *");
    for (int n = 0; n < (int)COUNT(unknown); n++)
        seed_unknown(n);
    due = run_due("2024-05-01T02:00:00Z");
    assert_warnings(due.err);
    slot = strstr(due.out, "\"scheduledFor\":\"2024-05-01T02:00:00Z\"}]\n");
    ck_assert_ptr_nonnull(slot);
    ck_assert_ptr_eq(strstr(due.out, "[{\"orgId\":\"" SCENE_ORG "\""), due.out);
    ck_assert_ptr_eq(strstr(due.out, "\"scheduledFor\""), slot); /* the only one */
    ck_assert_int_eq(due.status, 0);
    program_result_free(&due);
    assert_status_names_all();

    scene_settle(5000);
    tick = scene_run("");
    scene_check(&tick, 1, 0, 0, 0);
    assert_warnings(tick.err);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    ck_assert_uint_eq(function_count(scene_function(), scene_integration(1)), 1);
    ck_assert_int_eq(scene_count(NULL), 1);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: a host without zone data serves UTC and offsets, and warns about every other row. */
START_TEST(test_no_zone_data)
{
    struct scene_tick tick;

    scene_set_variable("TZDIR=/nonexistent");
    scene_seed(1, 1, "0 2 * * *");
    testdb_exec("INSERT INTO organizations (id, name, timezone) VALUES"
                " ('20000000-0000-4000-8000-000000000001', 'Elsewhere', '" OSLO "'),"
                " ('20000000-0000-4000-8000-000000000002', 'Kabul', '+04:30');"
                "INSERT INTO organization_integrations VALUES"
                " ('20000000-0000-4000-8000-000000000001', gen_random_uuid(), 'bufdir',"
                "  '* * * * *', true),"
                " ('20000000-0000-4000-8000-000000000002', gen_random_uuid(), 'dynamics',"
                "  '30 6 * * *', true)");
    tick = scene_run("--at 2024-05-01T02:00:00Z");
    scene_check(&tick, 2, 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, "Elsewhere / bufdir ("));
    ck_assert_ptr_nonnull(strstr(tick.err, "time zone \"" OSLO "\" cannot be looked up"));
    ck_assert_int_eq(scene_count("completed"), 2);
    scene_tick_free(&tick);
}
END_TEST

/* ---- Zones that change ---- */

/* The minute of the hour that clocks in Kathmandu show, 5:45 ahead of UTC all the year. */
static int minute_in_nepal(int64_t minute)
{
    return (int)((minute + 45) % 60);
}

/* The runs as "status first..last code", slots in minutes after origin. */
static void assert_runs(int64_t origin, const char *expected)
{
    assert_text(testdb_text("SELECT string_agg(concat_ws(' ', status,"
                            "  (extract(epoch FROM covers_from - '%s') / 60)::int || '..' ||"
                            "  (extract(epoch FROM scheduled_for - '%s') / 60)::int,"
                            "  error_class || '/' || error_code), ', ' ORDER BY scheduled_for)"
                            " FROM sync_run_log",
                            scene_minute_text(origin), scene_minute_text(origin)),
                expected);
}

/* Covers: what a tick missed is caught up with by the clocks of the zone. */
START_TEST(test_catch_up)
{
    int64_t slot = scene_settle(6000);
    char cron[32];
    char state[64];

    snprintf(cron, sizeof cron, "%d * * * *", minute_in_nepal(slot - 5));
    snprintf(state, sizeof state, "%s " NEPAL, cron);
    set_zone(NEPAL);
    scene_seed(1, 1, cron);
    scene_seed_state(1, state, slot - 10);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed -5..-5");
    assert_text(testdb_text("SELECT triggered_by FROM sync_run_log"), "catch_up");
    ck_assert_int_eq(scene_mark(1), slot);
}
END_TEST

/*
 * Covers: what is owed by the old zone's clocks is cancelled, by these clocks, and what would have
 * been due by the new zone's is not caught up with.
 */
START_TEST(test_changed_zone)
{
    int64_t slot = scene_settle(8000);
    int owed_before = minute_in_nepal(slot - 5);
    int due_now = (int)((slot - 3) % 60);
    char cron[32];
    char state[64];

    snprintf(cron, sizeof cron, "%d,%d * * * *", owed_before, due_now);
    snprintf(state, sizeof state, "%s " NEPAL, cron);
    scene_seed(1, 1, cron); /* in UTC now */
    scene_seed_state(1, state, slot - 10);
    scene_expect(scene_run(""), 0, 0, 0, 0);
    assert_runs(slot, "failed -5..-5 not_delivered/CANCELLED");
    ck_assert_int_eq(scene_mark(1), slot);
    snprintf(state, sizeof state, "%s UTC", cron);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), state);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    scene_expect(scene_run(""), 0, 0, 0, 0); /* and nothing of it comes up later */
    ck_assert_int_eq(scene_count(NULL), 1);
}
END_TEST

/* Covers: the same from UTC to a named zone, which the state then names. */
START_TEST(test_named_zone)
{
    int64_t slot = scene_settle(8000);

    set_zone(OSLO);
    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "* * * * * UTC", slot - 10);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "failed -9..-1 not_delivered/CANCELLED, completed 0..0");
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), "* * * * * " OSLO);
    ck_assert_int_eq(scene_mark(1), slot);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* An ordinary user may not look there anyway. */
#define AS_NOBODY                                                                                  \
    "[ $(id -u) != 0 ] || exec setpriv --reuid=65534 --clear-groups \"$@\"; exec \"$@\""

/* What the host lacks: a variable and a wrapper as for the scene, and what the warning says. */
static const struct {
    const char *variable;
    const char *wrapper;
    const char *wrong;
} without[] = {
    {"TZDIR=/nonexistent", NULL, "cannot be looked up: this system has no time zone data"},
    {"TZDIR=/usr/share/zoneinfo/Asia", NULL, "is not known"}, /* data that lack this zone */
    {"TZDIR=/proc/1/root", AS_NOBODY, "cannot be opened: Permission denied"},
    {NULL, "ulimit -n 5; exec \"$@\"", "cannot be opened: Too many open files"},
};

/* Those of them that say nothing about the name. */
static const size_t edits[] = {0, 2, 3};

/*
 * Covers: a host that cannot read a zone has seen no edit. It warns, and leaves state, mark and debt
 * to those that can.
 */
START_TEST(test_host_without_zone)
{
    int64_t slot = scene_settle(10000);
    struct scene_tick tick;

    set_zone(OSLO);
    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "* * * * * " OSLO, slot - 10);
    scene_set_variable(without[_i].variable);
    scene_set_wrapper(without[_i].wrapper);
    tick = scene_run("");
    scene_check(&tick, 0, 0, 0, 0);
    ck_assert_msg(strstr(tick.err, without[_i].wrong) != NULL, "%s", tick.err);
    scene_tick_free(&tick);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), "* * * * * " OSLO);
    ck_assert_int_eq(scene_mark(1), slot - 10);
    ck_assert_int_eq(scene_count(NULL), 0);
    scene_set_variable(NULL);
    scene_set_wrapper(NULL);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "completed -9..0");
}
END_TEST

/*
 * Covers: the same where the row was edited: what it was edited to, only a host that can open the zone
 * sees. Of an unknown name this host knows no better than that nobody has it.
 */
START_TEST(test_edit_without_zone)
{
    int64_t slot = scene_settle(10000);

    set_zone(OSLO);
    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "*/3 * * * * UTC", slot - 3);
    scene_set_variable(without[edits[_i]].variable);
    scene_set_wrapper(without[edits[_i]].wrapper);
    scene_expect(scene_run(""), 0, 0, 0, 0);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), "*/3 * * * * UTC");
    ck_assert_int_eq(scene_mark(1), slot - 3);
    ck_assert_int_eq(scene_count(NULL), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_journal"
                                   " WHERE schedule = '' OR valid_to IS NOT NULL"),
                     0);
    scene_set_variable(NULL);
    scene_set_wrapper(NULL);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), "* * * * * " OSLO);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_journal"
                                   " WHERE schedule = ''"),
                     0);
    ck_assert_int_eq(scene_mark(1), slot);
}
END_TEST

/* Covers: what a text owed that cannot be read any more is in the log, as one stretch. */
START_TEST(test_edited_without_zone)
{
    int64_t slot = scene_settle(10000);

    set_zone("+02:00");
    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "*/3 * * * * " OSLO, slot - 10);
    scene_set_variable("TZDIR=/nonexistent");
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "failed -9..-1 not_delivered/CANCELLED, completed 0..0");
}
END_TEST

/* Covers: a zone that becomes unknown closes the schedule; known again, it has no past. */
START_TEST(test_zone_gets_lost)
{
    int64_t slot = scene_settle(45000); /* it has not come yet */
    struct scene_tick tick;

    set_zone("Mars/Olympus");
    scene_seed(1, 1, "* * * * *");
    scene_seed_state(1, "* * * * * " OSLO, slot - 3);
    tick = scene_run("");
    scene_check(&tick, 0, 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(tick.err, "time zone \"Mars/Olympus\" is not known"));
    scene_tick_free(&tick);
    assert_runs(slot, "failed -2..-1 not_delivered/CANCELLED");
    assert_text(testdb_text("SELECT schedule FROM sync_schedule_state"), "");
    set_zone(OSLO);
    scene_expect(scene_run(""), 1, 0, 0, 0);
    assert_runs(slot, "failed -2..-1 not_delivered/CANCELLED, completed 0..0");
}
END_TEST

SUITE(zones)
{
    TCase *known = tcase_create("zones-known");
    TCase *changing = tcase_create("zones-changing");

    tcase_add_checked_fixture(known, scene_open, scene_close);
    tcase_add_test(known, test_minutes);
    tcase_add_loop_test(known, test_tick, 0, COUNT(nights));
    suite_add_tcase(suite, known);
    tcase_add_checked_fixture(changing, scene_open, scene_close);
    tcase_add_test(changing, test_unknown);
    tcase_add_test(changing, test_no_zone_data);
    tcase_add_test(changing, test_catch_up);
    tcase_add_test(changing, test_changed_zone);
    tcase_add_test(changing, test_named_zone);
    tcase_add_loop_test(changing, test_host_without_zone, 0, COUNT(without));
    tcase_add_loop_test(changing, test_edit_without_zone, 0, COUNT(edits));
    tcase_add_test(changing, test_edited_without_zone);
    tcase_add_test(changing, test_zone_gets_lost);
    suite_add_tcase(suite, changing);
}
