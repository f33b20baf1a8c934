#include "call/http_client.h"

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "call/classify.h"
#include "call/credentials.h"
#include "time/clock.h"
#include "time/instant.h"
#include "time/wait.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* The second is longer than any budget. */
enum { HTTP_CLIENT_CONNECT_MS = 10000, HTTP_CLIENT_NEVER_MS = 86400000 };

struct http_client {
    CURLM *multi;
    CURL *easy;
    struct http_target target;
    struct curl_slist *headers;   /* those of every call */
    struct curl_slist key_header; /* the call's own, in front of them */
    char error[CURL_ERROR_SIZE];
    char *proxy_user;   /* and password, as in the proxy's address; NULL: none */
    curl_socket_t kept; /* the connection of the last request, the only one; or none */
    bool is_spoilt;     /* bytes came over it while nothing was asked */

    /* The request under way. */
    struct text key_line; /* the text of key_header */
    char *body;           /* of a call; owned */
    bool body_is_given;
    int64_t send_until_ms;
    struct response response;
};

/* ---- What libcurl calls ---- */

/*
 * Gives the body once, and not after its time: this process may have been frozen since the last
 * look at the clock. An abort makes libcurl end the call.
 */
static size_t http_client_give_body(char *buffer, size_t size, size_t count, void *context)
{
    struct http_client *client = context;
    size_t length = strlen(client->body);

    if (client->body_is_given || clock_now_ms() >= client->send_until_ms)
        return CURL_READFUNC_ABORT;
    if (size * count < length)
        return CURL_READFUNC_ABORT; /* libcurl's buffers are far larger than a request */
    memcpy(buffer, client->body, length);
    client->body_is_given = true;
    return length;
}

