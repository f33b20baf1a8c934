/* Covers lib/call/classify.c beside the table of answers, which is test_answers.c's. */
#include "support/suite.h"

#include "base/text.h"
#include "call/classify.h"

#include <stdlib.h>
#include <string.h>

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

enum { NONE = -1 };

/* Classifies it with a body and the platform's code, which may be NULL, and releases it. */
static struct outcome classify(struct response response, const char *body, size_t length,
                               const char *platform_code)
{
    struct outcome outcome;

    response_take_body(&response, body, length);
    if (platform_code != NULL)
        strcpy(response.platform_code, platform_code);
    classify_response(&response, 0, &outcome);
    response_free(&response);
    return outcome;
}

/* ---- Messages ---- */

static const struct {
    long status;
    const char *body;
    const char *message;
} messages[] = {
    {200, "{\"error\":\"no session\"}", "no session"},
    {200, "{\"errors\":[{\"x\":1}]}", "{\"errors\":[{\"x\":1}]}"},
    {400, "{\"code\":-32600,\"msg\":\"closed\"}", "closed"},
    {500, "{\"message\":\"first\",\"msg\":\"second\",\"error\":\"third\"}", "first"},
    {500, "{\"message\":\"\",\"error\":\"third\"}", "third"},
    {500, "{\"error\":{\"message\":\"inner\"}}", "inner"},
    {530, "{\"title\":\"1016\",\"detail\":\"origin DNS\"}", "origin DNS"},
    {500, "", "the function answered with HTTP status 500"},
    {500, "<h1>Oops</h1>\n", "<h1>Oops</h1> "},
    {500, "a\xff\x1b[31m", "a" BAD BAD "[31m"},
    {500, "{\"message\":\"a\\u0000b\\n\\u001bc\"}", "a" BAD "b " BAD "c"},
    {500, "{\"message\":[1]}", "{\"message\":[1]}"},
    {500, "\xEF\xBB\xBFOops", "Oops"},
    {500, "\xEF\xBB\xBF{\"message\":\"first\"}", "first"},
    {403, "[]", "[]"},
};

START_TEST(test_classify_message)
{
    struct outcome outcome = classify((struct response){.status = messages[_i].status},
                                      messages[_i].body, strlen(messages[_i].body), NULL);

    ck_assert_str_eq(outcome.message, messages[_i].message);
    outcome_free(&outcome);
}
END_TEST

/* Below 200 an interim response came, and nothing after it; 0: not even that. */
START_TEST(test_classify_no_answer)
{
    static const long statuses[] = {101, 0};

    for (size_t i = 0; i < 2; i++) {
        struct outcome outcome = classify((struct response){.status = statuses[i]}, "", 0, NULL);

        ck_assert_int_eq(outcome.error_class, OUTCOME_UNKNOWN);
        outcome_free(&outcome);
    }
}
END_TEST

/* ---- Bodies that no table holds ---- */

static struct outcome judge_bytes(long status, const char *bytes, size_t length)
{
    return classify((struct response){.was_sent = true, .status = status}, bytes, length, NULL);
}

/* Covers: a NUL in the body is not its end. */
START_TEST(test_classify_nul)
{
    struct outcome outcome = judge_bytes(500, "a\0b", 3);

    ck_assert_str_eq(outcome.message, "a" BAD "b");
    outcome_free(&outcome);
    outcome = judge_bytes(200, "\0\0", 2);
    ck_assert_str_eq(outcome.error_code, "INVALID_RESPONSE");
    outcome_free(&outcome);
    outcome = judge_bytes(200, "{}\0", 3);
    ck_assert_str_eq(outcome.error_code, "INVALID_RESPONSE");
    outcome_free(&outcome);
    outcome = judge_bytes(200, NULL, 0);
    ck_assert_int_eq(outcome.error_class, OUTCOME_NONE);
    outcome_free(&outcome);
}
END_TEST

