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
 * Adds what came from outside, without the key. The key goes first: the end of the text may cut it
 * into a part that nobody would know again.
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

/* What an end means for a request that was not sent. */
enum classify_unsent {
    CLASSIFY_UNKNOWN,       /* the function may have run all the same */
    CLASSIFY_NOT_DELIVERED, /* the function surely did not run */
    CLASSIFY_MAY_RETRY,     /* the same, and a moment later the way there may be free */
};

/* The row of a whole response stays empty. */
static const struct classify_failure {
    const char *code;
    const char *message;
    enum classify_unsent unsent;
    bool is_on_the_way; /* it happens only before the request is sent */
} classify_failures[] = {
    [RESPONSE_DNS_FAILED] = {"DNS_FAILED", "the function's host was not found", CLASSIFY_MAY_RETRY,
                             true},
    [RESPONSE_CONNECT_FAILED] = {"CONNECT_FAILED", "no connection to the function",
                                 CLASSIFY_MAY_RETRY, true},
    [RESPONSE_PROXY_REFUSED] = {"CONNECT_FAILED", "no way to the function through the proxy",
                                CLASSIFY_MAY_RETRY, true},
    [RESPONSE_TLS_FAILED] = {"TLS_FAILED", "no trusted connection to the function",
                             CLASSIFY_NOT_DELIVERED, true},
    [RESPONSE_TIMEOUT] = {"TIMEOUT", "no answer in time", CLASSIFY_MAY_RETRY, false},
    [RESPONSE_CONNECTION_LOST] = {"CONNECTION_LOST",
                                  "the connection was lost before the answer was whole",
                                  CLASSIFY_UNKNOWN, false},
    [RESPONSE_NOT_HTTP] = {"INVALID_RESPONSE", "the answer is not HTTP", CLASSIFY_UNKNOWN, false},
    [RESPONSE_TOO_LARGE] = {"RESPONSE_TOO_LARGE", "the answer is larger than 1 MiB",
                            CLASSIFY_UNKNOWN, false},
    [RESPONSE_HEAD_TOO_LARGE] = {"RESPONSE_TOO_LARGE",
                                 "the answer has more than 256 headers or 64 KiB of them",
                                 CLASSIFY_UNKNOWN, false},
    [RESPONSE_CANCELLED] = {"CANCELLED", "cut off: the tick was told to stop, or its time was over",
                            CLASSIFY_NOT_DELIVERED, false},
};

const char *classify_end(enum response_end end)
{
    return classify_failures[end].code;
}

/*
 * Once the request was sent the function may have run, whatever failed afterwards. If a kept
 * connection dies, libcurl itself opens a new one, and only then notices that it cannot get the
 * request a second time.
 */
static void classify_fail(const struct response *response, struct outcome *outcome)
{
    const struct classify_failure *failure = &classify_failures[response->end];
    bool is_undelivered = !response->was_sent && failure->unsent != CLASSIFY_UNKNOWN;
    struct text message = {0};

    if (response->was_sent && failure->is_on_the_way)
        failure = &classify_failures[RESPONSE_CONNECTION_LOST];
    text_add(&message, !response->was_sent && response->end == RESPONSE_TIMEOUT
                           ? "no connection to the function in time"
                           : failure->message);
    if (response->detail != NULL && *response->detail != '\0') {
        text_add(&message, ": ");
        classify_add_clean(response, response->detail, strlen(response->detail),
                           CLASSIFY_DETAIL_CHARACTERS, &message);
    }
    outcome_fail(outcome, is_undelivered ? OUTCOME_NOT_DELIVERED : OUTCOME_UNKNOWN, failure->code,
                 text_string(&message));
    outcome->may_retry = is_undelivered && failure->unsent == CLASSIFY_MAY_RETRY;
    text_free(&message);
}

/* ---- Codes and messages ---- */

/* The body, without the byte order mark that it may begin with. */
static const char *classify_body(const struct response *response, size_t *length)
{
    const char *bytes = text_string(&response->body);
    size_t mark = strncmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;

    *length = response->body.length - mark;
    return bytes + mark;
}

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

/* Takes a member of a JSON object as code if it is a plain token or a whole number. */
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

/* The body's code or error.code. */
static bool classify_take_body_code(const struct response *response, const json_t *body,
                                    char code[OUTCOME_CODE_SIZE])
{
    return classify_take_code(response, json_object_get(body, "code"), code) ||
           classify_take_code(response, json_object_get(json_object_get(body, "error"), "code"),
                              code);
}

/* The platform puts this code on every 5xx that the function itself answers. */
static bool classify_is_by_function(const struct response *response)
{
    return strcmp(response->platform_code, "EDGE_FUNCTION_ERROR") == 0;
}

