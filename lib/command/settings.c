#include "command/settings.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/secret.h"
#include "base/text.h"
#include "call/address.h"
#include "call/credentials.h"
#include "plan/timetable.h"

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

/* Refuses more than the project's address, such as that of a function. */
static bool settings_check_base(const char *base, struct error *err)
{
    static const char *const ends[] = {"?", "#", "/functions/v1", "/rest/v1"};
    size_t length = strlen(base);

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *end = strstr(base, ends[i]);

        if (end != NULL && (size_t)(end - base) < length)
            length = (size_t)(end - base);
    }
    if (base[length] == '\0')
        return true;
    error_set(err, ERROR_CONFIG, "SUPABASE_URL holds more than the project's address");
    return error_hint(err, "set SUPABASE_URL=%.*s; SYNCSCHED_FUNCTION names the function",
                      (int)length, base);
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
        return text_check_bare("SYNCSCHED_FUNCTION_URL", whole, err);
    }
    if (base == NULL) {
        error_set(err, ERROR_CONFIG, "SUPABASE_URL is not set");
        return error_hint(err,
                          "set SUPABASE_URL=https://PROJECT.supabase.co in the environment "
                          "or in %s",
                          line->config.path);
    }
    if (!text_check_bare("SUPABASE_URL", base, err) || !settings_check_base(base, err))
        return false;
    if (name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] !=
        '\0')
        return error_set(err, ERROR_CONFIG,
                         "SYNCSCHED_FUNCTION may hold letters, digits, '-' and '_' only");
    length = strlen(base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    text_addf(&text, "%.*s/functions/v1/%s", (int)length, base, name);
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
    FILE *file = fopen(path, "re");
    char line[128];
    bool has_certificate = false;

    while (file != NULL && !has_certificate && fgets(line, sizeof line, file) != NULL)
        has_certificate =
            strncmp(line, begin, sizeof begin - 1) == 0 && strstr(line, "CERTIFICATE-----") != NULL;
    if (file == NULL || ferror(file))
        error_set(err, ERROR_CONFIG, "cannot read SYNCSCHED_CA_FILE %s: %s", path, strerror(errno));
    else if (!has_certificate)
        error_set(err, ERROR_CONFIG, "SYNCSCHED_CA_FILE %s holds no certificate in PEM form", path);
    if (file != NULL)
        fclose(file);
    return has_certificate;
}

/* The way to a url that has been checked. */
static bool settings_way(const struct command_line *line, const char *url, const char *ca_file,
                         struct http_target *address, struct error *err)
{
    const char *proxy = line->values[SETTING_PROXY].text;

    if ((proxy != NULL && !address_check_proxy(proxy, err)) ||
        (ca_file != NULL && !settings_check_ca(ca_file, err)))
        return false;
    *address = (struct http_target){
        .url = url,
        .proxy = address_is_local(url) ? NULL : proxy, /* a proxy's localhost is another machine */
        .ca_file = ca_file,
    };
    return true;
}

bool settings_function_address(const struct command_line *line, struct settings_function *function,
                               struct error *err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
    const char *region = line->values[SETTING_REGION].text;

    if (region != NULL && region[strspn(region, plain)] != '\0') {
        error_set(err, ERROR_CONFIG, "SYNCSCHED_REGION may hold letters, digits and '-' only");
        return error_hint(err, "such as SYNCSCHED_REGION=%s", settings[SETTING_REGION].example);
    }
    if (!settings_compose_url(line, &function->url, err) ||
        !address_check(function->url, line->values[SETTING_ALLOW_HTTP].text, err) ||
        !settings_way(line, function->url, line->values[SETTING_CA_FILE].text, &function->address,
                      err))
        return false;
    function->address.region = region;
    return true;
}

struct http_target settings_monitor(const struct command_line *line)
{
    const char *url = line->values[SETTING_PING_URL].text;
    struct http_target address = {0};
    struct error err;

