/*
 * The host's clocks; the one module that reads them.
 *
 * The database's clock decides what is due (design section 4). The monotonic clock is for deadlines
 * and for the time since the database's clock was read. The host's own clock is only compared with
 * the database's.
 */
#ifndef SYNCSCHED_TIME_CLOCK_H
#define SYNCSCHED_TIME_CLOCK_H

#include <stdint.h>

/*
 * Time since some moment in the past, the same for all processes of a host. It never goes back. If
 * the system has CLOCK_BOOTTIME, it goes on while the machine sleeps.
 */
int64_t clock_now_ms(void);
int64_t clock_now_us(void);

/* What the host believes the time to be, microseconds since 1970-01-01T00:00Z. May be wrong. */
int64_t clock_host_us(void);

#endif
