/* Covers lib/call/address.c: to whom the key may be sent. */
#include "support/suite.h"

#include "call/address.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

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
    {"https://other.example?x=@evil.example:1/", NULL, NULL},
    {"https://abc-1.supabase.co./f#part", NULL, NULL},
    {"https://abc.supabase.co:65535", NULL, NULL},
    {"https://my_host", NULL, NULL},
    {"https://10.1.2.3/f", NULL, NULL},
    {"https://[2001:db8::1]:8443/f", NULL, NULL},
    {"http://[2001:db8::1]/f", "[2001:db8::1]", NULL},
    {"http://[0:0:0:0:0:0:0:1]/f", NULL, NULL},
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
    {"https://", NULL, "is not a URL"},
    {"https:///f", NULL, "is not a URL"},
    {"https:/abc.supabase.co/f", NULL, "is not a URL"},
    {"https://:443/f", NULL, "is not a URL"},
    {"https://abc.supabase.co:/f", NULL, "is not a URL"},
    {"https://abc.supabase.co:0/f", NULL, "is not a URL"},
    {"https://abc.supabase.co:+443/f", NULL, "is not a URL"},
    {"https://abc.supabase.co:443x/f", NULL, "is not a URL"},
    {"https://abc.supabase.co:0000443/f", NULL, NULL}, /* 443, libcurl says */
    {"https://abc%2esupabase.co/f", NULL, "is not a URL"},
    {"https://abc.supabase.co#.evil.example/f", NULL, "is not a URL"},
    {"https://abc.supabase.co\\.evil.example/f", NULL, "is not a URL"},
    {"https://[::1/f", NULL, "is not a URL"},
    {"https://[]/f", NULL, "is not a URL"},
    {"https://[::1]x/f", NULL, "is not a URL"},
    {"https://[::1%25lo]/f", NULL, "is not a URL"},
    {"https://[1::2::3]/f", NULL, "is not a URL"},
    {"http://localhost\\@evil.example/f", NULL, "holds a user name"},
    {"http://localhost#@evil.example/f", NULL, "is not a URL"},
    {"http://127.1/f", NULL, NULL}, /* 127.0.0.1, libcurl says */
    {"http://127.0.0.1.5/f", NULL, "would send the key to 127.0.0.1.5"},
    {"javascript://localhost/f", NULL, "must begin with https://"},
    {"", NULL, "is not a URL"},
    {"https://PROJECT.supabase.co/f", NULL, "still has the placeholder PROJECT"},
    {"https://project.supabase.co/f", NULL, NULL},
    {"https://abc.supabase.co:99999/f", NULL, "is not a URL"},
    {"https://abc .supabase.co/f", NULL, "holds a character that a URL cannot have"},
    {"https://abc.supabase.co/f\r\nX-Evil: 1", NULL, "holds a character"},
    {"https://b\xc3\xa9.example/f", NULL, "holds a character that a URL cannot have"},
};

START_TEST(test_address)
{
    struct error err = {0};
    bool ok = address_check(urls[_i].url, urls[_i].allowed, &err);

    ck_assert_msg(ok == (urls[_i].wrong == NULL), "%s: %s", urls[_i].url, err.message);
    if (urls[_i].wrong != NULL) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_msg(strstr(err.message, urls[_i].wrong) != NULL, "%s", err.message);
        ck_assert_ptr_null(strstr(err.message, "hush"));
    }
}
END_TEST

/* Covers: a host longer than any name, with and without an end. */
START_TEST(test_address_long)
{
    char url[400];
    struct error err = {0};

    memset(url, 'a', sizeof url);
    memcpy(url, "https://", 8);
    url[8 + 255] = '\0';
    ck_assert(address_check(url, NULL, &err));
    url[8 + 255] = 'a';
    url[8 + 256] = '/';
    url[sizeof url - 1] = '\0';
    ck_assert(!address_check(url, NULL, &err));
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
}
END_TEST

/* Covers: what is refused for its http:// says what to do. */
START_TEST(test_address_hint)
{
    struct error err = {0};

    ck_assert(!address_check("http://kong:8000/f", NULL, &err));
    ck_assert_str_eq(err.hint,
                     "use https://, or set SYNCSCHED_ALLOW_HTTP=kong if that network is trusted");
}
END_TEST

/* Covers: which of them name this machine. */
START_TEST(test_address_local)
{
    ck_assert(address_is_local("http://localhost:54321/f"));
    ck_assert(address_is_local("https://LOCALHOST"));
    ck_assert(address_is_local("https://127.9.9.9/f"));
    ck_assert(address_is_local("http://[::1]:9000/f?x"));
    ck_assert(!address_is_local("https://abc.supabase.co/f"));
    ck_assert(!address_is_local("http://kong:8000/localhost"));
    ck_assert(!address_is_local("https://localhost.evil.example/"));
    ck_assert(!address_is_local("https://10.0.0.1/"));
}
END_TEST

