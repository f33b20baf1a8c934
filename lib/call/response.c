#include "call/response.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

void response_clear(struct response *response)
{
    struct text body = response->body;

    text_clear(&body);
    *response = (struct response){.body = body};
}

void response_free(struct response *response)
{
    text_free(&response->body);
    *response = (struct response){0};
}

/*
 * Gets the value of this header, without white space at its ends; false when the line holds another
 * header. A byte that no header can have becomes '?', so that a NUL does not end the text. Cuts off
 * what does not fit.
 */
static bool response_read_header(const char *line, size_t length, const char *name, char *value,
                                 size_t size)
{
    size_t from = strlen(name) + 1;
    size_t n = 0;

    if (length < from || line[from - 1] != ':' || strncasecmp(line, name, from - 1) != 0)
        return false;
    while (length > from && memchr(" \t\r\n", line[length - 1], 4) != NULL)
        length--;
    while (from < length && (line[from] == ' ' || line[from] == '\t'))
        from++;
    for (; from < length && n + 1 < size; from++)
        value[n++] = line[from] >= ' ' && line[from] <= '~' ? line[from] : '?';
    value[n] = '\0';
    return true;
}

/*
 * What tells who answered. The platform marks its answers with sb-error-code, or with x-relay-error
 * and the word true, as its client library expects. Two codes are one list, as HTTP has it, and no
 * code that anybody knows: a function may pass on the headers of another one.
 */
static void response_look_for_mark(struct response *response, const char *line, size_t length)
{
    char value[RESPONSE_CODE_SIZE];
    size_t used = strlen(response->platform_code);

    if ((length > 3 && strncasecmp(line, "sb-", 3) == 0) ||
        (length > 5 && strncasecmp(line, "x-sb-", 5) == 0))
        response->has_sb_header = true;
    if (response_read_header(line, length, "sb-error-code", value, sizeof value) && *value != '\0')
        snprintf(response->platform_code + used, sizeof response->platform_code - used, "%s%s",
                 used > 0 ? ", " : "", value);
    else if (response_read_header(line, length, "x-relay-error", value, sizeof value))
        response->has_relay_error = strcasecmp(value, "true") == 0;
    else if (response_read_header(line, length, "server", value, sizeof value))
        response->is_by_cloudflare = strcasecmp(value, "cloudflare") == 0;
}

/* The platform's own header says more than those that functions and proxies may set. */
static void response_look_for_id(struct response *response, const char *line, size_t length)
{
    static const char *const names[] = {"x-request-id", "x-deno-execution-id", "sb-request-id"};
    char value[RESPONSE_ID_SIZE];

    for (size_t i = response->request_id_rank; i < sizeof names / sizeof *names; i++) {
        if (response_read_header(line, length, names[i], value, sizeof value) && *value != '\0') {
            response->request_id_rank = i + 1;
            memcpy(response->request_id, value, sizeof value);
        }
    }
}

bool response_take_header(struct response *response, const char *line, size_t length)
{
    const char *blank;

    response->header_count++;
    response->header_bytes += length;
    if (response->header_count > RESPONSE_HEADERS_MAX ||
        response->header_bytes > RESPONSE_HEADER_BYTES_MAX) {
        response->head_is_cut = true;
        return false;
    }
    if (response->part == RESPONSE_INTERIM) {
        /* "HTTP/1.1 200 OK" */
        blank =
            length >= 5 && strncasecmp(line, "HTTP/", 5) == 0 ? memchr(line, ' ', length) : NULL;
        if (blank != NULL && blank + 1 < line + length && blank[1] != '1')
            response->part = RESPONSE_HEAD;
    } else if (response->part == RESPONSE_HEAD) {
        if (length == 0 || *line == '\r' || *line == '\n')
            response->part = RESPONSE_TRAILER;
        response_read_header(line, length, "retry-after", response->retry_after,
                             sizeof response->retry_after);
        response_read_header(line, length, "x-sb-edge-region", response->region,
                             sizeof response->region);
        response_look_for_mark(response, line, length);
        response_look_for_id(response, line, length);
    }
    return true;
}

bool response_take_body(struct response *response, const char *bytes, size_t length)
{
    size_t room = RESPONSE_BODY_MAX - response->body.length;

    if (length > room) {
        response->body_is_cut = true;
        length = room;
    }
    text_append(&response->body, bytes, length);
    return !response->body_is_cut;
}
