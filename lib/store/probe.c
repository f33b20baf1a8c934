#include "store/probe.h"

#include "base/text.h"
#include "sql.h"
#include "store/schema.h"

#include <string.h>

/* Whoever holds a row holds it for one statement. */
enum { PROBE_STATE_LOCK_MS = 5000 };

static const char *const probe_results[] = {
    [PROBE_RESULT_REACHABLE] = "reachable",
    [PROBE_RESULT_UNREACHABLE] = "unreachable",
    [PROBE_RESULT_THROTTLED] = "throttled",
};

static enum probe_result probe_parse_result(const char *text)
{
    for (size_t i = 1; text != NULL && i < sizeof probe_results / sizeof *probe_results; i++)
        if (strcmp(text, probe_results[i]) == 0)
            return (enum probe_result)i;
    return PROBE_RESULT_NONE;
}

static struct probe_state *probe_find(const struct probe_claim *claim,
                                      const struct database_row *row)
{
    const char *type = database_row_text(row, "integration_type");

    for (size_t i = 0; type != NULL && i < claim->count; i++)
        if (strcmp(claim->states[i].integration_type, type) == 0)
            return &claim->states[i];
    return NULL;
}

static void probe_read_claimed(void *context, const struct database_row *row)
{
    struct probe_state *state = probe_find(context, row);

    if (state != NULL)
        state->is_claimed = true;
}

static void probe_read_state(void *context, const struct database_row *row)
{
    struct probe_claim *claim = context;
    struct probe_state *state = probe_find(claim, row);

    claim->now_us = database_row_number(row, "now_us", 0);
    if (state == NULL)
        return;
    state->claimed_at_us = database_row_number(row, "claimed_at", 0);
    state->next_probe_at_us = database_row_number(row, "next_probe_at", 0);
    state->pause_s = database_row_number(row, "pause_s", 0);
    state->result = probe_parse_result(database_row_text(row, "result"));
    database_row_copy(row, "code", state->code, sizeof state->code);
    state->probed_at_us = database_row_number(row, "probed_at", 0);
    state->since_us = database_row_number(row, "since", 0);
}

bool probe_state_claim(struct database *db, struct probe_claim *claim, int64_t deadline_ms,
                       struct error *err)
{
    struct text types = {0}; /* an array of SQL; their names are plain words */
    char now[DATABASE_NUMBER_SIZE];
    char send_s[DATABASE_NUMBER_SIZE];
    char pause_s[DATABASE_NUMBER_SIZE];
    const char *values[] = {NULL, claim->now_us != 0 ? database_number(now, claim->now_us) : NULL,
                            database_number(send_s, PROBE_SEND_S),
                            database_number(pause_s, PROBE_PAUSE_S), SCHEMA_VERSION_TEXT};
    /* In this order: the state is that after the claim, whoever it was that made it. */
    struct database_statement statements[] = {
        {sql_probe_claim, 5, values, probe_read_claimed, claim},
        {sql_probe_read, 2, values, probe_read_state, claim},
    };
    bool ok;

    for (size_t i = 0; i < claim->count; i++)
        text_addf(&types, "%s%s", i > 0 ? "," : "{", claim->states[i].integration_type);
    text_add(&types, "}");
    values[0] = text_string(&types);
    ok = database_transact(db, statements, 2, PROBE_STATE_LOCK_MS, deadline_ms, err);
    text_free(&types);
    return ok;
}

static void probe_read_noted(void *context, const struct database_row *row)
{
    (void)row;
    *(bool *)context = true;
}

bool probe_state_note(struct database *db, const struct probe_state *state, int64_t deadline_ms,
                      bool *is_noted, struct error *err)
{
    char numbers[5][DATABASE_NUMBER_SIZE];
    const char *values[] = {state->integration_type,
                            database_number(numbers[0], state->claimed_at_us),
                            database_number(numbers[1], state->next_probe_at_us),
                            database_number(numbers[2], state->pause_s),
                            probe_results[state->result],
                            state->code,
                            database_number(numbers[3], state->probed_at_us),
                            database_number(numbers[4], state->since_us)};
    struct database_statement note = {sql_probe_note, 8, values, probe_read_noted, is_noted};

    *is_noted = false;
    return database_transact(db, &note, 1, PROBE_STATE_LOCK_MS, deadline_ms, err);
}
