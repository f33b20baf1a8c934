/*
 * From a response to the outcome of the call, by the tables of design section 6. Pure.
 *
 * Everything in a response is hostile: what comes out is clean UTF-8 of bounded length, a code is a
 * plain token, and neither holds the key, should a function echo what it was sent.
 */
#ifndef SYNCSCHED_CALL_CLASSIFY_H
#define SYNCSCHED_CALL_CLASSIFY_H

#include "call/response.h"
#include "plan/outcome.h"

#include <stdint.h>

/* The code of a transport that did not end with a whole response; NULL for one that did. */
const char *classify_end(enum response_end end);

/*
 * What the response says of the call. now_us (microseconds since 1970) is for a Retry-After that is
 * a date. outcome_free() releases what is written to *outcome.
 */
void classify_response(const struct response *response, int64_t now_us, struct outcome *outcome);

#endif
