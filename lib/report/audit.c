#include "report/audit.h"

#include "base/json.h"
#include "report/ledger.h"
#include "report/terminal.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdio.h>
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
    [AUDIT_AGAIN] = "again",
    [AUDIT_EXTRA] = "extra",
};

/* ---- The values ---- */

static json_t *audit_minute(int64_t minute)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format_minute(minute, text);
    return json_string(text);
}

static void audit_add_names(json_t *value, const struct audit_names *names)
{
    json_object_set_new(value, "organization", json_from_text(names->organization));
    json_object_set_new(value, "integrationType", json_from_text(names->integration_type));
    json_object_set_new(value, "timezone",
                        json_from_text(names->timezone != NULL ? names->timezone : "UTC"));
}

static void audit_add_runs(json_t *value, const struct audit_run *run,
                           const struct audit_run *other)
{
    if (run != NULL) {
        json_object_set_new(value, "runId", json_string(run->run_id));
        json_object_set_new(value, "runScheduledFor", audit_minute(run->scheduled_for));
        json_object_set_new(value, "runStatus", json_string(run_status_name(run->status)));
        json_object_set_new(value, "attempt", json_integer(run->attempt));
    }
    if (run != NULL && run->is_accepted)
        json_object_set_new(value, "accepted", json_true());
    if (other != NULL)
        json_object_set_new(value, "otherRunId", json_string(other->run_id));
    if (run != NULL && run->status == RUN_FAILED) {
        json_object_set_new(value, "errorClass", json_string(outcome_class_name(run->error_class)));
        json_object_set_new(value, "errorCode", json_from_text(run->error_code));
        if (run->http_status != 0)
            json_object_set_new(value, "httpStatus", json_integer(run->http_status));
    }
    if (run != NULL && run->resolution != RUN_UNRESOLVED) {
        json_object_set_new(value, "resolution", json_string(run_resolution_name(run->resolution)));
        json_object_set_new(value, "resolvedBy",
                            json_string(run->is_resolved_by_function ? "function" : "hand"));
    }
}

static json_t *audit_slot_value(const struct audit_entry *entry)
{
    const struct audit_slot *slot = entry->slot;
    json_t *value = json_pack("{s:s, s:o, s:s, s:s}", "verdict", audit_verdicts[slot->verdict],
                              "scheduledFor", audit_minute(slot->slot), "orgId", entry->org_id,
                              "integrationId", entry->integration_id);

    audit_add_runs(value, slot->run, slot->other);
    if (slot->late_ms > 0)
        json_object_set_new(value, "lateSeconds", json_integer(slot->late_ms / 1000));
    if (slot->early_ms > 0)
        json_object_set_new(value, "earlySeconds", json_integer(slot->early_ms / 1000));
    return value;
}

static json_t *audit_period_value(const struct audit_entry *entry)
{
    const struct periods_finding *period = entry->period;
    bool is_overlap = period->verdict == PERIODS_OVERLAP;
    const char *reason = period->verdict == PERIODS_UNKNOWN   ? "unresolved"
                         : period->verdict == PERIODS_SKIPPED ? "skipped"
                         : period->is_by_hand                 ? "manual"
                                                              : "doubled";
    json_t *value = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s}", "verdict",
                              is_overlap ? "overlap" : "hole", "reason", reason, "after",
                              audit_minute(period->after), "upTo", audit_minute(period->up_to),
                              "orgId", entry->org_id, "integrationId", entry->integration_id);

    audit_add_runs(value, period->run, period->other);
    return value;
}

static json_t *audit_unjudged_value(const struct audit_entry *entry)
{
    const struct audit_stretch *stretch = entry->unjudged;

    return json_pack("{s:s, s:o, s:o, s:s, s:s, s:o}", "verdict", "unjudged", "from",
                     audit_minute(stretch->from), "to", audit_minute(stretch->to), "orgId",
                     entry->org_id, "integrationId", entry->integration_id, "reason",
                     json_from_text(stretch->reason));
}

