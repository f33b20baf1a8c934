/*
 * Waiting until a deadline on the monotonic clock; the one module that does.
 *
 * poll() does not count the time that a machine sleeps. So nobody waits longer than WAIT_STEP_MS
 * without a look at the clock.
 */
#ifndef SYNCSCHED_TIME_WAIT_H
#define SYNCSCHED_TIME_WAIT_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum { WAIT_STEP_MS = 1000 };

/* How long the next step of a wait until until_ms may take; 0 once that time is over. */
int wait_step_ms(int64_t until_ms);

/* Waits until one of poll()'s events is there on fd; false at until_ms, and not before. */
bool wait_for(int fd, short events, int64_t until_ms);

/*
 * One step: waits until something is there on one of ready, a signal comes that mask lets through,
 * or the step is over. True when something is there, or when the system cannot tell: then all are
 * said to be ready, a moment later. So each must be read without blocking.
 */
bool wait_step(struct pollfd *ready, nfds_t count, int64_t until_ms, const sigset_t *mask);

#endif
