/*
 * Calls by way of a proxy: only by the one that the settings name, only through a tunnel, so that it
 * sees neither key nor request, and with an outcome that says whether the function was reached.
 */
#include "support/front.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"
#include "support/tunnel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"
#define HOST  "function.test" /* no name server knows it: the proxy is asked */

static struct front *front;
static struct tunnel *tunnel;

/* The proxy as a setting or as a variable that other programs listen to. */
static void set_proxy(const char *name, const char *user)
{
    char value[200];

    snprintf(value, sizeof value, "http://%s%s", user, tunnel->address);
    setenv(name, value, 1);
}

/* The function behind TLS, a proxy in front of that, and the settings for both. */
static void proxy_open(void)
{
    scene_open();
    front = front_start("good", function_url(scene_function()));
    tunnel = tunnel_start(front_url(front, HOST));
    scene_set_url(front_url(front, HOST));
    setenv("SYNCSCHED_CA_FILE", front_ca_file(front), 1);
    set_proxy("SYNCSCHED_PROXY", "");
}

static void proxy_close(void)
{
    front_stop(front);
    scene_close();
}

static void expect_failure(const char *failure, const char *message_start)
{
    char *stored = scene_failure(1);
    char *message = testdb_text("SELECT error_message FROM sync_run_log");

    ck_assert_str_eq(stored, failure);
    ck_assert_msg(strncmp(message, message_start, strlen(message_start)) == 0, "%s", message);
    free(stored);
    free(message);
}