static const struct {
    const char *proxy;
    const char *wrong; /* part of the message; NULL: it is one */
} proxies[] = {
    {"http://proxy.example:3128", NULL},
    {"http://proxy.example:3128/", NULL},
    {"HTTP://10.0.0.1:8080", NULL},
    {"http://[2001:db8::1]:8080", NULL},
    {"http://user@proxy:1", NULL},
    {"http://user:hush@proxy:1", NULL},
    {"http://us%40er:hu%3Ash%20@proxy:1/", NULL},
    {"http://user:h:us!h$@[::1]:1", NULL},
    {"https://proxy.example:3128", "must begin with http://"},
    {"socks5://proxy.example:1080", "must begin with http://"},
    {"proxy.example:3128", "must begin with http://"},
    {"", "must begin with http://"},
    {"http://", "not of the form"},
    {"http://proxy.example", "not of the form"},
    {"http://proxy.example/", "not of the form"},
    {"http://[::1]", "not of the form"},
    {"http://:3128", "not of the form"},
    {"http://proxy:", "not of the form"},
    {"http://proxy:0", "not of the form"},
    {"http://proxy:65536", "not of the form"},
    {"http://proxy:1/path", "not of the form"},
    {"http://proxy:1?x", "not of the form"},
    {"http://proxy:1#x", "not of the form"},
    {"http://proxy:1\r\nX: y", "not of the form"},
    {"http://pro xy:1", "not of the form"},
    {"http://user:hush@proxy", "not of the form"},
    {"http://@proxy:1", "not of the form"},
    {"http://user:hu@sh@proxy:1", "not of the form"},
    {"http://user:hu/sh@proxy:1", "not of the form"},
    {"http://user:hush\n@proxy:1", "not of the form"},
    {"http://user:hush%@proxy:1", "not of the form"},
    {"http://user:hush%0@proxy:1", "not of the form"},
    {"http://user:hush%0g@proxy:1", "not of the form"},
    {"http://user:hush%00@proxy:1", "not of the form"},
    {"http://user:hush%0a@proxy:1", "not of the form"},
    {"http://user:hush%7F@proxy:1", "not of the form"},
};

START_TEST(test_address_proxy)
{
    struct error err = {0};
    bool ok = address_check_proxy(proxies[_i].proxy, &err);

    ck_assert_msg(ok == (proxies[_i].wrong == NULL), "%s: %s", proxies[_i].proxy, err.message);
    if (ok)
        return;
    ck_assert_int_eq(err.kind, ERROR_CONFIG);
    ck_assert_msg(strstr(err.message, proxies[_i].wrong) != NULL, "%s", err.message);
    ck_assert_ptr_null(strstr(err.message, "hush"));
}
END_TEST

/* Covers: libcurl takes what is accepted, with the same user name and password in it. */
START_TEST(test_address_proxy_libcurl)
{
    CURLU *parts = curl_url();
    char *user = NULL;
    char *password = NULL;

    if (proxies[_i].wrong == NULL) {
        CURLUcode code;

        ck_assert_int_eq(curl_url_set(parts, CURLUPART_URL, proxies[_i].proxy, 0), CURLUE_OK);
        code = curl_url_get(parts, CURLUPART_USER, &user, CURLU_URLDECODE);
        ck_assert_int_eq(code == CURLUE_OK, strchr(proxies[_i].proxy, '@') != NULL);
        code = curl_url_get(parts, CURLUPART_PASSWORD, &password, CURLU_URLDECODE);
        ck_assert(code == CURLUE_OK || code == CURLUE_NO_PASSWORD);
    }
    curl_free(user);
    curl_free(password);
    curl_url_cleanup(parts);
}
END_TEST

static const struct {
    const char *url;
    const char *message; /* NULL: may be asked */
} others[] = {
    {"https://www.xledger.net/", NULL},
    {"https://[2001:db8::1]:8443/up?a=b", NULL},
    {"http://127.0.0.1:9000/up", NULL},
    {"http://localhost/up", NULL},
    {"http://www.xledger.net/", "SYNCSCHED_HEALTH_URL_XLEDGER must begin with https://"},
    {"http://localhost.evil.example/", "SYNCSCHED_HEALTH_URL_XLEDGER must begin with https://"},
    {"ftp://www.xledger.net/", "SYNCSCHED_HEALTH_URL_XLEDGER must begin with https://"},
    {"https://me:hush@www.xledger.net/", "SYNCSCHED_HEALTH_URL_XLEDGER holds a user name"},
    {"www.xledger.net", "SYNCSCHED_HEALTH_URL_XLEDGER is not a URL"},
    {"https://www.xledger.net/\x1b", "SYNCSCHED_HEALTH_URL_XLEDGER holds a character that a URL"},
};

/* Covers: the addresses of other systems, by the name of their setting. */
START_TEST(test_address_other)
{
    struct error err = {0};
    bool ok = address_check_other(others[_i].url, "SYNCSCHED_HEALTH_URL_XLEDGER", &err);

    ck_assert_msg(ok == (others[_i].message == NULL), "%s: %s", others[_i].url, err.message);
    if (others[_i].message != NULL) {
        ck_assert_int_eq(err.kind, ERROR_CONFIG);
        ck_assert_ptr_eq(strstr(err.message, others[_i].message), err.message);
        ck_assert_ptr_null(strstr(err.message, "hush"));
    }
}
END_TEST

SUITE(address)
{
    TCase *cases = tcase_create("address");

    tcase_add_loop_test(cases, test_address, 0, sizeof urls / sizeof urls[0]);
    tcase_add_test(cases, test_address_long);
    tcase_add_test(cases, test_address_hint);
    tcase_add_test(cases, test_address_local);
    tcase_add_loop_test(cases, test_address_proxy, 0, sizeof proxies / sizeof proxies[0]);
    tcase_add_loop_test(cases, test_address_proxy_libcurl, 0, sizeof proxies / sizeof proxies[0]);
    tcase_add_loop_test(cases, test_address_other, 0, sizeof others / sizeof others[0]);
    suite_add_tcase(suite, cases);
}
