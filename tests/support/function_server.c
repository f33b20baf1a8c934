/*
 * function_server: stands in for the Supabase Integration Edge Function in tests, demo and
 * benchmarks, and does to its callers whatever a script says.
 *
 *     function_server [--script FILE] [--log FILE] [--port N] [--port-file FILE] [--with-parent]
 *
 *     --script FILE     what to answer; read again for each request. Without it, or as long as it
 *                       does not exist: the default answer, 200 {"recordsExported": 1}
 *     --log FILE        where to append what happened, as JSON lines
 *     --port N          the port to listen on, on 127.0.0.1 only; 0, the default, is any free one
 *     --port-file FILE  receives the port, by rename, once the server listens
 *     --with-parent     ends when the process that started it ends
 *
 * It ends with SIGTERM or SIGINT, exit status 0; 1 means that it could not listen or write, 2 a
 * usage error or a script that is wrong at the start.
 *
 *
 * What it speaks
 *
 * HTTP/1.1 with keep-alive, any path, one thread a connection. POST runs the script. OPTIONS, HEAD
 * and GET do, too, by rules whose first word is that method, which are for nobody else; without one
 * OPTIONS and HEAD are answered 204 and GET 405. Other methods are answered 405, outside the script.
 * Request bodies have a
 * Content-Length of at most 1 MiB; whatever else arrives is a "partial" request: 400, and the
 * connection ends.
 *
 *
 * The script
 *
 * One rule a line, `<integrationId|*|OPTIONS|HEAD|GET> key=value ...`; empty lines and lines that start with # are
 * passed over. GET:KEY is a GET with that Idempotency-Key. The first rule whose first word is the body's integrationId, or *, applies; when
 * there is none, the default answer does. Replace the file by rename to change it under a running
 * server. A script that is found wrong later is an "error" in the log, a line on stderr, and the
 * answer 599.
 *
 *     latency_ms=N      wait before doing anything
 *     status=N          200 when not given (redirect: 302, no_content: 204)
 *     count=TEXT        the body {"recordsExported": TEXT}
 *     body_bytes=N      the body is N times the letter x (at most 64 MiB)
 *     body=TEXT         the body is the rest of the line, so this key comes last; \n \r \t \\ \xNN.
 *                       Without any of the three: {"recordsExported": 1} for a 2xx status, else
 *                       {"error": "scripted status N"}
 *     content_type=TEXT instead of application/json; %20 is a blank; empty: no such header
 *     header=NAME:TEXT  one more header; %20 is a blank; may be given several times
 *     location=URL      a Location header
 *     chunked=1         Transfer-Encoding: chunked, in two chunks at least
 *     drip_ms=N         the body byte by byte, N ms before each; the head goes at once
 *     head_ms=N         the body, in one piece, N ms after the head
 *     unasked=TEXT      more bytes behind the answer, for which nobody asked; %20, %0d, %0a. In the
 *                       same packet, or by
 *     unasked_ms=N      so long after the answer, as an event of the log
 *     unasked_fin=1     the connection ends with them
 *     times=N           the rule is passed over once it has been applied N times. The server counts
 *                       by the line's exact text as long as it runs, also across script changes:
 *                       equal lines share one count, and one more blank at the end starts a new
 *                       one.
 *     action=NAME
 *         answer              status, headers and body (the default)
 *         no_content          no body
 *         redirect            status 302 unless given; use with location=
 *         close_after_answer  answers as if the connection stayed open, then closes it
 *         truncate            announces 100 bytes more than it sends (chunked: leaves out the last
 *                             chunk), then closes
 *         garbage             bytes that are no HTTP, then closes
 *         raw                 the body, as it is, is all that goes over the wire, then closes: for
 *                             heads, chunks and trailers that no other action would send
 *         close               closes without an answer
 *         reset               resets the connection (RST) without an answer
 *         reset_after_headers sends status and headers, and 50 ms later resets
 *         reset_in_body       the same after half of the body, too
 *         hang                never answers; ends when the client hangs up
 *         hang_after_headers  the same after status and headers
 *         reset_before_read   resets without having read the request: the function did not run. In
 *                             a rule for * that is the first one not used up, the reset comes right
 *                             after accept(), or once the next request's last byte, the } of its
 *                             body, has come on an open connection. In other rules the request must be read first, to
 *                             know whose it is. The log says "partial" in either case.
 *
 *
 * The log
 *
 * One JSON object a line, one write(2) each, in the order of at_us (microseconds since 1970). Lines
 * have "event", "connection" (from 1, in order of accept()), "at_us", and more:
 *
 *     begin        a request was read in full: the function runs. n (from 1), method, path, headers
 *                  (an object, lower-case names), body (JSON) or bodyText (when it is not JSON)
 *     peer_closed  the client of call n hung up before its answer; the function goes on
 *     end          call n is done: n, action, status. Written just before the last byte is sent:
 *                  who has an answer finds its line in the log
 *     unasked      bytes went out behind the answer to call n
 *     partial      a request did not arrive or was not read: reason
 *     other        OPTIONS, HEAD, GET and the like: method, path, headers, bodyText
 *     error        the script is wrong: message
 *
 * A call is in flight from its begin to its peer_closed or end, whichever comes first.
 */
