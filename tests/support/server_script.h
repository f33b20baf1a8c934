/*
 * The script of function_server: which rule applies to a request, and what the rule says.
 *
 * The grammar is documented at the head of function_server.c. Nothing is cached but the number of
 * times that a `times=` line was applied, and which file had no mistake. Safe to use from several
 * threads.
 */
#ifndef TESTS_SUPPORT_SERVER_SCRIPT_H
#define TESTS_SUPPORT_SERVER_SCRIPT_H

#include "base/text.h"

#include <stdbool.h>

enum server_action {
    SERVER_ANSWER = 0,
    SERVER_CLOSE,
    SERVER_CLOSE_AFTER_ANSWER,
    SERVER_GARBAGE,
    SERVER_HANG,
    SERVER_HANG_AFTER_HEADERS,
    SERVER_NO_CONTENT,
    SERVER_RAW,
    SERVER_REDIRECT,
    SERVER_RESET,
    SERVER_RESET_AFTER_HEADERS,
    SERVER_RESET_BEFORE_READ,
    SERVER_RESET_IN_BODY,
    SERVER_TRUNCATE,
};

/* One line of the script, taken apart. */
struct server_rule {
    char *line;           /* owned; the texts marked "in line" point into it */
    char *integration_id; /* in line; "*": any */
    enum server_action action;
    long latency_ms;
    long drip_ms;
    long head_ms;
    long unasked_ms;
    long unasked_fin;
    long status;
    long body_bytes; /* -1: not given */
    long chunked;
    long times;          /* 0: always */
    char *content_type;  /* in line, or static */
    char *location;      /* in line; NULL: none */
    char *unasked;       /* in line; NULL: nothing */
    struct text headers; /* "Name: value\r\n" as often as it was given */
    struct text body;    /* what is answered */
    bool has_body;       /* the line gave a body, be it empty */
};

/* The action as the script and the log spell it. */
const char *server_action_name(enum server_action action);

/* Ids that no integration has: rules for requests by these methods, to which "*" does not apply. */
#define SERVER_SCRIPT_OPTIONS "OPTIONS"
#define SERVER_SCRIPT_HEAD    "HEAD"
#define SERVER_SCRIPT_GET     "GET"
#define SERVER_SCRIPT_GET_KEY "GET:" /* and an Idempotency-Key */

/*
 * Reads the script at path and fills rule with the first line that applies to a request of
 * integration_id ("" when the request names none), counting it for times=. Without such a line, or
 * without a file (path NULL too), rule is the default answer. Returns false, with a message in
 * complaint and an empty rule, when the script is wrong, be it in another line.
 */
bool server_script_match(const char *path, const char *integration_id, struct server_rule *rule,
                         struct text *complaint);

/*
 * Whether the first line that still applies is `* action=reset_before_read`, so that the connection
 * is to be reset without a look at the request. Counts it for times= then.
 */
bool server_script_resets_unread(const char *path);

/* Reads the whole script without counting anything; false with a message when it is wrong. */
bool server_script_check(const char *path, struct text *complaint);

void server_rule_free(struct server_rule *rule);

#endif
