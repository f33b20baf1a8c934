/*
 * What the pool and its workers say to each other, over a socket pair for each worker.
 *
 * For pool.c; a worker speaks by way of pool.h.
 */
#ifndef SYNCSCHED_TICK_POOL_CHANNEL_H
#define SYNCSCHED_TICK_POOL_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What goes over the channel; each message is one packet, so none is ever torn. */
enum pool_kind { POOL_TASK, POOL_STOP, POOL_REPORT };

struct pool_message {
    enum pool_kind kind;
    int predecessor;
    int verdict;
    bool is_wound_up;
    size_t job;
};

/* recv() of one message. */
ssize_t pool_receive(int fd, struct pool_message *message, int flags);

#endif
