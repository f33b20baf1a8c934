/*
 * One HTTP/1.1 request, read from a connection that may carry several.
 *
 * Understands Content-Length and "Expect: 100-continue"; a chunked request body is refused.
 */
#ifndef TESTS_SUPPORT_SERVER_REQUEST_H
#define TESTS_SUPPORT_SERVER_REQUEST_H

#include "base/text.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { SERVER_HEAD_MAX = 64 * 1024, SERVER_BODY_MAX = 1024 * 1024 };

/* A connection and what it received and did not use yet; text_free(&received) at the end. */
struct server_reader {
    int fd;
    struct text received;
};

struct server_request {
    char *method;
    char *path;
    json_t *headers;   /* lower-case names; a repeated one's values are joined with ", " */
    json_t *body;      /* NULL when it is not JSON */
    json_t *body_text; /* the raw body; bytes that are not UTF-8 are taken as Latin-1 */
    bool keep_alive;
};

enum server_read {
    SERVER_READ_REQUEST, /* a whole one */
    SERVER_READ_END,     /* the peer closed between requests */
    SERVER_READ_PARTIAL, /* the peer closed amid one */
    SERVER_READ_REFUSED, /* malformed or too large; the connection is of no more use */
};

/*
 * Waits for the next request. Fills request (free it in every case); *reason says in words what a
 * PARTIAL or REFUSED one lacks.
 */
enum server_read server_request_read(struct server_reader *reader, struct server_request *request,
                                     const char **reason);

/* The body's text member `name`; "" when there is none. Valid as long as the request. */
const char *server_request_member(const struct server_request *request, const char *name);

void server_request_free(struct server_request *request);

#endif