    if (url != NULL && (!address_check(url, line->values[SETTING_ALLOW_HTTP].text, &err) ||
                        !settings_way(line, url, NULL, &address, &err)))
        /* The check speaks of the function, and would quote what it is not to. */
        log_warning("SYNCSCHED_PING_URL is not the address of a monitor, https://HOST/..., or the "
                    "way there is not allowed: nobody hears of this tick");
    return address;
}

bool settings_key(const struct command_line *line, char **key, const char **name, struct error *err)
{
    /* Each kind under both of its names; of two keys the first is used. */
    static const enum setting_name names[] = {
        SETTING_SUPABASE_SERVICE_ROLE_KEY, SETTING_SUPABASE_SECRET_KEY,
        SETTING_SUPABASE_SERVICE_ROLE_KEY_FILE, SETTING_SUPABASE_SECRET_KEY_FILE};
    const char *found[2] = {NULL, NULL}; /* a key, and the file of one */
    const char *values[2] = {NULL, NULL};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = line->values[names[i]].text;

        if (value == NULL || values[i / 2] != NULL)
            continue;
        found[i / 2] = settings[names[i]].variable;
        values[i / 2] = value;
    }
    if (values[0] != NULL && values[1] != NULL) {
        error_set(err, ERROR_CONFIG, "both %s and %s are set", found[0], found[1]);
        return error_hint(err, "leave one of them out: nobody can tell which key is the new one");
    }
    *name = found[values[1] != NULL ? 1 : 0];
    if (values[1] != NULL)
        return secret_read_file(found[1], values[1], key, err) &&
               text_check_bare(found[1], *key, err);
    if (values[0] == NULL) {
        error_set(err, ERROR_CONFIG,
                  "neither SUPABASE_SERVICE_ROLE_KEY nor SUPABASE_SECRET_KEY is set");
        return error_hint(err, "set one in the environment or in %s, or %s; never as an argument",
                          line->config.path, "SUPABASE_SECRET_KEY_FILE");
    }
    *key = memory_copy_text(values[0]);
    return text_check_bare(found[0], *key, err);
}

bool settings_function(const struct command_line *line, struct settings_function *function,
                       struct error *err)
{
    const char *name;

    *function = (struct settings_function){0};
    if (!settings_key(line, &function->key, &name, err) || !credentials_check(function->key, err) ||
        !settings_function_address(line, function, err))
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

/* "xledger,bufdir" */
static bool settings_read_passive(const char *types, struct probe_target targets[PROBE_TYPES],
                                  struct error *err)
{
    for (const char *at = types; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, ",");
        size_t i = 0;

        while (i < PROBE_TYPES && (strlen(targets[i].integration_type) != length ||
                                   strncmp(targets[i].integration_type, at, length) != 0))
            i++;
        if (i == PROBE_TYPES) {
            error_set(err, ERROR_CONFIG,
                      "SYNCSCHED_HEALTH_PASSIVE holds what is no type of integration");
            return error_hint(err, "such as SYNCSCHED_HEALTH_PASSIVE=xledger,bufdir");
        }
        targets[i].policy = PROBE_PASSIVE;
        at += length + (at[length] == ',' ? 1 : 0);
    }
    return true;
}

bool settings_probe(const struct command_line *line, struct probe_target targets[PROBE_TYPES],
                    struct error *err)
{
    static const enum setting_name urls[PROBE_TYPES] = {
        SETTING_HEALTH_URL_XLEDGER, SETTING_HEALTH_URL_DYNAMICS, SETTING_HEALTH_URL_BUFDIR};

    for (size_t i = 0; i < PROBE_TYPES; i++) {
        const char *url = line->values[urls[i]].text;

        targets[i] = (struct probe_target){
            .integration_type = timetable_type(i),
            .policy = url != NULL ? PROBE_ACTIVE : PROBE_NOT_CONFIGURED,
        };
        if (url != NULL && (!address_check_other(url, settings[urls[i]].variable, err) ||
                            !settings_way(line, url, line->values[SETTING_CA_FILE].text,
                                          &targets[i].address, err)))
            return false;
    }
    return settings_read_passive(line->values[SETTING_HEALTH_PASSIVE].text, targets, err);
}