/* Covers: the proxy learns where to, and nothing else; one tunnel serves all runs of a worker. */
START_TEST(test_tunnel)
{
    scene_seed(1, 3, DAILY);
    scene_expect(scene_run("--concurrency 1 --at " AT), 3, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    ck_assert_int_eq(tunnel->count, 1);
    ck_assert_ptr_eq(strstr(tunnel->request, "CONNECT " HOST ":"), tunnel->request);
    ck_assert_ptr_null(strstr(tunnel->request, SCENE_KEY));
    ck_assert_ptr_null(strcasestr(tunnel->request, "apikey"));
    ck_assert_ptr_null(strcasestr(tunnel->request, "authorization"));
}
END_TEST

/* Covers: user name and password go to the proxy, and nowhere else. */
START_TEST(test_user)
{
    static const char basic[] = "Proxy-Authorization: Basic dXNlcjpodSFzaA=="; /* user:hu!sh */
    struct scene_tick tick;
    json_t *request;

    set_proxy("SYNCSCHED_PROXY", "user:hu%21sh@");
    scene_seed(1, 1, DAILY);
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 0, 0);
    ck_assert_ptr_nonnull(strstr(tunnel->request, basic));
    request = function_request(scene_function(), 0);
    ck_assert_ptr_null(json_object_get(json_object_get(request, "headers"), "proxy-authorization"));
    ck_assert_ptr_null(strstr(tick.err, "hu%21sh"));
    json_decref(request);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: the host that may be called with http is, through a tunnel, too. */
START_TEST(test_plain_http)
{
    char url[200];

    tunnel = tunnel_start(function_url(scene_function()));
    set_proxy("SYNCSCHED_PROXY", "");
    snprintf(url, sizeof url, "http://" HOST "%s", strrchr(function_url(scene_function()), ':'));
    scene_set_url(url);
    setenv("SYNCSCHED_ALLOW_HTTP", HOST, 1);
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    ck_assert_ptr_eq(strstr(tunnel->request, "CONNECT " HOST ":"), tunnel->request);
}
END_TEST

/* What the proxy answers; 0: it hangs up. */
static const int refusals[] = {0, 302, 407, 429, 503};

/* Covers: whatever the proxy says instead of making a tunnel, the function was not reached. */
START_TEST(test_refused)
{
    tunnel->status = refusals[_i];
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--budget 20s --at " AT), 1, 0, 1, 1);
    expect_failure("not_delivered/CONNECT_FAILED", "no way to the function through the proxy: ");
    ck_assert_int_eq(tunnel->count, 4); /* as often as where nobody listens */
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_uint_eq(function_count_event(scene_function(), "partial"), 0);
}
END_TEST

/* Covers: a proxy that is not there, or whose name nobody knows. */
START_TEST(test_no_proxy)
{
    static const char *const proxies[] = {"http://user:hush@127.0.0.1:1",
                                          "http://user:hush@no-such-host.invalid:3128"};
    static const char *const messages[] = {"no connection to the function: ",
                                           "no way to the function through the proxy: "};
    struct scene_tick tick;

    setenv("SYNCSCHED_PROXY", proxies[_i], 1);
    scene_seed(1, 1, DAILY);
    tick = scene_run("--budget 20s --at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    expect_failure("not_delivered/CONNECT_FAILED", messages[_i]);
    ck_assert_ptr_null(strstr(tick.err, "hush"));
    ck_assert_int_eq(testdb_number("SELECT count(*) FROM sync_run_log"
                                   " WHERE error_message LIKE '%%hush%%'"),
                     0);
    scene_tick_free(&tick);
}
END_TEST

/* Covers: through a tunnel, too, the certificate must be the function's. */
START_TEST(test_untrusted)
{
    unsetenv("SYNCSCHED_CA_FILE");
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    expect_failure("not_delivered/TLS_FAILED", "no trusted connection to the function: ");
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
}
END_TEST

static const struct {
    const char *script;
    const char *failure;
    const char *message;
} answers[] = {
    {"* action=reset", "unknown/CONNECTION_LOST", "the connection was lost"},
    {"* status=503", "unknown/HTTP_503", "scripted status 503"},
    {"* status=503 header=sb-error-code:BOOT_ERROR header=retry-after:3600",
     "not_delivered/BOOT_ERROR", "scripted status 503"},
};

/* Covers: what the function or its platform does behind a tunnel is judged as ever. */
START_TEST(test_behind_tunnel)
{
    function_script(scene_function(), answers[_i].script);
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 1, 1);
    expect_failure(answers[_i].failure, answers[_i].message);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
}
END_TEST

/* Covers: a function on this machine is called directly: a proxy's localhost is another. */
START_TEST(test_local)
{
    scene_set_url(NULL);
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--at " AT), 1, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 1);
    ck_assert_int_eq(tunnel->count, 0);
}
END_TEST

/* Covers: the variables that other programs listen to name no proxy, and turn none off. */
START_TEST(test_environment)
{
    static const char *const names[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                        "ALL_PROXY"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        set_proxy(names[i], "");
    unsetenv("SYNCSCHED_PROXY");
    scene_seed(1, 1, DAILY);
    scene_expect(scene_run("--budget 10s --at " AT), 1, 0, 1, 1);
    expect_failure("not_delivered/DNS_FAILED", "the function's host was not found");
    ck_assert_int_eq(tunnel->count, 0);
    set_proxy("SYNCSCHED_PROXY", "");
    setenv("no_proxy", "*", 1);
    setenv("NO_PROXY", "*", 1);
    scene_expect(scene_run("--retry-failed --at " AT), 1, 0, 0, 0);
    ck_assert_int_eq(tunnel->count, 1);
}
END_TEST

SUITE(tick_proxy)
{
    TCase *cases = tcase_create("proxy");

    tcase_add_checked_fixture(cases, proxy_open, proxy_close);
    tcase_add_test(cases, test_tunnel);
    tcase_add_test(cases, test_user);
    tcase_add_test(cases, test_plain_http);
    tcase_add_loop_test(cases, test_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_loop_test(cases, test_no_proxy, 0, 2);
    tcase_add_test(cases, test_untrusted);
    tcase_add_loop_test(cases, test_behind_tunnel, 0, sizeof answers / sizeof *answers);
    tcase_add_test(cases, test_local);
    tcase_add_test(cases, test_environment);
    suite_add_tcase(suite, cases);
}
