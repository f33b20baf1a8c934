#include "report/ledger.h"

#include "time/instant.h"

#include <inttypes.h>
#include <string.h>

#define LEDGER_STATE_NONE "none" /* it does not have the key */

static const char *const ledger_verdicts[LEDGER_VERDICTS] = {
    [LEDGER_AGREES] = "agreed",         [LEDGER_UNLOGGED] = "unlogged",
    [LEDGER_UNEXPORTED] = "unexported", [LEDGER_MISCOUNTED] = "miscounted",
    [LEDGER_REEXPORTED] = "reexported",
};

json_t *ledger_value(const struct audit_entry *entry)
{
    const struct ledger_slot *facts = &entry->ledger->facts;
    char slot[INSTANT_TEXT_SIZE];
    json_t *value;

    instant_format_minute(facts->slot, slot);
    value = json_pack("{s:s, s:s, s:s, s:s, s:s, s:I}", "verdict",
                      ledger_verdicts[entry->ledger->verdict], "scheduledFor", slot, "orgId",
                      entry->org_id, "integrationId", entry->integration_id, "ledgerState",
                      facts->state != NULL ? facts->state : LEDGER_STATE_NONE, "ledgerRows",
                      (json_int_t)facts->completed_rows);
    if (facts->ledger_records >= 0)
        json_object_set_new(value, "ledgerRecords", json_integer(facts->ledger_records));
    if (facts->records >= 0)
        json_object_set_new(value, "recordsExported", json_integer(facts->records));
    return value;
}

static void ledger_add_records_text(const json_t *value, const char *key, struct text *line)
{
    const json_t *records = json_object_get(value, key);

    if (records != NULL)
        text_addf(line, ", %" PRId64 " records", (int64_t)json_integer_value(records));
}

/* , 5 records; the ledger says completed, 7 records */
void ledger_add_text(const json_t *value, struct text *line)
{
    const char *state = json_string_value(json_object_get(value, "ledgerState"));
    int64_t rows = json_integer_value(json_object_get(value, "ledgerRows"));

    ledger_add_records_text(value, "recordsExported", line);
    if (strcmp(state, LEDGER_STATE_NONE) == 0)
        text_add(line, "; the ledger does not have its key");
    else
        text_addf(line, "; the ledger says %s", state);
    if (rows > 1)
        text_addf(line, " %" PRId64 " times", rows);
    ledger_add_records_text(value, "ledgerRecords", line);
}

json_t *ledger_totals_value(const struct ledger_totals *totals)
{
    json_t *value = json_object();

    for (int i = 0; i < LEDGER_VERDICTS; i++)
        json_object_set_new(value, ledger_verdicts[i], json_integer(totals->verdicts[i]));
    json_object_set_new(value, "strangers", json_integer(totals->strangers));
    return value;
}

/* ledger: agreed 5, miscounted 1 */
void ledger_add_totals_text(json_t *value, struct text *text)
{
    const char *key;
    json_t *number;

    text_add(text, "ledger:");
    json_object_foreach(value, key, number)
    {
        bool is_first = strcmp(key, ledger_verdicts[0]) == 0;

        if (is_first || json_integer_value(number) > 0)
            text_addf(text, "%s %s %" PRId64, is_first ? "" : ",", key,
                      (int64_t)json_integer_value(number));
    }
}
