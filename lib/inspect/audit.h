/*
 * The auditor: has each integration of the database judged over a period (audit.h). Writes nothing.
 *
 * A schedule is judged by the text that ticks go by, which their state holds, from the minute on
 * from which they have: an edit that no tick has seen is not in force. A schedule without state was
 * seen by no tick and has the text of its row. Where it is not known since when a text holds, it is
 * taken to have held in the whole period: rather a false alarm than none. What was pruned from the
 * log is not judged.
 */
#ifndef SYNCSCHED_INSPECT_AUDIT_H
#define SYNCSCHED_INSPECT_AUDIT_H

#include "base/error.h"
#include "plan/audit.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit_options {
    struct database_address database;
    const char *org_id;         /* only this organisation; NULL: everybody */
    const char *integration_id; /* only this integration */
    int64_t deadline_ms;        /* on the stopwatch */
    int64_t from_us;            /* the period, [from, to) */
    int64_t to_us;
    bool has_to; /* else up to now */
};

/* What was judged, and what it came to. */
struct audit_result {
    struct audit_totals totals;
    int64_t from;          /* the minutes, [from, to): to lies at least a minute back */
    int64_t to;            /* by the database's clock, since what is due now is being served */
    bool is_cut;           /* the end asked for lies behind that */
    int64_t pruned_before; /* the log is whole from here on; INT64_MIN: and ever was */
    size_t integrations;   /* looked at */
    size_t since_unknown;  /* of these, with slots missing by a text of unknown age */
};

/* An integration and what became of one of its slots; all of it valid during the call only. */
struct audit_finding {
    const char *org_id;
    const char *integration_id;
    const struct audit_slot *audit;
};

typedef void audit_reporter(void *context, const struct audit_finding *finding);

/*
 * Hands on every slot, integration by integration in key order. Rows that are not valid are
 * warnings; their runs are counted as they stand. The runs of one integration are in memory at a
 * time. ERROR_USAGE for a period of which nothing lies in the past; else the errors of database.h,
 * upon which what was handed on is not all there is.
 */
bool audit_read(const struct audit_options *options, audit_reporter *report, void *context,
                struct audit_result *result, struct error *err);

#endif
