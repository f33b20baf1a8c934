/*
 * What `report` shows of a period: the facts of the audit and of the log, once, and their
 * renderers: a page of HTML, a mail, and CSV.
 *
 * Memory is constant for each integration and each day: slots and runs are counted as they arrive,
 * and what is alike is one cause or one act. Of these, at most PAGE_LISTED are kept; CSV has all.
 */
#ifndef SYNCSCHED_REPORT_PAGE_H
#define SYNCSCHED_REPORT_PAGE_H

#include "base/digest.h"
#include "base/text.h"
#include "inspect/audit.h"
#include "report/when.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGE_LISTED = 200, PAGE_TEXTS = 20, PAGE_DAYS_MAX = 400 };

/* What became of a slot in the end. */
enum page_fate {
    PAGE_DONE,
    PAGE_UNDER_WAY,
    PAGE_EXPORTED_LATER, /* the period of another run surely holds it */
    PAGE_SETTLED,        /* somebody has written down that it was exported */
    PAGE_OPEN,
};

/* What a day came to, by its worst slot. */
enum page_mark {
    PAGE_NO_SLOT,
    PAGE_GOOD,
    PAGE_LATE,
    PAGE_BEING_SERVED,
    PAGE_MADE_UP, /* exported later, or settled */
    PAGE_FAILED,
    PAGE_UNKNOWN,
    PAGE_BROKEN, /* missing or doubled */
    PAGE_MARKS,
};

struct page_day {
    int slots;
    int exported;
    enum page_mark mark;
};

/* What was in force behind one minute, up to another; or could not be judged, [from, to). */
struct page_text {
    int64_t from;
    int64_t to;
    char *text;
};

struct page_texts {
    struct page_text *list;
    size_t count;
    size_t capacity;
    size_t left_out;
};

struct page_integration {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char *organization; /* NULL: it has no name */
    char *integration_type;
    char *timezone;
    struct page_texts schedules;
    struct page_texts unjudged;
    struct audit_totals totals;
    int64_t fates[PAGE_OPEN + 1];
    int64_t runs; /* of the log */
    int64_t records;
    int64_t holes;
    int64_t overlaps;
    int64_t first_day; /* of the period, where it is, since 1970 */
    size_t days;
    struct page_day *strip;
};

/* Slots of an integration that did not simply succeed, for the same reason, with the same end. */
struct page_cause {
    size_t integration;
    enum audit_verdict verdict; /* AUDIT_COMPLETED, AUDIT_FOLDED: late */
    enum page_fate fate;
    bool is_late;
    bool is_settled_by_function;
    char code[OUTCOME_CODE_SIZE];
    int http_status;
    char *message; /* of the last such run; NULL: none */
    int64_t count;
    int64_t first; /* slots */
    int64_t last;
    int64_t late_ms; /* the latest */
};

/* What the last failure of a kind says, of the integration that is being read. */
struct page_message {
    char code[OUTCOME_CODE_SIZE];
    int http_status;
    char *text;
};

/* What a person did: runs by hand, or runs that were settled with the same words. */
struct page_act {
    size_t integration;
    enum page_act_kind { PAGE_SENT, PAGE_SAID_DONE, PAGE_SAID_NOT_DONE } kind;
    char *who;
    char *note; /* NULL: none */
    int64_t count;
    int64_t first; /* slots */
    int64_t last;
    int64_t at_ms; /* when, the last time */
};

/* Takes CSV as it comes, and empties it. False, with err: it cannot be written. */
typedef bool page_writer(struct text *csv, struct error *err);

/* `struct page p = {...};` with the first part is an empty one; page_free() is its end. */
struct page {
    int year; /* where the period is a month; else 0 */
    int month;
    const char *timezone; /* of the period's bounds */
    const char *org_id;   /* NULL: every organisation */
    page_writer *write;   /* NULL: CSV is only hashed */

    struct when when;
    struct audit_result audited;
    struct page_texts gaps;                /* in which nothing ticked; without text */
    struct page_integration *integrations; /* in key order */
    size_t count;
    size_t capacity;
    struct page_cause *causes;
    size_t cause_count;
    size_t cause_capacity;
    int64_t causes_left_out; /* slots */
    struct page_message *messages;
    size_t message_count;
    size_t message_capacity;
    struct page_act *acts;
    size_t act_count;
    size_t act_capacity;
    int64_t acts_left_out; /* runs */
    struct text csv;       /* not handed on yet */
    struct digest *digest;
    char sha256[DIGEST_TEXT_SIZE];
    struct error error; /* of the writer */
};

/* An audit_entry_reader with texts and runs; context: page. */
void page_add_entry(void *page, const struct audit_entry *entry);

/* When all is read: hands on the rest of the CSV, and knows its digest. */
bool page_end(struct page *page, struct error *err);

void page_free(struct page *page);

/* Append the whole. */
void page_add_html(struct page *page, struct text *out);
void page_add_mail(struct page *page, struct text *out);

/* ---- Sums ---- */

struct page_sums {
    int64_t slots;
    int64_t exported; /* by runs: completed, folded, again */
    int64_t open;
    int64_t fates[PAGE_OPEN + 1];
    int64_t records;
    int64_t holes;
    int64_t overlaps;
};

struct page_sums page_sum(const struct page *page);

#endif
