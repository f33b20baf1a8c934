#include "store/errand.h"

#include "base/memory.h"
#include "time/clock.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

enum { ERRAND_LOOK_MS = 1000 };

/* Shared by the two threads; whoever of them comes last frees it. */
struct errand {
    void (*work)(void *context);
    void (*release)(void *context);
    void *context;
    pthread_mutex_t mutex;
    pthread_cond_t ended;
    bool is_done;
    bool is_left; /* nobody waits for it any more */
};

static struct errand *errand_new(void (*work)(void *), void (*release)(void *), void *context)
{
    struct errand *errand = memory_allocate(1, sizeof *errand);
    pthread_condattr_t attributes;

    errand->work = work;
    errand->release = release;
    errand->context = context;
    pthread_mutex_init(&errand->mutex, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&errand->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    return errand;
}

static void errand_free(struct errand *errand)
{
    pthread_cond_destroy(&errand->ended);
    pthread_mutex_destroy(&errand->mutex);
    free(errand);
}

static void *errand_thread(void *context)
{
    struct errand *errand = context;
    bool is_left;

    errand->work(errand->context);
    pthread_mutex_lock(&errand->mutex);
    errand->is_done = true;
    is_left = errand->is_left;
    pthread_cond_signal(&errand->ended);
    pthread_mutex_unlock(&errand->mutex);
    if (is_left) {
        errand->release(errand->context);
        errand_free(errand);
    }
    return NULL;
}

/* The thread takes no signals: they are for the one that knows what to do about them. */
static bool errand_start(struct errand *errand, pthread_t *thread)
{
    sigset_t all;
    sigset_t before;
    int failure;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failure = pthread_create(thread, NULL, errand_thread, errand);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failure == 0;
}

/* Woken at least once a second: CLOCK_MONOTONIC does not count the time a machine sleeps. */
static void errand_wait(struct errand *errand, int64_t left_ms)
{
    int64_t wait_ms = left_ms < ERRAND_LOOK_MS ? left_ms : ERRAND_LOOK_MS;
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(wait_ms % 1000) * 1000000;
    until.tv_sec += (time_t)(wait_ms / 1000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_cond_timedwait(&errand->ended, &errand->mutex, &until);
}

bool errand_run(void (*work)(void *), void (*release)(void *), void *context, int64_t until_ms)
{
    struct errand *errand = errand_new(work, release, context);
    pthread_t thread;
    int64_t left_ms;
    bool is_done;

    if (!errand_start(errand, &thread)) {
        errand_free(errand);
        work(context);
        return true;
    }
    pthread_mutex_lock(&errand->mutex);
    while (!errand->is_done && (left_ms = until_ms - clock_now_ms()) > 0)
        errand_wait(errand, left_ms);
    is_done = errand->is_done;
    errand->is_left = !is_done;
    pthread_mutex_unlock(&errand->mutex);
    if (!is_done) {
        pthread_detach(thread);
        return false;
    }
    pthread_join(thread, NULL);
    errand_free(errand);
    return true;
}
