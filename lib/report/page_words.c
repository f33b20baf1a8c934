#include "report/page_words.h"

#include "base/memory.h"
#include "plan/policy.h"
#include "time/duration.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Lines and numbers ---- */

struct text *page_lines_new(struct page_lines *lines)
{
    lines->list = memory_grow(lines->list, lines->count, &lines->capacity, sizeof *lines->list);
    lines->list[lines->count] = (struct text){0};
    return &lines->list[lines->count++];
}

void page_lines_free(struct page_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        text_free(&lines->list[i]);
    free(lines->list);
    *lines = (struct page_lines){0};
}

void page_add_count(struct text *out, int64_t number, const char *one, const char *many)
{
    char digits[24];
    size_t length;

    snprintf(digits, sizeof digits, "%" PRId64, number);
    length = strlen(digits);
    for (size_t i = 0; i < length; i++)
        text_addf(out, "%s%c", i > 0 && (length - i) % 3 == 0 ? "," : "", digits[i]);
    text_addf(out, " %s", number == 1 ? one : many);
}

/* The same with a comma before it, and only where there are any. */
static void page_add_part(struct text *out, int64_t number, const char *one, const char *many)
{
    if (number == 0)
        return;
    text_add(out, ", ");
    page_add_count(out, number, one, many);
}

void page_add_name(struct text *out, const char *name)
{
    text_addf(out, "%c", PAGE_NAME);
    text_add_clean(out, name, strlen(name), SIZE_MAX);
    text_addf(out, "%c", PAGE_NAME_END);
}

void page_add_plain(struct text *out, const struct text *words)
{
    for (const char *at = text_string(words); *at != '\0'; at++)
        if (*at != PAGE_NAME && *at != PAGE_NAME_END)
            text_append(out, at, 1);
}

/* ---- The head ---- */

static void page_add_organization(const struct page_integration *integration, struct text *out)
{
    char id[9];

    snprintf(id, sizeof id, "%.8s", integration->org_id);
    page_add_name(out, integration->organization != NULL && *integration->organization != '\0'
                           ? integration->organization
                           : id);
}

void page_add_owner(const struct page *page, struct text *out)
{
    if (page->org_id != NULL && page->count > 0)
        page_add_organization(&page->integrations[0], out);
    else
        text_add(out, page->org_id != NULL ? page->org_id : "all organisations");
}

void page_add_span(struct page *page, struct text *out)
{
    const struct zone *zone = when_zone(&page->when, page->timezone);

    if (page->month > 0) {
        text_addf(out, "%s %d", civil_month_names[page->month - 1], page->year);
        return;
    }
    when_add_minute(&page->when, zone, page->audited.from, out);
    text_add(out, " to ");
    when_add_minute(&page->when, zone, page->audited.to, out);
}

void page_add_zone(const struct page *page, struct text *out)
{
    page_add_name(out, page->timezone != NULL ? page->timezone : "UTC");
}

/* ---- The verdict ---- */

void page_add_verdict(const struct page *page, struct text *out)
{
    const int64_t *verdicts = page->audited.totals.verdicts;
    struct page_sums sums = page_sum(page);
    int64_t missing = verdicts[AUDIT_MISSING];
    int64_t doubled = verdicts[AUDIT_DOUBLED];

    if (sums.slots == 0) {
        text_add(out, "The schedules name no slot in this period.");
        return;
    }
    if (missing + doubled > 0) {
        text_add(out, "Not all is accounted for: of ");
        page_add_count(out, sums.slots, "slot", "slots");
        page_add_part(out, missing, "is missing", "are missing");
        page_add_part(out, doubled, "may have been exported twice", "may have been exported twice");
    } else if (page->audited.unjudged > 0) {
        text_add(out, "All that can be judged is accounted for: of ");
        page_add_count(out, sums.slots, "slot", "slots");
    } else {
        text_add(out, "Each of the ");
        page_add_count(out, sums.slots, "slot that the schedules name is accounted for",
                       "slots that the schedules name is accounted for");
    }
    text_add(out, "; ");
    page_add_count(out, sums.exported, "was exported.", "were exported.");
}

