/*
 * Children of a tick: the one module that forks.
 *
 * A child is this program with its own copy of everything. When it is forked, nothing may be open
 * that it must not share: no connection, and no library with threads.
 */
#ifndef SYNCSCHED_TICK_CHILD_H
#define SYNCSCHED_TICK_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * fork(), with a channel between the two: a socket pair for whole messages. *fd is each one's end,
 * and shows at once when the other is gone. -1 with errno on failure. A child ends with _exit().
 */
pid_t child_fork(int *fd);

/* Sends a message without waiting. Whether the other is gone shows when we receive. */
void child_send(int fd, const void *message, size_t size);

enum child_word { CHILD_SPOKE, CHILD_SAID_NOTHING, CHILD_IS_GONE };

/* Receives a message of exactly this size. CHILD_SAID_NOTHING only if it does not wait. */
enum child_word child_receive(int fd, void *message, size_t size, bool waits);

/* Closes its channel and waits for its end, which must come soon. */
void child_reap(pid_t pid, int fd);

#endif
