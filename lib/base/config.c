#include "base/config.h"

#include "base/memory.h"
#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What others must not see; PGPASSWORD, which libpq reads, besides. */
static const char *const config_secrets[CONFIG_SECRETS] = {"SUPABASE_SERVICE_ROLE_KEY",
                                                           "SUPABASE_SECRET_KEY", "SUPABASE_DB_URL",
                                                           "SYNCSCHED_PROXY", "SYNCSCHED_PING_URL"};

static const char config_password[] = "PGPASSWORD";

/* Its number, CONFIG_SECRETS when it is none. */
static size_t config_find_secret(const char *key)
{
    size_t i = 0;

    while (i < CONFIG_SECRETS && strcmp(key, config_secrets[i]) != 0)
        i++;
    return i;
}

static void config_take_secrets(struct config *config)
{
    char *password = secret_take(config_password);

    for (size_t i = 0; i < CONFIG_SECRETS; i++)
        config->secrets[i] = secret_take(config_secrets[i]);
    /* libpq gets it from a place that is not in sight. */
    if (password != NULL)
        setenv(config_password, password, 1);
    secret_free(password);
}

/* Cuts white space off both ends, in place. */
static char *config_trim(char *text)
{
    char *end = text + strlen(text);

    while (end > text && strchr(" \t\r\n", end[-1]) != NULL)
        *--end = '\0';
    return text + strspn(text, " \t");
}

/* Takes the quotes off a value, in place; false when a quote is not closed at its end. */
static bool config_unquote(char **value)
{
    char quote = **value;
    char *to = *value;
    const char *from = *value + 1;

    if (quote != '"' && quote != '\'')
        return true;
    for (; *from != '\0' && *from != quote; from++) {
        if (quote == '"' && *from == '\\' && from[1] != '\0' && strchr("\"\\$`", from[1]) != NULL)
            from++;
        *to++ = *from;
    }
    if (*from != quote || from[1] != '\0')
        return false;
    *to = '\0';
    return true;
}

static bool config_key_is_plain(const char *key)
{
    return key[0] != '\0' &&
           key[strspn(key, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")] ==
               '\0';
}

static bool config_add_line(struct config *config, char *line, size_t number, struct error *err)
{
    char *key = config_trim(line);
    char *equals = strchr(key, '=');
    char *value;
    bool is_exported;

    if (*key == '\0' || *key == '#' || *key == ';')
        return true;
    if (equals == NULL)
        return error_set(err, ERROR_CONFIG, "%s, line %zu: not of the form KEY=value", config->path,
                         number);
    *equals = '\0';
    key = config_trim(key);
    value = config_trim(equals + 1);
    if (!config_key_is_plain(key)) {
        error_set(err, ERROR_CONFIG, "%s, line %zu: not a variable's name before '='", config->path,
                  number);
        return error_hint(err,
                          "write KEY=value, as in a systemd EnvironmentFile, without 'export'");
    }
    if (!config_unquote(&value))
        return error_set(err, ERROR_CONFIG,
                         "%s, line %zu: the quote in the value of %s is not closed", config->path,
                         number, key);
    is_exported = strncmp(key, "PG", 2) == 0 && getenv(key) == NULL;
    if (is_exported)
        setenv(key, value, 1); /* libpq reads these itself; the environment's own win */
    config->entries =
        memory_grow(config->entries, config->count, &config->capacity, sizeof *config->entries);
    config->entries[config->count++] =
        (struct config_entry){memory_copy_text(key), memory_copy_text(value), is_exported};
    return true;
}

/* A proxy's address is one only with a user name in it. */
static bool config_holds_secret(const struct config_entry *entry)
{
    if (strcmp(entry->key, "SYNCSCHED_PROXY") == 0)
        return strchr(entry->value, '@') != NULL;
    return config_is_secret(entry->key);
}

static bool config_check_mode(const struct config *config, FILE *file, struct error *err)
{
    if (!secret_is_exposed(fileno(file)))
        return true;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];

        if (config_holds_secret(entry)) {
            error_set(err, ERROR_CONFIG, "%s holds %s and others may read it", config->path,
                      entry->key);
            return error_hint(err, "chmod o= %s", config->path);
        }
    }
    return true;
}

