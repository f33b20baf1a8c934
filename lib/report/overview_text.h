/*
 * What status and health have in common when they speak to a person.
 */
#ifndef SYNCSCHED_REPORT_OVERVIEW_TEXT_H
#define SYNCSCHED_REPORT_OVERVIEW_TEXT_H

#include "base/text.h"
#include "inspect/status.h"
#include "report/table.h"
#include "report/terminal.h"

/* Appends who ticks, a line a trigger, whether anything ticks first of all; and the counts. */
void overview_add_head(const struct overview *overview, const struct terminal *terminal,
                       struct text *out);

/* Adds the cells that say whose the integration is, and its condition first. */
#define OVERVIEW_COLUMNS                                                                           \
    {.heading = "CONDITION", .least = 9}, {.heading = "ORGANISATION", .least = 8},                 \
        {.heading = "TYPE", .least = 8},                                                           \
    {                                                                                              \
        .heading = "INTEGRATION", .least = RUN_UUID_SIZE - 1                                       \
    }
void overview_add_cells(const struct overview_integration *integration, struct table *table);

/* Adds a line below its row for each reason. */
void overview_add_reasons(const struct overview_integration *integration, struct table *table);

/* Warns on stderr if there is no integration, at all or among those asked for. */
void overview_warn_of_none(const struct overview *overview,
                           const struct standing_question *question);

/* "3 h ago" */
void overview_add_age(const struct overview *overview, int64_t instant_ms, struct text *out);

#endif
