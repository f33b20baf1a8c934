/*
 * A helper: a child for one task beside the tick, which goes on meanwhile.
 *
 * It must not hurt its parent: the parent ends it after a time, whatever it does.
 */
#ifndef SYNCSCHED_TICK_HELPER_H
#define SYNCSCHED_TICK_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* {0} is no helper, and all functions do nothing with it. */
struct helper {
    pid_t pid; /* 0 in the helper itself */
    int fd;
};

/* What a parent says. */
struct helper_word {
    int what;
    int64_t until_ms; /* monotonic clock: when there is no more time for it */
};

/*
 * Forks a child that waits for a first word, does work(context), and ends. Without a word it ends
 * with its parent. In the child, *helper is the child's own end. Start it before anything exists
 * that a child may not share (child.h). False if it could not be started; then *helper is {0}.
 */
bool helper_start(struct helper *helper, void (*work)(void *context), void *context);

/* Says a word, without waiting. */
void helper_tell(const struct helper *helper, struct helper_word word);

/* In the helper: waits for the next word; false when its parent is gone without one. */
bool helper_hear(const struct helper *helper, struct helper_word *word);

/* Waits until it ends by itself; false at until_ms (monotonic clock), when it is killed. */
bool helper_wait(struct helper *helper, int64_t until_ms);

/* Ends it at once. */
void helper_end(struct helper *helper);

#endif