/* The code is that of whoever spoke, else the status. */
static void classify_find_code(const struct response *response, const json_t *body,
                               char code[OUTCOME_CODE_SIZE])
{
    if ((classify_is_by_function(response) ||
         !classify_take_token(response, response->platform_code, code)) &&
        !classify_take_body_code(response, body, code))
        snprintf(code, OUTCOME_CODE_SIZE, "HTTP_%ld", response->status);
}

static const json_t *classify_find_message(const json_t *body)
{
    static const char *const names[] = {"message", "msg",    "error_description",
                                        "error",   "errors", "detail"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(body, names[i]);

        if (json_is_string(value) && json_string_length(value) > 0)
            return value;
        value = json_object_get(value, "message");
        if (json_is_string(value))
            return value;
    }
    return NULL;
}

/* The message is in the body's own words if it has some, else it is all of the body. */
static void classify_fail_with_body(const struct response *response, const json_t *body,
                                    enum outcome_class error_class, struct outcome *outcome)
{
    const json_t *value = classify_find_message(body);
    size_t length;
    const char *bytes = classify_body(response, &length);
    struct text message = {0};

    if (value != NULL) {
        bytes = json_string_value(value);
        length = json_string_length(value);
    }
    classify_add_clean(response, bytes, length, OUTCOME_MESSAGE_CHARACTERS, &message);
    if (message.length == 0)
        text_addf(&message, "the function answered with HTTP status %ld", response->status);
    outcome->error_class = error_class;
    outcome->message = message.data;
    classify_find_code(response, body, outcome->error_code);
}

/* ---- Errors ---- */

/* By these the platform says that it answered in the function's place. */
static const struct {
    const char *code; /* with all that begins so, where it ends with '_' */
    bool may_retry;   /* a moment later it may be otherwise */
} classify_undelivered[] = {
    {"BOOT_ERROR", true},   {"LOAD_FUNCTION_", true}, {"RATE_LIMIT_EXCEEDED", true},
    {"NOT_FOUND", false},   {"UNAUTHORIZED_", false}, {"NOT_FOUND_FUNCTION_BLOB", false},
    {"INVALID_URL", false},
};

/* Somebody between us and the function gave up, or waited in vain, or does not know. */
static const long classify_unclear[] = {408, 499, 502, 504, 520, 522, 524, 544, 546, 0};

/* Cloudflare has no connection to what is behind it. */
static const long classify_origin_down[] = {521, 523, 525, 526, 530, 0};

static bool classify_has_status(const struct response *response, const long *statuses)
{
    while (*statuses != 0 && *statuses != response->status)
        statuses++;
    return *statuses != 0;
}

static bool classify_has_undelivered_code(const struct response *response, bool *may_retry)
{
    char code[OUTCOME_CODE_SIZE];

    if (!classify_take_token(response, response->platform_code, code))
        return false;
    for (size_t i = 0; i < sizeof classify_undelivered / sizeof *classify_undelivered; i++) {
        const char *known = classify_undelivered[i].code;
        size_t length = strlen(known);

        if (strncmp(code, known, length) == 0 &&
            (known[length - 1] == '_' || code[length] == '\0')) {
            *may_retry = classify_undelivered[i].may_retry;
            return true;
        }
    }
    return false;
}

/*
 * Whether the body has a code by which the function itself speaks. A number is none, since gateways
 * repeat the status, and so are those that a local or a self-hosted platform writes into the body.
 */
static bool classify_has_own_code(const struct response *response, const json_t *body)
{
    static const char *const platform_codes[] = {"WORKER_ERROR",
                                                 "WORKER_LIMIT",
                                                 "WORKER_RESOURCE_LIMIT",
                                                 "IDLE_TIMEOUT",
                                                 "INVALID_RESPONSE_STATUS_CODE",
                                                 "EDGE_FUNCTION_ERROR"};
    char code[OUTCOME_CODE_SIZE];

    if (!classify_take_body_code(response, body, code) ||
        code[strspn(code, "0123456789-.")] == '\0')
        return false;
    for (size_t i = 0; i < sizeof platform_codes / sizeof *platform_codes; i++)
        if (strcmp(code, platform_codes[i]) == 0)
            return false;
    return *response->platform_code == '\0' || classify_is_by_function(response);
}

/* Whether the function surely did not run: only who answers in its place can say so. */
static bool classify_is_undelivered(const struct response *response, bool has_own_code,
                                    bool *may_retry)
{
    long status = response->status;

    if (classify_is_by_function(response))
        return false;
    if (classify_has_undelivered_code(response, may_retry))
        return true;
    if (status == 402 || status == 540) /* the project is restricted, or paused */
        return !has_own_code;
    if (*response->platform_code != '\0')
        return false;
    if (response->has_relay_error)
        *may_retry = status == 429 || status >= 500;
    else
        *may_retry = response->is_by_cloudflare && !response->has_sb_header && !has_own_code &&
                     classify_has_status(response, classify_origin_down);
    return response->has_relay_error || *may_retry;
}

