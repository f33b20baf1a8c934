/*
 * Loaded before a program (LD_PRELOAD): its n-th allocation gets no memory, or every one from there
 * on. ALLOCATION_FAILS=N or N+ says which. ALLOCATION_COUNT=FILE, of 8 bytes, gets the number of
 * allocations; a child goes on from what its parent had then. For glibc.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What glibc's own functions are called besides. */
void *__libc_malloc(size_t size);               /* NOLINT(bugprone-reserved-identifier,cert-dcl*) */
void *__libc_calloc(size_t count, size_t size); /* NOLINT(bugprone-reserved-identifier,cert-dcl*) */
void *__libc_realloc(void *old, size_t size);   /* NOLINT(bugprone-reserved-identifier,cert-dcl*) */

static atomic_long count;
static long fails;
static int is_lasting;
static atomic_long *most; /* in the file */

__attribute__((constructor)) static void begin(void)
{
    const char *which = getenv("ALLOCATION_FAILS");
    const char *path = getenv("ALLOCATION_COUNT");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;

    if (fd >= 0) {
        void *shared = mmap(NULL, sizeof *most, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

        most = shared != MAP_FAILED ? shared : NULL;
        close(fd);
    }
    atomic_store(&count, 0);
    is_lasting = which != NULL && strchr(which, '+') != NULL;
    fails = which != NULL ? strtol(which, NULL, 10) : 0;
}

static int has_none(void)
{
    long number = atomic_fetch_add(&count, 1) + 1;

    if (most != NULL && number > atomic_load(most))
        atomic_store(most, number);
    if (fails == 0 || (is_lasting ? number < fails : number != fails))
        return 0;
    errno = ENOMEM;
    return 1;
}

void *malloc(size_t size)
{
    return has_none() ? NULL : __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
    return has_none() ? NULL : __libc_calloc(number, size);
}

void *realloc(void *old, size_t size)
{
    return has_none() ? NULL : __libc_realloc(old, size);
}
