#include "tick/pool.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/signals.h"
#include "time/clock.h"
#include "time/wait.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* After so many workers have died over a task, it is left alone. */
enum { POOL_DEATHS_MAX = 3, POOL_PAUSE_MS = 200, POOL_DISMISS_MS = 2000 };

/* A place for a worker. The task of one that died stays here until another worker takes over. */
struct pool_worker {
    pid_t pid; /* 0: the place is free */
    int fd;
    bool has_task;   /* without a worker: an orphan */
    bool is_leaving; /* told to stop: takes no more tasks */
    bool is_killed;
    struct pool_task task;
};

/* Whether a task waits for a worker; an orphan does not. */
struct pool_waiting {
    bool is_waiting;
    int deaths;
};

struct pool {
    const struct pool_options *options;
    int *verdicts;
    struct pool_worker workers[POOL_WORKERS_MAX];
    int workers_max;
    struct pool_waiting *waiting; /* of each task */
    size_t waiting_first;         /* no task before it waits */
    size_t waiting_count;
    size_t busy;
    size_t done;
    int next_number;
    bool is_stopping;
    bool is_late; /* past kill_at_ms: who was busy then has been killed */
    bool fork_failed;
    struct signals signals;
};

/* What goes over a channel. Each message is one packet, so it arrives whole. */
enum pool_kind { POOL_TASK, POOL_STOP, POOL_REPORT };

struct pool_message {
    enum pool_kind kind;
    int verdict;
    struct pool_task task;
};

/* ---- The worker's side ---- */

bool pool_next(struct pool_channel *channel, struct pool_task *task)
{
    struct pool_message message;

    if (child_receive(channel->fd, &message, sizeof message, true) != CHILD_SPOKE ||
        message.kind != POOL_TASK)
        return false;
    *task = message.task;
    return true;
}

void pool_report(struct pool_channel *channel, size_t number, int verdict)
{
    struct pool_message message = {.kind = POOL_REPORT, .task.number = number, .verdict = verdict};

    /* Without a parent this is lost, and pool_next() will notice. */
    child_send(channel->fd, &message, sizeof message);
}

enum child_word pool_listen(struct pool_channel *channel)
{
    struct pool_message message;

    return child_receive(channel->fd, &message, sizeof message, false);
}

/* ---- The parent's side ---- */

static void pool_show(const struct pool *pool)
{
    struct pool_progress progress = {pool->options->tasks, pool->done, pool->busy};

    if (pool->options->progress != NULL)
        pool->options->progress(&progress, pool->verdicts);
}

/* The child closes the siblings' channels: an open copy would hide the parent's end from them. */
static bool pool_start_worker(struct pool *pool, struct pool_worker *worker)
{
    struct pool_channel channel = {.number = pool->next_number};
    pid_t pid = child_fork(&channel.fd);

    if (pid < 0 && !pool->fork_failed)
        log_warning("cannot start a worker: %s", strerror(errno));
    pool->fork_failed = pid < 0;
    if (pid < 0)
        return false;
    if (pid == 0) {
        for (int i = 0; i < pool->options->workers_max; i++)
            if (pool->workers[i].pid != 0)
                close(pool->workers[i].fd);
        pool->options->work(pool->options->context, &channel);
        _exit(0);
    }
    *worker = (struct pool_worker){.pid = pid, .fd = channel.fd};
    pool->next_number++;
    return true;
}

/* The first place with an orphan, or NULL. */
static struct pool_worker *pool_find_orphan(struct pool *pool)
{
    for (int i = 0; i < pool->options->workers_max; i++)
        if (pool->workers[i].pid == 0 && pool->workers[i].has_task)
            return &pool->workers[i];
    return NULL;
}

/* The workers that are to take tasks, idle or busy. */
static int pool_count_serving(const struct pool *pool)
{
    int serving = 0;

    for (int i = 0; i < pool->options->workers_max; i++)
        serving += pool->workers[i].pid != 0 && !pool->workers[i].is_leaving ? 1 : 0;
    return serving;
}

/* An idle worker; else a new one, in this place or, if that is NULL, in a free one; else NULL. */
static struct pool_worker *pool_find_worker(struct pool *pool, struct pool_worker *place)
{
    for (int i = 0; i < pool->options->workers_max; i++) {
        struct pool_worker *worker = &pool->workers[i];

        if (worker->pid != 0 && !worker->has_task && !worker->is_leaving && !worker->is_killed)
            return worker;
        if (worker->pid == 0 && place == NULL)
            place = worker;
    }
    if (place == NULL || pool_count_serving(pool) >= pool->workers_max)
        return NULL;
    return pool_start_worker(pool, place) ? place : NULL;
}

static int64_t pool_begin_until(const struct pool *pool, size_t task, int64_t now_ms)
{
    const struct pool_options *options = pool->options;

    return options->begin_until_ms != NULL
               ? options->begin_until_ms(options->tasks_context, task, now_ms)
               : INT64_MAX;
}

