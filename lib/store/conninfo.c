#include "store/conninfo.h"

#include <arpa/inet.h>
#include <string.h>

bool conninfo_check(const char *keyword, const char *value, struct error *err)
{
    bool is_name = strcmp(keyword, "host") == 0 || strcmp(keyword, "dbname") == 0;

    if ((is_name && strchr(value, '@') != NULL) ||
        (strcmp(keyword, "port") == 0 && value[strspn(value, "0123456789,")] != '\0')) {
        error_set(err, ERROR_CONFIG, "SUPABASE_DB_URL has an invalid %s", keyword);
        return error_hint(err,
                          "percent-encode '@', ':', '/', '?' and '#' in user name and password");
    }
    return true;
}

/* 127.0.0.0/8 and ::1, written in either family. */
static bool conninfo_is_loopback(const char *address)
{
    static const unsigned char mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    static const unsigned char loopback[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
    unsigned char bytes[16];

    if (inet_pton(AF_INET, address, bytes) == 1)
        return bytes[0] == 127;
    if (inet_pton(AF_INET6, address, bytes) != 1)
        return false;
    if (memcmp(bytes, mapped, sizeof mapped) == 0)
        return bytes[12] == 127;
    return memcmp(bytes, loopback, sizeof loopback) == 0;
}

static bool conninfo_verifies(const char *sslmode)
{
    return sslmode != NULL &&
           (strcmp(sslmode, "verify-full") == 0 || strcmp(sslmode, "verify-ca") == 0);
}

bool conninfo_is_exposed(const struct conninfo_facts *facts, const char **way,
                         struct error *warning)
{
    const char *host = facts->host != NULL ? facts->host : "";

    if (facts->address == NULL || *facts->address == '\0')
        *way = "a socket of this machine";
    else if (facts->has_gss)
        *way = "encrypted by Kerberos, which knows the server";
    else if (facts->has_tls && conninfo_verifies(facts->sslmode))
        *way = "encrypted, and the server is verified";
    else if (conninfo_is_loopback(facts->address))
        *way = "this machine's own loopback";
    else
        *way = NULL;
    if (*way != NULL)
        return false;
    if (facts->has_tls)
        error_set(warning, ERROR_CONFIG,
                  "the connection to the database at %.200s is encrypted, but does not insist on "
                  "the right server: sslmode is %.20s",
                  host, facts->sslmode != NULL ? facts->sslmode : "not known");
    else
        error_set(warning, ERROR_CONFIG,
                  "the connection to the database at %.200s is not encrypted", host);
    error_hint(warning, "set sslmode=verify-full, and sslrootcert=FILE for an authority that the "
                        "system does not know, in SUPABASE_DB_URL or as PGSSLMODE and "
                        "PGSSLROOTCERT");
    return true;
}

/* Each begins with the same word, whatever the language; a DETAIL or a HINT begins with another. */
const char *conninfo_last_attempt(const char *message, size_t *length)
{
    size_t word = strcspn(message, " \n");
    const char *last = message;

    for (const char *at = message; (at = strchr(at, '\n')) != NULL; at++)
        if (word > 0 && strncmp(at + 1, message, word) == 0)
            last = at + 1;
    *length = strcspn(last, "\n");
    return last;
}
