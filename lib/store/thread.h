/*
 * Work that cannot be ended, such as looking up a name, in a thread of its own, which nobody waits
 * for beyond a deadline.
 *
 * A thread that is done in time is gone when thread_run() returns, so a process that forks has one
 * thread. Not for what poll() can wait for.
 */
#ifndef SYNCSCHED_STORE_THREAD_H
#define SYNCSCHED_STORE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Runs work(context) and waits for its end until until_ms (monotonic clock). True when it ended.
 * False when it goes on without us: context then belongs to the thread, which calls
 * release(context) after work, if the process lives that long.
 *
 * Where no thread can be started, the caller does the work itself, however long it takes.
 */
bool thread_run(void (*work)(void *context), void (*release)(void *context), void *context,
                int64_t until_ms);

#endif
