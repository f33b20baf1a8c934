#include "store/claim.h"

#include "base/memory.h"
#include "base/text.h"
#include "sql.h"
#include "time/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Nothing in a claim waits for a lock of ours; this bounds the wait for a stranger's. */
enum { CLAIM_LOCK_MS = 2000 };

/* What one transaction takes on: keys first_key to end_key-1, and their slots. */
struct claim_part {
    size_t first_key;
    size_t end_key;
    size_t first_slot;
    size_t end_slot;
};

/* ---- The claim as parameters: arrays in PostgreSQL's text form, one a column ---- */

enum claim_column {
    COLUMN_ORG_ID,
    COLUMN_INTEGRATION_ID,
    COLUMN_TYPE,
    COLUMN_TEXT_READ,
    COLUMN_SCHEDULE,
    COLUMN_STATE_TEXT,
    COLUMN_LOOKED_FROM,
    COLUMN_LOOKED_TO,
    COLUMN_WINDOW_SLOT,
    COLUMN_SLOT_KEY,
    COLUMN_SLOT_MINUTE,
    COLUMN_SLOT_FATE,
    COLUMN_COUNT,
};

struct claim_columns {
    struct text arrays[COLUMN_COUNT];
};

static void claim_separate(struct text *array)
{
    text_add(array, array->length == 0 ? "{" : ",");
}

/* PostgreSQL manual, "Array Input and Output Syntax": quoted, with backslashes before " and \. */
static void claim_add_text(struct text *array, const char *value)
{
    claim_separate(array);
    if (value == NULL) {
        text_add(array, "NULL");
        return;
    }
    text_add(array, "\"");
    for (const char *c = value; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\')
            text_add(array, "\\");
        text_append(array, c, 1);
    }
    text_add(array, "\"");
}

static void claim_add_number(struct text *array, int64_t value)
{
    claim_separate(array);
    if (value == INT64_MIN)
        text_add(array, "NULL");
    else
        text_addf(array, "%" PRId64, value);
}

static void claim_fill_columns(const struct claim *claim, const struct claim_part *part,
                               struct claim_columns *columns)
{
    static const char *const fates[] = {"SERVE", "MISSED", "CANCELLED"};
    struct text *arrays = columns->arrays;

