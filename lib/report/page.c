#include "report/page.h"

#include "base/csv.h"
#include "base/memory.h"
#include "cron/cron_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_WRITE_BYTES = 64 * 1024 };

/* ---- CSV ---- */

static const char *const page_columns[] = {
    "kind",
    "organization",
    "integrationType",
    "orgId",
    "integrationId",
    "time",
    "upTo",
    "localTime",
    "verdict",
    "becameOfIt",
    "runId",
    "attempt",
    "recordsExported",
    "lateSeconds",
    "errorClass",
    "errorCode",
    "httpStatus",
    "by",
    "at",
    "note",
};

enum {
    PAGE_KIND,
    PAGE_TIME = 5,
    PAGE_UP_TO,
    PAGE_LOCAL,
    PAGE_VERDICT,
    PAGE_FATE,
    PAGE_RUN,
    PAGE_ATTEMPT,
    PAGE_RECORDS,
    PAGE_LATENESS,
    PAGE_CLASS,
    PAGE_CODE,
    PAGE_HTTP,
    PAGE_BY,
    PAGE_AT,
    PAGE_NOTE,
    PAGE_COLUMNS,
};

/* A line that is being made; its texts are borrowed, or in buffers of its own. */
struct page_line {
    const char *cells[PAGE_COLUMNS];
    char times[3][INSTANT_TEXT_SIZE];
    char numbers[4][24];
};

static const char *const page_fates[] = {
    [PAGE_DONE] = "exported",
    [PAGE_UNDER_WAY] = "underWay",
    [PAGE_EXPORTED_LATER] = "exportedLater",
    [PAGE_SETTLED] = "settled",
    [PAGE_OPEN] = "open",
};

static const char *page_minute(int64_t minute, char text[INSTANT_TEXT_SIZE])
{
    instant_format_minute(minute, text);
    return text;
}

static const char *page_number(int64_t number, char text[24])
{
    snprintf(text, 24, "%" PRId64, number);
    return text;
}

static struct page_line page_begin_line(const struct page_integration *integration,
                                        const char *kind)
{
    return (struct page_line){.cells = {kind, integration->organization,
                                        integration->integration_type, integration->org_id,
                                        integration->integration_id}};
}

/* Hands on what is there, once it is much. */
static void page_flush(struct page *page, size_t least)
{
    if (page->csv.length < least || page->csv.length == 0)
        return;
    if (page->digest == NULL)
        page->digest = digest_open();
    digest_add(page->digest, page->csv.data, page->csv.length);
    if (page->write != NULL && page->error.kind == ERROR_NONE)
        (void)page->write(&page->csv, &page->error);
    text_clear(&page->csv);
}

static void page_add_cells(struct page *page, const char *const *cells)
{
    for (size_t i = 0; i < PAGE_COLUMNS; i++)
        csv_add_cell(&page->csv, cells[i], i == 0);
    csv_end_line(&page->csv);
}

/* Local time is that of the integration, or where there is none of the page. */
static void page_end_line(struct page *page, const struct page_integration *integration,
                          int64_t minute, struct page_line *line)
{
    const char *timezone = integration != NULL ? integration->timezone : page->timezone;

    line->cells[PAGE_TIME] = page_minute(minute, line->times[0]);
    zone_format_local(when_zone(&page->when, timezone), minute, line->times[1]);
    line->cells[PAGE_LOCAL] = line->times[1];
    if (page->csv.length == 0 && page->digest == NULL)
        page_add_cells(page, page_columns);
    page_add_cells(page, line->cells);
    page_flush(page, PAGE_WRITE_BYTES);
}

/* ---- The integration ---- */

static void page_forget_messages(struct page *page)
{
    for (size_t i = 0; i < page->message_count; i++)
        free(page->messages[i].text);
    page->message_count = 0;
}

static struct page_integration *page_open(struct page *page, const struct audit_entry *entry)
{
    struct page_integration *last = page->count > 0 ? &page->integrations[page->count - 1] : NULL;
    const struct audit_result *audited = &page->audited;
    const struct zone *zone;
    int64_t last_day;

