/*
 * A helper: a child for one task beside the tick, which goes on meanwhile.
 *
 * It must not hurt its parent: whatever it does, its parent ends it when it has waited long enough.
 */
#ifndef SYNCSCHED_TICK_HELPER_H
#define SYNCSCHED_TICK_HELPER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* {0} is none, on which all this does nothing. */
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
 * Forks a child that waits for a first word, does work(context), and ends; without a word it ends
 * with its parent. In the child *helper is its own end. To be started before there is anything that
 * a child may not share (child.h). False when it could not be started; helper is none then.
 */
bool helper_start(struct helper *helper, void (*work)(void *context), void *context);

/* Says a word, without waiting. */
void helper_tell(const struct helper *helper, struct helper_word word);

/* In the helper: waits for the next word; false when its parent is gone without one. */
bool helper_hear(const struct helper *helper, struct helper_word *word);

/* Waits until it ends by itself; false at until_ms (monotonic clock), when it is killed. */
bool helper_wait(struct helper *helper, int64_t until_ms);

/* Ends it, however far it is. */
void helper_end(struct helper *helper);

#endif
