/*
 * Calling the Integration Edge Function, and asking whether somebody is there at all, by libcurl,
 * which is loaded when needed.
 *
 * One handle keeps one HTTP connection for all calls of a worker, one at a time. A call goes out at
 * most once: libcurl would silently send a request again when a kept connection turns out dead,
 * even if the server had read all of it, so the body is given away once and cannot be rewound. A
 * handle never crosses a fork.
 *
 * Not for reading and judging what comes back: response.h, reply.h.
 */
#ifndef SYNCSCHED_CALL_FUNCTION_H
#define SYNCSCHED_CALL_FUNCTION_H

#include "base/error.h"
#include "base/run.h"
#include "call/reply.h"
#include "call/response.h"

#include <stdbool.h>
#include <stdint.h>

struct function;

/* Where and with what a function is called. Borrowed; must outlive the handle. */
struct function_address {
    const char *url;     /* the whole address; checked by address_check() */
    const char *key;     /* the service key; checked by credentials_check(). NULL: none is sent */
    const char *proxy;   /* by way of which; checked by address_check_proxy(); NULL: directly */
    const char *ca_file; /* whose certificates are trusted (PEM); NULL: those of the system */
};

/* So long is the answer to a ping worth waiting for. */
enum { FUNCTION_PING_MS = 10000 };

/*
 * Makes sure that libcurl is there, for this process and the children that it forks afterwards. To
 * be called before anything is promised that needs a call; no handle comes of it. ERROR_INTERNAL.
 */
bool function_load(struct error *err);

/* NULL with ERROR_INTERNAL when libcurl is not there or does not start. */
struct function *function_open(const struct function_address *address, struct error *err);
void function_close(struct function *function);

/*
 * True when a call ended while libcurl was still looking a name up. Anything done to the handle
 * would wait for the resolver, perhaps for minutes: leave it alone, open another, and end with
 * _exit().
 */
bool function_is_stuck(const struct function *function);

/*
 * True when a call ended without an answer after its request was given: close the handle and open
 * another. libcurl, which may not give that request again, would refuse to begin the next one (its
 * versions since 8.7 do).
 */
bool function_is_spent(const struct function *function);

/*
 * Asked while a call is under way, when fd is readable: true cuts the call off. May set *fd to -1
 * when there is nothing more to listen for.
 */
typedef bool function_interrupt(void *context, int *fd);

/*
 * Calls the function for a run and waits for the answer until deadline_ms (stopwatch) or an
 * interrupt. Always gives an outcome; outcome_free() releases it.
 */
void function_call(struct function *function, const struct run *run, int64_t deadline_ms, int fd,
                   function_interrupt *interrupt, void *context, struct outcome *outcome);

/* What came of a ping. */
struct function_ping {
    long status; /* of the answer, whatever it is; 0: none came */
    int64_t ms;  /* how long that took */
    enum reply_end end;
    char failure[256];
};

/*
 * Wakes the platform up: OPTIONS to the function, on a connection of its own, without body, which
 * any caller may send and which exports nothing; with the address's key, if it has one. False
 * (ERROR_INTERNAL) only when libcurl is not there or does not start. At a deadline a handle may be
 * left behind, as above.
 */
bool function_ping(const struct function_address *address, int64_t deadline_ms,
                   struct function_ping *ping, struct error *err);

/* What came of a probe. */
struct function_probe {
    long status;                          /* of the answer, whatever it is; 0: none came */
    const char *failure;                  /* a code of reply.h, where none came; else NULL */
    bool was_held_back;                   /* it was too late to send anything */
    char retry_after[RESPONSE_CODE_SIZE]; /* the value of that header; "" without */
};

/*
 * Asks any system whether it is there: HEAD to the address, on a connection of its own, without
 * body, without the address's key. No redirect is followed. Nothing is sent from send_until_ms on,
 * however long the connection took or this process stood still, where libcurl can be told so (7.80
 * and later). False, and handles left behind, as of a ping.
 */
bool function_probe(const struct function_address *address, int64_t send_until_ms,
                    int64_t deadline_ms, struct function_probe *probe, struct error *err);

/*
 * GET url, which must have passed the same checks as the handle's address, on its connection where
 * the host is the same; what the body says is not looked at. For a handle that is opened without a
 * key and used for nothing else. Once function_is_stuck(), leave the handle alone.
 */
void function_get(struct function *function, const char *url, int64_t deadline_ms,
                  struct function_ping *ping);

#endif
