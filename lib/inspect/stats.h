/*
 * What the runs of a period come to, beside those of the period before, and what changed: by two
 * statements, in which the server does the counting. Writes nothing.
 */
#ifndef SYNCSCHED_INSPECT_STATS_H
#define SYNCSCHED_INSPECT_STATS_H

#include "base/error.h"
#include "plan/run.h"
#include "plan/trend.h"
#include "store/database.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stats_options {
    const char *org_id; /* NULL: every one */
    const char *integration_id;
    const char *by; /* "integration", "org", "type" or "month" */
    /* The minutes at which periods begin, and that at which the last ends; three or more. The first
     * period has none before it, and is handed on as the one before the second. */
    const int64_t *bounds;
    size_t bound_count;
    int64_t days_from; /* what changed: from the beginning of the period before, */
    int64_t from;      /* from the beginning of the period */
    int64_t to;        /* to its end */
};

/* Runs of a period, by what they came to. INT64_MIN: none is known. */
struct stats_numbers {
    int64_t runs; /* all of them: the sum of the next five */
    int64_t completed;
    int64_t failed; /* called, and surely not done */
    int64_t unknown;
    int64_t given_up; /* or cancelled, or otherwise never called */
    int64_t active;
    int64_t settled; /* of those that failed or are unknown */
    int64_t records;
    int64_t median_ms; /* of what was completed */
    int64_t most_ms;   /* the 95th percentile */
};

/* Whose runs. Texts are borrowed, and any text; NULL, and "" of an id: it is not of one. */
struct stats_subject {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    const char *organization;
    const char *integration_type;
    const char *timezone;
};

/* What is handed on. Each is called in order of the names. */
struct stats_reader {
    void (*read_numbers)(void *context, const struct stats_subject *subject, int64_t from,
                         const struct stats_numbers *now, const struct stats_numbers *before);
    void (*read_trend)(void *context, const struct stats_subject *subject,
                       const struct trend *trend);
    void *context;
};

/*
 * Hands on the numbers of each period, and then each integration's trend. *pruned_before is the
 * minute up to which runs were deleted, or INT64_MIN. Fails with the errors of database.h.
 */
bool stats_read(struct database *db, const struct stats_options *options, int64_t deadline_ms,
                const struct stats_reader *reader, int64_t *pruned_before, struct error *err);

#endif
