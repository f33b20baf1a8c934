/*
 * Judging a reply: from status, headers, bytes and the way the transport ended to an outcome.
 *
 * Pure, by the tables of design section 6. Everything in a reply is hostile: what comes out is
 * clean UTF-8 of bounded length, a code is a plain token, and neither tells the key, should a
 * function echo what it was sent.
 */
#ifndef SYNCSCHED_CALL_REPLY_H
#define SYNCSCHED_CALL_REPLY_H

#include "plan/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the transport ended. */
enum reply_end {
    REPLY_WHOLE, /* a complete HTTP response */
    REPLY_DNS_FAILED,
    REPLY_CONNECT_FAILED,
    REPLY_PROXY_REFUSED, /* the proxy gave no way to the function */
    REPLY_TLS_FAILED,
    REPLY_TIMEOUT,
    REPLY_CONNECTION_LOST, /* after something may have been sent, or in mid-response */
    REPLY_NOT_HTTP,        /* something else came back */
    REPLY_TOO_LARGE,       /* the body was cut off */
    REPLY_HEAD_TOO_LARGE,  /* the headers were, before they told all */
    REPLY_CANCELLED,       /* cut off because the tick was told to stop */
};

struct reply {
    enum reply_end end;
    bool was_sent;             /* the request was given away, so the function may have run */
    long status;               /* HTTP status, 0 when there was none */
    bool is_from_platform;     /* it has the platform's own mark (response.h) */
    const char *platform_code; /* the mark's code; "" or NULL without; borrowed */
    int64_t retry_after_ms;    /* from its header Retry-After; 0 without */
    const char *body;          /* may hold any bytes; borrowed */
    size_t body_length;
    const char *detail; /* the transport's own words for what failed, or NULL; borrowed */
    const char *secret; /* what no outcome may tell, printable ASCII, or NULL; borrowed */
};

/* The code of a transport that did not end with a whole response; NULL for one that did. */
const char *reply_end_code(enum reply_end end);

/* What the reply says of the call. outcome_free() releases what is written to *outcome. */
void reply_judge(const struct reply *reply, struct outcome *outcome);

#endif
