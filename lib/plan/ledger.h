/*
 * The function's ledger, held against the log: what each says of a slot. Pure.
 *
 * The ledger is the function's own record of what it exported, by idempotency key, so it sees what
 * a log that was restored, pruned by hand or written to by a mistake cannot show.
 */
#ifndef SYNCSCHED_PLAN_LEDGER_H
#define SYNCSCHED_PLAN_LEDGER_H

#include "plan/audit.h"

#include <stdbool.h>
#include <stdint.h>

/* In place of a number of records. */
#define LEDGER_NO_RECORDS INT64_MIN /* nobody said how many */
#define LEDGER_NO_COUNT   (-1)      /* what the ledger says is not a number of records */

/* One slot, with a run, a row of the ledger or both. */
struct ledger_slot {
    int64_t slot;
    const struct audit_run *run; /* the completed one, else the last attempt; NULL: there is none */
    bool is_pruned;              /* the log is not whole at this slot */
    int64_t records;             /* that the run exported */
    const char *state;           /* in the ledger; NULL: it does not have the key */
    int64_t completed_rows;      /* how many rows of the ledger say that the key was exported */
    int64_t ledger_records;
};

enum ledger_verdict {
    LEDGER_AGREES,
    LEDGER_UNLOGGED,   /* exported, and the log does not say so, although no run is under way */
    LEDGER_UNEXPORTED, /* completed or resolved as done in the log, and not exported */
    LEDGER_MISCOUNTED, /* both say it was exported, with other numbers of records */
    LEDGER_REEXPORTED, /* several rows of the ledger say that it was exported */
    LEDGER_VERDICTS,
};

enum ledger_verdict ledger_judge(const struct ledger_slot *slot);

struct ledger_totals {
    int64_t verdicts[LEDGER_VERDICTS];
    int64_t strangers; /* rows whose key is not that of a slot: not judged */
};

/* Whether ledger and log agree on every slot. */
bool ledger_is_clean(const struct ledger_totals *totals);

#endif
