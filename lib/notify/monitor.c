#include "notify/monitor.h"

#include "base/memory.h"
#include "base/signals.h"
#include "base/text.h"
#include "time/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* After its time the helper has this long to report what went wrong. */
enum { MONITOR_GRACE_MS = 200 };

char *monitor_url(const char *address, const char *suffix, const char *tick_id)
{
    size_t length = strcspn(address, "#");
    size_t path = strcspn(address, "?#");
    struct text url = {0};

    text_append(&url, address, path > 0 && address[path - 1] == '/' ? path - 1 : path);
    text_add(&url, suffix);
    text_append(&url, address + path, length - path);
    text_addf(&url, "%srid=%s", length > path ? "&" : "?", tick_id);
    return url.data;
}

struct monitor_caller {
    const struct monitor *monitor;
    struct http_client *client;
};

static void monitor_ping(struct monitor_caller *caller, const char *suffix, int64_t until_ms)
{
    const struct monitor *monitor = caller->monitor;
    char *url = monitor_url(monitor->address.url, suffix, monitor->tick_id);
    struct http_ping ping = {0};
    struct error err = {0};

    if (caller->client == NULL)
        caller->client = http_client_open(&monitor->address, &err);
    if (caller->client != NULL && !http_client_get(caller->client, url, until_ms, &ping))
        caller->client = NULL;
    free(url);
    if (*ping.failure != '\0')
        error_set(&err, ERROR_INTERNAL, "%s", ping.failure);
    else if (ping.status != 0 && ping.status / 100 != 2)
        error_set(&err, ERROR_INTERNAL, "it answered with status %ld", ping.status);
    if (*monitor->failure == '\0')
        snprintf(monitor->failure, ERROR_MESSAGE_SIZE, "%s", err.message);
}

/* The helper's life. Its second word says whether the tick has failed. */
static void monitor_work(void *context)
{
    struct monitor_caller caller = {.monitor = context};
    struct child_message word;

    signals_block(NULL); /* a terminal's ^C and a service's stop also reach the helper */
    monitor_ping(&caller, "/start", clock_now_ms() + MONITOR_START_MS);
    if (!child_hear(&caller.monitor->helper, &word))
        word = (struct child_message){true, clock_now_ms() + MONITOR_PING_MS};
    monitor_ping(&caller, word.what ? "/fail" : "", word.until_ms);
}

void monitor_start(struct monitor *monitor)
{
    if (monitor->address.url == NULL)
        return;
    monitor->failure = memory_share(1, ERROR_MESSAGE_SIZE);
    if (monitor->failure == NULL)
        return;
    if (!child_start(&monitor->helper, monitor_work, monitor))
        snprintf(monitor->failure, ERROR_MESSAGE_SIZE, "%s", strerror(errno));
    child_tell(&monitor->helper, (struct child_message){0});
}

void monitor_finish(struct monitor *monitor, bool has_failed)
{
    monitor->until_ms = clock_now_ms() + MONITOR_PING_MS;
    child_tell(&monitor->helper, (struct child_message){has_failed, monitor->until_ms});
}

bool monitor_wait(struct monitor *monitor, struct error *err)
{
    const char *reason = monitor->failure;
    bool has_failed;

    if (monitor->address.url == NULL)
        return true;
    if (!child_wait(&monitor->helper, monitor->until_ms + MONITOR_GRACE_MS) && *reason == '\0')
        reason = "no answer in time";
    if (reason == NULL)
        reason = "not enough memory";
    has_failed = *reason != '\0';
    if (has_failed)
        error_set(err, ERROR_INTERNAL, "a ping to the monitor of SYNCSCHED_PING_URL failed: %s",
                  reason);
    memory_unshare(monitor->failure, 1, ERROR_MESSAGE_SIZE);
    monitor->failure = NULL;
    return !has_failed;
}
