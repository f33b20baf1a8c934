/*
 * Ticks that are killed at their n-th system call, or whose n-th system call of a kind fails, once or
 * from then on. Parent and workers count for themselves, as strace does it. Each case is one tick;
 * with ticks enough for all cases each one comes once, in an order of chance.
 */
#include "base/memory.h"
#include "fault/fault.h"
#include "support/testdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SYSCALLS_KINDS_MAX = 120, SYSCALLS_PROCESSES_MAX = 64, SYSCALLS_NAME_SIZE = 32 };

/* A kind of call, and how often one process made it in a tick that nobody disturbed. */
struct syscalls_kind {
    char name[SYSCALLS_NAME_SIZE];
    int of[SYSCALLS_PROCESSES_MAX];
    int most;
};

struct syscalls_case {
    const char *name;
    const char *error; /* NULL: it is killed there */
    int when;
    bool is_lasting; /* every later one of its kind fails, too */
};

/* One scenario is one process. */
static char syscalls_trace[] = "/tmp/syncsched-syscalls.XXXXXX";
static char syscalls_wrapper[300];
static struct syscalls_kind syscalls_kinds[SYSCALLS_KINDS_MAX];
static size_t syscalls_kind_count;
static struct syscalls_case *syscalls_cases;
static size_t syscalls_case_count;
static size_t syscalls_case_capacity;
static size_t syscalls_next;