static int http_client_refuse_rewind(void *context, curl_off_t offset, int origin)
{
    (void)context;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

/*
 * Whether a byte waits on the kept connection, or its end. (Tickets of TLS 1.3 come before the
 * first answer, and are read along with it.) TLS itself keeps what it has decrypted beyond a body
 * of known length. Only OpenSSL says so; with another library we cannot know.
 */
static bool http_client_has_input(const struct http_client *client)
{
    struct pollfd kept = {.fd = client->kept, .events = POLLIN};
    struct curl_tlssessioninfo *tls = NULL; /* without internals: no TLS */

    if (kept.fd < 0 || poll(&kept, 1, 0) != 0 ||
        curl_easy_getinfo(client->easy, CURLINFO_TLS_SSL_PTR, &tls) != CURLE_OK)
        return true;
    return tls->internals != NULL &&
           (tls->backend != CURLSSLBACKEND_OPENSSL || SSL_has_pending(tls->internals) != 0);
}

/* libcurl asks this once there is a connection, just before it sends the request. */
static int http_client_check_kept(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct http_client *client = context;
    long connections = 0;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    curl_easy_getinfo(client->easy, CURLINFO_NUM_CONNECTS, &connections);
    client->is_spoilt = connections == 0 && http_client_has_input(client);
    return client->is_spoilt ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

/* The same, just before it sends a probe. */
static int http_client_may_send(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct http_client *client = context;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    return clock_now_ms() < client->send_until_ms ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* libcurl drops what it has read behind an answer, and only its words for people tell. */
static int http_client_take_words(CURL *easy, curl_infotype type, char *words, size_t length,
                                  void *context)
{
    static const char *const excess[] = {"Leftovers after", "Excess found"};
    struct http_client *client = context;

    (void)easy;
    for (size_t i = 0; type == CURLINFO_TEXT && i < sizeof excess / sizeof *excess; i++)
        if (length > strlen(excess[i]) && strncmp(words, excess[i], strlen(excess[i])) == 0)
            client->is_spoilt = true;
    return 0;
}

/* To return less than came ends the transfer. */
static size_t http_client_take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_client *client = context;

    return response_take_body(&client->response, bytes, size * count) ? size * count : 0;
}

static size_t http_client_take_header(char *line, size_t size, size_t count, void *context)
{
    struct http_client *client = context;

    return response_take_header(&client->response, line, size * count) ? size * count : 0;
}

/* ---- The handle ---- */

static void http_client_set_headers(struct http_client *client, const struct http_target *target)
{
    struct text authorization = {0};
    struct text apikey = {0};
    struct text region = {0};
    const char *headers[] = {
        NULL,     NULL, NULL, "Content-Type: application/json", "Accept: application/json",
        "Expect:" /* none: it would cost a round trip */};
    size_t count = target->key != NULL ? sizeof headers / sizeof *headers : 3;

    if (target->key != NULL)
        credentials_headers(target->key, &authorization, &apikey);
    if (target->region != NULL)
        text_addf(&region, "x-region: %s", target->region);
    headers[0] = text_string(&apikey);
    headers[1] = text_string(&authorization);
    headers[2] = text_string(&region);
    for (size_t i = 0; i < count; i++)
        if (*headers[i] != '\0')
            client->headers = memory_or_exit(curl_slist_append(client->headers, headers[i]));
    text_free(&authorization);
    text_free(&apikey);
    text_free(&region);
}

/*
 * Sets the proxy of the target, or none: libcurl would obey http_proxy, no_proxy and the like. The
 * proxy makes a tunnel, also for http, so that each answer is the function's own: a 502 of the
 * proxy would not say whether the function ran. Before there is a tunnel, the proxy learns only the
 * function's host and port, and its headers are not taken for the answer's.
 */
static void http_client_set_proxy(struct http_client *client, const char *proxy)
{
    CURL *easy = client->easy;

    curl_easy_setopt(easy, CURLOPT_PROXY, proxy != NULL ? proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (proxy != NULL && strchr(proxy, '@') != NULL) {
        client->proxy_user = memory_copy_text(strstr(proxy, "//") + 2);
        *strchr(client->proxy_user, '@') = '\0';
    }
}

/* Sets all that matters, because a libcurl that somebody built differently has other defaults. */
static void http_client_set_options(struct http_client *client, const struct http_target *target)
{
    bool is_http = strncasecmp(target->url, "http:", 5) == 0;
    CURL *easy = client->easy;

#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_http ? "http" : "https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(is_http ? CURLPROTO_HTTP : CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L); /* the name, too */
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (target->ca_file != NULL) { /* instead of the system's */
        curl_easy_setopt(easy, CURLOPT_CAINFO, target->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
    }
    curl_easy_setopt(easy, CURLOPT_URL, target->url);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "syncsched/" SYNCSCHED_VERSION);
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* HTTP/2 would send streams again on its own (REFUSED_STREAM, GOAWAY). */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* Never libcurl's own limit: when it passes, libcurl waits for its resolver, however long. */
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)HTTP_CLIENT_NEVER_MS);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->error);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, http_client_give_body);
    curl_easy_setopt(easy, CURLOPT_READDATA, client);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, http_client_refuse_rewind);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, http_client_check_kept);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, client);
    curl_easy_setopt(easy, CURLOPT_DEBUGFUNCTION, http_client_take_words);
    curl_easy_setopt(easy, CURLOPT_DEBUGDATA, client);
    curl_easy_setopt(easy, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_client_take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_client_take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, client);
}

struct http_client *http_client_open(const struct http_target *target, struct error *err)
{
    struct http_client *client = memory_allocate(1, sizeof *client);

    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK) {
        client->multi = curl_multi_init();
        client->easy = curl_easy_init();
    }
    if (client->multi == NULL || client->easy == NULL) {
        error_set(err, ERROR_INTERNAL, "libcurl does not start");
        http_client_close(client);
        return NULL;
    }
    client->kept = CURL_SOCKET_BAD;
    client->target = *target;
    http_client_set_headers(client, target);
    http_client_set_options(client, target);
    http_client_set_proxy(client, target->proxy);
    return client;
}

void http_client_close(struct http_client *client)
{
    if (client == NULL)
        return;
    curl_easy_cleanup(client->easy);
    curl_multi_cleanup(client->multi);
    curl_slist_free_all(client->headers);
    response_free(&client->response);
    text_free(&client->key_line);
    free(client->body);
    free(client->proxy_user);
    free(client);
    curl_global_cleanup();
}