/* Whether a task that waits may be handed out before then, and may still begin. */
static bool pool_may_hand_out(const struct pool *pool, size_t task, int64_t before_ms)
{
    const struct pool_options *options = pool->options;
    int64_t from_ms = clock_now_ms();
    int64_t not_before_ms = INT64_MIN;

    if (options->not_before_ms != NULL)
        not_before_ms = options->not_before_ms(options->context, task);
    if (not_before_ms >= before_ms)
        return false;
    return pool_begin_until(pool, task, from_ms) >
           (not_before_ms > from_ms ? not_before_ms : from_ms);
}

/* The first such task, since those that must wait let others pass; else the number of tasks. */
static size_t pool_find_task(struct pool *pool, int64_t before_ms)
{
    size_t tasks = pool->options->tasks;
    size_t task = pool->waiting_count > 0 ? pool->waiting_first : tasks;

    while (task < tasks && !pool->waiting[task].is_waiting)
        task++;
    pool->waiting_first = task;
    while (task < tasks &&
           (!pool->waiting[task].is_waiting || !pool_may_hand_out(pool, task, before_ms)))
        task++;
    return task;
}

static void pool_let_wait(struct pool *pool, const struct pool_task *task)
{
    pool->verdicts[task->number] = POOL_UNDONE;
    pool->waiting[task->number] = (struct pool_waiting){true, task->deaths};
    pool->waiting_count++;
    if (task->number < pool->waiting_first)
        pool->waiting_first = task->number;
}

static void pool_note_begin(struct pool *pool, size_t task)
{
    const struct pool_options *options = pool->options;

    pool->waiting[task].is_waiting = false;
    pool->waiting_count--;
    if (options->begin != NULL)
        options->begin(options->tasks_context, task, clock_now_ms());
}

/* Orphans come first, because their run may be marked as running. */
static bool pool_hand_out_one(struct pool *pool, bool orphans_only)
{
    struct pool_worker *orphan = pool_find_orphan(pool);
    struct pool_message message = {.kind = POOL_TASK};
    struct pool_worker *worker;

    if (orphan != NULL) {
        message.task = orphan->task;
    } else {
        message.task.number =
            orphans_only ? pool->options->tasks : pool_find_task(pool, clock_now_ms() + 1);
        if (message.task.number == pool->options->tasks)
            return false;
        message.task.deaths = pool->waiting[message.task.number].deaths;
        message.task.begin_until_ms = pool_begin_until(pool, message.task.number, clock_now_ms());
    }
    worker = pool_find_worker(pool, orphan);
    if (worker == NULL)
        return false;
    if (orphan != NULL) {
        orphan->has_task = false;
    } else {
        pool_note_begin(pool, message.task.number);
    }
    message.task.is_wound_up = orphans_only;
    worker->has_task = true;
    worker->task = message.task;
    pool->busy++;
    /* If the worker is already gone, the end of its channel says so later. */
    child_send(worker->fd, &message, sizeof message);
    return true;
}

static void pool_hand_out(struct pool *pool)
{
    int64_t now_ms = clock_now_ms();
    bool orphans_only = pool->is_stopping || now_ms >= pool->options->hand_out_until_ms;

    if (now_ms >= pool->options->settle_until_ms)
        return;
    while (pool_hand_out_one(pool, orphans_only))
        continue;
}

/*
 * A worker without a connection gives its task to those that have one. So many as serve now are
 * enough: another new one would hardly get a connection, and take it from them.
 */
static void pool_take_back(struct pool *pool, struct pool_worker *worker)
{
    pool_let_wait(pool, &worker->task);
    worker->is_leaving = true;
    shutdown(worker->fd, SHUT_WR);
    pool->workers_max = pool_count_serving(pool);
    if (pool->workers_max == 0)
        pool->workers_max = 1;
}

/* The task of a dead worker waits again. The next worker finds out how far it had come. */
static void pool_bury(struct pool *pool, struct pool_worker *worker)
{
    child_reap(worker->pid, worker->fd);
    if (worker->has_task) {
        pool->busy--;
        pool->verdicts[worker->task.number] = POOL_LOST;
        worker->has_task = ++worker->task.deaths < POOL_DEATHS_MAX;
        if (!worker->is_killed)
            log_warning("a worker (pid %ld) died at work", (long)worker->pid);
    }
    worker->pid = 0;
}

static void pool_hear(struct pool *pool, struct pool_worker *worker)
{
    struct pool_message message;
    enum child_word word = child_receive(worker->fd, &message, sizeof message, false);

    if (word == CHILD_IS_GONE) {
        pool_bury(pool, worker);
    } else if (word == CHILD_SPOKE && worker->has_task && message.kind == POOL_REPORT &&
               message.task.number == worker->task.number) {
        worker->has_task = false;
        pool->busy--;
        if (pool->options->end != NULL)
            pool->options->end(pool->options->tasks_context, worker->task.number, message.verdict,
                               clock_now_ms());
        if (message.verdict == POOL_RETURNED) {
            pool_take_back(pool, worker);
        } else if (message.verdict == POOL_DEFERRED) {
            pool_let_wait(pool, &worker->task);
        } else {
            pool->verdicts[worker->task.number] = message.verdict;
            pool->done++;
            if (pool->workers_max < pool->options->workers_max)
                pool->workers_max++; /* what was missing may be there again */
        }
    }
}

