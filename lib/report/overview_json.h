/*
 * What status and health have in common as JSON; tests/schemas holds theirs.
 */
#ifndef SYNCSCHED_REPORT_OVERVIEW_JSON_H
#define SYNCSCHED_REPORT_OVERVIEW_JSON_H

#include "inspect/status.h"

#include <jansson.h>

/* A new object: now, ticking, triggers, and an empty array of integrations. */
json_t *overview_json(const struct overview *overview);

/* A new object: whose the integration is and in what condition, since when and why. */
json_t *overview_json_integration(const struct overview_integration *integration);

/* New values: of a text that may be no UTF-8 or NULL, of times that may be INT64_MIN. */
json_t *overview_json_text(const char *text);
json_t *overview_json_minute(int64_t minute);
json_t *overview_json_instant(int64_t instant_ms);

#endif
