/* Covers lib/call/credentials.c. */
#include "suites.h"

#include "call/credentials.h"

#include <string.h>

#define JWT "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2ln-_x"

static const struct {
    const char *key;
    const char *authorization; /* "": none */
    const char *apikey;
} headers[] = {
    {JWT, "Authorization: Bearer " JWT, "apikey: " JWT},
    {"sb_secret_abc", "", "apikey: sb_secret_abc"},
    {"sb_secret_", "", "apikey: sb_secret_"},
    {"sb_secret", "Authorization: Bearer sb_secret", "apikey: sb_secret"},
    {"sb_publishable_abc", "Authorization: Bearer sb_publishable_abc",
     "apikey: sb_publishable_abc"},
    {"xsb_secret_abc", "Authorization: Bearer xsb_secret_abc", "apikey: xsb_secret_abc"},
    {"SB_SECRET_abc", "Authorization: Bearer SB_SECRET_abc", "apikey: SB_SECRET_abc"},
};

static const struct {
    const char *key;
    const char *where; /* NULL: it is fine */
} keys[] = {
    {JWT, NULL},
    {"!~", NULL},
    {"%s%n", NULL},
    {" hushhush", "(at byte 1)"},
    {"hush hush", "(at byte 5)"},
    {"hushhush\n", "(at byte 9)"},
    {"hushhush\r\nX-Evil: 1", "(at byte 9)"},
    {"hush\thush", "(at byte 5)"},
    {"hushhush\x7f", "(at byte 9)"},
    {"hush\xc3\xa9", "(at byte 5)"},
    {"hush\xff", "(at byte 5)"},
    {"hush\x01", "(at byte 5)"},
};

START_TEST(test_credentials_headers)
{
    struct text authorization = {0};
    struct text apikey = {0};

    credentials_headers(headers[_i].key, &authorization, &apikey);
    ck_assert_str_eq(text_string(&authorization), headers[_i].authorization);
    ck_assert_str_eq(text_string(&apikey), headers[_i].apikey);
    text_free(&authorization);
    text_free(&apikey);
}
END_TEST

/* Covers: what cannot stand in a header is refused, and is not quoted. */
START_TEST(test_credentials_check)
{
    struct error err = {0};

    ck_assert_int_eq(credentials_check(keys[_i].key, &err), keys[_i].where == NULL);
    if (keys[_i].where != NULL) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_msg(strstr(err.message, keys[_i].where) != NULL, "%s", err.message);
        ck_assert_ptr_null(strstr(err.message, "hush"));
        ck_assert_ptr_null(strstr(err.hint, "hush"));
        ck_assert_str_ne(err.hint, "");
    }
}
END_TEST

Suite *suite_credentials(void)
{
    Suite *suite = suite_create("credentials");
    TCase *cases = tcase_create("credentials");

    tcase_add_loop_test(cases, test_credentials_headers, 0, sizeof headers / sizeof headers[0]);
    tcase_add_loop_test(cases, test_credentials_check, 0, sizeof keys / sizeof keys[0]);
    suite_add_tcase(suite, cases);
    return suite;
}