    if (last != NULL && run_compare_keys(last->org_id, last->integration_id, entry->org_id,
                                         entry->integration_id) == 0)
        return last;
    page_forget_messages(page);
    page->integrations =
        memory_grow(page->integrations, page->count, &page->capacity, sizeof *page->integrations);
    last = &page->integrations[page->count++];
    *last = (struct page_integration){.organization = memory_copy_text(entry->names->organization),
                                      .integration_type =
                                          memory_copy_text(entry->names->integration_type),
                                      .timezone = memory_copy_text(entry->names->timezone)};
    snprintf(last->org_id, sizeof last->org_id, "%s", entry->org_id);
    snprintf(last->integration_id, sizeof last->integration_id, "%s", entry->integration_id);
    zone = when_zone(&page->when, last->timezone);
    last->first_day = when_day(zone, audited->from);
    last_day = when_day(zone, audited->to - 1);
    last->days = last_day >= last->first_day ? (size_t)(last_day - last->first_day) + 1 : 0;
    last->strip = memory_allocate(last->days, sizeof *last->strip);
    return last;
}

static void page_add_text(struct page_texts *texts, int64_t from, int64_t to, const char *string)
{
    if (texts->count == PAGE_TEXTS) {
        texts->left_out++;
        return;
    }
    texts->list = memory_grow(texts->list, texts->count, &texts->capacity, sizeof *texts->list);
    texts->list[texts->count++] = (struct page_text){from, to, memory_copy_text(string)};
}

/* "at 02:00 on every day (0 2 * * * Europe/Oslo)" */
static void page_add_schedule(struct page_integration *integration, const struct audit_text *text)
{
    struct text words = {0};

    cron_describe(&text->timetable.cron, &words);
    text_addf(&words, " (%s)", text->name);
    page_add_text(&integration->schedules, text->from, text->to, words.data);
    text_free(&words);
}

/* ---- Slots ---- */

static enum page_fate page_judge(const struct audit_entry *entry)
{
    const struct audit_slot *slot = entry->slot;

    switch (slot->verdict) {
    case AUDIT_COMPLETED:
    case AUDIT_FOLDED:
    case AUDIT_AGAIN:
    case AUDIT_EXTRA:
        return PAGE_DONE;
    case AUDIT_IN_PROGRESS:
    case AUDIT_WAITING:
        return PAGE_UNDER_WAY;
    case AUDIT_DOUBLED:
        return PAGE_OPEN;
    default:
        break;
    }
    if (slot->run != NULL && slot->run->resolution == RUN_RESOLVED_DONE)
        return PAGE_SETTLED;
    return entry->exported_by != NULL ? PAGE_EXPORTED_LATER : PAGE_OPEN;
}

static enum page_mark page_choose_mark(const struct audit_slot *slot, enum page_fate fate)
{
    if (slot->verdict == AUDIT_MISSING || slot->verdict == AUDIT_DOUBLED)
        return PAGE_BROKEN;
    if (fate == PAGE_OPEN)
        return slot->verdict == AUDIT_UNKNOWN ? PAGE_UNKNOWN : PAGE_FAILED;
    if (fate == PAGE_UNDER_WAY)
        return PAGE_BEING_SERVED;
    if (fate != PAGE_DONE)
        return PAGE_MADE_UP;
    return slot->late_ms > 0 ? PAGE_LATE : PAGE_GOOD;
}

static void page_mark_day(struct page *page, struct page_integration *integration,
                          const struct audit_slot *slot, enum page_fate fate)
{
    const struct zone *zone = when_zone(&page->when, integration->timezone);
    int64_t n = when_day(zone, slot->slot) - integration->first_day;
    enum page_mark mark = page_choose_mark(slot, fate);
    struct page_day *day;

    if (n < 0 || n >= (int64_t)integration->days || slot->verdict == AUDIT_EXTRA)
        return;
    day = &integration->strip[n];
    day->slots++;
    day->exported += fate == PAGE_DONE ? 1 : 0;
    if (mark > day->mark)
        day->mark = mark;
}

static struct page_message *page_find_message(const struct page *page, const char *code,
                                              int http_status)
{
    for (size_t i = 0; i < page->message_count; i++)
        if (page->messages[i].http_status == http_status &&
            strcmp(page->messages[i].code, code) == 0)
            return &page->messages[i];
    return NULL;
}

