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

/* A name in the DNS has at most 253 characters. */
enum { ADDRESS_HOST_SIZE = 256, ADDRESS_PORT_SIZE = 8 };

static const char address_is_no_url[] = "is not a URL";
static const char address_is_not_https[] = "must begin with https://";

/* Copies what libcurl read there; "" when there is nothing. */
static void address_get(CURLU *parts, CURLUPart part, char *text, size_t size)
{
    char *copy = NULL;

    (void)curl_url_get(parts, part, &copy, 0);
    snprintf(text, size, "%s", copy != NULL ? copy : "");
    curl_free(copy);
}

/*
 * Has libcurl read a URL, and gets its host and port. Refuses what libcurl takes, but a person may
 * misread: "https:///host", "host:/", "%2e" for a dot, "host#.evil".
 */
static CURLUcode address_read(const char *url, const char *authority, unsigned int flags,
                              char host[ADDRESS_HOST_SIZE], char port[ADDRESS_PORT_SIZE])
{
    size_t length = strcspn(authority, "/?#%");
    CURLU *parts = memory_or_exit(curl_url());
    CURLUcode code = curl_url_set(parts, CURLUPART_URL, url, flags);

    address_get(parts, CURLUPART_HOST, host, ADDRESS_HOST_SIZE);
    address_get(parts, CURLUPART_PORT, port, ADDRESS_PORT_SIZE);
    curl_url_cleanup(parts);
    if (code == CURLUE_OK &&
        (length == 0 || length >= ADDRESS_HOST_SIZE || authority[length - 1] == ':' ||
         strchr("/?", authority[length]) == NULL || strcmp(port, "0") == 0))
        return CURLUE_MALFORMED_INPUT;
    return code;
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
    char host[ADDRESS_HOST_SIZE];
    char port[ADDRESS_PORT_SIZE];

    (void)address_read(url, url, 0, host, port);
    return address_is_local_host(host);
}

/* What is wrong with it; NULL when it may be called. host is set when it is http, but a URL. */
static const char *address_find_flaw(const char *url, const char *http_allowed_host,
                                     char host[ADDRESS_HOST_SIZE])
{
    bool is_https = strncasecmp(url, "https://", 8) == 0;
    bool is_http = strncasecmp(url, "http://", 7) == 0;
    CURLUcode code;
    char port[ADDRESS_PORT_SIZE];

    host[0] = '\0';
    if (!address_is_printable(url))
        return "holds a character that a URL cannot have";
    if (!is_https && !is_http)
        return strstr(url, "://") != NULL ? address_is_not_https : address_is_no_url;
    code = address_read(url, url + (is_https ? 8 : 7), CURLU_DISALLOW_USER, host, port);
    if (code == CURLUE_USER_NOT_ALLOWED)
        return "holds a user name";
    if (code != CURLUE_OK)
        return address_is_no_url;
    if (is_https || address_is_local_host(host) ||
        (http_allowed_host != NULL && strcasecmp(host, http_allowed_host) == 0))
        return NULL;
    return address_is_not_https;
}

bool address_check(const char *url, const char *http_allowed_host, struct error *err)
{
    char host[ADDRESS_HOST_SIZE];
    const char *flaw = address_find_flaw(url, http_allowed_host, host);

    if (flaw == NULL)
        return true;
    if (flaw == address_is_not_https && *host != '\0') {
        error_set(err, ERROR_CONFIG, "http:// would send the key to %s unprotected", host);
        return error_hint(
            err, "use https://, or set SYNCSCHED_ALLOW_HTTP=%s if that network is trusted", host);
    }
    error_set(err, ERROR_CONFIG, "the function's address %s", flaw);
    return flaw == address_is_no_url
               ? error_hint(err, "set SUPABASE_URL=https://PROJECT.supabase.co")
               : false;
}

bool address_check_other(const char *url, const char *setting, struct error *err)
{
    char host[ADDRESS_HOST_SIZE];
    const char *flaw = address_find_flaw(url, NULL, host);

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
    char host[ADDRESS_HOST_SIZE];
    char port[ADDRESS_PORT_SIZE];
    const char *user;
    const char *at;
    const char *authority;

    if (strncasecmp(proxy, "http://", 7) != 0)
        return error_set(err, ERROR_CONFIG, "SYNCSCHED_PROXY must begin with http://");
    user = proxy + 7;
    at = strrchr(user, '@');
    authority = at != NULL ? at + 1 : user;
    if (address_is_printable(proxy) && (at == NULL || address_is_user(user, (size_t)(at - user))) &&
        address_read(proxy, authority, 0, host, port) == CURLUE_OK && *port != '\0') {
        const char *path = authority + strcspn(authority, "/?");

        if (*path == '\0' || strcmp(path, "/") == 0)
            return true;
    }
    error_set(err, ERROR_CONFIG, "SYNCSCHED_PROXY is not of the form http://HOST:PORT");
    return error_hint(err, "percent-encode '@', ':', '/' and the like in user name and password");
}