#include "base/memory.h"
#include "support/server_answer.h"
#include "support/server_log.h"
#include "support/server_request.h"
#include "support/server_script.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FUNCTION_SCRIPT_ERROR_STATUS = 599, FUNCTION_STACK_SIZE = 256 * 1024 };

static const char function_usage[] =
    "usage: function_server [--script FILE] [--log FILE] [--port N] [--port-file FILE]\n"
    "                       [--with-parent]\n"
    "\n"
    "Stands in for the Integration Edge Function on 127.0.0.1, as its script says.\n"
    "\n"
    "  --script FILE     what to answer, read again for each request\n"
    "  --log FILE        append what happens, as JSON lines\n"
    "  --port N          listen on this port; 0, the default, is any free one\n"
    "  --port-file FILE  write the port to this file once listening\n"
    "  --with-parent     end when the parent process ends\n"
    "  --help            print this and exit\n"
    "\n"
    "The head of tests/support/function_server.c documents the script and the log.\n";

struct function_options {
    const char *script;
    const char *log;
    const char *port_file;
    uint16_t port;
    bool is_with_parent;
    bool wants_help;
};

struct function_connection {
    int fd;
    int64_t number;
    const char *script;
    bool is_kept; /* it has had a request */
};

static volatile sig_atomic_t function_is_told_to_end;

static void function_end(int signal_number)
{
    (void)signal_number;
    function_is_told_to_end = 1;
}

static int function_fail(int exit_status, const char *what, const char *subject, const char *why)
{
    fprintf(stderr, "function_server: error: %s \"%s\": %s\n", what, subject, why);
    return exit_status;
}

static void function_log_partial(const struct function_connection *connection, const char *reason)
{
    server_log_event("partial", connection->number, json_pack("{s:s}", "reason", reason));
}

static struct server_call function_prepare(const struct function_connection *connection,
                                           const struct server_request *request)
{
    return (struct server_call){.fd = connection->fd,
                                .connection = connection->number,
                                .keep_alive = request->keep_alive,
                                .has_peer = true};
}

/* Runs the script for a request that was read in full. */
static enum server_next function_call(const struct function_connection *connection,
                                      const struct server_request *request)
{
    struct server_call call = function_prepare(connection, request);
    struct server_rule rule;
    struct text complaint = {0};
    enum server_next next;

    if (!server_script_match(connection->script, server_request_member(request, "integrationId"),
                             &rule, &complaint)) {
        server_log_event("error", connection->number,
                         json_pack("{s:s}", "message", text_string(&complaint)));
        fprintf(stderr, "function_server: error: %s\n", text_string(&complaint));
        text_free(&complaint);
        return server_answer_status(connection->fd, FUNCTION_SCRIPT_ERROR_STATUS, false);
    }
    if (rule.action == SERVER_RESET_BEFORE_READ) {
        function_log_partial(connection, "reset_before_read");
        next = SERVER_NEXT_RESET;
    } else {
        call.n = server_log_begin(connection->number, request);
        next = server_answer(&call, &rule);
    }
    server_rule_free(&rule);
    return next;
}

