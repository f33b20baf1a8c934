#include "store/run_log.h"

#include "base/text.h"
#include "sql.h"

#include <string.h>

/* How long a transition waits for a row that somebody else has locked. */
enum { RUN_LOG_LOCK_MS = 2000 };

static const struct {
    const char *lock; /* the statement that goes before it and takes a lock; NULL: none does */
    const char *sql;
    int lock_parameters;
    int parameters;
} run_log_steps[] = {
    [RUN_LOG_START] = {sql_start_lock, sql_start, 3, 9},
    [RUN_LOG_ACCEPT] = {NULL, sql_accept, 0, 6},
    [RUN_LOG_FINISH] = {NULL, sql_finish, 0, 12},
    [RUN_LOG_FINISH_LATE] = {sql_late_lock, sql_late, 1, 11},
    [RUN_LOG_SETTLE] = {NULL, sql_finish, 0, 12},
};

void run_log_copy_run(const struct database_row *row, struct run *run)
{
    *run = (struct run){0};
    database_row_copy(row, "run_id", run->run_id, sizeof run->run_id);
    database_row_copy(row, "org_id", run->org_id, sizeof run->org_id);
    database_row_copy(row, "integration_id", run->integration_id, sizeof run->integration_id);
    database_row_copy(row, "integration_type", run->integration_type, sizeof run->integration_type);
    database_row_copy(row, "idempotency_key", run->idempotency_key, sizeof run->idempotency_key);
    run->scheduled_for = database_row_number(row, "scheduled_for", 0);
    run->covers_from = database_row_number(row, "covers_from", 0);
    run->period_start = database_row_number(row, "period_start", RUN_PERIOD_OPEN);
    run->attempt = (int)database_row_number(row, "attempt", 1);
}

void run_log_copy_claimed(const struct database_row *row, struct run *run)
{
    run_log_copy_run(row, run);
    run->failed_before = (int)database_row_number(row, "failed_before", 0);
    run->begun_before = database_row_number(row, "begun_before", INT64_MIN);
}

struct run_log_cursor {
    const struct run_log_transition *transition;
    struct run_state *state;
};

static void run_log_read_state(void *context, const struct database_row *row)
{
    struct run_log_cursor *cursor = context;
    const struct run_log_transition *transition = cursor->transition;
    const char *worker = database_row_text(row, "worker");
    size_t length = strlen(transition->token);

    *cursor->state = (struct run_state){
        .status = run_status_parse(database_row_text(row, "status")),
        .is_mine = worker != NULL && strncmp(worker, transition->token, length) == 0 &&
                   worker[length] == (transition->step == RUN_LOG_SETTLE ? '/' : '\0'),
        .is_accepted = database_row_is_true(row, "is_accepted"),
        .error_class = outcome_class_parse(database_row_text(row, "error_class")),
        .started_at_us = database_row_number(row, "started_at", 0),
    };
    database_row_copy(row, "error_code", cursor->state->error_code,
                      sizeof cursor->state->error_code);
    cursor->state->is_abandoned = cursor->state->error_class == OUTCOME_UNKNOWN &&
                                  strcmp(cursor->state->error_code, "ABANDONED") == 0;
}

static void run_log_read_pending(void *context, const struct database_row *row)
{
    struct run_log_cursor *cursor = context;

    run_log_read_state(context, row);
    cursor->state->throttled_for_ms = database_row_number(row, "throttled_for_ms", 0);
    cursor->state->throttled_until_ms = database_row_number(row, "throttled_until_ms", 0);
    cursor->state->is_held =
        cursor->transition->holds_restored && database_row_is_true(row, "is_before_restore");
}

/* What a start needs to know, from the fifth value on. Whether it needs the lock of all starts. */
static bool run_log_set_start(const struct run_log_transition *start, const char *values[],
                              char numbers[4][DATABASE_NUMBER_SIZE])
{
    values[4] = database_number(numbers[0], start->call_ms);
    if (start->max_calls > 0)
        values[5] = database_number(numbers[1], start->max_calls);
    if (start->max_calls_of > 0)
        values[6] = database_number(numbers[2], start->max_calls_of);
    values[7] = database_number(numbers[3], start->not_before_us);
    values[8] = start->holds_restored ? "t" : "f";
    return start->max_calls > 0 || start->max_calls_of > 0;
}

