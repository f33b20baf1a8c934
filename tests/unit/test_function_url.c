/* Covers function_check_url() of lib/call/function.c: to whom the key may be sent. */
#include "suites.h"

#include "call/function.h"

#include <string.h>

static const struct {
    const char *url;
    const char *allowed; /* the host allowed by name */
    const char *wrong;   /* part of the message; NULL: may be called */
} urls[] = {
    {"https://abc.supabase.co/functions/v1/run-integration", NULL, NULL},
    {"HTTPS://abc.supabase.co/f", NULL, NULL},
    {"https://abc.supabase.co:8443/f?x=1", NULL, NULL},
    {"http://localhost:54321/functions/v1/f", NULL, NULL},
    {"http://LocalHost/f", NULL, NULL},
    {"http://127.0.0.1:9000/f", NULL, NULL},
    {"http://127.3.2.1/f", NULL, NULL},
    {"http://[::1]:9000/f", NULL, NULL},
    {"http://kong:8000/f", "kong", NULL},
    {"http://KONG:8000/f", "kong", NULL},
    {"https://other.example/f", "kong", NULL},
    {"http://abc.supabase.co/f", NULL, "http:// would send the key to abc.supabase.co"},
    {"http://kong.evil.example/f", "kong", "would send the key to kong.evil.example"},
    {"http://evilkong/f", "kong", "would send the key to evilkong"},
    {"http://other/f", "", "would send the key to other"},
    {"http://localhost.evil.example/f", NULL, "would send the key to localhost.evil.example"},
    {"http://127.evil.example/f", NULL, "would send the key to 127.evil.example"},
    {"http://127.0.0.1.evil.example/f", NULL, "would send the key to 127.0.0.1.evil.example"},
    {"http://128.0.0.1/f", NULL, "would send the key to 128.0.0.1"},
    {"http://[::2]/f", NULL, "would send the key to [::2]"},
    {"http://0.0.0.0/f", NULL, "would send the key to 0.0.0.0"},
    {"http://127.0.0.1@evil.example/f", NULL, "holds a user name"},
    {"https://user:hush@abc.supabase.co/f", NULL, "holds a user name"},
    {"https://user@abc.supabase.co/f", NULL, "holds a user name"},
    {"ftp://abc.supabase.co/f", NULL, "must begin with https://"},
    {"file:///etc/passwd", NULL, "the function's address"},
    {"abc.supabase.co/f", NULL, "is not a URL"},
    {"https://", NULL, "the function's address"},
    {"", NULL, "is not a URL"},
    {"https://abc.supabase.co:99999/f", NULL, "is not a URL"},
    {"https://abc .supabase.co/f", NULL, "holds a character that a URL cannot have"},
    {"https://abc.supabase.co/f\r\nX-Evil: 1", NULL, "holds a character"},
    {"https://b\xc3\xa9.example/f", NULL, "holds a character that a URL cannot have"},
};

START_TEST(test_function_url)
{
    struct error err = {0};
    bool ok = function_check_url(urls[_i].url, urls[_i].allowed, &err);

    ck_assert_msg(ok == (urls[_i].wrong == NULL), "%s: %s", urls[_i].url, err.message);
    if (urls[_i].wrong != NULL) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_msg(strstr(err.message, urls[_i].wrong) != NULL, "%s", err.message);
        ck_assert_ptr_null(strstr(err.message, "hush"));
    }
}
END_TEST

/* Covers: what is refused for its http:// says what to do. */
START_TEST(test_function_url_hint)
{
    struct error err = {0};

    ck_assert(!function_check_url("http://kong:8000/f", NULL, &err));
    ck_assert_str_eq(err.hint,
                     "use https://, or set SYNCSCHED_ALLOW_HTTP=kong if that network is trusted");
}
END_TEST

Suite *suite_function_url(void)
{
    Suite *suite = suite_create("function_url");
    TCase *cases = tcase_create("function_url");

    tcase_add_loop_test(cases, test_function_url, 0, sizeof urls / sizeof urls[0]);
    tcase_add_test(cases, test_function_url_hint);
    suite_add_tcase(suite, cases);
    return suite;
}
