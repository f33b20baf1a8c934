#include "inspect/audit.h"
#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/settings.h"
#include "time/instant.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { AUDIT_BUDGET_MS = 10 * 60 * 1000 };

static const struct command_option audit_options[] = {
    {"from", "TIME", "judge the slots from TIME on (needed)"},
    {"to", "TIME", "and before TIME (default: now)"},
    {"org", "ID", "only the schedules of this organisation"},
    {"integration", "ID", "only the schedules of this integration"},
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

/* The verdicts as people and machines read them, in the order of enum audit_verdict. */
static const struct {
    const char *word;
    const char *key;
} audit_names[AUDIT_VERDICTS] = {
    [AUDIT_COMPLETED] = {"completed", "completed"},
    [AUDIT_FOLDED] = {"folded", "folded"},
    [AUDIT_FAILED] = {"failed", "failed"},
    [AUDIT_UNKNOWN] = {"unknown", "unknown"},
    [AUDIT_IN_PROGRESS] = {"in progress", "inProgress"},
    [AUDIT_WAITING] = {"waiting", "waiting"},
    [AUDIT_MISSING] = {"missing", "missing"},
    [AUDIT_DOUBLED] = {"doubled", "doubled"},
    [AUDIT_EXTRA] = {"extra", "extra"},
};

/*
 * The findings wait in an unnamed file until the totals, which come first, are known: there may be
 * millions, and the database is not to wait for whoever reads them.
 */
struct audit_printer {
    FILE *findings;
    struct text line;
    bool is_json;
    bool is_first_past;
};

/* ---- One finding ---- */

static void audit_add_late(const struct audit_slot *finding, struct text *line)
{
    int64_t seconds = finding->late_ms / 1000;

    if (finding->late_ms > 0)
        text_addf(line, ", %" PRId64 " min %" PRId64 " s late", seconds / 60, seconds % 60);
}

/* Why it is this verdict. */
static void audit_add_detail(const struct audit_slot *finding, struct text *line)
{
    const struct audit_run *run = finding->run;
    char slot[INSTANT_TEXT_SIZE];

    if (run == NULL) {
        text_add(line,
                 finding->verdict == AUDIT_MISSING ? "no run covers it" : "no run covers it yet");
        return;
    }
    text_addf(line, "run %s", run->run_id);
    if (finding->other != NULL)
        text_addf(line, " and run %s", finding->other->run_id);
    if (run->scheduled_for != finding->slot) {
        instant_format_minute(run->scheduled_for, slot);
        text_addf(line, " of %s", slot);
    }
    if (run->status == RUN_FAILED) {
        text_addf(line, ", attempt %d: %s/", run->attempt, outcome_class_name(run->error_class));
        text_add_clean(line, run->error_code, strlen(run->error_code), SIZE_MAX);
    } else if (run->status != RUN_COMPLETED) {
        text_add(line, run->status == RUN_PENDING ? ", pending" : ", running");
    }
    audit_add_late(finding, line);
}

/* 2026-11-23T02:00:00Z  missing      ORG INTEGRATION  no run covers it */
static void audit_add_text(const struct audit_finding *finding, struct text *line)
{
    const struct audit_slot *audit = finding->audit;
    bool is_merely_late = audit->verdict == AUDIT_COMPLETED;
    char slot[INSTANT_TEXT_SIZE];

    instant_format_minute(audit->slot, slot);
    text_addf(line, "%s  %-11s  %s  %s  ", slot,
              is_merely_late ? "late" : audit_names[audit->verdict].word, finding->org_id,
              finding->integration_id);
    audit_add_detail(audit, line);
    text_add(line, "\n");
}

static void audit_add_run_json(const struct audit_slot *finding, json_t *object)
{
    const struct audit_run *run = finding->run;
    char slot[INSTANT_TEXT_SIZE];
    struct text code = {0};

    text_add_clean(&code, run->error_code, strlen(run->error_code), SIZE_MAX); /* may be cut */
    instant_format_minute(run->scheduled_for, slot);
    json_object_set_new(object, "runId", json_string(run->run_id));
    json_object_set_new(object, "runScheduledFor", json_string(slot));
    json_object_set_new(object, "attempt", json_integer(run->attempt));
    if (finding->other != NULL)
        json_object_set_new(object, "otherRunId", json_string(finding->other->run_id));
    if (run->status == RUN_FAILED) {
        json_object_set_new(object, "errorClass",
                            json_string(outcome_class_name(run->error_class)));
        json_object_set_new(object, "errorCode", json_string(text_string(&code)));
    }
    if (finding->late_ms > 0)
        json_object_set_new(object, "lateSeconds", json_integer(finding->late_ms / 1000));
    text_free(&code);
}

static void audit_add_json(const struct audit_finding *finding, struct text *line)
{
    const struct audit_slot *audit = finding->audit;
    char slot[INSTANT_TEXT_SIZE];
    json_t *object;
    char *json;

    instant_format_minute(audit->slot, slot);
    object = json_pack("{s:s, s:s, s:s, s:s}", "verdict", audit_names[audit->verdict].key,
                       "scheduledFor", slot, "orgId", finding->org_id, "integrationId",
                       finding->integration_id);
    if (audit->run != NULL)
        audit_add_run_json(audit, object);
    json = json_dumps(object, JSON_COMPACT);
    text_add(line, json);
    free(json);
    json_decref(object);
}

/* Everything but what was completed in time. Failures to write show in ferror(). */
static void audit_take(void *context, const struct audit_finding *finding)
{
    struct audit_printer *printer = context;

    if (finding->audit->verdict == AUDIT_COMPLETED && finding->audit->late_ms == 0)
        return;
    text_clear(&printer->line);
    if (printer->is_json) {
        text_add(&printer->line, printer->is_first_past ? ",\n" : "\n");
        audit_add_json(finding, &printer->line);
    } else {
        audit_add_text(finding, &printer->line);
    }
    printer->is_first_past = true;
    fwrite(printer->line.data, 1, printer->line.length, printer->findings);
}

/* ---- The whole ---- */

static void audit_add_totals(const struct audit_result *result, struct text *out)
{
    const struct audit_totals *totals = &result->totals;
    char from[INSTANT_TEXT_SIZE];
    char to[INSTANT_TEXT_SIZE];

    instant_format_minute(result->from, from);
    instant_format_minute(result->to, to);
    text_addf(out, "%s to %s: %" PRId64 " slots", from, to, totals->slots);
    for (int i = 0; i < AUDIT_EXTRA; i++)
        text_addf(out, "%s %s %" PRId64, i == 0 ? "\n " : ",", audit_names[i].word,
                  totals->verdicts[i]);
    text_addf(out,
              "\n  late %" PRId64 ", extra %" PRId64 ", known by their runs alone %" PRId64 "\n",
              totals->late, totals->verdicts[AUDIT_EXTRA], totals->unjudged);
}

/* The object up to its findings, which stand last. */
static void audit_add_json_totals(const struct audit_result *result, struct text *out)
{
    const struct audit_totals *totals = &result->totals;
    char from[INSTANT_TEXT_SIZE];
    char to[INSTANT_TEXT_SIZE];

    instant_format_minute(result->from, from);
    instant_format_minute(result->to, to);
    text_addf(out, "{\"from\":\"%s\",\"to\":\"%s\",\"slots\":%" PRId64, from, to, totals->slots);
    for (int i = 0; i < AUDIT_EXTRA; i++)
        text_addf(out, ",\"%s\":%" PRId64, audit_names[i].key, totals->verdicts[i]);
    text_addf(out,
              ",\"late\":%" PRId64 ",\"extra\":%" PRId64 ",\"unjudged\":%" PRId64 ",\"findings\":[",
              totals->late, totals->verdicts[AUDIT_EXTRA], totals->unjudged);
}

static bool audit_copy_findings(FILE *findings, struct error *err)
{
    char bytes[65536];
    size_t n;

    if (fflush(findings) != 0 || ferror(findings) || fseek(findings, 0, SEEK_SET) != 0)
        return error_set(err, ERROR_INTERNAL, "cannot write a temporary file: %s", strerror(errno));
    while ((n = fread(bytes, 1, sizeof bytes, findings)) > 0 && !ferror(stdout))
        (void)fwrite(bytes, 1, n, stdout); /* command_write() looks at the stream's error */
    if (ferror(findings))
        return error_set(err, ERROR_INTERNAL, "cannot read a temporary file: %s", strerror(errno));
    return true;
}

/* JSON begins with the totals, and text ends with them, where a terminal shows them. */
static bool audit_print(struct audit_printer *printer, const struct audit_result *result,
                        struct error *err)
{
    struct text *totals = &printer->line;
    bool ok;

    text_clear(totals);
    if (!printer->is_json) {
        audit_add_totals(result, totals);
        return audit_copy_findings(printer->findings, err) && command_write(totals->data, err);
    }
    audit_add_json_totals(result, totals);
    ok = command_write(totals->data, err) && audit_copy_findings(printer->findings, err);
    return ok && command_write("]}\n", err);
}

/* What limits what the totals say. */
static void audit_warn(const struct audit_result *result)
{
    char text[INSTANT_TEXT_SIZE];

    if (result->integrations == 0)
        log_warning("there is neither a schedule nor a run for what was asked for");
    if (result->is_cut) {
        instant_format_minute(result->to, text);
        log_warning("the period is judged up to %s: later slots may still be served", text);
    }
    if (result->pruned_before > result->from) {
        instant_format_minute(result->pruned_before, text);
        log_warning("the log was pruned: no slot before %s is missing or extra", text);
    }
    if (result->since_unknown > 0)
        log_warning("%zu schedule%s with slots missing: since when the text holds is not known, "
                    "and it is taken to have held in the whole period",
                    result->since_unknown, result->since_unknown == 1 ? "" : "s");
}

static bool audit_read_options(const struct command_line *line, struct audit_options *options,
                               bool *is_json, struct error *err)
{
    bool has_from;

    if (!command_time(line, "from", &has_from, &options->from_us, err) ||
        !command_time(line, "to", &options->has_to, &options->to_us, err) ||
        !command_id(line, "org", &options->org_id, err) ||
        !command_id(line, "integration", &options->integration_id, err) ||
        !command_switch(line, "json", is_json, err))
        return false;
    if (!has_from) {
        error_set(err, ERROR_USAGE, "--from is needed");
        return error_hint(err, "such as: syncsched audit --from 2024-05-01T00:00Z");
    }
    if (options->has_to && options->to_us <= options->from_us)
        return error_set(err, ERROR_USAGE, "--to must lie after --from");
    return true;
}

static int audit_main(const struct command_line *line)
{
    struct audit_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + AUDIT_BUDGET_MS,
    };
    struct audit_printer printer = {0};
    struct audit_result result = {0};
    struct error err = {0};
    bool ok = audit_read_options(line, &options, &printer.is_json, &err);

    if (ok && (printer.findings = tmpfile()) == NULL)
        ok = error_set(&err, ERROR_INTERNAL, "cannot make a temporary file: %s", strerror(errno));
    ok = ok && audit_read(&options, audit_take, &printer, &result, &err);
    if (ok) {
        audit_warn(&result);
        ok = audit_print(&printer, &result, &err);
    }
    if (printer.findings != NULL)
        fclose(printer.findings);
    text_free(&printer.line);
    if (!ok)
        return command_fail(&err);
    return audit_is_clean(&result.totals) ? 0 : 1;
}

const struct command command_audit = {
    .name = "audit",
    .summary = "Match the slots of a period with the log. Writes nothing.",
    .options = audit_options,
    .run = audit_main,
};
