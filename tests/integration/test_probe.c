/*
 * Probing external systems, by the real SQL and over real connections: what goes over the wire, what
 * an answer does to the state, and that what is not permitted is not sent.
 */
#include "inspect/probe.h"
#include "store/probe.h"
#include "support/front.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"
#include "support/tunnel.h"
#include "time/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) ((int)(sizeof(a) / sizeof(a)[0]))

/* More than any transaction of these takes. */
enum { WAIT_MS = 60000 };

static struct database *db;
static struct probe_target targets[PROBE_TYPES];
static struct probe_finding findings[PROBE_TYPES];

/* One type, at the function server. */
static void setup(void)
{
    struct error err;

    scene_open();
    db = database_open(&(struct database_address){0}, clock_now_ms() + WAIT_MS, &err);
    ck_assert_msg(db != NULL, "%s", err.message);
    targets[0] = (struct probe_target){.integration_type = "xledger",
                                       .address = {.url = function_url(scene_function())}};
}

static void teardown(void)
{
    database_close(db);
    scene_close();
}

static void probe(size_t count)
{
    struct error err;

    ck_assert_msg(probe_systems(db, targets, count, findings, &err), "%s", err.message);
}

/*
 * As if so much time had passed. A pause counts from when an answer was here at the latest, which
 * is a moment later than it was: with a second or two more a pause is over.
 */
static void let_pass(const char *interval)
{
    testdb_exec("UPDATE sync_probe_state SET claimed_at = claimed_at - interval '%s',"
                " next_probe_at = next_probe_at - interval '%s',"
                " probed_at = probed_at - interval '%s', since = since - interval '%s'",
                interval, interval, interval, interval);
}

/* HEADs that came; nothing else may have. */
static size_t count_heads(void)
{
    json_t *others = function_others(scene_function());
    size_t count = json_array_size(others);
    size_t i;
    json_t *other;

    json_array_foreach(others, i, other)
    {
        ck_assert_str_eq(json_string_value(json_object_get(other, "method")), "HEAD");
    }
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    json_decref(others);
    return count;
}

/* For how long the system is left alone from when it was asked, in whole seconds. */
static long seconds_left_alone(void)
{
    return testdb_number("SELECT extract(epoch FROM next_probe_at - probed_at)::bigint"
                         " FROM sync_probe_state");
}

/* ---- Over the wire ---- */

/* Covers: HEAD, with nothing that could let us in, even where a key is at hand. */
START_TEST(test_request)
{
    static const char *const unsent[] = {"authorization",   "apikey",         "cookie",
                                         "idempotency-key", "content-length", "content-type"};
    char url[200];
    json_t *others;
    json_t *head;
    json_t *headers;

    snprintf(url, sizeof url, "%s/up?a=b", function_url(scene_function()));
    targets[0].address.url = url;
    targets[0].address.key = SCENE_KEY;
    probe(1);
    ck_assert_uint_eq(count_heads(), 1);
    others = function_others(scene_function());
    head = json_array_get(others, 0);
    headers = json_object_get(head, "headers");
    ck_assert_str_eq(json_string_value(json_object_get(head, "path")), "/up?a=b");
    ck_assert_str_eq(json_string_value(json_object_get(head, "bodyText")), "");
    ck_assert_str_eq(json_string_value(json_object_get(headers, "user-agent")),
                     "syncsched/" SYNCSCHED_VERSION);
    for (size_t i = 0; i < sizeof unsent / sizeof *unsent; i++)
        ck_assert_ptr_null(json_object_get(headers, unsent[i]));
    json_decref(others);
}
END_TEST

