/*
 * An errand: work that cannot be told to stop, such as looking up a name, done by a thread of its
 * own and waited for no longer than until a deadline.
 *
 * Where it is done in time the thread is gone when errand_run() returns, so a process that forks
 * has one thread, as ever. Not for what can be waited for with poll().
 */
#ifndef SYNCSCHED_STORE_ERRAND_H
#define SYNCSCHED_STORE_ERRAND_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Runs work(context) and waits for its end until until_ms, on the stopwatch. True when it ended.
 * False when it goes on without us: context then belongs to the thread, which calls
 * release(context) when work has returned, if the process lives that long.
 *
 * Where no thread is to be had the caller does the work itself, however long it takes.
 */
bool errand_run(void (*work)(void *context), void (*release)(void *context), void *context,
                int64_t until_ms);

#endif
