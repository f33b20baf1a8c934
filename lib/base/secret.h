/*
 * Secrets: kept out of sight, and read from a file that nobody else may read.
 *
 * No message here quotes a value. Nor does it quote a path before it has been opened, since
 * somebody may have given the secret itself instead of a path.
 */
#ifndef SYNCSCHED_BASE_SECRET_H
#define SYNCSCHED_BASE_SECRET_H

#include "base/error.h"

#include <stdbool.h>

/*
 * Forbids core dumps of this process and of those that it forks, and hides their memory from
 * everybody but root: /proc/PID and ptrace(). Call it before anything else. Does nothing except on
 * Linux.
 */
void secret_hide_memory(void);

/*
 * Removes a variable from the environment and returns a copy of its value. Overwrites the value at
 * the place that /proc/PID/environ shows. NULL if it is not set. secret_free() releases the copy.
 */
char *secret_take(const char *name);

enum { SECRET_FILE_MAX = 16 * 1024 };

/* Whether others than the open file's owner and group may read or write it. */
bool secret_is_exposed(int fd);

/*
 * Reads the file at path, without a line end at its end. name is the setting that holds the path.
 * Symbolic links are followed, because Kubernetes mounts its secrets that way. Refuses what is not
 * a regular file, or is exposed, empty, or larger than SECRET_FILE_MAX bytes, or holds a NUL:
 * ERROR_CONFIG, naming the setting. secret_free() releases *value.
 */
bool secret_read_file(const char *name, const char *path, char **value, struct error *err);

/* Overwrites and frees; NULL is fine. */
void secret_free(char *value);

#endif
