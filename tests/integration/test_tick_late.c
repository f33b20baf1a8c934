/*
 * Late answers (design section 5, step 6): the run was abandoned by the 30-minute rule while its
 * call was under way. A success is recorded when nobody has called again, and noted otherwise.
 */
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

#define GIVE_UP                                                                                    \
    "UPDATE sync_run_log SET status = 'failed', failed_at = now(), error_class = 'unknown',"       \
    " error_code = 'ABANDONED', error_message = 'no answer was recorded within 30 minutes'"        \
    " WHERE status = 'running'"

#define TRY_AGAIN                                                                                  \
    "INSERT INTO sync_run_log (org_id, integration_id, integration_type, scheduled_for,"           \
    " covers_from, attempt, status, idempotency_key, triggered_by, failed_at, error_class,"        \
    " error_code) SELECT org_id, integration_id, integration_type, scheduled_for, covers_from, 2," \
    " 'failed', idempotency_key, 'retry', now(), 'rejected', 'HTTP_400' FROM sync_run_log"

/* The run under way is the second attempt; the first one failed. */
#define TRIED_BEFORE                                                                               \
    "UPDATE sync_run_log SET attempt = 2; INSERT INTO sync_run_log (org_id, integration_id,"       \
    " integration_type, scheduled_for, covers_from, attempt, status, idempotency_key,"             \
    " triggered_by, failed_at, error_class, error_code) SELECT org_id, integration_id,"            \
    " integration_type, scheduled_for, covers_from, 1, 'failed', idempotency_key, 'manual',"       \
    " now(), 'rejected', 'HTTP_400' FROM sync_run_log"

static const struct {
    const char *answer;    /* of the function, after a while */
    const char *meanwhile; /* what happens to the log while the call is under way */
    int failed;            /* as the summary counts it */
    const char *after;     /* how the run stands in the end */
    const char *warning;
} cases[] = {
    {"* latency_ms=700 count=41", GIVE_UP, 0,
     "completed 41 200 it was abandoned, and then answered after all",
     "abandoned, then answered: its success is recorded"},
    {"* latency_ms=700 count=41", GIVE_UP ";" TRY_AGAIN, 1,
     "failed unknown ABANDONED 200 no answer was recorded within 30 minutes; it succeeded, but "
     "late",
     "abandoned, then answered: its message notes the response"},
    {"* latency_ms=700 status=400", GIVE_UP, 1,
     "failed unknown ABANDONED 400 no answer was recorded within 30 minutes; it failed, and late: "
     "HTTP_400",
     "abandoned, then answered: its message notes the response"},
    /* the answer to the second attempt: what counts is that nobody has made a third */
    {"* latency_ms=700 count=41", GIVE_UP ";" TRIED_BEFORE, 0,
     "completed 41 200 it was abandoned, and then answered after all",
     "abandoned, then answered: its success is recorded"},
    /* somebody else's run by now: not a word in it */
    {"* latency_ms=700 count=41", GIVE_UP "; UPDATE sync_run_log SET worker = 'other'", 1,
     "failed unknown ABANDONED no answer was recorded within 30 minutes",
     "abandoned, then answered: the response is not recorded"},
};

static char *run_as_it_stands(void)
{
    return testdb_text("SELECT concat_ws(' ', status, error_class, error_code, records_exported,"
                       " http_status, error_message) FROM sync_run_log"
                       " WHERE worker IS NOT NULL");
}

START_TEST(test_late)
{
    struct program *program;
    struct scene_tick tick;
    char *after;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), cases[_i].answer);
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("%s", cases[_i].meanwhile);
    tick = scene_wait(program);
    after = run_as_it_stands();
    ck_assert_msg(strncmp(after, cases[_i].after, strlen(cases[_i].after)) == 0, "%s", after);
    ck_assert_ptr_nonnull(strstr(tick.err, cases[_i].warning));
    scene_check(&tick, 1, 0, cases[_i].failed, cases[_i].failed);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    free(after);
    scene_tick_free(&tick);
}
END_TEST

/* Somebody claims the slot again at this very moment: the late answer waits, and then sees it. */
START_TEST(test_late_waits_for_the_lock)
{
    PGconn *other;
    struct program *program;
    struct scene_tick tick;
    char *after;

    scene_seed(1, 1, DAILY);
    function_script(scene_function(), "* latency_ms=700 count=41");
    program = scene_start("--at " AT);
    function_wait_for_calls(scene_function(), 1);
    testdb_exec("%s", GIVE_UP);
    other = scene_stranger("SELECT pg_advisory_xact_lock(hashtextextended('syncsched/' ||"
                           " org_id || '/' || integration_id, 0)) FROM sync_run_log;" TRY_AGAIN);
    scene_sleep_ms(1200); /* the answer has come by now */
    ck_assert(program_is_running(program));
    PQclear(PQexec(other, "COMMIT"));
    PQfinish(other);
    tick = scene_wait(program);
    after = run_as_it_stands();
    ck_assert_msg(strstr(after, "; it succeeded, but late") != NULL, "%s", after);
    scene_check(&tick, 1, 0, 1, 1);
    free(after);
    scene_tick_free(&tick);
}
END_TEST

SUITE(tick_late)
{
    TCase *all = tcase_create("late");

    tcase_add_checked_fixture(all, scene_open, scene_close);
    tcase_add_loop_test(all, test_late, 0, (int)(sizeof cases / sizeof *cases));
    tcase_add_test(all, test_late_waits_for_the_lock);
    suite_add_tcase(suite, all);
}
