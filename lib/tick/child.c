#include "tick/child.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

pid_t child_fork(int *fd)
{
    int ends[2];
    pid_t pid;
    int cause;

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return -1;
    fflush(NULL); /* or what is buffered is written twice */
    pid = fork();
    cause = errno;
    *fd = ends[pid == 0 ? 1 : 0];
    close(ends[pid == 0 ? 0 : 1]);
    if (pid < 0)
        close(*fd);
    errno = cause;
    return pid;
}
