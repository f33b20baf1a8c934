/*
 * Memory. When there is no more, the process ends.
 *
 * Running out of memory is the one failure that is not a value. A tick may end safely at any
 * instant, thanks to the claim and the guards. So the plainest answer is also the right one: a line
 * on stderr and exit status 4.
 */
#ifndef SYNCSCHED_BASE_MEMORY_H
#define SYNCSCHED_BASE_MEMORY_H

#include <stddef.h>

/* Returns a block that somebody else allocated, never NULL. */
void *memory_or_exit(void *block);

/* count * size zeroed bytes; free() releases them. Never NULL. */
void *memory_allocate(size_t count, size_t size);

/* A copy of text; free() releases it. NULL gives NULL. */
char *memory_copy_text(const char *text);

/*
 * Makes room for one more element in a growing array. Returns the array, which may have moved, and
 * updates *capacity. New elements are not zeroed.
 */
void *memory_grow(void *array, size_t count, size_t *capacity, size_t size);

/*
 * count * size zeroed bytes that this process shares with the children that it forks afterwards;
 * NULL if there is not enough memory. memory_unshare() releases them.
 */
void *memory_share(size_t count, size_t size);
void memory_unshare(void *block, size_t count, size_t size);

#endif
