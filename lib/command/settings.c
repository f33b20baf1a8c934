#include "command/settings.h"

#include "base/memory.h"
#include "base/text.h"
#include "call/address.h"
#include "call/credentials.h"

#include <stdlib.h>
#include <string.h>

const char *settings_database_url(const struct config *config)
{
    return config_get(config, "SUPABASE_DB_URL");
}

static bool settings_function_url(const struct config *config, char **url, struct error *err)
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

bool settings_function(const struct config *config, struct function_address *address, char **url,
                       struct error *err)
{
    const char *key = config_get(config, "SUPABASE_SERVICE_ROLE_KEY");

    *url = NULL;
    if (key == NULL)
        key = config_get(config, "SUPABASE_SECRET_KEY");
    if (key == NULL) {
        error_set(err, ERROR_CONFIG,
                  "neither SUPABASE_SERVICE_ROLE_KEY nor SUPABASE_SECRET_KEY is set");
        return error_hint(err, "set one in the environment or in %s; never as an argument",
                          config->path);
    }
    if (!credentials_check(key, err) || !settings_function_url(config, url, err) ||
        !address_check(*url, config_get(config, "SYNCSCHED_ALLOW_HTTP"), err))
        return false;
    *address = (struct function_address){.url = *url, .key = key};
    return true;
}
