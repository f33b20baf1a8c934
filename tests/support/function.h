/*
 * The scripted function server, as a test sees it: start it, script it, ask its log what happened.
 *
 * The grammar of scripts and the log's lines are documented at the head of function_server.c.
 * Counts are of "begin" lines, that is, of requests that arrived in full. Whatever goes wrong in
 * here, a script that the server finds wrong included, fails the running test.
 */
#ifndef TESTS_SUPPORT_FUNCTION_H
#define TESTS_SUPPORT_FUNCTION_H

#include <jansson.h>
#include <stddef.h>

struct function;

/*
 * Starts $FUNCTION_SERVER (default build/tests/function_server) on a free port, with a directory of
 * its own and without a script. It ends with function_stop() or with the calling process.
 */
struct function *function_start(void);

/* "http://127.0.0.1:PORT". Valid until function_stop(). */
const char *function_url(const struct function *function);

/* Replaces the script; holds for every request that arrives from now on. */
void function_script(struct function *function, const char *text);

/* Calls for the integration; NULL: all. */
size_t function_count(const struct function *function, const char *integration_id);

/* Calls with this Idempotency-Key header. */
size_t function_count_key(const struct function *function, const char *idempotency_key);

/* Lines of this event ("partial", "peer_closed", "end", ...). */
size_t function_count_event(const struct function *function, const char *event);

/* Idempotency keys called more than once; calls without the header are not looked at. */
size_t function_doubled_keys(const struct function *function);

/*
 * The most calls in flight at once: each from its "begin" to its "peer_closed" or "end". One that
 * the client gave up ends when the server notices, a moment later.
 */
size_t function_most_in_flight(const struct function *function);

/* Connections that carried calls. */
size_t function_connections(const struct function *function);

/* The index-th "begin" line, from 0: a new reference, to be released with json_decref(). */
json_t *function_request(const struct function *function, size_t index);

/* All lines of this event, in order: a new reference to an array. */
json_t *function_events(const struct function *function, const char *event);

/* The "begin" lines, in the same way. */
json_t *function_requests(const struct function *function);

/* All "other" lines, which are no calls, in the same way. */
json_t *function_others(const struct function *function);

/* Waits until count calls have begun; fails the test after two minutes. */
void function_wait_for_calls(const struct function *function, size_t count);

/* Forgets what happened so far. Calls in flight leave their "end" in the new log. */
void function_clear_log(struct function *function);

/* Ends the server, removes its directory, releases function. */
void function_stop(struct function *function);

#endif
