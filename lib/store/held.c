#include "store/held.h"

#include "base/memory.h"
#include "sql.h"

#include <stdlib.h>

enum { HELD_LOCK_MS = 2000 };

static void held_read_run(void *context, const struct database_row *row)
{
    struct held *held = context;
    struct held_run *run;

    held->runs = memory_grow(held->runs, held->count, &held->capacity, sizeof *held->runs);
    run = &held->runs[held->count++];
    database_row_copy(row, "run_id", run->run_id, sizeof run->run_id);
    database_row_copy(row, "idempotency_key", run->idempotency_key, sizeof run->idempotency_key);
}

bool held_read(struct database *db, int64_t now_us, int64_t budget_ms, int64_t deadline_ms,
               struct held *held, struct error *err)
{
    char numbers[3][DATABASE_NUMBER_SIZE];
    const char *values[] = {database_number(numbers[0], now_us),
                            database_number(numbers[1], budget_ms),
                            database_number(numbers[2], HELD_MAX)};
    struct database_statement statement = {sql_held, 3, values, held_read_run, held};

    return database_transact(db, &statement, 1, HELD_LOCK_MS, deadline_ms, err);
}

void held_free(struct held *held)
{
    free(held->runs);
    *held = (struct held){0};
}
