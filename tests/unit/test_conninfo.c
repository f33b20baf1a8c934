/* Covers lib/store/conninfo.c: settings that are not valid, ways on which others may listen. */
#include "support/suite.h"

#include "store/conninfo.h"

#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static const struct {
    const char *keyword;
    const char *value;
    bool is_right;
} settings[] = {
    {"host", "db.example.com", true},
    {"host", "a,b", true},
    {"host", "/var/run/postgresql", true},
    {"host", "hush@db.example.com", false},
    {"host", "", true},
    {"dbname", "postgres", true},
    {"dbname", "hush@db:5432/postgres", false},
    {"port", "5432", true},
    {"port", "5432,6543", true},
    {"port", "hush", false},
    {"port", "5432x", false},
    {"user", "a@b", true},
    {"password", "p@ss:w/ord", true},
    {"password", "PASSWORDS", true},
    {"password", "PASSWORD", false},
    {"password", "[YOUR-PASSWORD]", false},
    {"user", "postgres.abcdefghijklmnop", true},
    {"user", "postgres.PROJECT", false},
    {"user", "postgres.[YOUR-PROJECT-REF]", false},
    {"host", "HOST", false},
    {"host", "HOST.example.com", true},
    {"host", "db.PROJECT.supabase.co", false},
    {"dbname", "PROJECT", true},
};

START_TEST(test_check)
{
    struct error err = {0};

    ck_assert_int_eq(conninfo_check(settings[_i].keyword, settings[_i].value, &err),
                     settings[_i].is_right);
    ck_assert_int_eq(err.kind, settings[_i].is_right ? ERROR_NONE : ERROR_CONFIG);
    ck_assert_ptr_null(strstr(err.message, "hush"));
}
END_TEST

static const struct {
    const char *message; /* as libpq, Supabase's pooler or a server says it */
    const char *hint;    /* a part of it that no other one has */
} failures[] = {
    {"connection to server at \"db.abc.supabase.co\" (2a05:d014::1), port 5432 failed: Network is "
     "unreachable",
     "no way to that address"},
    {"connection to server at \"h\" (2a05:d014::1), port 5432 failed: Cannot assign requested "
     "address",
     "has no IPv6"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: root certificate file "
     "\"~/ca.crt\" does not exist",
     "'~' is not expanded"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: root certificate file "
     "\"/home/a/.postgresql/root.crt\" does not exist",
     "see that HOME is"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: could not read root certificate "
     "file \"/etc/ca.crt\": Permission denied",
     "who runs this may read"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: SSL error: certificate verify "
     "failed",
     "has expired, or no authority"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: server certificate for "
     "\"*.pooler.supabase.com\" (and 1 other name) does not match host name \"h\"",
     "no address or alias"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: server does not support SSL, "
     "but "
     "SSL was required",
     "takes no encrypted connection"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  password authentication "
     "failed for user \"postgres\"",
     "the user or the password is wrong"},
    {"connection to server at \"h\" (192.0.2.1), port 6543 failed: FATAL:  Wrong password",
     "the password is wrong: copy"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: fe_sendauth: no password "
     "supplied",
     "or set PGPASSWORD"},
    {"connection to server at \"h\" (192.0.2.1), port 6543 failed: FATAL:  Tenant or user not "
     "found",
     "the project is paused"},
    {"connection to server at \"h\" (192.0.2.1), port 6543 failed: FATAL:  (ENOTFOUND) tenant/user "
     "postgres.abc not found",
     "the project is paused"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  (EMAXCONNSESSION) max "
     "clients reached in session mode",
     "the pooler has no place"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  "
     "MaxClientsInSessionMode: "
     "max clients reached",
     "the pooler has no place"},
    {"connection to server at \"h\" (192.0.2.1), port 6543 failed: FATAL:  Max client connections "
     "reached",
     "the pooler has no place"},
    {"connection to server at \"h\" (192.0.2.1), port 6543 failed: FATAL:  (ECHECKOUTTIMEOUT) "
     "unable "
     "to check out connection from the pool",
     "in use for too long"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  sorry, too many clients "
     "already",
     "the server has no place"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  remaining connection "
     "slots "
     "are reserved for roles with the SUPERUSER attribute",
     "the server has no place"},
    {"could not translate host name \"h\" to address: Name or service not known",
     "the name may be gone"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  database \"x\" does not "
     "exist",
     "behind the last '/'"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  no pg_hba.conf entry "
     "for "
     "host \"192.0.2.9\", user \"u\", database \"d\", no encryption",
     "refuses this way in"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: FATAL:  the database system is "
     "starting up",
     "until the server has started"},
    {"connection to server at \"h\" (192.0.2.1), port 5432 failed: Connection refused",
     "and that the server runs"},
    {"", "and that the server runs"},
};

/* Covers: each has its own words, which fit into an error. */
START_TEST(test_hint)
{
    const char *hint = conninfo_hint(failures[_i].message);

    ck_assert_msg(strstr(hint, failures[_i].hint) != NULL, "%s", hint);
    ck_assert_uint_lt(strlen(hint), ERROR_HINT_SIZE);
}
END_TEST

