#include "call/classify.h"

#include "base/text.h"
#include "plan/retry_after.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLASSIFY_DETAIL_CHARACTERS = 500 };

/*
 * Adds what came from outside. The key is taken out first: what cuts the text may leave a part of
 * it that nobody would know again.
 */
static void classify_add_clean(const struct response *response, const char *bytes, size_t length,
                               size_t characters_max, struct text *text)
{
    struct text copy = {0};

    text_append(&copy, bytes, length);
    text_redact(copy.data, copy.length, response->secret);
    text_add_clean(text, copy.data, copy.length, characters_max);
    text_free(&copy);
}

/* ---- Transport ---- */

struct classify_failure {
    enum outcome_class error_class;
    const char *code;
    const char *message;
};

/* A whole response is no failure: its place stays empty. */
static const struct classify_failure classify_failures[] = {
    [RESPONSE_DNS_FAILED] = {OUTCOME_NOT_DELIVERED, "DNS_FAILED",
                             "the function's host was not found"},
    [RESPONSE_CONNECT_FAILED] = {OUTCOME_NOT_DELIVERED, "CONNECT_FAILED",
                                 "no connection to the function"},
    [RESPONSE_PROXY_REFUSED] = {OUTCOME_NOT_DELIVERED, "CONNECT_FAILED",
                                "no way to the function through the proxy"},
    [RESPONSE_TLS_FAILED] = {OUTCOME_NOT_DELIVERED, "TLS_FAILED",
                             "no trusted connection to the function"},
    [RESPONSE_TIMEOUT] = {OUTCOME_UNKNOWN, "TIMEOUT", "no answer in time"},
    [RESPONSE_CONNECTION_LOST] = {OUTCOME_UNKNOWN, "CONNECTION_LOST",
                                  "the connection was lost before the answer was whole"},
    [RESPONSE_NOT_HTTP] = {OUTCOME_UNKNOWN, "INVALID_RESPONSE", "the answer is not HTTP"},
    [RESPONSE_TOO_LARGE] = {OUTCOME_UNKNOWN, "RESPONSE_TOO_LARGE",
                            "the answer is larger than 1 MiB"},
    [RESPONSE_HEAD_TOO_LARGE] = {OUTCOME_UNKNOWN, "RESPONSE_TOO_LARGE",
                                 "the answer has more than 256 headers or 64 KiB of them"},
    [RESPONSE_CANCELLED] = {OUTCOME_UNKNOWN, "CANCELLED",
                            "cut off: the tick was told to stop, or its time was over"},
};

const char *classify_end(enum response_end end)
{
    return classify_failures[end].code;
}

/*
 * Once the request was given away the function may have run, whatever failed afterwards: libcurl
 * itself opens a new connection where a kept one dies, and only then notices that it cannot get the
 * request a second time.
 */
static void classify_fail(const struct response *response, struct outcome *outcome)
{
    struct classify_failure failure = classify_failures[response->end];
    struct text message = {0};

    if (response->was_sent && failure.error_class == OUTCOME_NOT_DELIVERED)
        failure = classify_failures[RESPONSE_CONNECTION_LOST];
    if (!response->was_sent &&
        (response->end == RESPONSE_TIMEOUT || response->end == RESPONSE_CANCELLED))
        failure.error_class = OUTCOME_NOT_DELIVERED;
    if (!response->was_sent && response->end == RESPONSE_TIMEOUT)
        failure.message = "no connection to the function in time";
    text_add(&message, failure.message);
    if (response->detail != NULL && *response->detail != '\0') {
        text_add(&message, ": ");
        classify_add_clean(response, response->detail, strlen(response->detail),
                           CLASSIFY_DETAIL_CHARACTERS, &message);
    }
    outcome_fail(outcome, failure.error_class, failure.code, text_string(&message));
    text_free(&message);
}

/*
 * Whether calling again within the tick makes sense. Of what was surely not delivered that is so
 * where the way there may be free again a moment later: a key that is refused (401) or a function
 * that is not there (404) stays so, and so does a certificate.
 */
static bool classify_may_retry(const struct response *response, const struct outcome *outcome)
{
    if (outcome->error_class != OUTCOME_NOT_DELIVERED)
        return false;
    if (response->end == RESPONSE_WHOLE)
        return response->status == 429 || response->status == 503;
    return response->end == RESPONSE_DNS_FAILED || response->end == RESPONSE_CONNECT_FAILED ||
           response->end == RESPONSE_PROXY_REFUSED || response->end == RESPONSE_TIMEOUT;
}

/* ---- Codes and messages ---- */

/* Takes a text as code if it is a plain token without the key in it. */
static bool classify_take_token(const struct response *response, const char *text,
                                char code[OUTCOME_CODE_SIZE])
{
    size_t length =
        strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.");
    bool has_secret = response->secret != NULL && *response->secret != '\0' &&
                      strstr(text, response->secret) != NULL;

    if (length == 0 || length >= OUTCOME_CODE_SIZE || text[length] != '\0' || has_secret)
        return false;
    memcpy(code, text, length + 1);
    return true;
}

/* A member of a JSON object as code: a plain token, or a whole number. */
static bool classify_take_code(const struct response *response, const json_t *value,
                               char code[OUTCOME_CODE_SIZE])
{
    if (json_is_integer(value)) {
        snprintf(code, OUTCOME_CODE_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        return true;
    }
    return json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value) &&
           classify_take_token(response, json_string_value(value), code);
}

