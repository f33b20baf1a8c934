#include "command/settings.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"
#include "call/address.h"
#include "call/credentials.h"
#include "plan/timetable.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct database_address settings_database(const struct command_line *line)
{
    return (struct database_address){
        .url = config_get(&line->config, "SUPABASE_DB_URL"),
        .role = command_value(line, "db-role"),
        .warn = log_failure_as_warning,
    };
}

static bool settings_compose_url(const struct config *config, char **url, struct error *err)
{
    const char *whole = config_get(config, "SYNCSCHED_FUNCTION_URL");
    const char *base = config_get(config, "SUPABASE_URL");
    const char *name = config_get(config, "SYNCSCHED_FUNCTION");
    struct text text = {0};
    size_t length;

    if (whole != NULL) {
        *url = memory_copy_text(whole);
        return true;
    }
    if (base == NULL) {
        error_set(err, ERROR_CONFIG, "SUPABASE_URL is not set");
        return error_hint(err,
                          "set SUPABASE_URL=https://PROJECT.supabase.co in the environment "
                          "or in %s",
                          config->path);
    }
    name = name != NULL ? name : "run-integration";
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] !=
        '\0')
        return error_set(err, ERROR_CONFIG,
                         "SYNCSCHED_FUNCTION may hold letters, digits, '-' and '_' only");
    length = strlen(base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    text_append(&text, base, length);
    text_addf(&text, "/functions/v1/%s", name);
    *url = text.data;
    return true;
}

/*
 * Looks into the file now: with one that cannot be read, or that holds no certificate, every call
 * of the tick would fail, each with its run claimed.
 */
static bool settings_check_ca(const char *path, struct error *err)
{
    static const char begin[] = "-----BEGIN ";
    FILE *file = path != NULL ? fopen(path, "re") : NULL;
    char line[128];
    bool has_certificate = false;
    bool is_read;

    if (path == NULL)
        return true;
    while (file != NULL && !has_certificate && fgets(line, sizeof line, file) != NULL)
        has_certificate =
            strncmp(line, begin, sizeof begin - 1) == 0 && strstr(line, "CERTIFICATE-----") != NULL;
    is_read = file != NULL && !ferror(file);
    if (!is_read)
        error_set(err, ERROR_CONFIG, "cannot read SYNCSCHED_CA_FILE %s: %s", path, strerror(errno));
    else if (!has_certificate)
        error_set(err, ERROR_CONFIG, "SYNCSCHED_CA_FILE %s holds no certificate in PEM form", path);
    if (file != NULL)
        fclose(file);
    return is_read && has_certificate;
}

/* The way to a url that has been checked. */
static bool settings_way(const struct config *config, const char *url, struct http_target *address,
                         struct error *err)
{
    const char *proxy = config_get(config, "SYNCSCHED_PROXY");
    const char *ca_file = config_get(config, "SYNCSCHED_CA_FILE");

    if ((proxy != NULL && !address_check_proxy(proxy, err)) || !settings_check_ca(ca_file, err))
        return false;
    *address = (struct http_target){
        .url = url,
        .proxy = address_is_local(url) ? NULL : proxy, /* a proxy's localhost is another machine */
        .ca_file = ca_file,
    };
    return true;
}

bool settings_function_address(const struct config *config, struct http_target *address, char **url,
                               struct error *err)
{
    return settings_compose_url(config, url, err) &&
           address_check(*url, config_get(config, "SYNCSCHED_ALLOW_HTTP"), err) &&
           settings_way(config, *url, address, err);
}

struct http_target settings_monitor(const struct config *config)
{
    const char *url = config_get(config, "SYNCSCHED_PING_URL");
    const char *proxy = config_get(config, "SYNCSCHED_PROXY");
    struct error err;

