/*
 * Attempts across ticks (--max-attempts, --retry-unknown) and by hand (--at T --retry-failed): the
 * same key, a run of its own, and only while nothing newer has made it pointless.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define NEXT  "2024-05-02T02:00:00Z"
#define DAILY "0 2 * * *"

/* A failed run of the first integration, begun, at a slot half an hour ago. */
static void seed_failed(const char *error_class, int attempt, int failed_minutes_ago)
{
    testdb_exec(
        "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
        " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at, "
        "failed_at,"
        " error_class, error_code) SELECT org_id, integration_id, integration_type, t, t, %d,"
        " 'failed', 'the key', 'schedule', 'w', now(), now() - interval '%d minutes', '%s', 'X'"
        " FROM organization_integrations,"
        " date_trunc('minute', now() - interval '30 minutes') AS t",
        attempt, failed_minutes_ago, error_class);
}

/* The function answered that another attempt has the key, and until when. */
#define HELD "UPDATE sync_run_log SET retry_at = now(), http_status = 409"

#define RESOLVED(word)                                                                             \
    "UPDATE sync_run_log SET resolution = '" word "', resolved_at = now(), resolved_by = 'me'"

#define OLDER_DONE                                                                                 \
    "INSERT INTO sync_run_log SELECT gen_random_uuid(), org_id, integration_id, integration_type," \
    " scheduled_for - interval '1 minute', scheduled_for - interval '1 minute', 1, 'completed',"   \
    " 'k', 'manual', 'w', now(), now(), now() FROM sync_run_log"

