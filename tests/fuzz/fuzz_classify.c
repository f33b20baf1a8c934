/*
 * Fuzzes lib/call/classify.c. A case is a response in text: how the transport ended ('a' for the first of
 * enum response_end, and so on), three digits of status, a letter for what else is known ('a' and the sum
 * of 1 sent, 2 x-relay-error, 4 by Cloudflare, 8 with a header of the platform's), the platform's code up to
 * the end of the line, a line of the transport's own words, which is the request's id, too, and the body.
 */
#include "fuzz/fuzz.h"

#include "call/classify.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HEAD_LENGTH = 5, ENDS = RESPONSE_CANCELLED + 1 };

static const char secret[] = "sb_secret_hush";

struct classify_case {
    struct response response;
    char *detail;
};

/* Takes a line off the bytes, as a string of its own. */
static char *take_line(const char **bytes, size_t *length)
{
    const char *end = *length > 0 ? memchr(*bytes, '\n', *length) : NULL;
    size_t line = end != NULL ? (size_t)(end - *bytes) : *length;
    char *text = fuzz_string(*bytes, line);

    line += end != NULL ? 1 : 0;
    *bytes += line;
    *length -= line;
    return text;
}

/* False when the bytes are too few to be one. */
static bool read_case(const char *bytes, size_t length, struct classify_case *it)
{
    char *code;

    if (length < HEAD_LENGTH)
        return false;
    *it = (struct classify_case){
        .response = {.end = (enum response_end)((unsigned char)(bytes[0] - 'a') % ENDS),
                     .status = (bytes[1] & 15) * 100 + (bytes[2] & 15) * 10 + (bytes[3] & 15),
                     .was_sent = ((bytes[4] - 'a') & 1) != 0,
                     .has_relay_error = ((bytes[4] - 'a') & 2) != 0,
                     .is_by_cloudflare = ((bytes[4] - 'a') & 4) != 0,
                     .has_sb_header = ((bytes[4] - 'a') & 8) != 0,
                     .retry_after = {bytes[4]},
                     .secret = secret}};
    bytes += HEAD_LENGTH;
    length -= HEAD_LENGTH;
    code = take_line(&bytes, &length);
    snprintf(it->response.platform_code, RESPONSE_CODE_SIZE, "%s", code);
    free(code);
    it->response.detail = it->detail = take_line(&bytes, &length);
    snprintf(it->response.request_id, RESPONSE_ID_SIZE, "%s", it->detail);
    response_take_body(&it->response, bytes, length);
    return true;
}

static void free_case(struct classify_case *it)
{
    response_free(&it->response);
    free(it->detail);
}

static void classify_exercise(const char *bytes, size_t length)
{
    struct classify_case it;
    struct outcome outcome;

    if (!read_case(bytes, length, &it))
        return;
    classify_response(&it.response, 0, &outcome);
    outcome_free(&outcome);
    free_case(&it);
}

/* The character that begins at text, and its length; the text is UTF-8. */
static uint32_t decode(const unsigned char *text, size_t *length)
{
    uint32_t c = text[0];

    *length = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    c &= *length == 1 ? 0x7FU : 0xFFU >> (*length + 1);
    for (size_t i = 1; i < *length; i++)
        c = c << 6 | (text[i] & 0x3FU);
    return c;
}

static void check_message(const char *message)
{
    json_t *is_utf8 = json_string(message); /* jansson's own decoder: NULL when it is not */
    size_t characters = 0;

    FUZZ_CHECK(is_utf8 != NULL, "not UTF-8: %s", message);
    json_decref(is_utf8);
    FUZZ_CHECK(*message != '\0', "no message");
    FUZZ_CHECK(strstr(message, secret) == NULL, "%s", message);
    for (size_t n; *message != '\0'; message += n, characters++) {
        uint32_t c = decode((const unsigned char *)message, &n);

        FUZZ_CHECK(c >= 0x20 && (c < 0x7F || c > 0x9F) && (c < 0x2028 || c > 0x202E) &&
                       (c < 0x2066 || c > 0x2069),
                   "U+%04X", (unsigned)c);
    }
    FUZZ_CHECK(characters <= OUTCOME_MESSAGE_CHARACTERS, "%zu characters", characters);
}

static void check_code(const char *code)
{
    size_t length = strnlen(code, OUTCOME_CODE_SIZE);

    FUZZ_CHECK(length > 0 && length < OUTCOME_CODE_SIZE, "%zu", length);
    FUZZ_CHECK(strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.") ==
                   length,
               "%s", code);
    FUZZ_CHECK(strstr(code, secret) == NULL, "%s", code);
}

/* Only an answer with a status in the two hundreds is a success; 202 is accepted and says no more. */
static void check_success(const struct response *response, const struct outcome *outcome)
{
    FUZZ_CHECK(response->end == RESPONSE_WHOLE && response->status / 100 == 2, "%d, %ld",
               (int)response->end, response->status);
    FUZZ_CHECK(outcome->error_code[0] == '\0' && outcome->message == NULL, "%s",
               outcome->error_code);
    FUZZ_CHECK(outcome->is_accepted == (response->status == 202), "%ld", response->status);
    FUZZ_CHECK(outcome->records_exported >= -1 &&
                   (outcome->warning != NULL) ==
                       (outcome->records_exported < 0 && !outcome->is_accepted),
               "%lld", (long long)outcome->records_exported);
}

