#include "store/claim.h"

#include "base/memory.h"
#include "base/text.h"
#include "plan/subject.h"
#include "sql.h"
#include "store/run_log.h"
#include "time/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Nothing in a claim waits for a lock of ours; this bounds the wait for a stranger's. Each half of
 * what met one waits for a moment only. After so many waits of which none ended well, the lock is
 * not one of some rows.
 */
enum { CLAIM_LOCK_MS = 2000, CLAIM_LOCK_AGAIN_MS = 100, CLAIM_WAITS_MAX = 16 };

/* ---- The claim as parameters: arrays in PostgreSQL's text form, one a column ---- */

enum claim_column {
    COLUMN_ORG_ID,
    COLUMN_INTEGRATION_ID,
    COLUMN_TYPE,
    COLUMN_CRON_SCHEDULE,
    COLUMN_TIMEZONE,
    COLUMN_TEXT,
    COLUMN_STATE_TEXT,
    COLUMN_LOOKED_FROM,
    COLUMN_LOOKED_TO,
    COLUMN_WINDOW_SLOT,
    COLUMN_SLOTS_KEY,
    COLUMN_SLOTS_FIRST,
    COLUMN_SLOTS_LAST,
    COLUMN_SLOTS_STEP,
    COLUMN_SLOTS_FATE,
    COLUMN_ATTEMPT_RUN,
    COLUMN_ATTEMPT_STATE,
    COLUMN_COUNT,
};

enum { CLAIM_STATEMENTS_MAX = 13, CLAIM_PARAMETERS_MAX = 15 };

/* One transaction's share: of the claim's keys, and of what earlier ticks left. */
struct claim_part {
    size_t first_key; /* places in claim_parts.order */
    size_t end_key;
    bool has_past;
    bool has_answers; /* those of the function, and nothing else */
    bool is_split; /* its past is that of these integrations of claim_parts.past; else all of it */
    size_t first_past;
    size_t end_past;
};

