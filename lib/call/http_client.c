#include "call/http_client.h"

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "call/classify.h"
#include "call/credentials.h"
#include "call/http_client_handle.h"
#include "call/response.h"
#include "time/clock.h"
#include "time/instant.h"
#include "time/wait.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { HTTP_CLIENT_CONNECT_MS = 10000 };

/* ---- What libcurl calls ---- */

/*
 * The body is given once, and not when the time is over (this process may have been frozen since
 * the last look at the clock). Asked in vain, libcurl ends the call.
 */
static size_t http_client_give_request(char *buffer, size_t size, size_t count, void *context)
{
    struct http_client *client = context;

    if (client->request_is_given || clock_now_ms() >= client->send_until_ms)
        return CURL_READFUNC_ABORT;
    if (size * count < client->request_length)
        return CURL_READFUNC_ABORT; /* libcurl's buffers are far larger than a request */
    memcpy(buffer, client->request, client->request_length);
    client->request_is_given = true;
    client->given_at_ms = clock_now_ms();
    return client->request_length;
}

static int http_client_refuse_rewind(void *context, curl_off_t offset, int origin)
{
    (void)context;
    (void)offset;
    (void)origin;
    return CURL_SEEKFUNC_FAIL;
}

/* Less than it was given ends the transfer. */
static size_t http_client_take_body(char *bytes, size_t size, size_t count, void *context)
{
    struct http_client *client = context;

    return response_take_body(&client->response, bytes, size * count) ? size * count : 0;
}

static size_t http_client_take_header(char *line, size_t size, size_t count, void *context)
{
    struct http_client *client = context;

    /* Not libcurl's STARTTRANSFER_TIME, which with a body to send is the time of sending it. */
    if (client->answered_at_ms == 0)
        client->answered_at_ms = clock_now_ms();
    return response_take_header(&client->response, line, size * count) ? size * count : 0;
}

/* ---- The handle ---- */

static void http_client_set_headers(struct http_client *client, const char *key)
{
    struct text authorization = {0};
    struct text apikey = {0};
    const char *headers[] = {NULL, NULL, "Content-Type: application/json",
                             "Accept: application/json",
                             "Expect:" /* none: it would cost a round trip */};

    credentials_headers(key, &authorization, &apikey);
    headers[0] = text_string(&apikey);
    headers[1] = text_string(&authorization);
    for (size_t i = 0; i < sizeof headers / sizeof *headers; i++)
        if (*headers[i] != '\0')
            client->headers = memory_or_exit(curl_slist_append(client->headers, headers[i]));
    text_free(&authorization);
    text_free(&apikey);
}

/*
 * The proxy that was named, or none: libcurl would listen to http_proxy, no_proxy and their like.
 * It makes a tunnel, also for http, so that what comes through is the function's own answer: a 502
 * of the proxy itself would not tell whether the function ran. Before there is a tunnel the proxy
 * learns only the function's host and port, and its headers are not taken for the answer's.
 */
static void http_client_set_proxy(struct http_client *client, const char *proxy)
{
    CURL *easy = client->easy;
    const char *at = proxy != NULL ? strchr(proxy, '@') : NULL;

    client->has_proxy = proxy != NULL;
    curl_easy_setopt(easy, CURLOPT_PROXY, proxy != NULL ? proxy : "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
    curl_easy_setopt(easy, CURLOPT_HTTPPROXYTUNNEL, 1L);
    curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    if (at != NULL) {
        client->proxy_user = memory_copy_text(strstr(proxy, "//") + 2);
        *strchr(client->proxy_user, '@') = '\0';
    }
}

/* Says all that matters: a libcurl that somebody built differently has other defaults. */
static void http_client_set_options(struct http_client *client, const struct http_target *address)
{
    bool is_http = strncasecmp(address->url, "http:", 5) == 0;
    CURL *easy = client->easy;

#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_http ? "http" : "https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(is_http ? CURLPROTO_HTTP : CURLPROTO_HTTPS));
#endif
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L); /* the name, too */
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (address->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, address->ca_file);
        curl_easy_setopt(easy, CURLOPT_CAPATH,
                         NULL); /* in the place of the system's, not besides */
    }
    http_client_set_proxy(client, address->proxy);
    curl_easy_setopt(easy, CURLOPT_URL, address->url);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "syncsched/" SYNCSCHED_VERSION);
    curl_easy_setopt(easy, CURLOPT_POST, 1L);
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    /* HTTP/2 would send streams again on its own (REFUSED_STREAM, GOAWAY). */
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, client->error);
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, http_client_give_request);
    curl_easy_setopt(easy, CURLOPT_READDATA, client);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, http_client_refuse_rewind);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, http_client_take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, http_client_take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, client);
}

