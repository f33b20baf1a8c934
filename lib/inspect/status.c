#include "inspect/status.h"

#include "base/log.h"
#include "plan/policy.h"
#include "time/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- An integration ---- */

/* The first slot that no run covers, or whose run has waited for too long; else INT64_MIN. */
static int64_t status_find_waiting(const struct status_integration *integration)
{
    const struct schedule *schedule = &integration->schedule;
    int64_t now = integration->facts.now;
    int64_t slot;

    if (integration->pending_slot != INT64_MIN &&
        integration->pending_since_ms < (now - POLICY_LATE_MINUTES) * 60000)
        return integration->pending_slot;
    /* Until the ticks go by the text that the row has now, none of its slots is due. */
    if (schedule->mark != INT64_MIN && schedule->state_text != NULL &&
        timetable_has_text(schedule, schedule->state_text) &&
        timetable_next(&integration->timetable, schedule->mark, &slot) && slot <= now)
        return slot;
    return INT64_MIN;
}

/* What the row's own text says: whether it is valid, and its slots around now. */
static void status_judge_schedule(struct status *status, struct status_integration *integration)
{
    const char *state_text = integration->schedule.state_text;
    struct condition_facts *facts = &integration->facts;
    char text[ERROR_MESSAGE_SIZE + ERROR_HINT_SIZE + 4];
    struct error err = {0};

    if (timetable_check(&integration->schedule, &status->zones, &integration->timetable, &err)) {
        facts->waiting = status_find_waiting(integration);
        facts->fires = timetable_next(&integration->timetable, facts->now, &integration->next_slot);
        return;
    }
    snprintf(text, sizeof text, err.hint[0] != '\0' ? "%s (%s)" : "%s%s", err.message, err.hint);
    facts->error = status_keep_text(status, text);
    if (state_text != NULL && *state_text == '\0') /* a tick closed its state */
        facts->error_since = integration->state_since;
}

static void status_judge_probe(const struct status *status, struct status_integration *integration)
{
    const char *type = integration->schedule.integration_type;
    const struct probe_finding *probe = NULL;

    for (size_t i = 0; i < status->probe_count && type != NULL; i++)
        if (strcmp(status->probes[i].integration_type, type) == 0)
            probe = &status->probes[i];
    integration->probe = probe;
    if (probe == NULL || probe->condition != PROBE_IS_UNREACHABLE)
        return;
    integration->facts.unreachable_code = probe->code;
    integration->facts.unreachable_since =
        instant_divide_down(probe->since_us, INSTANT_US_PER_MINUTE);
}

static void status_judge_integration(struct status *status, struct status_integration *integration)
{
    struct condition_facts *facts = &integration->facts;

    facts->now = instant_divide_down(status->now_us, INSTANT_US_PER_MINUTE);
    facts->is_active = integration->schedule.is_active;
    facts->error_since = facts->waiting = integration->next_slot = INT64_MIN;
    if (facts->is_active)
        status_judge_schedule(status, integration);
    status_judge_probe(status, integration);
    condition_judge(facts, &integration->condition);
    status->conditions[integration->condition.state]++;
}

/* ---- The whole ---- */

/* What needs a person first; then by name, so that an organisation's integrations are together. */
static int status_compare(const void *left, const void *right)
{
    const struct status_integration *a = left;
    const struct status_integration *b = right;
    const char *type_a = a->schedule.integration_type;
    const char *type_b = b->schedule.integration_type;
    int order = condition_compare(&a->condition, &b->condition);

    if (order == 0)
        order = strcmp(a->organization, b->organization);
    if (order == 0)
        order = strcmp(a->schedule.org_id, b->schedule.org_id);
    if (order == 0)
        order = strcmp(type_a != NULL ? type_a : "", type_b != NULL ? type_b : "");
    return order != 0 ? order : strcmp(a->schedule.integration_id, b->schedule.integration_id);
}

bool status_inspect(const struct status_options *options, const struct probe_finding *probes,
                    size_t probe_count, struct status *status, struct error *err)
{
    bool is_asked_for_some = options->org_id != NULL || options->integration_id != NULL;

    *status = (struct status){.probes = probes, .probe_count = probe_count};
    if (!status_read(options, status, err))
        return false;
    for (size_t i = 0; i < status->trigger_count; i++) {
        struct status_trigger *trigger = &status->triggers[i];

        trigger->is_silent = status->now_us / 1000 - trigger->last_tick_at_ms > STATUS_SILENCE_MS;
        status->is_ticking = status->is_ticking || !trigger->is_silent;
    }
    for (size_t i = 0; i < status->count; i++)
        status_judge_integration(status, &status->integrations[i]);
    if (status->count > 1)
        qsort(status->integrations, status->count, sizeof *status->integrations, status_compare);
    if (status->count == 0)
        log_warning(is_asked_for_some ? "no integration matches --org and --integration"
                                      : "there is no integration");
    return true;
}
