/*
 * Chance that can be repeated: the same seed gives the same numbers (splitmix64, by Steele, Lea and
 * Flood). What the machine makes of them, which instant of a tick a kill meets, is not repeated.
 */
#ifndef SYNCSCHED_TESTS_FAULT_CHANCE_H
#define SYNCSCHED_TESTS_FAULT_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

/* A sequence of its own for each name under one seed. */
static inline struct chance chance_seed(uint64_t seed, const char *name)
{
    for (; *name != '\0'; name++)
        seed = seed * UINT64_C(0x100000001b3) ^ (unsigned char)*name;
    return (struct chance){seed};
}

/* From first to last, both included. */
static inline int chance_pick(struct chance *chance, int first, int last)
{
    uint64_t z = (chance->state += UINT64_C(0x9e3779b97f4a7c15));

    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    z ^= z >> 31;
    return first + (int)(z % (uint64_t)(last - first + 1));
}

static inline bool chance_percent(struct chance *chance, int percent)
{
    return chance_pick(chance, 1, 100) <= percent;
}

#endif