static const struct {
    const char *error_class;
    int attempt;
    int failed_minutes_ago;
    const char *also; /* what else stands in the log, or NULL */
    const char *options;
    long attempts; /* made by the tick */
} cases[] = {
    {"not_delivered", 1, 2, NULL, "", 0}, /* nobody asked for it */
    {"not_delivered", 1, 2, NULL, "--max-attempts 2", 1},
    {"rejected", 1, 2, NULL, "--max-attempts 2", 1},
    {"unknown", 1, 2, NULL, "--max-attempts 2", 0},
    {"unknown", 1, 2, NULL, "--max-attempts 2 --retry-unknown", 1},
    /* what a person, or the function when asked, said of it */
    {"unknown", 1, 2, RESOLVED("not_done"), "--max-attempts 2", 1},
    {"unknown", 1, 2, RESOLVED("done"), "--max-attempts 2 --retry-unknown", 0},
    {"rejected", 1, 2, RESOLVED("done"), "--max-attempts 2", 0},
    {"rejected", 2, 60, NULL, "--max-attempts 2", 0}, /* no more of them */
    {"rejected", 2, 60, NULL, "--max-attempts 3", 1},
    /* the pauses: 1, 2, 4 minutes, ... */
    {"rejected", 1, 0, NULL, "--max-attempts 9", 0},
    {"rejected", 2, 1, NULL, "--max-attempts 9", 0},
    {"rejected", 3, 3, NULL, "--max-attempts 9", 0},
    {"rejected", 3, 5, NULL, "--max-attempts 9", 1},
    {"rejected", 8, 61, NULL, "--max-attempts 9", 1},      /* an hour at most */
    {"rejected", 1, 60 * 25, NULL, "--max-attempts 9", 0}, /* yesterday's are left alone */
    /* an older slot of its period was exported meanwhile: only what nobody got may change */
    {"rejected", 1, 2, OLDER_DONE, "--max-attempts 9", 0},
    {"not_delivered", 1, 2, OLDER_DONE, "--max-attempts 9", 1},
    /* a newer slot is completed; a newer attempt was made; the schedule is disabled */
    {"rejected", 1, 2,
     "INSERT INTO sync_run_log SELECT gen_random_uuid(), org_id, integration_id, integration_type,"
     " scheduled_for + interval '1 minute', scheduled_for + interval '1 minute', 1, 'completed',"
     " 'k', 'schedule', 'w', now(), now(), now() FROM sync_run_log",
     "--max-attempts 9", 0},
    {"rejected", 1, 2,
     "INSERT INTO sync_run_log SELECT gen_random_uuid(), org_id, integration_id, integration_type,"
     " scheduled_for, covers_from, 2, 'completed', 'k', 'retry', 'w', now(), now(), now()"
     " FROM sync_run_log",
     "--max-attempts 9", 0},
    {"rejected", 1, 2,
     "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
     " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at, failed_at,"
     " error_class, error_code) SELECT org_id, integration_id, integration_type, scheduled_for,"
     " covers_from, 2, status, idempotency_key, 'retry', 'w', now(), now(), 'rejected', 'X'"
     " FROM sync_run_log",
     "--max-attempts 9", 0},
    {"rejected", 1, 2, "UPDATE organization_integrations SET is_enabled = false",
     "--max-attempts 9", 0},
    /* the function asked to be left alone for longer than the pause, and has been */
    {"rejected", 1, 2, "UPDATE sync_run_log SET retry_at = now() + interval '1 minute'",
     "--max-attempts 9", 0},
    {"not_delivered", 1, 2, "UPDATE sync_run_log SET retry_at = now() + interval '1 minute'",
     "--max-attempts 9", 0},
    {"rejected", 1, 2, "UPDATE sync_run_log SET retry_at = now()", "--max-attempts 9", 1},
    /* a held key uses up no attempt; any other answer does; a day after the first it is over */
    {"rejected", 2, 60, HELD, "--max-attempts 2", 1},
    {"rejected", 2, 60, HELD, "", 0},
    {"rejected", 2, 60, "UPDATE sync_run_log SET retry_at = now(), http_status = 429",
     "--max-attempts 2", 0},
    {"rejected", 2, 60, "UPDATE sync_run_log SET http_status = 409", "--max-attempts 2", 0},
    {"rejected", 2, 60,
     HELD "; INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
          " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
          " failed_at, error_class, error_code, http_status, retry_at)"
          " SELECT org_id, integration_id, integration_type, scheduled_for, covers_from, 1, status,"
          " idempotency_key, triggered_by, worker, started_at, now() - interval '25 hours',"
          " error_class, error_code, http_status, retry_at FROM sync_run_log",
     "--max-attempts 2", 0},
    /* an attempt before this one exported the slot: this one was a person's wish, no policy's */
    {"rejected", 2, 60,
     "INSERT INTO sync_run_log SELECT gen_random_uuid(), org_id, integration_id, integration_type,"
     " scheduled_for, covers_from, 1, 'completed', 'k', 'schedule', 'w', now(), now(), now()"
     " FROM sync_run_log",
     "--max-attempts 9", 0},
    /* given up without having begun: that was decided, not tried; be there something to claim */
    {"not_delivered", 1, 2,
     "UPDATE sync_run_log SET started_at = NULL, worker = NULL; DELETE FROM sync_schedule_state",
     "--max-attempts 9", 0},
};

START_TEST(test_policy)
{
    struct scene_tick tick;

    scene_seed(1, 1, "0 0 1 1 *");
    scene_seed_state(1, "0 0 1 1 * UTC", scene_settle(0));
    seed_failed(cases[_i].error_class, cases[_i].attempt, cases[_i].failed_minutes_ago);
    if (cases[_i].also != NULL)
        testdb_exec("%s", cases[_i].also);
    tick = scene_run(cases[_i].options);
    scene_check(&tick, cases[_i].attempts, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE triggered_by = 'retry'"
                                   " AND status = 'completed' AND idempotency_key = 'the key'"
                                   " AND attempt = %d",
                                   cases[_i].attempt + 1),
                     cases[_i].attempts);
    ck_assert_uint_eq(function_count(scene_function(), NULL), (size_t)cases[_i].attempts);
    scene_tick_free(&tick);
}
END_TEST

/* An attempt that fails waits for the next pause; a run that is active goes first. */
START_TEST(test_one_at_a_time)
{
    int64_t slot = scene_settle(3000);

    scene_seed(1, 1, "0 0 1 1 *");
    scene_seed_state(1, "0 0 1 1 * UTC", slot);
    seed_failed("rejected", 1, 2);
    free(scene_seed_run(1, "running", slot, 5));
    scene_expect(scene_run("--max-attempts 9"), 0, 0, 0, 0);
    testdb_exec("DELETE FROM sync_run_log WHERE status = 'running'");
    function_script(scene_function(), "* status=400");
    scene_expect(scene_run("--max-attempts 9"), 1, 0, 1, 1);
    scene_expect(scene_run("--max-attempts 9"), 0, 0, 0, 0);
    ck_assert_int_eq(scene_count("failed"), 2);
}
END_TEST