struct http_client *http_client_open(const struct http_target *address, struct error *err)
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
    client->key = memory_copy_text(address->key);
    if (address->key != NULL)
        http_client_set_headers(client, address->key);
    http_client_set_options(client, address);
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
    free(client->key);
    free(client->proxy_user);
    free(client);
    curl_global_cleanup();
}

/* ---- The call ---- */

static char *http_client_compose(const struct run *run)
{
    char scheduled_for[INSTANT_TEXT_SIZE];
    char covers_from[INSTANT_TEXT_SIZE];
    struct text line = {0};
    json_t *body;

    instant_format_minute(run->scheduled_for, scheduled_for);
    instant_format_minute(run->covers_from, covers_from);
    body = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:s}", "runId", run->run_id, "orgId",
                     run->org_id, "integrationId", run->integration_id, "integrationType",
                     run->integration_type, "scheduledFor", scheduled_for, "coversFrom",
                     covers_from, "attempt", run->attempt, "idempotencyKey", run->idempotency_key);
    if (body != NULL)
        json_add_line(&line, body);
    return line.data;
}

/* What the proxy answered when it was asked for a tunnel; 0: nothing. */
static long http_client_proxy_status(const struct http_client *client)
{
    long status = 0;

    if (client->has_proxy)
        curl_easy_getinfo(client->easy, CURLINFO_HTTP_CONNECTCODE, &status);
    return status;
}

/* Whether the call came to its end before the proxy made a tunnel. */
static bool http_client_is_refused_by_proxy(const struct http_client *client)
{
    long connections = 0; /* none: it went over one that stood */

    curl_easy_getinfo(client->easy, CURLINFO_NUM_CONNECTS, &connections);
    return client->has_proxy && !client->request_is_given && connections > 0 &&
           http_client_proxy_status(client) / 100 != 2;
}

static enum response_end http_client_end(const struct http_client *client, CURLcode code)
{
    switch (code) {
    case CURLE_OK:
        return RESPONSE_WHOLE;
    case CURLE_COULDNT_RESOLVE_HOST:
        return RESPONSE_DNS_FAILED;
    case CURLE_COULDNT_RESOLVE_PROXY:
        return RESPONSE_PROXY_REFUSED;
    case CURLE_COULDNT_CONNECT: /* what libcurl 8.23 says of a proxy's refusal, too */
        return http_client_proxy_status(client) != 0 ? RESPONSE_PROXY_REFUSED
                                                     : RESPONSE_CONNECT_FAILED;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
        return RESPONSE_TLS_FAILED;
    case CURLE_UNSUPPORTED_PROTOCOL: /* no status line: HTTP/0.9, libcurl says */
    case CURLE_WEIRD_SERVER_REPLY:
        return RESPONSE_NOT_HTTP;
    case CURLE_OPERATION_TIMEDOUT:
        return RESPONSE_TIMEOUT;
    case CURLE_ABORTED_BY_CALLBACK:
        return client->request_is_given ? RESPONSE_CONNECTION_LOST : RESPONSE_CANCELLED;
    case CURLE_WRITE_ERROR:
        return client->response.head_is_cut   ? RESPONSE_HEAD_TOO_LARGE
               : client->response.body_is_cut ? RESPONSE_TOO_LARGE
                                              : RESPONSE_CONNECTION_LOST;
    default:
        return http_client_is_refused_by_proxy(client) ? RESPONSE_PROXY_REFUSED
                                                       : RESPONSE_CONNECTION_LOST;
    }
}

