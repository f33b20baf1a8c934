#include "call/reply.h"

#include "base/memory.h"
#include "base/text.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_DETAIL_CHARACTERS = 500 };

/*
 * Adds what came from outside. The key is taken out first: what cuts the text may leave a part of
 * it that nobody would know again.
 */
static void reply_add_clean(const struct reply *reply, const char *bytes, size_t length,
                            size_t characters_max, struct text *text)
{
    struct text copy = {0};

    text_append(&copy, bytes, length);
    text_redact_bytes(copy.data, copy.length, reply->secret);
    text_add_clean(text, copy.data, copy.length, characters_max);
    text_free(&copy);
}

/* ---- Transport ---- */

struct reply_failure {
    enum outcome_class error_class;
    const char *code;
    const char *message;
};

/* A whole response is no failure: its place stays empty. */
static const struct reply_failure reply_failures[] = {
    [REPLY_DNS_FAILED] = {OUTCOME_NOT_DELIVERED, "DNS_FAILED", "the function's host was not found"},
    [REPLY_CONNECT_FAILED] = {OUTCOME_NOT_DELIVERED, "CONNECT_FAILED",
                              "no connection to the function"},
    [REPLY_PROXY_REFUSED] = {OUTCOME_NOT_DELIVERED, "CONNECT_FAILED",
                             "no way to the function through the proxy"},
    [REPLY_TLS_FAILED] = {OUTCOME_NOT_DELIVERED, "TLS_FAILED",
                          "no trusted connection to the function"},
    [REPLY_TIMEOUT] = {OUTCOME_UNKNOWN, "TIMEOUT", "no answer in time"},
    [REPLY_CONNECTION_LOST] = {OUTCOME_UNKNOWN, "CONNECTION_LOST",
                               "the connection was lost before the answer was whole"},
    [REPLY_NOT_HTTP] = {OUTCOME_UNKNOWN, "INVALID_RESPONSE", "the answer is not HTTP"},
    [REPLY_TOO_LARGE] = {OUTCOME_UNKNOWN, "RESPONSE_TOO_LARGE", "the answer is larger than 1 MiB"},
    [REPLY_HEAD_TOO_LARGE] = {OUTCOME_UNKNOWN, "RESPONSE_TOO_LARGE",
                              "the answer has more than 256 headers or 64 KiB of them"},
    [REPLY_CANCELLED] = {OUTCOME_UNKNOWN, "CANCELLED",
                         "cut off: the tick was told to stop, or its time was over"},
};

const char *reply_end_code(enum reply_end end)
{
    return reply_failures[end].code;
}

/*
 * How the transport ended, for the judgement. Once the request was given away the function may have
 * run, whatever failed afterwards: libcurl itself opens a new connection where a kept one dies, and
 * only then notices that the request is not to be had a second time.
 */
static enum reply_end reply_end(const struct reply *reply)
{
    bool is_undelivered = reply_failures[reply->end].error_class == OUTCOME_NOT_DELIVERED;

    return is_undelivered && reply->was_sent ? REPLY_CONNECTION_LOST : reply->end;
}

static void reply_fail(const struct reply *reply, struct outcome *outcome)
{
    enum reply_end end = reply_end(reply);
    struct reply_failure failure = reply_failures[end];
    struct text message = {0};

    if ((end == REPLY_TIMEOUT || end == REPLY_CANCELLED) && !reply->was_sent)
        failure.error_class = OUTCOME_NOT_DELIVERED;
    if (end == REPLY_TIMEOUT && !reply->was_sent)
        failure.message = "no connection to the function in time";
    text_add(&message, failure.message);
    if (reply->detail != NULL && *reply->detail != '\0') {
        text_add(&message, ": ");
        reply_add_clean(reply, reply->detail, strlen(reply->detail), REPLY_DETAIL_CHARACTERS,
                        &message);
    }
    outcome_fail(outcome, failure.error_class, failure.code, text_string(&message));
    text_free(&message);
}

/*
 * Whether calling again within the tick makes sense. Of what was surely not delivered that is so
 * where the way there may be free again a moment later: a key that is refused (401) or a function
 * that is not there (404) stays so, and so does a certificate.
 */