/* "72 failed, and of 27 the outcome is unknown." */
static void page_add_failures(const struct page *page, struct text *out)
{
    const int64_t *verdicts = page->audited.totals.verdicts;

    if (verdicts[AUDIT_FAILED] + verdicts[AUDIT_UNKNOWN] == 0) {
        text_add(out, "None failed, and no outcome is unknown.");
        return;
    }
    if (verdicts[AUDIT_FAILED] > 0)
        page_add_count(out, verdicts[AUDIT_FAILED], "failed", "failed");
    if (verdicts[AUDIT_UNKNOWN] > 0) {
        text_add(out, verdicts[AUDIT_FAILED] > 0 ? ", " : "");
        page_add_count(out, verdicts[AUDIT_UNKNOWN], "has an unknown outcome",
                       "have an unknown outcome");
    }
    text_add(out, ".");
}

/* Behind another sentence, and only where there are any. */
static void page_add_sentence(struct text *out, int64_t number, const char *one, const char *many)
{
    if (number == 0)
        return;
    text_add(out, " ");
    page_add_count(out, number, one, many);
}

/* What became of those that were not exported in their own runs. */
static void page_add_fates(const struct page_sums *sums, struct text *out)
{
    if (sums->fates[PAGE_EXPORTED_LATER] > 0) {
        text_add(out, " A later run exported the period of ");
        page_add_count(out, sums->fates[PAGE_EXPORTED_LATER], "of them.", "of them.");
    }
    page_add_sentence(out, sums->fates[PAGE_SETTLED], "was settled as exported.",
                      "were settled as exported.");
    page_add_sentence(out, sums->open, "is open and waits for a person.",
                      "are open and wait for a person.");
    page_add_sentence(out, sums->fates[PAGE_UNDER_WAY], "is under way.", "are under way.");
}

void page_add_details(const struct page *page, struct text *out)
{
    struct page_sums sums = page_sum(page);

    if (sums.slots > 0) {
        page_add_failures(page, out);
        page_add_fates(&sums, out);
        text_add(out, " ");
    }
    page_add_count(out, sums.records, "record was exported.", "records were exported.");
    page_add_sentence(out, sums.holes, "stretch of time is in no export for sure.",
                      "stretches of time are in no export for sure.");
    page_add_sentence(out, sums.overlaps, "stretch of time is in two exports.",
                      "stretches of time are in two exports.");
}

/* ---- What could not be judged ---- */

static void page_add_local(struct page *page, const char *timezone, int64_t minute,
                           struct text *out)
{
    when_add_minute(&page->when, when_zone(&page->when, timezone), minute, out);
}

static void page_add_unjudged_lines(struct page *page, size_t n, struct page_lines *lines)
{
    const struct page_integration *integration = &page->integrations[n];
    const struct page_texts *texts = &integration->unjudged;

    for (size_t i = 0; i < texts->count; i++) {
        struct text *line = page_lines_new(lines);

        page_add_integration(page, n, line);
        text_add(line, ", ");
        page_add_local(page, integration->timezone, texts->list[i].from, line);
        text_add(line, " to ");
        page_add_local(page, integration->timezone, texts->list[i].to, line);
        text_add(line, ": ");
        page_add_name(line, texts->list[i].text);
    }
    if (texts->left_out > 0)
        page_add_count(page_lines_new(lines), (int64_t)texts->left_out,
                       "more such stretch; the CSV has all",
                       "more such stretches; the CSV has all");
}

