#include "tick/pool.h"

#include "base/log.h"
#include "base/memory.h"
#include "tick/child.h"
#include "tick/pool_channel.h"
#include "time/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A job over which so many workers died without starting it is left alone. */
enum { POOL_DEATHS_MAX = 3, POOL_FORK_PAUSE_MS = 200, POOL_DISMISS_MS = 2000 };

struct pool_worker {
    pid_t pid; /* 0: the place is free */
    int fd;
    int number;
    bool is_busy;
    bool is_leaving; /* told to stop: takes no more jobs */
    bool is_killed;
    size_t job;
};

struct pool_job {
    bool is_waiting;
    int predecessor;
    int deaths;
};

struct pool {
    const struct pool_plan *plan;
    int *verdicts;
    struct pool_job *jobs;
    struct pool_worker workers[POOL_WORKERS_MAX];
    size_t first_waiting; /* no job before it waits */
    size_t waiting;
    size_t orphans; /* waiting jobs whose worker died */
    size_t busy;
    size_t done;
    int next_number;
    bool is_stopping;
    bool is_late; /* past kill_at_ms: who was busy then has been killed */
    bool fork_failed;
    sigset_t inherited_mask;
};

static volatile sig_atomic_t pool_signalled;

static void pool_note_signal(int number)
{
    (void)number;
    pool_signalled = 1;
}

/*
 * SIGTERM and SIGINT are blocked but while the parent waits, so that none is missed between looking
 * and waiting. Workers keep them blocked: a terminal's ^C reaches them too, and they are told over
 * their channel.
 */
static void pool_catch_signals(struct pool *pool, struct sigaction old[2])
{
    struct sigaction action = {.sa_handler = pool_note_signal};
    sigset_t set;

    pool_signalled = 0;
    sigemptyset(&action.sa_mask);
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, &pool->inherited_mask);
    sigaction(SIGTERM, &action, &old[0]);
    sigaction(SIGINT, &action, &old[1]);
}

static void pool_release_signals(const struct pool *pool, const struct sigaction old[2])
{
    sigaction(SIGTERM, &old[0], NULL);
    sigaction(SIGINT, &old[1], NULL);
    sigprocmask(SIG_SETMASK, &pool->inherited_mask, NULL);
}

static void pool_show(const struct pool *pool)
{
    struct pool_progress progress = {pool->plan->jobs, pool->done, pool->busy};

    if (pool->plan->progress != NULL)
        pool->plan->progress(pool->plan->context, &progress, pool->verdicts);
}

/* In the child: nothing of the siblings stays open, so that each notices its parent's end alone. */
static void pool_be_worker(struct pool *pool, int fd, int number)
{
    struct pool_channel channel = {.fd = fd, .number = number};

    for (int i = 0; i < pool->plan->workers_max; i++)
        if (pool->workers[i].pid != 0)
            close(pool->workers[i].fd);
    pool->plan->work(pool->plan->context, &channel);
    _exit(0);
}

static bool pool_start_worker(struct pool *pool, struct pool_worker *worker)
{
    int fd;
    pid_t pid = child_fork(&fd);

    if (pid < 0)
        return false;
    if (pid == 0)
        pool_be_worker(pool, fd, pool->next_number);
    *worker = (struct pool_worker){.pid = pid, .fd = fd, .number = pool->next_number++};
    return true;
}

/* An idle worker, a new one where there is room, or NULL. */
static struct pool_worker *pool_find_worker(struct pool *pool)
{
    struct pool_worker *place = NULL;

    for (int i = 0; i < pool->plan->workers_max; i++) {
        struct pool_worker *worker = &pool->workers[i];

        if (worker->pid != 0 && !worker->is_busy && !worker->is_leaving && !worker->is_killed)
            return worker;
        if (worker->pid == 0 && place == NULL)
            place = worker;
    }
    if (place == NULL)
        return NULL;
    if (pool_start_worker(pool, place)) {
        pool->fork_failed = false;
        return place;
    }
    if (!pool->fork_failed)
        log_warning("cannot start a worker: %s", strerror(errno));
    pool->fork_failed = true;
    return NULL;
}

