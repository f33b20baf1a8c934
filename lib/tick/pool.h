/*
 * At most so many workers, each a child process that serves tasks one at a time.
 *
 * A task is a number. The pool starts workers, hands out tasks, collects verdicts, replaces dead
 * workers and reaps them. It knows neither SQL nor HTTP, nor what a verdict means. Parent and
 * worker talk over a socket pair, so each notices at once when the other is gone.
 *
 * Why processes: a call may hang, crash or leak inside a library. The tick and its other runs go
 * on.
 */
#ifndef SYNCSCHED_TICK_POOL_H
#define SYNCSCHED_TICK_POOL_H

#include "base/error.h"
#include "tick/child.h"

#include <stddef.h>
#include <stdint.h>

/* ---- The worker's side ---- */

struct pool_channel {
    int fd;
    int number; /* which worker this is, counted from 0 over the life of the pool */
};

struct pool_task {
    size_t number;
    int deaths;             /* so many workers have died over it */
    bool is_wound_up;       /* only find out what a dead worker left; begin nothing */
    int64_t begin_until_ms; /* from here on it may not begin any more */
};

/* Waits for the next task. False if there are no more, at a word to stop, or without parent. */
bool pool_next(struct pool_channel *channel, struct pool_task *task);

/*
 * Tells the parent what became of the task. POOL_RETURNED: this worker cannot serve it, and gets no
 * other; it goes to one that serves already, if there is any. POOL_DEFERRED: nobody can serve it
 * now; it waits, and others are handed out meanwhile.
 */
void pool_report(struct pool_channel *channel, size_t number, int verdict);

/*
 * While a task is served, without waiting: CHILD_SPOKE when the parent has said that the worker is
 * to stop. The channel's fd is readable when there is a word, and stays so after CHILD_IS_GONE.
 */
enum child_word pool_listen(struct pool_channel *channel);

/* ---- The parent's side ---- */

enum { POOL_WORKERS_MAX = 5 };
/* No verdict: never handed out, or its worker died. The last two are only reported. */
enum { POOL_UNDONE = -1, POOL_LOST = -2, POOL_RETURNED = -3, POOL_DEFERRED = -4 };

struct pool_progress {
    size_t tasks;
    size_t done;
    size_t in_flight;
};

struct pool_options {
    size_t tasks;
    int workers_max;           /* 1..POOL_WORKERS_MAX */
    int64_t hand_out_until_ms; /* monotonic clock: no new task from here on */
    int64_t kill_at_ms;        /* workers that are still busy are killed */
    int64_t settle_until_ms;   /* tasks whose worker died may be handed out until here */
    /* The worker's life, in the child: pool_next() until that is false. Then the process ends. */
    void (*work)(void *context, struct pool_channel *channel);
    void *context;
    /* Until when (monotonic clock) a task is not to be handed out, and others are; NULL: never. */
    int64_t (*not_before_ms)(const void *context, size_t task);
    /*
     * In the parent, all of them or none: until when a task may begin if it is handed out now, the
     * past for one that is to wait for another tick; that it is handed out; and what its worker
     * says of it then, POOL_RETURNED and POOL_DEFERRED, too.
     */
    int64_t (*begin_until_ms)(void *tasks_context, size_t task, int64_t now_ms);
    void (*begin)(void *tasks_context, size_t task, int64_t now_ms);
    void (*end)(void *tasks_context, size_t task, int verdict, int64_t now_ms);
    void *tasks_context;
    /* Called in the parent when something changed; may be NULL. */
    void (*progress)(const struct pool_progress *progress, const int *verdicts);
};

/*
 * Serves tasks 0 to tasks-1, in order as far as they may be handed out, and waits for the workers
 * to end. verdicts has room for each task, and gets what pool_report() said, POOL_UNDONE or
 * POOL_LOST. SIGTERM and SIGINT stop the hand-out, and the workers. False (ERROR_INTERNAL) if no
 * worker could be started at all; then the tasks are POOL_UNDONE.
 */
bool pool_run(const struct pool_options *options, int *verdicts, struct error *err);

#endif
