#include "support/function.h"

#include "base/memory.h"
#include "base/text.h"
#include "support/program.h"

#include <check.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef TEST_BUILD_DIR
#define TEST_BUILD_DIR "build"
#endif

enum { FUNCTION_PATH_SIZE = 256, FUNCTION_WAIT_MS = 120 * 1000, FUNCTION_PAUSE_MS = 2 };

struct function {
    struct program *server;
    char url[64];
    char directory[FUNCTION_PATH_SIZE];
    char script[FUNCTION_PATH_SIZE + 16];
    char log[FUNCTION_PATH_SIZE + 16];
    char port_file[FUNCTION_PATH_SIZE + 16];
};

static void function_pause(void)
{
    struct timespec pause = {.tv_nsec = FUNCTION_PAUSE_MS * 1000000};

    nanosleep(&pause, NULL);
}

static void function_make_directory(struct function *function)
{
    const char *parent = getenv("TMPDIR");

    snprintf(function->directory, sizeof function->directory, "%s/function.XXXXXX",
             parent != NULL ? parent : "/tmp");
    if (mkdtemp(function->directory) == NULL)
        ck_abort_msg("function: cannot make \"%s\": %s", function->directory, strerror(errno));
    snprintf(function->script, sizeof function->script, "%s/script", function->directory);
    snprintf(function->log, sizeof function->log, "%s/log", function->directory);
    snprintf(function->port_file, sizeof function->port_file, "%s/port", function->directory);
}

/* Ends the server and expects it to have been content. */
static void function_end_server(struct function *function)
{
    struct program_result result;

    program_signal(function->server, SIGTERM);
    result = program_wait(function->server);
    if (result.status != 0)
        ck_abort_msg("function: the server ended with %d: %s", result.status, result.err);
    program_result_free(&result);
}

/* Waits for the port, which appears whole (it is renamed into place). */
static void function_wait_for_port(struct function *function)
{
    unsigned port = 0;

    for (int waited_ms = 0; waited_ms < FUNCTION_WAIT_MS; waited_ms += FUNCTION_PAUSE_MS) {
        FILE *file = fopen(function->port_file, "re");

        if (file != NULL) {
            if (fscanf(file, "%5u", &port) != 1)
                ck_abort_msg("function: no port in \"%s\"", function->port_file);
            fclose(file);
            snprintf(function->url, sizeof function->url, "http://127.0.0.1:%u", port);
            return;
        }
        if (!program_is_running(function->server))
            function_end_server(function);
        function_pause();
    }
    ck_abort_msg("function: the server does not listen");
}

struct function *function_start(void)
{
    struct function *function = memory_allocate(1, sizeof *function);
    const char *path = getenv("FUNCTION_SERVER");
    const char *argv[] = {path != NULL ? path : TEST_BUILD_DIR "/tests/function_server",
                          "--script",
                          function->script,
                          "--log",
                          function->log,
                          "--port-file",
                          function->port_file,
                          "--with-parent",
                          NULL};

    function_make_directory(function);
    function_clear_log(function);
    function->server = program_start(argv, NULL);
    function_wait_for_port(function);
    return function;
}

const char *function_url(const struct function *function)
{
    return function->url;
}

void function_script(struct function *function, const char *text)
{
    char fresh[FUNCTION_PATH_SIZE + 32];
    FILE *file;

    snprintf(fresh, sizeof fresh, "%s.new", function->script);
    file = fopen(fresh, "we");
    if (file == NULL || fputs(text, file) < 0 || fclose(file) != 0 ||
        rename(fresh, function->script) != 0)
        ck_abort_msg("function: cannot write \"%s\": %s", function->script, strerror(errno));
}

/* The log as an array of its lines. A last line that is still being written is left out. */
static json_t *function_read_log(const struct function *function)
{
    json_t *lines = json_array();
    FILE *file = fopen(function->log, "re");
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;

    if (file == NULL)
        ck_abort_msg("function: cannot read \"%s\": %s", function->log, strerror(errno));
    while ((length = getline(&line, &capacity, file)) > 0 && line[length - 1] == '\n') {
        json_t *json = json_loadb(line, (size_t)length, 0, NULL);
        const char *event = json_string_value(json_object_get(json, "event"));

        if (event == NULL || strcmp(event, "error") == 0)
            ck_abort_msg("function: the server's log says: %s", line);
        json_array_append_new(lines, json);
    }
    free(line);
    fclose(file);
    return lines;
}

static bool function_is_event(const json_t *line, const char *event)
{
    return strcmp(json_string_value(json_object_get(line, "event")), event) == 0;
}

/* A text member of a member of a line, such as its headers; "" when there is none. */
static const char *function_text(const json_t *line, const char *member, const char *name)
{
    const char *text = json_string_value(json_object_get(json_object_get(line, member), name));

    return text != NULL ? text : "";
}