void page_add_limits(struct page *page, struct page_lines *lines)
{
    const struct audit_result *audited = &page->audited;
    struct text *line;

    if (audited->is_cut) {
        line = page_lines_new(lines);
        text_add(line, "what comes after ");
        page_add_local(page, page->timezone, audited->to, line);
        text_add(line, ": it had not passed when this was made");
    }
    if (audited->pruned_before > audited->from) {
        line = page_lines_new(lines);
        text_add(line, "whether a slot is missing before ");
        page_add_local(page, page->timezone, audited->pruned_before, line);
        text_add(line, ": the log was pruned");
    }
    if (audited->periods_unjudged > 0)
        page_add_count(page_lines_new(lines), (int64_t)audited->periods_unjudged,
                       "run of an earlier version has no period",
                       "runs of earlier versions have no period");
    if (audited->unseen > 0)
        page_add_count(page_lines_new(lines), (int64_t)audited->unseen,
                       "schedule was never seen by a tick: it is taken to have been in force",
                       "schedules were never seen by a tick: they are taken to have been in force");
    for (size_t i = 0; i < page->count; i++)
        page_add_unjudged_lines(page, i, lines);
}

/* ---- Gaps ---- */

void page_add_gaps(struct page *page, struct page_lines *lines)
{
    const struct page_texts *gaps = &page->gaps;

    for (size_t i = 0; i < gaps->count; i++) {
        struct text *line = page_lines_new(lines);
        char length[DURATION_TEXT_SIZE];

        duration_format((gaps->list[i].to - gaps->list[i].from) * 60000, length);
        page_add_local(page, page->timezone, gaps->list[i].from, line);
        text_add(line, " to ");
        page_add_local(page, page->timezone, gaps->list[i].to, line);
        text_addf(line, ", %s", length);
    }
    if (gaps->left_out > 0)
        page_add_count(page_lines_new(lines), (int64_t)gaps->left_out, "more gap; the CSV has all",
                       "more gaps; the CSV has all");
}

/* ---- An integration ---- */

void page_add_integration(const struct page *page, size_t n, struct text *out)
{
    const struct page_integration *integration = &page->integrations[n];

    if (page->org_id == NULL) {
        page_add_organization(integration, out);
        text_add(out, " ");
    }
    page_add_name(out, integration->integration_type != NULL ? integration->integration_type : "-");
    text_addf(out, " %.8s", integration->integration_id);
}

void page_add_schedules(struct page *page, size_t n, struct page_lines *lines)
{
    const struct page_integration *integration = &page->integrations[n];
    const struct page_texts *texts = &integration->schedules;

    for (size_t i = 0; i < texts->count; i++) {
        const struct page_text *text = &texts->list[i];
        struct text *line = page_lines_new(lines);

        if (text->from >= page->audited.from) {
            text_add(line, "since ");
            page_add_local(page, integration->timezone, text->from, line);
        }
        if (text->to < page->audited.to) {
            text_add(line, line->length > 0 ? " until " : "until ");
            page_add_local(page, integration->timezone, text->to, line);
        }
        text_add(line, line->length > 0 ? ": " : "");
        page_add_name(line, text->text);
    }
    if (texts->count == 0)
        text_add(page_lines_new(lines), "no schedule that is known was in force");
    if (texts->left_out > 0)
        page_add_count(page_lines_new(lines), (int64_t)texts->left_out, "more change",
                       "more changes");
}

