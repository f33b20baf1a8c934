#include "report/audit.h"

#include "base/json.h"
#include "report/ledger.h"
#include "report/slot_line.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
    json_t *value = json_pack("{s:s, s:o, s:s, s:s}", "verdict", audit_verdict_name(slot->verdict),
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
        json_object_set_new(value, audit_verdict_name(i), json_integer(totals->verdicts[i]));
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

enum { AUDIT_WORD_COLUMNS = 11, AUDIT_INDENT = 4 };

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
    return strcmp(verdict, audit_verdict_name(AUDIT_IN_PROGRESS)) == 0 ? "in progress" : verdict;
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

/* run 1f3c9a2b and run 20aa93d1 of SLOT, attempt 1: unknown/TIMEOUT */
static void audit_add_run_text(const json_t *value, const char *slot, struct text *line)
{
    const char *run_slot = audit_text(value, "runScheduledFor");
    const char *status = audit_text(value, "runStatus");
    const char *other = audit_text(value, "otherRunId");

    text_addf(line, "run %.8s", audit_text(value, "runId"));
    if (other != NULL)
        text_addf(line, " and run %.8s", other);
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

/* What makes the exit status 1 by itself, and what a person should look at. */
static enum terminal_colour audit_colour(const json_t *value)
{
    static const char *const bad[] = {"missing",    "doubled",    "unlogged", "unexported",
                                      "miscounted", "reexported", "skipped"};
    static const char *const doubtful[] = {"failed", "unknown", "unjudged", "unresolved"};
    const char *reason = audit_text(value, "reason");
    const char *word = audit_text(value, "upTo") != NULL ? reason : audit_text(value, "verdict");

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strcmp(word, bad[i]) == 0)
            return TERMINAL_BAD;
    for (size_t i = 0; i < sizeof doubtful / sizeof *doubtful; i++)
        if (strcmp(word, doubtful[i]) == 0)
            return TERMINAL_WARN;
    return TERMINAL_PLAIN;
}

/* Appends clean lines, broken at blanks; the first is indented so far, the others more. */
static void audit_add_broken(const struct terminal *terminal, const char *clean, int indent,
                             struct text *out)
{
    for (const char *at = clean; *at != '\0'; at += strspn(at, " ")) {
        size_t length = terminal_break(at, terminal->columns - AUDIT_INDENT);

        text_addf(out, "%*s%.*s\n", at == clean ? indent : AUDIT_INDENT, "", (int)length, at);
        at += length;
    }
}

/* Tue 23 Nov 02:00 Bakeri AS      xledger  2ea2038c missing     no run covers it */
static void audit_add_line(struct audit_report *report, const json_t *value, const char *time,
                           const char *verdict, const char *detail)
{
    const struct terminal *terminal = report->terminal;
    const struct zone *zone = when_zone(&report->when, audit_text(value, "timezone"));
    struct subject subject = {audit_text(value, "organization"), audit_text(value, "orgId"),
                              audit_text(value, "integrationType"),
                              audit_text(value, "integrationId")};
    size_t used = slot_line_columns(terminal) + AUDIT_WORD_COLUMNS + 1;
    struct text *line = &report->line;
    struct text cell = {0};
    struct text clean = {0};

    when_add_localized(&report->when, zone, time, &cell);
    slot_line_add_cell(line, text_string(&cell), WHEN_SLOT_COLUMNS, false);
    slot_line_add_subject(terminal, &subject, line);
    text_clear(&cell);
    when_add_localized(&report->when, zone, detail, &cell);
    terminal_add_clean(&clean, text_string(&cell));
    terminal_paint(terminal, line, audit_colour(value), verdict);
    if (terminal->columns > used && terminal_width(text_string(&clean)) <= terminal->columns - used)
        text_addf(line, "%*s%s\n", AUDIT_WORD_COLUMNS + 1 - (int)strlen(verdict), "",
                  text_string(&clean));
    else {
        text_add(line, "\n");
        audit_add_broken(terminal, text_string(&clean), AUDIT_INDENT, line);
    }
    text_free(&cell);
    text_free(&clean);
}

static void audit_add_slot_text(struct audit_report *report, const json_t *value,
                                struct text *detail)
{
    const char *verdict = audit_text(value, "verdict");
    const char *slot = audit_text(value, "scheduledFor");
    int64_t late_s = audit_number(value, "lateSeconds");
    int64_t early_s = audit_number(value, "earlySeconds");
    bool is_completed = strcmp(verdict, audit_verdict_name(AUDIT_COMPLETED)) == 0;
    bool is_missing = strcmp(verdict, audit_verdict_name(AUDIT_MISSING)) == 0;

    if (audit_text(value, "runId") != NULL)
        audit_add_run_text(value, slot, detail);
    else
        text_addf(detail, "no run covers it%s", is_missing ? "" : " yet");
    if (strcmp(verdict, audit_verdict_name(AUDIT_AGAIN)) == 0)
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

/* after Mon 22 Nov 02:00, skipped: ... */
static void audit_add_period_text(struct audit_report *report, const json_t *value,
                                  struct text *detail)
{
    const char *up_to = audit_text(value, "upTo");

    text_addf(detail, "after %s, %s: ", audit_text(value, "after"), audit_text(value, "reason"));
    if (audit_text(value, "runId") != NULL)
        audit_add_run_text(value, up_to, detail);
    else
        text_addf(detail, "no run before run %.8s exported it", audit_text(value, "otherRunId"));
    audit_add_line(report, value, up_to, audit_text(value, "verdict"), text_string(detail));
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

/* run 1f3c9a2b; the ledger does not have its key */
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

/* ---- Totals ---- */

/* Appends "WORD N" where N is not 0, or the word is one of what an audit is about. */
static void audit_add_number(const json_t *value, const char *key, const char *word, bool is_always,
                             struct text *out)
{
    int64_t number = audit_number(value, key);

    if (number > 0 || is_always)
        text_addf(out, "%s%s %" PRId64, out->length > 0 ? ", " : "", word, number);
}

/* Ends a line of totals, if there is something in it. */
static void audit_end_totals(const struct terminal *terminal, struct text *line, struct text *out)
{
    audit_add_broken(terminal, text_string(line), AUDIT_INDENT / 2, out);
    text_clear(line);
}

/* "2026-11-23T00:00:00Z to ...", or on the clocks on which the period was asked for. */
static void audit_add_period(const struct audit_report *report, const json_t *value,
                             struct text *out)
{
    if (report->zone == NULL) {
        text_addf(out, "%s to %s", audit_text(value, "from"), audit_text(value, "to"));
        return;
    }
    when_add_minute(&report->when, report->zone, report->result->from, out);
    text_add(out, " to ");
    when_add_minute(&report->when, report->zone, report->result->to, out);
    text_addf(out, " %s", report->timezone);
}

static void audit_add_totals(const struct audit_report *report, json_t *value, struct text *out)
{
    struct text line = {0};

    audit_add_period(report, value, out);
    text_addf(out, ": %" PRId64 " slots\n", audit_number(value, "slots"));
    for (int i = 0; i < AUDIT_EXTRA; i++)
        audit_add_number(value, audit_verdict_name(i), audit_word(audit_verdict_name(i)),
                         i == AUDIT_COMPLETED || i == AUDIT_MISSING || i == AUDIT_DOUBLED, &line);
    audit_end_totals(report->terminal, &line, out);
    audit_add_number(value, "late", "late", false, &line);
    audit_add_number(value, "early", "early", false, &line);
    audit_add_number(value, "extra", "extra", false, &line);
    audit_add_number(value, "unjudged", "known by their runs alone", false, &line);
    audit_end_totals(report->terminal, &line, out);
    text_addf(&line, "periods end to end in %" PRId64 " of %" PRId64 " integrations",
              audit_number(value, "endToEnd"), audit_number(value, "integrations"));
    audit_add_number(value, "holes", "holes", false, &line);
    audit_add_number(value, "overlaps", "overlaps", false, &line);
    audit_end_totals(report->terminal, &line, out);
    audit_add_number(value, "stretchesUnjudged", "stretches that cannot be judged", false, &line);
    audit_end_totals(report->terminal, &line, out);
    if (report->has_ledger)
        ledger_add_totals_text(json_object_get(value, "ledger"), &line);
    audit_end_totals(report->terminal, &line, out);
    text_free(&line);
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

static int64_t audit_entry_minute(const struct audit_entry *entry)
{
    return entry->slot != NULL     ? entry->slot->slot
           : entry->ledger != NULL ? entry->ledger->facts.slot
           : entry->period != NULL ? entry->period->up_to
                                   : entry->unjudged->from;
}

static void audit_add_text(struct audit_report *report, const struct audit_entry *entry,
                           const json_t *value)
{
    struct text detail = {0};

    if (entry->slot != NULL)
        audit_add_slot_text(report, value, &detail);
    else if (entry->ledger != NULL)
        audit_add_ledger_text(report, value, &detail);
    else if (entry->period != NULL)
        audit_add_period_text(report, value, &detail);
    else
        audit_add_unjudged_text(report, value, &detail);
    text_free(&detail);
}

void audit_report_add(void *context, const struct audit_entry *entry)
{
    struct audit_report *report = context;
    json_t *value;

    if (entry->slot != NULL && entry->slot->verdict == AUDIT_COMPLETED &&
        entry->slot->late_ms == 0 && entry->slot->early_ms == 0)
        return;
    report->when.now_us = report->result->now_us;
    value = audit_entry_value(entry);
    text_clear(&report->line);
    if (report->terminal == NULL)
        json_add_line(&report->line, json_incref(value));
    else
        audit_add_text(report, entry, value);
    json_decref(value);
    spool_add(&report->findings, audit_entry_minute(entry), report->line.data, report->line.length);
}

static void audit_print_heading(const struct audit_report *report, FILE *out)
{
    struct text line = {0};
    struct text painted = {0};

    slot_line_add_heading(report->terminal, &line);
    text_add(&line, "FINDING");
    terminal_paint(report->terminal, &painted, TERMINAL_BOLD, line.data);
    text_add(&painted, "\n");
    (void)fputs(painted.data, out);
    text_free(&line);
    text_free(&painted);
}

static bool audit_print_json(struct audit_report *report, const struct text *totals, FILE *out)
{
    /* The object goes on with its findings. */
    (void)fprintf(out, "%.*s,\"findings\":[", (int)totals->length - 1, totals->data);
    if (!spool_print(&report->findings, "\n", ",\n", out))
        return false;
    (void)fputs("]}\n", out);
    return true;
}

static bool audit_print_text(struct audit_report *report, const struct text *totals, FILE *out)
{
    if (!spool_is_empty(&report->findings))
        audit_print_heading(report, out);
    if (!spool_print(&report->findings, "", "", out))
        return false;
    (void)fputs(totals->data, out);
    return true;
}

/* JSON begins with the totals, and text ends with them, where a terminal shows them. */
bool audit_report_print(struct audit_report *report, FILE *out, struct error *err)
{
    json_t *value = audit_totals_value(report->result);
    struct text totals = {0};
    bool ok;

    report->when.now_us = report->result->now_us;
    if (report->has_ledger)
        json_object_set_new(value, "ledger", ledger_totals_value(&report->result->ledger));
    if (report->terminal == NULL) {
        json_add_line(&totals, json_incref(value));
        ok = audit_print_json(report, &totals, out);
    } else {
        audit_add_totals(report, value, &totals);
        ok = audit_print_text(report, &totals, out);
    }
    text_free(&totals);
    json_decref(value);
    return ok || error_set(err, ERROR_INTERNAL, "the temporary file of the findings broke off");
}

void audit_report_free(struct audit_report *report)
{
    text_free(&report->line);
    spool_free(&report->findings);
    when_free(&report->when);
}
