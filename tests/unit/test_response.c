/* Covers lib/call/response.c: what is kept of an answer, and where reading ends. */
#include "support/suite.h"

#include "call/response.h"

#include <stdlib.h>
#include <string.h>

/* Hands the text over line by line, as libcurl does. */
static bool take_lines(struct response *response, const char *text)
{
    bool goes_on = true;

    while (goes_on && *text != '\0') {
        const char *end = strchr(text, '\n');
        size_t length = end != NULL ? (size_t)(end - text) + 1 : strlen(text);

        goes_on = response_take_header(response, text, length);
        text += length;
    }
    return goes_on;
}

#define OK      "HTTP/1.1 200 OK\r\n"
#define CODE(c) "sb-error-code: " c "\r\n"

static const struct {
    const char *lines;
    const char *code; /* of sb-error-code; "relay": x-relay-error; NULL: there is no mark */
} heads[] = {
    {OK "\r\n", NULL},
    {OK CODE("BOOT_ERROR") "\r\n", "BOOT_ERROR"},
    {OK "SB-Error-Code:BOOT_ERROR\n\n", "BOOT_ERROR"},
    {OK "sb-error-code: \t BOOT_ERROR \t \r\n\r\n", "BOOT_ERROR"},
    {OK CODE("A") CODE("B"), "A, B"}, /* one list */
    {OK CODE("two words"), "two words"},
    {OK CODE("b\xc3\xa5\x1b"), "b???"},
    {OK "x-relay-error: true\r\n\r\n", "relay"},
    {OK "X-Relay-Error:TRUE\r\n\r\n", "relay"},
    {OK "x-relay-error: true\r\n" CODE("X"), "X"},
    {OK CODE("X") "x-relay-error: true\r\n", "X"},
    {"HTTP/2 503\r\n" CODE("X"), "X"},
    {"HTTP/1.0 503 Scripted\r\n" CODE("X"), "X"},
    /* No mark. */
    {OK "x-relay-error: false\r\n\r\n", NULL},
    {OK "x-relay-error:\r\n\r\n", NULL},
    {OK "x-relay-error: true and more\r\n", NULL},
    {OK CODE("") "\r\n", NULL},
    {OK "sb-error-code:", NULL},
    {OK "sb-error-code", NULL},
    {OK "sb-error-code X\r\n", NULL},
    {OK "sb-error-code : X\r\n", NULL},
    {OK "x-sb-error-code: X\r\n", NULL},
    {OK " sb-error-code: X\r\n", NULL}, /* the last header's value goes on */
    {OK "sb-error-code\r\n: X\r\n", NULL},
    {CODE("X"), NULL}, /* before any status line */
    /* Interim responses: nothing of theirs is the final one's. */
    {"HTTP/1.1 103 Early Hints\r\n" CODE("X") "\r\n" OK "\r\n", NULL},
    {"HTTP/1.1 100 Continue\r\n\r\n" OK CODE("X"), "X"},
    {"HTTP/1.1 103 Hints\r\n" CODE("X") "\r\nHTTP/1.1 103\r\n\r\n" OK CODE("Y"), "Y"},
    {"HTTP/1.1 103 Hints\r\n" CODE("X"), NULL},
    {"HTTP/1.1\r\n" CODE("X"), NULL}, /* no status at all */
    {"HTTP/1.1 ", NULL},
    /* Trailers: not even those that look like another answer. */
    {OK "\r\n" CODE("X"), NULL},
    {OK "\r\n" CODE("X") "\r\n", NULL},
    {OK CODE("X") "\r\n" CODE("Y"), "X"},
    {OK "\r\nHTTP/1.1 503 Scripted\r\n" CODE("X"), NULL},
    {OK "HTTP/1.1 100 Continue\r\n" CODE("X"), "X"}, /* a header that is none, amid a head */
};

START_TEST(test_response_mark)
{
    struct response response = {0};
    const char *code = heads[_i].code;

    ck_assert(take_lines(&response, heads[_i].lines));
    if (code != NULL && strcmp(code, "relay") == 0)
        ck_assert(response.has_relay_error);
    else
        ck_assert_str_eq(response.platform_code, code != NULL ? code : "");
    ck_assert_msg(code != NULL || !response.has_relay_error, "%s", heads[_i].lines);
    response_free(&response);
}
END_TEST

