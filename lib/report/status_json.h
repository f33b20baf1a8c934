/*
 * What status says to a program; tests/schemas/status.json is its schema.
 */
#ifndef SYNCSCHED_REPORT_STATUS_JSON_H
#define SYNCSCHED_REPORT_STATUS_JSON_H

#include "base/text.h"
#include "inspect/status.h"

/* Appends a JSON object with every integration and its runs, and a line end. */
void status_add_json(const struct overview *overview, struct text *out);

#endif