/* The platform's header first, then the body's code or error.code, else the status. */
static void classify_find_code(const struct response *response, const json_t *body,
                               char code[OUTCOME_CODE_SIZE])
{
    const json_t *error = json_object_get(body, "error");

    if (!(classify_take_token(response, response->platform_code, code)) &&
        !classify_take_code(response, json_object_get(body, "code"), code) &&
        !classify_take_code(response, json_object_get(error, "code"), code))
        snprintf(code, OUTCOME_CODE_SIZE, "HTTP_%ld", response->status);
}

static const json_t *classify_find_message(const json_t *body)
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

/* The body's own words where it has some, else all of the body; cut, cleaned, owned. */
static char *classify_message(const struct response *response, const json_t *body)
{
    const json_t *value = classify_find_message(body);
    struct text text = {0};

    if (value != NULL)
        classify_add_clean(response, json_string_value(value), json_string_length(value),
                           OUTCOME_MESSAGE_CHARACTERS, &text);
    else if (response->body.length > 0)
        classify_add_clean(response, text_string(&response->body), response->body.length,
                           OUTCOME_MESSAGE_CHARACTERS, &text);
    if (text.length == 0)
        text_addf(&text, "the function answered with HTTP status %ld", response->status);
    return text.data;
}

static void classify_fail_with_body(const struct response *response, const json_t *body,
                                    enum outcome_class error_class, struct outcome *outcome)
{
    outcome_free(outcome);
    outcome->error_class = error_class;
    outcome->message = classify_message(response, body);
    classify_find_code(response, body, outcome->error_code);
}

/* ---- Statuses ---- */

/*
 * A function may relay a status of its own systems. Only with the platform's mark do these say that
 * the function did not run; without it the function itself answered so. The others are a gateway's
 * and the platform's for a function that ran too long, or with too much of something.
 */
static enum outcome_class classify_class(const struct response *response)
{
    if (response->status < 200)
        return OUTCOME_UNKNOWN; /* an interim response, and none after it */
    switch (response->status) {
    case 401:
    case 404:
    case 429:
    case 503:
        return response->is_from_platform ? OUTCOME_NOT_DELIVERED : OUTCOME_REJECTED;
    case 502:
    case 504:
    case 544:
    case 546:
        return OUTCOME_UNKNOWN;
    default:
        return OUTCOME_REJECTED;
    }
}

/* Some of these systems report errors with status 200. */
static bool classify_has_error(const json_t *body)
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
static int64_t classify_records(const json_t *body)
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

static void classify_success(const struct response *response, const json_t *body,
                             struct outcome *outcome)
{
    outcome_free(outcome);
    if (response->status == 202 || response->status == 204 ||
        strspn(text_string(&response->body), " \t\r\n") == response->body.length) {
        outcome->warning = "the answer has no recordsExported";
    } else if (body == NULL) {
        outcome_fail(outcome, OUTCOME_UNKNOWN, "INVALID_RESPONSE",
                     "the answer is not whole JSON; the export may have been done");
    } else if (classify_has_error(body)) {
        classify_fail_with_body(response, body, OUTCOME_REJECTED, outcome);
    } else {
        outcome->records_exported = classify_records(body);
        if (outcome->records_exported < 0)
            outcome->warning = "the answer has no usable recordsExported";
    }
}

/*
 * NULL when the body is not JSON. Numbers that no int64_t holds do not hurt the rest; with one
 * that not even a double holds (1e400) nothing else in it can be read.
 */
static json_t *classify_parse(const struct response *response)
{
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t error = {0};
    json_t *body = json_loadb(text_string(&response->body), response->body.length, flags, &error);

    if (body == NULL && json_error_code(&error) == json_error_numeric_overflow)
        body = json_loadb(text_string(&response->body), response->body.length,
                          flags | JSON_DECODE_INT_AS_REAL, &error);
    if (body == NULL && json_error_code(&error) == json_error_numeric_overflow)
        body = json_object();
    return body;
}

static void classify_whole(const struct response *response, struct outcome *outcome)
{
    json_t *body = response->body.length > 0 ? classify_parse(response) : NULL;

    if (response->status >= 200 && response->status <= 299)
        classify_success(response, body, outcome);
    else if (response->status >= 300 && response->status <= 399)
        outcome_fail(outcome, OUTCOME_REJECTED, "REDIRECT_REFUSED",
                     "the function answered with a redirect, which is not followed");
    else
        classify_fail_with_body(response, body, classify_class(response), outcome);
    json_decref(body);
}

void classify_response(const struct response *response, int64_t now_us, struct outcome *outcome)
{
    bool is_error_status = response->status < 200 || response->status > 299;
    int64_t wait_s = 0;

    *outcome = (struct outcome){.records_exported = -1};
    if (response->end == RESPONSE_WHOLE || (response->end == RESPONSE_TOO_LARGE && is_error_status))
        classify_whole(response, outcome);
    else
        classify_fail(response, outcome);
    outcome->may_retry = classify_may_retry(response, outcome);
    if (retry_after_read(response->retry_after, now_us, &wait_s))
        outcome->retry_after_ms = 1000 * wait_s;
}
