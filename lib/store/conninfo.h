/*
 * What the settings of a connection to PostgreSQL say about it; pure.
 *
 * Source: libpq manual, "Parameter Key Words" and "SSL Support".
 */
#ifndef SYNCSCHED_STORE_CONNINFO_H
#define SYNCSCHED_STORE_CONNINFO_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a setting out of SUPABASE_DB_URL can be right. ERROR_CONFIG: a placeholder that was left
 * in it, or, without its value, one that is split wrongly: a password with an unescaped '@', '/' or
 * ':' ends up in host, port or database name.
 */
bool conninfo_check(const char *keyword, const char *value, struct error *err);

/* What libpq knows of a connection that is made; NULL: not known. */
struct conninfo_facts {
    const char *host;    /* as it was named */
    const char *address; /* as it was found; "" for a Unix-domain socket */
    const char *sslmode;
    bool has_tls;
    bool has_gss; /* encrypted by Kerberos, which knows the server */
};

/*
 * Whether it goes to another host without TLS, or with TLS that would have taken any server's
 * certificate, or that of any host: then with a warning that says what to set, else with what keeps
 * others away in *way.
 *
 * verify-ca is enough: whom an authority of one's own vouches for, as those for databases mostly
 * are, is the owner's to say. require is not, although libpq verifies where it finds a root
 * certificate: it does not insist.
 */
bool conninfo_is_exposed(const struct conninfo_facts *facts, const char **way,
                         struct error *warning);

/*
 * What libpq says of the last address that it tried, in its message about all of them, a line each
 * and with more below: that is where it got furthest. Points into the message, and gives the line's
 * length.
 */
const char *conninfo_last_attempt(const char *message, size_t *length);

/*
 * What to do about a connection that failed with this message, of libpq or of a server or pooler:
 * Supabase's too. Never NULL.
 */
const char *conninfo_hint(const char *message);

#endif
