#include "time/wait.h"

#include "time/clock.h"

#include <errno.h>
#include <time.h>

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
            return false;
    }
    return false;
}

bool wait_step(struct pollfd *ready, nfds_t count, int64_t until_ms, const sigset_t *mask)
{
    int step_ms = wait_step_ms(until_ms);
    struct timespec step = {.tv_sec = step_ms / 1000, .tv_nsec = step_ms % 1000 * 1000000L};

    return ppoll(ready, count, &step, mask) > 0;
}
