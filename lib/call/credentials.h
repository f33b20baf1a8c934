/*
 * The service key: what it may be, and the headers that carry it (design section 6). Pure.
 *
 * A key is opaque, except that a legacy one is a JWT, which says for whom and until when it is
 * valid. The platform checks signatures; this room does not.
 *
 * Sources: RFC 7519 (JWT), RFC 4648, section 5 (base64url).
 */
#ifndef SYNCSCHED_CALL_CREDENTIALS_H
#define SYNCSCHED_CALL_CREDENTIALS_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

/*
 * Refuses a key that no header can carry (control characters, blanks, more than ASCII), a
 * publishable one (sb_publishable_...), and a JWT whose role is not service_role. Accepts what does
 * not decode as a JWT. ERROR_CONFIG, which quotes the role but never the key.
 */
bool credentials_check(const char *key, struct error *err);

/* Refuses a JWT that has expired at now_us (microseconds since 1970). ERROR_CONFIG, and when. */
bool credentials_check_time(const char *key, int64_t now_us, struct error *err);

/*
 * Whether it is a legacy key of a hosted Supabase project: a JWT that names the project. Supabase
 * has announced the end of such keys for the end of 2026; self-hosted ones go on.
 */
bool credentials_is_ending(const char *key);

/* Describes a key that credentials_check() accepts to a person, without quoting any of it. */
void credentials_describe(const char *key, struct text *words);

/*
 * The headers for a key. A new one (sb_secret_...) goes as apikey alone, since Supabase refuses it
 * as a Bearer token, so *authorization stays empty. Any other goes in both. The caller frees both.
 */
void credentials_headers(const char *key, struct text *authorization, struct text *apikey);

#endif
