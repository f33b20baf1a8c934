/*
 * What check-cron says of one expression: valid or not, in words, when it fires next, and what may
 * surprise; as text for a person or as a line of JSON (design section 7). Pure but for jansson.
 */
#ifndef SYNCSCHED_REPORT_CHECK_CRON_H
#define SYNCSCHED_REPORT_CHECK_CRON_H

#include "base/text.h"
#include "time/zone.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cron_report_options {
    const char *timezone; /* as it was given; "UTC" when it was not */
    struct zone zone;
    int64_t after_minute; /* fires strictly after this one are listed, */
    int count;            /* so many */
    bool is_json;
    bool has_colour; /* of text */
};

/* How the expressions so far came out. */
struct cron_report_totals {
    size_t expressions;
    size_t invalid;
    size_t warned;
};

/*
 * Appends the report on an expression of length bytes, which may be any bytes, and counts it.
 * The text is lines of printable ASCII; the JSON is one line.
 */
void cron_report_add(const struct cron_report_options *options, const char *expression,
                     size_t length, struct cron_report_totals *totals, struct text *out);

#endif
