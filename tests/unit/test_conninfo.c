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
    tcase_add_loop_test(tcase, test_exposed, 0, (int)COUNT(ways));
    tcase_add_loop_test(tcase, test_describe, 0, (int)COUNT(safe));
    tcase_add_loop_test(tcase, test_last_attempt, 0, (int)COUNT(attempts));
    suite_add_tcase(suite, tcase);
}
