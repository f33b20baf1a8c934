/*
 * Children of a tick: the one module that forks.
 *
 * A child is this program with its own copy of everything. No connection, and no library that has
 * threads, may be open meanwhile that a child could come to share.
 */
#ifndef SYNCSCHED_TICK_CHILD_H
#define SYNCSCHED_TICK_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * fork(), with a channel between the two, a socket pair of whole messages; *fd is each one's end of
 * it, which says at once when the other is gone. -1 with errno set. A child ends with _exit().
 */
pid_t child_fork(int *fd);

/* Sends a message without waiting. Who is gone shows when it is heard. */
void child_send(int fd, const void *message, size_t size);

enum child_word { CHILD_SPOKE, CHILD_SAID_NOTHING, CHILD_IS_GONE };

/* Receives a message of just this size; CHILD_SAID_NOTHING only if it does not wait for one. */
enum child_word child_receive(int fd, void *message, size_t size, bool waits);

/* Closes its channel and waits for its end, which must be near. */
void child_reap(pid_t pid, int fd);

#endif
