/*
 * The function's key: what it may be, and the headers that carry it (design section 6). Pure.
 *
 * A key is opaque but for this: a legacy one is a JWT, which says for whom and until when it is.
 * Signatures are not looked at; that is the platform's business.
 *
 * Sources: RFC 7519 (JWT), RFC 4648, section 5 (base64url).
 */
#ifndef SYNCSCHED_CALL_CREDENTIALS_H
#define SYNCSCHED_CALL_CREDENTIALS_H

#include "base/error.h"
#include "base/text.h"

#include <stdint.h>

/*
 * Refuses a key that cannot be in a header (control characters, blanks, more than ASCII), a
 * publishable one (sb_publishable_...), and a JWT whose role is not service_role. What does not
 * decode as a JWT passes. ERROR_CONFIG; the key itself is never quoted, a role is.
 */
bool credentials_check(const char *key, struct error *err);

/* Refuses a JWT that has expired at now_us (microseconds since 1970). ERROR_CONFIG, and when. */
bool credentials_check_time(const char *key, int64_t now_us, struct error *err);

/*
 * What a key is, in words for a person and without a piece of it: its kind, for whom and until
 * when. For one that credentials_check() accepts.
 */
void credentials_describe(const char *key, struct text *words);

/*
 * The headers for a key: a new one (sb_secret_...) goes as apikey alone, since Supabase refuses it
 * as a Bearer token; any other as Authorization: Bearer and as apikey. *authorization is left empty
 * where there is none. The caller releases both texts.
 */
void credentials_headers(const char *key, struct text *authorization, struct text *apikey);

#endif
