#include "call/address.h"

#include "base/memory.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* What a user name and a password may hold: RFC 3986, section 3.2.1. */
#define ADDRESS_USER                                                                               \
    "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._~!$&'()*+,;=:%"

/* As in https://PROJECT.supabase.co. */
#define ADDRESS_PLACEHOLDER "PROJECT"

/* What libcurl reads in a URL. */
struct address {
    CURLUcode code;
    char host[256]; /* a name in the DNS has at most 253 characters; "" when there is none */
    bool has_port;
};

static const char address_is_no_url[] = "is not a URL";
static const char address_is_not_https[] = "must begin with https://";

/*
 * Refuses what libcurl takes, but a person may misread: "https:///host", "host:/", "%2e" for a dot,
 * "host#.evil".
 */
static struct address address_read(const char *url, const char *authority, unsigned int flags)
{
    size_t length = strcspn(authority, "/?#%");
    CURLU *parts = memory_or_exit(curl_url());
    struct address address = {.code = curl_url_set(parts, CURLUPART_URL, url, flags)};
    char *host = NULL;
    char *port = NULL;

    (void)curl_url_get(parts, CURLUPART_HOST, &host, 0);
    (void)curl_url_get(parts, CURLUPART_PORT, &port, 0);
    snprintf(address.host, sizeof address.host, "%s", host != NULL ? host : "");
    address.has_port = port != NULL;
    if (address.code == CURLUE_OK &&
        (length == 0 || length >= sizeof address.host || authority[length - 1] == ':' ||
         strchr("/?", authority[length]) == NULL || (port != NULL && strcmp(port, "0") == 0)))
        address.code = CURLUE_MALFORMED_INPUT;
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(parts);
    return address;
}

static bool address_is_printable(const char *url)
{
    while (*url > ' ' && *url <= '~')
        url++;
    return *url == '\0';
}

static bool address_is_local_host(const char *host)
{
    char inside[INET6_ADDRSTRLEN];
    struct in_addr v4;
    struct in6_addr v6;

    if (sscanf(host, "[%45[^]]", inside) == 1)
        return inet_pton(AF_INET6, inside, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    return strcasecmp(host, "localhost") == 0;
}

bool address_is_local(const char *url)
{
    struct address address = address_read(url, url, 0);

    return address_is_local_host(address.host);
}

/* What is wrong with url; NULL when it may be called. *address stays empty unless url is a URL. */
static const char *address_find_flaw(const char *url, const char *http_allowed_host,
                                     struct address *address)
{
    bool is_https = strncasecmp(url, "https://", 8) == 0;

    *address = (struct address){0};
    if (!address_is_printable(url))
        return "holds a character that a URL cannot have";
    if (!is_https && strncasecmp(url, "http://", 7) != 0)
        return strstr(url, "://") != NULL ? address_is_not_https : address_is_no_url;
    *address = address_read(url, url + (is_https ? 8 : 7), CURLU_DISALLOW_USER);
    if (address->code == CURLUE_USER_NOT_ALLOWED)
        return "holds a user name";
    if (address->code != CURLUE_OK)
        return address_is_no_url;
    if (is_https || address_is_local_host(address->host) ||
        (http_allowed_host != NULL && strcasecmp(address->host, http_allowed_host) == 0))
        return NULL;
    return address_is_not_https;
}

bool address_check(const char *url, const char *http_allowed_host, struct error *err)
{
    struct address address;
    const char *flaw = address_find_flaw(url, http_allowed_host, &address);

    if (flaw == NULL &&
        strncmp(address.host, ADDRESS_PLACEHOLDER ".", strlen(ADDRESS_PLACEHOLDER ".")) == 0) {
        error_set(err, ERROR_CONFIG,
                  "the function's address still has the placeholder " ADDRESS_PLACEHOLDER);
        return error_hint(err, "write in its place the project's reference");
    }
    if (flaw == NULL)
        return true;
    if (flaw == address_is_not_https && *address.host != '\0') {
        error_set(err, ERROR_CONFIG, "http:// would send the key to %s unprotected", address.host);
        return error_hint(err,
                          "use https://, or set SYNCSCHED_ALLOW_HTTP=%s if that network is trusted",
                          address.host);
    }
    error_set(err, ERROR_CONFIG, "the function's address %s", flaw);
    if (flaw == address_is_no_url)
        error_hint(err, "set SUPABASE_URL=https://PROJECT.supabase.co");
    return false;
}

bool address_check_other(const char *url, const char *setting, struct error *err)
{
    struct address address;
    const char *flaw = address_find_flaw(url, NULL, &address);

    return flaw == NULL || error_set(err, ERROR_CONFIG, "%s %s", setting, flaw);
}

/* USER or USER:PASSWORD; libcurl takes no control character in them, percent-encoded or not. */
static bool address_is_user(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (text[i] == '%' &&
            (!isxdigit((unsigned char)text[i + 1]) || !isxdigit((unsigned char)text[i + 2]) ||
             text[i + 1] < '2' || strncasecmp(text + i + 1, "7F", 2) == 0))
            return false;
    return length > 0 && strspn(text, ADDRESS_USER) >= length;
}

bool address_check_proxy(const char *proxy, struct error *err)
{
    const char *at = strrchr(proxy, '@');
    const char *user;

    if (strncasecmp(proxy, "http://", 7) != 0)
        return error_set(err, ERROR_CONFIG, "SYNCSCHED_PROXY must begin with http://");
    user = proxy + 7;
    if (address_is_printable(proxy) && (at == NULL || address_is_user(user, (size_t)(at - user)))) {
        const char *authority = at != NULL ? at + 1 : user;
        struct address address = address_read(proxy, authority, 0);
        const char *path = authority + strcspn(authority, "/?");

        if (address.code == CURLUE_OK && address.has_port &&
            (*path == '\0' || strcmp(path, "/") == 0))
            return true;
    }
    error_set(err, ERROR_CONFIG, "SYNCSCHED_PROXY is not of the form http://HOST:PORT");
    return error_hint(err, "percent-encode '@', ':', '/' and the like in user name and password");
}
