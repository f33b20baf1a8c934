/*
 * Sets of the values of a cron field: bit n means the value n, 0 <= n < 63.
 *
 * Every file that works with struct cron uses these; the compiler inlines them.
 */
#ifndef SYNCSCHED_CRON_CRON_SET_H
#define SYNCSCHED_CRON_CRON_SET_H

#include <stdbool.h>
#include <stdint.h>

/* The sets that hold all values of a field. */
#define CRON_ALL_MINUTES  ((UINT64_C(1) << 60) - 1)
#define CRON_ALL_HOURS    UINT32_C(0xFFFFFF)
#define CRON_ALL_DAYS     UINT32_C(0xFFFFFFFE)
#define CRON_ALL_MONTHS   UINT16_C(0x1FFE)
#define CRON_ALL_WEEKDAYS UINT8_C(0x7F)

static inline bool cron_set_holds(uint64_t set, int value)
{
    return (set >> value & 1) != 0;
}

/* The values from first to last; first <= last. */
static inline uint64_t cron_set_range(int first, int last)
{
    return (UINT64_C(2) << last) - (UINT64_C(1) << first);
}

/* The members that are at least value. */
static inline uint64_t cron_set_from(uint64_t set, int value)
{
    return set >> value << value;
}

static inline int cron_set_count(uint64_t set)
{
    return __builtin_popcountll(set);
}

/* The set must not be empty. */
static inline int cron_set_least(uint64_t set)
{
    return __builtin_ctzll(set);
}

/* The same. */
static inline int cron_set_greatest(uint64_t set)
{
    return 63 - __builtin_clzll(set);
}

#endif
