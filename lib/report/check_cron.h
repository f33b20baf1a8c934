/*
 * What check-cron says of one expression: valid or not, in words, when it fires next, and what may
 * surprise. It is one JSON value (design section 7); the text for people is rendered from it.
 */
#ifndef SYNCSCHED_REPORT_CHECK_CRON_H
#define SYNCSCHED_REPORT_CHECK_CRON_H

#include "report/terminal.h"
#include "time/zone.h"

#include <jansson.h>

struct check_cron_options {
    const char *timezone; /* as it was given; "UTC" when it was not */
    struct zone zone;
    int64_t after_minute; /* fires strictly after this one are listed, */
    int count;            /* so many */
};

/*
 * The report on an expression of length bytes, which may be any bytes; position and length count
 * bytes of the report's own "expression" (json_from_bytes()). The caller releases it.
 */
json_t *check_cron_report(const struct check_cron_options *options, const char *expression,
                          size_t length);

/* Appends the report as lines of printable ASCII. */
void check_cron_add_text(const struct check_cron_options *options, const struct terminal *terminal,
                         const json_t *report, struct text *out);

#endif