/*
 * By hand: whatever failed in the window, as often as a person asks for it; what may have run only
 * where that is said, too.
 */
START_TEST(test_by_hand)
{
    char *key;

    scene_seed(1, 2, DAILY);
    function_script(scene_function(), "* action=close times=2\n* count=7");
    scene_expect(scene_run("--at " AT), 2, 0, 2, 1);
    scene_expect(scene_run("--at " AT), 0, 2, 0, 0);
    function_script(scene_function(), "10000000-0000-4000-8000-000000000001 status=400\n* count=7");
    setenv("SYNCSCHED_RETRY_UNKNOWN", "1", 1); /* what is configured is a policy of ticks */
    scene_expect(scene_run("--retry-failed --at " AT), 0, 2, 0, 0);
    unsetenv("SYNCSCHED_RETRY_UNKNOWN");
    scene_expect(scene_run("--retry-failed --retry-unknown --at " AT), 2, 0, 1, 1);
    function_script(scene_function(), "* count=7");
    scene_expect(scene_run("--retry-failed --at " AT), 1, 1, 0, 0); /* the other one is done */
    scene_expect(scene_run("--retry-failed --at " AT), 0, 2, 0, 0);
    key =
        testdb_text("SELECT string_agg(concat_ws(' ', attempt, status, triggered_by, error_class),"
                    " ', ' ORDER BY attempt) FROM sync_run_log WHERE integration_id ="
                    " '10000000-0000-4000-8000-000000000001'");
    ck_assert_str_eq(key, "1 failed manual unknown, 2 failed manual rejected, 3 completed manual");
    free(key);
    ck_assert_int_eq(testdb_number("SELECT count(DISTINCT idempotency_key) FROM sync_run_log"), 2);
}
END_TEST

/* What a run by hand retries, it does not warn of as covered. */
START_TEST(test_by_hand_warns_of_what_stays)
{
    struct scene_tick tick;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=400 times=1\n* count=7");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    tick = scene_run("--retry-failed --at " AT);
    ck_assert_str_eq(tick.err, "");
    scene_tick_free(&tick);
    tick = scene_run("--retry-failed --at " AT);
    ck_assert_ptr_nonnull(strstr(tick.err, "which is completed"));
    scene_tick_free(&tick);
}
END_TEST

/* As much time passes for the log's only slot. */
static void let_minutes_pass(int minutes)
{
    testdb_exec("UPDATE sync_run_log SET failed_at = failed_at - interval '%d minutes',"
                " retry_at = retry_at - interval '%d minutes'",
                minutes, minutes);
}

/*
 * Covers: with the attempts of the sample configuration, the key of a call that was lost, which the
 * example's function holds for 420 s, is attempted until it is free: when the function says so, and
 * no sooner, or however often it is found held.
 */
START_TEST(test_held_key)
{
    static const struct {
        int asks_for_s;
        long held;
    } holds[] = {{420, 1}, {30, 2}};
    long triggered = 0;

    scene_seed(1, 1, "0 0 1 1 *");
    scene_seed_state(1, "0 0 1 1 * UTC", scene_settle(0));
    seed_failed("unknown", 1, 0);
    for (int minute = 1; minute <= 8; minute++) {
        char script[100] = "* count=7";
        int left_s = 420 - 60 * minute;
        struct scene_tick tick;

        if (left_s > 0)
            snprintf(script, sizeof script, "* status=409 header=retry-after:%d",
                     holds[_i].asks_for_s < left_s ? holds[_i].asks_for_s : left_s);
        function_script(scene_function(), script);
        let_minutes_pass(1);
        tick = scene_run("--max-attempts 3 --retry-unknown");
        triggered += tick.triggered;
        scene_tick_free(&tick);
    }
    ck_assert_int_eq(triggered, holds[_i].held + 1);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE http_status = 409"),
                     holds[_i].held);
    ck_assert_int_eq(testdb_number("SELECT attempt FROM sync_run_log WHERE records_exported = 7"),
                     holds[_i].held + 2);
}
END_TEST

