#include "report/upcoming.h"

#include "report/slot_line.h"

void upcoming_add_heading(const struct terminal *terminal, struct text *out)
{
    struct text line = {0};

    slot_line_add_heading(terminal, &line);
    slot_line_add_cell(&line, "IN", WHEN_LENGTH_COLUMNS, true);
    text_add(&line, "SCHEDULE");
    terminal_paint(terminal, out, TERMINAL_BOLD, text_string(&line));
    text_add(out, "\n");
    text_free(&line);
}

static const char *upcoming_text(const json_t *slot, const char *key)
{
    return json_string_value(json_object_get(slot, key));
}

void upcoming_add_line(const struct terminal *terminal, struct when *when, const json_t *slot,
                       struct text *out)
{
    const struct zone *zone = when_zone(when, upcoming_text(slot, "timezone"));
    struct subject subject = {upcoming_text(slot, "organization"), upcoming_text(slot, "orgId"),
                              upcoming_text(slot, "integrationType"),
                              upcoming_text(slot, "integrationId")};
    int64_t now = instant_divide_down(when->now_us, INSTANT_US_PER_MINUTE);
    struct text cell = {0};
    struct error err;
    int64_t us = 0;

    instant_parse(upcoming_text(slot, "scheduledFor"), &us, &err);
    when_add_minute(when, zone, us / INSTANT_US_PER_MINUTE, &cell);
    slot_line_add_cell(out, text_string(&cell), WHEN_SLOT_COLUMNS, false);
    slot_line_add_subject(terminal, &subject, out);
    text_clear(&cell);
    when_add_length((us / INSTANT_US_PER_MINUTE - now) * 60000, &cell);
    slot_line_add_cell(out, text_string(&cell), WHEN_LENGTH_COLUMNS, true);
    slot_line_end(terminal, slot_line_columns(terminal) + WHEN_LENGTH_COLUMNS + 1, TERMINAL_PLAIN,
                  upcoming_text(slot, "schedule"), out);
    text_free(&cell);
}
