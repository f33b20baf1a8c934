/*
 * What `audit` prints: a JSON value for each slot and one for the totals, from which text and JSON
 * are both made.
 *
 * The slots wait in an unnamed file until the totals are known: there may be millions, and the
 * database should not wait for whoever reads them.
 */
#ifndef SYNCSCHED_REPORT_AUDIT_H
#define SYNCSCHED_REPORT_AUDIT_H

#include "base/error.h"
#include "base/text.h"
#include "inspect/audit.h"

#include <stdbool.h>
#include <stdio.h>

struct audit_report {
    bool is_json;
    bool has_entries;
    FILE *entries;
    struct text line;
};

/* audit_report_close() releases what it holds, after a failure too. */
bool audit_report_open(struct audit_report *report, bool is_json, struct error *err);
void audit_report_close(struct audit_report *report);

/* Takes a slot, unless it was completed in time. An audit_entry_reader; report: audit_report. */
void audit_report_add(void *report, const struct audit_entry *entry);

/* Writes all of it to out. Only errors of the unnamed file are this function's: see ferror(out). */
bool audit_report_print(struct audit_report *report, const struct audit_result *result, FILE *out,
                        struct error *err);

#endif