/*
 * Covers: a key means one period for good, also the one that begins with the first record; the
 * earlier slot that it contains was exported meanwhile.
 */
START_TEST(test_period_stays)
{
    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* status=400");
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    function_script(scene_function(), "* action=close");
    scene_expect(scene_run("--at " NEXT), 1, 0, 1, 1);
    function_script(scene_function(), "* count=7");
    scene_expect(scene_run("--retry-failed --at " AT), 1, 0, 0, 0);
    scene_expect(scene_run("--retry-failed --retry-unknown --at " NEXT), 1, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log WHERE period_start IS NULL"),
                     4);
}
END_TEST

/* Two at once make one attempt. */
START_TEST(test_two_at_once)
{
    struct program *one;
    struct program *other;
    struct scene_tick ticks[2];

    scene_seed(1, 1, "0 0 1 1 *");
    scene_seed_state(1, "0 0 1 1 * UTC", scene_settle(0));
    seed_failed("rejected", 1, 2);
    function_script(scene_function(), "* latency_ms=300");
    one = scene_start("--max-attempts 2");
    other = scene_start("--max-attempts 2");
    ticks[0] = scene_wait(one);
    ticks[1] = scene_wait(other);
    ck_assert_int_eq(ticks[0].triggered + ticks[1].triggered, 1);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    scene_tick_free(&ticks[0]);
    scene_tick_free(&ticks[1]);
}
END_TEST

/* Somebody is deciding about the integration just now: no attempt is made beside it. */
START_TEST(test_held_by_a_stranger)
{
    PGconn *stranger;

    scene_seed(1, 1, "0 0 1 1 *");
    scene_seed_state(1, "0 0 1 1 * UTC", scene_settle(0));
    seed_failed("rejected", 1, 2);
    stranger = scene_stranger("SELECT pg_advisory_xact_lock(hashtextextended('syncsched/' ||"
                              " org_id || '/' || integration_id, 0)) FROM sync_run_log");
    scene_expect(scene_run("--max-attempts 2"), 0, 0, 0, 0);
    PQfinish(stranger);
    scene_wait_for("SELECT count(*) = 0 FROM pg_locks WHERE locktype = 'advisory'");
    scene_expect(scene_run("--max-attempts 2"), 1, 0, 0, 0);
}
END_TEST

/* ---- Very many ---- */

enum { MANY = 1100 }; /* more than one transaction takes */

#define FIRST_ORG "00000000-0000-4000-8000-000000000001" /* before SCENE_ORG in key order */

/* A failed run of each of so many integrations of an organisation, all at one slot. */
static void seed_many(const char *org, int count, const char *slot)
{
    testdb_exec("INSERT INTO organizations VALUES ('%s', 'N') ON CONFLICT DO NOTHING", org);
    testdb_exec("INSERT INTO organization_integrations"
                " SELECT '%s', ('30000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid,"
                " 'xledger', '" DAILY "', true FROM generate_series(1, %d) AS n",
                org, count);
    testdb_exec("INSERT INTO sync_schedule_state SELECT org_id, integration_id, '" DAILY " UTC',"
                " date_trunc('minute', now()) FROM organization_integrations"
                " ON CONFLICT DO NOTHING");
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
                " failed_at, error_class, error_code)"
                " SELECT org_id, integration_id, integration_type, t, t, 1, 'failed', 'the key',"
                " 'schedule', 'w', now(), now() - interval '5 minutes', 'rejected', 'X'"
                " FROM organization_integrations,"
                " date_trunc('minute', %s) AS t"
                " WHERE org_id = '%s'",
                slot, org);
}

static long count_attempts(const char *org)
{
    return testdb_number("SELECT count(*) FROM sync_run_log WHERE attempt = 2 AND org_id = '%s'",
                         org);
}

/* A tick that may end before all of its calls do. */
static void run_many(const char *options)
{
    struct scene_tick tick = scene_run(options);

    ck_assert_msg(tick.status == 0, "exit %d: %.1000s", tick.status, tick.err);
    scene_tick_free(&tick);
}

