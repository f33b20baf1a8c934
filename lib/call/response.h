/*
 * A response, taken line by line and piece by piece while it arrives. Pure: http_client.c passes on
 * what libcurl, which knows the syntax of HTTP, hands it. Not for judging it: classify.h.
 *
 * Everything in a response is hostile, so everything that is kept or counted has a limit. Only the
 * headers of the final response are read. Those of interim responses (100, 103: RFC 9110, section
 * 15.2) and trailers behind the body (section 6.5) are only counted, because the platform's mark,
 * which says that the function did not run, is in the head of its answer.
 */
#ifndef SYNCSCHED_CALL_RESPONSE_H
#define SYNCSCHED_CALL_RESPONSE_H

#include "base/text.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * The most that is read of one answer, interim responses and trailers included. A Supabase function
 * sends about twenty headers, two kilobytes in all. The limits of libcurl are higher, and differ by
 * version. With ours an answer ends in the same way everywhere.
 */
enum {
    RESPONSE_HEADERS_MAX = 256,
    RESPONSE_HEADER_BYTES_MAX = 64 * 1024,
    RESPONSE_BODY_MAX = 1024 * 1024,
    RESPONSE_CODE_SIZE = 128,
    RESPONSE_ID_SIZE = 2048, /* holds a key whole, so that it is found in there */
};

/* How the transport ended. */
enum response_end {
    RESPONSE_WHOLE, /* a complete HTTP response */
    RESPONSE_DNS_FAILED,
    RESPONSE_CONNECT_FAILED,
    RESPONSE_PROXY_REFUSED, /* the proxy did not connect us to the function */
    RESPONSE_TLS_FAILED,
    RESPONSE_TIMEOUT,
    RESPONSE_CONNECTION_LOST, /* after something may have been sent */
    RESPONSE_NOT_HTTP,        /* something else came back */
    RESPONSE_TOO_LARGE,       /* the body was cut off */
    RESPONSE_HEAD_TOO_LARGE,  /* the headers were cut off */
    RESPONSE_CANCELLED,       /* cut off because the tick must stop */
};

/* Where the next header line belongs. */
enum response_part {
    RESPONSE_INTERIM, /* to an interim response, or it is the first */
    RESPONSE_HEAD,    /* to the final response */
    RESPONSE_TRAILER, /* behind the body */
};

/* `struct response response = {0};` is an empty one; response_free() releases it. */
struct response {
    enum response_end end;
    bool was_sent;         /* libcurl got the request, so the function may have run */
    long status;           /* HTTP status; 0: none */
    const char *detail;    /* the transport's own words for what failed, or NULL; borrowed */
    const char *secret;    /* what no outcome may hold, printable ASCII, or NULL; borrowed */
    struct text body;      /* may hold any bytes */
    bool has_relay_error;  /* x-relay-error: true */
    bool has_sb_header;    /* any whose name begins with sb- or x-sb-: the platform was reached */
    bool is_by_cloudflare; /* server: cloudflare */
    char platform_code[RESPONSE_CODE_SIZE]; /* of sb-error-code, all of them, cut; "" without */
    char retry_after[RESPONSE_CODE_SIZE];   /* that of Retry-After, the same */
    char region[RESPONSE_CODE_SIZE];        /* x-sb-edge-region: where the function ran */
    char request_id[RESPONSE_ID_SIZE];      /* by which the platform knows the call; "" without */
    bool body_is_cut;                       /* more than RESPONSE_BODY_MAX bytes came */
    bool head_is_cut;                       /* more headers came than are read */

    /* Within. */
    enum response_part part;
    size_t request_id_rank; /* of its header among those that have one; 0: none came */
    size_t header_count;
    size_t header_bytes;
};

/* Forgets the last response and keeps the room for the body. */
void response_clear(struct response *response);
void response_free(struct response *response);

/*
 * Takes a whole line of a head or of the trailers, with its line end: a status line, a header, the
 * blank line at the end. False when it is past a limit: then end the transfer.
 */
bool response_take_header(struct response *response, const char *line, size_t length);

/* Takes the next bytes of the body, and keeps what fits. False as above. */
bool response_take_body(struct response *response, const char *bytes, size_t length);

#endif