    for (size_t i = part->first_key; i < part->end_key; i++) {
        const struct claim_key *key = &claim->keys[i];

        claim_add_text(&arrays[COLUMN_ORG_ID], key->org_id);
        claim_add_text(&arrays[COLUMN_INTEGRATION_ID], key->integration_id);
        claim_add_text(&arrays[COLUMN_TYPE], key->integration_type);
        claim_add_text(&arrays[COLUMN_TEXT_READ], key->text_read);
        claim_add_text(&arrays[COLUMN_SCHEDULE], key->schedule);
        claim_add_text(&arrays[COLUMN_STATE_TEXT], key->state_text);
        claim_add_number(&arrays[COLUMN_LOOKED_FROM], key->looked_from);
        claim_add_number(&arrays[COLUMN_LOOKED_TO], key->looked_to);
        claim_add_number(&arrays[COLUMN_WINDOW_SLOT], key->window_slot);
    }
    for (size_t i = part->first_slot; i < part->end_slot; i++) {
        const struct claim_slot *slot = &claim->slots[i];

        /* Counted from 1, as WITH ORDINALITY does. */
        claim_add_number(&arrays[COLUMN_SLOT_KEY], (int64_t)(slot->key - part->first_key) + 1);
        claim_add_number(&arrays[COLUMN_SLOT_MINUTE], slot->minute);
        claim_add_text(&arrays[COLUMN_SLOT_FATE], fates[slot->fate]);
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_add(&arrays[i], arrays[i].length == 0 ? "{}" : "}");
}

/* ---- What comes back ---- */

static void claim_copy_run(const struct database_row *row, struct run *run)
{
    *run = (struct run){0};
    database_row_copy(row, "run_id", run->run_id, sizeof run->run_id);
    database_row_copy(row, "org_id", run->org_id, sizeof run->org_id);
    database_row_copy(row, "integration_id", run->integration_id, sizeof run->integration_id);
    database_row_copy(row, "integration_type", run->integration_type, sizeof run->integration_type);
    database_row_copy(row, "idempotency_key", run->idempotency_key, sizeof run->idempotency_key);
    run->scheduled_for = database_row_number(row, "scheduled_for", 0);
    run->covers_from = database_row_number(row, "covers_from", 0);
    run->attempt = (int)database_row_number(row, "attempt", 1);
}

static void claim_read_run(struct claim_result *result, const struct database_row *row,
                           bool is_adopted)
{
    const char *verdict = database_row_text(row, "verdict");
    struct claim_run *claimed;

    result->runs =
        memory_grow(result->runs, result->run_count, &result->run_capacity, sizeof *result->runs);
    claimed = &result->runs[result->run_count++];
    *claimed = (struct claim_run){.is_adopted = is_adopted};
    if (verdict != NULL)
        claimed->verdict = strcmp(verdict, "MISSED") == 0 ? CLAIM_RUN_MISSED : CLAIM_RUN_CANCELLED;
    claim_copy_run(row, &claimed->run);
}

static void claim_read_claimed(void *context, const struct database_row *row)
{
    claim_read_run(context, row, false);
}

static void claim_read_adopted(void *context, const struct database_row *row)
{
    claim_read_run(context, row, true);
}

static void claim_read_abandoned(void *context, const struct database_row *row)
{
    struct claim_result *result = context;

    result->abandoned = memory_grow(result->abandoned, result->abandoned_count,
                                    &result->abandoned_capacity, sizeof *result->abandoned);
    claim_copy_run(row, &result->abandoned[result->abandoned_count++]);
}

static void claim_read_obstacle(void *context, const struct database_row *row)
{
    struct claim_result *result = context;
    const char *status = database_row_text(row, "active_status");
    struct claim_obstacle *obstacle;

    result->obstacles = memory_grow(result->obstacles, result->obstacle_count,
                                    &result->obstacle_capacity, sizeof *result->obstacles);
    obstacle = &result->obstacles[result->obstacle_count++];
    obstacle->key = result->part_first_key + (size_t)database_row_number(row, "n", 1) - 1;
    obstacle->is_running = status != NULL && strcmp(status, "running") == 0;
    obstacle->running_minutes = database_row_number(row, "running_minutes", 0);
    database_row_copy(row, "active_run", obstacle->active_run, sizeof obstacle->active_run);
    database_row_copy(row, "covering_run", obstacle->covering_run, sizeof obstacle->covering_run);
    database_row_copy(row, "covering_status", obstacle->covering_status,
                      sizeof obstacle->covering_status);
}

/* ---- The transaction ---- */

enum { CLAIM_STATEMENTS_MAX = 10, CLAIM_PARAMETERS_MAX = 11 };

/* Statements and their parameters while they are put together. */
struct claim_batch {
    struct database_statement statements[CLAIM_STATEMENTS_MAX];
    const char *values[CLAIM_STATEMENTS_MAX][CLAIM_PARAMETERS_MAX];
    size_t count;
    struct claim_result *result;
    char now_us[24];
    char window_first[24];
    char window_last[24];
    char catch_up_ms[24];
    char max_attempts[12];
};

static void claim_add(struct claim_batch *batch, const char *sql, database_row_reader *read_row,
                      const char *const values[], int parameters)
{
    for (int i = 0; i < parameters; i++)
        batch->values[batch->count][i] = values[i];
    batch->statements[batch->count] = (struct database_statement){
        .sql = sql,
        .parameters = parameters,
        .values = batch->values[batch->count],
        .read_row = read_row,
        .context = batch->result,
    };
    batch->count++;
}

/* What earlier ticks left: what hangs, what waits, what failed. */
static void claim_compose_past(const struct claim *claim, struct claim_batch *batch)
{
    const char *first = claim->retries_failed ? batch->window_first : NULL;
    const char *last = claim->retries_failed ? batch->window_last : NULL;

    if (claim->has_unfinished_runs && claim->may_give_up)
        claim_add(batch, sql_abandon, claim_read_abandoned, (const char *[]){batch->now_us}, 1);
    if (claim->has_unfinished_runs && !claim->is_manual)
        claim_add(
            batch, sql_adopt, claim_read_adopted,
            (const char *[]){batch->now_us, batch->catch_up_ms, claim->may_give_up ? "t" : "f"}, 3);
    if (!claim->retries_failed && (claim->is_manual || claim->max_attempts <= 1))
        return;
    claim_add(batch, sql_retry_lock, NULL,
              (const char *[]){batch->now_us, batch->max_attempts,
                               claim->retries_unknown ? "t" : "f", first, last},
              5);
    claim_add(batch, sql_retry, claim->is_manual ? claim_read_claimed : claim_read_adopted,
              (const char *[]){batch->now_us, claim->is_manual ? "t" : "f", claim->trigger_name,
                               claim->host},
              4);
}

/* Whether a schedule is seen for the first time. */
static bool claim_has_new_key(const struct claim *claim, const struct claim_part *part)
{
    for (size_t i = part->first_key; i < part->end_key; i++)
        if (claim->keys[i].state_text == NULL)
            return true;
    return false;
}

/* Steps 4a to 4e, in order. They depend on one another only inside the server: one round trip. */
static void claim_compose(const struct claim *claim, const struct claim_columns *columns,
                          const struct claim_part *part, struct claim_batch *batch)
{
    const char *a[COLUMN_COUNT];
    const char *is_dry = claim->is_dry ? "t" : "f";
    const char *is_manual = claim->is_manual ? "t" : "f";
    const char *leaves_state = claim->is_manual || claim->is_dry ? "t" : "f";

    for (size_t i = 0; i < COLUMN_COUNT; i++)
        a[i] = columns->arrays[i].data;
    snprintf(batch->now_us, sizeof batch->now_us, "%" PRId64, claim->now_us);
    snprintf(batch->window_first, sizeof batch->window_first, "%" PRId64, claim->window_first);
    snprintf(batch->catch_up_ms, sizeof batch->catch_up_ms, "%" PRId64, claim->catch_up_ms);

    snprintf(batch->window_last, sizeof batch->window_last, "%" PRId64, claim->window_last);
    snprintf(batch->max_attempts, sizeof batch->max_attempts, "%d", claim->max_attempts);
    if (part->first_key == 0)
        claim_compose_past(claim, batch);
    if (part->end_key == part->first_key)
        return;
    claim_add(batch, sql_lock, NULL,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], is_dry}, 3);
    if (*leaves_state == 'f' && claim_has_new_key(claim, part))
        claim_add(batch, sql_sight, NULL,
                  (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_SCHEDULE],
                                   a[COLUMN_STATE_TEXT], a[COLUMN_LOOKED_FROM]},
                  5);
    claim_add(batch, sql_open, NULL,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_TEXT_READ],
                               a[COLUMN_SCHEDULE], a[COLUMN_STATE_TEXT], leaves_state},
              6);
    claim_add(batch, sql_claim, claim_read_claimed,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_TYPE],
                               a[COLUMN_SLOT_KEY], a[COLUMN_SLOT_MINUTE], a[COLUMN_SLOT_FATE],
                               is_manual, batch->window_first, batch->now_us, claim->trigger_name,
                               claim->host},
              11);
    if (*leaves_state == 'f')
        claim_add(batch, sql_mark, NULL,
                  (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_SCHEDULE],
                                   a[COLUMN_LOOKED_FROM], a[COLUMN_LOOKED_TO], a[COLUMN_SLOT_KEY],
                                   a[COLUMN_SLOT_MINUTE], a[COLUMN_SLOT_FATE]},
                  8);
    claim_add(batch, sql_report, claim_read_obstacle,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_WINDOW_SLOT],
                               batch->now_us},
              4);
}

