#include "store/conninfo.h"

#include <arpa/inet.h>
#include <string.h>

/* What Supabase's dashboard and our own samples leave for a person to fill in. */
static const struct {
    const char *keyword;
    const char *text;
    bool is_part; /* of the value, else all of it */
    const char *hint;
} conninfo_placeholders[] = {
    {"password", "[YOUR-PASSWORD]", true, "the database's password, percent-encoded"},
    {"password", "PASSWORD", false, "the database's password, percent-encoded"},
    {"user", ".PROJECT", true, "the project's reference"},
    {"user", "[YOUR-PROJECT-REF]", true, "the project's reference"},
    {"host", "PROJECT", true, "the project's reference"},
    {"host", "[YOUR-PROJECT-REF]", true, "the project's reference"},
    {"host", "HOST", false, "the host that the dashboard shows under Connect, Session pooler"},
};

static bool conninfo_is_filled_in(const char *keyword, const char *value, struct error *err)
{
    for (size_t i = 0; i < sizeof conninfo_placeholders / sizeof *conninfo_placeholders; i++) {
        const char *text = conninfo_placeholders[i].text;

        if (strcmp(keyword, conninfo_placeholders[i].keyword) != 0 ||
            (conninfo_placeholders[i].is_part ? strstr(value, text) == NULL
                                              : strcmp(value, text) != 0))
            continue;
        error_set(err, ERROR_CONFIG, "SUPABASE_DB_URL still has the placeholder %s", text);
        return error_hint(err, "write in its place %s", conninfo_placeholders[i].hint);
    }
    return true;
}

bool conninfo_check(const char *keyword, const char *value, struct error *err)
{
    bool is_name = strcmp(keyword, "host") == 0 || strcmp(keyword, "dbname") == 0;

    if (!conninfo_is_filled_in(keyword, value, err))
        return false;
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

/*
 * The first of which all parts are in the message. The words of libpq and OpenSSL are not
 * translated here; those of a server may be, and then the last hint is the one.
 */
static const struct {
    const char *parts[2];
    const char *hint;
} conninfo_hints[] = {
    {{"Network is unreachable"},
     "this machine has no way to that address. On Supabase db.PROJECT.supabase.co has IPv6 alone: "
     "take the session pooler's string (Connect, Session pooler, port 5432)"},
    {{"Cannot assign requested address"},
     "this machine has no IPv6. On Supabase take the session pooler's string (Connect, Session "
     "pooler, port 5432)"},
    {{"root certificate file", "~"},
     "write the whole path of the certificate file: '~' is not expanded"},
    {{"root certificate file", "/.postgresql/"},
     "name the file of the server's authority by sslrootcert or PGSSLROOTCERT, with its whole "
     "path; "
     "and see that HOME is the directory of the user who runs this"},
    {{"root certificate file"},
     "give sslrootcert or PGSSLROOTCERT the whole path of a file that the user who runs this may "
     "read"},
    {{"certificate verify failed"},
     "the server's certificate has expired, or no authority in sslrootcert has signed it"},
    {{"server certificate for", "does not match host name"},
     "write the host as the dashboard shows it, and no address or alias of it"},
    {{"server does not support SSL"},
     "this server takes no encrypted connection: check host and port, or the server's ssl setting"},
    {{"password authentication failed"},
     "the user or the password is wrong: copy the string again, percent-encoding what is special "
     "in "
     "the password; at Supabase's pooler the user is postgres.PROJECT"},
    {{"SASL authentication failed"},
     "the user or the password is wrong: copy the string again, percent-encoding what is special "
     "in "
     "the password; at Supabase's pooler the user is postgres.PROJECT"},
    {{"Wrong password"},
     "the password is wrong: copy the string again, percent-encoding what is special in it"},
    {{"no password supplied"}, "write the password into SUPABASE_DB_URL, or set PGPASSWORD"},
    {{"Tenant or user not found"},
     "the project is paused, or user or host are another's: at Supabase's pooler the user is "
     "postgres.PROJECT, and each region has its host. Copy the string again"},
    {{"tenant/user", "not found"},
     "the project is paused, or user or host are another's: at Supabase's pooler the user is "
     "postgres.PROJECT, and each region has its host. Copy the string again"},
    {{"EMAXCONNSESSION"},
     "the pooler has no place for one more client: end others, or raise its pool size"},
    {{"MaxClientsInSessionMode"},
     "the pooler has no place for one more client: end others, or raise its pool size"},
    {{"Max client connections reached"},
     "the pooler has no place for one more client: end others, or raise its pool size"},
    {{"ECHECKOUTTIMEOUT"},
     "all connections of the pooler were in use for too long: end what holds them, or raise its "
     "pool size"},
    {{"too many clients already"},
     "the server has no place for one more client: end others, or connect through the pooler"},
    {{"remaining connection slots"},
     "the server has no place for one more client: end others, or connect through the pooler"},
    {{"could not translate host name"},
     "check the host's name, and this machine's name servers; of a Supabase project that was "
     "deleted or is paused the name may be gone"},
    {{"database \"", "does not exist"},
     "correct the name behind the last '/' of SUPABASE_DB_URL, or PGDATABASE; on Supabase it is "
     "postgres"},
    {{"no pg_hba.conf entry"},
     "the server refuses this way in: set sslmode=verify-full, or let its owner add a line to "
     "pg_hba.conf"},
    {{"the database system is"}, "wait until the server has started, and look again"},
    {{""},
     "check SUPABASE_DB_URL, or PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE, and that the "
     "server runs"},
};

const char *conninfo_hint(const char *message)
{
    size_t i = 0;

    while (
        strstr(message, conninfo_hints[i].parts[0]) == NULL ||
        (conninfo_hints[i].parts[1] != NULL && strstr(message, conninfo_hints[i].parts[1]) == NULL))
        i++;
    return conninfo_hints[i].hint;
}
