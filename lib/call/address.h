/*
 * Checks the addresses that this program calls, by libcurl's URL API: the function's, those of
 * other systems, and the proxy's. Pure.
 */
#ifndef SYNCSCHED_CALL_ADDRESS_H
#define SYNCSCHED_CALL_ADDRESS_H

#include "base/error.h"

/*
 * Whether the function may be called at url: by https, or by http on this machine itself
 * (localhost, 127.0.0.0/8, [::1]) or on the one host that the user allows, which may be NULL.
 * ERROR_CONFIG.
 */
bool address_check(const char *url, const char *http_allowed_host, struct error *err);

/*
 * The same for another system, whose address is in this setting. Only this machine may be called by
 * http. ERROR_CONFIG, which names the setting.
 */
bool address_check_other(const char *url, const char *setting, struct error *err);

/* Whether a url that these accept names this machine itself. */
bool address_is_local(const char *url);

/*
 * Whether a setting names a proxy: http://HOST:PORT, or http://USER:PASSWORD@HOST:PORT. The port is
 * needed, because programs have different defaults. ERROR_CONFIG, which never quotes the setting.
 */
bool address_check_proxy(const char *proxy, struct error *err);

#endif