static int claim_compare_runs(const void *left, const void *right)
{
    const struct claim_run *a = left;
    const struct claim_run *b = right;

    if (a->run.scheduled_for != b->run.scheduled_for)
        return a->run.scheduled_for < b->run.scheduled_for ? -1 : 1;
    return run_compare_keys(a->run.org_id, a->run.integration_id, b->run.org_id,
                            b->run.integration_id);
}

/* One transaction; with the first of them go the runs of earlier ticks. */
static bool claim_execute_part(struct database *db, const struct claim *claim,
                               const struct claim_part *part, int64_t deadline_ms,
                               struct claim_result *result, struct error *err)
{
    struct claim_columns columns = {0};
    struct claim_batch batch = {.result = result};
    struct database_transaction transaction = {.lock_timeout_ms = CLAIM_LOCK_MS,
                                               .rolled_back = claim->is_dry};

    result->part_first_key = part->first_key;
    claim_fill_columns(claim, part, &columns);
    claim_compose(claim, &columns, part, &batch);
    transaction.statements = batch.statements;
    transaction.count = batch.count;
    database_run(db, &transaction, 1, deadline_ms);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_free(&columns.arrays[i]);
    if (!transaction.done)
        *err = transaction.error;
    return transaction.done;
}

/* The next part: as many keys as there is room for, and at least one. */
static void claim_next_part(const struct claim *claim, struct claim_part *part)
{
    part->first_key = part->end_key;
    part->first_slot = part->end_slot;
    while (part->end_key < claim->key_count &&
           part->end_key - part->first_key < CLAIM_PART_KEYS_MAX &&
           part->end_slot - part->first_slot < CLAIM_PART_SLOTS_MAX) {
        while (part->end_slot < claim->slot_count &&
               claim->slots[part->end_slot].key == part->end_key)
            part->end_slot++;
        part->end_key++;
    }
}

bool claim_execute(struct database *db, const struct claim *claim, int64_t deadline_ms,
                   struct claim_result *result, struct error *err)
{
    struct claim_part part = {0};

    *result = (struct claim_result){0};
    do {
        claim_next_part(claim, &part);
        if (!claim_execute_part(db, claim, &part, deadline_ms, result, err))
            return false;
    } while (part.end_key < claim->key_count && clock_now_ms() < claim->valid_until_ms);
    if (result->run_count > 0)
        qsort(result->runs, result->run_count, sizeof *result->runs, claim_compare_runs);
    return true;
}

void claim_result_free(struct claim_result *result)
{
    free(result->runs);
    free(result->obstacles);
    free(result->abandoned);
    *result = (struct claim_result){0};
}
