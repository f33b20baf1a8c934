/*
 * Audits each integration of the database over a period (plan/audit.h), by one statement and so by
 * one snapshot of marks, log and pruning. Writes nothing.
 *
 * Each slot is judged by the text of its day, which ticks write into the journal: an edit that no
 * tick has seen is not in force. A schedule without a journal has the text of its row in the whole
 * period: rather a false alarm than none. Where the text is not known, or cannot be read on this
 * host, nothing is judged, and that is handed on, too. What was pruned from the log is not judged.
 */
#ifndef SYNCSCHED_INSPECT_AUDIT_H
#define SYNCSCHED_INSPECT_AUDIT_H

#include "base/error.h"
#include "plan/audit.h"
#include "plan/ledger.h"
#include "plan/periods.h"
#include "plan/timetable.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct audit_options {
    struct database_address database;
    const char *org_id;         /* only this organisation; NULL: everybody */
    const char *integration_id; /* only this integration */
    int64_t deadline_ms;        /* on the monotonic clock */
    int64_t from_us;            /* the period, [from, to) */
    int64_t to_us;
    bool has_to;       /* else up to now */
    bool wants_texts;  /* hand on the texts that were in force in the period, too */
    bool wants_runs;   /* and the runs of the period, and when nothing ticked */
    bool wants_ledger; /* hold the ledger of the function against the log, too */
};

/* What was judged, and what it came to. */
struct audit_result {
    struct audit_totals totals;
    int64_t now_us;        /* by the database's clock */
    int64_t from;          /* the minutes, [from, to): to lies at least a minute back */
    int64_t to;            /* by the database's clock, since what is due now is being served */
    bool is_cut;           /* the caller asked for a later end */
    int64_t pruned_before; /* the log is whole from here on; INT64_MIN: it always was */
    size_t integrations;   /* audited */
    size_t unseen;         /* of these, with slots missing by a text that no tick has seen */
    size_t unjudged;       /* stretches of which the text is not known */
    size_t end_to_end;     /* of these, whose periods lie end to end, as far as is known */
    int64_t holes;
    int64_t overlaps;
    int64_t broken;              /* of these, what is neither unresolved nor by hand */
    int64_t periods_judged_from; /* where runs without a period were found, behind the last one */
    size_t periods_unjudged;     /* such runs */
    struct ledger_totals ledger; /* if wanted */
};

/* What people call an integration: any texts; NULL: none, as of one that was deleted. */
struct audit_names {
    const char *organization;
    const char *integration_type;
    const char *timezone;
};

/*
 * A text of an integration that was in force, behind one minute, up to and with another. Where a
 * clock stepped back to that one, the log accounts for the text up to a later one.
 */
struct audit_text {
    int64_t from; /* INT64_MIN: always */
    int64_t to;   /* INT64_MAX: still */
    int64_t accounted_to;
    char *name; /* "CRON ZONE" */
    struct timetable timetable;
};

/* A run, and what the log says of it besides: nothing of one that simply succeeded. */
struct audit_record {
    const struct audit_run *run;
    const char *message;
    const char *trigger_name;
    const char *host;
    const char *resolved_by;
    const char *note;
    int64_t created_at_ms; /* INT64_MIN: none */
    int64_t resolved_at_ms;
};

/*
 * What became of one slot of an integration, what is wrong with its periods, what cannot be judged,
 * what the ledger says otherwise (inspect/ledger.h), a text or a run; the others are NULL. Or
 * from when to when nothing ticked: then there is no integration. All of it is
 * valid during the call only.
 */
struct audit_entry {
    const char *org_id;
    const char *integration_id;
    const struct audit_names *names;
    const struct audit_slot *slot;
    const struct periods_finding *period;
    const struct audit_stretch *unjudged;
    const struct ledger_finding *ledger;
    const struct audit_text *text;     /* if wanted */
    const struct audit_record *record; /* if wanted */
    const struct audit_stretch *gap;   /* if wanted */
    const struct audit_run
        *exported_by; /* of a slot that its own run did not complete: the run whose
                                            period surely holds it, or NULL */
};

typedef void audit_entry_reader(void *context, const struct audit_entry *entry);

/*
 * Whether the promise was kept: no slot missing, doubled or exported before its time, no period
 * skipped or exported twice, nothing that could not be judged, and no slot of which the ledger says
 * something else.
 */
bool audit_is_good(const struct audit_result *result);

/*
 * Hands on, integration by integration in key order: the runs as they arrive, if wanted, what
 * cannot be judged, then texts, every slot, and what is wrong with the periods. At last, if wanted,
 * when nothing ticked, and what the ledger says otherwise. Rows that are not valid are warnings.
 * Only the runs of one integration are in memory at a time. ERROR_USAGE for a period that lies in
 * the future; else the errors of database.h, upon which some slots were not handed on.
 */
bool audit_read(const struct audit_options *options, audit_entry_reader *read, void *context,
                struct audit_result *result, struct error *err);

#endif