static const struct {
    const char *rule; /* of the function server */
    enum probe_condition condition;
    const char *code;
    long wait_s;
} answers[] = {
    {"HEAD status=200", PROBE_IS_REACHABLE, "HTTP_200", 900},
    {"HEAD status=404", PROBE_IS_REACHABLE, "HTTP_404", 900},
    {"HEAD status=405", PROBE_IS_REACHABLE, "HTTP_405", 900},
    {"HEAD action=redirect location=/elsewhere", PROBE_IS_REACHABLE, "HTTP_302", 900},
    {"HEAD status=308 location=http://127.0.0.1:1/", PROBE_IS_REACHABLE, "HTTP_308", 900},
    {"HEAD status=500", PROBE_IS_UNREACHABLE, "HTTP_500", 1800},
    {"HEAD status=503 header=Retry-After:7200", PROBE_IS_UNREACHABLE, "HTTP_503", 1800},
    {"HEAD status=429", PROBE_IS_THROTTLED, "HTTP_429", 86400},
    {"HEAD status=429 header=Retry-After:soon", PROBE_IS_THROTTLED, "HTTP_429", 86400},
    {"HEAD status=429 header=Retry-After:1", PROBE_IS_THROTTLED, "HTTP_429", 900},
    {"HEAD status=429 header=Retry-After:7200", PROBE_IS_THROTTLED, "HTTP_429", 7200},
    {"HEAD status=429 header=Retry-After:99999999999", PROBE_IS_THROTTLED, "HTTP_429", 31622400},
    {"HEAD status=429 header=Retry-After:Fri,%2031%20Dec%209999%2023:59:59%20GMT",
     PROBE_IS_THROTTLED, "HTTP_429", 31622400},
    {"HEAD action=close", PROBE_IS_UNREACHABLE, "CONNECTION_LOST", 1800},
    {"HEAD action=garbage", PROBE_IS_UNREACHABLE, "INVALID_RESPONSE", 1800},
    {"HEAD action=hang", PROBE_IS_UNREACHABLE, "TIMEOUT", 1800},
    {"HEAD latency_ms=1500", PROBE_IS_REACHABLE, "HTTP_200", 900},
};

/* Covers: what each answer is taken for, and that it is asked once, also where it redirects. */
START_TEST(test_answer)
{
    int64_t started_ms = clock_now_ms();

    function_script(scene_function(), answers[_i].rule);
    probe(1);
    ck_assert_int_lt(clock_now_ms() - started_ms, PROBE_ANSWER_MS + PROGRAM_SLACK_MS);
    ck_assert_int_eq(findings[0].condition, answers[_i].condition);
    ck_assert_str_eq(findings[0].state.code, answers[_i].code);
    ck_assert(findings[0].is_fresh);
    ck_assert_int_eq(seconds_left_alone(), answers[_i].wait_s);
    ck_assert_uint_eq(count_heads(), 1);
    probe(1);
    ck_assert_int_eq(findings[0].condition, answers[_i].condition);
    ck_assert(!findings[0].is_fresh);
    ck_assert_uint_eq(count_heads(), 1);
}
END_TEST

static struct front *front;

static void stop_front(void)
{
    front_stop(front);
    teardown();
}

static void setup_front(void)
{
    setup();
    front = front_start("good", function_url(scene_function()));
    targets[0].address.url = front_url(front, "127.0.0.1");
    targets[0].address.ca_file = front_ca_file(front);
}

/* Covers: who cannot show that it is the system is not asked, and nobody listens. */
START_TEST(test_no_connection)
{
    static const struct {
        const char *url; /* NULL: that of the front */
        const char *code;
    } nobody[] = {
        {NULL, "TLS_FAILED"},
        {"http://127.0.0.1:1/", "CONNECT_FAILED"},
        {"https://nobody.invalid/", "DNS_FAILED"},
    };

    targets[0].address.ca_file = "/etc/ssl/certs/ca-certificates.crt";
    for (size_t i = 0; i < sizeof nobody / sizeof *nobody; i++) {
        testdb_exec("DELETE FROM sync_probe_state");
        if (nobody[i].url != NULL)
            targets[0].address.url = nobody[i].url;
        probe(1);
        ck_assert_int_eq(findings[0].condition, PROBE_IS_UNREACHABLE);
        ck_assert_str_eq(findings[0].state.code, nobody[i].code);
        ck_assert_int_eq(seconds_left_alone(), 1800);
    }
    ck_assert_uint_eq(count_heads(), 0);
}
END_TEST

START_TEST(test_trusted)
{
    probe(1);
    ck_assert_int_eq(findings[0].condition, PROBE_IS_REACHABLE);
    ck_assert_str_eq(findings[0].state.code, "HTTP_204");
    ck_assert_uint_eq(count_heads(), 1);
}
END_TEST

/* ---- What may be sent ---- */

/* Covers: not again within the pause, and then again. */
START_TEST(test_pause)
{
    probe(1);
    let_pass("14 minutes 50 seconds");
    probe(1);
    ck_assert_uint_eq(count_heads(), 1);
    let_pass("12 seconds");
    probe(1);
    ck_assert_uint_eq(count_heads(), 2);
    ck_assert(findings[0].is_fresh);
}
END_TEST

