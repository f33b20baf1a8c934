#include "notify/shell.h"

#include "base/memory.h"
#include "base/signals.h"
#include "base/text.h"
#include "time/clock.h"
#include "time/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SHELL_COMPLAINT_MAX = 300 }; /* bytes of its standard error output are kept */

struct shell {
    const char *subject;
    pid_t pid;
    int error_fd; /* -1: it has closed it */
    struct text complaint;
    int64_t end_at_ms; /* monotonic clock: when the next signal is due */
    bool is_ending;    /* it got SIGTERM */
    bool is_late;      /* because its time was over, not ours */
    bool is_killed;
    struct signals signals;
};

/*
 * Starts it with these as its standard input and standard error output, and without PGPASSWORD,
 * which is for libpq alone. Returns an errno, or 0.
 */
static int shell_spawn(struct shell *shell, const char *command, int input_fd, int error_fd)
{
    /* posix_spawn() takes texts that are not const, and writes to none of them. */
    char *text = memory_copy_text(command);
    char *arguments[] = {(char[]){"sh"}, (char[]){"-c"}, text, NULL};
    char *password = memory_copy_text(getenv("PGPASSWORD"));
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    int cause;

    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE); /* we ignore it, and the command would inherit that */
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, input_fd, STDIN_FILENO);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, error_fd, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK |
                                              POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &shell->signals.inherited_mask);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    unsetenv("PGPASSWORD");
    setenv(SHELL_SUBJECT, shell->subject, 1);
    cause = posix_spawn(&shell->pid, "/bin/sh", &files, &attributes, arguments, environ);
    unsetenv(SHELL_SUBJECT);
    if (password != NULL)
        setenv("PGPASSWORD", password, 1);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    free(password);
    free(text);
    return cause;
}

/* It reads from a file in memory, or does not. Our end of the pipe for its errors never blocks. */
static bool shell_start(struct shell *shell, const char *command, const char *input,
                        struct error *err)
{
    size_t length = strlen(input);
    int errors[2] = {-1, -1};
    int cause = 0;
    int input_fd;

    errno = ENOMEM; /* what a short write means, which sets none */
    input_fd = memfd_create("input", MFD_CLOEXEC);
    if (input_fd < 0 || write(input_fd, input, length) != (ssize_t)length ||
        lseek(input_fd, 0, SEEK_SET) != 0 || pipe2(errors, O_CLOEXEC) != 0 ||
        fcntl(errors[0], F_SETFL, O_NONBLOCK) != 0)
        cause = errno;
    shell->error_fd = errors[0];
    if (cause == 0)
        cause = shell_spawn(shell, command, input_fd, errors[1]);
    close(input_fd);
    close(errors[1]);
    return cause == 0 || error_set(err, ERROR_INTERNAL, "cannot be started: %s", strerror(cause));
}

/* Reads one block, and keeps only the first bytes of all blocks. False when there is none now. */
static bool shell_read_errors(struct shell *shell)
{
    char block[4096];
    ssize_t n = read(shell->error_fd, block, sizeof block);
    size_t room = SHELL_COMPLAINT_MAX - shell->complaint.length;

    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
        close(shell->error_fd);
        shell->error_fd = -1;
    }
    if (n > 0)
        text_append(&shell->complaint, block, (size_t)n < room ? (size_t)n : room);
    return n > 0;
}

/* Asks it to end when it is time to, and kills it a while later. */
static void shell_watch(struct shell *shell, int64_t now_ms)
{
    bool must_end = !shell->is_ending && signals_ask_to_end();

    if (shell->is_killed || (!must_end && now_ms < shell->end_at_ms))
        return;
    shell->end_at_ms = now_ms + SHELL_GRACE_MS;
    if (shell->is_ending) {
        shell->is_killed = true;
        kill(-shell->pid, SIGKILL);
    } else {
        shell->is_ending = true;
        shell->is_late = !must_end;
        kill(-shell->pid, SIGTERM);
        kill(-shell->pid, SIGCONT);
    }
}

/* Waits for its end and returns its status. If even SIGKILL does not end it, it is left behind. */
static int shell_await(struct shell *shell)
{
    int64_t now_ms = clock_now_ms();
    int status = 0;

    while (waitpid(shell->pid, &status, WNOHANG) == 0 &&
           !(shell->is_killed && now_ms >= shell->end_at_ms)) {
        struct pollfd errors = {.fd = shell->error_fd, .events = POLLIN};

        shell_watch(shell, now_ms);
        if (wait_step(&errors, 1, shell->end_at_ms, &shell->signals.inherited_mask))
            shell_read_errors(shell);
        now_ms = clock_now_ms();
    }
    /* The last words. Does not wait: a process that inherited this end may go on for ever. */
    while (shell->error_fd >= 0 && shell->complaint.length < SHELL_COMPLAINT_MAX &&
           shell_read_errors(shell))
        continue;
    return status;
}

/* How it ended, and on the same line what it said on its standard error output. */
static bool shell_judge(const struct shell *shell, int status, struct error *err)
{
    struct text line = {0};

    if (shell->is_ending)
        text_addf(&line, "%s, and was ended",
                  shell->is_late ? "took too long"
                                 : "was still running when this tick was stopped");
    else if (!WIFEXITED(status))
        text_addf(&line, "was killed by signal %d", WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        text_addf(&line, "ended with status %d", WEXITSTATUS(status));
    else
        return true;
    text_add(&line, ": ");
    text_add_clean(&line, text_string(&shell->complaint), shell->complaint.length,
                   SHELL_COMPLAINT_MAX);
    while (strchr(": ", line.data[line.length - 1]) != NULL)
        line.data[--line.length] = '\0'; /* its line end, or all of it */
    error_set(err, ERROR_INTERNAL, "%s", line.data);
    text_free(&line);
    return false;
}

bool shell_run(const char *command, const char *subject, const char *input, int64_t limit_ms,
               struct error *err)
{
    struct shell shell = {
        .subject = subject, .error_fd = -1, .end_at_ms = clock_now_ms() + limit_ms};
    bool ok;

    signals_take_over(&shell.signals);
    ok = shell_start(&shell, command, input, err) && shell_judge(&shell, shell_await(&shell), err);
    signals_give_back(&shell.signals);
    close(shell.error_fd);
    text_free(&shell.complaint);
    return ok;
}
