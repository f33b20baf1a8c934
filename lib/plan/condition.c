#include "plan/condition.h"

#include "time/duration.h"
#include "time/instant.h"

#include <inttypes.h>

/* ---- Judging ---- */

static void condition_add(struct condition *condition, struct condition_finding finding)
{
    condition->findings[condition->count++] = finding;
}

/* Adds a finding about slots, if there are any. */
static void condition_add_slots(struct condition *condition, enum condition_reason reason,
                                enum condition_state state, const struct condition_slots *slots)
{
    if (slots->count > 0)
        condition_add(condition, (struct condition_finding){.reason = reason,
                                                            .state = state,
                                                            .since = slots->first,
                                                            .last = slots->last,
                                                            .slots = slots->count});
}

static void condition_find_never(const struct condition_facts *facts, struct condition *condition)
{
    const struct condition_log *log = &facts->log;

    if (facts->last_success == INT64_MIN)
        condition_add_slots(condition, CONDITION_NEVER_SUCCEEDED, CONDITION_UNHEALTHY,
                            log->in_row.count > 0 ? &log->in_row : &log->given_up);
}

static void condition_find_overdue(const struct condition_facts *facts, struct condition *condition)
{
    if (facts->waiting != INT64_MIN && facts->waiting < facts->now - CONDITION_OVERDUE_MINUTES)
        condition_add(condition, (struct condition_finding){.reason = CONDITION_OVERDUE,
                                                            .state = CONDITION_UNHEALTHY,
                                                            .since = facts->waiting,
                                                            .last = facts->waiting,
                                                            .slots = 1});
}

static void condition_find_failing(const struct condition_facts *facts, struct condition *condition)
{
    const struct condition_slots *in_row = &facts->log.in_row;

    if (facts->last_success != INT64_MIN)
        condition_add_slots(condition, CONDITION_FAILING,
                            in_row->count >= CONDITION_FAILING_SLOTS ? CONDITION_UNHEALTHY
                                                                     : CONDITION_DEGRADED,
                            in_row);
}

static void condition_find_invalid(const struct condition_facts *facts, struct condition *condition)
{
    if (facts->fault != NULL)
        condition_add(condition, (struct condition_finding){.reason = CONDITION_INVALID,
                                                            .state = CONDITION_UNHEALTHY,
                                                            .since = facts->fault_since,
                                                            .last = INT64_MIN});
}

/* The log's own evidence stays the main thing: exports may well go through. */
static void condition_find_unreachable(const struct condition_facts *facts,
                                       struct condition *condition)
{
    if (facts->unreachable_code != NULL)
        condition_add(condition, (struct condition_finding){.reason = CONDITION_UNREACHABLE,
                                                            .state = CONDITION_DEGRADED,
                                                            .since = facts->unreachable_since,
                                                            .last = INT64_MIN});
}

static void condition_find_never_fires(const struct condition_facts *facts,
                                       struct condition *condition)
{
    if (facts->fault == NULL && !facts->fires)
        condition_add(condition, (struct condition_finding){.reason = CONDITION_NEVER_FIRES,
                                                            .state = CONDITION_DEGRADED,
                                                            .since = INT64_MIN,
                                                            .last = INT64_MIN});
}

/* The worst of the findings, since the earliest of those that are as bad. */
static void condition_conclude(const struct condition_facts *facts, struct condition *condition)
{
    condition->state = CONDITION_HEALTHY;
    condition->since = facts->well_since;
    for (size_t i = 0; i < condition->count; i++) {
        const struct condition_finding *finding = &condition->findings[i];

        if (finding->state < condition->state) {
            condition->state = finding->state;
            condition->since = finding->since;
        } else if (finding->state == condition->state && finding->since != INT64_MIN &&
                   (condition->since == INT64_MIN || finding->since < condition->since)) {
            condition->since = finding->since;
        }
    }
}

void condition_judge(const struct condition_facts *facts, struct condition *condition)
{
    const struct condition_log *log = &facts->log;

    *condition = (struct condition){.state = CONDITION_DISABLED, .since = INT64_MIN};
    if (!facts->is_active)
        return;
    condition_find_never(facts, condition);
    condition_find_overdue(facts, condition);
    condition_find_failing(facts, condition);
    condition_add_slots(condition, CONDITION_UNKNOWN, CONDITION_DEGRADED, &log->unknown);
    condition_add_slots(condition, CONDITION_GIVEN_UP, CONDITION_DEGRADED, &log->given_up);
    condition_find_invalid(facts, condition);
    condition_add_slots(condition, CONDITION_FAILED, CONDITION_DEGRADED, &log->failed);
    condition_find_unreachable(facts, condition);
    condition_find_never_fires(facts, condition);
    condition_conclude(facts, condition);
}