/* Covers: the pause doubles up to a day while it fails, since when it does is kept, and it ends. */
START_TEST(test_back_off)
{
    long wait_s = 900;

    function_script(scene_function(), "HEAD status=503");
    for (size_t n = 1; n <= 9; n++) {
        char interval[40];

        probe(1);
        ck_assert_uint_eq(count_heads(), n);
        wait_s = 2 * wait_s < 86400 ? 2 * wait_s : 86400;
        ck_assert_int_eq(seconds_left_alone(), wait_s);
        snprintf(interval, sizeof interval, "%ld seconds", wait_s + 2);
        let_pass(interval);
    }
    ck_assert_int_gt(testdb_number("SELECT extract(epoch FROM now() - since)::bigint"
                                   " FROM sync_probe_state"),
                     3 * 86400);
    function_script(scene_function(), "HEAD status=200");
    probe(1);
    ck_assert_int_eq(findings[0].condition, PROBE_IS_REACHABLE);
    ck_assert_int_eq(seconds_left_alone(), 900);
}
END_TEST

static bool claim(struct probe_state *state, int64_t *now_us)
{
    struct probe_claim claim = {.states = state, .count = 1};
    struct error err;

    *state = (struct probe_state){.integration_type = "xledger"};
    ck_assert_msg(probe_state_claim(db, &claim, clock_now_ms() + WAIT_MS, &err), "%s", err.message);
    *now_us = claim.now_us;
    return state->is_claimed;
}

/* Covers: a process that dies over it has used its permission up, and keeps up the pause. */
START_TEST(test_crash)
{
    struct probe_state state;
    int64_t now_us;

    ck_assert(claim(&state, &now_us));
    probe(1);
    ck_assert_uint_eq(count_heads(), 0);
    ck_assert_int_eq(findings[0].condition, PROBE_IS_WAITING);
    ck_assert_int_eq(findings[0].state.next_probe_at_us - now_us,
                     INT64_C(1000000) * (900 + PROBE_SEND_S));
    testdb_exec("UPDATE sync_probe_state SET pause_s = 7200");
    let_pass("16 minutes");
    ck_assert(claim(&state, &now_us));
    ck_assert(!claim(&state, &now_us));
    ck_assert_int_eq(state.next_probe_at_us - state.claimed_at_us,
                     INT64_C(1000000) * (7200 + PROBE_SEND_S));
}
END_TEST

/* Covers: what somebody finds out after another has claimed the next probe is dropped. */
START_TEST(test_late_note)
{
    const struct probe_answer success = {.status = 200};
    struct probe_state slow;
    struct probe_state next;
    struct error err;
    int64_t now_us;
    bool is_noted = true;

    ck_assert(claim(&slow, &now_us));
    let_pass("16 minutes");
    ck_assert(claim(&next, &now_us));
    ck_assert(probe_note(&slow, &success, now_us));
    ck_assert(probe_state_note(db, &slow, clock_now_ms() + WAIT_MS, &is_noted, &err));
    ck_assert(!is_noted);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_probe_state WHERE result IS NULL"),
                     1);
    ck_assert(probe_note(&next, &success, now_us));
    ck_assert(probe_state_note(db, &next, clock_now_ms() + WAIT_MS, &is_noted, &err));
    ck_assert(is_noted);
}
END_TEST

/* Covers: a permission is not good for longer than it was given for, connections that take long
 * included. */
START_TEST(test_held_back)
{
    struct tunnel *tunnel = tunnel_start(function_url(scene_function()));
    const struct http_target address = {.url = targets[0].address.url, .proxy = tunnel->address};
    struct probe_answer result;
    struct error err;
    int64_t now_ms = clock_now_ms();

    ck_assert(http_client_probe(&address, now_ms, now_ms + 5000, &result, &err));
    ck_assert(result.was_held_back);
    ck_assert_int_eq(tunnel->count, 0);
    tunnel->delay_ms = 1000;
    now_ms = clock_now_ms();
    ck_assert(http_client_probe(&address, now_ms + 500, now_ms + 5000, &result, &err));
    ck_assert_int_eq(tunnel->count, 1);
    ck_assert(result.was_held_back);
    ck_assert_int_eq(result.status, 0);
    ck_assert_uint_eq(count_heads(), 0);
    ck_assert(http_client_probe(&address, now_ms + 60000, now_ms + 60000, &result, &err));
    ck_assert_int_eq(result.status, 204);
    ck_assert_uint_eq(count_heads(), 1);
}
END_TEST

