/*
 * What `doctor` prints: its findings as one JSON value, from which text and JSON are both made.
 */
#ifndef SYNCSCHED_REPORT_DOCTOR_H
#define SYNCSCHED_REPORT_DOCTOR_H

#include "base/text.h"
#include "inspect/findings.h"
#include "report/terminal.h"

#include <stdbool.h>

/* Appends the report: a line of JSON, or text for this terminal. */
void doctor_report(const json_t *findings, bool is_json, const struct terminal *terminal,
                   struct text *out);

#endif