int condition_compare(const struct condition *a, const struct condition *b)
{
    if (a->state != b->state || a->count == 0 || b->count == 0)
        return (int)a->state - (int)b->state;
    return (int)a->findings[0].reason - (int)b->findings[0].reason;
}

/* ---- In words ---- */

const char *condition_state_name(enum condition_state state)
{
    static const char *const names[] = {
        [CONDITION_UNHEALTHY] = "unhealthy",
        [CONDITION_DEGRADED] = "degraded",
        [CONDITION_HEALTHY] = "healthy",
        [CONDITION_DISABLED] = "disabled",
    };

    return names[state];
}

const char *condition_reason_name(enum condition_reason reason)
{
    static const char *const names[CONDITION_REASONS] = {
        [CONDITION_NEVER_SUCCEEDED] = "never_succeeded",
        [CONDITION_OVERDUE] = "overdue",
        [CONDITION_FAILING] = "failing",
        [CONDITION_UNKNOWN] = "unknown",
        [CONDITION_GIVEN_UP] = "given_up",
        [CONDITION_INVALID] = "invalid",
        [CONDITION_FAILED] = "failed",
        [CONDITION_UNREACHABLE] = "unreachable",
        [CONDITION_NEVER_FIRES] = "never_fires",
    };

    return names[reason];
}

/* "the slot of TIME", "3 slots since TIME", "100 slots or more since TIME" */
static void condition_add_slots_text(const struct condition_finding *finding, struct text *text)
{
    char time[INSTANT_TEXT_SIZE];

    instant_format_minute(finding->since, time);
    if (finding->slots == 1)
        text_addf(text, "the slot of %s", time);
    else
        text_addf(text, "%" PRId64 " slots%s since %s", finding->slots,
                  finding->slots >= CONDITION_FAILURES_MAX ? " or more" : "", time);
}

static void condition_add_last_code(const struct condition_facts *facts, struct text *text)
{
    if (facts->log.last_code[0] != '\0')
        text_addf(text, ", last %s", facts->log.last_code);
}

static void condition_explain_overdue(const struct condition_facts *facts,
                                      const struct condition_finding *finding, struct text *text)
{
    char age[DURATION_TEXT_SIZE];

    duration_format((facts->now - finding->since) * 60000, age);
    text_addf(text, "overdue for %s: nothing serves ", age);
    condition_add_slots_text(finding, text);
}

static void condition_explain_unreachable(const struct condition_facts *facts, struct text *text)
{
    char time[INSTANT_TEXT_SIZE];

    instant_format_minute(facts->unreachable_since, time);
    text_addf(text, "unreachable: probes have failed since %s, last %s", time,
              facts->unreachable_code);
}

void condition_explain(const struct condition_facts *facts, const struct condition_finding *finding,
                       struct text *text)
{
    static const struct {
        const char *before; /* the slots */
        const char *behind;
    } words[CONDITION_REASONS] = {
        [CONDITION_NEVER_SUCCEEDED] = {"never succeeded: ", " failed"},
        [CONDITION_FAILING] = {"failing: ", ""},
        [CONDITION_UNKNOWN] = {"unknown outcome: ", " may have been exported"},
        [CONDITION_GIVEN_UP] = {"given up: ", ", never attempted"},
        [CONDITION_FAILED] = {"failed: ", ", before later ones succeeded"},
    };

    if (finding->reason == CONDITION_OVERDUE) {
        condition_explain_overdue(facts, finding, text);
    } else if (finding->reason == CONDITION_INVALID) {
        text_addf(text, "invalid: %s", facts->fault);
    } else if (finding->reason == CONDITION_UNREACHABLE) {
        condition_explain_unreachable(facts, text);
    } else if (finding->reason == CONDITION_NEVER_FIRES) {
        text_add(text, "never fires: the schedule has no slot to come");
    } else {
        text_add(text, words[finding->reason].before);
        condition_add_slots_text(finding, text);
        text_add(text, words[finding->reason].behind);
    }
    if (finding->reason == CONDITION_NEVER_SUCCEEDED || finding->reason == CONDITION_FAILING)
        condition_add_last_code(facts, text);
}