void page_add_totals(const struct page_integration *integration, struct text *out)
{
    const struct audit_totals *totals = &integration->totals;
    const int64_t *verdicts = totals->verdicts;

    page_add_count(out, totals->slots, "slot: ", "slots: ");
    page_add_count(out, verdicts[AUDIT_COMPLETED] + verdicts[AUDIT_FOLDED] + verdicts[AUDIT_AGAIN],
                   "exported", "exported");
    page_add_part(out, verdicts[AUDIT_FOLDED], "of these by a later run", "of these by later runs");
    page_add_part(out, verdicts[AUDIT_FAILED], "failed", "failed");
    page_add_part(out, verdicts[AUDIT_UNKNOWN], "unknown", "unknown");
    page_add_part(out, verdicts[AUDIT_IN_PROGRESS], "in progress", "in progress");
    page_add_part(out, verdicts[AUDIT_WAITING], "waiting", "waiting");
    page_add_part(out, verdicts[AUDIT_MISSING], "missing", "missing");
    page_add_part(out, verdicts[AUDIT_DOUBLED], "doubled", "doubled");
    text_add(out, "; ");
    page_add_count(out, integration->runs, "run", "runs");
    page_add_part(out, integration->records, "record", "records");
    page_add_part(out, totals->late, "began late", "began late");
    page_add_part(out, integration->holes, "hole", "holes");
    page_add_part(out, integration->overlaps, "overlap", "overlaps");
}

/* ---- Causes ---- */

void page_add_outcome(const struct page_cause *cause, struct text *out)
{
    static const char *const words[AUDIT_VERDICTS] = {
        [AUDIT_COMPLETED] = "exported late",
        [AUDIT_FOLDED] = "exported late, by a later run",
        [AUDIT_FAILED] = "failed",
        [AUDIT_UNKNOWN] = "outcome unknown",
        [AUDIT_IN_PROGRESS] = "in progress",
        [AUDIT_WAITING] = "waiting",
        [AUDIT_MISSING] = "missing",
        [AUDIT_DOUBLED] = "doubled",
        [AUDIT_AGAIN] = "exported late, and again by hand",
        [AUDIT_EXTRA] = "not a slot of the schedule",
    };

    text_add(out, words[cause->verdict]);
}

void page_add_times(struct page *page, size_t n, int64_t first, int64_t last, struct text *out)
{
    const char *timezone = page->integrations[n].timezone;

    page_add_local(page, timezone, first, out);
    if (last == first)
        return;
    text_add(out, " to ");
    page_add_local(page, timezone, last, out);
}

void page_add_reason(const struct page_cause *cause, struct text *out)
{
    char late[DURATION_TEXT_SIZE];

    if (*cause->code != '\0')
        page_add_name(out, cause->code);
    if (cause->http_status > 0 && strncmp(cause->code, "HTTP_", 5) != 0)
        text_addf(out, ", HTTP %d", cause->http_status);
    if (cause->message != NULL) {
        text_add(out, ": ");
        page_add_name(out, cause->message);
    }
    if (cause->is_late) {
        duration_format(cause->late_ms / 1000 * 1000, late);
        text_addf(out, "%sthe latest began %s after its slot", out->length > 0 ? "; " : "", late);
    }
    if (cause->verdict == AUDIT_MISSING)
        text_add(out, "no run of the log covers it");
}

void page_add_end(const struct page_cause *cause, struct text *out)
{
    static const char *const words[] = {
        [PAGE_DONE] = "exported",
        [PAGE_UNDER_WAY] = "under way",
        [PAGE_EXPORTED_LATER] = "a later run exported its period",
        [PAGE_SETTLED] = "exported, as somebody has written down",
        [PAGE_OPEN] = "open",
    };

    text_add(out,
             cause->is_settled_by_function ? "exported, as the function says" : words[cause->fate]);
}

/* ---- Acts ---- */

void page_add_deed(const struct page_act *act, struct text *out)
{
    static const char *const words[] = {
        [PAGE_SENT] = "sent by hand",
        [PAGE_SAID_DONE] = "written down as exported",
        [PAGE_SAID_NOT_DONE] = "written down as not exported",
    };

    page_add_count(out, act->count, "run ", "runs ");
    text_add(out, words[act->kind]);
}

void page_add_hour(struct page *page, size_t n, int64_t time_ms, struct text *out)
{
    if (time_ms == INT64_MIN)
        text_add(out, "-");
    else
        page_add_local(page, page->integrations[n].timezone, instant_divide_down(time_ms, 60000),
                       out);
}
