#include "report/page_words.h"
#include "report/terminal.h"

enum { MAIL_COLUMNS = 72 };

static const char mail_marks[PAGE_MARKS + 1] = " .~>+x?!";

/* Appends words (page_words.h) in lines that fit, those behind the first further to the right. */
static void mail_add(struct text *out, int indent, const struct text *words)
{
    struct text plain = {0};
    struct text clean = {0};

    page_add_plain(&plain, words);
    terminal_add_clean(&clean, text_string(&plain));
    terminal_add_lines(out, indent, MAIL_COLUMNS, text_string(&clean));
    text_free(&plain);
    text_free(&clean);
}

/* The same, and empties the words. */
static void mail_add_line(struct text *out, int indent, struct text *words)
{
    mail_add(out, indent, words);
    text_clear(words);
}

/* One line, whatever its length: mail programs fold it. */
static void mail_add_subject(struct page *page, struct text *out)
{
    struct page_sums sums = page_sum(page);
    struct text words = {0};
    struct text plain = {0};

    page_add_owner(page, &words);
    text_add(&words, ", ");
    page_add_span(page, &words);
    text_add(&words, ": ");
    page_add_count(&words, sums.exported, "of", "of");
    text_add(&words, " ");
    page_add_count(&words, sums.slots, "exported", "exported");
    if (sums.open > 0) {
        text_add(&words, ", ");
        page_add_count(&words, sums.open, "needs a person", "need a person");
    }
    page_add_plain(&plain, &words);
    terminal_add_clean(out, text_string(&plain));
    text_add(out, "\n\n");
    text_free(&words);
    text_free(&plain);
}

/* Empties the lines. */
static void mail_add_lines(struct text *out, const char *heading, struct page_lines *lines)
{
    if (lines->count > 0)
        text_addf(out, "\n%s:\n", heading);
    for (size_t i = 0; i < lines->count; i++)
        mail_add(out, 2, &lines->list[i]);
    page_lines_free(lines);
}

static void mail_add_head(struct page *page, struct text *out)
{
    struct page_lines lines = {0};
    struct text words = {0};

    page_add_verdict(page, &words);
    text_add(&words, " ");
    page_add_details(page, &words);
    mail_add_line(out, 0, &words);
    text_add(&words, "Times are in ");
    page_add_zone(page, &words);
    text_add(&words, ".");
    mail_add_line(out, 0, &words);
    page_add_limits(page, &lines);
    mail_add_lines(out, "What could not be judged", &lines);
    page_add_gaps(page, &lines);
    mail_add_lines(out, "When nothing ticked", &lines);
    text_free(&words);
}

/* "   1 March ....x.... 31 March" */
static void mail_add_days(const struct page_integration *integration, size_t first,
                          struct text *out)
{
    size_t end =
        first + PAGE_ROW_DAYS < integration->days ? first + PAGE_ROW_DAYS : integration->days;
    struct civil from = civil_from_day(integration->first_day + (int64_t)first);
    struct civil to = civil_from_day(integration->first_day + (int64_t)end - 1);

    text_addf(out, "  %2d %.3s ", from.day, civil_month_names[from.month - 1]);
    for (size_t i = first; i < end; i++)
        text_append(out, &mail_marks[integration->strip[i].mark], 1);
    text_addf(out, " %d %.3s\n", to.day, civil_month_names[to.month - 1]);
}

static void mail_add_integration(struct page *page, size_t n, struct text *out)
{
    const struct page_integration *integration = &page->integrations[n];
    struct page_lines schedules = {0};
    struct text words = {0};

    text_add(out, "\n");
    page_add_integration(page, n, &words);
    mail_add_line(out, 0, &words);
    page_add_schedules(page, n, &schedules);
    for (size_t i = 0; i < schedules.count; i++)
        mail_add(out, 2, &schedules.list[i]);
    for (size_t i = 0; i < integration->days; i += PAGE_ROW_DAYS)
        mail_add_days(integration, i, out);
    page_add_totals(integration, &words);
    mail_add_line(out, 2, &words);
    page_lines_free(&schedules);
    text_free(&words);
}

static void mail_add_cause(struct page *page, const struct page_cause *cause, struct text *out)
{
    struct text words = {0};

    page_add_integration(page, cause->integration, &words);
    text_add(&words, ", ");
    page_add_count(&words, cause->count, "slot, ", "slots, ");
    page_add_times(page, cause->integration, cause->first, cause->last, &words);
    text_add(&words, ": ");
    page_add_outcome(cause, &words);
    mail_add_line(out, 2, &words);
    page_add_reason(cause, &words);
    if (words.length > 0)
        mail_add_line(out, 4, &words);
    text_add(&words, "-> ");
    page_add_end(cause, &words);
    mail_add_line(out, 4, &words);
    text_free(&words);
}

static void mail_add_act(struct page *page, const struct page_act *act, struct text *out)
{
    struct text words = {0};

    page_add_hour(page, act->integration, act->at_ms, &words);
    text_add(&words, ", ");
    page_add_name(&words, act->who != NULL ? act->who : "-");
    text_add(&words, ": ");
    page_add_deed(act, &words);
    text_add(&words, ", ");
    page_add_integration(page, act->integration, &words);
    text_add(&words, ", ");
    page_add_times(page, act->integration, act->first, act->last, &words);
    mail_add_line(out, 2, &words);
    if (act->note != NULL) {
        page_add_name(&words, act->note);
        mail_add_line(out, 4, &words);
    }
    text_free(&words);
}

static void mail_add_left_out(int64_t number, const char *one, const char *many, struct text *out)
{
    struct text words = {0};

    if (number > 0) {
        page_add_count(&words, number, one, many);
        mail_add_line(out, 2, &words);
    }
    text_free(&words);
}

void page_add_mail(struct page *page, struct text *out)
{
    mail_add_subject(page, out);
    mail_add_head(page, out);
    for (size_t i = 0; i < page->count; i++)
        mail_add_integration(page, i, out);
    text_add(out, page->count > 0 ? "\n  . exported, ~ late, > under way, + exported later or "
                                    "settled,\n  x failed, ? unknown, ! missing or doubled\n"
                                  : "");
    text_add(out, page->cause_count > 0 ? "\nWhat did not simply succeed:\n" : "");
    for (size_t i = 0; i < page->cause_count; i++)
        mail_add_cause(page, &page->causes[i], out);
    mail_add_left_out(page->causes_left_out, "more slot", "more slots; the CSV has all", out);
    text_add(out, page->act_count > 0 ? "\nWhat people did by hand:\n" : "");
    for (size_t i = 0; i < page->act_count; i++)
        mail_add_act(page, &page->acts[i], out);
    mail_add_left_out(page->acts_left_out, "more run", "more runs; the CSV has all", out);
}
