#include "call/address.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A name in the DNS has at most 253 characters. */
enum { ADDRESS_HOST_SIZE = 256, ADDRESS_PORT_MAX = 65535 };

#define ADDRESS_DIGITS "0123456789"
#define ADDRESS_NAME   ADDRESS_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-._"
#define ADDRESS_USER   ADDRESS_NAME "~!$&'()*+,;=:%" /* RFC 3986, section 3.2.1 */

/* "[::1]" as an IPv6 address; false when it is none. */
static bool address_read_ipv6(const char *host, struct in6_addr *ip)
{
    char inside[INET6_ADDRSTRLEN];
    size_t length = strlen(host);

    if (length < 2 || length - 2 >= sizeof inside || host[0] != '[' || host[length - 1] != ']')
        return false;
    memcpy(inside, host + 1, length - 2);
    inside[length - 2] = '\0';
    return inet_pton(AF_INET6, inside, ip) == 1;
}

static bool address_is_host(const char *host)
{
    struct in6_addr ip;

    return address_read_ipv6(host, &ip) ||
           (*host != '\0' && host[strspn(host, ADDRESS_NAME)] == '\0');
}

static bool address_is_local_host(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;

    if (address_read_ipv6(host, &v6))
        return IN6_IS_ADDR_LOOPBACK(&v6);
    if (inet_pton(AF_INET, host, &v4) == 1)
        return ntohl(v4.s_addr) >> 24 == IN_LOOPBACKNET;
    return strcasecmp(host, "localhost") == 0;
}

/* ":8443", or nothing. */
static bool address_is_port(const char *text, size_t length)
{
    if (length == 0)
        return true;
    if (text[0] != ':' || length < 2 || length > 6 || strspn(text + 1, ADDRESS_DIGITS) < length - 1)
        return false;
    return strtol(text + 1, NULL, 10) >= 1 && strtol(text + 1, NULL, 10) <= ADDRESS_PORT_MAX;
}

/* The host of what stands between "//" and the path; false unless a port at most follows it. */
static bool address_read_host(const char *authority, size_t length, char host[ADDRESS_HOST_SIZE])
{
    const char *bracket = *authority == '[' ? memchr(authority, ']', length) : NULL;
    size_t n = bracket != NULL ? (size_t)(bracket - authority) + 1 : strcspn(authority, ":/?");

    if (n >= ADDRESS_HOST_SIZE)
        return false;
    memcpy(host, authority, n);
    host[n] = '\0';
    return address_is_host(host) && address_is_port(authority + n, length - n);
}

static bool address_is_printable(const char *url)
{
    for (; *url != '\0'; url++)
        if (*url <= ' ' || *url > '~')
            return false;
    return true;
}

/* What stands between "://" and the path; of a url without them, nothing. */
static const char *address_find_authority(const char *url, size_t *length)
{
    const char *scheme_end = strstr(url, "://");
    const char *authority = scheme_end != NULL ? scheme_end + 3 : "";

    *length = strcspn(authority, "/?");
    return authority;
}

bool address_is_local(const char *url)
{
    char host[ADDRESS_HOST_SIZE];
    size_t length;
    const char *authority = address_find_authority(url, &length);

    return address_read_host(authority, length, host) && address_is_local_host(host);
}

enum address_fault {
    ADDRESS_IS_GOOD,
    ADDRESS_IS_UNPRINTABLE,
    ADDRESS_HAS_OTHER_SCHEME,
    ADDRESS_HAS_USER,
    ADDRESS_IS_NO_URL,
    ADDRESS_IS_UNPROTECTED,
};

static const char *const address_faults[] = {
    [ADDRESS_IS_UNPRINTABLE] = "holds a character that a URL cannot have",
    [ADDRESS_HAS_OTHER_SCHEME] = "must begin with https://",
    [ADDRESS_HAS_USER] = "holds a user name",
    [ADDRESS_IS_NO_URL] = "is not a URL",
};

