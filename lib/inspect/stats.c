#include "inspect/stats.h"

#include "base/memory.h"
#include "base/text.h"
#include "sql.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STATS_LOCK_MS = 5000, STATS_MINUTES_PER_DAY = 24 * 60 };

struct stats_reading {
    const struct stats_options *options;
    const struct stats_reader *reader;
    int64_t pruned_before;
    /* What is being read; its texts are copies. */
    struct stats_subject subject;
    char *texts[3];
    bool has_subject;
    struct stats_numbers *periods; /* between the bounds */
    struct trend trend;
};

static int64_t stats_number(const struct database_row *row, const char *column)
{
    return database_row_number(row, column, INT64_MIN);
}

/* ---- The subject ---- */

static bool stats_is_same(const char *left, const char *right)
{
    return left == right || (left != NULL && right != NULL && strcmp(left, right) == 0);
}

/* Whether the row goes on with the same subject. Where it is a type, only that tells them apart. */
static bool stats_goes_on(const struct stats_reading *reading, const struct database_row *row,
                          bool is_type)
{
    char ids[2][RUN_UUID_SIZE];

    database_row_copy(row, "org_id", ids[0], sizeof ids[0]);
    database_row_copy(row, "integration_id", ids[1], sizeof ids[1]);
    return reading->has_subject && strcmp(ids[0], reading->subject.org_id) == 0 &&
           strcmp(ids[1], reading->subject.integration_id) == 0 &&
           (!is_type ||
            stats_is_same(reading->subject.integration_type, database_row_text(row, "type")));
}

static void stats_begin(struct stats_reading *reading, const struct database_row *row)
{
    const char *columns[] = {database_row_text(row, "organization"), database_row_text(row, "type"),
                             database_row_text(row, "timezone")};

    for (size_t i = 0; i < 3; i++) {
        free(reading->texts[i]);
        reading->texts[i] = memory_copy_text(columns[i]);
    }
    database_row_copy(row, "org_id", reading->subject.org_id, sizeof reading->subject.org_id);
    database_row_copy(row, "integration_id", reading->subject.integration_id,
                      sizeof reading->subject.integration_id);
    reading->subject.organization = reading->texts[0];
    reading->subject.integration_type = reading->texts[1];
    reading->subject.timezone = reading->texts[2];
    reading->has_subject = true;
}

/* ---- Numbers ---- */

static void stats_forget_numbers(struct stats_reading *reading)
{
    for (size_t i = 0; i + 1 < reading->options->bound_count; i++)
        reading->periods[i] = (struct stats_numbers){
            .records = INT64_MIN, .median_ms = INT64_MIN, .most_ms = INT64_MIN};
}

static void stats_end_numbers(struct stats_reading *reading)
{
    const struct stats_options *options = reading->options;

    for (size_t i = 1; reading->has_subject && i + 1 < options->bound_count; i++)
        reading->reader->read_numbers(reading->reader->context, &reading->subject,
                                      options->bounds[i], &reading->periods[i],
                                      &reading->periods[i - 1]);
    reading->has_subject = false;
}

static void stats_read_numbers(void *context, const struct database_row *row)
{
    struct stats_reading *reading = context;
    int64_t period = stats_number(row, "period");

    if (!stats_goes_on(reading, row, strcmp(reading->options->by, "type") == 0)) {
        stats_end_numbers(reading);
        stats_forget_numbers(reading);
        stats_begin(reading, row);
    }
    reading->pruned_before = stats_number(row, "pruned_before");
    if (period < 1 || period >= (int64_t)reading->options->bound_count)
        return;
    reading->periods[period - 1] = (struct stats_numbers){
        .runs = database_row_number(row, "runs", 0),
        .completed = database_row_number(row, "completed", 0),
        .failed = database_row_number(row, "failed", 0),
        .unknown = database_row_number(row, "unknown", 0),
        .given_up = database_row_number(row, "given_up", 0),
        .active = database_row_number(row, "active", 0),
        .settled = database_row_number(row, "settled", 0),
        .records = stats_number(row, "records"),
        .median_ms = stats_number(row, "median_ms"),
        .most_ms = stats_number(row, "most_ms"),
    };
}

/* ---- Days ---- */

static void stats_end_days(struct stats_reading *reading)
{
    if (reading->has_subject)
        reading->reader->read_trend(reading->reader->context, &reading->subject, &reading->trend);
    reading->has_subject = false;
}

static void stats_read_day(void *context, const struct database_row *row)
{
    struct stats_reading *reading = context;
    bool is_now = database_row_is_true(row, "is_now");
    int64_t day = stats_number(row, "day");
    struct trend_span span = {.completed = database_row_number(row, "completed", 0),
                              .first_slot = stats_number(row, "first_slot"),
                              .exported_slot = stats_number(row, "exported_slot"),
                              .median_ms = stats_number(row, "median_ms")};

    if (!stats_goes_on(reading, row, false)) {
        stats_end_days(reading);
        stats_begin(reading, row);
        reading->trend = (struct trend){.before = {.median_ms = INT64_MIN}};
    }
    if (day == INT64_MIN && !is_now)
        reading->trend.before = span;
    if (day != INT64_MIN)
        trend_add_day(&reading->trend, &span, is_now,
                      (day + 1) * STATS_MINUTES_PER_DAY <= reading->options->to);
}

/* ---- Both ---- */

static void stats_add_bounds(const struct stats_options *options, struct text *array)
{
    for (size_t i = 0; i < options->bound_count; i++)
        text_addf(array, "%s%" PRId64, i == 0 ? "{" : ",", options->bounds[i]);
    text_add(array, "}");
}

static bool stats_transact(struct database *db, struct stats_reading *reading, int64_t deadline_ms,
                           struct error *err)
{
    const struct stats_options *options = reading->options;
    char numbers[3][DATABASE_NUMBER_SIZE];
    struct text bounds = {0};
    const char *values[] = {options->org_id, options->integration_id, NULL, options->by};
    const char *days[] = {
        options->org_id, options->integration_id, database_number(numbers[0], options->days_from),
        database_number(numbers[1], options->from), database_number(numbers[2], options->to)};
    struct database_statement statement = {sql_stats, 4, values, stats_read_numbers, reading};
    bool ok;

    stats_add_bounds(options, &bounds);
    values[2] = text_string(&bounds);
    ok = database_transact(db, &statement, 1, STATS_LOCK_MS, deadline_ms, err);
    text_free(&bounds);
    if (!ok)
        return false;
    stats_end_numbers(reading);
    statement = (struct database_statement){sql_stats_days, 5, days, stats_read_day, reading};
    if (!database_transact(db, &statement, 1, STATS_LOCK_MS, deadline_ms, err))
        return false;
    stats_end_days(reading);
    return true;
}

bool stats_read(struct database *db, const struct stats_options *options, int64_t deadline_ms,
                const struct stats_reader *reader, int64_t *pruned_before, struct error *err)
{
    struct stats_reading reading = {
        .options = options,
        .reader = reader,
        .pruned_before = INT64_MIN,
        .periods = memory_allocate(options->bound_count, sizeof *reading.periods)};
    bool ok =
        stats_transact(db, &reading, deadline_ms, err) || error_prefix(err, "reading the log");

    for (size_t i = 0; i < 3; i++)
        free(reading.texts[i]);
    free(reading.periods);
    *pruned_before = reading.pruned_before;
    return ok;
}
