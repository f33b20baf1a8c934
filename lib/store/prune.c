#include "store/prune.h"

#include "plan/run.h"
#include "sql.h"
#include "store/schema.h"
#include "time/clock.h"

/* Small enough that no transaction lasts; nothing here waits for a lock of ours for longer. */
enum { PRUNE_BATCH_RUNS = 1000, PRUNE_LOCK_MS = 2000 };

/* Where the batches are: the last run found. */
struct prune_place {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    int64_t scheduled_for;
    int64_t attempt;
    int64_t found;   /* by the last batch */
    int64_t deleted; /* by it */
};

static void prune_read_begin(void *context, const struct database_row *row)
{
    struct prune_result *result = context;

    result->cutoff = database_row_number(row, "cutoff", 0);
    result->pruned_before = database_row_number(row, "pruned_before", 0);
    schema_check(row);
}

static void prune_read_place(void *context, const struct database_row *row)
{
    struct prune_place *place = context;

    place->found = database_row_number(row, "found", 0);
    place->deleted = database_row_number(row, "deleted", 0);
    database_row_copy(row, "org_id", place->org_id, sizeof place->org_id);
    database_row_copy(row, "integration_id", place->integration_id, sizeof place->integration_id);
    place->scheduled_for = database_row_number(row, "scheduled_for", 0);
    place->attempt = database_row_number(row, "attempt", 0);
}

static void prune_read_count(void *context, const struct database_row *row)
{
    *(int64_t *)context = database_row_number(row, "runs", 0);
}

/* One batch behind place; a dry run finds and does not delete. */
static bool prune_delete(struct database *db, const struct prune_options *options,
                         struct prune_place *place, struct prune_result *result, struct error *err)
{
    char cutoff[DATABASE_NUMBER_SIZE];
    char scheduled_for[DATABASE_NUMBER_SIZE];
    char attempt[DATABASE_NUMBER_SIZE];
    char batch_runs[DATABASE_NUMBER_SIZE];
    bool is_first = *place->org_id == '\0';
    const char *values[] = {database_number(cutoff, result->cutoff),
                            is_first ? NULL : place->org_id,
                            is_first ? NULL : place->integration_id,
                            is_first ? NULL : database_number(scheduled_for, place->scheduled_for),
                            is_first ? NULL : database_number(attempt, place->attempt),
                            database_number(batch_runs, PRUNE_BATCH_RUNS),
                            options->is_dry ? "t" : "f"};
    struct prune_place next = {0};
    struct database_statement statements[] = {
        {sql_prune_walk, 0, NULL, NULL, NULL},
        {sql_prune_batch, 7, values, prune_read_place, &next},
    };

    if (!database_transact(db, statements, 2, PRUNE_LOCK_MS, options->deadline_ms, err))
        return false;
    *place = next;
    result->deleted += options->is_dry ? next.found : next.deleted;
    return true;
}

bool prune_execute(struct database *db, const struct prune_options *options,
                   struct prune_result *result, struct error *err)
{
    struct prune_place place = {0};
    char older_than_ms[DATABASE_NUMBER_SIZE];
    char cutoff[DATABASE_NUMBER_SIZE];
    const char *begin_values[] = {database_number(older_than_ms, options->older_than_ms),
                                  options->is_dry ? "t" : "f", SCHEMA_VERSION_TEXT};
    const char *kept_values[] = {cutoff};
    struct database_statement begin = {sql_prune_begin, 3, begin_values, prune_read_begin, result};
    struct database_statement kept = {sql_prune_kept, 1, kept_values, prune_read_count,
                                      &result->kept};

    *result = (struct prune_result){.kept = -1};
    if (!database_transact(db, &begin, 1, PRUNE_LOCK_MS, options->deadline_ms, err))
        return error_prefix(err, "remembering up to when the log is pruned");
    result->has_begun = true;
    do {
        if (!prune_delete(db, options, &place, result, err))
            return error_prefix(err, "pruning the log");
        result->is_complete = place.found < PRUNE_BATCH_RUNS;
    } while (!result->is_complete && clock_now_ms() < options->stop_at_ms);
    database_number(cutoff, result->cutoff);
    if (!database_transact(db, &kept, 1, PRUNE_LOCK_MS, options->deadline_ms, err))
        return error_prefix(err, "counting what was kept");
    result->kept -= options->is_dry ? result->deleted : 0;
    return true;
}