static json_t *audit_ledger_value(const struct audit_entry *entry)
{
    json_t *value = ledger_value(entry);

    audit_add_runs(value, entry->ledger->facts.run, NULL);
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
    json_object_set_new(value, "early", json_integer(totals->early));
    json_object_set_new(value, "extra", json_integer(totals->verdicts[AUDIT_EXTRA]));
    json_object_set_new(value, "unjudged", json_integer(totals->unjudged));
    json_object_set_new(value, "integrations", json_integer((json_int_t)result->integrations));
    json_object_set_new(value, "endToEnd", json_integer((json_int_t)result->end_to_end));
    json_object_set_new(value, "holes", json_integer(result->holes));
    json_object_set_new(value, "overlaps", json_integer(result->overlaps));
    json_object_set_new(value, "periodsUnjudged",
                        json_integer((json_int_t)result->periods_unjudged));
    json_object_set_new(value, "stretchesUnjudged", json_integer((json_int_t)result->unjudged));
    if (result->periods_unjudged > 0)
        json_object_set_new(value, "periodsJudgedFrom", audit_minute(result->periods_judged_from));
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

/* ", settled by hand: done" */
static void audit_add_resolution_text(const json_t *value, struct text *line)
{
    const char *resolution = audit_text(value, "resolution");

    if (resolution == NULL)
        return;
    text_addf(line, ", settled by %s: %s",
              strcmp(audit_text(value, "resolvedBy"), "hand") == 0 ? "hand" : "the function",
              strcmp(resolution, "done") == 0 ? "done" : "not done");
}

/* run RUN and run OTHER of SLOT, attempt 1: unknown/TIMEOUT */
static void audit_add_run_text(const json_t *value, const char *slot, struct text *line)
{
    const char *run_slot = audit_text(value, "runScheduledFor");
    const char *status = audit_text(value, "runStatus");
    const char *other = audit_text(value, "otherRunId");

    text_addf(line, "run %s", audit_text(value, "runId"));
    if (other != NULL)
        text_addf(line, " and run %s", other);
    if (strcmp(run_slot, slot) != 0)
        text_addf(line, " of %s", run_slot);
    if (strcmp(status, "failed") == 0) {
        const char *code = audit_text(value, "errorCode");
        int64_t http_status = audit_number(value, "httpStatus");

        text_addf(line, ", attempt %" PRId64 ": %s/", audit_number(value, "attempt"),
                  audit_text(value, "errorClass"));
        text_add_clean(line, code, strlen(code), SIZE_MAX);
        if (http_status > 0)
            text_addf(line, ", HTTP %" PRId64, http_status);
        audit_add_resolution_text(value, line);
    } else if (strcmp(status, "completed") != 0) {
        text_addf(line, ", %s",
                  json_is_true(json_object_get(value, "accepted")) ? "accepted" : status);
    }
}

/* 2026-11-23 02:00 missing     Bakeri               xledger  2ea2038c no run covers it */
static void audit_add_line(struct audit_report *report, const json_t *value, const char *time,
                           const char *verdict, const char *detail)
{
    const struct zone *zone = when_zone(&report->when, audit_text(value, "timezone"));
    const char *organization = audit_text(value, "organization");
    char org_id[9]; /* the beginning of the id, where it has no name */
    const char *const names[] = {organization != NULL && *organization != '\0' ? organization
                                                                               : org_id,
                                 audit_text(value, "integrationType")};
    static const size_t columns[] = {20, 8};
    struct text *line = &report->entries;

    snprintf(org_id, sizeof org_id, "%s", audit_text(value, "orgId"));
    when_add_localized(&report->when, zone, time, line);
    text_addf(line, " %-11s ", verdict);
    for (size_t i = 0; i < 2; i++) {
        struct text clean = {0};

        terminal_add_clean(&clean, names[i] != NULL && *names[i] != '\0' ? names[i] : "-");
        terminal_add_fitted(line, text_string(&clean), columns[i], false);
        text_add(line, " ");
        text_free(&clean);
    }
    text_addf(line, "%.8s ", audit_text(value, "integrationId"));
    when_add_localized(&report->when, zone, detail, line);
    text_add(line, "\n");
}

static void audit_add_slot_text(struct audit_report *report, const json_t *value,
                                struct text *detail)
{
    const char *verdict = audit_text(value, "verdict");
    const char *slot = audit_text(value, "scheduledFor");
    int64_t late_s = audit_number(value, "lateSeconds");
    int64_t early_s = audit_number(value, "earlySeconds");
    bool is_completed = strcmp(verdict, audit_verdicts[AUDIT_COMPLETED]) == 0;
    bool is_missing = strcmp(verdict, audit_verdicts[AUDIT_MISSING]) == 0;

    if (audit_text(value, "runId") != NULL)
        audit_add_run_text(value, slot, detail);
    else
        text_addf(detail, "no run covers it%s", is_missing ? "" : " yet");
    if (strcmp(verdict, audit_verdicts[AUDIT_AGAIN]) == 0)
        text_add(detail, ", by hand");
    if (late_s > 0)
        text_addf(detail, ", %" PRId64 " min %" PRId64 " s late", late_s / 60, late_s % 60);
    if (early_s > 0)
        text_addf(detail, ", begun %" PRId64 " min %" PRId64 " s before its time", early_s / 60,
                  early_s % 60);
    audit_add_line(report, value, slot,
                   !is_completed ? audit_word(verdict)
                   : early_s > 0 ? "early"
                                 : "late",
                   text_string(detail));
}

/* up to 2026-11-23 02:00, skipped: ... */
static void audit_add_period_text(struct audit_report *report, const json_t *value,
                                  struct text *detail)
{
    const char *up_to = audit_text(value, "upTo");

    text_addf(detail, "up to %s, %s: ", up_to, audit_text(value, "reason"));
    if (audit_text(value, "runId") != NULL)
        audit_add_run_text(value, up_to, detail);
    else
        text_addf(detail, "no run before run %s exported it", audit_text(value, "otherRunId"));
    audit_add_line(report, value, audit_text(value, "after"), audit_text(value, "verdict"),
                   text_string(detail));
}

/* to 2026-11-23 02:00: ... */
static void audit_add_unjudged_text(struct audit_report *report, const json_t *value,
                                    struct text *detail)
{
    const char *reason = audit_text(value, "reason");

    text_addf(detail, "to %s: ", audit_text(value, "to"));
    text_add_clean(detail, reason, strlen(reason), SIZE_MAX);
    audit_add_line(report, value, audit_text(value, "from"), audit_text(value, "verdict"),
                   text_string(detail));
}

/* run RUN; the ledger does not have its key */
static void audit_add_ledger_text(struct audit_report *report, const json_t *value,
                                  struct text *detail)
{
    const char *slot = audit_text(value, "scheduledFor");

    if (audit_text(value, "runId") != NULL)
        audit_add_run_text(value, slot, detail);
    else
        text_add(detail, "no run is in the log");
    ledger_add_text(value, detail);
    audit_add_line(report, value, slot, audit_text(value, "verdict"), text_string(detail));
}

/* ---- The report ---- */

static json_t *audit_entry_value(const struct audit_entry *entry)
{
    json_t *value = entry->slot != NULL     ? audit_slot_value(entry)
                    : entry->ledger != NULL ? audit_ledger_value(entry)
                    : entry->period != NULL ? audit_period_value(entry)
                                            : audit_unjudged_value(entry);

    audit_add_names(value, entry->names);
    return value;
}

void audit_report_add(void *context, const struct audit_entry *entry)
{
    struct audit_report *report = context;
    struct text detail = {0};
    json_t *value;

    if (entry->slot != NULL && entry->slot->verdict == AUDIT_COMPLETED &&
        entry->slot->late_ms == 0 && entry->slot->early_ms == 0)
        return;
    value = audit_entry_value(entry);
    if (report->is_json) {
        text_add(&report->entries, report->entries.length > 0 ? ",\n" : "\n");
        json_add_line(&report->entries, value);
        return;
    }
    if (entry->slot != NULL)
        audit_add_slot_text(report, value, &detail);
    else if (entry->ledger != NULL)
        audit_add_ledger_text(report, value, &detail);
    else if (entry->period != NULL)
        audit_add_period_text(report, value, &detail);
    else
        audit_add_unjudged_text(report, value, &detail);
    text_free(&detail);
    json_decref(value);
}

/* JSON begins with the totals, and text ends with them, where a terminal shows them. */
void audit_report_print(const struct audit_report *report, const struct audit_result *result,
                        FILE *out)
{
    json_t *value = audit_totals_value(result);
    json_t *ledger = report->has_ledger ? ledger_totals_value(&result->ledger) : NULL;
    const char *entries = text_string(&report->entries);
    struct text totals = {0};

    if (ledger != NULL)
        json_object_set_new(value, "ledger", ledger);
    if (report->is_json) {
        json_add_line(&totals, json_incref(value));
        totals.data[totals.length - 1] = ','; /* the object goes on with its slots */
        text_add(&totals, "\"findings\":[");
    } else {
        text_addf(&totals, "%s to %s: %" PRId64 " slots", audit_text(value, "from"),
                  audit_text(value, "to"), audit_number(value, "slots"));
        for (int i = 0; i < AUDIT_EXTRA; i++)
            if (i != AUDIT_AGAIN || result->totals.verdicts[i] > 0)
                text_addf(&totals, "%s %s %" PRId64, i == 0 ? "\n " : ",",
                          audit_word(audit_verdicts[i]), audit_number(value, audit_verdicts[i]));
        text_addf(&totals,
                  "\n  late %" PRId64 ", extra %" PRId64 ", known by their runs alone %" PRId64
                  "\n  periods end to end in %" PRId64 " of %" PRId64
                  " integrations, holes %" PRId64 ", overlaps %" PRId64 "\n",
                  audit_number(value, "late"), audit_number(value, "extra"),
                  audit_number(value, "unjudged"), audit_number(value, "endToEnd"),
                  audit_number(value, "integrations"), audit_number(value, "holes"),
                  audit_number(value, "overlaps"));
        if (audit_number(value, "stretchesUnjudged") > 0)
            text_addf(&totals, "  stretches that cannot be judged %" PRId64 "\n",
                      audit_number(value, "stretchesUnjudged"));
        if (ledger != NULL)
            ledger_add_totals_text(ledger, &totals);
    }
    (void)fputs(report->is_json ? totals.data : entries, out);
    (void)fputs(report->is_json ? entries : totals.data, out);
    (void)fputs(report->is_json ? "]}\n" : "", out);
    text_free(&totals);
    json_decref(value);
}

void audit_report_free(struct audit_report *report)
{
    text_free(&report->entries);
    when_free(&report->when);
}
