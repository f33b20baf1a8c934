#include "time/wait.h"

#include "time/clock.h"

#include <errno.h>
#include <time.h>

/* poll() itself may fail, as memory is short: who waits looks again after this time. */
enum { WAIT_AGAIN_MS = 10 };

static void wait_again(void)
{
    struct timespec pause = {.tv_nsec = WAIT_AGAIN_MS * 1000000L};

    nanosleep(&pause, NULL);
}

int wait_step_ms(int64_t until_ms)
{
    int64_t left_ms = until_ms - clock_now_ms();

    return left_ms <= 0 ? 0 : left_ms < WAIT_STEP_MS ? (int)left_ms : WAIT_STEP_MS;
}

bool wait_for(int fd, short events, int64_t until_ms)
{
    struct pollfd ready = {.fd = fd, .events = events};
    int step_ms;

    while ((step_ms = wait_step_ms(until_ms)) > 0) {
        int n = poll(&ready, 1, step_ms);

        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            wait_again();
    }
    return false;
}

bool wait_step(struct pollfd *ready, nfds_t count, int64_t until_ms, const sigset_t *mask)
{
    int step_ms = wait_step_ms(until_ms);
    struct timespec step = {.tv_sec = step_ms / 1000, .tv_nsec = step_ms % 1000 * 1000000L};
    int n = ppoll(ready, count, &step, mask);

    if (n >= 0 || errno == EINTR)
        return n > 0;
    wait_again();
    for (nfds_t i = 0; i < count; i++)
        ready[i].revents = ready[i].fd >= 0 ? ready[i].events : 0;
    return true;
}
