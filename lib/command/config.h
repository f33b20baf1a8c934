/*
 * Configuration: the environment first, then a file of KEY=value lines (design section 7).
 *
 * The file is written as a systemd EnvironmentFile: blank lines and lines that start with # or ;
 * have no effect, and a value may be in double or single quotes. A file that holds a secret and
 * that others than owner and group may read is refused. It may set libpq's own PG* variables, too.
 * Values are never logged.
 *
 * Not for what a value means: whoever asks for one judges it.
 */
#ifndef SYNCSCHED_COMMAND_CONFIG_H
#define SYNCSCHED_COMMAND_CONFIG_H

#include "base/error.h"
#include "command/setting.h"

#include <jansson.h>
#include <stdbool.h>

struct config {
    char *path;
    char *environment[SETTINGS]; /* as it was; NULL where it has none */
    /* JSON objects serve as dictionaries here. Their keys and texts may be any bytes. */
    json_t *file;      /* each key of the file, with its value */
    bool is_unread;    /* the file is there, or was named, and could not be opened */
    bool is_half_read; /* a line of it is wrong */
    json_t *strangers; /* names that begin with SYNCSCHED_, are set, and are no settings */
};

/*
 * Takes the secrets out of the environment (secret.h), so that only this configuration still has
 * them, and libpq its PGPASSWORD; then reads the file at path. NULL means the default path, which
 * need not exist and, unless is_needed, need not be ours to read: it may hold a key, and not every
 * command has a use for that. Errors (ERROR_CONFIG) name the file and the line, never a value; what
 * the other lines say is there all the same. config_free() releases it, after a failure too.
 */
bool config_read(struct config *config, const char *path, bool is_needed, struct error *err);
void config_free(struct config *config);

/*
 * The value of key: environment as it was, else file; NULL when neither has it or it is empty.
 * Borrowed.
 */
const char *config_get(const struct config *config, const char *key);

/* Where the value comes from that config_get() returns. */
enum config_source { CONFIG_NOWHERE, CONFIG_ENVIRONMENT, CONFIG_FILE };

enum config_source config_source(const struct config *config, const char *key);

/* Whether the environment's value hides another one in the file. */
bool config_is_hidden(const struct config *config, const char *key);

/* Says of a stranger that it has no effect, and what was meant, if that can be guessed. */
void config_explain_stranger(const char *key, struct error *err);

#endif
