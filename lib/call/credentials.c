#include "call/credentials.h"

#include "time/instant.h"

#include <jansson.h>
#include <math.h>
#include <string.h>

#define CREDENTIALS_SECRET      "sb_secret_"
#define CREDENTIALS_PUBLISHABLE "sb_publishable_"

/* The year 9999. A key that expires later never does. */
#define CREDENTIALS_FAR_S 253402300800.0

#define CREDENTIALS_BASE64URL "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static bool credentials_starts_with(const char *key, const char *prefix)
{
    return strncmp(key, prefix, strlen(prefix)) == 0;
}

/*
 * The payload of a JWT: three parts of base64url without padding, the second a JSON object. NULL
 * for any other key.
 */
static json_t *credentials_payload(const char *key)
{
    const char *payload = key + strspn(key, CREDENTIALS_BASE64URL);
    size_t length = *payload == '.' ? strspn(payload + 1, CREDENTIALS_BASE64URL) : 0;
    const char *signature = payload + length + 1;
    struct text bytes = {0};
    unsigned int bits = 0;
    json_t *claims = NULL;

    if (payload == key || *payload != '.' || *signature != '.' || length % 4 == 1 ||
        signature[1 + strspn(signature + 1, CREDENTIALS_BASE64URL)] != '\0')
        return NULL;
    for (size_t i = 0; i < length; i++) {
        const char *digit = strchr(CREDENTIALS_BASE64URL, payload[1 + i]);

        bits = (bits << 6 | (unsigned int)(digit - CREDENTIALS_BASE64URL)) & 0xFFFF;
        if (i % 4 != 0)
            text_append(&bytes, &(char){(char)(bits >> (6 - 2 * (i % 4)) & 0xFF)}, 1);
    }
    claims = json_loadb(text_string(&bytes), bytes.length, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL,
                        NULL);
    text_free(&bytes);
    if (json_is_object(claims))
        return claims;
    json_decref(claims);
    return NULL;
}

static bool credentials_check_role(const json_t *claims, struct error *err)
{
    const json_t *role = json_object_get(claims, "role");
    char quoted[TEXT_QUOTE_SIZE];

    if (json_is_string(role)) {
        text_quote(json_string_value(role), json_string_length(role), quoted, sizeof quoted);
        if (strcmp(quoted, "service_role") == 0)
            return true;
        error_set(err, ERROR_CONFIG, "the service key is a JWT for the role \"%s\"", quoted);
    } else {
        error_set(err, ERROR_CONFIG, "the service key is a JWT without a role");
    }
    return error_hint(err, "take the project's service_role key, or a secret one "
                           "(" CREDENTIALS_SECRET "...)");
}

bool credentials_check(const char *key, struct error *err)
{
    const char *c = key;
    json_t *claims;
    bool ok;

    while (*c > ' ' && *c <= '~')
        c++;
    if (*c != '\0') {
        error_set(err, ERROR_CONFIG,
                  "the service key holds a character that a key cannot have (at byte %zu)",
                  (size_t)(c - key) + 1);
        return error_hint(err, "copy it again, without line breaks and blanks");
    }
    if (strcmp(key, CREDENTIALS_SECRET "...") == 0) {
        error_set(err, ERROR_CONFIG,
                  "the service key is still the placeholder " CREDENTIALS_SECRET "...");
        return error_hint(err, "copy a secret key of the project (Project Settings, API Keys)");
    }
    if (credentials_starts_with(key, CREDENTIALS_PUBLISHABLE)) {
        error_set(err, ERROR_CONFIG,
                  "the service key is a publishable one (" CREDENTIALS_PUBLISHABLE "...)");
        return error_hint(err, "take a secret one of the project (" CREDENTIALS_SECRET "...)");
    }
    claims = credentials_payload(key);
    ok = claims == NULL || credentials_check_role(claims, err);
    json_decref(claims);
    return ok;
}

/* When the key expires, in seconds since 1970, and in words; infinite if never. */
static double credentials_read_expiry(const json_t *claims, char text[INSTANT_TEXT_SIZE])
{
    const json_t *expiry = json_object_get(claims, "exp");
    double second = json_is_number(expiry) ? json_number_value(expiry) : HUGE_VAL;

    if (second >= CREDENTIALS_FAR_S)
        return HUGE_VAL;
    instant_format_second(second > 0 ? (int64_t)second * 1000 : 0, text);
    return second;
}

bool credentials_check_time(const char *key, int64_t now_us, struct error *err)
{
    json_t *claims = credentials_payload(key);
    char text[INSTANT_TEXT_SIZE];
    double second = credentials_read_expiry(claims, text);

    json_decref(claims);
    if ((double)now_us / (double)INSTANT_US_PER_SECOND < second)
        return true;
    error_set(err, ERROR_CONFIG, "the service key expired at %s, by the database's clock", text);
    return error_hint(err, "take a new one, or a secret one (" CREDENTIALS_SECRET "...), which "
                           "does not expire");
}

bool credentials_is_ending(const char *key)
{
    json_t *claims = credentials_payload(key);
    bool names_project = json_is_string(json_object_get(claims, "ref"));

    json_decref(claims);
    return names_project;
}

void credentials_describe(const char *key, struct text *words)
{
    json_t *claims = credentials_payload(key);
    char until[INSTANT_TEXT_SIZE];

    if (credentials_starts_with(key, CREDENTIALS_SECRET))
        text_add(words, "a secret key (" CREDENTIALS_SECRET "...)");
    else if (claims == NULL)
        text_add(words, "a key of no known kind");
    else
        text_add(words, "a legacy key for service_role");
    if (credentials_read_expiry(claims, until) < CREDENTIALS_FAR_S)
        text_addf(words, ", valid until %s", until);
    json_decref(claims);
}

void credentials_headers(const char *key, struct text *authorization, struct text *apikey)
{
    if (!credentials_starts_with(key, CREDENTIALS_SECRET))
        text_addf(authorization, "Authorization: Bearer %s", key);
    text_addf(apikey, "apikey: %s", key);
}
