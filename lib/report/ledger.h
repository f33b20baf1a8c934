/* What the audit prints of the function's ledger: its part of the values, and of the text. */
#ifndef SYNCSCHED_REPORT_LEDGER_H
#define SYNCSCHED_REPORT_LEDGER_H

#include "base/text.h"
#include "inspect/ledger.h"

#include <jansson.h>

/* A finding, without its run. */
json_t *ledger_value(const struct audit_entry *entry);

/* The end of its line, behind the run. */
void ledger_add_text(const json_t *value, struct text *line);

json_t *ledger_totals_value(const struct ledger_totals *totals);
void ledger_add_totals_text(json_t *value, struct text *text);

#endif
