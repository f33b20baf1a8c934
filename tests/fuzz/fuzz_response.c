/*
 * Fuzzes lib/call/response.c. A case is what comes over a connection, as libcurl hands it on: lines
 * up to the blank one that ends the final head, the body up to a byte 0x1E, and trailers.
 */
#include "fuzz/fuzz.h"

#include "call/response.h"

#include <string.h>
#include <strings.h>

enum { BODY_END = 0x1E };

/* The length of the line at bytes, its end included. */
static size_t line_length(const char *bytes, size_t length)
{
    const char *end = memchr(bytes, '\n', length);

    return end != NULL ? (size_t)(end - bytes) + 1 : length;
}

/* Hands the body over in pieces of at most `most` bytes. */
static bool take_pieces(struct response *response, const char *bytes, size_t length, size_t most)
{
    for (size_t i = 0; i < length; i += most)
        if (!response_take_body(response, bytes + i, length - i < most ? length - i : most))
            return false;
    return true;
}

static bool take_lines(struct response *response, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i += line_length(bytes + i, length - i))
        if (!response_take_header(response, bytes + i, line_length(bytes + i, length - i)))
            return false;
    return true;
}

/* What of the bytes is the head, at most; and, of the rest, the body. */
static size_t head_length(const char *bytes, size_t length)
{
    struct response response = {0};
    size_t i = 0;

    while (i < length && response.part != RESPONSE_TRAILER && !response.head_is_cut) {
        size_t line = line_length(bytes + i, length - i);

        response_take_header(&response, bytes + i, line);
        i += line;
    }
    return i;
}

static size_t body_length(const char *bytes, size_t length)
{
    const char *end = length > 0 ? memchr(bytes, BODY_END, length) : NULL;

    return end != NULL ? (size_t)(end - bytes) : length;
}

/* The whole case; false when a limit ended it. */
static bool take(struct response *response, const char *bytes, size_t length, size_t most)
{
    size_t head = head_length(bytes, length);
    size_t body = body_length(bytes + head, length - head);

    return take_lines(response, bytes, head) && take_pieces(response, bytes + head, body, most) &&
           take_lines(response, bytes + head + body, length - head - body);
}

static void response_exercise(const char *bytes, size_t length)
{
    struct response response = {0};

    take(&response, bytes, length, length + 1);
    response_free(&response);
}

static void check_promises(const struct response *response, bool goes_on)
{
    FUZZ_CHECK(fuzz_is_clean(response->platform_code, sizeof response->platform_code), "code");
    FUZZ_CHECK(fuzz_is_clean(response->request_id, sizeof response->request_id), "id");
    FUZZ_CHECK(response->has_sb_header || response->platform_code[0] == '\0', "%s",
               response->platform_code);
    FUZZ_CHECK(response->body.length <= RESPONSE_BODY_MAX, "%zu", response->body.length);
    FUZZ_CHECK(goes_on != (response->head_is_cut || response->body_is_cut), "which limit?");
    FUZZ_CHECK(response->head_is_cut || (response->header_count <= RESPONSE_HEADERS_MAX &&
                                         response->header_bytes <= RESPONSE_HEADER_BYTES_MAX),
               "%zu headers, %zu bytes", response->header_count, response->header_bytes);
}

static void check_same(const struct response *one, const struct response *other)
{
    FUZZ_CHECK(one->body.length == other->body.length &&
                   (one->body.length == 0 ||
                    memcmp(one->body.data, other->body.data, one->body.length) == 0),
               "%zu and %zu bytes", one->body.length, other->body.length);
    FUZZ_CHECK(one->has_relay_error == other->has_relay_error &&
                   one->has_sb_header == other->has_sb_header &&
                   one->is_by_cloudflare == other->is_by_cloudflare &&
                   strcmp(one->request_id, other->request_id) == 0 &&
                   strcmp(one->platform_code, other->platform_code) == 0 &&
                   one->body_is_cut == other->body_is_cut && one->head_is_cut == other->head_is_cut,
               "%s and %s", one->platform_code, other->platform_code);
}

