/*
 * What arrives on a kept connection while nothing was asked is nobody's answer: the next run goes
 * over another connection, and its count is its own.
 */
#include "support/front.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

#define SECOND_200                                                                                 \
    "unasked=HTTP/1.1%20200%20OK%0d%0aContent-Length:%2022%0d%0a%0d%0a{\"recordsExported\":99}"
#define PROXY_408                                                                                  \
    "unasked=HTTP/1.1%20408%20Request%20Time-out%0d%0aConnection:%20close%0d%0a"                   \
    "Content-Length:%200%0d%0a%0d%0a"

/* Who holds this lock of the database's keeps outcomes from being stored. */
#define STORING 4711

static const struct {
    const char *answer; /* to the first run */
    bool comes_later;   /* while its outcome is being stored */
} answers[] = {
    {"count=1 " SECOND_200, false},
    {"count=1 chunked=1 " SECOND_200, false},
    {"count=1 head_ms=100 " SECOND_200, false},
    {"count=1 chunked=1 head_ms=100 " SECOND_200, false},
    {"count=1 unasked_fin=1 " SECOND_200, false},
    {"action=no_content " SECOND_200, false},
    {"count=1 unasked_ms=1 " SECOND_200, true},
    {"count=1 chunked=1 unasked_ms=1 " SECOND_200, true},
    {"count=1 unasked_ms=1 unasked_fin=1 " SECOND_200, true},
    {"count=1 unasked_ms=1 " PROXY_408, true},
    {"count=1 unasked_ms=1 unasked_fin=1 " PROXY_408, true},
    {"count=1 unasked_ms=1 unasked=H", true},
};

static struct front *front;

static void unasked_close(void)
{
    if (front != NULL)
        front_stop(front);
    front = NULL;
    scene_close();
}

static void use_tls(void)
{
    front = front_start("good", function_url(scene_function()));
    scene_set_url(front_url(front, "127.0.0.1"));
    setenv("SYNCSCHED_CA_FILE", front_ca_file(front), 1);
}

static void hold_storing(void)
{
    testdb_exec("CREATE FUNCTION wait_to_store() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
                " PERFORM pg_advisory_xact_lock_shared(%d); RETURN new; END $$",
                STORING);
    testdb_exec("CREATE TRIGGER wait_to_store BEFORE UPDATE ON sync_run_log FOR EACH ROW"
                " WHEN (new.status = 'completed') EXECUTE FUNCTION wait_to_store()");
    testdb_exec("SELECT pg_advisory_lock(%d)", STORING);
}

/* Until the bytes have left the server and, where TLS is before it, the front. */
static void wait_for_unasked(void)
{
    for (int waited_ms = 0; function_count_event(scene_function(), "unasked") == 0;
         waited_ms += 10) {
        ck_assert_msg(waited_ms < 60000, "nothing unasked");
        scene_sleep_ms(10);
    }
    scene_sleep_ms(200);
}

static void expect_records(int n, const char *records)
{
    char *stored = testdb_text("SELECT coalesce(records_exported::text, 'none') FROM sync_run_log"
                               " WHERE integration_id = '%s' AND status = 'completed'",
                               scene_integration(n));

    ck_assert_str_eq(stored, records);
    free(stored);
}

/*
 * Covers: a second answer in the same packet, within one piece of TLS or across two, or a moment
 * later; an idle proxy's 408; with and without the connection's end. Three runs, two connections.
 */
static void serve_three(int row)
{
    char script[1000];
    struct program *program;

    scene_seed(1, 3, DAILY);
    snprintf(script, sizeof script, "%s times=1 %s\n%s count=2\n%s count=3\n", scene_integration(1),
             answers[row].answer, scene_integration(2), scene_integration(3));
    function_script(scene_function(), script);
    if (answers[row].comes_later)
        hold_storing();
    program = scene_start("--concurrency 1 --at " AT);
    if (answers[row].comes_later) {
        wait_for_unasked();
        testdb_exec("SELECT pg_advisory_unlock(%d)", STORING);
    }
    scene_expect(scene_wait(program), 3, 0, 0, 0);
    expect_records(1, strstr(answers[row].answer, "count") != NULL ? "1" : "none");
    expect_records(2, "2");
    expect_records(3, "3");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    ck_assert_uint_eq(function_connections(scene_function()), 2);
}

START_TEST(test_plain)
{
    serve_three(_i);
}
END_TEST

START_TEST(test_tls)
{
    use_tls();
    serve_three(_i);
}
END_TEST

SUITE(tick_unasked)
{
    TCase *plain = tcase_create("unasked-plain");
    TCase *tls = tcase_create("unasked-tls");

    tcase_add_checked_fixture(plain, scene_open, unasked_close);
    tcase_add_loop_test(plain, test_plain, 0, COUNT(answers));
    suite_add_tcase(suite, plain);
    tcase_add_checked_fixture(tls, scene_open, unasked_close);
    tcase_add_loop_test(tls, test_tls, 0, COUNT(answers));
    suite_add_tcase(suite, tls);
}