static bool page_is_cause(const struct page_cause *one, const struct page_cause *other)
{
    return one->integration == other->integration && one->verdict == other->verdict &&
           one->fate == other->fate && one->is_late == other->is_late &&
           one->is_settled_by_function == other->is_settled_by_function &&
           one->http_status == other->http_status && strcmp(one->code, other->code) == 0;
}

static void page_add_cause(struct page *page, const struct audit_slot *slot, enum page_fate fate)
{
    const struct audit_run *run = slot->run;
    bool has_failed = run != NULL && run->status == RUN_FAILED;
    const struct page_message *message;
    struct page_cause cause = {page->count - 1,
                               slot->verdict,
                               fate,
                               .is_late = slot->late_ms > 0,
                               .count = 1,
                               .first = slot->slot,
                               .last = slot->slot,
                               .late_ms = slot->late_ms};

    if (has_failed)
        snprintf(cause.code, sizeof cause.code, "%s", run->error_code);
    cause.http_status = has_failed ? run->http_status : 0;
    message = page_find_message(page, cause.code, cause.http_status);
    cause.is_settled_by_function = fate == PAGE_SETTLED && run->is_resolved_by_function;
    for (size_t i = 0; i < page->cause_count; i++) {
        struct page_cause *known = &page->causes[i];

        if (!page_is_cause(known, &cause))
            continue;
        known->count++;
        known->last = cause.last;
        known->late_ms = cause.late_ms > known->late_ms ? cause.late_ms : known->late_ms;
        return;
    }
    if (page->cause_count == PAGE_LISTED) {
        page->causes_left_out++;
        return;
    }
    page->causes =
        memory_grow(page->causes, page->cause_count, &page->cause_capacity, sizeof *page->causes);
    cause.message = has_failed && message != NULL ? memory_copy_text(message->text) : NULL;
    page->causes[page->cause_count++] = cause;
}

static void page_add_slot_line(struct page *page, const struct page_integration *integration,
                               const struct audit_slot *slot, enum page_fate fate)
{
    struct page_line line = page_begin_line(integration, "slot");
    const struct audit_run *run = slot->run;
    const char **cells = line.cells;

    cells[PAGE_VERDICT] = audit_verdict_name(slot->verdict);
    cells[PAGE_FATE] = page_fates[fate];
    if (slot->late_ms > 0)
        cells[PAGE_LATENESS] = page_number(slot->late_ms / 1000, line.numbers[0]);
    if (run != NULL) {
        cells[PAGE_RUN] = run->run_id;
        cells[PAGE_ATTEMPT] = page_number(run->attempt, line.numbers[1]);
        /* Those of a run that serves several slots are its own slot's. */
        if (run->records >= 0 && run->scheduled_for == slot->slot)
            cells[PAGE_RECORDS] = page_number(run->records, line.numbers[2]);
    }
    if (run != NULL && run->status == RUN_FAILED) {
        cells[PAGE_CLASS] = outcome_class_name(run->error_class);
        cells[PAGE_CODE] = run->error_code;
        if (run->http_status != 0)
            cells[PAGE_HTTP] = page_number(run->http_status, line.numbers[3]);
    }
    page_end_line(page, integration, slot->slot, &line);
}

static void page_add_slot(struct page *page, struct page_integration *integration,
                          const struct audit_entry *entry)
{
    const struct audit_slot *slot = entry->slot;
    enum page_fate fate = page_judge(entry);

    audit_count(&integration->totals, slot);
    if (slot->verdict != AUDIT_EXTRA)
        integration->fates[fate]++;
    page_mark_day(page, integration, slot, fate);
    if (fate != PAGE_DONE || slot->late_ms > 0 || slot->verdict == AUDIT_EXTRA)
        page_add_cause(page, slot, fate);
    page_add_slot_line(page, integration, slot, fate);
}

/* ---- Periods, and what cannot be judged ---- */

