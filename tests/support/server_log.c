#include "support/server_log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int log_fd = -1;
static int64_t log_requests;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

bool server_log_open(const char *path)
{
    log_fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    return log_fd >= 0;
}

static int64_t log_now_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Stamps and writes the line; under log_lock. Frees it. */
static void log_write(json_t *line)
{
    char *text;
    size_t length;

    json_object_set_new(line, "at_us", json_integer(log_now_us()));
    text = json_dumps(line, JSON_COMPACT);
    json_decref(line);
    if (text == NULL)
        return;
    length = strlen(text);
    text[length] = '\n'; /* in the place of the NUL: one write, one line */
    if (log_fd >= 0 && write(log_fd, text, length + 1) != (ssize_t)length + 1)
        fprintf(stderr, "function_server: error: cannot write the log: %s\n", strerror(errno));
    free(text);
}

int64_t server_log_begin(int64_t connection, const struct server_request *request)
{
    bool is_json = request->body != NULL;
    int64_t n;

    pthread_mutex_lock(&log_lock);
    n = ++log_requests;
    log_write(json_pack("{s:s, s:I, s:I, s:n, s:s, s:s, s:O, s:O}", "event", "begin", "n",
                        (json_int_t)n, "connection", (json_int_t)connection, "at_us", "method",
                        request->method, "path", request->path, "headers", request->headers,
                        is_json ? "body" : "bodyText",
                        is_json ? request->body : request->body_text));
    pthread_mutex_unlock(&log_lock);
    return n;
}

void server_log_event(const char *event, int64_t connection, json_t *fields)
{
    json_t *line =
        json_pack("{s:s, s:I, s:n}", "event", event, "connection", (json_int_t)connection, "at_us");

    if (fields != NULL)
        json_object_update(line, fields);
    json_decref(fields);
    pthread_mutex_lock(&log_lock);
    log_write(line);
    pthread_mutex_unlock(&log_lock);
}
