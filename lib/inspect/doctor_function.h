/*
 * What the key, and the function's answer to OPTIONS, mean for a tick; pure. For doctor.c alone.
 */
#ifndef SYNCSCHED_INSPECT_DOCTOR_FUNCTION_H
#define SYNCSCHED_INSPECT_DOCTOR_FUNCTION_H

#include "call/http_client.h"
#include "inspect/doctor.h"
#include "inspect/findings.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * The key at now_us, by the database's clock if it could be read. Returns whether it may be sent.
 */
bool doctor_judge_key(const struct doctor_question *question, int64_t now_us,
                      struct findings *findings);

/* The answer of the function at url to a request that had the key or, has_key being false, none. */
void doctor_judge_ping(const char *url, const struct http_ping *ping, bool has_key,
                       struct findings *findings);

#endif