/* What may not be tried again keeps nobody else's from being tried. */
START_TEST(test_many_in_vain)
{
    seed_many(FIRST_ORG, MANY, "now()");
    testdb_exec("INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"
                " covers_from, attempt, status, idempotency_key, triggered_by, worker, started_at,"
                " completed_at)"
                " SELECT org_id, integration_id, integration_type,"
                " scheduled_for + interval '1 minute', scheduled_for + interval '1 minute', 1,"
                " 'completed', 'k', 'schedule', 'w', now(), now() FROM sync_run_log");
    seed_many(SCENE_ORG, 1, "now()");
    scene_expect(scene_run("--max-attempts 9"), 1, 0, 0, 0);
    ck_assert_int_eq(count_attempts(SCENE_ORG), 1);
    ck_assert_int_eq(count_attempts(FIRST_ORG), 0);
}
END_TEST

/* Organisations take turns: very many of one leave room for the single one of another. */
START_TEST(test_many_of_one)
{
    seed_many(FIRST_ORG, MANY, "now()");
    seed_many(SCENE_ORG, 1, "now() + interval '1 minute'");
    run_many("--max-attempts 9 --budget 20s");
    ck_assert_int_eq(count_attempts(SCENE_ORG), 1);
    ck_assert_int_eq(count_attempts(FIRST_ORG), 999);
    run_many("--max-attempts 9 --budget 20s");
    ck_assert_int_eq(count_attempts(FIRST_ORG), MANY);
}
END_TEST

/* By hand all of them, in one go; a dry run says so before. */
START_TEST(test_many_by_hand)
{
    seed_many(SCENE_ORG, MANY, "'" AT "'::timestamptz");
    scene_expect(scene_run("--retry-failed --dry-run --at " AT), MANY, 0, 0, 0);
    ck_assert_int_eq(count_attempts(SCENE_ORG), 0);
    run_many("--retry-failed --budget 30s --at " AT);
    ck_assert_int_eq(count_attempts(SCENE_ORG), MANY);
}
END_TEST

/* Each run tells who made it; but one by hand is no sign that anything ticks. */
START_TEST(test_who)
{
    char *who;

    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--trigger-name pg_cron --at " AT), 1, 0, 0, 0);
    who = testdb_text("SELECT concat_ws(' ', trigger_name, host = split_part(worker, ':', 1))"
                      " FROM sync_run_log");
    ck_assert_str_eq(who, "pg_cron t");
    free(who);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_trigger_state"), 0);
    scene_expect(scene_run("--trigger-name pg_cron"), 0, 0, 0, 0);
    who = testdb_text("SELECT string_agg(trigger_name, ' ') FROM sync_trigger_state");
    ck_assert_str_eq(who, "pg_cron");
    free(who);
}
END_TEST

/* All that a claim may have to do goes with one transaction: there is room for every statement. */
START_TEST(test_all_statements)
{
    int64_t slot = scene_settle(3000);

    scene_seed(1, 1, "0 0 1 1 *");
    scene_seed_state(1, "0 0 1 1 * UTC", slot);
    seed_failed("rejected", 1, 2);
    scene_seed(2, 3, "0 0 1 1 *");
    free(scene_seed_run(2, "running", slot - 40, 40)); /* is abandoned; and both are new */
    scene_expect(scene_run("--max-attempts 9"), 1, 0, 0, 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_schedule_state"), 3);
}
END_TEST

SUITE(tick_attempts)
{
    TCase *policy = tcase_create("policy");
    TCase *all = tcase_create("attempts");

    tcase_add_checked_fixture(policy, scene_open, scene_close);
    tcase_add_loop_test(policy, test_policy, 0, (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(suite, policy);

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_test(all, test_one_at_a_time);
    tcase_add_test(all, test_by_hand);
    tcase_add_test(all, test_by_hand_warns_of_what_stays);
    tcase_add_loop_test(all, test_held_key, 0, 2);
    tcase_add_test(all, test_period_stays);
    tcase_add_test(all, test_two_at_once);
    tcase_add_test(all, test_held_by_a_stranger);
    tcase_add_test(all, test_many_in_vain);
    tcase_add_test(all, test_many_of_one);
    tcase_add_test(all, test_many_by_hand);
    tcase_add_test(all, test_all_statements);
    tcase_add_test(all, test_who);
    suite_add_tcase(suite, all);
}
