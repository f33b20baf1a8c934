#include "report/overview_text.h"

#include "base/log.h"
#include "time/duration.h"

#include <string.h>

/* ---- The head ---- */

void overview_add_age(const struct overview *overview, int64_t instant_ms, struct text *out)
{
    char age[DURATION_TEXT_SIZE];

    if (instant_ms == INT64_MIN) {
        text_add(out, "some time ago"); /* the log holds an infinite time */
        return;
    }
    duration_format(overview->now_us / 1000 - instant_ms, age);
    text_addf(out, "%s ago", age);
}

/* ticking: 24 s ago by cron on alpha */
static void overview_add_trigger(const struct overview *overview, size_t number,
                                 const struct terminal *terminal, struct text *out)
{
    const struct overview_trigger *trigger = &overview->triggers[number];
    const char *silent = overview->is_ticking ? "silent" : "not ticking";
    const char *word = trigger->is_silent ? silent : "ticking";
    struct text raw = {0};
    struct text clean = {0};

    overview_add_age(overview, trigger->last_tick_at_ms, &raw);
    text_addf(&raw, " by %s on %s", trigger->name, trigger->host);
    terminal_add_clean(&clean, raw.data);
    terminal_paint(terminal, out, trigger->is_silent ? TERMINAL_BAD : TERMINAL_GOOD, word);
    text_add(out, ": ");
    terminal_add_cut(out, clean.data, terminal->columns - strlen(word) - strlen(": "));
    text_add(out, "\n");
    text_free(&clean);
    text_free(&raw);
}

static enum terminal_colour overview_colour(enum condition_state state)
{
    static const enum terminal_colour colours[] = {
        [CONDITION_UNHEALTHY] = TERMINAL_BAD,
        [CONDITION_DEGRADED] = TERMINAL_WARN,
        [CONDITION_HEALTHY] = TERMINAL_GOOD,
        [CONDITION_DISABLED] = TERMINAL_PLAIN,
    };

    return colours[state];
}

/* 40 integrations: 2 unhealthy, 38 healthy */
static void overview_add_counts(const struct overview *overview, const struct terminal *terminal,
                                struct text *out)
{
    const char *before = ": ";

    text_addf(out, "%zu integration%s", overview->count, overview->count == 1 ? "" : "s");
    for (int state = 0; state <= CONDITION_DISABLED; state++) {
        if (overview->by_state[state] == 0)
            continue;
        text_addf(out, "%s%zu ", before, overview->by_state[state]);
        terminal_paint(terminal, out, overview_colour((enum condition_state)state),
                       condition_state_name((enum condition_state)state));
        before = ", ";
    }
    text_add(out, "\n");
}

void overview_add_head(const struct overview *overview, const struct terminal *terminal,
                       struct text *out)
{
    if (overview->trigger_count == 0) {
        terminal_paint(terminal, out, TERMINAL_BAD, "not ticking");
        text_add(out, ": no tick was ever seen; start \"syncsched run\" once a minute\n");
    }
    for (size_t i = 0; i < overview->trigger_count; i++)
        overview_add_trigger(overview, i, terminal, out);
    overview_add_counts(overview, terminal, out);
}

void overview_warn_of_none(const struct overview *overview,
                           const struct standing_question *question)
{
    if (overview->count == 0)
        log_warning("there is no integration%s",
                    question->org_id != NULL || question->integration_id != NULL
                        ? " such as was asked for"
                        : "");
}

/* ---- A row ---- */

void overview_add_cells(const struct overview_integration *integration, struct table *table)
{
    enum condition_state state = integration->condition.state;

    table_add(table, overview_colour(state), condition_state_name(state));
    table_add(table, TERMINAL_PLAIN, integration->organization);
    table_add(table, TERMINAL_PLAIN, integration->integration_type);
    table_add(table, TERMINAL_PLAIN, integration->integration_id);
}

void overview_add_reasons(const struct overview_integration *integration, struct table *table)
{
    const struct condition *condition = &integration->condition;
    struct text words = {0};

    for (size_t i = 0; i < condition->count; i++) {
        text_clear(&words);
        condition_explain(&integration->facts, &condition->findings[i], &words);
        table_add_note(table, overview_colour(condition->findings[i].state), words.data);
    }
    text_free(&words);
}
