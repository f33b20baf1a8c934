#include "call/http_client_handle.h"

#include "base/text.h"
#include "call/classify.h"
#include "time/clock.h"

#include <stdio.h>
#include <string.h>

/* What went wrong is said without the secrets of the way. */
static enum response_end http_client_run(struct http_client *client, int64_t deadline_ms)
{
    enum response_end end;

    curl_multi_add_handle(client->multi, client->easy);
    end = http_client_perform(client, deadline_ms, NULL);
    text_redact(client->error, strlen(client->error), client->proxy_user);
    text_redact(client->error, strlen(client->error), client->key);
    return end;
}

/* HEAD, or another method that is as good as it: what may come of a body is not waited for. */
static enum response_end http_client_ask(struct http_client *client, const char *method,
                                         int64_t deadline_ms)
{
    curl_easy_setopt(client->easy, CURLOPT_NOBODY, 1L);
    curl_easy_setopt(client->easy, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(client->easy, CURLOPT_HTTPHEADER, client->headers);
    curl_easy_setopt(client->easy, CURLOPT_CONNECTTIMEOUT_MS, HTTP_CLIENT_NEVER_MS);
    return http_client_run(client, deadline_ms);
}

/* Whether the host was found: before that, releasing a handle would wait for the resolver. */
static bool http_client_has_host(const struct http_client *client)
{
    curl_off_t found_us = 0;

    curl_easy_getinfo(client->easy, CURLINFO_NAMELOOKUP_TIME_T, &found_us);
    return found_us > 0;
}

/* Or leaves it to the end of the process. */
static void http_client_close_asked(struct http_client *client, enum response_end end)
{
    if (end == RESPONSE_TIMEOUT && !http_client_has_host(client))
        return;
    curl_multi_remove_handle(client->multi, client->easy);
    http_client_close(client);
}

static void http_client_tell(const struct http_client *client, enum response_end end,
                             int64_t started_ms, struct http_ping *ping)
{
    *ping = (struct http_ping){.ms = clock_now_ms() - started_ms, .end = end};
    if (end == RESPONSE_WHOLE)
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &ping->status);
    else
        snprintf(ping->failure, sizeof ping->failure, "%s",
                 end == RESPONSE_TIMEOUT ? "no answer in time" : client->error);
}

bool http_client_ping(const struct http_target *address, int64_t deadline_ms,
                      struct http_ping *ping, struct error *err)
{
    struct http_client *client = http_client_open(address, err);
    int64_t started_ms = clock_now_ms();
    enum response_end end;

    *ping = (struct http_ping){0};
    if (client == NULL)
        return false;
    end = http_client_ask(client, "OPTIONS", deadline_ms);
    http_client_tell(client, end, started_ms, ping);
    http_client_close_asked(client, end);
    return true;
}

/* Asked once there is a connection, just before the request goes out. */
static int http_client_may_send(void *context, char *ip, char *local_ip, int port, int local_port)
{
    struct http_client *client = context;

    (void)ip;
    (void)local_ip;
    (void)port;
    (void)local_port;
    return clock_now_ms() < client->send_until_ms ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

bool http_client_probe(const struct http_target *address, int64_t send_until_ms,
                       int64_t deadline_ms, struct probe_answer *probe, struct error *err)
{
    struct http_target keyless = *address;
    struct http_client *client;
    enum response_end end = RESPONSE_CANCELLED;

    keyless.key = NULL;
    *probe = (struct probe_answer){0};
    client = http_client_open(&keyless, err);
    if (client == NULL)
        return false;
    client->send_until_ms = send_until_ms;
    curl_easy_setopt(client->easy, CURLOPT_PREREQFUNCTION, http_client_may_send);
    curl_easy_setopt(client->easy, CURLOPT_PREREQDATA, client);
    if (clock_now_ms() < send_until_ms)
        end = http_client_ask(client, "HEAD", deadline_ms);
    if (end == RESPONSE_WHOLE)
        curl_easy_getinfo(client->easy, CURLINFO_RESPONSE_CODE, &probe->status);
    else
        probe->failure = classify_end(end);
    probe->was_held_back = end == RESPONSE_CANCELLED;
    memcpy(probe->retry_after, client->response.retry_after, sizeof probe->retry_after);
    http_client_close_asked(client, end);
    return true;
}

void http_client_get(struct http_client *client, const char *url, int64_t deadline_ms,
                     struct http_ping *ping)
{
    int64_t started_ms = clock_now_ms();
    enum response_end end;

    http_client_prepare(client, "", deadline_ms);
    curl_easy_setopt(client->easy, CURLOPT_URL, url);
    curl_easy_setopt(client->easy, CURLOPT_HTTPGET, 1L);
    end = http_client_run(client, deadline_ms);
    http_client_tell(client, end, started_ms, ping);
    client->is_stuck = end == RESPONSE_TIMEOUT && !http_client_has_host(client);
    if (!client->is_stuck)
        curl_multi_remove_handle(client->multi, client->easy);
}
