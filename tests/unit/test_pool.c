/*
 * Covers lib/tick/pool.c, with real forks and toy tasks. What the workers did is counted in memory
 * that they share with the test.
 */
#include "support/suite.h"

#include "tick/pool.h"
#include "time/clock.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TASKS_MAX = 40, VERDICT = 100 };

/* What the workers did. */
struct toy {
    atomic_int served[TASKS_MAX]; /* how often each task was handed out */
    atomic_int deaths_before[TASKS_MAX];
    atomic_int wound_up;
    atomic_int in_flight;
    atomic_int most_in_flight;
    atomic_int workers;
    int task_ms;
    int bad_task; /* the task over which something happens */
    int deaths;   /* so often does a worker die over it */
    int signal_number;
};

static struct toy *toy;
static int saved_stderr;

static void set_up(void)
{
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    toy = mmap(NULL, sizeof *toy, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(toy, MAP_FAILED);
    toy->bad_task = -1;
    /* Deaths are told on stderr: not in the middle of the test's own output. */
    saved_stderr = dup(STDERR_FILENO);
    ck_assert_int_ge(null, 0);
    ck_assert_int_ge(dup2(null, STDERR_FILENO), 0);
    ck_assert_int_eq(close(null), 0);
}

static void tear_down(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    munmap(toy, sizeof *toy);
}

static void pause_ms(int ms)
{
    poll(NULL, 0, ms);
}

/* Counts the worker in, serves with serve() until there is no more, verdict VERDICT + task. */
static void work_with(struct pool_channel *channel,
                      void (*serve)(struct pool_channel *channel, const struct pool_task *task))
{
    struct pool_task task;

    toy->workers++;
    while (pool_next(channel, &task)) {
        int in_flight = ++toy->in_flight;
        int most = toy->most_in_flight;

        while (in_flight > most &&
               !atomic_compare_exchange_weak(&toy->most_in_flight, &most, in_flight))
            continue;
        toy->served[task.number]++;
        toy->deaths_before[task.number] = task.deaths;
        toy->wound_up += task.is_wound_up;
        if (serve != NULL)
            serve(channel, &task);
        pause_ms(toy->task_ms);
        toy->in_flight--;
        pool_report(channel, task.number, VERDICT + (int)task.number);
    }
}

static void work(void *context, struct pool_channel *channel)
{
    (void)context;
    work_with(channel, NULL);
}

static struct pool_options plan_of(size_t tasks, int workers_max)
{
    int64_t now_ms = clock_now_ms();

    return (struct pool_options){
        .tasks = tasks,
        .workers_max = workers_max,
        .hand_out_until_ms = now_ms + 5000,
        .kill_at_ms = now_ms + 6000,
        .settle_until_ms = now_ms + 7000,
        .work = work,
    };
}

static void run_plan(const struct pool_options *plan, int *verdicts)
{
    struct error err = {0};

    ck_assert_msg(pool_run(plan, verdicts, &err), "%s", err.message);
    /* Nothing of it is left: no child, and every signal as it was. */
    ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
}

/* ---- All goes well ---- */

static const struct {
    size_t tasks;
    int workers_max;
    int workers; /* so many are forked */
} sizes[] = {{0, 5, 0}, {1, 5, 1}, {3, 5, 3}, {20, 5, 5}, {20, 1, 1}, {40, 2, 2}};

START_TEST(test_pool_serves_all)
{
    struct pool_options plan = plan_of(sizes[_i].tasks, sizes[_i].workers_max);
    int verdicts[TASKS_MAX];

    toy->task_ms = 3;
    run_plan(&plan, verdicts);
    for (size_t i = 0; i < plan.tasks; i++) {
        ck_assert_int_eq(verdicts[i], VERDICT + (int)i);
        ck_assert_int_eq(toy->served[i], 1);
        ck_assert_int_eq(toy->deaths_before[i], 0);
    }
    ck_assert_int_eq(toy->workers, sizes[_i].workers);
    ck_assert_int_eq(toy->wound_up, 0);
}
END_TEST

/* Covers: at most N at once, and N indeed. */
START_TEST(test_pool_most_in_flight)
{
    struct pool_options plan = plan_of(12, 3);
    int verdicts[TASKS_MAX];

    toy->task_ms = 30;
    run_plan(&plan, verdicts);
    ck_assert_int_eq(toy->most_in_flight, 3);
}
END_TEST

static struct pool_progress last;

static void see_progress(const struct pool_progress *progress, const int *verdicts)
{
    size_t done = 0;

    for (size_t i = 0; i < progress->tasks; i++)
        done += verdicts[i] >= VERDICT ? 1 : 0;
    ck_assert_uint_eq(progress->done, done);
    ck_assert_uint_ge(progress->done, last.done);
    ck_assert_uint_le(progress->in_flight, 2);
    last = *progress;
}

START_TEST(test_pool_progress)
{
    struct pool_options plan = plan_of(6, 2);
    int verdicts[TASKS_MAX];

    last = (struct pool_progress){0};
    plan.progress = see_progress;
    run_plan(&plan, verdicts);
    ck_assert_uint_eq(last.tasks, 6);
    ck_assert_uint_eq(last.done, 6);
    ck_assert_uint_eq(last.in_flight, 0);
}
END_TEST

/* ---- Workers die ---- */

static void die_over_bad_task(struct pool_channel *channel, const struct pool_task *task)
{
    (void)channel;
    if ((int)task->number == toy->bad_task && toy->served[task->number] <= toy->deaths) {
        toy->in_flight--;
        raise(SIGKILL);
    }
}

static void work_and_die(void *context, struct pool_channel *channel)
{
    (void)context;
    work_with(channel, die_over_bad_task);
}

/* Covers: the task is handed out again with the number of deaths; after the third it is lost. */
START_TEST(test_pool_worker_dies)
{
    struct pool_options plan = plan_of(6, 2);
    int verdicts[TASKS_MAX];

    toy->deaths = _i;
    toy->bad_task = 2;
    plan.work = work_and_die;
    run_plan(&plan, verdicts);
    for (int i = 0; i < 6; i++) {
        bool is_bad = i == toy->bad_task;

        ck_assert_int_eq(verdicts[i], is_bad && _i >= 3 ? POOL_LOST : VERDICT + i);
        ck_assert_int_eq(toy->served[i], is_bad ? (_i >= 3 ? 3 : _i + 1) : 1);
        if (!is_bad)
            ck_assert_int_eq(toy->deaths_before[i], 0);
    }
    ck_assert_int_eq(toy->deaths_before[2], toy->served[2] - 1);
    ck_assert_int_eq(toy->wound_up, 0);
}
END_TEST

static void hang_once(struct pool_channel *channel, const struct pool_task *task)
{
    (void)channel;
    if ((int)task->number == toy->bad_task && toy->served[task->number] == 1)
        pause_ms(60000);
}

static void work_and_hang(void *context, struct pool_channel *channel)
{
    (void)context;
    work_with(channel, hang_once);
}

/* Covers: who is still busy at kill_at_ms is killed; somebody looks what he left, no more. */
START_TEST(test_pool_kills_the_busy)
{
    struct pool_options plan = plan_of(3, 1);
    int64_t started_ms = clock_now_ms();
    int verdicts[TASKS_MAX];

    toy->bad_task = 1;
    plan.work = work_and_hang;
    plan.hand_out_until_ms = started_ms + 1000;
    plan.kill_at_ms = started_ms + 1200;
    plan.settle_until_ms = started_ms + 60000;
    run_plan(&plan, verdicts);
    ck_assert_int_lt(clock_now_ms() - started_ms, 30000);
    ck_assert_int_eq(verdicts[0], VERDICT);
    ck_assert_int_eq(verdicts[1], VERDICT + 1);
    ck_assert_int_eq(verdicts[2], POOL_UNDONE);
    ck_assert_int_eq(toy->served[1], 2);
    ck_assert_int_eq(toy->deaths_before[1], 1);
    ck_assert_int_eq(toy->wound_up, 1);
}
END_TEST

/* Covers: past settle_until_ms nothing is handed out any more, and nobody is waited for. */
START_TEST(test_pool_settle_ends)
{
    struct pool_options plan = plan_of(1, 1);
    int64_t started_ms = clock_now_ms();
    int verdicts[TASKS_MAX];

    toy->bad_task = 0;
    plan.work = work_and_hang;
    plan.hand_out_until_ms = plan.kill_at_ms = plan.settle_until_ms = started_ms + 1000;
    run_plan(&plan, verdicts);
    ck_assert_int_lt(clock_now_ms() - started_ms, 30000);
    ck_assert_int_eq(verdicts[0], POOL_LOST);
    ck_assert_int_eq(toy->served[0], 1);
}
END_TEST

/* ---- It is told to stop, or late ---- */

/* Signals the parent over the bad task, and goes on when it hears of it. */
static void signal_parent(struct pool_channel *channel, const struct pool_task *task)
{
    struct pollfd word = {.fd = channel->fd, .events = POLLIN};

    if ((int)task->number != toy->bad_task)
        return;
    ck_assert_int_eq(pool_listen(channel), CHILD_SAID_NOTHING);
    kill(getppid(), toy->signal_number);
    if (poll(&word, 1, 60000) != 1 || pool_listen(channel) != CHILD_SPOKE)
        raise(SIGKILL);
}

static void work_and_signal(void *context, struct pool_channel *channel)
{
    (void)context;
    work_with(channel, signal_parent);
}

START_TEST(test_pool_signal_stops)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    struct pool_options plan = plan_of(5, 1);
    struct sigaction before;
    struct sigaction after;
    sigset_t blocked;
    int verdicts[TASKS_MAX];

    signal(SIGHUP, SIG_DFL); /* not ignored, as under nohup */
    toy->bad_task = 1;
    toy->signal_number = signals[_i];
    plan.work = work_and_signal;
    ck_assert_int_eq(sigaction(signals[_i], NULL, &before), 0);
    run_plan(&plan, verdicts);
    ck_assert_int_eq(verdicts[0], VERDICT);
    ck_assert_int_eq(verdicts[1], VERDICT + 1); /* what was under way is waited for */
    for (int i = 2; i < 5; i++)
        ck_assert_int_eq(verdicts[i], POOL_UNDONE);
    ck_assert_int_eq(sigaction(signals[_i], NULL, &after), 0);
    ck_assert(after.sa_handler == before.sa_handler);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, NULL, &blocked), 0);
    ck_assert_int_eq(sigismember(&blocked, signals[_i]), 0);
}
END_TEST

