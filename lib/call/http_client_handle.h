/*
 * What a handle of http_client.h is made of, for its two files: http_client.c, which calls, and
 * http_client_ping.c, which only asks. Not for anybody else.
 */
#ifndef SYNCSCHED_CALL_HTTP_CLIENT_HANDLE_H
#define SYNCSCHED_CALL_HTTP_CLIENT_HANDLE_H

#include "call/http_client.h"
#include "call/response.h"

#include <curl/curl.h>
#include <stdbool.h>
#include <stdint.h>

/* Longer than any budget. */
#define HTTP_CLIENT_NEVER_MS 86400000L

struct http_client {
    CURLM *multi;
    CURL *easy;
    struct curl_slist *headers;   /* those of every call */
    struct curl_slist key_header; /* the call's own, in front of them */
    char error[CURL_ERROR_SIZE];
    char *key;
    char *proxy_user; /* and password, as in the proxy's address; NULL: none */
    bool has_proxy;
    curl_socket_t kept; /* the connection of the last call, or none */
    bool is_stuck;
    bool is_spent;

    /* The call under way. */
    const char *request;
    size_t request_length;
    bool request_is_given;
    int64_t send_until_ms;
    int64_t given_at_ms;
    int64_t answered_at_ms; /* the answer's first header; 0: none came */
    struct response response;
};

/* Makes the handle ready for a request with this body, which is borrowed. */
void http_client_prepare(struct http_client *client, const char *request, int64_t deadline_ms);

/* Runs the transfer to its end, the deadline or an interrupt, which may be NULL. */
enum response_end http_client_perform(struct http_client *client, int64_t deadline_ms,
                                      const struct http_client_interrupt *interrupt);

#endif