/* What each kind may fail with, as Linux's manual pages name it; each list ends with NULL. */
static const struct {
    const char *name;
    const char *errors[8];
} syscalls_errors[] = {
    {"accept4", {"ECONNABORTED", "EMFILE"}},
    {"access", {"EACCES", "EIO"}},
    {"bind", {"EADDRINUSE", "EACCES"}},
    {"brk", {"ENOMEM"}},
    {"clone", {"EAGAIN", "ENOMEM"}},
    {"clone3", {"EAGAIN", "ENOMEM", "ENOSYS"}},
    {"close", {"EINTR", "EIO"}},
    {"connect", {"ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "EADDRNOTAVAIL", "EINTR"}},
    {"eventfd2", {"EMFILE", "ENOMEM"}},
    {"epoll_create1", {"EMFILE", "ENOMEM"}},
    {"fcntl", {"EINTR", "ENOLCK"}},
    {"fstat", {"EIO", "ENOMEM"}},
    {"futex", {"EINTR", "EAGAIN"}},
    {"getdents64", {"EIO"}},
    {"getpeername", {"ENOBUFS", "ENOTCONN"}},
    {"getrandom", {"EINTR", "EAGAIN", "ENOSYS"}},
    {"getsockname", {"ENOBUFS"}},
    {"getsockopt", {"ENOBUFS"}},
    {"ioctl", {"EIO"}},
    {"kill", {"ESRCH", "EPERM"}},
    {"lseek", {"EIO"}},
    {"mmap", {"ENOMEM", "EAGAIN"}},
    {"mprotect", {"ENOMEM"}},
    {"newfstatat", {"ENOENT", "EACCES", "EIO"}},
    {"openat", {"EMFILE", "ENFILE", "ENOENT", "EACCES", "ENOMEM", "EIO"}},
    {"pipe2", {"EMFILE", "ENFILE"}},
    {"poll", {"EINTR", "ENOMEM"}},
    {"ppoll", {"EINTR", "ENOMEM"}},
    {"prctl", {"EPERM"}},
    {"pread64", {"EINTR", "EIO"}},
    {"read", {"EINTR", "EAGAIN", "EIO", "ECONNRESET"}},
    {"readlink", {"ENOENT", "EACCES"}},
    {"recvfrom", {"EINTR", "EAGAIN", "ECONNRESET", "ECONNREFUSED", "ENOMEM", "ETIMEDOUT"}},
    {"recvmsg", {"EINTR", "EAGAIN", "ENOMEM", "ECONNRESET"}},
    {"sendmmsg", {"EAGAIN", "ENETUNREACH", "ECONNREFUSED"}},
    {"sendmsg", {"EINTR", "EAGAIN", "EPIPE", "ENOBUFS"}},
    {"sendto", {"EINTR", "EAGAIN", "ECONNRESET", "EPIPE", "ENOBUFS", "ENOMEM"}},
    {"setsockopt", {"ENOBUFS", "ENOMEM"}},
    {"shutdown", {"ENOTCONN"}},
    {"socket", {"EMFILE", "ENFILE", "ENOBUFS", "EAFNOSUPPORT", "EACCES"}},
    {"socketpair", {"EMFILE", "ENFILE", "ENOMEM"}},
    {"statfs", {"EIO"}},
    {"wait4", {"EINTR", "ECHILD"}},
    {"write", {"EINTR", "EAGAIN", "ENOSPC", "EIO", "EPIPE"}},
    {"writev", {"EINTR", "EAGAIN", "ENOSPC", "EIO", "EPIPE"}},
};

/* ---- The cases ---- */

static struct syscalls_kind *syscalls_find(const char *name, int length)
{
    for (size_t i = 0; i < syscalls_kind_count; i++)
        if (strlen(syscalls_kinds[i].name) == (size_t)length &&
            strncmp(syscalls_kinds[i].name, name, (size_t)length) == 0)
            return &syscalls_kinds[i];
    ck_assert_uint_lt(syscalls_kind_count, SYSCALLS_KINDS_MAX);
    ck_assert_int_lt(length, SYSCALLS_NAME_SIZE);
    snprintf(syscalls_kinds[syscalls_kind_count].name, SYSCALLS_NAME_SIZE, "%.*s", length, name);
    return &syscalls_kinds[syscalls_kind_count++];
}

static void syscalls_count(struct syscalls_kind *kind, int process)
{
    if (++kind->of[process] > kind->most)
        kind->most = kind->of[process];
}

/* A line is "PID NAME(..."; how a call ended that others interrupted, and signals, begin otherwise. */
static void syscalls_read_line(const char *line, long pids[], struct syscalls_kind *all)
{
    char *name;
    long pid = strtol(line, &name, 10);
    int length;
    int process = 0;

    name += strspn(name, " ");
    length = (int)strspn(name, "abcdefghijklmnopqrstuvwxyz_0123456789");
    if (length == 0 || name[length] != '(')
        return;
    while (pids[process] != 0 && pids[process] != pid) {
        process++;
        ck_assert_int_lt(process, SYSCALLS_PROCESSES_MAX - 1);
    }
    pids[process] = pid;
    syscalls_count(all, process);
    syscalls_count(syscalls_find(name, length), process);
}

static void syscalls_add(const char *name, const char *error, int when, bool is_lasting)
{
    syscalls_cases = memory_grow(syscalls_cases, syscalls_case_count, &syscalls_case_capacity,
                                 sizeof *syscalls_cases);
    syscalls_cases[syscalls_case_count++] = (struct syscalls_case){name, error, when, is_lasting};
}

static void syscalls_add_errors(const struct syscalls_kind *kind, const char *const errors[])
{
    for (size_t e = 0; errors[e] != NULL; e++)
        for (int when = 1; when <= kind->most; when++) {
            syscalls_add(kind->name, errors[e], when, false);
            if (strcmp(errors[e], "EINTR") != 0 && when % 4 == 1) /* no signal comes for ever */
                syscalls_add(kind->name, errors[e], when, true);
        }
}

static void syscalls_shuffle(struct chance *chance)
{
    for (size_t i = syscalls_case_count; i > 1; i--) {
        size_t other = (size_t)chance_pick(chance, 0, (int)i - 1);
        struct syscalls_case last = syscalls_cases[i - 1];

        syscalls_cases[i - 1] = syscalls_cases[other];
        syscalls_cases[other] = last;
    }
}

/* A tick under strace, and each call that it made becomes cases. */
static void syscalls_begin(struct fault_world *world)
{
    static struct syscalls_kind all = {.name = "all"};
    long pids[SYSCALLS_PROCESSES_MAX] = {0};
    char line[4096];
    struct scene_tick tick;
    int fd = mkstemp(syscalls_trace);
    FILE *trace = fdopen(fd, "r");

    ck_assert_ptr_nonnull(trace);
    scene_seed_tick();
    snprintf(syscalls_wrapper, sizeof syscalls_wrapper, "exec strace -f -qq -o %s \"$@\"",
             syscalls_trace);
    scene_set_wrapper(syscalls_wrapper);
    tick = scene_run(world->scenario->options);
    ck_assert_msg(tick.status == 0 && tick.triggered > 0, "under strace: %s%s", tick.out, tick.err);
    scene_tick_free(&tick);
    while (fgets(line, sizeof line, trace) != NULL)
        syscalls_read_line(line, pids, &all);
    fclose(trace);
    unlink(syscalls_trace);
    for (int when = 1; when <= all.most; when++)
        syscalls_add("all", NULL, when, false);
    for (size_t i = 0; i < syscalls_kind_count; i++)
        for (size_t e = 0; e < sizeof syscalls_errors / sizeof *syscalls_errors; e++)
            if (strcmp(syscalls_errors[e].name, syscalls_kinds[i].name) == 0)
                syscalls_add_errors(&syscalls_kinds[i], syscalls_errors[e].errors);
    syscalls_shuffle(&world->chance);
    world->ticks_wanted = (int)syscalls_case_count;
    printf("syscalls: %d calls of a process at the most, %zu kinds, %zu cases\n", all.most,
           syscalls_kind_count, syscalls_case_count);
}

/* ---- The ticks ---- */

static void syscalls_prepare(struct fault_world *world)
{
    const struct syscalls_case *at = &syscalls_cases[syscalls_next++ % syscalls_case_count];

    snprintf(syscalls_wrapper, sizeof syscalls_wrapper,
             "ASAN_OPTIONS=${ASAN_OPTIONS:-}:detect_leaks=0 exec strace -f -qq -o /dev/null -e "
             "signal=none"
             " -e trace=%s -e inject=%s:%s%s:when=%d%s"
             " \"$@\"",
             at->name, at->name,
             at->error != NULL ? "error=" : "signal=", at->error != NULL ? at->error : "KILL",
             at->when, at->is_lasting ? "+" : "");
    world->fault_count++;
}

static void syscalls_end(struct fault_world *world)
{
    fault_unwrap(world);
    free(syscalls_cases);
}

static const struct fault_scenario scenarios[] = {
    {.name = "syscalls",
     .ticks = 1,
     .options = "--budget 3s",
     .latency_ms_max = 5,
     .begin = syscalls_begin,
     .prepare = syscalls_prepare,
     .end = syscalls_end,
     .deed = syscalls_wrapper},
};

const struct fault_scenario *fault_syscalls(size_t place)
{
    return place < sizeof scenarios / sizeof *scenarios ? &scenarios[place] : NULL;
}