static const struct {
    const char *lines;
    const char *value;
} waits[] = {
    {OK "Retry-After: 120\r\n\r\n", "120"},
    {OK "RETRY-AFTER:Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n", "Fri, 31 Dec 1999 23:59:59 GMT"},
    {OK CODE("X") "retry-after: 1\r\n", "1"},
    {OK "\r\n", ""},
    {OK "x-retry-after: 1\r\n\r\n", ""},
    {"HTTP/1.1 103 Hints\r\nretry-after: 1\r\n\r\n" OK "\r\n", ""},
    {OK "\r\nretry-after: 1\r\n", ""}, /* a trailer */
};

/* Covers: Retry-After, of the final response's head alone. */
START_TEST(test_response_retry_after)
{
    struct response response = {0};

    ck_assert(take_lines(&response, waits[_i].lines));
    ck_assert_str_eq(response.retry_after, waits[_i].value);
    response_clear(&response);
    ck_assert_str_eq(response.retry_after, "");
    response_free(&response);
}
END_TEST

static const struct {
    const char *lines;
    const char *id;
} ids[] = {
    {OK "sb-request-id: 0199-a\r\n\r\n", "0199-a"},
    {OK "X-Deno-Execution-Id:b\r\n", "b"},
    {OK "x-request-id: \tc \r\n", "c"},
    /* the platform's own, wherever it is; of two the first */
    {OK "x-request-id: c\r\nsb-request-id: a\r\nx-deno-execution-id: b\r\n", "a"},
    {OK "x-request-id: c\r\nx-deno-execution-id: b\r\n", "b"},
    {OK "x-deno-execution-id: b\r\nx-request-id: c\r\n", "b"},
    {OK "sb-request-id: a\r\nsb-request-id: d\r\n", "a"},
    {OK "sb-request-id:\r\nx-request-id: c\r\n", "c"},
    {OK "x-request-id: \x1b[2J\xc3\xa5\r\n", "?[2J??"},
    {OK "x-my-request-id: c\r\n", ""},
    {"HTTP/1.1 103 Hints\r\nsb-request-id: a\r\n\r\n" OK "x-request-id: c\r\n", "c"},
    {OK "\r\nsb-request-id: a\r\n", ""}, /* a trailer */
};

/* Covers: the id of a request, of the final response's head alone. */
START_TEST(test_response_request_id)
{
    struct response response = {0};

    ck_assert(take_lines(&response, ids[_i].lines));
    ck_assert_str_eq(response.request_id, ids[_i].id);
    response_clear(&response);
    ck_assert_str_eq(response.request_id, "");
    ck_assert(take_lines(&response, OK "x-request-id: next\r\n"));
    ck_assert_str_eq(response.request_id, "next");
    response_free(&response);
}
END_TEST

static const struct {
    const char *lines;
    bool is_by_cloudflare;
    bool has_sb_header;
} servers[] = {
    {OK "server: cloudflare\r\n\r\n", true, false},
    {OK "SERVER:Cloudflare \r\n", true, false},
    {OK "server: nginx\r\n", false, false},
    {OK "server: cloudflare-nginx\r\n", false, false},
    {OK "x-server: cloudflare\r\n", false, false},
    {OK "server: cloudflare\r\nsb-request-id: a\r\n", true, true},
    {OK "SB-Gateway-Version:\r\n", false, true},
    {OK "sb-error-code: X\r\n", false, true},
    {OK "x-sb-edge-region: eu-west-1\r\n", false, true},
    {OK "x-asb-: 1\r\n", false, false},
    {"HTTP/1.1 103 Hints\r\nserver: cloudflare\r\nsb-x: 1\r\n\r\n" OK "\r\n", false, false},
    {OK "\r\nserver: cloudflare\r\nsb-x: 1\r\n", false, false},
};

/* Covers: what tells an answer of Cloudflare from one of the platform behind it. */
START_TEST(test_response_server)
{
    struct response response = {0};

    ck_assert(take_lines(&response, servers[_i].lines));
    ck_assert_int_eq(response.is_by_cloudflare, servers[_i].is_by_cloudflare);
    ck_assert_int_eq(response.has_sb_header, servers[_i].has_sb_header);
    response_free(&response);
}
END_TEST

/* Covers: a NUL does not end a value, so that a part of it is never taken for a code. */
START_TEST(test_response_nul)
{
    static const char line[] = "sb-error-code: BOOT\0ERROR\r\n";
    struct response response = {0};

    take_lines(&response, OK);
    ck_assert(response_take_header(&response, line, sizeof line - 1));
    ck_assert_str_eq(response.platform_code, "BOOT?ERROR");
    response_free(&response);
}
END_TEST

