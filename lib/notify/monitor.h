/*
 * Telling a monitor, such as Healthchecks.io, that a tick started and how it ended.
 *
 * A GET to the monitor's address with "/start" behind its path; then one to the address itself for
 * success, or with "/fail". Each carries the tick's id as rid, so that the monitor finds the two
 * that belong together when ticks overlap. They come from a helper, so that nothing waits for them
 * but the end of the process, and that for MONITOR_PING_MS at the most; a monitor that is not there
 * is one warning and otherwise as good as none.
 *
 * The address is a secret: whoever has it can tell the monitor anything. No message names it.
 *
 * Source: Healthchecks.io, Pinging API.
 */
#ifndef SYNCSCHED_NOTIFY_MONITOR_H
#define SYNCSCHED_NOTIFY_MONITOR_H

#include "call/http_client.h"
#include "tick/helper.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * So long may the end of a tick wait for its ping; the first one has less, so that also in a tick
 * that ends at once something is left for the last, which matters more.
 */
enum { MONITOR_PING_MS = 2000, MONITOR_START_MS = 1000 };

struct monitor {
    struct http_target address; /* without a key; url NULL: there is no monitor */
    const char *tick_id;        /* a UUID; borrowed as well */
    struct helper helper;
    int64_t until_ms; /* monotonic clock: when the last ping is given up */
};

/*
 * Starts the helper, which tells at once that the tick starts; before there is anything that a
 * child may not share (child.h). When the process dies without monitor_finish(), the helper tells
 * that it failed.
 */
void monitor_start(struct monitor *monitor);

/* Has the helper tell how the tick ended; does not wait. */
void monitor_finish(struct monitor *monitor, bool has_failed);

/* Waits for the helper, to the end of its time. */
void monitor_wait(struct monitor *monitor);

/*
 * The address of a ping: suffix ("/start", "" or "/fail") goes behind the path, rid into the query,
 * and what follows '#' is left out. The caller frees it.
 */
char *monitor_url(const char *address, const char *suffix, const char *tick_id);

#endif