static void page_add_period(struct page *page, struct page_integration *integration,
                            const struct periods_finding *period)
{
    bool is_overlap = period->verdict == PERIODS_OVERLAP;
    struct page_line line = page_begin_line(integration, "period");

    integration->overlaps += is_overlap ? 1 : 0;
    integration->holes += is_overlap ? 0 : 1;
    line.cells[PAGE_VERDICT] = is_overlap ? "overlap" : "hole";
    line.cells[PAGE_UP_TO] = page_minute(period->up_to, line.times[2]);
    line.cells[PAGE_RUN] = period->run != NULL ? period->run->run_id : NULL;
    page_end_line(page, integration, period->after, &line);
}

static void page_add_unjudged(struct page *page, struct page_integration *integration,
                              const struct audit_stretch *stretch)
{
    struct page_line line = page_begin_line(integration, "unjudged");

    page_add_text(&integration->unjudged, stretch->from, stretch->to, stretch->reason);
    line.cells[PAGE_VERDICT] = "unjudged";
    line.cells[PAGE_UP_TO] = page_minute(stretch->to, line.times[2]);
    line.cells[PAGE_NOTE] = stretch->reason;
    page_end_line(page, integration, stretch->from, &line);
}

/* ---- Runs ---- */

/* Keeps the last message of each kind of failure, for the causes that its slots will be. */
static void page_keep_message(struct page *page, const struct audit_record *record)
{
    const struct audit_run *run = record->run;
    struct page_message *known = page_find_message(page, run->error_code, run->http_status);

    if (known == NULL && page->message_count < PAGE_LISTED) {
        page->messages = memory_grow(page->messages, page->message_count, &page->message_capacity,
                                     sizeof *page->messages);
        known = &page->messages[page->message_count++];
        *known = (struct page_message){.http_status = run->http_status};
        snprintf(known->code, sizeof known->code, "%s", run->error_code);
    }
    if (known == NULL)
        return;
    free(known->text);
    known->text = memory_copy_text(record->message);
}

static bool page_is_same(const char *one, const char *other)
{
    return one == other || (one != NULL && other != NULL && strcmp(one, other) == 0);
}

/* Takes who and note over. */
static void page_count_act(struct page *page, struct page_act *act)
{
    for (size_t i = 0; i < page->act_count; i++) {
        struct page_act *known = &page->acts[i];

        if (known->integration != act->integration || known->kind != act->kind ||
            !page_is_same(known->who, act->who) || !page_is_same(known->note, act->note))
            continue;
        known->count++;
        known->last = act->last;
        known->at_ms = act->at_ms > known->at_ms ? act->at_ms : known->at_ms;
        free(act->who);
        free(act->note);
        return;
    }
    if (page->act_count == PAGE_LISTED) {
        page->acts_left_out++;
        free(act->who);
        free(act->note);
        return;
    }
    page->acts = memory_grow(page->acts, page->act_count, &page->act_capacity, sizeof *page->acts);
    page->acts[page->act_count++] = *act;
}

static void page_add_act(struct page *page, struct page_act *act, const char *run_id)
{
    static const char *const kinds[] = {"sentByHand", "saidDone", "saidNotDone"};
    const struct page_integration *integration = &page->integrations[act->integration];
    struct page_line line = page_begin_line(integration, "act");

    line.cells[PAGE_VERDICT] = kinds[act->kind];
    line.cells[PAGE_RUN] = run_id;
    line.cells[PAGE_BY] = act->who;
    if (act->at_ms != INT64_MIN)
        instant_format_second(act->at_ms, line.times[2]);
    line.cells[PAGE_AT] = line.times[2];
    line.cells[PAGE_NOTE] = act->note;
    page_end_line(page, integration, act->first, &line);
    page_count_act(page, act);
}

/* "kari@alpha" */
static char *page_name_sender(const struct audit_record *record)
{
    struct text name = {0};

    text_addf(&name, "%s@%s", record->trigger_name != NULL ? record->trigger_name : "-",
              record->host != NULL ? record->host : "-");
    return name.data;
}

