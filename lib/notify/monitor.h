/*
 * Notifies a monitor, such as Healthchecks.io, when a tick starts ("/start" behind the address) and
 * how it ended (nothing behind it, or "/fail").
 *
 * A helper sends both pings, with the tick's id as rid, so the monitor can match them when ticks
 * overlap. A monitor that does not answer is worth one warning and nothing else. The address is a
 * secret, because whoever has it can report anything. No message names it.
 *
 * Source: Healthchecks.io, Pinging API.
 */
#ifndef SYNCSCHED_NOTIFY_MONITOR_H
#define SYNCSCHED_NOTIFY_MONITOR_H

#include "call/http_client.h"
#include "tick/child.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * How long the end of a tick may wait for its ping. The first ping gets less, so that even in a
 * very short tick there is time for the last one, which matters more.
 */
enum { MONITOR_PING_MS = 2000, MONITOR_START_MS = 1000 };

struct monitor {
    struct http_target address; /* without a key; url NULL: there is no monitor */
    const char *tick_id;        /* a UUID; borrowed as well */
    struct child helper;
    char *failure;    /* of the first ping that failed, in memory shared with the helper */
    int64_t until_ms; /* monotonic clock: when the last ping is given up */
};

/*
 * Starts the helper, which sends the first ping at once. Call it before anything exists that a
 * child may not share (child.h). If this process dies without monitor_finish(), the helper reports
 * a failure.
 */
void monitor_start(struct monitor *monitor);

/* Lets the helper report how the tick ended. Does not wait. */
void monitor_finish(struct monitor *monitor, bool has_failed);

/* Waits for the helper until its time is over. False (ERROR_INTERNAL) when a ping failed. */
bool monitor_wait(struct monitor *monitor, struct error *err);

/*
 * The address of a ping: adds suffix ("/start", "" or "/fail") to the path and rid to the query,
 * and drops the fragment after '#'. The caller frees it.
 */
char *monitor_url(const char *address, const char *suffix, const char *tick_id);

#endif