/* Covers: a type that is set passive, or has no address, is neither asked nor claimed. */
START_TEST(test_passive)
{
    targets[0].policy = PROBE_PASSIVE;
    targets[1] =
        (struct probe_target){.integration_type = "dynamics", .policy = PROBE_NOT_CONFIGURED};
    probe(2);
    ck_assert_int_eq(findings[0].condition, PROBE_IS_PASSIVE);
    ck_assert_str_eq(findings[0].integration_type, "xledger");
    ck_assert_int_eq(findings[1].condition, PROBE_IS_NOT_CONFIGURED);
    ck_assert_str_eq(findings[1].integration_type, "dynamics");
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_probe_state"), 0);
    ck_assert_uint_eq(count_heads(), 0);
}
END_TEST

/* Covers: each type by itself, also where one fails or asks to be left alone. */
START_TEST(test_types)
{
    targets[1] = (struct probe_target){.integration_type = "dynamics",
                                       .address = {.url = "http://127.0.0.1:1"}};
    targets[2] = (struct probe_target){.integration_type = "bufdir",
                                       .address = {.url = function_url(scene_function())}};
    function_script(scene_function(), "HEAD times=1 status=429\nHEAD status=200");
    probe(3);
    ck_assert_int_eq(findings[0].condition, PROBE_IS_THROTTLED);
    ck_assert_int_eq(findings[1].condition, PROBE_IS_UNREACHABLE);
    ck_assert_int_eq(findings[2].condition, PROBE_IS_REACHABLE);
    ck_assert_str_eq(findings[2].integration_type, "bufdir");
    let_pass("20 minutes");
    probe(3);
    ck_assert(!findings[0].is_fresh);
    ck_assert(!findings[1].is_fresh);
    ck_assert(findings[2].is_fresh);
    ck_assert_uint_eq(count_heads(), 3);
}
END_TEST

/* Covers: without its permission nothing is sent, and nothing is made up. */
START_TEST(test_refused)
{
    struct error err;

    testdb_exec("DROP TABLE sync_probe_state");
    ck_assert(!probe_systems(db, targets, 1, findings, &err));
    ck_assert_int_eq(err.kind, ERROR_DATABASE);
    ck_assert_ptr_eq(strstr(err.message, "probing: "), err.message);
    ck_assert_int_eq(findings[0].condition, PROBE_IS_UNKNOWN);
    ck_assert_uint_eq(count_heads(), 0);
}
END_TEST

/* Covers: a tick probes nobody. */
START_TEST(test_never_in_run)
{
    char variable[200];

    snprintf(variable, sizeof variable, "SYNCSCHED_HEALTH_URL_XLEDGER=%s",
             function_url(scene_function()));
    scene_set_variable(variable);
    setenv("SYNCSCHED_PROBE", "1", 1);
    scene_seed(1, 1, "0 2 * * *");
    scene_expect(scene_run("--at 2024-05-01T02:00:00Z"), 1, 0, 0, 0);
    ck_assert_uint_eq(function_count_event(scene_function(), "other"), 0);
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_probe_state"), 0);
}
END_TEST

SUITE(probe)
{
    TCase *wire = tcase_create("probe-wire");
    TCase *tls = tcase_create("probe-tls");
    TCase *rules = tcase_create("probe-rules");

    tcase_add_checked_fixture(wire, setup, teardown);
    tcase_add_test(wire, test_request);
    tcase_add_loop_test(wire, test_answer, 0, COUNT(answers));
    suite_add_tcase(suite, wire);
    tcase_add_checked_fixture(tls, setup_front, stop_front);
    tcase_add_test(tls, test_no_connection);
    tcase_add_test(tls, test_trusted);
    suite_add_tcase(suite, tls);
    tcase_add_checked_fixture(rules, setup, teardown);
    tcase_add_test(rules, test_pause);
    tcase_add_test(rules, test_back_off);
    tcase_add_test(rules, test_crash);
    tcase_add_test(rules, test_late_note);
    tcase_add_test(rules, test_held_back);
    tcase_add_test(rules, test_passive);
    tcase_add_test(rules, test_types);
    tcase_add_test(rules, test_refused);
    tcase_add_test(rules, test_never_in_run);
    suite_add_tcase(suite, rules);
}