/* The number of lines of event whose member.name is value; value NULL: of all. */
static size_t function_count_lines(const struct function *function, const char *event,
                                   const char *member, const char *name, const char *value)
{
    json_t *lines = function_read_log(function);
    size_t count = 0;
    size_t i;
    json_t *line;

    json_array_foreach(lines, i, line)
    {
        bool is_meant = value == NULL || strcmp(function_text(line, member, name), value) == 0;

        count += is_meant && function_is_event(line, event) ? 1 : 0;
    }
    json_decref(lines);
    return count;
}

size_t function_count(const struct function *function, const char *integration_id)
{
    return function_count_lines(function, "begin", "body", "integrationId", integration_id);
}

size_t function_count_key(const struct function *function, const char *idempotency_key)
{
    return function_count_lines(function, "begin", "headers", "idempotency-key", idempotency_key);
}

size_t function_count_event(const struct function *function, const char *event)
{
    return function_count_lines(function, event, NULL, NULL, NULL);
}

size_t function_doubled_keys(const struct function *function)
{
    json_t *lines = function_read_log(function);
    json_t *seen = json_object(); /* key -> how often */
    size_t doubled = 0;
    size_t i;
    json_t *line;

    json_array_foreach(lines, i, line)
    {
        const char *key = function_text(line, "headers", "idempotency-key");
        json_int_t times = json_integer_value(json_object_get(seen, key)) + 1;

        if (!function_is_event(line, "begin") || *key == '\0')
            continue;
        doubled += times == 2 ? 1 : 0;
        json_object_set_new(seen, key, json_integer(times));
    }
    json_decref(seen);
    json_decref(lines);
    return doubled;
}

/* The value of a line's number as a key for an object. */
static const char *function_number_key(const json_t *line, const char *name, char key[32])
{
    snprintf(key, 32, "%lld", (long long)json_integer_value(json_object_get(line, name)));
    return key;
}

size_t function_most_in_flight(const struct function *function)
{
    json_t *lines = function_read_log(function);
    json_t *flying = json_object(); /* the calls in flight, by number */
    size_t most = 0;
    size_t i;
    json_t *line;

    json_array_foreach(lines, i, line)
    {
        char key[32];

        function_number_key(line, "n", key);
        if (function_is_event(line, "begin"))
            json_object_set_new(flying, key, json_true());
        else if (function_is_event(line, "end") || function_is_event(line, "peer_closed"))
            json_object_del(flying, key);
        most = json_object_size(flying) > most ? json_object_size(flying) : most;
    }
    json_decref(flying);
    json_decref(lines);
    return most;
}

size_t function_connections(const struct function *function)
{
    json_t *lines = function_read_log(function);
    json_t *connections = json_object();
    size_t count;
    size_t i;
    json_t *line;

    json_array_foreach(lines, i, line)
    {
        char key[32];

        function_number_key(line, "connection", key);
        if (function_is_event(line, "begin"))
            json_object_set_new(connections, key, json_true());
    }
    count = json_object_size(connections);
    json_decref(connections);
    json_decref(lines);
    return count;
}

/* All lines of an event. */
json_t *function_events(const struct function *function, const char *event)
{
    json_t *lines = function_read_log(function);
    json_t *found = json_array();
    size_t i;
    json_t *line;

    json_array_foreach(lines, i, line)
    {
        if (function_is_event(line, event))
            json_array_append(found, line);
    }
    json_decref(lines);
    return found;
}

json_t *function_requests(const struct function *function)
{
    return function_events(function, "begin");
}

json_t *function_others(const struct function *function)
{
    return function_events(function, "other");
}

json_t *function_request(const struct function *function, size_t index)
{
    json_t *begun = function_requests(function);
    json_t *found = json_incref(json_array_get(begun, index));
    size_t count = json_array_size(begun);

    json_decref(begun);
    if (found == NULL)
        ck_abort_msg("function: no request %zu, there were %zu", index, count);
    return found;
}

void function_wait_for_calls(const struct function *function, size_t count)
{
    for (int waited_ms = 0; waited_ms < FUNCTION_WAIT_MS; waited_ms += FUNCTION_PAUSE_MS) {
        if (function_count(function, NULL) >= count)
            return;
        function_pause();
    }
    ck_abort_msg("function: %zu calls instead of %zu", function_count(function, NULL), count);
}

void function_clear_log(struct function *function)
{
    FILE *file = fopen(function->log, "we"); /* truncates; the server appends */

    if (file == NULL || fclose(file) != 0)
        ck_abort_msg("function: cannot clear \"%s\": %s", function->log, strerror(errno));
}

void function_stop(struct function *function)
{
    function_end_server(function);
    unlink(function->script);
    unlink(function->log);
    unlink(function->port_file);
    if (rmdir(function->directory) != 0)
        ck_abort_msg("function: cannot remove \"%s\": %s", function->directory, strerror(errno));
    free(function);
}
