/*
 * Covers lib/tick/child.c, with real forks. What the helper did is counted in memory that it
 * shares with the test.
 */
#include "support/suite.h"

#include "tick/child.h"
#include "time/clock.h"

#include <poll.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static struct shared {
    struct child helper;
    atomic_int begun;
    atomic_int heard; /* the last word's */
    int work_ms;
} * shared;

static void set_up(void)
{
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
}

static void tear_down(void)
{
    munmap(shared, sizeof *shared);
}

static void work(void *context)
{
    (void)context;
    shared->begun++;
    poll(NULL, 0, shared->work_ms);
}

/* Hears one more word; -1: its parent is gone without one. */
static void listen_on(void *context)
{
    const struct child *helper = context;
    struct child_message word = {.what = -1};

    shared->begun++;
    (void)child_hear(helper, &word);
    shared->heard = word.what;
}

static void wait_until_begun(void)
{
    for (int waited_ms = 0; shared->begun == 0; waited_ms += 2) {
        ck_assert_int_lt(waited_ms, 60000);
        poll(NULL, 0, 2);
    }
}

/* Covers: it works once told to, and not before; it is ended in mid-work and leaves nothing. */
START_TEST(test_child)
{
    struct child helper = {0};
    int64_t started_ms = clock_now_ms();

    shared->work_ms = 60000;
    ck_assert(child_start(&helper, work, NULL));
    poll(NULL, 0, 50);
    ck_assert_int_eq(shared->begun, 0);
    child_tell(&helper, (struct child_message){0});
    wait_until_begun();
    child_end(&helper);
    ck_assert_int_lt(clock_now_ms() - started_ms, 30000);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* Covers: never told to, it does nothing; none at all is as good as one. */
START_TEST(test_child_untold)
{
    struct child helper = {0};

    child_tell(&helper, (struct child_message){0});
    ck_assert(child_wait(&helper, clock_now_ms() + 60000));
    child_end(&helper);
    ck_assert(child_start(&helper, work, NULL));
    child_end(&helper);
    ck_assert_int_eq(shared->begun, 0);
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}
END_TEST

/* Covers: it ends with its parent, and ends by itself once its work is done. */
START_TEST(test_child_alone)
{
    struct child helper = {0};
    int status;

    for (int told = 0; told < 2; told++) {
        ck_assert(child_start(&helper, work, NULL));
        if (told)
            child_tell(&helper, (struct child_message){0});
        else
            close(helper.fd); /* as its parent's end does */
        ck_assert_int_eq(waitpid(helper.pid, &status, 0), helper.pid);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        ck_assert_int_eq(shared->begun, told);
    }
    close(helper.fd);
}
END_TEST

/* Covers: a second word reaches it, and so does it that none will come any more. */
START_TEST(test_child_hears)
{
    for (int told = 0; told < 2; told++) {
        struct child helper = {0};

        shared->heard = 0;
        ck_assert(child_start(&helper, listen_on, &helper));
        child_tell(&helper, (struct child_message){0});
        if (told) {
            child_tell(&helper, (struct child_message){.what = 7});
            ck_assert(child_wait(&helper, clock_now_ms() + 60000));
        } else {
            close(helper.fd);
            ck_assert_int_eq(waitpid(helper.pid, NULL, 0), helper.pid);
        }
        ck_assert_int_eq(shared->heard, told ? 7 : -1);
    }
}
END_TEST

/* Covers: it is waited for until the time is over, and not longer. */
START_TEST(test_child_wait)
{
    for (int late = 0; late < 2; late++) {
        struct child helper = {0};
        int64_t started_ms = clock_now_ms();

        shared->work_ms = late ? 60000 : 200;
        ck_assert(child_start(&helper, work, NULL));
        child_tell(&helper, (struct child_message){0});
        ck_assert_int_eq(child_wait(&helper, started_ms + (late ? 300 : 30000)), !late);
        ck_assert_int_ge(clock_now_ms() - started_ms, late ? 300 : 200);
        ck_assert_int_lt(clock_now_ms() - started_ms, 30000);
        ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
    }
}
END_TEST

SUITE(child)
{
    TCase *cases = tcase_create("child");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_child);
    tcase_add_test(cases, test_child_untold);
    tcase_add_test(cases, test_child_alone);
    tcase_add_test(cases, test_child_hears);
    tcase_add_test(cases, test_child_wait);
    suite_add_tcase(suite, cases);
}