static bool has_status(const struct response *response, const long *statuses)
{
    while (*statuses != 0 && *statuses != response->status)
        statuses++;
    return *statuses != 0;
}

static bool has_word(const char *text, const char *const *words)
{
    while (*words != NULL && strcmp(*words, text) != 0)
        words++;
    return *words != NULL;
}

/* Whether somebody says that the function did not run. */
static bool has_witness(const struct response *response)
{
    static const long down[] = {402, 521, 523, 525, 526, 530, 540, 0};
    const char *code = response->platform_code;

    return strcmp(code, "EDGE_FUNCTION_ERROR") != 0 &&
           (*code != '\0' || response->has_relay_error || has_status(response, down));
}

/* Design section 6, of an error that was answered. */
static void check_error(const struct response *response, enum outcome_class error_class)
{
    static const long unknown[] = {408, 499, 502, 504, 520, 522, 524, 544, 546, 0};
    static const char *const undelivered[] = {"BOOT_ERROR", "NOT_FOUND", "RATE_LIMIT_EXCEEDED",
                                              "INVALID_URL", NULL};
    static const char *const none[] = {"", "EDGE_FUNCTION_ERROR", NULL};
    bool is_unknown = has_status(response, unknown) || response->status < 200;

    if (is_unknown)
        FUZZ_CHECK(error_class == OUTCOME_UNKNOWN, "%ld", response->status);
    else if (has_word(response->platform_code, undelivered))
        FUZZ_CHECK(error_class == OUTCOME_NOT_DELIVERED, "%ld", response->status);
    else if (response->status / 100 == 4 && !has_witness(response))
        FUZZ_CHECK(error_class == OUTCOME_REJECTED, "%ld", response->status);
    if (error_class == OUTCOME_NOT_DELIVERED)
        FUZZ_CHECK(has_witness(response), "%ld", response->status);
    if (error_class == OUTCOME_REJECTED)
        FUZZ_CHECK(has_word(response->platform_code, none) &&
                       (response->status / 100 == 4 ||
                        (response->status / 100 == 5 &&
                         memmem(response->body.data, response->body.length, "code", 4) != NULL)),
                   "%ld", response->status);
}

/* What was sent is undelivered by an answer alone. */
static void check_class(const struct response *response, const struct outcome *outcome)
{
    bool is_answer = response->end == RESPONSE_WHOLE ||
                     (response->end == RESPONSE_TOO_LARGE && response->status / 100 != 2);
    enum outcome_class error_class = outcome->error_class;

    if (is_answer && (response->status < 200 || response->status >= 400))
        check_error(response, error_class);
    else if (is_answer)
        FUZZ_CHECK(error_class != OUTCOME_NOT_DELIVERED, "%ld", response->status);
    else
        FUZZ_CHECK(error_class == OUTCOME_UNKNOWN ||
                       (error_class == OUTCOME_NOT_DELIVERED && !response->was_sent),
                   "end %d", (int)response->end);
    FUZZ_CHECK(!outcome->may_retry || error_class == OUTCOME_NOT_DELIVERED, "may be retried");
}

static void check_request_id(const struct outcome *outcome)
{
    size_t length = strnlen(outcome->request_id, OUTCOME_REQUEST_ID_SIZE);

    FUZZ_CHECK(length < OUTCOME_REQUEST_ID_SIZE, "%zu", length);
    FUZZ_CHECK(strstr(outcome->request_id, secret) == NULL, "%s", outcome->request_id);
    FUZZ_CHECK(outcome->http_status == 0 ||
                   (outcome->http_status >= 100 && outcome->http_status <= 999),
               "%d", outcome->http_status);
}

static void check_again(const struct response *response, const struct outcome *first)
{
    struct outcome again;

    classify_response(response, 0, &again);
    FUZZ_CHECK(again.error_class == first->error_class &&
                   strcmp(again.error_code, first->error_code) == 0 &&
                   again.records_exported == first->records_exported &&
                   again.may_retry == first->may_retry,
               "%s", again.error_code);
    FUZZ_CHECK((again.message == NULL) == (first->message == NULL) &&
                   (again.message == NULL || strcmp(again.message, first->message) == 0),
               "another message");
    outcome_free(&again);
}

static void classify_check(const char *bytes, size_t length)
{
    struct classify_case it;
    struct outcome outcome;

    if (!read_case(bytes, length, &it))
        return;
    classify_response(&it.response, 0, &outcome);
    if (outcome.error_class == OUTCOME_NONE) {
        check_success(&it.response, &outcome);
    } else {
        FUZZ_CHECK(outcome.message != NULL, "no message");
        check_message(outcome.message);
        check_code(outcome.error_code);
        check_class(&it.response, &outcome);
        FUZZ_CHECK(outcome.records_exported == -1 && outcome.warning == NULL, "counts");
    }
    check_request_id(&outcome);
    check_again(&it.response, &outcome);
    outcome_free(&outcome);
    free_case(&it);
}

/* Nested as deep as jansson goes, each byte is an array to be allocated and released. */
const struct fuzz_target fuzz_classify = {"classify", classify_exercise, classify_check};