/* Covers: a value is cut, not written past its place. */
START_TEST(test_response_long_code)
{
    char line[400] = "sb-error-code: ";
    struct response response = {0};

    memset(line + strlen(line), 'A', sizeof line - 20);
    take_lines(&response, OK);
    ck_assert(take_lines(&response, line));
    ck_assert_uint_eq(strlen(response.platform_code), RESPONSE_CODE_SIZE - 1);
    response_free(&response);
}
END_TEST

/* Covers: the number of headers, wherever they stand. */
START_TEST(test_response_many_headers)
{
    static const char *const starts[] = {OK, "HTTP/1.1 103 Hints\r\n", OK "\r\n"};
    struct response response = {0};

    take_lines(&response, starts[_i]);
    while (response.header_count < RESPONSE_HEADERS_MAX)
        ck_assert(take_lines(&response, "x: y\r\n"));
    ck_assert(!response.head_is_cut);
    ck_assert(!take_lines(&response, CODE("X")));
    ck_assert(response.head_is_cut);
    ck_assert_str_eq(response.platform_code, "");
    response_free(&response);
}
END_TEST

/* Covers: their size. */
START_TEST(test_response_large_headers)
{
    static char line[RESPONSE_HEADER_BYTES_MAX];
    struct response response = {0};

    memset(line, 'x', sizeof line);
    ck_assert(response_take_header(&response, line, sizeof line));
    ck_assert(!response_take_header(&response, line, 1));
    ck_assert(response.head_is_cut);
    response_clear(&response);
    ck_assert(!response.head_is_cut);
    ck_assert(response_take_header(&response, line, 10));
    ck_assert(!response_take_header(&response, line, sizeof line));
    response_free(&response);
}
END_TEST

/* Covers: the body up to its limit and no byte more, in pieces of any size. */
START_TEST(test_response_body)
{
    static const size_t sizes[] = {1000, 16384, RESPONSE_BODY_MAX, RESPONSE_BODY_MAX + 1};
    size_t size = sizes[_i];
    char *piece = malloc(size);
    struct response response = {0};

    ck_assert_ptr_nonnull(piece);
    memset(piece, 'x', size);
    while (response.body.length + size <= RESPONSE_BODY_MAX)
        ck_assert(response_take_body(&response, piece, size));
    ck_assert(response_take_body(&response, piece, RESPONSE_BODY_MAX - response.body.length));
    ck_assert(!response.body_is_cut);
    ck_assert(!response_take_body(&response, piece, 1));
    ck_assert(response.body_is_cut);
    ck_assert_uint_eq(response.body.length, RESPONSE_BODY_MAX);
    response_clear(&response);
    ck_assert(!response.body_is_cut);
    ck_assert_int_eq(response_take_body(&response, piece, size), size <= RESPONSE_BODY_MAX);
    ck_assert_uint_eq(response.body.length, size <= RESPONSE_BODY_MAX ? size : RESPONSE_BODY_MAX);
    response_free(&response);
    free(piece);
}
END_TEST

/* Covers: nothing of an answer is left for the next. */
START_TEST(test_response_clear)
{
    struct response response = {0};

    take_lines(&response, OK CODE("X") "\r\n");
    response_take_body(&response, "a\0b", 3);
    ck_assert_mem_eq(response.body.data, "a\0b", 4);
    response_clear(&response);
    ck_assert_uint_eq(response.body.length, 0);
    take_lines(&response, OK "\r\n");
    ck_assert_str_eq(response.platform_code, "");
    take_lines(&response, CODE("X"));
    ck_assert_str_eq(response.platform_code, "");
    response_free(&response);
    ck_assert_ptr_null(response.body.data);
}
END_TEST

SUITE(response)
{
    TCase *cases = tcase_create("response");

    tcase_add_loop_test(cases, test_response_mark, 0, sizeof heads / sizeof heads[0]);
    tcase_add_test(cases, test_response_nul);
    tcase_add_loop_test(cases, test_response_retry_after, 0, sizeof waits / sizeof waits[0]);
    tcase_add_loop_test(cases, test_response_server, 0, sizeof servers / sizeof servers[0]);
    tcase_add_loop_test(cases, test_response_request_id, 0, sizeof ids / sizeof ids[0]);
    tcase_add_test(cases, test_response_long_code);
    tcase_add_loop_test(cases, test_response_many_headers, 0, 3);
    tcase_add_test(cases, test_response_large_headers);
    tcase_add_loop_test(cases, test_response_body, 0, 4);
    tcase_add_test(cases, test_response_clear);
    suite_add_tcase(suite, cases);
}
