/*
 * Children of a tick: the one module that forks.
 *
 * A child is this program with its own copy of everything. No connection, and no library that has
 * threads, may be open meanwhile that a child could come to share.
 */
#ifndef SYNCSCHED_TICK_CHILD_H
#define SYNCSCHED_TICK_CHILD_H

#include <sys/types.h>

/*
 * fork(), with a channel between the two, a socket pair of whole messages; *fd is each one's end of
 * it, which says at once when the other is gone. -1 with errno set. A child ends with _exit().
 */
pid_t child_fork(int *fd);

#endif
