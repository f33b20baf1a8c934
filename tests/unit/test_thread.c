/* Covers lib/store/thread.c: done in time, left behind, and no thread at all. */
#include "support/suite.h"

#include "store/thread.h"
#include "time/clock.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <unistd.h>

struct seen {
    int takes_ms;
    pthread_t worker;
    sigset_t blocked;
    atomic_int done;
    atomic_int released;
};

static void work(void *context)
{
    struct seen *seen = context;

    seen->worker = pthread_self();
    pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
    poll(NULL, 0, seen->takes_ms);
    seen->done++;
}

static void release(void *context)
{
    struct seen *seen = context;

    seen->released++;
}

static int count_threads(void)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *entry;
    int count = 0;

    ck_assert_ptr_nonnull(tasks);
    while ((entry = readdir(tasks)) != NULL)
        count += entry->d_name[0] != '.' ? 1 : 0;
    closedir(tasks);
    return count;
}

START_TEST(test_thread_in_time)
{
    struct seen seen = {.takes_ms = 20};

    ck_assert(thread_run(work, release, &seen, clock_now_ms() + 10000));
    ck_assert_int_eq(seen.done, 1);
    ck_assert_int_eq(seen.released, 0);
    ck_assert(!pthread_equal(seen.worker, pthread_self()));
    ck_assert_int_eq(sigismember(&seen.blocked, SIGTERM), 1);
    ck_assert_int_eq(count_threads(), 1); /* a process that forks has no other */
}
END_TEST

START_TEST(test_thread_left_behind)
{
    struct seen seen = {.takes_ms = 500};
    int64_t started_ms = clock_now_ms();
    sigset_t blocked;

    ck_assert(!thread_run(work, release, &seen, started_ms + 50));
    ck_assert_int_ge(clock_now_ms() - started_ms, 50);
    ck_assert_int_eq(seen.done, 0);
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    ck_assert_int_eq(sigismember(&blocked, SIGTERM), 0);
    for (int n = 0; n < 1000 && seen.released == 0; n++)
        poll(NULL, 0, 10);
    ck_assert_int_eq(seen.done, 1);
    ck_assert_int_eq(seen.released, 1);
}
END_TEST

/* It is waited for in steps of a second. */
START_TEST(test_thread_of_more_than_a_step)
{
    struct seen seen = {.takes_ms = 1200};

    ck_assert(thread_run(work, release, &seen, clock_now_ms() + 10000));
    ck_assert_int_eq(seen.done, 1);
}
END_TEST

START_TEST(test_thread_after_its_time)
{
    struct seen seen = {.takes_ms = 100};

    ck_assert(!thread_run(work, release, &seen, clock_now_ms() - 1));
    for (int n = 0; n < 1000 && seen.released == 0; n++)
        poll(NULL, 0, 10);
    ck_assert_int_eq(seen.released, 1);
}
END_TEST

/* Covers: a process that may have no more threads does the work itself. */
START_TEST(test_thread_without_thread)
{
    const struct rlimit none = {0, 0};
    struct seen seen = {.takes_ms = 0};
    bool is_root = geteuid() == 0; /* for whom there is no limit */
    bool is_done;

    ck_assert_int_eq(setrlimit(RLIMIT_NPROC, &none), 0);
    if (is_root)
        ck_assert_int_eq(setresuid(65534, 65534, 0), 0);
    is_done = thread_run(work, release, &seen, clock_now_ms() + 10000);
    if (is_root)
        ck_assert_int_eq(setresuid(0, 0, 0), 0);
    ck_assert(is_done);
    ck_assert_int_eq(seen.done, 1);
    ck_assert_int_eq(seen.released, 0);
    ck_assert(pthread_equal(seen.worker, pthread_self()));
}
END_TEST

SUITE(thread)
{
    TCase *cases = tcase_create("thread");

    tcase_add_test(cases, test_thread_in_time);
    tcase_add_test(cases, test_thread_left_behind);
    tcase_add_test(cases, test_thread_of_more_than_a_step);
    tcase_add_test(cases, test_thread_after_its_time);
    tcase_add_test(cases, test_thread_without_thread);
    suite_add_tcase(suite, cases);
}
