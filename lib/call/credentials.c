#include "call/credentials.h"

#include <string.h>

bool credentials_check(const char *key, struct error *err)
{
    for (const char *c = key; *c != '\0'; c++) {
        if (*c <= ' ' || *c > '~') {
            error_set(err, ERROR_CONFIG,
                      "the service key holds a character that a key cannot have (at byte %zu)",
                      (size_t)(c - key) + 1);
            return error_hint(err, "copy it again, without line breaks and blanks");
        }
    }
    return true;
}

void credentials_headers(const char *key, struct text *authorization, struct text *apikey)
{
    static const char new_key[] = "sb_secret_";

    if (strncmp(key, new_key, sizeof new_key - 1) != 0)
        text_addf(authorization, "Authorization: Bearer %s", key);
    text_addf(apikey, "apikey: %s", key);
}
