#include "store/run_log.h"

#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How long a transition waits for a row that somebody else has locked. */
enum { RUN_LOG_LOCK_MS = 2000 };

struct run_log_change {
    const struct run_transition *transition;
    const char *lock; /* the statement that takes the integration's lock; NULL: none does */
    const char *sql;
    int parameters;
    bool is_of_tick; /* the token is a tick's */
    struct run_state *state;
};

static bool run_log_is_mine(const struct run_log_change *change, const char *worker)
{
    size_t length = strlen(change->transition->token);

    return worker != NULL && strncmp(worker, change->transition->token, length) == 0 &&
           worker[length] == (change->is_of_tick ? '/' : '\0');
}

static void run_log_read_state(void *context, const struct database_row *row)
{
    struct run_log_change *change = context;
    const char *code = database_row_text(row, "error_code");

    *change->state = (struct run_state){
        .status = run_status_parse(database_row_text(row, "status")),
        .is_mine = run_log_is_mine(change, database_row_text(row, "worker")),
        .is_abandoned = code != NULL && strcmp(code, "ABANDONED") == 0,
        .started_at_us = database_row_number(row, "started_at", 0),
    };
}

/*
 * Where the transition finds nothing to change (somebody else was faster, or the answer to an
 * earlier try was lost) the state is read.
 */
static bool run_log_change(struct database *db, struct run_log_change *change, struct error *err)
{
    const struct run_transition *transition = change->transition;
    const struct outcome *outcome = transition->outcome;
    char records[32];
    const char *values[9] = {transition->run->run_id, transition->run->org_id,
                             transition->run->integration_id, transition->token};
    struct database_statement statements[] = {
        {.sql = change->lock, .parameters = 1, .values = values},
        {change->sql, change->parameters, values, run_log_read_state, change},
    };
    struct database_statement state = {sql_state, 3, values, run_log_read_state, change};
    size_t first = change->lock != NULL ? 0 : 1;

    if (outcome != NULL && outcome->error_class != OUTCOME_NONE) {
        values[4] = outcome_class_name(outcome->error_class);
        values[5] = outcome->error_code;
        values[6] = outcome->message;
    } else if (outcome != NULL && outcome->records_exported >= 0) {
        snprintf(records, sizeof records, "%" PRId64, outcome->records_exported);
        values[7] = records;
    }
    values[8] = change->is_of_tick ? "t" : "f";
    *change->state = (struct run_state){.status = RUN_GONE};
    if (!database_transact(db, statements + first, 2 - first, RUN_LOG_LOCK_MS,
                           transition->deadline_ms, err))
        return false;
    return change->state->status != RUN_GONE ||
           database_transact(db, &state, 1, RUN_LOG_LOCK_MS, transition->deadline_ms, err);
}

bool run_log_start(struct database *db, const struct run_transition *transition,
                   struct run_state *state, struct error *err)
{
    struct run_log_change change = {
        .transition = transition, .sql = sql_start, .parameters = 4, .state = state};

    return run_log_change(db, &change, err);
}

bool run_log_finish(struct database *db, const struct run_transition *transition,
                    struct run_state *state, struct error *err)
{
    struct run_log_change change = {
        .transition = transition, .sql = sql_finish, .parameters = 9, .state = state};

    return run_log_change(db, &change, err);
}

bool run_log_finish_late(struct database *db, const struct run_transition *transition,
                         struct run_state *state, struct error *err)
{
    struct run_log_change change = {.transition = transition,
                                    .lock = sql_late_lock,
                                    .sql = sql_late,
                                    .parameters = 8,
                                    .state = state};

    return run_log_change(db, &change, err);
}

bool run_log_settle(struct database *db, const struct run_transition *transition,
                    struct run_state *state, struct error *err)
{
    struct run_log_change change = {.transition = transition,
                                    .sql = sql_finish,
                                    .parameters = 9,
                                    .is_of_tick = true,
                                    .state = state};

    return run_log_change(db, &change, err);
}
