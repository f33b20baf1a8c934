#include "plan/ledger.h"

static bool ledger_is_done(const struct audit_run *run)
{
    return run != NULL && (run->status == RUN_COMPLETED || run->resolution == RUN_RESOLVED_DONE);
}

/* The run will learn what the ledger says; or it was pruned, and said so while it was there. */
static bool ledger_may_be_silent(const struct ledger_slot *slot)
{
    return slot->run != NULL ? slot->run->status == RUN_PENDING || slot->run->status == RUN_RUNNING
                             : slot->is_pruned;
}

enum ledger_verdict ledger_judge(const struct ledger_slot *slot)
{
    bool is_exported = slot->completed_rows > 0;
    bool is_counted =
        slot->records != LEDGER_NO_RECORDS && slot->ledger_records != LEDGER_NO_RECORDS;

    if (!ledger_is_done(slot->run) && is_exported && !ledger_may_be_silent(slot))
        return LEDGER_UNLOGGED;
    if (ledger_is_done(slot->run) && !is_exported)
        return LEDGER_UNEXPORTED;
    if (slot->completed_rows > 1)
        return LEDGER_REEXPORTED;
    return is_exported && is_counted && slot->records != slot->ledger_records ? LEDGER_MISCOUNTED
                                                                              : LEDGER_AGREES;
}

bool ledger_is_clean(const struct ledger_totals *totals)
{
    for (int i = LEDGER_AGREES + 1; i < LEDGER_VERDICTS; i++)
        if (totals->verdicts[i] > 0)
            return false;
    return true;
}