/* ---- One transfer ---- */

static enum response_end http_client_read_end(const struct http_client *client, CURLcode code)
{
    long connections = 0;   /* 0: it used a kept one */
    long tunnel_status = 0; /* what the proxy answered when it was asked for a tunnel; 0: nothing */
    bool has_no_tunnel;

    curl_easy_getinfo(client->easy, CURLINFO_NUM_CONNECTS, &connections);
    if (client->target.proxy != NULL)
        curl_easy_getinfo(client->easy, CURLINFO_HTTP_CONNECTCODE, &tunnel_status);
    has_no_tunnel = client->target.proxy != NULL && !client->body_is_given && connections > 0 &&
                    tunnel_status / 100 != 2;
    switch (code) {
    case CURLE_OK:
        return RESPONSE_WHOLE;
    case CURLE_COULDNT_RESOLVE_HOST:
        return RESPONSE_DNS_FAILED;
    case CURLE_COULDNT_RESOLVE_PROXY:
        return RESPONSE_PROXY_REFUSED;
    case CURLE_COULDNT_CONNECT: /* libcurl 8.23 says so of a proxy's refusal, too */
        return tunnel_status != 0 ? RESPONSE_PROXY_REFUSED : RESPONSE_CONNECT_FAILED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
        return RESPONSE_TLS_FAILED;
    case CURLE_UNSUPPORTED_PROTOCOL: /* without a status line libcurl takes it for HTTP/0.9 */
    case CURLE_WEIRD_SERVER_REPLY:
        return RESPONSE_NOT_HTTP;
    case CURLE_OPERATION_TIMEDOUT:
        return RESPONSE_TIMEOUT;
    case CURLE_ABORTED_BY_CALLBACK:
        return client->body_is_given ? RESPONSE_CONNECTION_LOST : RESPONSE_CANCELLED;
    case CURLE_WRITE_ERROR:
        return client->response.head_is_cut   ? RESPONSE_HEAD_TOO_LARGE
               : client->response.body_is_cut ? RESPONSE_TOO_LARGE
                                              : RESPONSE_CONNECTION_LOST;
    default:
        return has_no_tunnel ? RESPONSE_PROXY_REFUSED : RESPONSE_CONNECTION_LOST;
    }
}

/* Runs the transfer to its end, the deadline or an interrupt. */
static enum response_end http_client_perform(struct http_client *client, int64_t deadline_ms,
                                             const struct http_client_interrupt *interrupt)
{
    int fd = interrupt->fd;
    int64_t connect_until_ms = clock_now_ms() + HTTP_CLIENT_CONNECT_MS;
    int running = 1;
    int left;
    CURLMsg *message;

    for (;;) {
        struct curl_waitfd word = {.fd = fd, .events = CURL_WAIT_POLLIN};
        int64_t until_ms = deadline_ms;
        int step_ms;

        if (curl_multi_perform(client->multi, &running) != CURLM_OK)
            return RESPONSE_CONNECTION_LOST;
        if (running == 0)
            break;
        if (!client->body_is_given && connect_until_ms < until_ms)
            until_ms = connect_until_ms;
        step_ms = wait_step_ms(until_ms);
        if (step_ms == 0)
            return RESPONSE_TIMEOUT;
        curl_multi_poll(client->multi, fd >= 0 ? &word : NULL, fd >= 0 ? 1 : 0, step_ms, NULL);
        if (fd >= 0 && word.revents != 0 && interrupt->is_wanted(interrupt->context, &fd))
            return RESPONSE_CANCELLED;
    }
    message = curl_multi_info_read(client->multi, &left);
    return message != NULL ? http_client_read_end(client, message->data.result)
                           : RESPONSE_CONNECTION_LOST;
}

/* Closes the kept connection. */
static void http_client_drop_kept(struct http_client *client)
{
    curl_multi_remove_handle(client->multi, client->easy);
    curl_multi_cleanup(client->multi);
    client->multi = memory_or_exit(curl_multi_init());
    client->kept = CURL_SOCKET_BAD;
    client->is_spoilt = false;
}