/* Whether anything says who answered. */
static bool has_mark(const struct response *response)
{
    return response->platform_code[0] != '\0' || response->request_id[0] != '\0' ||
           response->has_relay_error || response->has_sb_header || response->is_by_cloudflare;
}

/* The same bytes in other pieces, and once more in the place of the last answer. */
static void check_pieces(const struct response *whole, const char *bytes, size_t length)
{
    struct response other = {0};

    take(&other, bytes, length, 1 + fuzz_number(bytes, length, 1, 64));
    check_same(whole, &other);
    response_clear(&other);
    FUZZ_CHECK(other.body.length == 0 && !has_mark(&other), "left over");
    take(&other, bytes, length, length + 1);
    check_same(whole, &other);
    response_free(&other);
}

/* The body is kept as it came. */
static void check_body(const struct response *response, const char *bytes, size_t length)
{
    size_t head = head_length(bytes, length);
    size_t body = body_length(bytes + head, length - head);

    if (response->head_is_cut)
        return;
    FUZZ_CHECK(response->body.length == body &&
                   (body == 0 || memcmp(response->body.data, bytes + head, body) == 0),
               "%zu of %zu bytes", response->body.length, body);
}

/* Whether a line begins a response. */
static bool has_status_line(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i += line_length(bytes + i, length - i))
        if (length - i >= 5 && strncasecmp(bytes + i, "HTTP/", 5) == 0)
            return true;
    return false;
}

/* Whatever the bytes say: as an interim response or as trailers they are no mark. */
static void check_elsewhere(const char *bytes, size_t length)
{
    static const char interim[] = "HTTP/1.1 103 Early Hints\r\n";
    static const char head[] = "HTTP/1.1 503 Scripted\r\n\r\n";
    struct response response = {0};

    take_lines(&response, head, sizeof head - 1);
    take_lines(&response, bytes, length);
    FUZZ_CHECK(!has_mark(&response), "a mark in a trailer");
    response_clear(&response);
    take_lines(&response, interim, sizeof interim - 1);
    if (!has_status_line(bytes, length)) {
        take_lines(&response, bytes, length);
        take_lines(&response, head, sizeof head - 1);
        FUZZ_CHECK(!has_mark(&response), "a mark in an interim response");
    }
    response_free(&response);
}

/* Where the limits are near: everything so far, and then the bytes. */
static void check_limits(const char *bytes, size_t length)
{
    static char filler[RESPONSE_BODY_MAX];
    struct response response = {0};
    size_t room = (size_t)fuzz_number(bytes, length, 2, 2 * length + 1);
    bool goes_on = response_take_header(&response, filler, RESPONSE_HEADER_BYTES_MAX - room) &&
                   take_lines(&response, bytes, length);

    check_promises(&response, goes_on);
    FUZZ_CHECK(response.head_is_cut || length <= room, "%zu bytes of room", room);
    response_clear(&response);
    goes_on = response_take_body(&response, filler, RESPONSE_BODY_MAX - room) &&
              take_pieces(&response, bytes, length, 1 + fuzz_number(bytes, length, 3, 64));
    check_promises(&response, goes_on);
    FUZZ_CHECK(goes_on == (length <= room), "%zu bytes of room", room);
    response_free(&response);
}

static void response_check(const char *bytes, size_t length)
{
    struct response response = {0};
    bool goes_on = take(&response, bytes, length, length + 1);

    check_promises(&response, goes_on);
    check_body(&response, bytes, length);
    check_pieces(&response, bytes, length);
    check_elsewhere(bytes, length);
    if (fuzz_number(bytes, length, 4, 1024) == 0) /* a megabyte each: now and then */
        check_limits(bytes, length);
    response_free(&response);
}

const struct fuzz_target fuzz_response = {"response", response_exercise, response_check};