static const struct {
    struct conninfo_facts facts; /* host, address, sslmode, TLS, Kerberos */
    const char *says;            /* NULL: no warning */
} ways[] = {
    {{"db", "203.0.113.5", "prefer", false, false}, "at db is not encrypted"},
    {{"db", "203.0.113.5", "disable", false, false}, "is not encrypted"},
    {{"db", "203.0.113.5", "prefer", true, false}, "sslmode is prefer"},
    {{"db", "203.0.113.5", "require", true, false}, "sslmode is require"},
    {{"db", "203.0.113.5", NULL, true, false}, "sslmode is not known"},
    {{"db", "203.0.113.5", "verify-ca", true, false}, NULL},
    {{"db", "203.0.113.5", "verify-full", true, false}, NULL},
    {{"db", "203.0.113.5", "prefer", false, true}, NULL},
    {{"db", "2001:db8::5", "require", true, false}, "sslmode is require"},
    {{"db", "fe80::1%eth0", "disable", false, false}, "is not encrypted"},
    {{NULL, "203.0.113.5", "disable", false, false}, "is not encrypted"},
    {{"127.0.0.1.example.com", "203.0.113.5", "disable", false, false}, "is not encrypted"},
    {{"db", "128.0.0.1", "disable", false, false}, "is not encrypted"},
    {{"db", "::2", "disable", false, false}, "is not encrypted"},
    {{"db", "::ffff:203.0.113.5", "disable", false, false}, "is not encrypted"},
    {{"localhost", "127.0.0.1", "disable", false, false}, NULL},
    {{"localhost", "127.8.8.8", "prefer", true, false}, NULL},
    {{"localhost", "::1", "disable", false, false}, NULL},
    {{"localhost", "::ffff:127.0.0.1", "disable", false, false}, NULL},
    {{"/run/postgresql", "", "disable", false, false}, NULL},
    {{"/run/postgresql", NULL, "disable", false, false}, NULL},
};

START_TEST(test_exposed)
{
    struct error warning = {0};
    const char *way;
    bool is_exposed = conninfo_is_exposed(&ways[_i].facts, &way, &warning);

    ck_assert_int_eq(is_exposed, ways[_i].says != NULL);
    if (is_exposed) {
        ck_assert_msg(strstr(warning.message, ways[_i].says) != NULL, "%s", warning.message);
        ck_assert_ptr_nonnull(strstr(warning.hint, "sslmode=verify-full"));
    }
}
END_TEST

static const struct {
    struct conninfo_facts facts;
    const char *says;
} safe[] = {
    {{"/run/postgresql", "", "disable", false, false}, "a socket of this machine"},
    {{"/run/postgresql", NULL, NULL, false, false}, "a socket of this machine"},
    {{"localhost", "127.0.0.1", "disable", false, false}, "this machine's own loopback"},
    {{"localhost", "127.0.0.1", "prefer", true, false}, "this machine's own loopback"},
    {{"localhost", "::1", "verify-full", true, false}, "encrypted, and the server is verified"},
    {{"db", "203.0.113.5", "verify-full", true, false}, "encrypted, and the server is verified"},
    {{"db", "203.0.113.5", "verify-ca", true, false}, "encrypted, and the server is verified"},
    {{"db", "203.0.113.5", "prefer", false, true}, "encrypted by Kerberos, which knows the server"},
};

START_TEST(test_describe)
{
    struct error warning;
    const char *way;

    ck_assert(!conninfo_is_exposed(&safe[_i].facts, &way, &warning));
    ck_assert_str_eq(way, safe[_i].says);
}
END_TEST

static const struct {
    const char *message;
    const char *last;
} attempts[] = {
    {"", ""},
    {"\n", ""},
    {"no password supplied\n", "no password supplied"},
    {"connection to server at \"a\" failed: refused\n\tIs the server running?\n",
     "connection to server at \"a\" failed: refused"},
    {"connection to server at \"a\" failed: refused\n\tIs the server running?\n"
     "connection to server at \"b\" failed: FATAL:  no\nDETAIL:  because\nHINT:  do\n",
     "connection to server at \"b\" failed: FATAL:  no"},
    {"Verbindung zu a\n\tL\303\244uft er?\nVerbindung zu b", "Verbindung zu b"},
};

START_TEST(test_last_attempt)
{
    size_t length;
    const char *last = conninfo_last_attempt(attempts[_i].message, &length);

    ck_assert_uint_eq(length, strlen(attempts[_i].last));
    ck_assert_int_eq(strncmp(last, attempts[_i].last, length), 0);
}
END_TEST

SUITE(conninfo)
{
    TCase *tcase = tcase_create("conninfo");

    tcase_add_loop_test(tcase, test_check, 0, (int)COUNT(settings));
    tcase_add_loop_test(tcase, test_hint, 0, (int)COUNT(failures));
    tcase_add_loop_test(tcase, test_exposed, 0, (int)COUNT(ways));
    tcase_add_loop_test(tcase, test_describe, 0, (int)COUNT(safe));
    tcase_add_loop_test(tcase, test_last_attempt, 0, (int)COUNT(attempts));
    suite_add_tcase(suite, tcase);
}
