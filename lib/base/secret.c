#include "base/secret.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

void secret_hide_memory(void)
{
#ifdef __linux__
    (void)prctl(PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
#endif
}

char *secret_take(const char *name)
{
    size_t length = strlen(name);
    char *copy = NULL;

    /* The environment may hold a name twice. The first one wins, as with getenv(). */
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char *value = *entry + length + 1;

        if (strncmp(*entry, name, length) != 0 || (*entry)[length] != '=')
            continue;
        if (copy == NULL)
            copy = memory_copy_text(value);
        explicit_bzero(value, strlen(value));
    }
    unsetenv(name);
    return copy;
}

bool secret_is_exposed(int fd)
{
    struct stat status;

    return fstat(fd, &status) == 0 && (status.st_mode & (S_IROTH | S_IWOTH)) != 0;
}

/* Reads the open file into value, which has room for SECRET_FILE_MAX bytes, one more and a NUL. */
static bool secret_take_file(const char *name, const char *path, int fd, char *value,
                             struct error *err)
{
    struct stat status;
    ssize_t length = 0;
    ssize_t n;

    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(err, ERROR_CONFIG, "%s: %s is no regular file", name, path);
    if (secret_is_exposed(fd)) {
        error_set(err, ERROR_CONFIG, "%s: others may read %s", name, path);
        return error_hint(err, "chmod o= %s", path);
    }
    do {
        n = read(fd, value + length, SECRET_FILE_MAX + 1 - (size_t)length);
        length += n > 0 ? n : 0;
    } while ((n > 0 && length <= SECRET_FILE_MAX) || (n < 0 && errno == EINTR));
    if (n < 0)
        return error_set(err, ERROR_CONFIG, "%s: cannot read %s: %s", name, path, strerror(errno));
    if (length > SECRET_FILE_MAX)
        return error_set(err, ERROR_CONFIG, "%s: %s is larger than %d bytes", name, path,
                         SECRET_FILE_MAX);
    if (memchr(value, '\0', (size_t)length) != NULL)
        return error_set(err, ERROR_CONFIG, "%s: %s holds a NUL byte", name, path);
    if (length > 0 && value[length - 1] == '\n')
        length -= length > 1 && value[length - 2] == '\r' ? 2 : 1;
    value[length] = '\0';
    return length > 0 || error_set(err, ERROR_CONFIG, "%s: %s is empty", name, path);
}

bool secret_read_file(const char *name, const char *path, char **value, struct error *err)
{
    /* A FIFO without a writer must not block it. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    char *bytes;
    bool ok;

    *value = NULL;
    if (fd < 0)
        return error_set(err, ERROR_CONFIG, "cannot read the file that %s names: %s", name,
                         strerror(errno));
    bytes = memory_allocate(SECRET_FILE_MAX + 2, 1);
    ok = secret_take_file(name, path, fd, bytes, err);
    close(fd);
    if (ok)
        *value = bytes;
    else
        secret_free(bytes);
    return ok;
}

void secret_free(char *value)
{
    if (value != NULL)
        explicit_bzero(value, strlen(value));
    free(value);
}