/* Orphans come first: somebody may wait to learn what became of them. */
static bool pool_pick_job(struct pool *pool, bool orphans_only, size_t *picked)
{
    while (pool->first_waiting < pool->plan->jobs && !pool->jobs[pool->first_waiting].is_waiting)
        pool->first_waiting++;
    if (pool->orphans > 0) {
        for (size_t i = pool->first_waiting; i < pool->plan->jobs; i++) {
            if (pool->jobs[i].is_waiting && pool->jobs[i].predecessor >= 0) {
                *picked = i;
                return true;
            }
        }
    }
    *picked = pool->first_waiting;
    return !orphans_only && pool->first_waiting < pool->plan->jobs;
}

static bool pool_hand_out_one(struct pool *pool, bool orphans_only)
{
    struct pool_message message = {.kind = POOL_TASK};
    struct pool_worker *worker;
    struct pool_job *job;

    if (!pool_pick_job(pool, orphans_only, &message.job))
        return false;
    worker = pool_find_worker(pool);
    if (worker == NULL)
        return false;
    job = &pool->jobs[message.job];
    message.predecessor = job->predecessor;
    message.is_wound_up = orphans_only;
    worker->is_busy = true;
    worker->job = message.job;
    job->is_waiting = false;
    pool->waiting--;
    pool->orphans -= job->predecessor >= 0 ? 1 : 0;
    pool->busy++;
    /* A worker that is gone already is noticed by the end of its channel, like any other. */
    (void)send(worker->fd, &message, sizeof message, MSG_NOSIGNAL);
    return true;
}

static void pool_hand_out(struct pool *pool)
{
    int64_t now_ms = clock_now_ms();
    bool orphans_only = pool->is_stopping || now_ms >= pool->plan->hand_out_until_ms;

    if (now_ms >= pool->plan->settle_until_ms)
        return;
    while (pool_hand_out_one(pool, orphans_only))
        continue;
}

static void pool_take_report(struct pool *pool, struct pool_worker *worker,
                             const struct pool_message *message)
{
    if (!worker->is_busy || message->kind != POOL_REPORT || message->job != worker->job)
        return;
    pool->verdicts[worker->job] = message->verdict;
    worker->is_busy = false;
    pool->busy--;
    pool->done++;
}

/* The job of a dead worker waits again, for somebody to look how far it had come. */
static void pool_bury(struct pool *pool, struct pool_worker *worker)
{
    int status;

    close(worker->fd);
    while (waitpid(worker->pid, &status, 0) < 0 && errno == EINTR)
        continue;
    if (worker->is_busy) {
        struct pool_job *job = &pool->jobs[worker->job];

        pool->busy--;
        pool->verdicts[worker->job] = POOL_LOST;
        job->predecessor = worker->number;
        if (++job->deaths < POOL_DEATHS_MAX) {
            job->is_waiting = true;
            pool->waiting++;
            pool->orphans++;
            if (worker->job < pool->first_waiting)
                pool->first_waiting = worker->job;
        }
        if (!worker->is_killed)
            log_warning("a worker (pid %ld) died at work", (long)worker->pid);
    }
    *worker = (struct pool_worker){0};
}

static void pool_hear(struct pool *pool, struct pool_worker *worker)
{
    struct pool_message message;
    ssize_t n = pool_receive(worker->fd, &message, MSG_DONTWAIT);

    if (n == (ssize_t)sizeof message)
        pool_take_report(pool, worker, &message);
    else if (n == 0 || (n < 0 && errno != EAGAIN))
        pool_bury(pool, worker);
}

static void pool_tell_to_stop(struct pool *pool)
{
    struct pool_message message = {.kind = POOL_STOP};

    pool->is_stopping = true;
    for (int i = 0; i < pool->plan->workers_max; i++) {
        pool->workers[i].is_leaving = true;
        if (pool->workers[i].pid != 0)
            (void)send(pool->workers[i].fd, &message, sizeof message, MSG_NOSIGNAL);
    }
}