/* Preflight requests, pings and probes: as a rule for the method says, else with this status. */
static enum server_next function_answer_other(const struct function_connection *connection,
                                              const struct server_request *request, int status)
{
    struct server_call call = function_prepare(connection, request);
    struct server_rule rule;
    struct text ignored = {0};
    struct text id = {0};
    const char *key = json_string_value(json_object_get(request->headers, "idempotency-key"));
    bool is_matched;
    enum server_next next;

    text_add(&id, request->method);
    if (key != NULL && strcmp(request->method, SERVER_SCRIPT_GET) == 0)
        text_addf(&id, ":%s", key);
    is_matched = server_script_match(connection->script, id.data, &rule, &ignored);
    text_free(&id);
    if (!is_matched || rule.integration_id == NULL)
        next = server_answer_status(connection->fd, status, request->keep_alive);
    else
        next = server_answer(&call, &rule);
    server_rule_free(&rule);
    text_free(&ignored);
    return next;
}

/* What is no call. */
static enum server_next function_other(const struct function_connection *connection,
                                       const struct server_request *request)
{
    server_log_event("other", connection->number,
                     json_pack("{s:s, s:s, s:O, s:O}", "method", request->method, "path",
                               request->path, "headers", request->headers, "bodyText",
                               request->body_text));
    if (strcmp(request->method, SERVER_SCRIPT_OPTIONS) == 0 ||
        strcmp(request->method, SERVER_SCRIPT_HEAD) == 0)
        return function_answer_other(connection, request, 204);
    if (strcmp(request->method, SERVER_SCRIPT_GET) == 0)
        return function_answer_other(connection, request, 405);
    return server_answer_status(connection->fd, 405, request->keep_alive);
}

/*
 * Waits, without reading it, until the next request is there in full: a client whose connection is
 * reset before it could send the body may well send it over another one.
 */
static void function_await_body(int fd)
{
    char bytes[8192];
    ssize_t length;

    while ((length = recv(fd, bytes, sizeof bytes, MSG_PEEK)) > 0 && bytes[length - 1] != '}')
        usleep(1000);
}

/* Waits for one request and serves it. */
static enum server_next function_serve_one(const struct function_connection *connection,
                                           struct server_reader *reader)
{
    struct server_request request;
    const char *reason = NULL;
    enum server_next next = SERVER_NEXT_CLOSE;

    if (server_script_resets_unread(connection->script)) {
        if (connection->is_kept)
            function_await_body(connection->fd);
        function_log_partial(connection, "reset_before_read");
        return SERVER_NEXT_RESET;
    }
    switch (server_request_read(reader, &request, &reason)) {
    case SERVER_READ_REQUEST:
        if (strcmp(request.method, "POST") == 0)
            next = function_call(connection, &request);
        else
            next = function_other(connection, &request);
        break;
    case SERVER_READ_END:
        break;
    case SERVER_READ_PARTIAL:
        function_log_partial(connection, reason);
        break;
    case SERVER_READ_REFUSED:
        function_log_partial(connection, reason);
        next = server_answer_status(connection->fd, 400, false);
        break;
    }
    server_request_free(&request);
    return next;
}

static void *function_serve(void *argument)
{
    struct function_connection *connection = argument;
    struct server_reader reader = {.fd = connection->fd};
    struct pollfd peer = {.fd = connection->fd, .events = POLLIN};
    enum server_next next = function_serve_one(connection, &reader);

    connection->is_kept = true;
    while (next == SERVER_NEXT_KEEP) {
        if (reader.received.length ==
            0) /* the script that counts is that of the request's arrival */
            while (poll(&peer, 1, -1) < 0 && errno == EINTR)
                continue;
        next = function_serve_one(connection, &reader);
    }
    server_answer_close(connection->fd, next);
    text_free(&reader.received);
    free(connection);
    return NULL;
}

/* Gives the connection a thread of its own. */
static void function_start_thread(int fd, int64_t number, const char *script)
{
    struct function_connection *connection = memory_allocate(1, sizeof *connection);
    pthread_attr_t attributes;
    pthread_t thread;
    int at_once = 1;
    int code;

    *connection = (struct function_connection){.fd = fd, .number = number, .script = script};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, FUNCTION_STACK_SIZE);
    code = pthread_create(&thread, &attributes, function_serve, connection);
    pthread_attr_destroy(&attributes);
    if (code != 0) {
        function_fail(0, "cannot start", "thread", strerror(code));
        close(fd);
        free(connection);
    }
}

