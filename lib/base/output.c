#include "base/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/types.h>
#include <unistd.h>

/* So often in a row may nothing be taken although poll() has said that there is room. */
enum { OUTPUT_NUDGE_US = 50000, OUTPUT_STALLS_MAX = 100 };

static void output_wake(int number)
{
    (void)number; /* it only interrupts write() */
}

/*
 * poll() has said that there is room, but a process that shares the pipe may fill it first: then
 * write() would wait. An alarm that comes again and again interrupts that.
 */
static ssize_t output_write_some(int fd, const char *bytes, size_t size)
{
    const struct itimerval nudges = {{0, OUTPUT_NUDGE_US}, {0, OUTPUT_NUDGE_US}};
    const struct itimerval none = {0};
    struct sigaction action = {.sa_handler = output_wake};
    struct sigaction before;
    ssize_t written;
    int cause;

    sigemptyset(&action.sa_mask);
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &nudges, NULL);
    written = write(fd, bytes, size);
    cause = errno;
    setitimer(ITIMER_REAL, &none, NULL);
    sigaction(SIGALRM, &before, NULL);
    errno = cause;
    return written;
}

/* As much as surely fits where poll() says that there is room; to a file all of it. */
static size_t output_most(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? SSIZE_MAX : PIPE_BUF;
}

bool output_write(int fd, const char *bytes, size_t length, int limit_ms)
{
    size_t most = output_most(fd);
    int stalls = 0;

    while (length > 0) {
        struct pollfd room = {.fd = fd, .events = POLLOUT};
        ssize_t written;
        int ready = poll(&room, 1, limit_ms);

        if (ready == 0 || stalls++ > OUTPUT_STALLS_MAX) {
            errno = EAGAIN;
            return false;
        }
        written = output_write_some(fd, bytes, length < most ? length : most);
        if (written < 0 && errno != EINTR && errno != EAGAIN)
            return false;
        if (written > 0) {
            stalls = 0;
            bytes += written;
            length -= (size_t)written;
        }
    }
    return true;
}