enum response_end http_client_perform(struct http_client *client, int64_t deadline_ms,
                                      const struct http_client_interrupt *interrupt)
{
    int fd = interrupt != NULL ? interrupt->fd : -1;
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
        if (!client->request_is_given && connect_until_ms < until_ms)
            until_ms = connect_until_ms;
        step_ms = wait_step_ms(until_ms);
        if (step_ms == 0)
            return RESPONSE_TIMEOUT;
        curl_multi_poll(client->multi, fd >= 0 ? &word : NULL, fd >= 0 ? 1 : 0, step_ms, NULL);
        if (fd >= 0 && word.revents != 0 && interrupt->is_wanted(interrupt->context, &fd))
            return RESPONSE_CANCELLED;
    }
    message = curl_multi_info_read(client->multi, &left);
    return message != NULL ? http_client_end(client, message->data.result)
                           : RESPONSE_CONNECTION_LOST;
}

void http_client_prepare(struct http_client *client, const char *request, int64_t deadline_ms)
{
    client->request = request;
    client->request_length = strlen(request);
    client->request_is_given = false;
    client->send_until_ms = deadline_ms;
    client->given_at_ms = clock_now_ms(); /* unless it is answered before it is given */
    client->answered_at_ms = 0;
    response_clear(&client->response);
    client->error[0] = '\0';
    curl_easy_setopt(client->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)client->request_length);
    /* Never libcurl's own: when it passes, libcurl waits for its resolver, for however long. */
    curl_easy_setopt(client->easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CLIENT_NEVER_MS);
}

static void http_client_judge(struct http_client *client, enum response_end end,
                              struct outcome *outcome)
{
    struct response *response = &client->response;

    text_redact(client->error, strlen(client->error), client->proxy_user);
    response->end = end;
    response->was_sent = client->request_is_given;
    response->detail = client->error;
    response->secret = client->key;
    curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &response->status);
    classify_response(response, clock_host_us(), outcome);
    if (client->answered_at_ms != 0)
        outcome->first_byte_ms = client->answered_at_ms - client->given_at_ms;
}

bool http_client_is_stuck(const struct http_client *client)
{
    return client->is_stuck;
}

bool http_client_is_spent(const struct http_client *client)
{
    return client->is_spent;
}

/*
 * The kept connection is not taken for the next call when the server has closed it meanwhile, or
 * what becomes of the call would not be known. libcurl looks, too, but 8.23 not at one that was
 * used a moment ago. Other bytes to read, such as those of TLS, do not matter.
 */
static void http_client_choose_connection(struct http_client *client)
{
    struct pollfd connection = {.fd = client->kept, .events = POLLRDHUP};
    bool is_closed = client->kept != CURL_SOCKET_BAD && poll(&connection, 1, 0) > 0;

    curl_easy_setopt(client->easy, CURLOPT_FRESH_CONNECT, is_closed ? 1L : 0L);
}

void http_client_call(struct http_client *client, const struct run *run, int64_t deadline_ms,
                      const struct http_client_interrupt *interrupt, struct outcome *outcome)
{
    char *request = http_client_compose(run);
    struct text key = {0};
    enum response_end end;

    *outcome = (struct outcome){.records_exported = -1};
    if (request == NULL) {
        outcome_fail(outcome, OUTCOME_NOT_DELIVERED, "CANCELLED", "the request is not valid UTF-8");
        return;
    }
    text_addf(&key, "Idempotency-Key: %s", run->idempotency_key);
    /* In front of the list that all calls share. */
    client->key_header = (struct curl_slist){.data = key.data, .next = client->headers};
    http_client_prepare(client, request, deadline_ms);
    http_client_choose_connection(client);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, &client->key_header);
    curl_multi_add_handle(client->multi, client->easy);
    end = http_client_perform(client, deadline_ms, interrupt);
    http_client_judge(client, end, outcome);
    client->is_stuck =
        !client->request_is_given && (end == RESPONSE_TIMEOUT || end == RESPONSE_CANCELLED);
    client->is_spent = client->request_is_given && end != RESPONSE_WHOLE;
    if (client->is_stuck)
        return; /* the handle may still look at the headers: nothing is released */
    client->kept = CURL_SOCKET_BAD;
    if (end == RESPONSE_WHOLE)
        curl_easy_getinfo(client->easy, CURLINFO_ACTIVESOCKET, &client->kept);
    /* This closes an unfinished transfer's connection: no late bytes reach the next call. */
    curl_multi_remove_handle(client->multi, client->easy);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, NULL);
    text_free(&key);
    free(request);
}
