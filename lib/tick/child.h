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
#include <stdint.h>
#include <sys/types.h>

/* ---- Any child ---- */

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

/* ---- A helper: a child for one task beside the tick, which goes on meanwhile ---- */

/*
 * It must not hurt its parent: the parent ends it after a time, whatever it does. {0} is no helper,
 * and all functions do nothing with it.
 */
struct child {
    pid_t pid; /* 0 in the helper itself */
    int fd;
};

/* What a parent says. */
struct child_message {
    int what;
    int64_t until_ms; /* monotonic clock: when there is no more time for it */
};

/*
 * Forks a helper that waits for a first message, does work(context), and ends. Without a message it
 * ends with its parent. In the child, *helper is the child's own end. False if it could not be
 * started; then *helper is {0}.
 */
bool child_start(struct child *helper, void (*work)(void *context), void *context);

/* Says something, without waiting. */
void child_tell(const struct child *helper, struct child_message message);

/* In the helper: waits for the next message; false when its parent is gone without one. */
bool child_hear(const struct child *helper, struct child_message *message);

/* Waits until it ends by itself; false at until_ms (monotonic clock), when it is killed. */
bool child_wait(struct child *helper, int64_t until_ms);

/* Ends it at once. */
void child_end(struct child *helper);

#endif
