#include "store/reported.h"

#include "base/memory.h"
#include "sql.h"
#include "store/run_log.h"

#include <stdlib.h>

enum { REPORTED_LOCK_MS = 500, REPORTED_REFUSED_MAX = 20 };

bool reported_is_failure(const struct reported_run *reported)
{
    return reported->outcome.error_class != OUTCOME_NONE;
}

bool reported_works_again(const struct reported_run *reported)
{
    return !reported_is_failure(reported) &&
           (reported->had_failed || reported->run.failed_before > 0);
}

static void reported_read_run(void *context, const struct database_row *row)
{
    struct reported *reported = context;
    struct reported_run *read;
    struct outcome *outcome;

    reported->runs =
        memory_grow(reported->runs, reported->count, &reported->capacity, sizeof *reported->runs);
    read = &reported->runs[reported->count++];
    *read = (struct reported_run){0};
    run_log_copy_claimed(row, &read->run);
    outcome = &read->outcome;
    outcome->error_class = outcome_class_parse(database_row_text(row, "error_class"));
    outcome->message = memory_copy_text(database_row_text(row, "error_message"));
    outcome->http_status = (int)database_row_number(row, "http_status", 0);
    database_row_copy(row, "error_code", outcome->error_code, sizeof outcome->error_code);
    database_row_copy(row, "request_id", outcome->request_id, sizeof outcome->request_id);
    read->had_failed = outcome->error_class == OUTCOME_NONE && outcome->message != NULL;
}

/* All at once; and where the database refuses that, one by one, without those that it refuses. */
bool reported_take(struct database *db, int64_t deadline_ms, struct reported *reported,
                   struct error *err)
{
    size_t most = REPORTED_MAX;
    size_t refused = 0;
    bool is_over = false;

    while (!is_over) {
        char numbers[2][DATABASE_NUMBER_SIZE];
        const char *values[] = {database_number(numbers[0], (int64_t)most),
                                database_number(numbers[1], (int64_t)refused)};
        struct database_statement statement = {sql_reported, 2, values, reported_read_run,
                                               reported};
        size_t before = reported->count;

        if (database_transact(db, &statement, 1, REPORTED_LOCK_MS, deadline_ms, err)) {
            is_over = most > 1 || reported->count == before || before == REPORTED_MAX;
            continue;
        }
        while (reported->count > before) /* what was rolled back */
            outcome_free(&reported->runs[--reported->count].outcome);
        if (!database_refuses_rows(db) || refused == REPORTED_REFUSED_MAX)
            return false;
        refused += most == 1 ? 1 : 0;
        most = 1;
    }
    return refused == 0;
}

void reported_free(struct reported *reported)
{
    for (size_t i = 0; i < reported->count; i++)
        outcome_free(&reported->runs[i].outcome);
    free(reported->runs);
    *reported = (struct reported){0};
}
