/*
 * What `stats` prints: one tree of values (tests/schemas/stats.json), rendered as JSON, as CSV, or
 * as tables for a person.
 */
#ifndef SYNCSCHED_REPORT_STATS_H
#define SYNCSCHED_REPORT_STATS_H

#include "base/text.h"
#include "inspect/stats.h"
#include "report/terminal.h"
#include "report/when.h"

#include <jansson.h>

/* The tree, while the statistics are read; stats_report_free() releases it. */
struct stats_report {
    const struct stats_options *options;
    struct zone zone; /* input: whose months they are; else UTC */
    json_t *groups;
    json_t *slower;
    json_t *empty;
    int64_t incomparable; /* integrations with too few runs in the period before */
};

struct stats_report stats_report_begin(const struct stats_options *options);

/* What the reading calls, with the report as its context. */
void stats_report_add_numbers(void *context, const struct stats_subject *subject, int64_t from,
                              const struct stats_numbers *now, const struct stats_numbers *before);
void stats_report_add_trend(void *context, const struct stats_subject *subject,
                            const struct trend *trend);

void stats_report_free(struct stats_report *report);

/* A new reference to the whole tree. */
json_t *stats_report_tree(const struct stats_report *report);

/* Append what is printed of the tree. */
void stats_add_csv(const json_t *tree, struct text *out);
void stats_add_text(const json_t *tree, const struct terminal *terminal, struct when *when,
                    struct text *out);

#endif
