#include "inspect/changes.h"

#include "base/memory.h"
#include "sql.h"
#include "store/schema.h"

#include <stdlib.h>
#include <string.h>

enum { CHANGES_LOCK_MS = 5000 };

/* Of the integration that is being read: what a record of no schedule needs. */
struct changes_reading {
    const struct changes_options *options;
    changes_reader *read;
    void *context;
    int64_t *now_us;
    struct subject_copy subject;
    char *organization;
    char *timezone;
    int64_t known_to; /* up to then its texts are known; INT64_MAX: to this day */
};

static void changes_hand_on(const struct changes_reading *reading,
                            const struct changes_record *record)
{
    if (record->from < reading->options->to && record->to >= reading->options->from)
        reading->read(reading->context, record);
}

/* Where no schedule was in force up to then, as far as that was asked for. */
static void changes_fill(const struct changes_reading *reading, int64_t to)
{
    struct changes_record record = {
        .subject = subject_of(&reading->subject, reading->organization),
        .timezone = reading->timezone,
        .from = reading->known_to,
        .to = to,
    };

    if (*reading->subject.org_id != '\0' && reading->known_to < to)
        changes_hand_on(reading, &record);
}

static void changes_begin(struct changes_reading *reading, const struct changes_record *first)
{
    changes_fill(reading, INT64_MAX);
    free(reading->organization);
    free(reading->timezone);
    reading->organization = memory_copy_text(first->subject.organization);
    reading->timezone = memory_copy_text(first->timezone);
    reading->subject = subject_keep(&first->subject);
    reading->known_to = first->from;
}

static void changes_read_row(void *context, const struct database_row *row)
{
    struct changes_reading *reading = context;
    struct changes_record record = {
        .subject = {database_row_text(row, "organization"), database_row_text(row, "org_id"),
                    database_row_text(row, "integration_type"),
                    database_row_text(row, "integration_id")},
        .timezone = database_row_text(row, "timezone"),
        .schedule = database_row_text(row, "schedule"),
        .from = database_row_number(row, "valid_from", INT64_MIN),
        .to = database_row_number(row, "valid_to", INT64_MAX),
    };

    if (!schema_check(row))
        return;
    *reading->now_us = database_row_number(row, "now_us", 0);
    if (record.schedule == NULL)
        return;
    if (run_compare_keys(record.subject.org_id, record.subject.integration_id,
                         reading->subject.org_id, reading->subject.integration_id) != 0)
        changes_begin(reading, &record);
    else
        changes_fill(reading, record.from);
    changes_hand_on(reading, &record);
    if (record.to > reading->known_to)
        reading->known_to = record.to;
}

bool changes_read(struct database *db, const struct changes_options *options, int64_t deadline_ms,
                  changes_reader *read, void *context, int64_t *now_us, struct error *err)
{
    struct changes_reading reading = {
        .options = options, .read = read, .context = context, .now_us = now_us};
    const char *values[] = {options->org_id, options->integration_id};
    struct database_statement statement = {sql_changes, 2, values, changes_read_row, &reading};
    bool ok = database_transact(db, &statement, 1, CHANGES_LOCK_MS, deadline_ms, err);

    if (ok)
        changes_fill(&reading, INT64_MAX);
    else
        error_prefix(err, "reading the journal");
    free(reading.organization);
    free(reading.timezone);
    return ok;
}
