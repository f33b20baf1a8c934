#include "tick/child.h"

#include "time/wait.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

pid_t child_fork(int *fd)
{
    int ends[2];
    pid_t pid;
    int cause;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    fflush(NULL); /* otherwise both processes write what is buffered */
    pid = fork();
    cause = errno;
    *fd = ends[pid == 0 ? 1 : 0];
    close(ends[pid == 0 ? 0 : 1]);
    if (pid < 0)
        close(*fd);
    errno = cause;
    return pid;
}

void child_send(int fd, const void *message, size_t size)
{
    (void)send(fd, message, size, MSG_NOSIGNAL);
}

enum child_word child_receive(int fd, void *message, size_t size, bool waits)
{
    ssize_t n;

    do /* a reset hides what came before it */
        n = recv(fd, message, size, waits ? 0 : MSG_DONTWAIT);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    if (n < 0 && errno == EAGAIN)
        return CHILD_SAID_NOTHING;
    return n == (ssize_t)size ? CHILD_SPOKE : CHILD_IS_GONE;
}

void child_reap(pid_t pid, int fd)
{
    close(fd);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

/* ---- A helper ---- */

bool child_start(struct child *helper, void (*work)(void *context), void *context)
{
    struct child_message message;

    helper->pid = child_fork(&helper->fd);
    if (helper->pid == 0) {
        if (child_hear(helper, &message))
            work(context);
        _exit(0);
    }
    if (helper->pid > 0)
        return true;
    *helper = (struct child){0};
    return false;
}

void child_tell(const struct child *helper, struct child_message message)
{
    if (helper->pid > 0)
        child_send(helper->fd, &message, sizeof message);
}

bool child_hear(const struct child *helper, struct child_message *message)
{
    return child_receive(helper->fd, message, sizeof *message, true) == CHILD_SPOKE;
}

bool child_wait(struct child *helper, int64_t until_ms)
{
    bool has_ended = helper->pid <= 0 || wait_for(helper->fd, POLLIN, until_ms);

    child_end(helper);
    return has_ended;
}

void child_end(struct child *helper)
{
    if (helper->pid > 0) {
        kill(helper->pid, SIGKILL);
        child_reap(helper->pid, helper->fd);
    }
    *helper = (struct child){0};
}
