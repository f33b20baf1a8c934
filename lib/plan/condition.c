#include "plan/condition.h"

#include "plan/policy.h"
#include "time/duration.h"
#include "time/instant.h"

#include <inttypes.h>

/* ---- Judging ---- */

static void condition_add(struct condition *condition, enum condition_code code,
                          enum condition_state state, struct condition_slots slots)
{
    condition->reasons[condition->count++] = (struct condition_reason){code, state, slots};
}

/* The worst of the reasons, since the earliest of those that are as bad. */
static void condition_conclude(const struct condition_facts *facts, struct condition *condition)
{
    condition->state = CONDITION_HEALTHY;
    condition->since = facts->well_since;
    for (size_t i = 0; i < condition->count; i++) {
        const struct condition_reason *reason = &condition->reasons[i];
        int64_t since = reason->slots.first;

        if (reason->state < condition->state ||
            (reason->state == condition->state && since != INT64_MIN &&
             (condition->since == INT64_MIN || since < condition->since)))
            condition->since = since;
        if (reason->state < condition->state)
            condition->state = reason->state;
    }
}

int64_t condition_last_failed(const struct condition_facts *facts)
{
    const struct condition_log *log = &facts->log;
    int64_t last = log->in_row.count > 0 ? log->in_row.last : INT64_MIN;

    if (log->given_up.count > 0 && log->given_up.last > facts->last_success &&
        log->given_up.last > last)
        last = log->given_up.last;
    return last;
}

/* Whether what failed stays undone for more than a day: then it is unhealthy at once. */
static bool condition_is_alone(const struct condition_facts *facts)
{
    int64_t last = condition_last_failed(facts);

    return last != INT64_MIN &&
           (facts->follows == INT64_MIN || facts->follows - last > CONDITION_ALONE_MINUTES);
}

void condition_judge(const struct condition_facts *facts, struct condition *condition)
{
    const struct condition_log *log = &facts->log;
    const struct condition_slots *never = log->in_row.count > 0 ? &log->in_row : &log->given_up;
    bool has_succeeded = facts->last_success != INT64_MIN;
    bool is_alone = condition_is_alone(facts);
    bool is_failing = log->in_row.count >= CONDITION_FAILING_SLOTS || is_alone;
    bool is_given_up = is_alone && log->given_up.last == condition_last_failed(facts);

    *condition = (struct condition){.state = CONDITION_DISABLED, .since = INT64_MIN};
    if (!facts->is_active)
        return;
    if (!has_succeeded && never->count > 0)
        condition_add(condition, CONDITION_NEVER_SUCCEEDED, CONDITION_UNHEALTHY, *never);
    if (facts->waiting != INT64_MIN && facts->waiting < facts->now - POLICY_LATE_MINUTES)
        condition_add(condition, CONDITION_OVERDUE, CONDITION_UNHEALTHY,
                      (struct condition_slots){1, facts->waiting, facts->waiting});
    if (has_succeeded && log->in_row.count > 0)
        condition_add(condition, CONDITION_FAILING,
                      is_failing ? CONDITION_UNHEALTHY : CONDITION_DEGRADED, log->in_row);
    if (log->unknown.count > 0)
        condition_add(condition, CONDITION_UNKNOWN, CONDITION_DEGRADED, log->unknown);
    if (log->given_up.count > 0)
        condition_add(condition, CONDITION_GIVEN_UP,
                      is_given_up ? CONDITION_UNHEALTHY : CONDITION_DEGRADED, log->given_up);
    if (facts->error != NULL)
        condition_add(condition, CONDITION_INVALID, CONDITION_UNHEALTHY,
                      (struct condition_slots){0, facts->error_since, INT64_MIN});
    if (log->failed.count > 0)
        condition_add(condition, CONDITION_FAILED, CONDITION_DEGRADED, log->failed);
    if (log->early.count > 0)
        condition_add(condition, CONDITION_EARLY, CONDITION_DEGRADED, log->early);
    /* Exports may well go through all the same: the log's evidence comes first. */
    if (facts->unreachable_code != NULL)
        condition_add(condition, CONDITION_UNREACHABLE, CONDITION_DEGRADED,
                      (struct condition_slots){0, facts->unreachable_since, INT64_MIN});
    if (facts->error == NULL && !facts->fires)
        condition_add(condition, CONDITION_NEVER_FIRES, CONDITION_DEGRADED,
                      (struct condition_slots){0, INT64_MIN, INT64_MIN});
    condition_conclude(facts, condition);
}

