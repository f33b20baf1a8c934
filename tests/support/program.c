#include "support/program.h"

#include "base/memory.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct program {
    pid_t pid;
    int pid_fd; /* readable once the program has ended: pidfd_open(2) */
    int out_fd;
    int err_fd;
    int64_t started_ms;
};

static int program_wait_ms = PROGRAM_WAIT_MS;

void program_set_wait(int wait_ms)
{
    program_wait_ms = wait_ms;
}

static int64_t program_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Fails the test with errno unless a system call's result is good. Returns the result. */
static int program_expect(int result, const char *what)
{
    if (result < 0)
        ck_abort_msg("program: %s: %s", what, strerror(errno));
    return result;
}

/* What stdin is to be: input, or /dev/null. */
static int program_open_input(const char *input)
{
    size_t length = input != NULL ? strlen(input) : 0;
    int fd;

    if (input == NULL)
        return program_expect(open("/dev/null", O_RDONLY | O_CLOEXEC), "/dev/null");
    fd = program_expect(memfd_create("program-stdin", MFD_CLOEXEC), "memfd_create");
    if (write(fd, input, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) != 0)
        ck_abort_msg("program: cannot write its stdin: %s", strerror(errno));
    return fd;
}

/* A file for one of its outputs. O_APPEND: nobody who shares it can overwrite another's lines. */
static int program_open_output(const char *name)
{
    int fd = program_expect(memfd_create(name, MFD_CLOEXEC), "memfd_create");

    program_expect(fcntl(fd, F_SETFL, O_APPEND), "O_APPEND");
    return fd;
}

static void program_change_environment(const char *const env[])
{
    for (size_t i = 0; env != NULL && env[i] != NULL; i++) {
        if (strchr(env[i], '=') != NULL)
            putenv(memory_copy_text(env[i]));
        else
            unsetenv(env[i]);
    }
}

/* The child's side: becomes argv, or writes errno to failure_fd. */
_Noreturn static void program_become(const char *const argv[], const char *const env[],
                                     const int fds[3], int failure_fd)
{
    char *arguments[64] = {0};
    sigset_t none;
    int code;

    ck_assert_ptr_nonnull(argv[0]);
    for (size_t i = 0; i < sizeof arguments / sizeof *arguments - 1 && argv[i] != NULL; i++)
        arguments[i] = memory_copy_text(argv[i]); /* execvp() takes no const */
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    program_change_environment(env);
    if (dup2(fds[0], STDIN_FILENO) >= 0 && dup2(fds[1], STDOUT_FILENO) >= 0 &&
        dup2(fds[2], STDERR_FILENO) >= 0)
        execvp(argv[0], arguments);
    code = errno;
    (void)!write(failure_fd, &code, sizeof code);
    _exit(127);
}

static struct program *program_start_with(const char *const argv[], const char *const env[],
                                          const char *input)
{
    struct program *program = memory_allocate(1, sizeof *program);
    int fds[3];
    int failure[2]; /* closed by a good exec, carries errno otherwise */
    int code = 0;

    fds[0] = program_open_input(input);
    fds[1] = program->out_fd = program_open_output("program-stdout");
    fds[2] = program->err_fd = program_open_output("program-stderr");
    program_expect(pipe2(failure, O_CLOEXEC), "pipe");
    program->started_ms = program_now_ms();
    program->pid = program_expect(fork(), "fork");
    if (program->pid == 0)
        program_become(argv, env, fds, failure[1]);
    close(failure[1]);
    close(fds[0]);
    if (read(failure[0], &code, sizeof code) > 0)
        ck_abort_msg("program: cannot run \"%s\": %s", argv[0], strerror(code));
    close(failure[0]);
    /* By its number: musl has no function for it, and glibc since 2.36 only. */
    program->pid_fd = program_expect((int)syscall(SYS_pidfd_open, program->pid, 0), "pidfd_open");
    return program;
}

/* The whole of a memory file, which it closes. */
static char *program_read(int fd, size_t *length)
{
    struct stat file;
    size_t done = 0;
    char *text;

    program_expect(fstat(fd, &file), "fstat");
    text = memory_allocate((size_t)file.st_size + 1, 1);
    while (done < (size_t)file.st_size) {
        ssize_t n = pread(fd, text + done, (size_t)file.st_size - done, (off_t)done);

        if (program_expect((int)n, "read") == 0)
            break;
        done += (size_t)n;
    }
    close(fd);
    *length = done;
    return text;
}

struct program_result program_wait(struct program *program)
{
    int64_t until = program_now_ms() + program_wait_ms;
    struct pollfd end = {.fd = program->pid_fd, .events = POLLIN};
    struct program_result result = {0};
    struct rusage usage = {0};
    size_t err_length;
    int status = 0;
    int64_t left;

    while ((left = until - program_now_ms()) > 0 && poll(&end, 1, (int)left) <= 0)
        continue;
    if (left <= 0)
        kill(-program->pid, SIGKILL);
    while (wait4(program->pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            ck_abort_msg("program: wait4: %s", strerror(errno));
    result.most_kb = usage.ru_maxrss; /* what the test itself held at the fork is counted, too */
    result.wall_ms = program_now_ms() - program->started_ms;
    result.cpu_ms = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
                    (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
    if (left <= 0)
        result.status = -1;
    else
        result.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    result.left_core = WIFSIGNALED(status) && WCOREDUMP(status);
    result.out = program_read(program->out_fd, &result.out_length);
    result.err = program_read(program->err_fd, &err_length);
    close(program->pid_fd);
    free(program);
    return result;
}

struct program *program_start(const char *const argv[], const char *const env[])
{
    return program_start_with(argv, env, NULL);
}

struct program_result program_run(const char *const argv[], const char *const env[])
{
    return program_wait(program_start_with(argv, env, NULL));
}

struct program_result program_run_with_input(const char *const argv[], const char *const env[],
                                             const char *input)
{
    return program_wait(program_start_with(argv, env, input));
}

void program_result_free(struct program_result *result)
{
    free(result->out);
    free(result->err);
    *result = (struct program_result){0};
}

pid_t program_pid(const struct program *program)
{
    return program->pid;
}

bool program_is_running(const struct program *program)
{
    struct pollfd end = {.fd = program->pid_fd, .events = POLLIN};

    return poll(&end, 1, 0) == 0;
}

void program_signal(struct program *program, int signal_number)
{
    /* Not yet waited for, so the id is still its own, even if it has ended. */
    program_expect(kill(program->pid, signal_number), "kill");
}
