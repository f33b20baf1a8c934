#include "tick/helper.h"

#include "tick/child.h"
#include "time/clock.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HELPER_LOOK_MS = 1000 };

bool helper_start(struct helper *helper, void (*work)(void *context), void *context)
{
    struct helper_word word;

    helper->pid = child_fork(&helper->fd);
    if (helper->pid == 0) {
        if (helper_hear(helper, &word))
            work(context);
        _exit(0);
    }
    if (helper->pid > 0)
        return true;
    *helper = (struct helper){0};
    return false;
}

void helper_tell(const struct helper *helper, struct helper_word word)
{
    if (helper->pid > 0)
        (void)send(helper->fd, &word, sizeof word, MSG_NOSIGNAL);
}

bool helper_hear(const struct helper *helper, struct helper_word *word)
{
    ssize_t n;

    do /* a reset hides what came before it */
        n = recv(helper->fd, word, sizeof *word, 0);
    while (n < 0 && (errno == EINTR || errno == ECONNRESET));
    return n == (ssize_t)sizeof *word;
}

bool helper_wait(struct helper *helper, int64_t until_ms)
{
    struct pollfd end = {.fd = helper->fd, .events = POLLIN};
    bool has_ended = helper->pid <= 0;
    int64_t left_ms = until_ms - clock_now_ms();

    /* Looked at once a second: poll() does not count the time a machine sleeps. */
    while (!has_ended && left_ms > 0) {
        has_ended = poll(&end, 1, left_ms < HELPER_LOOK_MS ? (int)left_ms : HELPER_LOOK_MS) > 0;
        left_ms = until_ms - clock_now_ms();
    }
    helper_end(helper);
    return has_ended;
}

void helper_end(struct helper *helper)
{
    if (helper->pid > 0) {
        kill(helper->pid, SIGKILL);
        close(helper->fd);
        while (waitpid(helper->pid, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    *helper = (struct helper){0};
}
