#include "support/server_answer.h"

#include "support/server_log.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    ANSWER_CHUNK_MAX = 16 * 1024,
    ANSWER_MISSING_BYTES = 100, /* what a truncated answer promises and does not send */
    ANSWER_RESET_PAUSE_MS = 50, /* lets the client see what was sent before the reset */
};

static int64_t answer_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void answer_sleep(long ms)
{
    struct timespec pause = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    while (nanosleep(&pause, &pause) < 0 && errno == EINTR)
        continue;
}

static void answer_log_end(struct server_call *call, const struct server_rule *rule)
{
    if (call->has_ended)
        return;
    call->has_ended = true;
    server_log_event("end", call->connection,
                     json_pack("{s:I, s:s, s:i}", "n", (json_int_t)call->n, "action",
                               server_action_name(rule->action), "status", (int)rule->status));
}

/*
 * Lets ms pass (-1: as long as it takes) and logs the client's hanging up, should it come before.
 * The function goes on all the same; only the endless wait ends with the client.
 */
static void answer_wait(struct server_call *call, int64_t ms)
{
    int64_t until = answer_now_ms() + ms;
    struct pollfd peer = {.fd = call->fd, .events = POLLRDHUP};

    while (call->has_peer && (ms < 0 || answer_now_ms() < until)) {
        if (poll(&peer, 1, ms < 0 ? -1 : (int)(until - answer_now_ms())) <= 0)
            continue;
        call->has_peer = false;
        server_log_event("peer_closed", call->connection,
                         json_pack("{s:I}", "n", (json_int_t)call->n));
    }
    if (ms > 0 && answer_now_ms() < until)
        answer_sleep((long)(until - answer_now_ms()));
}

static bool answer_send_with(int fd, const char *bytes, size_t length, int flags)
{
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL | flags);

        if (n < 0 && errno != EINTR)
            return false;
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool answer_send(int fd, const char *bytes, size_t length)
{
    return answer_send_with(fd, bytes, length, 0);
}

/* Whether the connection ends after this answer, which says nothing of that. */
static bool answer_closes(const struct server_rule *rule)
{
    return rule->unasked_fin != 0 || rule->action == SERVER_CLOSE_AFTER_ANSWER ||
           rule->action == SERVER_TRUNCATE || rule->action == SERVER_RAW;
}

/*
 * Sends the head at once, and the body at once or byte by byte. The last bytes of a connection wait for
 * its end and travel with it: a client that has read them knows, and sends no request into the closing.
 */
static bool answer_send_all(struct server_call *call, const struct server_rule *rule,
                            struct text *head, const struct text *body)
{
    int at_last = answer_closes(rule) && rule->unasked_ms == 0 ? MSG_MORE : 0;
    bool ok;

    if (rule->head_ms > 0) {
        ok = answer_send(call->fd, head->data, head->length);
        answer_wait(call, rule->head_ms);
        answer_log_end(call, rule);
        return ok && answer_send_with(call->fd, text_string(body), body->length, at_last);
    }
    if (rule->drip_ms == 0) {
        text_append(head, text_string(body), body->length);
        answer_log_end(call, rule);
        return answer_send_with(call->fd, head->data, head->length, at_last);
    }
    ok = answer_send(call->fd, head->data, head->length);
    for (size_t i = 0; ok && i < body->length; i++) {
        answer_wait(call, rule->drip_ms);
        if (i == body->length - 1)
            answer_log_end(call, rule);
        ok = answer_send_with(call->fd, body->data + i, 1, i == body->length - 1 ? at_last : 0);
    }
    return ok;
}

/* What nobody asked for, some time after the answer. */
static bool answer_send_unasked(struct server_call *call, const struct server_rule *rule)
{
    if (rule->unasked == NULL || rule->unasked_ms == 0)
        return true;
    answer_wait(call, rule->unasked_ms);
    if (!answer_send(call->fd, rule->unasked, strlen(rule->unasked)))
        return false;
    server_log_event("unasked", call->connection, json_pack("{s:I}", "n", (json_int_t)call->n));
    return true;
}

static void answer_add_chunks(struct text *body, const struct server_rule *rule)
{
    size_t size = rule->body.length / 2 + 1; /* two at least, so that there is something to join */

    size = size < ANSWER_CHUNK_MAX ? size : ANSWER_CHUNK_MAX;
    for (size_t at = 0; at < rule->body.length; at += size) {
        size_t left = rule->body.length - at;
        size_t length = left < size ? left : size;

        text_addf(body, "%zx\r\n", length);
        text_append(body, rule->body.data + at, length);
        text_add(body, "\r\n");
    }
    if (rule->action != SERVER_TRUNCATE)
        text_add(body, "0\r\n\r\n");
}

