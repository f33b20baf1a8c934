#include "integration/answers.h"

#define BAD "\xEF\xBF\xBD" /* U+FFFD */

#define NOT_WHOLE "the answer is not whole JSON"
#define NOT_HTTP  "the answer is not HTTP"
#define LOST      "the connection was lost before the answer was whole"
#define REFUSED   "the function answered with a redirect, which is not followed"
#define TOO_LATE  "no answer within 45 s, the limit of --timeout"
#define TOO_MANY  "the answer has more than 256 headers or 64 KiB of them"

/*
 * Whole answers, for action=raw. The server closes the connection behind them and they say so: a
 * call that took it up in the same moment would lose it.
 */
#define CLOSING      "Connection: close\\r\\n"
#define HEAD         "HTTP/1.1 200 OK\\r\\n" CLOSING
#define JSON_HEAD    HEAD "Content-Length: 21\\r\\n"
#define JSON_BODY    "{\"recordsExported\":11}" /* 22 bytes, of which the head announces 21 */
#define JSON_9       "Content-Length: 21\\r\\n\\r\\n{\"recordsExported\":9}"
#define CHUNKED      HEAD "Transfer-Encoding: chunked\\r\\n\\r\\n"
#define CHUNKS_9     CHUNKED "15\\r\\n{\"recordsExported\":9}\\r\\n"
#define UNAVAILABLE  "HTTP/1.1 503 Scripted\\r\\n" CLOSING
#define EARLY_HINTS  "HTTP/1.1 103 Early Hints\\r\\n"
#define MARK_LINE    "sb-error-code: BOOT_ERROR\\r\\n"
#define RAW(bytes)   "action=raw body=" bytes
#define BODY_8(text) "Content-Length: 8\\r\\n\\r\\n" text

#define DONE(script, count)                                                                        \
    {                                                                                              \
        script, "completed" count, NULL, NULL, 0                                                   \
    }
#define FAILED(script, stored, message)                                                            \
    {                                                                                              \
        script, "failed " stored, message, NULL, 0                                                 \
    }
#define REPEATED(script, insert, times, stored, message)                                           \
    {                                                                                              \
        script, stored, message, insert, times                                                     \
    }