START_TEST(test_pool_hand_out_ends)
{
    struct pool_options plan = plan_of(9, 1);
    int64_t started_ms = clock_now_ms();
    int verdicts[TASKS_MAX];

    toy->task_ms = 500;
    plan.hand_out_until_ms = started_ms + 750;
    run_plan(&plan, verdicts);
    ck_assert_int_eq(verdicts[0], VERDICT);
    for (int i = 2; i < 9; i++) {
        ck_assert_int_eq(verdicts[i], POOL_UNDONE);
        ck_assert_int_eq(toy->served[i], 0);
    }
}
END_TEST

/* The report wakes the parent; the worker is stopped at the latest when it is dismissed. */
static void work_and_freeze(void *context, struct pool_channel *channel)
{
    struct pool_task task;

    (void)context;
    while (pool_next(channel, &task)) {
        pool_report(channel, task.number, VERDICT);
        raise(SIGSTOP);
    }
}

/* Covers: an idle worker that is stopped is waited for a little, then killed. */
START_TEST(test_pool_stopped_worker)
{
    struct pool_options plan = plan_of(1, 1);
    int64_t started_ms = clock_now_ms();
    int verdicts[TASKS_MAX];

    plan.work = work_and_freeze;
    run_plan(&plan, verdicts);
    ck_assert_int_lt(clock_now_ms() - started_ms, 30000);
    ck_assert_int_eq(verdicts[0], VERDICT);
}
END_TEST

