/*
 * What `audit` prints: a JSON value for each slot, each finding about periods and the totals, from
 * which text and JSON are both made, in order of time.
 *
 * The findings wait (spool.h) until the totals are known: the database should not wait for whoever
 * reads them.
 */
#ifndef SYNCSCHED_REPORT_AUDIT_H
#define SYNCSCHED_REPORT_AUDIT_H

#include "base/text.h"
#include "inspect/audit.h"
#include "report/spool.h"
#include "report/terminal.h"
#include "report/when.h"

#include <stdbool.h>
#include <stdio.h>

/* `struct audit_report r = {.result = ...};` is an empty one; audit_report_free() is its end. */
struct audit_report {
    const struct audit_result *result;
    const struct terminal *terminal; /* NULL: JSON */
    const struct zone *zone;         /* where the period is; NULL: UTC */
    const char *timezone;            /* its name */
    bool has_ledger;                 /* the ledger was asked for */
    struct text line;                /* of the finding that is being taken */
    struct spool findings;
    struct when when;
};

/*
 * Takes a finding about a period or the ledger, or a slot that was not completed in time. An
 * audit_entry_reader; report: audit_report.
 */
void audit_report_add(void *report, const struct audit_entry *entry);

void audit_report_free(struct audit_report *report);

/* Writes all of it to out; see ferror(out). False: not all of it could be kept until then. */
bool audit_report_print(struct audit_report *report, FILE *out, struct error *err);

#endif
