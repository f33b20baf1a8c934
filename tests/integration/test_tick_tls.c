/*
 * TLS to the function, with an authority of the test's own: who can show that it is the function is
 * called, and nobody else sees so much as a request.
 */
#include "support/front.h"
#include "support/scene.h"
#include "support/suite.h"
#include "support/testdb.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define AT    "2024-05-01T02:00:00Z"
#define DAILY "0 2 * * *"

static struct front *front;

static void start_front(const char *kind)
{
    front = front_start(kind, function_url(scene_function()));
    scene_set_url(front_url(front, "127.0.0.1"));
    setenv("SYNCSCHED_CA_FILE", front_ca_file(front), 1);
}

static void tls_close(void)
{
    if (front != NULL)
        front_stop(front);
    front = NULL;
    scene_close();
}

static void expect_untouched_function(void)
{
    ck_assert_uint_eq(function_count(scene_function(), NULL), 0);
    ck_assert_uint_eq(function_count_event(scene_function(), "partial"), 0);
    ck_assert_uint_eq(function_count_event(scene_function(), "other"), 0);
}

static const char *const hosts[] = {"127.0.0.1", "localhost"};

/* Covers: by name and by address; the connection is kept for the next run. */
START_TEST(test_verified)
{
    start_front("good");
    scene_set_url(front_url(front, hosts[_i]));
    scene_seed(1, 3, DAILY);
    scene_expect(scene_run("--concurrency 1 --at " AT), 3, 0, 0, 0);
    ck_assert_uint_eq(function_count(scene_function(), NULL), 3);
    ck_assert_uint_eq(function_connections(scene_function()), 1);
}
END_TEST

static const struct {
    const char *kind;
    const char *ca_file; /* instead of the right one; "": not set */
} refusals[] = {
    {"wrong-name", NULL}, {"expired", NULL}, {"self-signed", NULL},
    {"stranger", NULL},   {"good", ""},      {"good", "/etc/ssl/certs/ca-certificates.crt"},
};

/* Covers: not delivered, for which certificate whatever; called once, since it will stay so. */
START_TEST(test_refused)
{
    static const char start[] = "no trusted connection to the function: ";
    struct scene_tick tick;
    char *failure;
    char *message;

    start_front(refusals[_i].kind);
    if (refusals[_i].ca_file != NULL)
        setenv("SYNCSCHED_CA_FILE", refusals[_i].ca_file, 1);
    scene_seed(1, 1, DAILY);
    tick = scene_run("--at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    scene_tick_free(&tick);
    failure = scene_failure(1);
    ck_assert_str_eq(failure, "not_delivered/TLS_FAILED");
    message = testdb_text("SELECT error_message FROM sync_run_log");
    ck_assert_msg(strncmp(message, start, sizeof start - 1) == 0, "%s", message);
    expect_untouched_function();
    free(failure);
    free(message);
}
END_TEST

/* Covers: a file of certificates that is none is found out before anything is claimed. */
START_TEST(test_ca_file)
{
    static const struct {
        const char *path;
        const char *message;
    } files[] = {
        {"/nonexistent/ca.pem", "cannot read SYNCSCHED_CA_FILE /nonexistent/ca.pem: No such file"},
        {"/", "cannot read SYNCSCHED_CA_FILE /: Is a directory"},
        {"/dev/null", "SYNCSCHED_CA_FILE /dev/null holds no certificate in PEM form"},
        {NULL, "holds no certificate in PEM form"}, /* a key */
    };
    char path[] = "/tmp/syncsched-ca-XXXXXX";

    close(mkstemp(path));
    scene_write_file(path, "-----BEGIN PRIVATE KEY-----\n");
    scene_seed(1, 1, DAILY);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct scene_tick tick;

        setenv("SYNCSCHED_CA_FILE", files[i].path != NULL ? files[i].path : path, 1);
        tick = scene_run("--at " AT);
        ck_assert_int_eq(tick.status, 2);
        ck_assert_str_eq(tick.out, "");
        ck_assert_msg(strstr(tick.err, files[i].message) != NULL, "%s", tick.err);
        scene_tick_free(&tick);
    }
    unlink(path);
    ck_assert_int_eq(scene_count(NULL), 0);
    expect_untouched_function();
}
END_TEST

/* A listener on 127.0.0.1 that accepts nothing: the kernel makes connections, nobody speaks. */
static int listen_in_silence(char url[64])
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(fd, 16), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, 64, "https://127.0.0.1:%u", ntohs(address.sin_port));
    return fd;
}

/*
 * Covers: connecting, the handshake included, has a time-out of ten seconds, shorter than a call's;
 * since nothing was sent by then, there is a second connection within the same tick.
 */
START_TEST(test_connect_timeout)
{
    char url[64];
    int fd = listen_in_silence(url);
    struct scene_tick tick;
    char *failure;
    int connections = 0;

    scene_set_url(url);
    scene_seed(1, 1, DAILY);
    tick = scene_run("--budget 16s --at " AT);
    scene_check(&tick, 1, 0, 1, 1);
    ck_assert_int_ge(tick.wall_ms, 10000);
    scene_tick_free(&tick);
    failure = scene_failure(1);
    ck_assert_str_eq(failure, "not_delivered/TIMEOUT");
    free(failure);
    failure = testdb_text("SELECT error_message FROM sync_run_log");
    ck_assert_ptr_eq(strstr(failure, "no connection to the function within "), failure);
    free(failure);
    while (accept(fd, NULL, NULL) >= 0)
        connections++;
    ck_assert_int_eq(connections, 2);
    close(fd);
}
END_TEST

SUITE(tick_tls)
{
    TCase *cases = tcase_create("tls");

    tcase_add_checked_fixture(cases, scene_open, tls_close);
    tcase_add_loop_test(cases, test_verified, 0, sizeof hosts / sizeof *hosts);
    tcase_add_loop_test(cases, test_refused, 0, sizeof refusals / sizeof *refusals);
    tcase_add_test(cases, test_ca_file);
    tcase_add_test(cases, test_connect_timeout);
    suite_add_tcase(suite, cases);
}
