#include "support/server_request.h"

#include "base/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

static const char request_end_of_head[] = "\r\n\r\n";

/* Receives more; false when the peer is done or gone. */
static bool request_receive(struct server_reader *reader)
{
    char block[16 * 1024];
    ssize_t n;

    do {
        n = recv(reader->fd, block, sizeof block, 0);
    } while (n < 0 && errno == EINTR);
    if (n > 0)
        text_append(&reader->received, block, (size_t)n);
    return n > 0;
}

/* Takes the first length bytes out of what was received. */
static void request_consume(struct server_reader *reader, size_t length)
{
    reader->received.length -= length;
    memmove(reader->received.data, reader->received.data + length, reader->received.length);
}

/* JSON text of any bytes: those that are not UTF-8 are taken as Latin-1. */
static json_t *request_text(const char *bytes, size_t length)
{
    json_t *json = json_stringn(bytes, length);
    struct text text = {0};

    if (json != NULL)
        return json;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        char pair[2] = {(char)(0xC0 | c >> 6), (char)(0x80 | (c & 0x3F))};

        text_append(&text, c < 0x80 ? bytes + i : pair, c < 0x80 ? 1 : 2);
    }
    json = json_stringn(text.data, text.length);
    text_free(&text);
    return json;
}

/* Adds one "Name: value" line to the headers. */
static bool request_add_header(json_t *headers, char *line)
{
    char *value = line;
    char *name = strsep(&value, ":");
    struct text joined = {0};
    const char *before;

    if (value == NULL || *name == '\0')
        return false;
    for (char *c = name; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    before = json_string_value(json_object_get(headers, name));
    if (before != NULL)
        text_addf(&joined, "%s, ", before);
    text_add(&joined, value + strspn(value, " \t"));
    json_object_set_new(headers, name, request_text(joined.data, joined.length));
    text_free(&joined);
    return true;
}

/* Takes the request line and the headers apart; head is changed. */
static bool request_parse_head(char *head, struct server_request *request, const char **reason)
{
    char *method = strsep(&head, " ");
    char *path = head != NULL ? strsep(&head, " ") : NULL;
    const char *version = head != NULL ? strsep(&head, "\n") : NULL;
    const char *connection;

    if (version == NULL || strncmp(version, "HTTP/1.", 7) != 0) {
        *reason = "no HTTP/1.1 request line";
        return false;
    }
    request->method = memory_copy_text(method);
    request->path = memory_copy_text(path);
    request->headers = json_object();
    while (head != NULL) {
        char *line = strsep(&head, "\n");

        line[strcspn(line, "\r")] = '\0';
        if (!request_add_header(request->headers, line)) {
            *reason = "malformed header";
            return false;
        }
    }
    connection = json_string_value(json_object_get(request->headers, "connection"));
    request->keep_alive = strncmp(version, "HTTP/1.1", 8) == 0 &&
                          (connection == NULL || strcasecmp(connection, "close") != 0);
    return true;
}

/* The length of the body that the headers announce. */
static bool request_body_length(const struct server_request *request, size_t *length,
                                const char **reason)
{
    const char *text = json_string_value(json_object_get(request->headers, "content-length"));
    char *end = NULL;
    unsigned long long value = text != NULL ? strtoull(text, &end, 10) : 0;

    if (json_object_get(request->headers, "transfer-encoding") != NULL)
        *reason = "chunked request bodies are not understood";
    else if (text != NULL && (*text < '0' || *text > '9' || *end != '\0'))
        *reason = "malformed Content-Length";
    else if (value > SERVER_BODY_MAX)
        *reason = "body too large";
    *length = (size_t)value;
    return *reason == NULL;
}

static enum server_read request_read_body(struct server_reader *reader, size_t length,
                                          struct server_request *request, const char **reason)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (reader->received.length < length && json_object_get(request->headers, "expect") != NULL &&
        send(reader->fd, go_on, sizeof go_on - 1, MSG_NOSIGNAL) < 0) {
        *reason = "peer gone before its body";
        return SERVER_READ_PARTIAL;
    }
    while (reader->received.length < length) {
        if (!request_receive(reader)) {
            *reason = "body broken off";
            return SERVER_READ_PARTIAL;
        }
    }
    request->body = json_loadb(text_string(&reader->received), length, JSON_DECODE_ANY, NULL);
    request->body_text = request_text(text_string(&reader->received), length);
    request_consume(reader, length);
    return SERVER_READ_REQUEST;
}

enum server_read server_request_read(struct server_reader *reader, struct server_request *request,
                                     const char **reason)
{
    struct text *received = &reader->received;
    char *end;
    size_t head_length;
    size_t body_length;

    *request = (struct server_request){0};
    *reason = NULL;
    while (received->length == 0 ||
           (end = memmem(received->data, received->length, request_end_of_head, 4)) == NULL) {
        if (received->length > SERVER_HEAD_MAX) {
            *reason = "headers too large";
            return SERVER_READ_REFUSED;
        }
        if (!request_receive(reader)) {
            *reason = "headers broken off";
            return received->length == 0 ? SERVER_READ_END : SERVER_READ_PARTIAL;
        }
    }
    *end = '\0';
    head_length = (size_t)(end - received->data) + sizeof request_end_of_head - 1;
    if (!request_parse_head(received->data, request, reason) ||
        !request_body_length(request, &body_length, reason))
        return SERVER_READ_REFUSED;
    request_consume(reader, head_length);
    return request_read_body(reader, body_length, request, reason);
}

const char *server_request_member(const struct server_request *request, const char *name)
{
    const char *value = json_string_value(json_object_get(request->body, name));

    return value != NULL ? value : "";
}

void server_request_free(struct server_request *request)
{
    free(request->method);
    free(request->path);
    json_decref(request->headers);
    json_decref(request->body);
    json_decref(request->body_text);
    *request = (struct server_request){0};
}
