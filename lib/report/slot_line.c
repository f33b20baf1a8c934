#include "report/slot_line.h"

#include "report/when.h"

#include <stdio.h>

enum { LINE_TYPE_COLUMNS = 8, LINE_ID_COLUMNS = 8, LINE_NAME_LEAST = 14, LINE_NAME_MOST = 30 };
enum { LINE_REST_LEAST = 8 };

static size_t slot_line_name_columns(const struct terminal *terminal)
{
    size_t more = terminal->columns > 80 ? (terminal->columns - 80) / 3 : 0;

    return more < LINE_NAME_MOST - LINE_NAME_LEAST ? LINE_NAME_LEAST + more : LINE_NAME_MOST;
}

size_t slot_line_columns(const struct terminal *terminal)
{
    return WHEN_SLOT_COLUMNS + slot_line_name_columns(terminal) + LINE_TYPE_COLUMNS +
           LINE_ID_COLUMNS + 4;
}

void slot_line_add_cell(struct text *out, const char *string, size_t columns, bool is_right)
{
    struct text clean = {0};

    terminal_add_clean(&clean, string != NULL && *string != '\0' ? string : "-");
    terminal_add_fitted(out, text_string(&clean), columns, is_right);
    text_add(out, " ");
    text_free(&clean);
}

void slot_line_add_subject(const struct terminal *terminal, const struct subject *subject,
                           struct text *out)
{
    bool has_name = subject->organization != NULL && *subject->organization != '\0';
    char id[LINE_ID_COLUMNS + 1];

    snprintf(id, sizeof id, "%s", subject->org_id != NULL ? subject->org_id : "");
    slot_line_add_cell(out, has_name ? subject->organization : id, slot_line_name_columns(terminal),
                       false);
    slot_line_add_cell(out, subject->integration_type, LINE_TYPE_COLUMNS, false);
    snprintf(id, sizeof id, "%s", subject->integration_id);
    slot_line_add_cell(out, id, LINE_ID_COLUMNS, false);
}

void slot_line_add_heading(const struct terminal *terminal, struct text *out)
{
    slot_line_add_cell(out, "SLOT", WHEN_SLOT_COLUMNS, false);
    slot_line_add_subject(terminal, &(struct subject){"ORGANISATION", "", "TYPE", "ID"}, out);
}

void slot_line_end(const struct terminal *terminal, size_t used, enum terminal_colour colour,
                   const char *string, struct text *out)
{
    size_t room =
        terminal->columns > used + LINE_REST_LEAST ? terminal->columns - used : LINE_REST_LEAST;
    struct text clean = {0};
    struct text fitted = {0};
    size_t width;

    terminal_add_clean(&clean, string);
    width = terminal_width(text_string(&clean));
    terminal_add_fitted(&fitted, text_string(&clean), width < room ? width : room, false);
    terminal_paint(terminal, out, colour, text_string(&fitted));
    text_add(out, "\n");
    text_free(&clean);
    text_free(&fitted);
}