    if (url == NULL)
        return (struct http_target){0};
    if (!address_check(url, config_get(config, "SYNCSCHED_ALLOW_HTTP"), &err) ||
        (proxy != NULL && !address_check_proxy(proxy, &err))) {
        /* The check speaks of the function, and would quote what it is not to. */
        log_warning("SYNCSCHED_PING_URL is not the address of a monitor, https://HOST/..., or the "
                    "way there is not allowed: nobody is told of this tick");
        return (struct http_target){0};
    }
    return (struct http_target){
        .url = url,
        .proxy = address_is_local(url) ? NULL : proxy,
    };
}

bool settings_key(const struct config *config, char **key, struct error *err)
{
    static const char file[] = "SUPABASE_SERVICE_ROLE_KEY_FILE";
    const char *name = "SUPABASE_SERVICE_ROLE_KEY";
    const char *value = config_get(config, name);
    const char *path = config_get(config, file);

    if (value == NULL)
        value = config_get(config, name = "SUPABASE_SECRET_KEY");
    if (value != NULL && path != NULL) {
        error_set(err, ERROR_CONFIG, "both %s and %s are set", name, file);
        return error_hint(err, "leave one of them out: nobody can tell which key is the new one");
    }
    if (path != NULL)
        return secret_read_file(file, path, key, err);
    if (value == NULL) {
        error_set(err, ERROR_CONFIG,
                  "neither SUPABASE_SERVICE_ROLE_KEY nor SUPABASE_SECRET_KEY is set");
        return error_hint(err, "set one in the environment or in %s, or %s; never as an argument",
                          config->path, file);
    }
    *key = memory_copy_text(value);
    return true;
}

bool settings_function(const struct config *config, struct settings_function *function,
                       struct error *err)
{
    *function = (struct settings_function){0};
    if (!settings_key(config, &function->key, err) || !credentials_check(function->key, err) ||
        !settings_function_address(config, &function->address, &function->url, err))
        return false;
    function->address.key = function->key;
    return true;
}

void settings_function_free(struct settings_function *function)
{
    secret_free(function->key);
    free(function->url);
    *function = (struct settings_function){0};
}

/* ---- What is probed ---- */

static struct probe_target *settings_find_target(struct probe_target targets[PROBE_TYPES],
                                                 const char *type, size_t length)
{
    for (size_t i = 0; i < PROBE_TYPES; i++)
        if (strlen(targets[i].integration_type) == length &&
            strncmp(targets[i].integration_type, type, length) == 0)
            return &targets[i];
    return NULL;
}

/* "xledger,bufdir" */
static bool settings_read_passive(const struct config *config,
                                  struct probe_target targets[PROBE_TYPES], struct error *err)
{
    static const char name[] = "SYNCSCHED_HEALTH_PASSIVE";
    const char *at = config_get(config, name);

    while (at != NULL && *at != '\0') {
        size_t length = strcspn(at, ",");
        struct probe_target *target = settings_find_target(targets, at, length);

        if (target == NULL) {
            error_set(err, ERROR_CONFIG, "%s holds what is no type of integration", name);
            return error_hint(err, "such as %s=xledger,bufdir", name);
        }
        target->policy = PROBE_PASSIVE;
        at += length + (at[length] == ',' ? 1 : 0);
    }
    return true;
}

static bool settings_read_target(const struct config *config, struct probe_target *target,
                                 struct error *err)
{
    char name[64] = "SYNCSCHED_HEALTH_URL_";
    size_t n = strlen(name);
    const char *url;

    for (const char *c = target->integration_type; *c != '\0' && n + 1 < sizeof name; c++)
        name[n++] = (char)toupper((unsigned char)*c);
    name[n] = '\0';
    url = config_get(config, name);
    if (url == NULL)
        return true;
    target->policy = PROBE_ACTIVE;
    return address_check_other(url, name, err) && settings_way(config, url, &target->address, err);
}

bool settings_probe(const struct config *config, struct probe_target targets[PROBE_TYPES],
                    struct error *err)
{
    for (size_t i = 0; i < PROBE_TYPES; i++) {
        targets[i] = (struct probe_target){.integration_type = timetable_type(i),
                                           .policy = PROBE_NOT_CONFIGURED};
        if (!settings_read_target(config, &targets[i], err))
            return false;
    }
    return settings_read_passive(config, targets, err);
}