static enum address_fault address_find_fault(const char *url, const char *http_allowed_host,
                                             char host[ADDRESS_HOST_SIZE])
{
    bool is_https = strncasecmp(url, "https://", 8) == 0;
    bool is_http = strncasecmp(url, "http://", 7) == 0;
    size_t length;
    const char *authority = address_find_authority(url, &length);

    if (!address_is_printable(url))
        return ADDRESS_IS_UNPRINTABLE;
    if (strstr(url, "://") != NULL && !is_https && !is_http)
        return ADDRESS_HAS_OTHER_SCHEME;
    if (memchr(authority, '@', length) != NULL)
        return ADDRESS_HAS_USER;
    if (!address_read_host(authority, length, host))
        return ADDRESS_IS_NO_URL;
    if (is_https || address_is_local_host(host) ||
        (http_allowed_host != NULL && strcasecmp(host, http_allowed_host) == 0))
        return ADDRESS_IS_GOOD;
    return ADDRESS_IS_UNPROTECTED;
}

bool address_check(const char *url, const char *http_allowed_host, struct error *err)
{
    char host[ADDRESS_HOST_SIZE];
    enum address_fault fault = address_find_fault(url, http_allowed_host, host);

    if (fault == ADDRESS_IS_GOOD)
        return true;
    if (fault == ADDRESS_IS_UNPROTECTED) {
        error_set(err, ERROR_CONFIG, "http:// would send the key to %s unprotected", host);
        return error_hint(
            err, "use https://, or set SYNCSCHED_ALLOW_HTTP=%s if that network is trusted", host);
    }
    error_set(err, ERROR_CONFIG, "the function's address %s", address_faults[fault]);
    return fault == ADDRESS_IS_NO_URL
               ? error_hint(err, "set SUPABASE_URL=https://PROJECT.supabase.co")
               : false;
}

bool address_check_other(const char *url, const char *setting, struct error *err)
{
    char host[ADDRESS_HOST_SIZE];
    enum address_fault fault = address_find_fault(url, NULL, host);

    if (fault == ADDRESS_IS_GOOD)
        return true;
    if (fault == ADDRESS_IS_UNPROTECTED)
        fault = ADDRESS_HAS_OTHER_SCHEME;
    return error_set(err, ERROR_CONFIG, "%s %s", setting, address_faults[fault]);
}

/*
 * USER or USER:PASSWORD. What a percent sign stands for is no control character: libcurl takes none
 * in them, and would quote the whole of it.
 */
static bool address_is_user(const char *text, size_t length)
{
    if (length == 0 || strspn(text, ADDRESS_USER) < length)
        return false;
    for (size_t i = 0; i < length; i++) {
        char digits[3] = "";
        long byte;

        if (text[i] != '%')
            continue;
        if (length - i < 3 || !isxdigit((unsigned char)text[i + 1]) ||
            !isxdigit((unsigned char)text[i + 2]))
            return false;
        memcpy(digits, text + i + 1, 2);
        byte = strtol(digits, NULL, 16);
        if (byte < ' ' || byte == 0x7F)
            return false;
    }
    return true;
}

/* "...:8080", the colon not being one of an IPv6 address. */
static bool address_has_port(const char *text, size_t length)
{
    return length > 0 && text[length - 1] != ']' && memchr(text, ':', length) != NULL;
}

bool address_check_proxy(const char *proxy, struct error *err)
{
    static const char scheme[] = "http://";
    const char *user = proxy + sizeof scheme - 1;
    char name[ADDRESS_HOST_SIZE];
    const char *host;
    const char *end;
    const char *at;

    if (strncasecmp(proxy, scheme, sizeof scheme - 1) != 0)
        return error_set(err, ERROR_CONFIG, "SYNCSCHED_PROXY must begin with http://");
    end = user + strcspn(user, "/?#");
    at = memrchr(user, '@', (size_t)(end - user));
    host = at != NULL ? at + 1 : user;
    if ((at == NULL || address_is_user(user, (size_t)(at - user))) &&
        address_has_port(host, (size_t)(end - host)) &&
        address_read_host(host, (size_t)(end - host), name) &&
        (*end == '\0' || strcmp(end, "/") == 0))
        return true;
    error_set(err, ERROR_CONFIG, "SYNCSCHED_PROXY is not of the form http://HOST:PORT");
    return error_hint(err, "percent-encode '@', ':', '/' and the like in user name and password");
}