/* What no list has may have reached the function; below 400 only an interim response came. */
static void classify_error(const struct response *response, const json_t *body,
                           struct outcome *outcome)
{
    bool has_own_code = classify_has_own_code(response, body);
    bool is_by_platform = *response->platform_code != '\0' && !classify_is_by_function(response);
    enum outcome_class error_class = OUTCOME_UNKNOWN;
    bool may_retry = false;

    if (response->status < 400 || classify_has_status(response, classify_unclear))
        error_class = OUTCOME_UNKNOWN;
    else if (classify_is_undelivered(response, has_own_code, &may_retry))
        error_class = OUTCOME_NOT_DELIVERED;
    else if (!is_by_platform &&
             (response->status / 100 == 4 || (response->status / 100 == 5 && has_own_code)))
        error_class = OUTCOME_REJECTED;
    outcome->may_retry = may_retry && response->end == RESPONSE_WHOLE;
    classify_fail_with_body(response, body, error_class, outcome);
}

/* Some of these systems report errors with status 200. */
static bool classify_has_error(const json_t *body)
{
    static const char *const names[] = {"error", "errors"};

    if (json_is_false(json_object_get(body, "success")) ||
        json_is_false(json_object_get(body, "ok")))
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = json_object_get(body, names[i]);

        if (json_is_true(value) || json_number_value(value) != 0 ||
            json_string_length(value) + json_array_size(value) + json_object_size(value) > 0)
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
    /* In JSON 3.0 is 3. Up to 2^53 a double holds whole numbers exactly. */
    return real >= 0 && real <= 0x1p53 && real == (double)(int64_t)real ? (int64_t)real : -1;
}

static void classify_success(const struct response *response, const json_t *body,
                             struct outcome *outcome)
{
    size_t length;
    const char *bytes = classify_body(response, &length);

    if (response->status == 202 && !classify_has_error(body)) {
        outcome->is_accepted = true;
    } else if (response->status == 204 || strspn(bytes, " \t\r\n") == length) {
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
 * NULL when the body is not JSON. A number that no int64_t holds does not hurt the rest. If not
 * even a double holds it (1e400), jansson reads nothing, and the body is an empty object.
 */
static json_t *classify_parse(const struct response *response)
{
    size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t error = {0};
    size_t length;
    const char *bytes = classify_body(response, &length);
    json_t *body = json_loadb(bytes, length, flags, &error);

    if (body == NULL && json_error_code(&error) == json_error_numeric_overflow)
        body = json_loadb(bytes, length, flags | JSON_DECODE_INT_AS_REAL, &error);
    if (body == NULL && json_error_code(&error) == json_error_numeric_overflow)
        body = json_object();
    return body;
}

/* Where the answer was not whole, its head may have come all the same. */
static void classify_keep_origin(const struct response *response, struct outcome *outcome)
{
    struct text id = {0};

    if (response->status >= 100 && response->status <= 999 &&
        (response->end == RESPONSE_WHOLE || response->was_sent))
        outcome->http_status = (int)response->status;
    classify_add_clean(response, response->request_id, strlen(response->request_id),
                       OUTCOME_REQUEST_ID_SIZE - 1, &id);
    snprintf(outcome->request_id, sizeof outcome->request_id, "%s", text_string(&id));
    text_free(&id);
}

void classify_response(const struct response *response, int64_t now_us, struct outcome *outcome)
{
    bool is_success = response->status >= 200 && response->status <= 299;
    bool can_be_read =
        response->end == RESPONSE_WHOLE || (response->end == RESPONSE_TOO_LARGE && !is_success);
    json_t *body = can_be_read && response->body.length > 0 ? classify_parse(response) : NULL;
    int64_t wait_s = 0;

    *outcome = (struct outcome){.records_exported = -1};
    if (!can_be_read)
        classify_fail(response, outcome);
    else if (is_success)
        classify_success(response, body, outcome);
    else if (response->status >= 300 && response->status <= 399)
        outcome_fail(outcome, OUTCOME_REJECTED, "REDIRECT_REFUSED",
                     "the function answered with a redirect, which is not followed");
    else
        classify_error(response, body, outcome);
    json_decref(body);
    classify_keep_origin(response, outcome);
    if (retry_after_read(response->retry_after, now_us, &wait_s))
        outcome->retry_after_ms = 1000 * wait_s;
    outcome->is_throttled = can_be_read && response->status == 429 && outcome->retry_after_ms > 0;
}
