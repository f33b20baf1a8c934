/*
 * A response: header lines and pieces of the body go in while it arrives; what came of it is for
 * classify.h. Pure: http_client.c passes on what libcurl hands it.
 *
 * Everything in a response is hostile, so everything that is kept or counted has a limit. Headers
 * are believed only where the final response has them. Those of interim responses (100, 103: RFC
 * 9110, section 15.2) and trailers behind the body (section 6.5) are counted and passed over: the
 * platform's mark says that the function did not run, and it says so in the head of its answer.
 *
 * Not for the syntax of HTTP, which is libcurl's: chunks are joined and lengths checked already.
 */
#ifndef SYNCSCHED_CALL_RESPONSE_H
#define SYNCSCHED_CALL_RESPONSE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The most that is read of one answer, interim responses and trailers included. A Supabase function
 * sends some twenty headers of two kilobytes in all. libcurl has limits of its own, but they differ
 * by version (100 KiB a line; none over all lines before 8.3): with ours an answer comes to the
 * same end everywhere, and theirs are not reached.
 */
enum {
    RESPONSE_HEADERS_MAX = 256,
    RESPONSE_HEADER_BYTES_MAX = 64 * 1024,
    RESPONSE_BODY_MAX = 1024 * 1024,
    RESPONSE_CODE_SIZE = 128,
};

/* How the transport ended. */
enum response_end {
    RESPONSE_WHOLE, /* a complete HTTP response */
    RESPONSE_DNS_FAILED,
    RESPONSE_CONNECT_FAILED,
    RESPONSE_PROXY_REFUSED, /* the proxy gave no way to the function */
    RESPONSE_TLS_FAILED,
    RESPONSE_TIMEOUT,
    RESPONSE_CONNECTION_LOST, /* after something may have been sent, or in mid-response */
    RESPONSE_NOT_HTTP,        /* something else came back */
    RESPONSE_TOO_LARGE,       /* the body was cut off */
    RESPONSE_HEAD_TOO_LARGE,  /* the headers were cut off */
    RESPONSE_CANCELLED,       /* cut off because the tick was told to stop */
};

/* Which header lines are to come. */
enum response_part {
    RESPONSE_INTERIM, /* none yet, or those of an interim response */
    RESPONSE_HEAD,    /* the final response's */
    RESPONSE_TRAILER, /* behind the body */
};

/* `struct response response = {0};` is an empty one; response_free() releases it. */
struct response {
    enum response_end end;
    bool was_sent;         /* the request was given away, so the function may have run */
    long status;           /* HTTP status, 0 when there was none */
    const char *detail;    /* the transport's own words for what failed, or NULL; borrowed */
    const char *secret;    /* what no outcome may hold, printable ASCII, or NULL; borrowed */
    struct text body;      /* may hold any bytes */
    bool is_from_platform; /* sb-error-code or x-relay-error: the platform's mark */
    char platform_code[RESPONSE_CODE_SIZE]; /* the value of sb-error-code, cut; "" without */
    char retry_after[RESPONSE_CODE_SIZE];   /* that of Retry-After, the same */
    bool body_is_cut;                       /* more than RESPONSE_BODY_MAX bytes came */
    bool head_is_cut;                       /* more headers came than are read */

    /* Within. */
    enum response_part part;
    size_t header_count;
    size_t header_bytes;
};

/* Forgets the last response and keeps the room for the body. */
void response_clear(struct response *response);
void response_free(struct response *response);

/*
 * Takes one line of a head or of the trailers, whole, with its line end: a status line, a header,
 * the blank line at the end. False when that is past a limit: the transfer is to be ended.
 */
bool response_take_header(struct response *response, const char *line, size_t length);

/* Takes the next bytes of the body. False as above; what fits is kept. */
bool response_take_body(struct response *response, const char *bytes, size_t length);

#endif