/* One transaction while it is put together. */
struct claim_batch {
    const struct claim *claim;
    const size_t *order;
    const struct claim_options *options;
    struct claim_result *result;
    struct claim_part part;
    struct text past;
    bool has_new_key; /* a schedule is seen for the first time */
    bool has_edit;    /* or with another text */
    bool has_corrected;
    size_t attempts; /* further ones that were made */
    struct text arrays[COLUMN_COUNT];
    struct text answers[3];
    struct database_statement statements[CLAIM_STATEMENTS_MAX];
    const char *values[CLAIM_STATEMENTS_MAX][CLAIM_PARAMETERS_MAX];
    size_t count;
    char now_us[DATABASE_NUMBER_SIZE];
    char last_minute[DATABASE_NUMBER_SIZE];
    char window_first[DATABASE_NUMBER_SIZE];
    char window_last[DATABASE_NUMBER_SIZE];
    char catch_up_ms[DATABASE_NUMBER_SIZE];
    char max_attempts[DATABASE_NUMBER_SIZE];
    char restored_us[DATABASE_NUMBER_SIZE];
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

/* The slots of a key, which is the n-th of its batch, as WITH ORDINALITY counts. */
static void claim_fill_slots(struct text *arrays, const struct claim *claim,
                             const struct claim_key *key, int64_t n)
{
    static const char *const fates[CLAIM_FATES] = {"SERVE", "GIVEN_UP", "CANCELLED", "RESTORED"};
    const struct claim_progression *progressions = claim->progressions + key->first_progression;

    for (size_t i = 0; i < key->progression_count; i++) {
        claim_add_number(&arrays[COLUMN_SLOTS_KEY], n);
        claim_add_number(&arrays[COLUMN_SLOTS_FIRST], progressions[i].first);
        claim_add_number(&arrays[COLUMN_SLOTS_LAST], progressions[i].last);
        claim_add_number(&arrays[COLUMN_SLOTS_STEP], progressions[i].step);
        claim_add_text(&arrays[COLUMN_SLOTS_FATE], fates[progressions[i].fate]);
    }
}

static void claim_fill_arrays(struct claim_batch *batch)
{
    struct text *arrays = batch->arrays;

    for (size_t i = batch->part.first_key; i < batch->part.end_key; i++) {
        const struct claim_key *key = &batch->claim->keys[batch->order[i]];

        batch->has_new_key |= key->state_text == NULL;
        batch->has_edit |= key->state_text == NULL || strcmp(key->text, key->state_text) != 0;
        batch->has_corrected |= key->is_corrected;
        claim_add_text(&arrays[COLUMN_ORG_ID], key->org_id);
        claim_add_text(&arrays[COLUMN_INTEGRATION_ID], key->integration_id);
        claim_add_text(&arrays[COLUMN_TYPE], key->integration_type);
        claim_add_text(&arrays[COLUMN_CRON_SCHEDULE], key->cron_schedule);
        claim_add_text(&arrays[COLUMN_TIMEZONE], key->timezone);
        claim_add_text(&arrays[COLUMN_TEXT], key->text);
        claim_add_text(&arrays[COLUMN_STATE_TEXT], key->state_text);
        claim_add_number(&arrays[COLUMN_LOOKED_FROM], key->looked_from);
        claim_add_number(&arrays[COLUMN_LOOKED_TO], key->looked_to);
        claim_add_number(&arrays[COLUMN_WINDOW_SLOT], key->window_slot);
        claim_fill_slots(arrays, batch->claim, key, (int64_t)(i - batch->part.first_key) + 1);
        if (batch->options->is_chosen) {
            claim_add_text(&arrays[COLUMN_ATTEMPT_RUN],
                           key->attempt != NULL ? key->attempt->run_id : NULL);
            claim_add_text(&arrays[COLUMN_ATTEMPT_STATE],
                           key->attempt != NULL ? key->attempt->state : NULL);
        }
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_add(&arrays[i], arrays[i].length == 0 ? "{}" : "}");
}

/* ---- What comes back ---- */

static void claim_read_run(void *context, const struct database_row *row)
{
    struct claim_result *result = ((struct claim_batch *)context)->result;
    const char *verdict = database_row_text(row, "verdict");
    struct claim_run *claimed;

    result->runs =
        memory_grow(result->runs, result->run_count, &result->run_capacity, sizeof *result->runs);
    claimed = &result->runs[result->run_count++];
    *claimed = (struct claim_run){.is_adopted = database_row_is_true(row, "is_adopted"),
                                  .takes_ms = database_row_number(row, "takes_ms", INT64_MIN)};
    if (verdict != NULL)
        claimed->verdict = strcmp(verdict, "GIVEN_UP") == 0   ? CLAIM_RUN_GIVEN_UP
                           : strcmp(verdict, "RESTORED") == 0 ? CLAIM_RUN_RESTORED
                                                              : CLAIM_RUN_CANCELLED;
    run_log_copy_claimed(row, &claimed->run);
}

static void claim_read_attempt(void *context, const struct database_row *row)
{
    ((struct claim_batch *)context)->attempts++;
    claim_read_run(context, row);
}

static void claim_read_abandoned(void *context, const struct database_row *row)
{
    struct claim_result *result = ((struct claim_batch *)context)->result;
    struct claim_abandoned *abandoned;

    result->abandoned = memory_grow(result->abandoned, result->abandoned_count,
                                    &result->abandoned_capacity, sizeof *result->abandoned);
    abandoned = &result->abandoned[result->abandoned_count++];
    abandoned->was_accepted = database_row_is_true(row, "is_accepted");
    run_log_copy_claimed(row, &abandoned->run);
}

static void claim_read_obstacle(void *context, const struct database_row *row)
{
    struct claim_batch *batch = context;
    struct claim_result *result = batch->result;
    const char *status = database_row_text(row, "active_status");
    struct claim_obstacle *obstacle;

    result->obstacles = memory_grow(result->obstacles, result->obstacle_count,
                                    &result->obstacle_capacity, sizeof *result->obstacles);
    obstacle = &result->obstacles[result->obstacle_count++];
    obstacle->key =
        batch->order[batch->part.first_key + (size_t)database_row_number(row, "n", 1) - 1];
    obstacle->is_running = status != NULL && strcmp(status, "running") == 0;
    obstacle->is_accepted = database_row_is_true(row, "is_accepted");
    obstacle->running_minutes = database_row_number(row, "running_minutes", 0);
    database_row_copy(row, "active_run", obstacle->active_run, sizeof obstacle->active_run);
    database_row_copy(row, "covering_run", obstacle->covering_run, sizeof obstacle->covering_run);
    database_row_copy(row, "covering_status", obstacle->covering_status,
                      sizeof obstacle->covering_status);
}

/* ---- The transaction ---- */

static const char *claim_boolean(bool is_true)
{
    return is_true ? "t" : "f";
}

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
        .context = batch,
    };
    batch->count++;
}