/*
 * Makes the request that the options describe. No secret stays in the error's text. An answer
 * belongs to the request before it: where bytes came over the kept connection since, nothing is
 * sent over that, and the request goes over a new one.
 */
static void http_client_transfer(struct http_client *client, int64_t deadline_ms,
                                 const struct http_client_interrupt *interrupt)
{
    struct response *response = &client->response;

    client->body_is_given = false;
    response_clear(response);
    do {
        if (client->is_spoilt)
            http_client_drop_kept(client);
        client->error[0] = '\0';
        curl_multi_add_handle(client->multi, client->easy);
        response->end = http_client_perform(client, deadline_ms, interrupt);
    } while (client->is_spoilt && response->end == RESPONSE_CANCELLED);
    response->was_sent = client->body_is_given;
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &response->status);
    text_redact(client->error, strlen(client->error), client->proxy_user);
    text_redact(client->error, strlen(client->error), client->target.key);
}

/*
 * Ends the transfer, which closes an unfinished one's connection: no late bytes reach the next
 * call. False when the handle cannot be used again and has gone: it still looks a name up, or its
 * body was given in vain. libcurl may not give that body again, and since version 8.7 it refuses to
 * begin the next call.
 */
static bool http_client_finish(struct http_client *client)
{
    enum response_end end = client->response.end;
    curl_off_t found_us = 0;

    curl_easy_getinfo(client->easy, CURLINFO_NAMELOOKUP_TIME_T, &found_us);
    if (!client->body_is_given && found_us == 0 &&
        (end == RESPONSE_TIMEOUT || end == RESPONSE_CANCELLED))
        return false;
    client->kept = CURL_SOCKET_BAD;
    if (end == RESPONSE_WHOLE)
        curl_easy_getinfo(client->easy, CURLINFO_ACTIVESOCKET, &client->kept);
    curl_multi_remove_handle(client->multi, client->easy);
    if (end == RESPONSE_WHOLE || !client->body_is_given)
        return true;
    http_client_close(client);
    return false;
}

/* ---- The call ---- */

/* The body; NULL when the run holds what is not UTF-8. */
static char *http_client_compose(const struct run *run)
{
    char scheduled_for[INSTANT_TEXT_SIZE];
    char covers_from[INSTANT_TEXT_SIZE];
    char period_start[INSTANT_TEXT_SIZE];
    struct text line = {0};
    json_t *body;

    instant_format_minute(run->scheduled_for, scheduled_for);
    instant_format_minute(run->covers_from, covers_from);
    body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s?, s:i, s:s}", "runId", run->run_id,
                     "orgId", run->org_id, "integrationId", run->integration_id, "integrationType",
                     run->integration_type, "scheduledFor", scheduled_for, "coversFrom",
                     covers_from, "periodStart", run_format_period_start(run, period_start),
                     "attempt", run->attempt, "idempotencyKey", run->idempotency_key);
    if (body != NULL)
        json_add_line(&line, body);
    return line.data;
}

static void http_client_set_key(struct http_client *client, const char *idempotency_key)
{
    text_clear(&client->key_line);
    text_addf(&client->key_line, "Idempotency-Key: %s", idempotency_key);
    client->key_header =
        (struct curl_slist){.data = client->key_line.data, .next = client->headers};
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, &client->key_header);
}

bool http_client_call(struct http_client *client, const struct run *run, int64_t deadline_ms,
                      const struct http_client_interrupt *interrupt, struct outcome *outcome)
{
    *outcome = (struct outcome){.records_exported = -1};
    free(client->body);
    client->body = http_client_compose(run);
    if (client->body == NULL) {
        outcome_fail(outcome, OUTCOME_NOT_DELIVERED, "CANCELLED", "the request is not valid UTF-8");
        return true;
    }
    http_client_set_key(client, run->idempotency_key);
    curl_easy_setopt(client->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(client->body));
    client->send_until_ms = deadline_ms;
    http_client_transfer(client, deadline_ms, interrupt);
    client->response.detail = client->error;
    client->response.secret = client->target.key;
    classify_response(&client->response, clock_host_us(), outcome);
    return http_client_finish(client);
}

