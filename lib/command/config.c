#include "command/config.h"

#include "base/memory.h"
#include "base/secret.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern char **environ;

/* From here on only the configuration has them, and libpq its password. */
static void config_take_secrets(struct config *config)
{
    for (enum setting_name name = 0; name < SETTINGS; name++)
        if (settings[name].secrecy == SETTING_SECRET)
            config->secrets[name] = secret_take(settings[name].variable);
    /* libpq gets it from a place that is not in sight. */
    if (config->secrets[SETTING_PGPASSWORD] != NULL)
        setenv("PGPASSWORD", config->secrets[SETTING_PGPASSWORD], 1);
    secret_free(config->secrets[SETTING_PGPASSWORD]);
    config->secrets[SETTING_PGPASSWORD] = NULL;
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

static struct config_entry *config_find(const struct config *config, const char *key)
{
    for (size_t i = 0; i < config->count; i++)
        if (strcmp(config->entries[i].key, key) == 0)
            return &config->entries[i];
    return NULL;
}

static bool config_add_line(struct config *config, char *line, size_t number, struct error *err)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    char *key = config_trim(line);
    char *equals = strchr(key, '=');
    struct config_entry *entry;
    char *value;

    if (*key == '\0' || *key == '#' || *key == ';')
        return true;
    if (equals == NULL)
        return error_set(err, ERROR_CONFIG, "%s, line %zu: not of the form KEY=value", config->path,
                         number);
    *equals = '\0';
    key = config_trim(key);
    value = config_trim(equals + 1);
    if (*key == '\0' || key[strspn(key, plain)] != '\0') {
        error_set(err, ERROR_CONFIG, "%s, line %zu: not a variable's name before '='", config->path,
                  number);
        return error_hint(err,
                          "write KEY=value, as in a systemd EnvironmentFile, without 'export'");
    }
    if (!config_unquote(&value))
        return error_set(err, ERROR_CONFIG,
                         "%s, line %zu: the quote in the value of %s is not closed", config->path,
                         number, key);
    entry = config_find(config, key);
    if (entry != NULL) { /* the last line wins, as in a shell */
        free(entry->value);
        entry->value = memory_copy_text(value);
        return true;
    }
    config->entries =
        memory_grow(config->entries, config->count, &config->capacity, sizeof *config->entries);
    config->entries[config->count++] =
        (struct config_entry){memory_copy_text(key), memory_copy_text(value), false};
    return true;
}

static bool config_check_mode(const struct config *config, FILE *file, struct error *err)
{
    if (!secret_is_exposed(fileno(file)))
        return true;
    for (size_t i = 0; i < config->count; i++) {
        const struct config_entry *entry = &config->entries[i];
        enum setting_name name = setting_find(entry->key);

        if (name == SETTINGS || settings[name].secrecy != SETTING_SECRET ||
            (name == SETTING_PROXY && strchr(entry->value, '@') == NULL)) /* without a user name */
            continue;
        error_set(err, ERROR_CONFIG, "%s holds %s and others may read it", config->path,
                  entry->key);
        return error_hint(err, "chmod o= %s", config->path);
    }
    return true;
}

/* Reads on after a wrong line and reports the first: what the other lines say is of use, too. */
static bool config_read_lines(struct config *config, FILE *file, struct error *err)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    bool ok = true;

    for (size_t number = 1; (length = getline(&line, &size, file)) >= 0; number++) {
        struct error ignored;
        struct error *wrong = ok ? err : &ignored;

        if (memchr(line, '\0', (size_t)length) != NULL)
            ok = error_set(wrong, ERROR_CONFIG, "%s, line %zu: holds a NUL byte", config->path,
                           number);
        else
            ok = config_add_line(config, line, number, wrong) && ok;
    }
    if (ok && ferror(file))
        ok = error_set(err, ERROR_CONFIG, "cannot read %s: %s", config->path, strerror(errno));
    free(line);
    return ok;
}

/* libpq reads its PG* variables itself. Those of the environment win. */
static void config_export(struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        struct config_entry *entry = &config->entries[i];
        const char *value = getenv(entry->key);

        if (strncmp(entry->key, "PG", 2) != 0 || *entry->value == '\0' ||
            (value != NULL && *value != '\0'))
            continue;
        setenv(entry->key, entry->value, 1);
        entry->is_exported = true;
    }
}

