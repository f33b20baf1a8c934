#include "command/config.h"

#include "base/memory.h"
#include "base/secret.h"
#include "notify/shell.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The byte order mark that some editors put before the first line. */
#define CONFIG_MARK "\xEF\xBB\xBF"

extern char **environ;

/* From here on only the configuration has the secrets, and libpq its password. */
static void config_take_environment(struct config *config)
{
    for (enum setting_name name = 0; name < SETTINGS; name++)
        config->environment[name] = settings[name].secrecy == SETTING_SECRET
                                        ? secret_take(settings[name].variable)
                                        : memory_copy_text(getenv(settings[name].variable));
    /* libpq gets it from a place that is not in sight. */
    if (config->environment[SETTING_PGPASSWORD] != NULL)
        setenv("PGPASSWORD", config->environment[SETTING_PGPASSWORD], 1);
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

/*
 * A '#' behind a blank is a part of the value, as in a systemd EnvironmentFile; of a setting that
 * is one word it never can be. Behind a closing quote it cannot either.
 */
static bool config_has_comment(const char *key, const char *value)
{
    const char *comment = value + strcspn(value, " \t");
    enum setting_name name = setting_find(key);

    if (*value == '"' || *value == '\'') {
        const char *end = strchr(value + 1, *value);

        comment = end != NULL ? end + 1 : "";
    }
    return name < SETTINGS && name != SETTING_ON_FAILURE && *comment != '\0' &&
           comment[strspn(comment, " \t")] == '#';
}

static bool config_add_line(struct config *config, char *line, size_t length, struct error *err)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    bool has_nul = strlen(line) < length;
    char *key = config_trim(line);
    char *equals = strchr(key, '=');
    char *value;

    if (has_nul)
        return error_set(err, ERROR_CONFIG, "holds a NUL byte");
    if (*key == '\0' || *key == '#' || *key == ';')
        return true;
    if (equals == NULL)
        return error_set(err, ERROR_CONFIG, "not of the form KEY=value");
    *equals = '\0';
    key = config_trim(key);
    value = config_trim(equals + 1);
    if (*key == '\0' || key[strspn(key, plain)] != '\0') {
        error_set(err, ERROR_CONFIG, "not a variable's name before '='");
        return error_hint(err,
                          "write KEY=value, as in a systemd EnvironmentFile, without 'export'");
    }
    if (config_has_comment(key, value)) {
        error_set(err, ERROR_CONFIG, "a comment follows the value of %s", key);
        return error_hint(err,
                          "give it a line of its own; if it is a part of the value, quote that");
    }
    if (!config_unquote(&value))
        return error_set(err, ERROR_CONFIG, "the quote in the value of %s is not closed", key);
    /* The last line wins, as in a shell. */
    json_object_set_new_nocheck(config->file, key, json_string_nocheck(value));
    return true;
}

static bool config_check_mode(const struct config *config, FILE *file, struct error *err)
{
    const char *key;
    json_t *value;

    if (!secret_is_exposed(fileno(file)))
        return true;
    json_object_foreach(config->file, key, value)
    {
        enum setting_name name = setting_find(key);

        if (name == SETTINGS || settings[name].secrecy != SETTING_SECRET ||
            (name == SETTING_PROXY && strchr(json_string_value(value), '@') == NULL))
            continue; /* a proxy's address is a secret only with a user name in it */
        error_set(err, ERROR_CONFIG, "%s holds %s and others may read it", config->path, key);
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
        size_t mark = number == 1 && strncmp(line, CONFIG_MARK, strlen(CONFIG_MARK)) == 0
                          ? strlen(CONFIG_MARK)
                          : 0;
        struct error wrong;

        if (config_add_line(config, line + mark, (size_t)length - mark, &wrong) || !ok)
            continue;
        *err = wrong;
        ok = error_prefix(err, "%s, line %zu", config->path, number);
    }
    if (ok && ferror(file))
        ok = error_set(err, ERROR_CONFIG, "cannot read %s: %s", config->path, strerror(errno));
    free(line);
    return ok;
}