/* Accepts connections until told to end. The signals are let through in ppoll() only. */
static void function_accept(int listener, const char *script)
{
    struct pollfd waiting = {.fd = listener, .events = POLLIN};
    int64_t connections = 0;
    sigset_t none;

    sigemptyset(&none);
    while (!function_is_told_to_end) {
        int fd;

        if (ppoll(&waiting, 1, NULL, &none) <= 0)
            continue;
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            function_start_thread(fd, ++connections, script);
    }
}

static void function_catch_signals(void)
{
    struct sigaction action = {.sa_handler = function_end};
    sigset_t blocked;

    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    pthread_sigmask(SIG_BLOCK, &blocked, NULL);
}

/* A socket that listens on 127.0.0.1; *port is what it got. -1 with errno set when it fails. */
static int function_listen(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(*port)};
    socklen_t length = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int again = 1;

    if (fd < 0)
        return -1;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &again, sizeof again);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, SOMAXCONN) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &length) < 0)
        return -1;
    *port = ntohs(address.sin_port);
    return fd;
}

static bool function_write_port(const char *path, uint16_t port)
{
    struct text temporary = {0};
    FILE *file;
    bool ok;

    text_addf(&temporary, "%s.%ld", path, (long)getpid());
    file = fopen(temporary.data, "we");
    ok = file != NULL && fprintf(file, "%u\n", (unsigned)port) > 0;
    if (file != NULL && fclose(file) != 0)
        ok = false;
    ok = ok && rename(temporary.data, path) == 0;
    text_free(&temporary);
    return ok;
}

static bool function_read_port(const char *text, uint16_t *port)
{
    char *end = NULL;
    unsigned long value = strtoul(text, &end, 10);

    *port = (uint16_t)value;
    return *text >= '0' && *text <= '9' && *end == '\0' && value <= UINT16_MAX;
}

static bool function_read_options(int argc, char **argv, struct function_options *options)
{
    static const struct option table[] = {
        {"script", required_argument, NULL, 's'},
        {"log", required_argument, NULL, 'l'},
        {"port", required_argument, NULL, 'p'},
        {"port-file", required_argument, NULL, 'f'},
        {"with-parent", no_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool ok = true;
    int option;

    while ((option = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (option == 's')
            options->script = optarg;
        else if (option == 'l')
            options->log = optarg;
        else if (option == 'f')
            options->port_file = optarg;
        else if (option == 'w')
            options->is_with_parent = true;
        else if (option == 'h')
            options->wants_help = true;
        else if (option != 'p')
            ok = false; /* getopt_long() said why */
        else if (!function_read_port(optarg, &options->port))
            ok = function_fail(0, "no port number", optarg, "it is from 0 to 65535") != 0;
    }
    if (ok && optind < argc)
        ok = function_fail(0, "unexpected argument", argv[optind], "there are only options") != 0;
    return ok;
}

static int function_run(struct function_options *options)
{
    struct text complaint = {0};
    int listener;

    if (!server_script_check(options->script, &complaint)) {
        fprintf(stderr, "function_server: error: %s\n", text_string(&complaint));
        text_free(&complaint);
        return 2;
    }
    if (options->log != NULL && !server_log_open(options->log))
        return function_fail(1, "cannot open log", options->log, strerror(errno));
    function_catch_signals();
    listener = function_listen(&options->port);
    if (listener < 0)
        return function_fail(1, "cannot listen on", "127.0.0.1", strerror(errno));
    if (options->port_file != NULL && !function_write_port(options->port_file, options->port))
        return function_fail(1, "cannot write port file", options->port_file, strerror(errno));
    function_accept(listener, options->script);
    close(listener);
    return 0;
}

int main(int argc, char **argv)
{
    struct function_options options = {0};
    pid_t parent = getppid();

    if (!function_read_options(argc, argv, &options)) {
        fputs("function_server: try --help\n", stderr);
        return 2;
    }
    if (options.wants_help) {
        fputs(function_usage, stdout);
        return 0;
    }
    if (options.is_with_parent &&
        (prctl(PR_SET_PDEATHSIG, SIGTERM) != 0 || getppid() != parent)) /* gone meanwhile */
        return function_fail(1, "cannot follow", "parent", "it has ended");
    return function_run(&options);
}
