#include "report/audit.h"

#include "base/json.h"
#include "time/instant.h"

#include <inttypes.h>
#include <string.h>

/* The keys of JSON; as text has them, "inProgress" is "in progress". */
static const char *const audit_verdicts[AUDIT_VERDICTS] = {
    [AUDIT_COMPLETED] = "completed",
    [AUDIT_FOLDED] = "folded",
    [AUDIT_FAILED] = "failed",
    [AUDIT_UNKNOWN] = "unknown",
    [AUDIT_IN_PROGRESS] = "inProgress",
    [AUDIT_WAITING] = "waiting",
    [AUDIT_MISSING] = "missing",
    [AUDIT_DOUBLED] = "doubled",
    [AUDIT_EXTRA] = "extra",
};

/* ---- The values ---- */

static json_t *audit_minute(int64_t minute)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format_minute(minute, text);
    return json_string(text);
}

static json_t *audit_entry_value(const struct audit_entry *entry)
{
    const struct audit_slot *slot = entry->slot;
    const struct audit_run *run = slot->run;
    json_t *value = json_pack("{s:s, s:o, s:s, s:s}", "verdict", audit_verdicts[slot->verdict],
                              "scheduledFor", audit_minute(slot->slot), "orgId", entry->org_id,
                              "integrationId", entry->integration_id);

    if (run == NULL)
        return value;
    json_object_set_new(value, "runId", json_string(run->run_id));
    json_object_set_new(value, "runScheduledFor", audit_minute(run->scheduled_for));
    json_object_set_new(value, "runStatus", json_string(run_status_name(run->status)));
    json_object_set_new(value, "attempt", json_integer(run->attempt));
    if (slot->other != NULL)
        json_object_set_new(value, "otherRunId", json_string(slot->other->run_id));
    if (run->status == RUN_FAILED) {
        json_object_set_new(value, "errorClass", json_string(outcome_class_name(run->error_class)));
        json_object_set_new(value, "errorCode", json_from_text(run->error_code));
    }
    if (slot->late_ms > 0)
        json_object_set_new(value, "lateSeconds", json_integer(slot->late_ms / 1000));
    return value;
}

static json_t *audit_totals_value(const struct audit_result *result)
{
    const struct audit_totals *totals = &result->totals;
    json_t *value = json_pack("{s:o, s:o, s:I}", "from", audit_minute(result->from), "to",
                              audit_minute(result->to), "slots", (json_int_t)totals->slots);

    for (int i = 0; i < AUDIT_EXTRA; i++)
        json_object_set_new(value, audit_verdicts[i], json_integer(totals->verdicts[i]));
    json_object_set_new(value, "late", json_integer(totals->late));
    json_object_set_new(value, "extra", json_integer(totals->verdicts[AUDIT_EXTRA]));
    json_object_set_new(value, "unjudged", json_integer(totals->unjudged));
    return value;
}

/* ---- Text ---- */

static const char *audit_text(const json_t *value, const char *key)
{
    return json_string_value(json_object_get(value, key));
}

static int64_t audit_number(const json_t *value, const char *key)
{
    return json_integer_value(json_object_get(value, key));
}

static const char *audit_word(const char *verdict)
{
    return strcmp(verdict, audit_verdicts[AUDIT_IN_PROGRESS]) == 0 ? "in progress" : verdict;
}

/* 2026-11-23T02:00:00Z  missing      ORG  INTEGRATION  no run covers it */
static void audit_add_text(const json_t *value, struct text *line)
{
    const char *verdict = audit_text(value, "verdict");
    const char *slot = audit_text(value, "scheduledFor");
    const char *run_slot = audit_text(value, "runScheduledFor");
    const char *status = audit_text(value, "runStatus");
    const char *other = audit_text(value, "otherRunId");
    int64_t late_s = audit_number(value, "lateSeconds");
    bool is_completed = strcmp(verdict, audit_verdicts[AUDIT_COMPLETED]) == 0;

    text_addf(line, "%s  %-11s  %s  %s  ", slot, is_completed ? "late" : audit_word(verdict),
              audit_text(value, "orgId"), audit_text(value, "integrationId"));
    if (status == NULL) {
        bool is_missing = strcmp(verdict, audit_verdicts[AUDIT_MISSING]) == 0;

        text_addf(line, "no run covers it%s\n", is_missing ? "" : " yet");
        return;
    }
    text_addf(line, "run %s", audit_text(value, "runId"));
    if (other != NULL)
        text_addf(line, " and run %s", other);
    if (strcmp(run_slot, slot) != 0)
        text_addf(line, " of %s", run_slot);
    if (strcmp(status, "failed") == 0) {
        const char *code = audit_text(value, "errorCode");

        text_addf(line, ", attempt %" PRId64 ": %s/", audit_number(value, "attempt"),
                  audit_text(value, "errorClass"));
        text_add_clean(line, code, strlen(code), SIZE_MAX);
    } else if (strcmp(status, "completed") != 0) {
        text_addf(line, ", %s", status);
    }
    if (late_s > 0)
        text_addf(line, ", %" PRId64 " min %" PRId64 " s late", late_s / 60, late_s % 60);
    text_add(line, "\n");
}

/* ---- The report ---- */

void audit_report_add(void *context, const struct audit_entry *entry)
{
    struct audit_report *report = context;
    json_t *value;

    if (entry->slot->verdict == AUDIT_COMPLETED && entry->slot->late_ms == 0)
        return;
    value = audit_entry_value(entry);
    if (report->is_json) {
        text_add(&report->entries, report->entries.length > 0 ? ",\n" : "\n");
        json_add_line(&report->entries, value);
        return;
    }
    audit_add_text(value, &report->entries);
    json_decref(value);
}

/* JSON begins with the totals, and text ends with them, where a terminal shows them. */
void audit_report_print(const struct audit_report *report, const struct audit_result *result,
                        FILE *out)
{
    json_t *value = audit_totals_value(result);
    const char *entries = text_string(&report->entries);
    struct text totals = {0};

    if (report->is_json) {
        json_add_line(&totals, json_incref(value));
        totals.data[totals.length - 1] = ','; /* the object goes on with its slots */
        text_add(&totals, "\"findings\":[");
    } else {
        text_addf(&totals, "%s to %s: %" PRId64 " slots", audit_text(value, "from"),
                  audit_text(value, "to"), audit_number(value, "slots"));
        for (int i = 0; i < AUDIT_EXTRA; i++)
            text_addf(&totals, "%s %s %" PRId64, i == 0 ? "\n " : ",",
                      audit_word(audit_verdicts[i]), audit_number(value, audit_verdicts[i]));
        text_addf(&totals,
                  "\n  late %" PRId64 ", extra %" PRId64 ", known by their runs alone %" PRId64
                  "\n",
                  audit_number(value, "late"), audit_number(value, "extra"),
                  audit_number(value, "unjudged"));
    }
    (void)fputs(report->is_json ? totals.data : entries, out);
    (void)fputs(report->is_json ? entries : totals.data, out);
    (void)fputs(report->is_json ? "]}\n" : "", out);
    text_free(&totals);
    json_decref(value);
}
