/*
 * The words of a page, the same for its renderers. In each line a name is between PAGE_NAME and
 * PAGE_NAME_END, characters that no name has once it is clean, so that a page can set it apart.
 */
#ifndef SYNCSCHED_REPORT_PAGE_WORDS_H
#define SYNCSCHED_REPORT_PAGE_WORDS_H

#include "report/page.h"

enum { PAGE_NAME = 1, PAGE_NAME_END = 2 };

enum { PAGE_ROW_DAYS = 32 }; /* of a strip: a month, also where it begins a day later or earlier */

/* Lines of text; page_lines_free() releases them. */
struct page_lines {
    struct text *list;
    size_t count;
    size_t capacity;
};

/* A new line, empty, borrowed until the next one. */
struct text *page_lines_new(struct page_lines *lines);
void page_lines_free(struct page_lines *lines);

/* "3 slots", "1 slot", "27,365 records". */
void page_add_count(struct text *out, int64_t number, const char *one, const char *many);

void page_add_owner(const struct page *page, struct text *out); /* whose exports they are */
void page_add_span(struct page *page, struct text *out);        /* "March 2026" */
void page_add_zone(const struct page *page, struct text *out);

/* The verdict: its first sentence, and the others. */
void page_add_verdict(const struct page *page, struct text *out);
void page_add_details(const struct page *page, struct text *out);

/* What could not be judged, a line each; none: all could. */
void page_add_limits(struct page *page, struct page_lines *lines);

/* When nothing ticked, a line each; none: no such gap is known. */
void page_add_gaps(struct page *page, struct page_lines *lines);

/* "xledger 2ea2038c", with the organisation where the page has several. */
void page_add_integration(const struct page *page, size_t integration, struct text *out);
void page_add_schedules(struct page *page, size_t integration, struct page_lines *lines);
void page_add_totals(const struct page_integration *integration, struct text *out);

/* Of a cause: "failed", its slots in time, "HTTP_500: ...", "a later run exported its period". */
void page_add_outcome(const struct page_cause *cause, struct text *out);
void page_add_times(struct page *page, size_t integration, int64_t first, int64_t last,
                    struct text *out);
void page_add_reason(const struct page_cause *cause, struct text *out);
void page_add_end(const struct page_cause *cause, struct text *out);

/* Of an act: "wrote down that it was exported", and when. */
void page_add_deed(const struct page_act *act, struct text *out);
void page_add_hour(struct page *page, size_t integration, int64_t time_ms, struct text *out);

/* A name or another text of strangers: as one clean line, between PAGE_NAME and its end. */
void page_add_name(struct text *out, const char *name);

/* Words, where no name is set apart. */
void page_add_plain(struct text *out, const struct text *words);

#endif
