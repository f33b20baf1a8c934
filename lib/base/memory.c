#include "base/memory.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *memory_or_exit(void *block)
{
    static const char message[] = "syncsched: error: out of memory\n";

    if (block == NULL) {
        ssize_t ignored = write(STDERR_FILENO, message, sizeof message - 1);
        (void)ignored;
        _exit(4);
    }
    return block;
}

void *memory_allocate(size_t count, size_t size)
{
    return memory_or_exit(calloc(count > 0 ? count : 1, size));
}

char *memory_copy_text(const char *text)
{
    return text == NULL ? NULL : memory_or_exit(strdup(text));
}

void *memory_grow(void *array, size_t count, size_t *capacity, size_t size)
{
    if (count >= *capacity) {
        *capacity = *capacity > 0 ? *capacity * 2 : 16;
        array = memory_or_exit(reallocarray(array, *capacity, size));
    }
    return array;
}

void *memory_share(size_t count, size_t size)
{
    void *block =
        mmap(NULL, count * size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    return block != MAP_FAILED ? block : NULL;
}

void memory_unshare(void *block, size_t count, size_t size)
{
    if (block != NULL)
        munmap(block, count * size);
}