/* Keeps the name, once, if it is one of ours and no setting. */
static void config_note_stranger(struct config *config, const char *key, const char *value)
{
    enum setting_name name = setting_find(key);

    if (strncmp(key, "SYNCSCHED_", strlen("SYNCSCHED_")) != 0 || *value == '\0' ||
        (name < SETTINGS && settings[name].obeyed != SETTING_ONCE))
        return;
    for (size_t i = 0; i < config->stranger_count; i++)
        if (strcmp(config->strangers[i], key) == 0)
            return;
    config->strangers = memory_grow(config->strangers, config->stranger_count,
                                    &config->stranger_capacity, sizeof *config->strangers);
    config->strangers[config->stranger_count++] = memory_copy_text(key);
}

static void config_note_strangers(struct config *config)
{
    for (char **variable = environ; *variable != NULL; variable++) {
        char *key = memory_copy_text(*variable);
        char *value = key + strcspn(key, "=");

        if (*value == '=')
            *value++ = '\0';
        config_note_stranger(config, key, value);
        free(key);
    }
    for (size_t i = 0; i < config->count; i++)
        config_note_stranger(config, config->entries[i].key, config->entries[i].value);
}

bool config_read(struct config *config, const char *path, bool is_needed, struct error *err)
{
    FILE *file;
    bool ok = true;

    *config = (struct config){
        .path = memory_copy_text(path != NULL ? path : settings[SETTING_CONFIG].fallback)};
    config_take_secrets(config);
    file = fopen(config->path, "re");
    if (file != NULL) {
        ok = config_read_lines(config, file, err) && config_check_mode(config, file, err);
        fclose(file);
        config_export(config);
    } else if (path != NULL || (errno != ENOENT && (errno != EACCES || is_needed))) {
        ok = error_set(err, ERROR_CONFIG, "cannot read %s: %s", config->path, strerror(errno));
    }
    config_note_strangers(config);
    return ok;
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < config->count; i++) {
        free(config->entries[i].key);
        free(config->entries[i].value);
    }
    for (size_t i = 0; i < SETTINGS; i++)
        secret_free(config->secrets[i]);
    for (size_t i = 0; i < config->stranger_count; i++)
        free(config->strangers[i]);
    free(config->strangers);
    free(config->entries);
    free(config->path);
    *config = (struct config){0};
}

/* The environment's value as it was, or NULL. */
static const char *config_of_environment(const struct config *config, const char *key)
{
    enum setting_name name = setting_find(key);
    const struct config_entry *entry = config_find(config, key);
    const char *value =
        name < SETTINGS && config->secrets[name] != NULL ? config->secrets[name] : getenv(key);

    return value != NULL && *value != '\0' && (entry == NULL || !entry->is_exported) ? value : NULL;
}

const char *config_get(const struct config *config, const char *key)
{
    const char *value = config_of_environment(config, key);
    const struct config_entry *entry = value == NULL ? config_find(config, key) : NULL;

    return entry != NULL && *entry->value != '\0' ? entry->value : value;
}

enum config_source config_source(const struct config *config, const char *key)
{
    if (config_get(config, key) == NULL)
        return CONFIG_NOWHERE;
    return config_of_environment(config, key) == NULL ? CONFIG_FILE : CONFIG_ENVIRONMENT;
}

bool config_is_hidden(const struct config *config, const char *key)
{
    const char *value = config_of_environment(config, key);
    const struct config_entry *entry = config_find(config, key);

    return value != NULL && entry != NULL && strcmp(value, entry->value) != 0;
}

void config_explain_stranger(const char *key, struct error *err)
{
    enum setting_name nearest = setting_find_nearest(key);

    error_set(err, ERROR_CONFIG, "%s is not a setting and has no effect", key);
    if (nearest < SETTINGS && settings[nearest].obeyed == SETTING_ONCE)
        error_hint(err, "give it as the option --%s", settings[nearest].option);
    else if (nearest < SETTINGS)
        error_hint(err, "did you mean %s?", settings[nearest].variable);
}