/* Reads on after a wrong line, of which the first one is told: what the others say still counts. */
static bool config_read_lines(struct config *config, FILE *file, struct error *err)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    bool ok = true;

    for (size_t number = 1; (length = getline(&line, &size, file)) >= 0; number++) {
        struct error wrong;
        bool is_right = memchr(line, '\0', (size_t)length) == NULL
                            ? config_add_line(config, line, number, &wrong)
                            : error_set(&wrong, ERROR_CONFIG, "%s, line %zu: holds a NUL byte",
                                        config->path, number);

        if (ok && !is_right)
            *err = wrong;
        ok = ok && is_right;
    }
    if (ok && ferror(file))
        ok = error_set(err, ERROR_CONFIG, "cannot read %s: %s", config->path, strerror(errno));
    free(line);
    return ok;
}

bool config_read(struct config *config, const char *path, bool is_needed, struct error *err)
{
    FILE *file;
    bool ok;

    *config = (struct config){.path = memory_copy_text(path != NULL ? path : CONFIG_DEFAULT_PATH)};
    config_take_secrets(config);
    file = fopen(config->path, "re");
    if (file == NULL && path == NULL && (errno == ENOENT || (errno == EACCES && !is_needed)))
        return true;
    if (file == NULL)
        return error_set(err, ERROR_CONFIG, "cannot read %s: %s", config->path, strerror(errno));
    ok = config_read_lines(config, file, err) && config_check_mode(config, file, err);
    fclose(file);
    return ok;
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->entries[i].key);
        free(config->entries[i].value);
    }
    for (size_t i = 0; i < CONFIG_SECRETS; i++)
        secret_free(config->secrets[i]);
    free(config->entries);
    free(config->path);
    *config = (struct config){0};
}

/* The environment's value as it was, or NULL. */
static const char *config_of_environment(const struct config *config, const char *key)
{
    size_t secret = config_find_secret(key);
    const char *value = secret < CONFIG_SECRETS ? config->secrets[secret] : getenv(key);

    return value != NULL && *value != '\0' ? value : NULL;
}

/* The last line that sets a key counts, as in a shell; NULL when none does. */
static const struct config_entry *config_find(const struct config *config, const char *key)
{
    for (size_t i = config->count; i > 0; i--)
        if (strcmp(config->entries[i - 1].key, key) == 0)
            return &config->entries[i - 1];
    return NULL;
}

const char *config_get(const struct config *config, const char *key)
{
    const char *value = config_of_environment(config, key);
    const struct config_entry *entry = value == NULL ? config_find(config, key) : NULL;

    return entry != NULL && *entry->value != '\0' ? entry->value : value;
}

/* Of several lines of a PG* variable the first was exported. */
static bool config_was_exported(const struct config *config, const char *key)
{
    bool was_exported = false;

    for (size_t i = 0; i < config->count; i++)
        was_exported = was_exported ||
                       (config->entries[i].is_exported && strcmp(config->entries[i].key, key) == 0);
    return was_exported;
}

enum config_source config_source(const struct config *config, const char *key)
{
    if (config_get(config, key) == NULL)
        return CONFIG_NOWHERE;
    return config_of_environment(config, key) == NULL || config_was_exported(config, key)
               ? CONFIG_FILE
               : CONFIG_ENVIRONMENT;
}

bool config_is_hidden(const struct config *config, const char *key)
{
    const char *value = config_of_environment(config, key);
    const struct config_entry *entry = config_find(config, key);

    return value != NULL && entry != NULL && !config_was_exported(config, key) &&
           strcmp(value, entry->value) != 0;
}

bool config_is_secret(const char *key)
{
    return config_find_secret(key) < CONFIG_SECRETS || strcmp(key, config_password) == 0;
}