/* The values of an outcome, from the fifth on; those that are not known stay NULL. */
static void run_log_set_outcome(const struct outcome *outcome, const char *values[],
                                char numbers[3][DATABASE_NUMBER_SIZE])
{
    if (outcome->error_class != OUTCOME_NONE) {
        values[6] = outcome_class_name(outcome->error_class);
        values[7] = outcome->error_code;
        values[8] = outcome->message;
        if (outcome->retry_after_ms > 0)
            values[10] = database_number(numbers[0], outcome->retry_after_ms);
    } else if (outcome->records_exported >= 0) {
        values[9] = database_number(numbers[1], outcome->records_exported);
    }
    if (outcome->http_status != 0)
        values[4] = database_number(numbers[2], outcome->http_status);
    if (outcome->request_id[0] != '\0')
        values[5] = outcome->request_id;
}

/*
 * One transaction with these texts. Where the transition finds nothing to change (somebody else was
 * faster, or the answer to an earlier try was lost) the state is read.
 */
static bool run_log_try(struct database *db, const struct run_log_transition *transition,
                        const struct outcome *outcome, struct run_state *state, struct error *err)
{
    struct run_log_cursor cursor = {transition, state};
    const char *lock = run_log_steps[transition->step].lock;
    char numbers[4][DATABASE_NUMBER_SIZE];
    const char *values[12] = {transition->run->run_id, transition->run->org_id,
                              transition->run->integration_id, transition->token};
    struct database_statement statements[] = {
        {.sql = lock,
         .parameters = run_log_steps[transition->step].lock_parameters,
         .values = values},
        {run_log_steps[transition->step].sql, run_log_steps[transition->step].parameters, values,
         run_log_read_state, &cursor},
    };
    struct database_statement read = {sql_state, 3, values, run_log_read_pending, &cursor};
    size_t first = lock != NULL ? 0 : 1;

    values[11] = transition->step == RUN_LOG_SETTLE ? "t" : "f";
    if (outcome != NULL)
        run_log_set_outcome(outcome, values, numbers);
    else if (!run_log_set_start(transition, values, numbers))
        first = 1;
    *state = (struct run_state){.status = RUN_GONE};
    if (!database_transact(db, statements + first, 2 - first, RUN_LOG_LOCK_MS,
                           transition->deadline_ms, err))
        return false;
    return state->status != RUN_GONE ||
           database_transact(db, &read, 1, RUN_LOG_LOCK_MS, transition->deadline_ms, err);
}

bool run_log_change(struct database *db, const struct run_log_transition *transition,
                    struct run_state *state, struct error *err)
{
    bool ok = run_log_try(db, transition, transition->outcome, state, err);
    struct text message = {0};
    struct outcome less;

    if (ok || transition->outcome == NULL || !database_refuses_rows(db))
        return ok;
    less = *transition->outcome;
    if (less.message != NULL) {
        text_add_ascii(&message, less.message, OUTCOME_MESSAGE_CHARACTERS);
        less.message = message.data;
        ok = run_log_try(db, transition, &less, state, err);
    }
    if (!ok && database_refuses_rows(db)) {
        less.message = NULL;
        less.request_id[0] = '\0';
        ok = run_log_try(db, transition, &less, state, err);
        state->lacks_texts = ok;
    }
    text_free(&message);
    return ok;
}

bool run_log_throttle(struct database *db, const char *integration_type, int64_t for_ms,
                      int64_t deadline_ms, struct error *err)
{
    char number[DATABASE_NUMBER_SIZE];
    const char *values[] = {integration_type, database_number(number, for_ms)};
    struct database_statement throttle = {.sql = sql_throttle, .parameters = 2, .values = values};

    return database_transact(db, &throttle, 1, RUN_LOG_LOCK_MS, deadline_ms, err);
}
