/*
 * Reads the function's ledger and judges it (plan/ledger.h): sync_export_ledger, a table or view
 * with idempotency_key, state ("completed": exported) and records_exported. It is the user's own,
 * and may hold anything.
 *
 * A part of the audit, in its transaction. Slots are streamed; nothing of them is kept.
 */
#ifndef SYNCSCHED_INSPECT_LEDGER_H
#define SYNCSCHED_INSPECT_LEDGER_H

#include "inspect/audit.h"
#include "plan/ledger.h"

struct ledger_finding {
    enum ledger_verdict verdict;
    struct ledger_slot facts;
};

/* Who learns what was found. Borrowed. */
struct ledger_reader {
    audit_entry_reader *read;
    void *context;
    struct ledger_totals *totals;
};

/*
 * Hands on what does not agree. A
 * database_row_reader for sql/ledger.sql; context: ledger_reader.
 */
void ledger_read_row(void *context, const struct database_row *row);

/* Says of the error of that statement that the ledger was not read, and what is needed for it. */
bool ledger_explain(const struct database *db, struct error *err);

#endif