/* The status line, the headers and the body as they go over the wire. */
static void answer_build(const struct server_call *call, const struct server_rule *rule,
                         struct text *head, struct text *body)
{
    if (rule->action == SERVER_RAW) {
        text_append(body, text_string(&rule->body), rule->body.length);
        return;
    }
    text_addf(head, "HTTP/1.1 %ld %s\r\n", rule->status, rule->status == 200 ? "OK" : "Scripted");
    if (!call->keep_alive)
        text_add(head, "Connection: close\r\n");
    if (rule->location != NULL)
        text_addf(head, "Location: %s\r\n", rule->location);
    text_append(head, text_string(&rule->headers), rule->headers.length);
    /* RFC 9112, section 6.3: these never have a body, and 204 no Content-Length either. */
    if (rule->status / 100 != 1 && rule->status != 204 && rule->status != 304) {
        size_t missing = rule->action == SERVER_TRUNCATE ? ANSWER_MISSING_BYTES : 0;

        if (rule->content_type[0] != '\0')
            text_addf(head, "Content-Type: %s\r\n", rule->content_type);
        if (rule->chunked != 0) {
            text_add(head, "Transfer-Encoding: chunked\r\n");
            answer_add_chunks(body, rule);
        } else {
            text_addf(head, "Content-Length: %zu\r\n", rule->body.length + missing);
            text_append(body, text_string(&rule->body), rule->body.length);
        }
    }
    text_add(head, "\r\n");
    if (rule->unasked != NULL && rule->unasked_ms == 0)
        text_add(body, rule->unasked);
}

/* What follows the head, where the action is to break off after it. */
static enum server_next answer_break_off(struct server_call *call, const struct server_rule *rule,
                                         const struct text *head, const struct text *body)
{
    bool hangs = rule->action == SERVER_HANG_AFTER_HEADERS;
    size_t half = rule->action == SERVER_RESET_IN_BODY ? body->length / 2 : 0;

    if (!hangs)
        answer_log_end(call, rule);
    if (!answer_send(call->fd, head->data, head->length) ||
        !answer_send(call->fd, text_string(body), half))
        return SERVER_NEXT_CLOSE;
    if (hangs)
        answer_wait(call, -1);
    else
        answer_sleep(ANSWER_RESET_PAUSE_MS);
    return hangs ? SERVER_NEXT_CLOSE : SERVER_NEXT_RESET;
}

static enum server_next answer_http(struct server_call *call, const struct server_rule *rule)
{
    enum server_next next = SERVER_NEXT_CLOSE;
    struct text head = {0};
    struct text body = {0};

    answer_build(call, rule, &head, &body);
    if (rule->action == SERVER_HANG_AFTER_HEADERS || rule->action == SERVER_RESET_AFTER_HEADERS ||
        rule->action == SERVER_RESET_IN_BODY)
        next = answer_break_off(call, rule, &head, &body);
    else if (answer_send_all(call, rule, &head, &body) && answer_send_unasked(call, rule) &&
             call->keep_alive && !answer_closes(rule))
        next = SERVER_NEXT_KEEP;
    text_free(&head);
    text_free(&body);
    return next;
}

enum server_next server_answer(struct server_call *call, const struct server_rule *rule)
{
    static const char garbage[] =
        "\x15\x03\x01 this is no HTTP \xff\xfe\r\n\r\n{\"recordsExported\": 1}";
    enum server_next next = SERVER_NEXT_CLOSE;

    answer_wait(call, rule->latency_ms);
    switch (rule->action) {
    case SERVER_HANG:
        answer_wait(call, -1);
        break;
    case SERVER_CLOSE:
        break;
    case SERVER_RESET:
    case SERVER_RESET_BEFORE_READ:
        next = SERVER_NEXT_RESET;
        break;
    case SERVER_GARBAGE:
        answer_log_end(call, rule);
        answer_send(call->fd, garbage, sizeof garbage - 1);
        break;
    case SERVER_ANSWER:
    case SERVER_CLOSE_AFTER_ANSWER:
    case SERVER_HANG_AFTER_HEADERS:
    case SERVER_NO_CONTENT:
    case SERVER_RAW:
    case SERVER_REDIRECT:
    case SERVER_RESET_AFTER_HEADERS:
    case SERVER_RESET_IN_BODY:
    case SERVER_TRUNCATE:
        next = answer_http(call, rule);
        break;
    }
    answer_log_end(call, rule);
    return next;
}

enum server_next server_answer_status(int fd, int status, bool keep_alive)
{
    struct text head = {0};
    bool ok;

    text_addf(&head, "HTTP/1.1 %d Scripted\r\n%s%s\r\n", status,
              status == 204 ? "" : "Content-Length: 0\r\n",
              keep_alive ? "" : "Connection: close\r\n");
    ok = answer_send(fd, head.data, head.length);
    text_free(&head);
    return ok && keep_alive ? SERVER_NEXT_KEEP : SERVER_NEXT_CLOSE;
}

void server_answer_close(int fd, enum server_next next)
{
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};

    if (next == SERVER_NEXT_RESET)
        setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(fd);
}
