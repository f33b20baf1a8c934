#include "report/by_hand.h"

#include "plan/subject.h"
#include "time/instant.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void by_hand_add_subject(const struct by_hand_subject *subject, struct text *out)
{
    subject_add(&(struct subject){subject->org_name, subject->org_id, subject->integration_type,
                                  subject->integration_id},
                out);
}

/* Tue  3 Mar 02:00, where the organisation is; with the year, if that is another one. */
static void by_hand_add_time(const struct by_hand_subject *subject, int64_t minute, int64_t now_us,
                             struct text *out)
{
    int64_t now = instant_divide_down(now_us, INSTANT_US_PER_MINUTE);
    struct zone_span span = zone_span_at(&subject->zone, minute);
    struct civil civil = civil_from_minute(minute + span.offset_minutes);
    struct civil present = civil_from_minute(now + span.offset_minutes);

    text_addf(out, "%.3s %2d %.3s ", civil_weekday_names[civil.weekday], civil.day,
              civil_month_names[civil.month - 1]);
    if (civil.year != present.year)
        text_addf(out, "%d ", civil.year);
    text_addf(out, "%02d:%02d", civil.hour, civil.minute);
}

/* completed, 130 records; failed HTTP_500; unknown TIMEOUT */
static void by_hand_add_state(const struct by_hand_item *item, struct text *out)
{
    const struct by_hand_run *run = item->run;

    if (run == NULL) {
        text_add(out, item->state == BY_HAND_IS_HELD ? "no run since the restore" : "no run");
        return;
    }
    if (item->state == BY_HAND_IS_ACTIVE)
        text_add(out, run_status_name(item->last->status));
    else if (run->status == RUN_COMPLETED)
        text_add(out, "completed");
    else
        text_addf(out, "%s %s", item->state == BY_HAND_IS_UNKNOWN ? "unknown" : "failed",
                  run->error_code);
    if (run->status == RUN_COMPLETED && run->records_exported >= 0)
        text_addf(out, ", %" PRId64 " record%s", run->records_exported,
                  run->records_exported == 1 ? "" : "s");
    if (run->resolution != RUN_UNRESOLVED)
        text_addf(out, ", resolved as %s",
                  run->resolution == RUN_RESOLVED_DONE ? "done" : "not done");
    if (item->slots > 1)
        text_addf(out, ", %zu slots", item->slots);
}

static void by_hand_add_options(const struct by_hand_item *item, struct text *out)
{
    static const struct {
        enum by_hand_option option;
        const char *name;
    } names[] = {{BY_HAND_FAILED, "--retry-failed"},
                 {BY_HAND_UNKNOWN, "--retry-unknown"},
                 {BY_HAND_AGAIN, "--again"}};
    bool is_first = true;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((item->lacking & names[i].option) == 0)
            continue;
        text_addf(out, "%s%s", is_first ? " (" : " with ", names[i].name);
        is_first = false;
    }
    text_addf(out, " sends it%s)",
              item->lacking == BY_HAND_AGAIN && item->run != NULL ? ", under the same key" : "");
}

static void by_hand_add_verdict(const struct by_hand_subject *subject,
                                const struct by_hand_item *item, int64_t now_us, struct text *out)
{
    if (item->is_sent)
        text_add(out, "would be sent");
    if (item->is_sent && item->last != NULL)
        text_addf(out, ", attempt %d", item->last->number + 1);
    if (item->is_sent)
        return;
    text_add(out, "left alone");
    if (subject->obstacle != NULL || item->state == BY_HAND_IS_ACTIVE)
        return;
    if (item->later != NULL) {
        text_add(out, ", in the period of ");
        by_hand_add_time(subject, item->later->scheduled_for, now_us, out);
        text_addf(out, ", %s",
                  item->later->resolution == RUN_RESOLVED_DONE ? "done"
                  : item->later->status != RUN_FAILED ? run_status_name(item->later->status)
                  : item->later->error_class == OUTCOME_UNKNOWN ? "unknown"
                                                                : "failed");
    } else if (item->is_partly_exported) {
        text_add(out, ", a part of its period went with an older slot");
    }
    by_hand_add_options(item, out);
}

static void by_hand_pad(struct text *out, size_t start, size_t width)
{
    while (out->length - start < width)
        text_add(out, " ");
}

static void by_hand_add_lines(const struct by_hand_subject *subject, int64_t now_us,
                              struct text *out)
{
    struct text cell = {0};
    size_t time_width = 0;
    size_t state_width = 0;

    for (size_t i = 0; i < subject->item_count; i++) {
        text_clear(&cell);
        by_hand_add_time(subject, subject->items[i].slot, now_us, &cell);
        time_width = cell.length > time_width ? cell.length : time_width;
        text_clear(&cell);
        by_hand_add_state(&subject->items[i], &cell);
        state_width = cell.length > state_width ? cell.length : state_width;
    }
    for (size_t i = 0; i < subject->item_count; i++) {
        size_t start;

        text_add(out, "  ");
        start = out->length;
        by_hand_add_time(subject, subject->items[i].slot, now_us, out);
        by_hand_pad(out, start, time_width + 2);
        start = out->length;
        by_hand_add_state(&subject->items[i], out);
        by_hand_pad(out, start, state_width + 3);
        by_hand_add_verdict(subject, &subject->items[i], now_us, out);
        text_add(out, "\n");
    }
    text_free(&cell);
}

void by_hand_report(const struct by_hand_subject *subjects, size_t count, int64_t now_us,
                    struct text *out)
{
    size_t slots = 0;
    size_t sent = 0;

    for (size_t i = 0; i < count; i++) {
        const struct by_hand_subject *subject = &subjects[i];

        slots += subject->slots;
        sent += subject->sent;
        if (count > 1 && subject->slots == 0)
            continue;
        by_hand_add_subject(subject, out);
        text_addf(out, ": %zu slot%s", subject->slots, subject->slots == 1 ? "" : "s");
        if (subject->obstacle != NULL)
            text_addf(out, ", left alone: %s", subject->obstacle);
        text_add(out, "\n");
        by_hand_add_lines(subject, now_us, out);
    }
    text_addf(out, "%zu of %zu would be sent.\n", sent, slots);
}

void by_hand_report_left(const struct by_hand_subject *subject, const struct by_hand_item *item,
                         int64_t now_us, struct text *out)
{
    by_hand_add_subject(subject, out);
    text_add(out, ": ");
    by_hand_add_time(subject, item->slot, now_us, out);
    text_add(out, " ");
    by_hand_add_state(item, out);
    text_add(out, ", ");
    by_hand_add_verdict(subject, item, now_us, out);
    if (subject->obstacle != NULL)
        text_addf(out, ": %s", subject->obstacle);
}