/* NULL: the database was not restored. */
static const char *claim_restored_us(struct claim_batch *batch)
{
    int64_t restored_us = batch->options->restored_us;

    if (restored_us == INT64_MAX)
        return "Infinity";
    return restored_us == INT64_MIN ? NULL : database_number(batch->restored_us, restored_us);
}

/* What earlier ticks left: what hangs, and what waits. */
static void claim_compose_past(struct claim_batch *batch)
{
    const struct claim_options *options = batch->options;
    const char *now_us = database_number(batch->now_us, options->now_us);

    if (options->has_unfinished_runs && options->clocks_agree)
        claim_add(batch, sql_abandon, claim_read_abandoned,
                  (const char *[]){now_us, batch->past.data}, 2);
    if (options->has_unfinished_runs && !options->is_manual)
        claim_add(batch, sql_adopt, claim_read_run,
                  (const char *[]){
                      now_us, database_number(batch->catch_up_ms, options->policy.catch_up_ms),
                      claim_boolean(options->may_give_up), claim_boolean(options->clocks_agree),
                      claim_restored_us(batch), batch->past.data},
                  6);
}

/* What the function says of slots that are held. */
static void claim_compose_answers(struct claim_batch *batch)
{
    const struct claim_options *options = batch->options;
    struct text *answers = batch->answers;

    for (size_t i = 0; i < options->answer_count; i++) {
        const struct held_answer *answer = &options->answers[i];

        claim_add_text(&answers[0], answer->run_id);
        claim_add_text(&answers[1], claim_boolean(answer->is_done));
        claim_add_number(&answers[2],
                         answer->records_exported < 0 ? INT64_MIN : answer->records_exported);
    }
    for (size_t i = 0; i < 3; i++)
        text_add(&answers[i], "}");
    claim_add(batch, sql_held_lock, NULL, (const char *[]){answers[0].data}, 1);
    claim_add(batch, sql_held_settle, NULL,
              (const char *[]){answers[0].data, answers[1].data, answers[2].data}, 3);
    claim_add(batch, sql_held_serve, claim_read_run,
              (const char *[]){database_number(batch->now_us, options->now_us),
                               options->trigger.name, options->trigger.host},
              3);
}

/* What failed. */
static void claim_compose_attempts(struct claim_batch *batch)
{
    const struct claim_options *options = batch->options;
    const char *now_us = database_number(batch->now_us, options->now_us);
    const char *first = database_number(batch->window_first, options->window.first);
    const char *last = database_number(batch->window_last, options->window.last);

    if (!options->retries_failed && (options->is_manual || options->policy.max_attempts <= 1))
        return;
    claim_add(batch, sql_retry_lock, NULL,
              (const char *[]){now_us, claim_boolean(options->is_manual),
                               database_number(batch->max_attempts, options->policy.max_attempts),
                               claim_boolean(options->policy.retries_unknown), first, last,
                               claim_boolean(options->is_dry), claim_restored_us(batch),
                               batch->past.data},
              9);
    claim_add(batch, sql_retry, claim_read_attempt,
              (const char *[]){now_us, claim_boolean(options->is_manual), options->trigger.name,
                               options->trigger.host},
              4);
}

/* Step 4e: the marks, and before them what changes with a text or was dated by a wrong clock. */
static void claim_compose_marks(struct claim_batch *batch, const char *const a[COLUMN_COUNT],
                                const char *now_us)
{
    const struct claim_options *options = batch->options;

    if (batch->has_corrected)
        claim_add(batch, sql_correct_journal, NULL,
                  (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_TEXT],
                                   a[COLUMN_LOOKED_FROM], now_us},
                  5);
    if (batch->has_edit)
        claim_add(batch, sql_journal, NULL,
                  (const char *[]){
                      a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_TEXT],
                      a[COLUMN_STATE_TEXT], a[COLUMN_LOOKED_FROM],
                      database_number(batch->last_minute,
                                      instant_divide_down(options->t_us, INSTANT_US_PER_MINUTE))},
                  6);
    claim_add(batch, sql_mark, NULL,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_TEXT],
                               a[COLUMN_LOOKED_FROM], a[COLUMN_LOOKED_TO], a[COLUMN_SLOTS_KEY],
                               a[COLUMN_SLOTS_FIRST], a[COLUMN_SLOTS_LAST], a[COLUMN_SLOTS_STEP],
                               a[COLUMN_SLOTS_FATE], options->clocks_agree ? now_us : NULL},
              11);
    if (options->clocks_agree)
        claim_add(batch, sql_correct, NULL,
                  (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], now_us}, 3);
}