static bool reply_may_retry(const struct reply *reply, const struct outcome *outcome)
{
    if (outcome->error_class != OUTCOME_NOT_DELIVERED)
        return false;
    if (reply->end == REPLY_WHOLE)
        return reply->status == 429 || reply->status == 503;
    return reply->end == REPLY_DNS_FAILED || reply->end == REPLY_CONNECT_FAILED ||
           reply->end == REPLY_PROXY_REFUSED || reply->end == REPLY_TIMEOUT;
}

/* ---- Codes and messages ---- */

static bool reply_is_token(const char *text)
{
    size_t length =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");

    return length > 0 && length < OUTCOME_CODE_SIZE && text[length] == '\0';
}

/* Takes a text as code if it is a plain token that does not tell the key. */
static bool reply_take_token(const struct reply *reply, const char *text,
                             char code[OUTCOME_CODE_SIZE])
{
    bool tells_secret =
        reply->secret != NULL && *reply->secret != '\0' && strstr(text, reply->secret) != NULL;

    if (!reply_is_token(text) || tells_secret)
        return false;
    snprintf(code, OUTCOME_CODE_SIZE, "%s", text);
    return true;
}

/* A member of a JSON object as code: a plain token, or a whole number. */
static bool reply_take_code(const struct reply *reply, const json_t *value,
                            char code[OUTCOME_CODE_SIZE])
{
    if (json_is_integer(value)) {
        snprintf(code, OUTCOME_CODE_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value) &&
           reply_take_token(reply, json_string_value(value), code);
}

/* The platform's header first, then the body's code or error.code, else the status. */
static void reply_find_code(const struct reply *reply, const json_t *body,
                            char code[OUTCOME_CODE_SIZE])
{
    const json_t *error = json_object_get(body, "error");

    if (!(reply->platform_code != NULL && reply_take_token(reply, reply->platform_code, code)) &&
        !reply_take_code(reply, json_object_get(body, "code"), code) &&
        !reply_take_code(reply, json_object_get(error, "code"), code))
        snprintf(code, OUTCOME_CODE_SIZE, "HTTP_%ld", reply->status);
}

static const json_t *reply_find_message(const json_t *body)
{
    static const char *const names[] = {"message", "msg", "error_description", "error", "errors"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(body, names[i]);

        if (json_is_string(value) && json_string_length(value) > 0)
            return value;
        if (json_is_object(value) && json_is_string(json_object_get(value, "message")))
            return json_object_get(value, "message");
    }
    return NULL;
}

/* The body's own words where it has some, else the body as it is; cut, cleaned, owned. */
static char *reply_message(const struct reply *reply, const json_t *body)
{
    const json_t *value = reply_find_message(body);
    struct text text = {0};

    if (value != NULL)
        reply_add_clean(reply, json_string_value(value), json_string_length(value),
                        OUTCOME_MESSAGE_CHARACTERS, &text);
    else if (reply->body_length > 0)
        reply_add_clean(reply, reply->body, reply->body_length, OUTCOME_MESSAGE_CHARACTERS, &text);
    if (text.length == 0)
        text_addf(&text, "the function answered with HTTP status %ld", reply->status);
    return text.data;
}

static void reply_fail_with_body(const struct reply *reply, const json_t *body,
                                 enum outcome_class error_class, struct outcome *outcome)
{
    outcome_free(outcome);
    outcome->error_class = error_class;
    outcome->message = reply_message(reply, body);
    reply_find_code(reply, body, outcome->error_code);
}

/* ---- Statuses ---- */

/*
 * A function may relay a status of its own systems. Only with the platform's mark do these say that
 * the function did not run; without it the function itself answered so. The others are a gateway's
 * and the platform's for a function that ran too long, or with too much of something.
 */
static enum outcome_class reply_class(const struct reply *reply)
{
    if (reply->status < 200)
        return OUTCOME_UNKNOWN; /* an interim response, and none after it */
    switch (reply->status) {
    case 401:
    case 404:
    case 429:
    case 503:
        return reply->is_from_platform ? OUTCOME_NOT_DELIVERED : OUTCOME_REJECTED;
    case 502:
    case 504:
    case 544:
    case 546:
        return OUTCOME_UNKNOWN;
    default:
        return OUTCOME_REJECTED;
    }
}

static bool reply_is_blank(const struct reply *reply)
{
    for (size_t i = 0; i < reply->body_length; i++)
        if (strchr(" \t\r\n", reply->body[i]) == NULL || reply->body[i] == '\0')
            return false;
    return true;
}

/* Some of these systems report errors with status 200. */
static bool reply_has_error(const json_t *body)
{
    static const char *const names[] = {"error", "errors"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(body, names[i]);

        if ((json_is_string(value) && json_string_length(value) > 0) || json_is_true(value) ||
            (json_is_number(value) && json_number_value(value) != 0) ||
            (json_is_array(value) && json_array_size(value) > 0) ||
            (json_is_object(value) && json_object_size(value) > 0))
            return true;
    }
    return false;
}

/* A whole number from 0 to 2^63-1; -1 for anything else. */
static int64_t reply_records(const json_t *body)
{
    const json_t *value = json_object_get(body, "recordsExported");
    double real;

    if (value == NULL)
        value = json_object_get(body, "records_exported");
    if (json_is_integer(value))
        return json_integer_value(value) >= 0 ? json_integer_value(value) : -1;
    real = json_is_real(value) ? json_real_value(value) : -1;
    /* JSON does not tell 3.0 from 3; up to 2^53 a double holds whole numbers exactly. */
    return real >= 0 && real <= 0x1p53 && real == (double)(int64_t)real ? (int64_t)real : -1;
}

static void reply_judge_success(const struct reply *reply, const json_t *body,
                                struct outcome *outcome)
{
    outcome_free(outcome);
    if (reply->status == 202 || reply->status == 204 || reply_is_blank(reply)) {
        outcome->warning = "the answer has no recordsExported";
    } else if (body == NULL) {
        outcome_fail(outcome, OUTCOME_UNKNOWN, "INVALID_RESPONSE",
                     "the answer is not whole JSON; the export may have been done");
    } else if (reply_has_error(body)) {
        reply_fail_with_body(reply, body, OUTCOME_REJECTED, outcome);
    } else {
        outcome->records_exported = reply_records(body);
        if (outcome->records_exported < 0)
            outcome->warning = "the answer has no usable recordsExported";
    }
}

/*
 * NULL when the body is not JSON. Numbers that no int64_t holds are no fault of the rest; with one
 * that not even a double holds (1e400) nothing else in it can be read.
 */
static json_t *reply_parse(const struct reply *reply)
{
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t error = {0};
    json_t *body = json_loadb(reply->body, reply->body_length, flags, &error);

    if (body == NULL && json_error_code(&error) == json_error_numeric_overflow)
        body = json_loadb(reply->body, reply->body_length, flags | JSON_DECODE_INT_AS_REAL, &error);
    if (body == NULL && json_error_code(&error) == json_error_numeric_overflow)
        body = json_object();
    return body;
}

static void reply_judge_response(const struct reply *reply, struct outcome *outcome)
{
    json_t *body = reply->body_length > 0 ? reply_parse(reply) : NULL;

    if (reply->status >= 200 && reply->status <= 299)
        reply_judge_success(reply, body, outcome);
    else if (reply->status >= 300 && reply->status <= 399)
        outcome_fail(outcome, OUTCOME_REJECTED, "REDIRECT_REFUSED",
                     "the function answered with a redirect, which is not followed");
    else
        reply_fail_with_body(reply, body, reply_class(reply), outcome);
    json_decref(body);
}

void reply_judge(const struct reply *reply, struct outcome *outcome)
{
    bool is_error_status = reply->status < 200 || reply->status > 299;

    *outcome = (struct outcome){.records_exported = -1};
    if (reply->end == REPLY_WHOLE || (reply->end == REPLY_TOO_LARGE && is_error_status))
        reply_judge_response(reply, outcome);
    else
        reply_fail(reply, outcome);
    outcome->may_retry = reply_may_retry(reply, outcome);
    outcome->retry_after_ms = reply->retry_after_ms;
}
