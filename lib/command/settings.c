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
        .url = line->values[SETTING_SUPABASE_DB_URL].text,
        .role = line->values[SETTING_DB_ROLE].text,
        .warn = log_failure_as_warning,
    };
}

static bool settings_compose_url(const struct command_line *line, char **url, struct error *err)
{
    const char *whole = line->values[SETTING_FUNCTION_URL].text;
    const char *base = line->values[SETTING_SUPABASE_URL].text;
    const char *name = line->values[SETTING_FUNCTION].text;
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
                          line->config.path);
    }
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
static bool settings_way(const struct command_line *line, const char *url,
                         struct http_target *address, struct error *err)
{
    const char *proxy = line->values[SETTING_PROXY].text;
    const char *ca_file = line->values[SETTING_CA_FILE].text;

    if ((proxy != NULL && !address_check_proxy(proxy, err)) || !settings_check_ca(ca_file, err))
        return false;
    *address = (struct http_target){
        .url = url,
        .proxy = address_is_local(url) ? NULL : proxy, /* a proxy's localhost is another machine */
        .ca_file = ca_file,
    };
    return true;
}

bool settings_function_address(const struct command_line *line, struct http_target *address,
                               char **url, struct error *err)
{
    return settings_compose_url(line, url, err) &&
           address_check(*url, line->values[SETTING_ALLOW_HTTP].text, err) &&
           settings_way(line, *url, address, err);
}

struct http_target settings_monitor(const struct command_line *line)
{
    const char *url = line->values[SETTING_PING_URL].text;
    const char *proxy = line->values[SETTING_PROXY].text;
    struct error err;

    if (url == NULL)
        return (struct http_target){0};
    if (!address_check(url, line->values[SETTING_ALLOW_HTTP].text, &err) ||
        (proxy != NULL && !address_check_proxy(proxy, &err))) {
        /* The check speaks of the function, and would quote what it is not to. */
        log_warning("SYNCSCHED_PING_URL is not the address of a monitor, https://HOST/..., or the "
                    "way there is not allowed: nobody hears of this tick");
        return (struct http_target){0};
    }
    return (struct http_target){
        .url = url,
        .proxy = address_is_local(url) ? NULL : proxy,
    };
}

bool settings_key(const struct command_line *line, char **key, struct error *err)
{
    static const char file[] = "SUPABASE_SERVICE_ROLE_KEY_FILE";
    const char *name = "SUPABASE_SERVICE_ROLE_KEY";
    const char *value = line->values[SETTING_SUPABASE_SERVICE_ROLE_KEY].text;
    const char *path = line->values[SETTING_SUPABASE_SERVICE_ROLE_KEY_FILE].text;

    if (value == NULL) {
        name = "SUPABASE_SECRET_KEY";
        value = line->values[SETTING_SUPABASE_SECRET_KEY].text;
    }
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
                          line->config.path, file);
    }
    *key = memory_copy_text(value);
    return true;
}

bool settings_function(const struct command_line *line, struct settings_function *function,
                       struct error *err)
{
    *function = (struct settings_function){0};
    if (!settings_key(line, &function->key, err) || !credentials_check(function->key, err) ||
        !settings_function_address(line, &function->address, &function->url, err))
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
static bool settings_read_passive(const struct command_line *line,
                                  struct probe_target targets[PROBE_TYPES], struct error *err)
{
    static const char name[] = "SYNCSCHED_HEALTH_PASSIVE";
    const char *at = line->values[SETTING_HEALTH_PASSIVE].text;

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

static bool settings_read_target(const struct command_line *line, struct probe_target *target,
                                 struct error *err)
{
    char name[64] = "SYNCSCHED_HEALTH_URL_";
    size_t n = strlen(name);
    const char *url;

    for (const char *c = target->integration_type; *c != '\0' && n + 1 < sizeof name; c++)
        name[n++] = (char)toupper((unsigned char)*c);
    name[n] = '\0';
    url = config_get(&line->config, name);
    if (url == NULL)
        return true;
    target->policy = PROBE_ACTIVE;
    return address_check_other(url, name, err) && settings_way(line, url, &target->address, err);
}

bool settings_probe(const struct command_line *line, struct probe_target targets[PROBE_TYPES],
                    struct error *err)
{
    for (size_t i = 0; i < PROBE_TYPES; i++) {
        targets[i] = (struct probe_target){.integration_type = timetable_type(i),
                                           .policy = PROBE_NOT_CONFIGURED};
        if (!settings_read_target(line, &targets[i], err))
            return false;
    }
    return settings_read_passive(line, targets, err);
}
