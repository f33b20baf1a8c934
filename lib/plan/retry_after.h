/*
 * How long an answer asks to be left alone: the value of its header Retry-After. Pure.
 *
 * Not libcurl's reading of it, which is cut to six hours in later versions.
 *
 * Source: RFC 9110, sections 10.2.3 and 5.6.7.
 */
#ifndef SYNCSCHED_PLAN_RETRY_AFTER_H
#define SYNCSCHED_PLAN_RETRY_AFTER_H

#include <stdbool.h>
#include <stdint.h>

/* What is asked for is cut to this: no date of ours may overflow. */
#define RETRY_AFTER_MOST_S (INT64_C(366) * 24 * 3600)

/*
 * Seconds, or a date in any of HTTP's three forms, from now_us on (microseconds since 1970); a date
 * that is past is no time at all. False when the value is neither: it does not say.
 */
bool retry_after_read(const char *value, int64_t now_us, int64_t *wait_s);

#endif
