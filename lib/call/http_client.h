/*
 * Calling the Integration Edge Function, and asking whether somebody is there at all, by libcurl.
 *
 * One handle keeps one HTTP connection for all calls of a worker, one at a time. A call goes out at
 * most once: libcurl would silently send a request again when a kept connection turns out dead,
 * even if the server had read all of it, so the body is given away once and cannot be rewound. A
 * handle never crosses a fork.
 *
 * Not for reading and judging what comes back: response.h, classify.h.
 */
#ifndef SYNCSCHED_CALL_HTTP_CLIENT_H
#define SYNCSCHED_CALL_HTTP_CLIENT_H

#include "base/error.h"
#include "call/response.h"
#include "plan/outcome.h"
#include "plan/probe.h"
#include "plan/run.h"

#include <stdbool.h>
#include <stdint.h>

struct http_client;

/* Where and with what a function is called. Borrowed; must outlive the handle. */
struct http_target {
    const char *url;     /* the whole address; checked by address_check() */
    const char *key;     /* the service key; checked by credentials_check(). NULL: none is sent */
    const char *proxy;   /* by way of which; checked by address_check_proxy(); NULL: directly */
    const char *ca_file; /* whose certificates are trusted (PEM); NULL: those of the system */
};

/* So long is the answer to a ping worth waiting for. */
enum { HTTP_PING_MS = 10000 };

/* NULL with ERROR_INTERNAL when libcurl does not start. */
struct http_client *http_client_open(const struct http_target *address, struct error *err);
void http_client_close(struct http_client *client);

/*
 * True when a call ended while libcurl was still looking a name up. Anything done to the handle
 * would wait for the resolver, perhaps for minutes: leave it alone, open another, and end with
 * _exit().
 */
bool http_client_is_stuck(const struct http_client *client);

/*
 * True when a call ended without an answer after its request was given: close the handle and open
 * another. libcurl, which may not give that request again, would refuse to begin the next one (its
 * versions since 8.7 do).
 */
bool http_client_is_spent(const struct http_client *client);

/*
 * What may cut a call off: is_wanted() is asked when fd is readable while the call is under way. It
 * may set *fd to -1, and is not asked again.
 */
struct http_client_interrupt {
    int fd; /* -1: never */
    bool (*is_wanted)(void *context, int *fd);
    void *context;
};

/*
 * Calls the function for a run and waits for the answer until deadline_ms (monotonic clock) or an
 * interrupt. Always gives an outcome; outcome_free() releases it.
 */
void http_client_call(struct http_client *client, const struct run *run, int64_t deadline_ms,
                      const struct http_client_interrupt *interrupt, struct outcome *outcome);

/* What came of a ping. */
struct http_ping {
    long status; /* of the answer, whatever it is; 0: none came */
    int64_t ms;  /* how long that took */
    enum response_end end;
    char failure[256];
};

/*
 * Wakes the platform up: OPTIONS to the function, on a connection of its own, without body, which
 * any caller may send and which exports nothing; with the address's key, if it has one. False
 * (ERROR_INTERNAL) only when libcurl does not start. At a deadline a handle may be left behind, as
 * above.
 */
bool http_client_ping(const struct http_target *address, int64_t deadline_ms,
                      struct http_ping *ping, struct error *err);

/*
 * Asks any system whether it is there: HEAD to the address, on a connection of its own, without
 * body, without the address's key. No redirect is followed. Nothing is sent from send_until_ms on,
 * however long the connection took or this process was frozen. False, and handles left behind, as
 * of a ping.
 */
bool http_client_probe(const struct http_target *address, int64_t send_until_ms,
                       int64_t deadline_ms, struct probe_answer *probe, struct error *err);

/*
 * GET url, which must have passed the same checks as the handle's address, on its connection where
 * the host is the same; what the body says is not looked at. For a handle that is opened without a
 * key and used for nothing else. Once http_client_is_stuck(), leave the handle alone.
 */
void http_client_get(struct http_client *client, const char *url, int64_t deadline_ms,
                     struct http_ping *ping);

#endif
