/*
 * The function's address, to whom the key may be sent, the addresses of other systems that are
 * asked whether they are there, and the proxy on the way. Pure.
 *
 * libcurl reads it, as it does when it calls: https or http, a host in ASCII or as a literal IP
 * address, a port, and then whatever a URL can have.
 *
 * Source: libcurl's URL API.
 */
#ifndef SYNCSCHED_CALL_ADDRESS_H
#define SYNCSCHED_CALL_ADDRESS_H

#include "base/error.h"

/*
 * Says whether url may be called: https, or http to this machine itself (localhost, 127.0.0.0/8,
 * [::1]) or to the host that is allowed by name, which may be NULL. ERROR_CONFIG.
 */
bool address_check(const char *url, const char *http_allowed_host, struct error *err);

/*
 * The same for the address of another system, which the setting of this name holds; http goes to
 * this machine itself only. ERROR_CONFIG, which names the setting.
 */
bool address_check_other(const char *url, const char *setting, struct error *err);

/* Whether a url that these accept names this machine itself. */
bool address_is_local(const char *url);

/*
 * Says whether a setting names a proxy: http://HOST:PORT, with USER:PASSWORD@ in front of the host
 * where it asks for them. The port is needed: programs differ in what they take for granted.
 * ERROR_CONFIG, which never quotes the setting.
 */
bool address_check_proxy(const char *proxy, struct error *err);

#endif