/* libpq reads its PG* variables itself. Those of the environment win. */
static void config_export(const struct config *config)
{
    const char *key;
    json_t *value;

    json_object_foreach(config->file, key, value)
    {
        const char *present = getenv(key);

        if (strncmp(key, "PG", 2) == 0 && *json_string_value(value) != '\0' &&
            (present == NULL || *present == '\0'))
            setenv(key, json_string_value(value), 1);
    }
}

/* Keeps the name if it is one of ours and no setting. A command of --on-failure may run us. */
static void config_note_stranger(struct config *config, const char *key, const char *value)
{
    enum setting_name name = setting_find(key);

    if (strncmp(key, "SYNCSCHED_", strlen("SYNCSCHED_")) == 0 && *value != '\0' &&
        strcmp(key, SHELL_SUBJECT) != 0 &&
        (name == SETTINGS || settings[name].obeyed == SETTING_ONCE))
        json_object_set_new_nocheck(config->strangers, key, json_true());
}

static void config_note_strangers(struct config *config)
{
    const char *name;
    json_t *text;

    for (char **variable = environ; *variable != NULL; variable++) {
        char *key = memory_copy_text(*variable);
        char *value = key + strcspn(key, "=");

        if (*value == '=')
            *value++ = '\0';
        config_note_stranger(config, key, value);
        free(key);
    }
    json_object_foreach(config->file, name, text)
    {
        config_note_stranger(config, name, json_string_value(text));
    }
}

/* What it says is not known then: not to be taken for settings that are missing. */
static bool config_explain_unread(struct config *config, int reason, struct error *err)
{
    config->is_unread = true;
    error_set(err, ERROR_CONFIG, "cannot read %s: %s", config->path, strerror(reason));
    if (reason == EACCES)
        error_hint(err, "run this with sudo, or as the user who ticks");
    return false;
}

bool config_read(struct config *config, const char *path, bool is_needed, struct error *err)
{
    FILE *file;
    bool ok = true;

    *config = (struct config){
        .path = memory_copy_text(path != NULL ? path : settings[SETTING_CONFIG].fallback),
        .file = json_object(),
        .strangers = json_object(),
    };
    config_take_environment(config);
    file = fopen(config->path, "re");
    if (file != NULL) {
        config->is_half_read = !config_read_lines(config, file, err);
        ok = !config->is_half_read && config_check_mode(config, file, err);
        fclose(file);
        config_export(config);
    } else if (path != NULL || (errno != ENOENT && (errno != EACCES || is_needed))) {
        ok = config_explain_unread(config, errno, err);
    }
    config_note_strangers(config);
    return ok;
}

void config_free(struct config *config)
{
    for (size_t i = 0; i < SETTINGS; i++)
        secret_free(config->environment[i]);
    json_decref(config->file);
    json_decref(config->strangers);
    free(config->path);
    *config = (struct config){0};
}

static const char *config_of_file(const struct config *config, const char *key)
{
    return json_string_value(json_object_get(config->file, key));
}

/* The environment's value as it was, or NULL. */
static const char *config_of_environment(const struct config *config, const char *key)
{
    enum setting_name name = setting_find(key);
    const char *value = name < SETTINGS ? config->environment[name] : getenv(key);

    return value != NULL && *value != '\0' ? value : NULL;
}

const char *config_get(const struct config *config, const char *key)
{
    const char *value = config_of_environment(config, key);

    if (value == NULL)
        value = config_of_file(config, key);
    return value != NULL && *value != '\0' ? value : NULL;
}

enum config_source config_source(const struct config *config, const char *key)
{
    if (config_get(config, key) == NULL)
        return CONFIG_NOWHERE;
    return config_of_environment(config, key) == NULL ? CONFIG_FILE : CONFIG_ENVIRONMENT;
}

bool config_is_hidden(const struct config *config, const char *key)
{
    const char *used = config_of_environment(config, key);
    const char *hidden = config_of_file(config, key);

    return used != NULL && hidden != NULL && strcmp(used, hidden) != 0;
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
