/*
 * Takes over the signals that would end this process, while it has something to finish first.
 */
#ifndef SYNCSCHED_BASE_SIGNALS_H
#define SYNCSCHED_BASE_SIGNALS_H

#include <signal.h>
#include <stdbool.h>

enum { SIGNALS_COUNT = 4 };

struct signals {
    sigset_t inherited_mask; /* lets them through; for ppoll() and for programs that are started */
    struct sigaction inherited[SIGNALS_COUNT];
};

/*
 * Takes over SIGTERM, SIGINT and SIGHUP, and SIGCHLD so that it ends a wait. They are blocked
 * except while this process waits with inherited_mask, so none is lost between looking and waiting.
 * A forked child keeps them blocked: a terminal's ^C reaches it too, but its parent says what to
 * do. An ignored SIGHUP stays ignored, as nohup wants it.
 */
void signals_take_over(struct signals *signals);

/* Whether one of them, except SIGCHLD, has come since. */
bool signals_ask_to_end(void);

/* Restores everything. A signal that came too late is forgotten: nothing is left to end. */
void signals_give_back(const struct signals *signals);

/* Blocks them, for a child that has something to finish. Gets the old mask, unless it is NULL. */
void signals_block(sigset_t *inherited_mask);

#endif
