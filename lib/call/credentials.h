/*
 * The function's key and the headers that carry it (design section 6).
 */
#ifndef SYNCSCHED_CALL_CREDENTIALS_H
#define SYNCSCHED_CALL_CREDENTIALS_H

#include "base/error.h"
#include "base/text.h"

/*
 * Refuses a key that could not stand in a header (control characters, blanks, more than ASCII).
 * ERROR_CONFIG; the key itself is never quoted.
 */
bool credentials_check(const char *key, struct error *err);

/*
 * The headers for a key: a new one (sb_secret_...) goes as apikey alone, since Supabase refuses it
 * as a Bearer token; any other as Authorization: Bearer and as apikey. *authorization is left empty
 * where there is none. The caller releases both texts.
 */
void credentials_headers(const char *key, struct text *authorization, struct text *apikey);

#endif
