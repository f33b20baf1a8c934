#include "call/http_client_handle.h"

#include "base/text.h"
#include "call/classify.h"
#include "time/clock.h"

#include <stdio.h>
#include <string.h>

/* One that sends no key, whatever the address holds. */
static struct http_client *http_client_open_keyless(const struct http_target *address,
                                                    struct error *err)
{
    struct http_target keyless = {
        .url = address->url, .proxy = address->proxy, .ca_file = address->ca_file};

    return http_client_open(&keyless, err);
}

/* What goes wrong is told without the secrets of the way. */
static enum response_end http_client_run(struct http_client *function, int64_t deadline_ms)
{
    enum response_end end;

    curl_multi_add_handle(function->multi, function->easy);
    end = http_client_perform(function, deadline_ms, -1, NULL, NULL);
    text_redact(function->error, function->proxy_user);
    text_redact(function->error, function->key);
    return end;
}

/* HEAD, or another method that is as good as it: what may come of a body is not waited for. */
static enum response_end http_client_ask(struct http_client *function, const char *method,
                                         int64_t deadline_ms)
{
    curl_easy_setopt(function->easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(function->easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(function->easy, CURLOPT_HTTPHEADER, function->headers);
    curl_easy_setopt(function->easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CLIENT_NEVER_MS);
    return http_client_run(function, deadline_ms);
}

/* Whether the host was found: before that, releasing a handle would wait for the resolver. */
static bool http_client_has_host(const struct http_client *function)
{
    curl_off_t found_us = 0;

    curl_easy_getinfo(function->easy, CURLINFO_NAMELOOKUP_TIME_T, &found_us);
    return found_us > 0;
}

/* Or leaves it to the end of the process. */
static void http_client_close_asked(struct http_client *function, enum response_end end)
{
    if (end == RESPONSE_TIMEOUT && !http_client_has_host(function))
        return;
    curl_multi_remove_handle(function->multi, function->easy);
    http_client_close(function);
}

static void http_client_tell(const struct http_client *function, enum response_end end,
                             int64_t started_ms, struct http_ping *ping)
{
    *ping = (struct http_ping){.ms = clock_now_ms() - started_ms, .end = end};
    if (end == RESPONSE_WHOLE)
        curl_easy_getinfo(function->easy, CURLINFO_RESPONSE_CODE, &ping->status);
    else
        snprintf(ping->failure, sizeof ping->failure, "%s",
                 end == RESPONSE_TIMEOUT ? "no answer in time" : function->error);
}

bool http_client_ping(const struct http_target *address, int64_t deadline_ms,
                      struct http_ping *ping, struct error *err)
{
    struct http_client *function = http_client_open(address, err);
    int64_t started_ms = clock_now_ms();
    enum response_end end;

    *ping = (struct http_ping){0};
    if (function == NULL)
        return false;
    end = http_client_ask(function, "OPTIONS", deadline_ms);
    http_client_tell(function, end, started_ms, ping);
    http_client_close_asked(function, end);
    return true;
}

#if LIBCURL_VERSION_NUM >= 0x075000
/* Asked once the connection stands, just before the request goes out. */
static int http_client_may_send(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct http_client *function = context;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    return clock_now_ms() < function->send_until_ms ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

static void http_client_hold_back(struct http_client *function)
{
    curl_easy_setopt(function->easy, CURLOPT_PREREQFUNCTION, http_client_may_send);
    curl_easy_setopt(function->easy, CURLOPT_PREREQDATA, function);
}
#else
static void http_client_hold_back(struct http_client *function)
{
    (void)function;
}
#endif

bool http_client_probe(const struct http_target *address, int64_t send_until_ms,
                       int64_t deadline_ms, struct probe_answer *probe, struct error *err)
{
    struct http_client *function = http_client_open_keyless(address, err);
    enum response_end end = RESPONSE_CANCELLED;

    *probe = (struct probe_answer){0};
    if (function == NULL)
        return false;
    function->send_until_ms = send_until_ms;
    http_client_hold_back(function);
    if (clock_now_ms() < send_until_ms)
        end = http_client_ask(function, "HEAD", deadline_ms);
    if (end == RESPONSE_WHOLE)
        curl_easy_getinfo(function->easy, CURLINFO_RESPONSE_CODE, &probe->status);
    else
        probe->failure = classify_end(end);
    probe->was_held_back = end == RESPONSE_CANCELLED;
    memcpy(probe->retry_after, function->response.retry_after, sizeof probe->retry_after);
    http_client_close_asked(function, end);
    return true;
}

void http_client_get(struct http_client *function, const char *url, int64_t deadline_ms,
                     struct http_ping *ping)
{
    int64_t started_ms = clock_now_ms();
    enum response_end end;

    http_client_prepare(function, "", deadline_ms);
    curl_easy_setopt(function->easy, CURLOPT_URL, url);
    curl_easy_setopt(function->easy, CURLOPT_HTTPGET, 1L);
    end = http_client_run(function, deadline_ms);
    http_client_tell(function, end, started_ms, ping);
    function->is_stuck = end == RESPONSE_TIMEOUT && !http_client_has_host(function);
    if (!function->is_stuck)
        curl_multi_remove_handle(function->multi, function->easy);
}