static void pool_kill(struct pool *pool)
{
    for (int i = 0; i < pool->plan->workers_max; i++) {
        struct pool_worker *worker = &pool->workers[i];

        if (worker->pid == 0 || worker->is_killed)
            continue;
        worker->is_killed = true;
        kill(worker->pid, SIGKILL);
    }
}

/* Waits until a worker speaks or ends, a signal comes, or it is time to look again. */
static void pool_wait(struct pool *pool)
{
    struct pollfd ready[POOL_WORKERS_MAX];
    int64_t left_ms = pool->plan->kill_at_ms - clock_now_ms();
    int64_t pause_ms = 1000; /* at the most: poll() does not count the time a machine sleeps */
    struct timespec pause;

    if (pool->fork_failed && left_ms > POOL_FORK_PAUSE_MS)
        left_ms = POOL_FORK_PAUSE_MS;
    if (left_ms >= 0 && left_ms < pause_ms)
        pause_ms = left_ms + 1;
    pause = (struct timespec){.tv_sec = pause_ms / 1000, .tv_nsec = pause_ms % 1000 * 1000000};
    for (int i = 0; i < pool->plan->workers_max; i++)
        ready[i] = (struct pollfd){.fd = pool->workers[i].pid != 0 ? pool->workers[i].fd : -1,
                                   .events = POLLIN};
    if (ppoll(ready, (nfds_t)pool->plan->workers_max, &pause, &pool->inherited_mask) > 0)
        for (int i = 0; i < pool->plan->workers_max; i++)
            if (ready[i].revents != 0)
                pool_hear(pool, &pool->workers[i]);
}

/* Whether there is anything left to wait for. */
static bool pool_is_at_work(const struct pool *pool)
{
    int64_t now_ms = clock_now_ms();

    if (pool->busy > 0)
        return true;
    if (pool->orphans > 0)
        return now_ms < pool->plan->settle_until_ms;
    return pool->waiting > 0 && !pool->is_stopping && now_ms < pool->plan->hand_out_until_ms;
}

static void pool_serve(struct pool *pool)
{
    pool_hand_out(pool);
    while (pool_is_at_work(pool)) {
        int64_t now_ms;

        pool_show(pool);
        pool_wait(pool);
        if (pool_signalled && !pool->is_stopping)
            pool_tell_to_stop(pool);
        now_ms = clock_now_ms();
        if (now_ms >= pool->plan->settle_until_ms ||
            (now_ms >= pool->plan->kill_at_ms && !pool->is_late)) {
            pool->is_late = true;
            pool_kill(pool);
        }
        pool_hand_out(pool);
    }
    pool_show(pool);
}

/* Idle workers see the end of their channel and go; one that does not (stopped, say) is killed. */
static void pool_dismiss(struct pool *pool)
{
    for (int i = 0; i < pool->plan->workers_max; i++)
        if (pool->workers[i].pid != 0)
            shutdown(pool->workers[i].fd, SHUT_WR);
    for (int i = 0; i < pool->plan->workers_max; i++) {
        struct pool_worker *worker = &pool->workers[i];
        struct pollfd end = {.fd = worker->fd, .events = POLLIN};

        if (worker->pid == 0)
            continue;
        if (poll(&end, 1, POOL_DISMISS_MS) == 0)
            kill(worker->pid, SIGKILL);
        pool_bury(pool, worker);
    }
}

bool pool_run(const struct pool_plan *plan, int *verdicts, struct error *err)
{
    struct pool pool = {.plan = plan, .verdicts = verdicts, .waiting = plan->jobs};
    struct sigaction old[2];

    pool.jobs = memory_allocate(plan->jobs, sizeof *pool.jobs);
    for (size_t i = 0; i < plan->jobs; i++) {
        pool.jobs[i] = (struct pool_job){.is_waiting = true, .predecessor = -1};
        verdicts[i] = POOL_UNDONE;
    }
    pool_catch_signals(&pool, old);
    pool_serve(&pool);
    pool_dismiss(&pool);
    pool_release_signals(&pool, old);
    free(pool.jobs);
    if (pool.next_number > 0 || plan->jobs == 0)
        return true;
    error_set(err, ERROR_INTERNAL, "no worker could be started");
    return error_hint(err, "the runs stay pending; a later tick adopts them");
}
