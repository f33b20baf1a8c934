/*
 * Makes an outcome of a response, by the closed lists of design section 6. Pure.
 *
 * A class is earned: not_delivered by who answered in the function's place and says so, rejected by
 * the function's own word. Whatever no list has is unknown. Sources of the lists: Supabase, "Error
 * codes" and "Status codes" of Edge Functions and "HTTP status codes" of the platform; the sources
 * of supabase/edge-runtime and of supabase/cli (functions serve); Cloudflare, "Cloudflare 5xx
 * errors".
 *
 * Everything in a response is hostile. So the outcome's texts are clean UTF-8 of bounded length, a
 * code is a plain token, and neither holds the key, even if a function echoes it.
 */
#ifndef SYNCSCHED_CALL_CLASSIFY_H
#define SYNCSCHED_CALL_CLASSIFY_H

#include "call/response.h"
#include "plan/outcome.h"

#include <stdint.h>

/* The code of a transport that ended without a whole response; NULL for RESPONSE_WHOLE. */
const char *classify_end(enum response_end end);

/*
 * now_us (microseconds since 1970) is for a Retry-After that is a date. outcome_free() releases
 * what *outcome gets.
 */
void classify_response(const struct response *response, int64_t now_us, struct outcome *outcome);

#endif
