#include "inspect/ledger.h"

#include "time/instant.h"

/* What a finding says of the run, valid as long as the row. */
static struct audit_run ledger_read_run(const struct database_row *row, int64_t slot)
{
    const char *code = database_row_text(row, "error_code");
    struct audit_run run = {
        .scheduled_for = slot,
        .attempt = (int)database_row_number(row, "attempt", 0),
        .status = run_status_parse(database_row_text(row, "status")),
        .resolution = run_resolution_parse(database_row_text(row, "resolution")),
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .error_code = code != NULL ? code : "",
        .http_status = (int)database_row_number(row, "http_status", 0),
    };

    database_row_copy(row, "run_id", run.run_id, sizeof run.run_id);
    return run;
}

/* False where the key is not that of a slot: it may also name a day that no month has. */
static bool ledger_read_slot(const struct database_row *row, int64_t *slot)
{
    const char *text = database_row_text(row, "slot");
    struct error err = {0};
    int64_t slot_us;

    if (text == NULL || !instant_parse(text, &slot_us, &err))
        return false;
    *slot = instant_divide_down(slot_us, INSTANT_US_PER_MINUTE);
    return true;
}

void ledger_read_row(void *context, const struct database_row *row)
{
    const struct ledger_reader *reader = context;
    struct ledger_finding finding = {
        .facts = {.is_pruned = database_row_is_true(row, "is_pruned"),
                  .records = database_row_number(row, "records_exported", LEDGER_NO_RECORDS),
                  .state = database_row_text(row, "state"),
                  .completed_rows = database_row_number(row, "completed_rows", 0),
                  .ledger_records = database_row_number(row, "ledger_records", LEDGER_NO_RECORDS)}};
    struct audit_entry entry = {.org_id = database_row_text(row, "org_id"),
                                .integration_id = database_row_text(row, "integration_id"),
                                .ledger = &finding};
    struct audit_run run;

    if (!ledger_read_slot(row, &finding.facts.slot)) {
        reader->totals->strangers += database_row_number(row, "ledger_rows", 0);
        return;
    }
    run = ledger_read_run(row, finding.facts.slot);
    finding.facts.run = *run.run_id != '\0' ? &run : NULL;
    finding.verdict = ledger_judge(&finding.facts);
    reader->totals->verdicts[finding.verdict]++;
    if (finding.verdict != LEDGER_AGREES)
        reader->read(reader->context, &entry);
}

bool ledger_explain(const struct database *db, struct error *err)
{
    if (database_has_refused(db))
        error_hint(err, "--ledger needs a table or view sync_export_ledger (idempotency_key, "
                        "state, records_exported) of which this role may read every row: the "
                        "example of a function makes one");
    return error_prefix(err, "reading the ledger of the function");
}
