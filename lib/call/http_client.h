/*
 * Calls the Integration Edge Function, and asks whether a system answers at all, by libcurl.
 *
 * One handle keeps one HTTP connection for all calls of a worker, one at a time. A call goes out at
 * most once: when a kept connection turns out dead, libcurl would silently send a request again,
 * even if the server has read all of it. So the body is given to libcurl once and cannot be
 * rewound. A handle never crosses a fork.
 *
 * Not for reading and judging what comes back: response.h, classify.h.
 */
#ifndef SYNCSCHED_CALL_HTTP_CLIENT_H
#define SYNCSCHED_CALL_HTTP_CLIENT_H

#include "base/error.h"
#include "call/ask.h"
#include "call/response.h"
#include "plan/outcome.h"
#include "plan/probe.h"
#include "plan/run.h"

#include <stdbool.h>
#include <stdint.h>

struct http_client;

/* Where and with what a function is called. The texts are borrowed and must outlive the handle. */
struct http_target {
    const char *url;     /* the whole address; checked by address_check() */
    const char *key;     /* the service key; checked by credentials_check(). NULL: sends none */
    const char *proxy;   /* checked by address_check_proxy(); NULL: calls directly */
    const char *ca_file; /* whose certificates are trusted (PEM); NULL: those of the system */
    const char *region;  /* where the platform is to run the function; NULL: where it likes */
};

/* How long the answer to a ping is worth waiting for. */
enum { HTTP_PING_MS = 10000 };

/* NULL with ERROR_INTERNAL when libcurl does not start. */
struct http_client *http_client_open(const struct http_target *target, struct error *err);
void http_client_close(struct http_client *client);

/*
 * What may cut a call off: is_wanted() is asked when fd is readable during the call. It may set *fd
 * to -1, and is not asked again.
 */
struct http_client_interrupt {
    int fd; /* -1: never */
    bool (*is_wanted)(void *context, int *fd);
    void *context;
};

/*
 * Calls the function for a run and waits for the answer until deadline_ms (monotonic clock) or an
 * interrupt. Always gives an outcome; outcome_free() releases it. False when the handle has gone:
 * open another for the next call. If libcurl still looks a name up, this leaves the handle behind,
 * since releasing it would wait for the resolver, perhaps for minutes. Then end with _exit().
 */
bool http_client_call(struct http_client *client, const struct run *run, int64_t deadline_ms,
                      const struct http_client_interrupt *interrupt, struct outcome *outcome);

/*
 * Asks the function by GET what became of an idempotency key. The handle makes no calls, before or
 * after. Always gives an answer; returns as http_client_call().
 */
bool http_client_ask_function(struct http_client *client, const char *idempotency_key,
                              int64_t deadline_ms, struct ask_answer *answer);

/* What came of a request without a body. */
struct http_ping {
    long status; /* of the answer, whatever it is; 0: none came */
    int64_t ms;  /* how long that took */
    enum response_end end;
    char failure[256];                    /* without the key; "" when an answer came */
    char retry_after[RESPONSE_CODE_SIZE]; /* as in struct response */
    char region[RESPONSE_CODE_SIZE];      /* the same */
};

/*
 * Wakes the platform up: sends OPTIONS to the function on a connection of its own, with the
 * target's key if it has one. Any caller may send it, and it exports nothing. False
 * (ERROR_INTERNAL) only when libcurl does not start. It may leave a handle behind, as above.
 */
bool http_client_ping(const struct http_target *target, int64_t deadline_ms, struct http_ping *ping,
                      struct error *err);

/* Whether the answer to a ping took longer than this, by which it met a cold start; 0: never. */
bool http_client_was_cold(const struct http_ping *ping, int64_t after_ms);

/* The warning of that. */
void http_client_explain_cold_start(int64_t ping_ms, struct error *warning);

/*
 * Asks any system whether it answers: sends HEAD on a connection of its own, without the target's
 * key, and follows no redirect. Sends nothing from send_until_ms on, however long the connection
 * took or this process was frozen. Returns as http_client_ping() does.
 */
bool http_client_probe(const struct http_target *target, int64_t send_until_ms, int64_t deadline_ms,
                       struct probe_answer *probe, struct error *err);

/*
 * GETs url, which must have passed the checks of the target's address. Uses the handle's connection
 * if the host is the same, and ignores the body. For a handle that was opened without a key and
 * does nothing else. False as http_client_call().
 */
bool http_client_get(struct http_client *client, const char *url, int64_t deadline_ms,
                     struct http_ping *ping);

#endif