/* ---- Nobody to serve, nobody to serve for ---- */

START_TEST(test_pool_no_worker)
{
    struct pool_options plan = plan_of(2, 2);
    struct rlimit files;
    struct error err = {0};
    int verdicts[TASKS_MAX];

    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &(struct rlimit){0, files.rlim_max}), 0);
    plan.hand_out_until_ms = clock_now_ms() + 100;
    ck_assert(!pool_run(&plan, verdicts, &err));
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_int_eq(err.kind, ERROR_INTERNAL);
    ck_assert_str_ne(err.hint, "");
    ck_assert_int_eq(verdicts[0], POOL_UNDONE);
    ck_assert_int_eq(verdicts[1], POOL_UNDONE);
}
END_TEST

/* Covers: a worker notices that its parent is gone, while it serves and when it is idle. */
START_TEST(test_pool_parent_gone)
{
    struct pool_task task;
    struct pool_channel channel = {0};
    int ends[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
    channel.fd = ends[1];
    ck_assert_int_eq(pool_listen(&channel), CHILD_SAID_NOTHING);
    close(ends[0]);
    ck_assert_int_eq(pool_listen(&channel), CHILD_IS_GONE);
    ck_assert_int_eq(pool_listen(&channel), CHILD_IS_GONE);
    pool_report(&channel, 0, 0);
    ck_assert(!pool_next(&channel, &task));
    close(ends[1]);
}
END_TEST

SUITE(pool)
{
    TCase *cases = tcase_create("pool");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_loop_test(cases, test_pool_serves_all, 0, sizeof sizes / sizeof sizes[0]);
    tcase_add_test(cases, test_pool_most_in_flight);
    tcase_add_test(cases, test_pool_progress);
    tcase_add_loop_test(cases, test_pool_worker_dies, 1, 5);
    tcase_add_loop_test(cases, test_pool_signal_stops, 0, 3);
    tcase_add_test(cases, test_pool_hand_out_ends);
    tcase_add_test(cases, test_pool_no_worker);
    tcase_add_test(cases, test_pool_parent_gone);
    suite_add_tcase(suite, cases);
}

/* What takes seconds, apart, so that it runs beside the others. */
SUITE(pool_ends)
{
    TCase *cases = tcase_create("pool_ends");

    tcase_add_checked_fixture(cases, set_up, tear_down);
    tcase_add_test(cases, test_pool_kills_the_busy);
    tcase_add_test(cases, test_pool_settle_ends);
    tcase_add_test(cases, test_pool_stopped_worker);
    suite_add_tcase(suite, cases);
}