int condition_compare(const struct condition *a, const struct condition *b)
{
    if (a->state != b->state || a->count == 0 || b->count == 0)
        return (int)a->state - (int)b->state;
    return (int)a->reasons[0].code - (int)b->reasons[0].code;
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

/* The name in JSON, and the words before and behind the slots. */
static const struct {
    const char *name;
    const char *before;
    const char *behind;
} condition_words[CONDITION_CODES] = {
    [CONDITION_NEVER_SUCCEEDED] = {"never_succeeded", "never succeeded: ", " failed"},
    [CONDITION_OVERDUE] = {"overdue", "", ""},
    [CONDITION_FAILING] = {"failing", "failing: ", ""},
    [CONDITION_UNKNOWN] = {"unknown", "unknown outcome: ", " may have been exported"},
    [CONDITION_GIVEN_UP] = {"given_up", "given up: ", ", never attempted"},
    [CONDITION_INVALID] = {"invalid", "", ""},
    [CONDITION_FAILED] = {"failed", "failed: ", ", before later ones succeeded"},
    [CONDITION_EARLY] = {"early", "served before its time: ", ", a clock was wrong"},
    [CONDITION_UNREACHABLE] = {"unreachable", "", ""},
    [CONDITION_NEVER_FIRES] = {"never_fires", "", ""},
};

const char *condition_code_name(enum condition_code code)
{
    return condition_words[code].name;
}

void condition_explain(const struct condition_facts *facts, const struct condition_reason *reason,
                       struct text *text)
{
    const char *last_code = facts->log.last_code;
    char time[INSTANT_TEXT_SIZE] = "";
    char age[DURATION_TEXT_SIZE];

    if (reason->slots.first != INT64_MIN)
        instant_format_minute(reason->slots.first, time);
    switch (reason->code) {
    case CONDITION_OVERDUE:
        duration_format((facts->now - reason->slots.first) * 60000, age);
        text_addf(text, "overdue for %s: nothing serves the slot of %s", age, time);
        return;
    case CONDITION_INVALID:
        text_addf(text, "invalid: %s", facts->error);
        return;
    case CONDITION_UNREACHABLE:
        text_addf(text, "unreachable: probes have failed since %s, last %s", time,
                  facts->unreachable_code);
        return;
    case CONDITION_NEVER_FIRES:
        text_add(text, "never fires: the schedule has no slot to come");
        return;
    default: /* "failing: the slot of TIME", "failing: 100 slots or more since TIME" */
        break;
    }
    text_add(text, condition_words[reason->code].before);
    if (reason->slots.count == 1)
        text_addf(text, "the slot of %s", time);
    else
        text_addf(text, "%" PRId64 " slots%s since %s", reason->slots.count,
                  reason->slots.count >= CONDITION_FAILURES_MAX ? " or more" : "", time);
    text_add(text, condition_words[reason->code].behind);
    if ((reason->code == CONDITION_NEVER_SUCCEEDED || reason->code == CONDITION_FAILING) &&
        last_code[0] != '\0')
        text_addf(text, ", last %s", last_code);
    if ((reason->code == CONDITION_FAILING || reason->code == CONDITION_GIVEN_UP) &&
        reason->state == CONDITION_UNHEALTHY && reason->slots.count < CONDITION_FAILING_SLOTS)
        text_add(text, ", and the next is more than a day later");
}
