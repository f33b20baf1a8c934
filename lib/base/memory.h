/*
 * Memory that is there or ends the process.
 *
 * Running out of memory is the one failure that is not a value: every state of a tick is safe
 * against the process ending at any instant (that is what the claim and the guards are for), so the
 * plainest answer is also the right one: a line on stderr and exit status 4.
 */
#ifndef SYNCSCHED_BASE_MEMORY_H
#define SYNCSCHED_BASE_MEMORY_H

#include <stddef.h>

/* What somebody else allocated: the block itself, never NULL. */
void *memory_or_exit(void *block);

/* count * size zeroed bytes; free() releases them. Never NULL. */
void *memory_allocate(size_t count, size_t size);

/* A copy of text; free() releases it. NULL gives NULL. */
char *memory_copy_text(const char *text);

/*
 * Makes room for one more element in a growing array: returns array, moved where it had to grow,
 * with *capacity updated. Elements of a fresh array are not zeroed.
 */
void *memory_grow(void *array, size_t count, size_t *capacity, size_t size);

/*
 * count * size zeroed bytes that this process shares with the children that it forks afterwards;
 * NULL when the system has none. memory_unshare() releases them.
 */
void *memory_share(size_t count, size_t size);
void memory_unshare(void *block, size_t count, size_t size);

#endif