const struct answer answers[] = {
    /* However it comes. */
    DONE("", " 1"),
    DONE("action=no_content", ""),
    DONE("status=201 location=@ count=6", " 6"),
    DONE("chunked=1 count=7", " 7"),
    DONE("drip_ms=5 count=8", " 8"),
    DONE("header=content-encoding:gzip count=8", " 8"), /* nobody asked for it: as it is */
    DONE("header=alt-svc:h2=\"@\" count=8", " 8"),
    /* Bytes that must not reach the log as they are. */
    FAILED("status=500 body={\"message\": \"a\\\\u0000b\\\\u001b[2J\"}", "unknown HTTP_500",
           "a" BAD "b" BAD "[2J"),
    FAILED("status=500 body=a\\xff\\xc3(\\x00\\x1b[31m", "unknown HTTP_500",
           "a" BAD BAD "(" BAD BAD "[31m"),
    FAILED("status=500 body={\"msg\": \"a\\xc2\\x9b2J\\xe2\\x80\\xaeb\\xe2\\x81\\xa6c\"}",
           "unknown HTTP_500", "a" BAD "2J" BAD "b" BAD "c"),
    FAILED("status=500 body={\"msg\": \"\\\\ud800\"}", "unknown HTTP_500", "{\"msg\": \"\\ud800"),
    FAILED("status=500 body={\"msg\": \"broken off", "unknown HTTP_500", "{\"msg\": \"broken"),
    FAILED("body={\"recordsExported\": 1, \"note\": \"\\\\udc00\"}", "unknown INVALID_RESPONSE",
           NOT_WHOLE),
    FAILED("body={\"recordsExported\": 1, \"note\": \"\\xff\"}", "unknown INVALID_RESPONSE",
           NOT_WHOLE),
    FAILED("body={\"recordsExported\": 1", "unknown INVALID_RESPONSE", NOT_WHOLE),
    FAILED("content_type=text/html body=<!DOCTYPE html>", "unknown INVALID_RESPONSE", NOT_WHOLE),
    /* Too much of everything. */
    REPEATED("body=@", "[", 100000, "failed unknown INVALID_RESPONSE", NOT_WHOLE),
    REPEATED("body={\"recordsExported\": 1, \"a\": @", "{\"a\":", 100000,
             "failed unknown INVALID_RESPONSE", NOT_WHOLE),
    REPEATED("status=500 body=@", "[", 100000, "failed unknown HTTP_500", "[[[[[["),
    FAILED("body_bytes=52428800 chunked=1", "unknown RESPONSE_TOO_LARGE",
           "the answer is larger than 1 MiB"),
    FAILED("body_bytes=52428800", "unknown RESPONSE_TOO_LARGE", "the answer is larger than 1 MiB"),
    FAILED("status=500 body_bytes=52428800 chunked=1", "unknown HTTP_500", "xxxxxx"),
    REPEATED(RAW(HEAD "@" JSON_9), "x: y\\r\\n", 10000, "failed unknown RESPONSE_TOO_LARGE",
             TOO_MANY),
    REPEATED(RAW(UNAVAILABLE "@" MARK_LINE JSON_9), "x: y\\r\\n", 10000,
             "failed unknown RESPONSE_TOO_LARGE", TOO_MANY),
    REPEATED(RAW(HEAD "@" JSON_9), "x: y\\r\\n", 250, "completed 9", NULL),
    REPEATED(RAW(HEAD "x: @\\r\\n" JSON_9), "y", 70000, "failed unknown RESPONSE_TOO_LARGE",
             TOO_MANY),
    REPEATED(RAW("@" HEAD JSON_9), EARLY_HINTS "\\r\\n", 200, "failed unknown RESPONSE_TOO_LARGE",
             TOO_MANY),
    REPEATED(RAW(CHUNKS_9 "0\\r\\n@\\r\\n"), "x: y\\r\\n", 300, "failed unknown RESPONSE_TOO_LARGE",
             TOO_MANY),
    /* Interim responses and trailers: not what the answer says. */
    DONE(RAW(EARLY_HINTS MARK_LINE "\\r\\n" HEAD JSON_9), " 9"),
    DONE(RAW("HTTP/1.1 100 Continue\\r\\n\\r\\n" HEAD JSON_9), " 9"),
    FAILED(RAW(EARLY_HINTS MARK_LINE "\\r\\n" UNAVAILABLE BODY_8("its body")), "unknown HTTP_503",
           "its body"),
    FAILED(RAW(EARLY_HINTS "\\r\\n" UNAVAILABLE
                           "Retry-After: 3600\\r\\n" MARK_LINE BODY_8("its body")),
           "not_delivered BOOT_ERROR", "its body"),
    DONE(RAW(CHUNKS_9 "0\\r\\n" MARK_LINE "\\r\\n"), " 9"),
    FAILED(RAW(UNAVAILABLE "Transfer-Encoding: chunked\\r\\n\\r\\n2\\r\\nno\\r\\n0\\r\\n" MARK_LINE
                           "\\r\\n"),
           "unknown HTTP_503", "no"),
    FAILED(RAW(EARLY_HINTS MARK_LINE "\\r\\n"), "unknown CONNECTION_LOST", LOST),
    /* Time. */
    FAILED("action=hang", "unknown TIMEOUT", TOO_LATE),
    FAILED("action=hang_after_headers", "unknown TIMEOUT", TOO_LATE),
    FAILED("status=500 action=hang_after_headers", "unknown TIMEOUT", TOO_LATE),
    FAILED("drip_ms=9000 count=1", "unknown TIMEOUT", TOO_LATE),
    FAILED("drip_ms=9000 " RAW(HEAD JSON_9), "unknown TIMEOUT", TOO_LATE),
    /* The connection. */
    FAILED("action=reset_before_read", "unknown CONNECTION_LOST", LOST),
    FAILED("action=reset", "unknown CONNECTION_LOST", LOST),
    FAILED("action=close", "unknown CONNECTION_LOST", LOST),
    FAILED("action=reset_after_headers", "unknown CONNECTION_LOST", LOST),
    FAILED("action=reset_in_body", "unknown CONNECTION_LOST", LOST),
    FAILED("action=reset_in_body chunked=1", "unknown CONNECTION_LOST", LOST),
    FAILED("action=truncate", "unknown CONNECTION_LOST", LOST),
    FAILED("action=truncate chunked=1", "unknown CONNECTION_LOST", LOST),
    /* No HTTP, and HTTP that is wrong about itself. */
    FAILED("action=garbage", "unknown INVALID_RESPONSE", NOT_HTTP),
    FAILED(RAW("\\r\\n"), "unknown INVALID_RESPONSE", NOT_HTTP),
    FAILED(RAW("{\"recordsExported\": 1}"), "unknown INVALID_RESPONSE", NOT_HTTP),
    FAILED(RAW(CHUNKED "zz\\r\\n" JSON_BODY), "unknown CONNECTION_LOST", LOST),
    FAILED(RAW(CHUNKED "-5\\r\\n" JSON_BODY), "unknown CONNECTION_LOST", LOST),
    FAILED(RAW(CHUNKED "ffffffffffffffffff\\r\\n" JSON_BODY), "unknown CONNECTION_LOST", LOST),
    FAILED(RAW(CHUNKED "2\\r\\n{}x\\r\\n0\\r\\n\\r\\n"), "unknown CONNECTION_LOST", LOST),
    FAILED(RAW(JSON_HEAD "\\r\\n" JSON_BODY), "unknown INVALID_RESPONSE", NOT_WHOLE),
    FAILED(RAW(HEAD "Content-Length: 99999\\r\\n\\r\\n" JSON_BODY), "unknown CONNECTION_LOST",
           LOST),
    FAILED(RAW(HEAD "Content-Length: -1\\r\\n\\r\\n" JSON_BODY), "unknown INVALID_RESPONSE",
           NOT_HTTP),
    FAILED(RAW(HEAD "Content-Length: many\\r\\n\\r\\n" JSON_BODY), "unknown INVALID_RESPONSE",
           NOT_HTTP),
    /* Redirects, which nobody follows. */
    FAILED("action=redirect location=@", "rejected REDIRECT_REFUSED", REFUSED),
    FAILED("action=redirect status=301 location=@", "rejected REDIRECT_REFUSED", REFUSED),
    FAILED("action=redirect status=303 location=@", "rejected REDIRECT_REFUSED", REFUSED),
    FAILED("action=redirect status=307 location=@", "rejected REDIRECT_REFUSED", REFUSED),
    FAILED("action=redirect status=308 location=@", "rejected REDIRECT_REFUSED", REFUSED),
    FAILED("action=redirect location=file:///etc/passwd", "rejected REDIRECT_REFUSED", REFUSED),
    FAILED("status=401 header=www-authenticate:Basic location=@", "rejected HTTP_401", "scripted"),
};

const size_t answers_count = sizeof answers / sizeof answers[0];