/* Covers: a hostile depth neither crashes nor counts as a success. */
START_TEST(test_classify_deep_nesting)
{
    static char deep[1024 * 1024];
    struct outcome outcome;

    memset(deep, '[', sizeof deep);
    outcome = judge_bytes(200, deep, sizeof deep);
    ck_assert_int_eq(outcome.error_class, OUTCOME_UNKNOWN);
    ck_assert_str_eq(outcome.error_code, "INVALID_RESPONSE");
    outcome_free(&outcome);
    memset(deep + sizeof deep / 2, ']', sizeof deep / 2);
    outcome = judge_bytes(500, deep, sizeof deep);
    ck_assert_int_eq(outcome.error_class, OUTCOME_UNKNOWN);
    ck_assert_uint_eq(strlen(outcome.message), OUTCOME_MESSAGE_CHARACTERS);
    outcome_free(&outcome);
}
END_TEST

/* Covers: a message holds at most 2,000 characters, a code 64. */
START_TEST(test_classify_limits)
{
    struct text body = {0};
    struct outcome outcome;

    text_add(&body, "{\"message\":\"");
    for (int i = 0; i < OUTCOME_MESSAGE_CHARACTERS + 10; i++)
        text_add(&body, "\xc3\xa5");
    text_add(&body, "\"}");
    outcome = judge_bytes(500, body.data, body.length);
    ck_assert_uint_eq(strlen(outcome.message), 2 * OUTCOME_MESSAGE_CHARACTERS);
    outcome_free(&outcome);
    text_free(&body);
    for (int n = 64; n <= 65; n++) {
        text_addf(&body, "{\"code\":\"%.*s\"}", n,
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.ABC");
        outcome = judge_bytes(500, body.data, body.length);
        if (n == 64)
            ck_assert_uint_eq(strlen(outcome.error_code), 64);
        else
            ck_assert_str_eq(outcome.error_code, "HTTP_500");
        outcome_free(&outcome);
        text_free(&body);
    }
}
END_TEST

/* ---- The key, which a function may echo ---- */

#define SECRET "sb_secret_hush"

static const struct {
    const char *body;
    const char *platform_code;
    const char *detail;
    const char *code;
    const char *message;
} echoes[] = {
    {"{\"message\":\"got " SECRET "!\"}", NULL, NULL, "HTTP_500", "got **************!"},
    {"{\"message\":\"got \\u0073b_secret_hush\"}", NULL, NULL, "HTTP_500", "got **************"},
    {"apikey: " SECRET, NULL, NULL, "HTTP_500", "apikey: **************"},
    {"{\"code\":\"" SECRET "\",\"msg\":\"m\"}", NULL, NULL, "HTTP_500", "m"},
    {"{\"code\":\"A." SECRET "\",\"msg\":\"m\"}", NULL, NULL, "HTTP_500", "m"},
    {"{\"code\":\"B\",\"msg\":\"m\"}", SECRET, NULL, "B", "m"},
    {"", NULL, "sent " SECRET, "CONNECTION_LOST",
     "the connection was lost before the answer was whole: sent **************"},
};

START_TEST(test_classify_echo)
{
    struct response response = {
        .end = echoes[_i].detail != NULL ? RESPONSE_CONNECTION_LOST : RESPONSE_WHOLE,
        .was_sent = true,
        .status = 500,
        .detail = echoes[_i].detail,
        .secret = SECRET,
    };
    struct outcome outcome =
        classify(response, echoes[_i].body, strlen(echoes[_i].body), echoes[_i].platform_code);

    ck_assert_str_eq(outcome.error_code, echoes[_i].code);
    ck_assert_str_eq(outcome.message, echoes[_i].message);
    outcome_free(&outcome);
}
END_TEST

/* Covers: the end of what is stored does not cut the key into a part that is not known again. */
START_TEST(test_classify_echo_cut)
{
    struct text body = {0};
    struct response response = {.was_sent = true, .status = 500, .secret = SECRET};
    struct outcome outcome;

    for (int i = 0; i < OUTCOME_MESSAGE_CHARACTERS - 5; i++)
        text_add(&body, "x");
    text_add(&body, SECRET);
    outcome = classify(response, body.data, body.length, NULL);
    ck_assert_str_eq(outcome.message + OUTCOME_MESSAGE_CHARACTERS - 6, "x*****");
    outcome_free(&outcome);
    text_free(&body);
}
END_TEST

/* Covers: the same of the id of a request. */
START_TEST(test_classify_request_id)
{
    struct response response = {.status = 500, .secret = SECRET};
    struct outcome outcome;

    memset(response.request_id, 'x', OUTCOME_REQUEST_ID_SIZE - 6);
    strcat(response.request_id, SECRET);
    outcome = classify(response, "", 0, NULL);
    ck_assert_uint_eq(strlen(outcome.request_id), OUTCOME_REQUEST_ID_SIZE - 1);
    ck_assert_str_eq(outcome.request_id + OUTCOME_REQUEST_ID_SIZE - 7, "x*****");
    outcome_free(&outcome);
}
END_TEST

/* ---- Ends of the transport ---- */

static const struct {
    enum response_end end;
    bool was_sent;
    long status;
    const char *body;
    const char *detail;
    enum outcome_class error_class;
    const char *code;
    const char *message; /* part of it */
} ends[] = {
    {RESPONSE_DNS_FAILED, false, 0, "", NULL, OUTCOME_NOT_DELIVERED, "DNS_FAILED", "not found"},
    {RESPONSE_CONNECT_FAILED, false, 0, "", "refused\x1b\n", OUTCOME_NOT_DELIVERED,
     "CONNECT_FAILED", "no connection to the function: refused" BAD " "},
    {RESPONSE_PROXY_REFUSED, false, 0, "", "response 502", OUTCOME_NOT_DELIVERED, "CONNECT_FAILED",
     "through the proxy: response 502"},
    {RESPONSE_TLS_FAILED, false, 0, "", "", OUTCOME_NOT_DELIVERED, "TLS_FAILED",
     "no trusted connection"},
    {RESPONSE_TIMEOUT, false, 0, "", NULL, OUTCOME_NOT_DELIVERED, "TIMEOUT",
     "no connection to the function in time"},
    {RESPONSE_TIMEOUT, true, 0, "", NULL, OUTCOME_UNKNOWN, "TIMEOUT", "no answer in time"},
    {RESPONSE_TIMEOUT, true, 200, "{\"recordsExported\":1}", NULL, OUTCOME_UNKNOWN, "TIMEOUT",
     "no answer in time"},
    {RESPONSE_CONNECTION_LOST, true, 0, "", NULL, OUTCOME_UNKNOWN, "CONNECTION_LOST", "lost"},
    {RESPONSE_CONNECTION_LOST, true, 200, "{\"recordsExported\":1}", NULL, OUTCOME_UNKNOWN,
     "CONNECTION_LOST", "lost"},
    {RESPONSE_CONNECTION_LOST, true, 500, "{\"code\":\"X\"", NULL, OUTCOME_UNKNOWN,
     "CONNECTION_LOST", "lost"},
    {RESPONSE_NOT_HTTP, true, 0, "", NULL, OUTCOME_UNKNOWN, "INVALID_RESPONSE", "not HTTP"},
    {RESPONSE_TOO_LARGE, true, 200, "{", NULL, OUTCOME_UNKNOWN, "RESPONSE_TOO_LARGE", "1 MiB"},
    {RESPONSE_TOO_LARGE, true, 500, "<html>", NULL, OUTCOME_UNKNOWN, "HTTP_500", "<html>"},
    {RESPONSE_TOO_LARGE, true, 400, "<html>", NULL, OUTCOME_REJECTED, "HTTP_400", "<html>"},
    {RESPONSE_TOO_LARGE, true, 504, "<html>", NULL, OUTCOME_UNKNOWN, "HTTP_504", "<html>"},
    {RESPONSE_HEAD_TOO_LARGE, true, 503, "", NULL, OUTCOME_UNKNOWN, "RESPONSE_TOO_LARGE",
     "256 headers or 64 KiB"},
    {RESPONSE_HEAD_TOO_LARGE, true, 200, "{}", NULL, OUTCOME_UNKNOWN, "RESPONSE_TOO_LARGE", "256"},
    {RESPONSE_CANCELLED, true, 0, "", NULL, OUTCOME_UNKNOWN, "CANCELLED", "told to stop"},
    {RESPONSE_CANCELLED, false, 0, "", NULL, OUTCOME_NOT_DELIVERED, "CANCELLED", "told to stop"},
    /* A new connection in the place of one that died with the request on it. */
    {RESPONSE_DNS_FAILED, true, 0, "", NULL, OUTCOME_UNKNOWN, "CONNECTION_LOST", "lost"},
    {RESPONSE_CONNECT_FAILED, true, 0, "", "refused", OUTCOME_UNKNOWN, "CONNECTION_LOST",
     "the answer was whole: refused"},
    {RESPONSE_TLS_FAILED, true, 0, "", NULL, OUTCOME_UNKNOWN, "CONNECTION_LOST", "lost"},
};

START_TEST(test_classify_end)
{
    struct response response = {
        .end = ends[_i].end,
        .was_sent = ends[_i].was_sent,
        .status = ends[_i].status,
        .detail = ends[_i].detail,
    };
    struct outcome outcome = classify(response, ends[_i].body, strlen(ends[_i].body), NULL);

    ck_assert_int_eq(outcome.error_class, ends[_i].error_class);
    ck_assert_str_eq(outcome.error_code, ends[_i].code);
    ck_assert_msg(strstr(outcome.message, ends[_i].message) != NULL, "%s", outcome.message);
    ck_assert_int_eq(outcome.records_exported, NONE);
    ck_assert_int_eq(outcome.http_status, ends[_i].status);
    ck_assert_ptr_null(outcome.warning);
    outcome_free(&outcome);
}
END_TEST

/* ---- Whether a call may be made again within the tick ---- */

static const struct {
    enum response_end end;
    bool was_sent;
    long status;
    const char *platform_code;
    bool may_retry;
} agains[] = {
    {RESPONSE_DNS_FAILED, false, 0, NULL, true},
    {RESPONSE_CONNECT_FAILED, false, 0, NULL, true},
    {RESPONSE_PROXY_REFUSED, false, 0, NULL, true},
    {RESPONSE_TIMEOUT, false, 0, NULL, true},
    {RESPONSE_TIMEOUT, true, 0, NULL, false},
    {RESPONSE_DNS_FAILED, true, 0, NULL, false},
    {RESPONSE_CONNECT_FAILED, true, 0, NULL, false},
    {RESPONSE_TLS_FAILED, false, 0, NULL, false},
    {RESPONSE_CANCELLED, false, 0, NULL, false}, /* told to stop */
    {RESPONSE_CONNECTION_LOST, true, 0, NULL, false},
    {RESPONSE_CONNECTION_LOST, true, 503, "BOOT_ERROR", false},
    {RESPONSE_WHOLE, true, 503, "BOOT_ERROR", true},
    {RESPONSE_TOO_LARGE, true, 503, "BOOT_ERROR", false},
    {RESPONSE_WHOLE, true, 200, "BOOT_ERROR", false},
};

START_TEST(test_classify_again)
{
    struct response response = {
        .end = agains[_i].end,
        .was_sent = agains[_i].was_sent,
        .status = agains[_i].status,
        .retry_after = "7",
    };
    struct outcome outcome = classify(response, "", 0, agains[_i].platform_code);

    ck_assert_int_eq(outcome.may_retry, agains[_i].may_retry);
    ck_assert_int_eq(outcome.retry_after_ms, 7000);
    ck_assert(!outcome.may_retry || outcome.error_class == OUTCOME_NOT_DELIVERED);
    outcome_free(&outcome);
}
END_TEST

SUITE(classify)
{
    TCase *cases = tcase_create("classify");

    tcase_add_loop_test(cases, test_classify_message, 0, sizeof messages / sizeof messages[0]);
    tcase_add_test(cases, test_classify_no_answer);
    tcase_add_test(cases, test_classify_nul);
    tcase_add_test(cases, test_classify_deep_nesting);
    tcase_add_test(cases, test_classify_limits);
    tcase_add_loop_test(cases, test_classify_echo, 0, sizeof echoes / sizeof echoes[0]);
    tcase_add_test(cases, test_classify_echo_cut);
    tcase_add_test(cases, test_classify_request_id);
    tcase_add_loop_test(cases, test_classify_end, 0, sizeof ends / sizeof ends[0]);
    tcase_add_loop_test(cases, test_classify_again, 0, sizeof agains / sizeof agains[0]);
    suite_add_tcase(suite, cases);
}
