/*
 * Secrets: kept out of sight, and read from a file that nobody else may read.
 *
 * No message here quotes a value; nor a path before it has been opened, since somebody may have
 * given the secret itself there.
 */
#ifndef SYNCSCHED_BASE_SECRET_H
#define SYNCSCHED_BASE_SECRET_H

#include "base/error.h"

#include <stdbool.h>

/*
 * Keeps the memory of this process, and of those that it forks, from core dumps, and from others
 * but root: what /proc/PID shows of it, and ptrace(). To be called before anything else. Does
 * nothing where the system is not Linux.
 */
void secret_hide_memory(void);

/*
 * Takes a variable out of the environment. Its value is overwritten where the process got it, which
 * is what /proc/PID/environ shows. NULL when it is not set; secret_free() releases the copy.
 */
char *secret_take(const char *name);

enum { SECRET_FILE_MAX = 16 * 1024 };

/* Whether others than the open file's owner and group may read or write it. */
bool secret_is_exposed(int fd);

/*
 * Reads what the file at path holds, less a line end behind it; name is the setting that gave the
 * path. Symbolic links are followed: Kubernetes mounts its secrets so. Refused is what is no
 * regular file, exposed, empty, larger than SECRET_FILE_MAX bytes, or holds a NUL. ERROR_CONFIG,
 * naming the setting. secret_free() releases *value.
 */
bool secret_read_file(const char *name, const char *path, char **value, struct error *err);

/* Overwrites and frees; NULL is fine. */
void secret_free(char *value);

#endif
