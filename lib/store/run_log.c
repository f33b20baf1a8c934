#include "store/run_log.h"

#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* How long a transition waits for a row that somebody else has locked. */
enum { RUN_LOG_LOCK_MS = 2000 };

struct run_log_question {
    const char *token;
    bool is_prefix; /* the token of a tick, in front of its workers' */
    struct run_state *state;
};

static bool run_log_is_mine(const struct run_log_question *question, const char *worker)
{
    size_t length = strlen(question->token);

    if (worker == NULL || strncmp(worker, question->token, length) != 0)
        return false;
    return worker[length] == (question->is_prefix ? '/' : '\0');
}

static void run_log_read_state(void *context, const struct database_row *row)
{
    struct run_log_question *question = context;
    const char *worker = database_row_text(row, "worker");
    const char *code = database_row_text(row, "error_code");

    *question->state = (struct run_state){
        .status = run_status_parse(database_row_text(row, "status")),
        .is_mine = run_log_is_mine(question, worker),
        .is_abandoned = code != NULL && strcmp(code, "ABANDONED") == 0,
        .started_at_us = database_row_number(row, "started_at", 0),
    };
}

/*
 * The transition, in front of it the integration's lock where there is a statement that takes it.
 * Where it finds nothing to change (somebody else was there first, or the answer to an earlier try
 * was lost) the state is asked for. values begin with
 * the run's id and its integration's.
 */
static bool run_log_change(struct database *db, const char *lock, const char *sql, int parameters,
                           const char *const *values, struct run_log_question *question,
                           int64_t deadline_ms, struct error *err)
{
    struct database_statement statements[] = {
        {.sql = lock, .parameters = 1, .values = values},
        {.sql = sql,
         .parameters = parameters,
         .values = values,
         .read_row = run_log_read_state,
         .context = question},
    };
    struct database_statement state = {.sql = sql_state,
                                       .parameters = 3,
                                       .values = values,
                                       .read_row = run_log_read_state,
                                       .context = question};
    int first = lock != NULL ? 0 : 1;

    *question->state = (struct run_state){.status = RUN_GONE};
    if (!database_transact(db, statements + first, (size_t)(2 - first), RUN_LOG_LOCK_MS,
                           deadline_ms, err))
        return false;
    return question->state->status != RUN_GONE ||
           database_transact(db, &state, 1, RUN_LOG_LOCK_MS, deadline_ms, err);
}

bool run_log_start(struct database *db, const struct run *run, const char *token,
                   int64_t deadline_ms, struct run_state *state, struct error *err)
{
    const char *values[] = {run->run_id, run->org_id, run->integration_id, token};
    struct run_log_question question = {.token = token, .state = state};

    return run_log_change(db, NULL, sql_start, 4, values, &question, deadline_ms, err);
}

/* The columns of an outcome, as finish.sql and late.sql take them. */
struct run_log_outcome {
    const char *values[9];
    char records[32];
};

static void run_log_fill(const struct run *run, const struct run_log_question *question,
                         const struct outcome *outcome, struct run_log_outcome *filled)
{
    bool failed = outcome->error_class != OUTCOME_NONE;
    const char **values = filled->values;

    snprintf(filled->records, sizeof filled->records, "%" PRId64, outcome->records_exported);
    values[0] = run->run_id;
    values[1] = run->org_id;
    values[2] = run->integration_id;
    values[3] = question->token;
    values[4] = outcome_class_name(outcome->error_class);
    values[5] = failed ? outcome->error_code : NULL;
    values[6] = failed ? outcome->message : NULL;
    values[7] = !failed && outcome->records_exported >= 0 ? filled->records : NULL;
    values[8] = question->is_prefix ? "t" : "f";
}

static bool run_log_end(struct database *db, const struct run *run, const struct outcome *outcome,
                        struct run_log_question *question, int64_t deadline_ms, struct error *err)
{
    struct run_log_outcome filled;

    run_log_fill(run, question, outcome, &filled);
    return run_log_change(db, NULL, sql_finish, 9, filled.values, question, deadline_ms, err);
}

bool run_log_finish(struct database *db, const struct run *run, const char *token,
                    const struct outcome *outcome, int64_t deadline_ms, struct run_state *state,
                    struct error *err)
{
    struct run_log_question question = {.token = token, .state = state};

    return run_log_end(db, run, outcome, &question, deadline_ms, err);
}

bool run_log_finish_late(struct database *db, const struct run *run, const char *token,
                         const struct outcome *outcome, int64_t deadline_ms,
                         struct run_state *state, struct error *err)
{
    struct run_log_question question = {.token = token, .state = state};
    struct run_log_outcome filled;

    run_log_fill(run, &question, outcome, &filled);
    return run_log_change(db, sql_late_lock, sql_late, 8, filled.values, &question, deadline_ms,
                          err);
}

bool run_log_settle(struct database *db, const struct run *run, const char *token,
                    const struct outcome *outcome, int64_t deadline_ms, struct run_state *state,
                    struct error *err)
{
    struct run_log_question question = {.token = token, .is_prefix = true, .state = state};

    return run_log_end(db, run, outcome, &question, deadline_ms, err);
}
