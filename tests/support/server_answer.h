/*
 * What function_server does with a request that it has read: the rule's action, on the socket.
 */
#ifndef TESTS_SUPPORT_SERVER_ANSWER_H
#define TESTS_SUPPORT_SERVER_ANSWER_H

#include "support/server_script.h"

#include <stdbool.h>
#include <stdint.h>

/* What becomes of the connection. */
enum server_next {
    SERVER_NEXT_KEEP,
    SERVER_NEXT_CLOSE,
    SERVER_NEXT_RESET, /* an RST instead of a FIN */
};

/* A call that is being served. */
struct server_call {
    int fd;
    int64_t n;
    int64_t connection;
    bool keep_alive; /* the client wants to go on with the connection */
    bool has_peer;   /* the client was there when last looked at */
    bool has_ended;  /* its "end" is logged */
};

/*
 * Serves the call (has_peer set, has_ended not) by the rule, latency and all. Logs "peer_closed"
 * when the client gives up first, and "end" exactly once: just before the last byte is sent, so
 * that a client that has its answer finds the line in the log.
 */
enum server_next server_answer(struct server_call *call, const struct server_rule *rule);

/* An answer without a body, for what is no call. */
enum server_next server_answer_status(int fd, int status, bool keep_alive);

/* Closes the connection, with an RST when next says so. */
void server_answer_close(int fd, enum server_next next);

#endif