static void pool_tell_to_stop(struct pool *pool)
{
    struct pool_message message = {.kind = POOL_STOP};

    pool->is_stopping = true;
    for (int i = 0; i < pool->options->workers_max; i++) {
        pool->workers[i].is_leaving = true;
        if (pool->workers[i].pid != 0)
            child_send(pool->workers[i].fd, &message, sizeof message);
    }
}

static void pool_kill(struct pool *pool)
{
    for (int i = 0; i < pool->options->workers_max; i++) {
        struct pool_worker *worker = &pool->workers[i];

        if (worker->pid != 0 && !worker->is_killed)
            kill(worker->pid, SIGKILL);
        worker->is_killed = worker->pid != 0;
    }
}

/* Waits until a worker speaks or ends, a signal comes, or it is time to look again. */
static void pool_wait(struct pool *pool)
{
    struct pollfd ready[POOL_WORKERS_MAX];
    int64_t now_ms = clock_now_ms();
    bool has_idle = pool->waiting_count > 0 && pool->busy < (size_t)pool->workers_max;
    int64_t until_ms = now_ms + (pool->fork_failed || has_idle ? POOL_PAUSE_MS : WAIT_STEP_MS);

    if (now_ms < pool->options->kill_at_ms && pool->options->kill_at_ms < until_ms)
        until_ms = pool->options->kill_at_ms;
    for (int i = 0; i < pool->options->workers_max; i++)
        ready[i] = (struct pollfd){.fd = pool->workers[i].pid != 0 ? pool->workers[i].fd : -1,
                                   .events = POLLIN};
    if (wait_step(ready, (nfds_t)pool->options->workers_max, until_ms,
                  &pool->signals.inherited_mask))
        for (int i = 0; i < pool->options->workers_max; i++)
            if (ready[i].revents != 0)
                pool_hear(pool, &pool->workers[i]);
}

/* Whether there is anything left to wait for. */
static bool pool_is_at_work(struct pool *pool)
{
    int64_t now_ms = clock_now_ms();

    if (pool->busy > 0)
        return true;
    if (pool_find_orphan(pool) != NULL)
        return now_ms < pool->options->settle_until_ms;
    return !pool->is_stopping && now_ms < pool->options->hand_out_until_ms &&
           pool_find_task(pool, pool->options->hand_out_until_ms) < pool->options->tasks;
}

static void pool_serve(struct pool *pool)
{
    pool_hand_out(pool);
    while (pool_is_at_work(pool)) {
        int64_t now_ms;

        pool_show(pool);
        pool_wait(pool);
        if (signals_ask_to_end() && !pool->is_stopping)
            pool_tell_to_stop(pool);
        now_ms = clock_now_ms();
        if (now_ms >= pool->options->settle_until_ms ||
            (now_ms >= pool->options->kill_at_ms && !pool->is_late)) {
            pool->is_late = true;
            pool_kill(pool);
        }
        pool_hand_out(pool);
    }
    pool_show(pool);
}

/* Idle workers see the end of their channel and exit. One that does not, such as a stopped one, is
 * killed. */
static void pool_dismiss(struct pool *pool)
{
    for (int i = 0; i < pool->options->workers_max; i++)
        if (pool->workers[i].pid != 0)
            shutdown(pool->workers[i].fd, SHUT_WR);
    for (int i = 0; i < pool->options->workers_max; i++) {
        struct pool_worker *worker = &pool->workers[i];

        if (worker->pid == 0)
            continue;
        if (!wait_for(worker->fd, POLLIN, clock_now_ms() + POOL_DISMISS_MS))
            kill(worker->pid, SIGKILL);
        pool_bury(pool, worker);
    }
}

bool pool_run(const struct pool_options *options, int *verdicts, struct error *err)
{
    struct pool pool = {
        .options = options, .verdicts = verdicts, .workers_max = options->workers_max};

    pool.waiting = memory_allocate(options->tasks, sizeof *pool.waiting);
    for (size_t i = options->tasks; i-- > 0;)
        pool_let_wait(&pool, &(struct pool_task){.number = i});
    signals_take_over(&pool.signals);
    pool_serve(&pool);
    pool_dismiss(&pool);
    signals_give_back(&pool.signals);
    free(pool.waiting);
    if (pool.next_number > 0 || options->tasks == 0)
        return true;
    error_set(err, ERROR_INTERNAL, "no worker could be started");
    return error_hint(err, "the runs stay pending; a later tick adopts them");
}