/* Steps 4b to 4e, in order. They depend on one another only inside the server: one round trip. */
static void claim_compose_present(struct claim_batch *batch)
{
    const struct claim_options *options = batch->options;
    const char *a[COLUMN_COUNT];
    const char *now_us = database_number(batch->now_us, options->now_us);
    /* What is later than a minute after this is from the future; NULL: nobody knows. */
    const char *sure_us = options->clocks_agree ? now_us : NULL;
    bool leaves_state = options->is_manual || options->is_dry;

    for (size_t i = 0; i < COLUMN_COUNT; i++)
        a[i] = batch->arrays[i].data;
    claim_add(batch, sql_lock, NULL,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID],
                               claim_boolean(options->is_dry)},
              3);
    if (!leaves_state && batch->has_new_key)
        claim_add(batch, sql_sight, NULL,
                  (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_TEXT],
                                   a[COLUMN_STATE_TEXT], a[COLUMN_LOOKED_FROM]},
                  5);
    claim_add(batch, sql_open, NULL,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_CRON_SCHEDULE],
                               a[COLUMN_TIMEZONE], a[COLUMN_TEXT], a[COLUMN_STATE_TEXT],
                               claim_boolean(leaves_state)},
              7);
    claim_add(batch, sql_claim, claim_read_run,
              (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_TYPE],
                               a[COLUMN_SLOTS_KEY], a[COLUMN_SLOTS_FIRST], a[COLUMN_SLOTS_LAST],
                               a[COLUMN_SLOTS_STEP], a[COLUMN_SLOTS_FATE],
                               claim_boolean(options->is_manual),
                               database_number(batch->window_first, options->window.first), now_us,
                               options->trigger.name, options->trigger.host, sure_us,
                               claim_boolean(!options->is_chosen || options->sends_again)},
              15);
    if (options->is_chosen)
        claim_add(batch, sql_by_hand_attempt, claim_read_run,
                  (const char *[]){a[COLUMN_ATTEMPT_RUN], a[COLUMN_ATTEMPT_STATE],
                                   claim_boolean(options->sends_again), now_us,
                                   options->trigger.name, options->trigger.host},
                  6);
    if (!leaves_state)
        claim_compose_marks(batch, a, now_us);
    claim_add(
        batch, sql_report, claim_read_obstacle,
        (const char *[]){a[COLUMN_ORG_ID], a[COLUMN_INTEGRATION_ID], a[COLUMN_WINDOW_SLOT], now_us},
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

static bool claim_execute_batch(struct database *db, struct claim_batch *batch, struct error *err)
{
    const struct claim_part *part = &batch->part;
    struct database_transaction transaction = {
        .lock_timeout_ms = part->is_split ? CLAIM_LOCK_AGAIN_MS : CLAIM_LOCK_MS,
        .rolled_back = batch->options->is_dry,
    };

    claim_fill_arrays(batch);
    if (part->has_past) {
        claim_compose_past(batch);
        claim_compose_attempts(batch);
    }
    if (part->has_answers)
        claim_compose_answers(batch);
    if (part->end_key > part->first_key)
        claim_compose_present(batch);
    transaction.statements = batch->statements;
    transaction.count = batch->count;
    database_run(db, &transaction, batch->options->deadline_ms);
    for (size_t i = 0; i < COLUMN_COUNT; i++)
        text_free(&batch->arrays[i]);
    for (size_t i = 0; i < 3; i++)
        text_free(&batch->answers[i]);
    if (!transaction.done)
        *err = transaction.error;
    return transaction.done;
}

/* ---- The parts, of which each is carried out or refused as a whole ---- */

struct claim_left {
    char org_id[RUN_UUID_SIZE];
    char integration_id[RUN_UUID_SIZE];
    char integration_type[RUN_TYPE_SIZE];
};

struct claim_parts {
    struct claim_part *list; /* a queue: the halves of what was refused come last */
    size_t count;
    size_t capacity;
    size_t next;
    size_t *order;           /* of the claim's keys: parts by turns, and within each in key order */
    struct claim_left *past; /* of earlier ticks, once some of it was refused */
    size_t past_count;
    size_t past_capacity;
    size_t keys_done;
    size_t done; /* parts */
    size_t waits;
};

static void claim_add_part(struct claim_parts *parts, struct claim_part part)
{
    parts->list = memory_grow(parts->list, parts->count, &parts->capacity, sizeof *parts->list);
    parts->list[parts->count++] = part;
}

static int claim_compare_places(const void *left, const void *right)
{
    const size_t *a = left;
    const size_t *b = right;

    return *a < *b ? -1 : *a > *b;
}

/* As many keys as there is room for, and at least one. With the first part goes the past. */
static void claim_cut(struct claim_parts *parts, const struct claim *claim, bool has_answers)
{
    struct claim_part part = {.has_past = true};

    if (has_answers) /* first: what is claimed then begins behind what is done */
        claim_add_part(parts, (struct claim_part){.has_answers = true});
    do {
        size_t *first = &parts->order[part.first_key];
        size_t end_key = part.first_key;

        for (size_t progressions = 0; end_key < claim->key_count &&
                                      end_key - part.first_key < CLAIM_PART_KEYS_MAX &&
                                      progressions < CLAIM_PART_PROGRESSIONS_MAX;)
            progressions += claim->keys[parts->order[end_key++]].progression_count;
        part.end_key = end_key;
        if (end_key > part.first_key)
            qsort(first, end_key - part.first_key, sizeof *first, claim_compare_places);
        claim_add_part(parts, part);
        part = (struct claim_part){.first_key = end_key};
    } while (part.first_key < claim->key_count);
}

static void claim_read_left(void *context, const struct database_row *row)
{
    struct claim_parts *parts = context;
    struct claim_left *left;

    parts->past =
        memory_grow(parts->past, parts->past_count, &parts->past_capacity, sizeof *parts->past);
    left = &parts->past[parts->past_count++];
    database_row_copy(row, "org_id", left->org_id, sizeof left->org_id);
    database_row_copy(row, "integration_id", left->integration_id, sizeof left->integration_id);
    database_row_copy(row, "integration_type", left->integration_type,
                      sizeof left->integration_type);
}

/* Parts the past from the keys, and lists whose past it is. */
static bool claim_list_past(struct database *db, struct claim_parts *parts,
                            const struct claim_options *options, const struct claim_part *part,
                            struct error *err)
{
    bool has_attempts = options->retries_failed || options->policy.max_attempts > 1;
    char numbers[3][DATABASE_NUMBER_SIZE];
    const char *values[] = {claim_boolean(has_attempts),
                            database_number(numbers[0], options->now_us),
                            database_number(numbers[1], options->window.first),
                            database_number(numbers[2], options->window.last)};
    struct database_statement statement = {sql_past, 4, values, claim_read_left, parts};

    parts->past_count = 0;
    if (!database_transact(db, &statement, 1, CLAIM_LOCK_MS, options->deadline_ms, err))
        return false;
    if (part->end_key > part->first_key)
        claim_add_part(parts, (struct claim_part){.first_key = part->first_key,
                                                  .end_key = part->end_key,
                                                  .is_split = true});
    if (parts->past_count > 0)
        claim_add_part(
            parts,
            (struct claim_part){.has_past = true, .is_split = true, .end_past = parts->past_count});
    return true;
}

/* One integration that is refused waits by itself; the first one speaks for all. */
static void claim_set_aside(const struct claim_parts *parts, const struct claim_batch *batch,
                            const struct error *err)
{
    const struct claim_part *part = &batch->part;
    const struct claim_key *key = NULL;
    const struct claim_left *left = NULL;
    struct run *of;

    if (batch->result->refused++ > 0)
        return;
    batch->result->refusal = *err;
    if (part->has_answers) {
        error_prefix(&batch->result->refusal, "not recorded what the function says of held slots");
        return;
    }
    if (part->has_past)
        left = &parts->past[part->first_past];
    else
        key = &batch->claim->keys[batch->order[part->first_key]];
    error_prefix(&batch->result->refusal, "%s",
                 key != NULL ? "not claimed" : "its run is left as it was");
    of = &batch->result->refused_run;
    snprintf(of->org_id, sizeof of->org_id, "%s", key != NULL ? key->org_id : left->org_id);
    snprintf(of->integration_id, sizeof of->integration_id, "%s",
             key != NULL ? key->integration_id : left->integration_id);
    snprintf(of->integration_type, sizeof of->integration_type, "%s",
             key == NULL                     ? left->integration_type
             : key->integration_type != NULL ? key->integration_type
                                             : "");
}

/* What is refused as a whole is tried in halves; false when that makes no sense. */
static bool claim_split(struct database *db, struct claim_parts *parts,
                        const struct claim_batch *batch, struct error *err)
{
    struct claim_part first = batch->part;
    struct claim_part second = batch->part;
    size_t keys = first.end_key - first.first_key;
    size_t past = first.end_past - first.first_past;

    if (!database_may_take_less(db) ||
        (!database_refuses_rows(db) && parts->done == 0 && ++parts->waits > CLAIM_WAITS_MAX))
        return false;
    if (first.has_past && !first.is_split)
        return claim_list_past(db, parts, batch->options, &first, err);
    if (keys + past <= 1) {
        claim_set_aside(parts, batch, err);
        return true;
    }
    first.is_split = second.is_split = true;
    first.end_key = second.first_key = first.first_key + keys / 2;
    first.end_past = second.first_past = first.first_past + past / 2;
    claim_add_part(parts, first);
    claim_add_part(parts, second);
    return true;
}

static bool claim_execute_part(struct database *db, struct claim_parts *parts,
                               struct claim_batch *batch, struct error *err)
{
    struct claim_result *result = batch->result;
    const struct claim_part *part = &batch->part;
    struct claim_result before = *result;

    for (size_t i = part->first_past; i < part->end_past; i++) {
        char key[2 * RUN_UUID_SIZE];

        snprintf(key, sizeof key, "%s/%s", parts->past[i].org_id, parts->past[i].integration_id);
        claim_add_text(&batch->past, key);
    }
    if (part->is_split && part->has_past)
        text_add(&batch->past, "}");
    if (!claim_execute_batch(db, batch, err)) {
        result->run_count = before.run_count;
        result->obstacle_count = before.obstacle_count;
        result->abandoned_count = before.abandoned_count;
        return claim_split(db, parts, batch, err);
    }
    parts->done++;
    parts->keys_done += part->end_key - part->first_key;
    /* By hand all attempts are made, however many transactions it takes. */
    if (batch->options->retries_failed && !batch->options->is_dry && batch->attempts > 0)
        claim_add_part(parts, (struct claim_part){.has_past = true,
                                                  .is_split = part->is_split,
                                                  .first_past = part->first_past,
                                                  .end_past = part->end_past});
    return true;
}

bool claim_execute(struct database *db, const struct claim *claim,
                   const struct claim_options *options, struct claim_result *result,
                   struct error *err)
{
    struct claim_parts parts = {.order = claim_take_turns(claim)};
    bool ok = true;

    *result = (struct claim_result){0};
    claim_cut(&parts, claim, options->answer_count > 0);
    while (ok && parts.next < parts.count &&
           (parts.next == 0 || clock_now_ms() < options->valid_until_ms)) {
        struct claim_batch batch = {claim, parts.order, options, result,
                                    .part = parts.list[parts.next++]};

        ok = claim_execute_part(db, &parts, &batch, err);
        text_free(&batch.past);
    }
    result->passed = parts.keys_done;
    if (ok && result->refused > options->exceptions && result->passed == 0 &&
        claim->key_count > 0) {
        claim_copy_refusal(result, NULL, err);
        ok = false;
    }
    free(parts.list);
    free(parts.order);
    free(parts.past);
    if (result->run_count > 0)
        qsort(result->runs, result->run_count, sizeof *result->runs, claim_compare_runs);
    return ok;
}

void claim_copy_refusal(const struct claim_result *result, const char *organization,
                        struct error *err)
{
    const struct run *of = &result->refused_run;
    struct subject subject = {organization, of->org_id, of->integration_type, of->integration_id};

    *err = result->refusal;
    if (*of->integration_id != '\0')
        subject_prefix(&subject, err);
}

bool claim_give_back(struct database *db, const struct claim_run *runs, size_t count,
                     int64_t deadline_ms, struct error *err)
{
    struct text ids[3] = {0};
    const char *values[3];
    struct database_statement statement = {.sql = sql_give_back, .parameters = 3, .values = values};
    bool ok;

    for (size_t i = 0; i < count; i++) {
        claim_add_text(&ids[0], runs[i].run.run_id);
        claim_add_text(&ids[1], runs[i].run.org_id);
        claim_add_text(&ids[2], runs[i].run.integration_id);
    }
    for (size_t i = 0; i < 3; i++) {
        text_add(&ids[i], ids[i].length == 0 ? "{}" : "}");
        values[i] = ids[i].data;
    }
    ok = database_transact(db, &statement, 1, CLAIM_LOCK_MS, deadline_ms, err);
    for (size_t i = 0; i < 3; i++)
        text_free(&ids[i]);
    return ok;
}

void claim_result_free(struct claim_result *result)
{
    free(result->runs);
    free(result->obstacles);
    free(result->abandoned);
    *result = (struct claim_result){0};
}