static void page_add_acts(struct page *page, const struct audit_record *record)
{
    const struct audit_run *run = record->run;
    struct page_act sent = {page->count - 1,
                            PAGE_SENT,
                            .count = 1,
                            .first = run->scheduled_for,
                            .last = run->scheduled_for,
                            .at_ms = record->created_at_ms};
    struct page_act said = sent;

    if (run->is_by_hand) {
        sent.who = page_name_sender(record);
        page_add_act(page, &sent, run->run_id);
    }
    if (run->resolution == RUN_UNRESOLVED || run->is_resolved_by_function)
        return;
    said.kind = run->resolution == RUN_RESOLVED_DONE ? PAGE_SAID_DONE : PAGE_SAID_NOT_DONE;
    said.who = memory_copy_text(record->resolved_by);
    said.note = memory_copy_text(record->note);
    said.at_ms = record->resolved_at_ms;
    page_add_act(page, &said, run->run_id);
}

static void page_add_record(struct page *page, struct page_integration *integration,
                            const struct audit_record *record)
{
    const struct audit_run *run = record->run;
    bool is_exported = run->status == RUN_COMPLETED || run->resolution == RUN_RESOLVED_DONE;

    integration->runs++;
    integration->records += is_exported && run->records > 0 ? run->records : 0;
    if (run->status == RUN_FAILED)
        page_keep_message(page, record);
    page_add_acts(page, record);
}

static void page_add_gap(struct page *page, const struct audit_stretch *gap)
{
    struct page_line line = {.cells = {"gap"}};

    page_add_text(&page->gaps, gap->from, gap->to, NULL);
    line.cells[PAGE_VERDICT] = "nothingTicked";
    line.cells[PAGE_UP_TO] = page_minute(gap->to, line.times[2]);
    page_end_line(page, NULL, gap->from, &line);
}

void page_add_entry(void *context, const struct audit_entry *entry)
{
    struct page *page = context;
    struct page_integration *integration;

    if (entry->gap != NULL) {
        page_add_gap(page, entry->gap);
        return;
    }
    integration = page_open(page, entry);
    if (entry->record != NULL)
        page_add_record(page, integration, entry->record);
    else if (entry->slot != NULL)
        page_add_slot(page, integration, entry);
    else if (entry->text != NULL)
        page_add_schedule(integration, entry->text);
    else if (entry->period != NULL)
        page_add_period(page, integration, entry->period);
    else if (entry->unjudged != NULL)
        page_add_unjudged(page, integration, entry->unjudged);
}

bool page_end(struct page *page, struct error *err)
{
    if (page->csv.length == 0 && page->digest == NULL)
        page_add_cells(page, page_columns);
    page_flush(page, 0);
    digest_format(page->digest, page->sha256);
    *err = page->error;
    return page->error.kind == ERROR_NONE;
}

/* ---- The end ---- */

static void page_free_texts(struct page_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++)
        free(texts->list[i].text);
    free(texts->list);
}

void page_free(struct page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        free(page->integrations[i].organization);
        free(page->integrations[i].integration_type);
        free(page->integrations[i].timezone);
        free(page->integrations[i].strip);
        page_free_texts(&page->integrations[i].schedules);
        page_free_texts(&page->integrations[i].unjudged);
    }
    for (size_t i = 0; i < page->cause_count; i++)
        free(page->causes[i].message);
    for (size_t i = 0; i < page->act_count; i++) {
        free(page->acts[i].who);
        free(page->acts[i].note);
    }
    page_free_texts(&page->gaps);
    page_forget_messages(page);
    free(page->messages);
    free(page->integrations);
    free(page->causes);
    free(page->acts);
    text_free(&page->csv);
    digest_close(page->digest);
    when_free(&page->when);
}

struct page_sums page_sum(const struct page *page)
{
    struct page_sums sums = {0};

    for (size_t i = 0; i < page->count; i++) {
        const struct page_integration *integration = &page->integrations[i];
        const struct audit_totals *totals = &integration->totals;

        sums.slots += totals->slots;
        sums.exported += totals->verdicts[AUDIT_COMPLETED] + totals->verdicts[AUDIT_FOLDED] +
                         totals->verdicts[AUDIT_AGAIN];
        sums.records += integration->records;
        sums.holes += integration->holes;
        sums.overlaps += integration->overlaps;
        for (size_t n = 0; n <= PAGE_OPEN; n++)
            sums.fates[n] += integration->fates[n];
    }
    sums.open = sums.fates[PAGE_OPEN];
    return sums;
}
