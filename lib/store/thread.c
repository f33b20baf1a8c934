#include "store/thread.h"

#include "base/memory.h"
#include "time/wait.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

/* Shared by the two threads; the later of them frees it. */
struct thread_work {
    void (*work)(void *context);
    void (*release)(void *context);
    void *context;
    int ends[2];        /* a pipe; closing the second says that the work is done */
    atomic_flag is_one; /* one of the two has come to its end: the work, or the wait for it */
};

static void thread_free(struct thread_work *shared)
{
    close(shared->ends[0]);
    free(shared);
}

static void *thread_main(void *context)
{
    struct thread_work *shared = context;
    int done = shared->ends[1];

    shared->work(shared->context);
    if (atomic_flag_test_and_set(&shared->is_one)) {
        shared->release(shared->context);
        thread_free(shared);
    }
    close(done);
    return NULL;
}

/* The thread takes no signals: they are for the one that knows what to do about them. */
static bool thread_start(struct thread_work *shared, pthread_t *thread)
{
    sigset_t all;
    sigset_t before;
    bool is_started;

    if (pipe2(shared->ends, O_CLOEXEC) != 0)
        return false;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    is_started = pthread_create(thread, NULL, thread_main, shared) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!is_started) {
        close(shared->ends[0]);
        close(shared->ends[1]);
    }
    return is_started;
}

bool thread_run(void (*work)(void *), void (*release)(void *), void *context, int64_t until_ms)
{
    struct thread_work *shared = memory_allocate(1, sizeof *shared);
    pthread_t thread;

    *shared = (struct thread_work){work, release, context, {-1, -1}, ATOMIC_FLAG_INIT};
    if (!thread_start(shared, &thread)) {
        free(shared);
        work(context);
        return true;
    }
    (void)wait_for(shared->ends[0], POLLIN, until_ms);
    if (!atomic_flag_test_and_set(&shared->is_one)) {
        pthread_detach(thread);
        return false;
    }
    pthread_join(thread, NULL);
    thread_free(shared);
    return true;
}
