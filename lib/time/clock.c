#include "time/clock.h"

#include <time.h>

#ifdef CLOCK_BOOTTIME
#define CLOCK_OF_DEADLINES CLOCK_BOOTTIME
#else
#define CLOCK_OF_DEADLINES CLOCK_MONOTONIC
#endif

static int64_t clock_read_us(clockid_t clock)
{
    struct timespec now = {0};

    clock_gettime(clock, &now); /* fails only for a clock that does not exist */
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
    return clock_read_us(CLOCK_OF_DEADLINES);
}

int64_t clock_now_ms(void)
{
    return clock_now_us() / 1000;
}

int64_t clock_host_us(void)
{
    return clock_read_us(CLOCK_REALTIME);
}