/* ---- Requests without a body ---- */

/* Reads a body only after GET, since the connection must be free for the next request. */
static void http_client_send(struct http_client *client, const char *method, int64_t deadline_ms)
{
    bool is_get = strcmp(method, "GET") == 0;

    curl_easy_setopt(client->easy, is_get ? CURLOPT_HTTPGET : CURLOPT_NOBODY, 1L);
    curl_easy_setopt(client->easy, CURLOPT_CUSTOMREQUEST, method);
    http_client_transfer(client, deadline_ms, &(struct http_client_interrupt){.fd = -1});
}

bool http_client_ask_function(struct http_client *client, const char *idempotency_key,
                              int64_t deadline_ms, struct ask_answer *answer)
{
    http_client_set_key(client, idempotency_key);
    http_client_send(client, "GET", deadline_ms);
    client->response.detail = client->error;
    client->response.secret = client->target.key;
    ask_read(&client->response, answer);
    return http_client_finish(client);
}

static bool http_client_ask(struct http_client *client, const char *method, int64_t deadline_ms,
                            struct http_ping *ping)
{
    const struct response *response = &client->response;
    int64_t started_ms = clock_now_ms();

    http_client_send(client, method, deadline_ms);
    *ping = (struct http_ping){.ms = clock_now_ms() - started_ms, .end = response->end};
    memcpy(ping->retry_after, response->retry_after, sizeof ping->retry_after);
    memcpy(ping->region, response->region, sizeof ping->region);
    if (response->end == RESPONSE_WHOLE)
        ping->status = response->status;
    else
        snprintf(ping->failure, sizeof ping->failure, "%s",
                 response->end == RESPONSE_TIMEOUT ? "no answer in time" : client->error);
    return http_client_finish(client);
}

/* Asks on a connection of its own. Sends nothing from send_until_ms on. */
static bool http_client_ask_once(const struct http_target *target, const char *method,
                                 int64_t send_until_ms, int64_t deadline_ms, struct http_ping *ping,
                                 struct error *err)
{
    struct http_client *client = http_client_open(target, err);

    *ping = (struct http_ping){.end = RESPONSE_CANCELLED};
    if (client == NULL)
        return false;
    client->send_until_ms = send_until_ms;
    curl_easy_setopt(client->easy, CURLOPT_PREREQFUNCTION, http_client_may_send);
    if (clock_now_ms() >= send_until_ms || http_client_ask(client, method, deadline_ms, ping))
        http_client_close(client);
    return true;
}

bool http_client_ping(const struct http_target *target, int64_t deadline_ms, struct http_ping *ping,
                      struct error *err)
{
    return http_client_ask_once(target, "OPTIONS", INT64_MAX, deadline_ms, ping, err);
}

bool http_client_was_cold(const struct http_ping *ping, int64_t after_ms)
{
    return ping->status != 0 && after_ms > 0 && ping->ms > after_ms;
}

void http_client_explain_cold_start(int64_t ping_ms, struct error *warning)
{
    error_set(warning, ERROR_INTERNAL,
              "cold start: the function answered the ping after %" PRId64 ".%d s", ping_ms / 1000,
              (int)(ping_ms % 1000 / 100));
}

bool http_client_probe(const struct http_target *target, int64_t send_until_ms, int64_t deadline_ms,
                       struct probe_answer *probe, struct error *err)
{
    struct http_target keyless = *target;
    struct http_ping ping;

    keyless.key = NULL;
    if (!http_client_ask_once(&keyless, "HEAD", send_until_ms, deadline_ms, &ping, err))
        return false;
    *probe = (struct probe_answer){.status = ping.status,
                                   .failure = classify_end(ping.end),
                                   .was_held_back = ping.end == RESPONSE_CANCELLED};
    memcpy(probe->retry_after, ping.retry_after, sizeof probe->retry_after);
    return true;
}

bool http_client_get(struct http_client *client, const char *url, int64_t deadline_ms,
                     struct http_ping *ping)
{
    curl_easy_setopt(client->easy, CURLOPT_URL, url);
    return http_client_ask(client, "GET", deadline_ms, ping);
}
