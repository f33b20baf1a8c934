/*
 * What the probes of health say, for a person and as JSON.
 */
#ifndef SYNCSCHED_REPORT_PROBE_REPORT_H
#define SYNCSCHED_REPORT_PROBE_REPORT_H

#include "base/text.h"
#include "plan/probe.h"
#include "report/terminal.h"

#include <jansson.h>

/* Appends a line: "xledger: reachable since TIME, last HTTP_204 at TIME; next probe from TIME". */
void probe_report_add(const struct probe_finding *finding, const struct terminal *terminal,
                      struct text *out);

/* The condition in a word or two, "passive" for all that is, and its colour. */
const char *probe_report_word(enum probe_condition condition);
enum terminal_colour probe_report_colour(enum probe_condition condition);

/* A new object. */
json_t *probe_report_json(const struct probe_finding *finding);

#endif
