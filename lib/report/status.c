#include "report/status.h"

#include "base/json.h"
#include "cron/cron_text.h"
#include "time/instant.h"

#include <string.h>
#include <unistd.h>

/* ---- Values ---- */

static json_t *status_json_instant(int64_t instant_ms)
{
    char text[INSTANT_TEXT_SIZE];

    if (instant_ms == INT64_MIN)
        return json_null();
    instant_format_second(instant_ms, text);
    return json_string(text);
}

static json_t *status_json_minute(int64_t minute)
{
    return status_json_instant(minute != INT64_MIN ? minute * 60000 : INT64_MIN);
}

/* -1: not known. */
static json_t *status_json_count(int64_t count)
{
    return count >= 0 ? json_integer(count) : json_null();
}

/* ---- A run ---- */

/* How late the run that a tick made for its slot began; -1: it did not, or is no such run. */
static int64_t status_late_seconds(const struct status_run *run)
{
    const char *by = run->triggered_by;
    int64_t late_ms;

    if (run->started_at_ms == INT64_MIN || by == NULL ||
        (strcmp(by, "schedule") != 0 && strcmp(by, "catch_up") != 0))
        return -1;
    late_ms = run->started_at_ms - run->scheduled_for * 60000;
    return late_ms > 0 ? late_ms / 1000 : 0;
}

static json_t *status_json_run(const struct status_run *run)
{
    json_t *tree = json_object();

    json_object_set_new(tree, "runId", json_string(run->run_id));
    json_object_set_new(tree, "scheduledFor", status_json_minute(run->scheduled_for));
    json_object_set_new(tree, "coversFrom", status_json_minute(run->covers_from));
    json_object_set_new(tree, "attempt", json_integer(run->attempt));
    json_object_set_new(tree, "status", json_from_text(run_status_name(run->status)));
    json_object_set_new(tree, "triggeredBy", json_from_text(run->triggered_by));
    json_object_set_new(tree, "triggerName", json_from_text(run->trigger_name));
    json_object_set_new(tree, "host", json_from_text(run->host));
    json_object_set_new(tree, "createdAt", status_json_instant(run->created_at_ms));
    json_object_set_new(tree, "startedAt", status_json_instant(run->started_at_ms));
    json_object_set_new(tree, "completedAt", status_json_instant(run->completed_at_ms));
    json_object_set_new(tree, "failedAt", status_json_instant(run->failed_at_ms));
    json_object_set_new(tree, "lateSeconds", status_json_count(status_late_seconds(run)));
    json_object_set_new(tree, "recordsExported", status_json_count(run->records_exported));
    json_object_set_new(tree, "errorClass", json_from_text(outcome_class_name(run->error_class)));
    json_object_set_new(tree, "errorCode", json_from_text(run->error_code));
    json_object_set_new(tree, "errorMessage", json_from_text(run->error_message));
    return tree;
}

/* ---- An integration ---- */

static json_t *status_json_reasons(const struct status_integration *integration)
{
    const struct condition *condition = &integration->condition;
    json_t *reasons = json_array();

    for (size_t i = 0; i < condition->count; i++) {
        const struct condition_reason *reason = &condition->reasons[i];
        struct text words = {0};
        json_t *tree = json_object();

        condition_explain(&integration->facts, reason, &words);
        json_object_set_new(tree, "reason", json_string(condition_code_name(reason->code)));
        json_object_set_new(tree, "condition", json_string(condition_state_name(reason->state)));
        json_object_set_new(tree, "since", status_json_minute(reason->slots.first));
        json_object_set_new(tree, "last", status_json_minute(reason->slots.last));
        json_object_set_new(tree, "slots", json_integer(reason->slots.count));
        json_object_set_new(tree, "text", json_from_text(words.data));
        json_array_append_new(reasons, tree);
        text_free(&words);
    }
    return reasons;
}

/* The schedule and the last runs, which only status shows. */
static void status_json_add_schedule(const struct status_integration *integration, json_t *tree)
{
    const struct schedule *schedule = &integration->schedule;
    const struct condition_facts *facts = &integration->facts;
    const char *cron = schedule->cron_schedule;
    json_t *runs = json_array();
    struct text words = {0};

    if (facts->is_active && facts->error == NULL)
        cron_describe(&integration->timetable.cron, &words);
    for (size_t i = 0; i < integration->run_count; i++)
        json_array_append_new(runs, status_json_run(&integration->runs[i]));
    json_object_set_new(tree, "schedule", json_from_text(cron != NULL ? cron : ""));
    json_object_set_new(tree, "description", json_from_text(words.data));
    json_object_set_new(tree, "timezone",
                        json_from_text(schedule->timezone != NULL ? schedule->timezone : "UTC"));
    json_object_set_new(tree, "nextSlot", status_json_minute(integration->next_slot));
    json_object_set_new(tree, "lastSuccessFor", status_json_minute(facts->last_success));
    json_object_set_new(tree, "runs", runs);
    text_free(&words);
}

static json_t *status_json_integration(const struct status_integration *integration)
{
    const struct schedule *schedule = &integration->schedule;
    const char *type = schedule->integration_type;
    json_t *tree = json_object();

    json_object_set_new(tree, "orgId", json_string(schedule->org_id));
    json_object_set_new(tree, "organization", json_from_text(integration->organization));
    json_object_set_new(tree, "integrationId", json_string(schedule->integration_id));
    json_object_set_new(tree, "integrationType", json_from_text(type != NULL ? type : ""));
    json_object_set_new(tree, "condition",
                        json_string(condition_state_name(integration->condition.state)));
    json_object_set_new(tree, "since", status_json_minute(integration->condition.since));
    json_object_set_new(tree, "reasons", status_json_reasons(integration));
    json_object_set_new(tree, "lastSuccessAt",
                        status_json_instant(integration->last_success_at_ms));
    return tree;
}

/* ---- The whole ---- */

static json_t *status_json_probe(const struct probe_finding *probe)
{
    const int64_t times_us[] = {probe->probed_at_us, probe->since_us, probe->until_us};
    static const char *const names[] = {"probedAt", "since", "nextProbeAt"};
    json_t *tree = json_object();

    json_object_set_new(tree, "integrationType", json_string(probe->integration_type));
    json_object_set_new(tree, "probe", json_string(probe_condition_name(probe->condition)));
    json_object_set_new(tree, "code", json_from_text(*probe->code != '\0' ? probe->code : NULL));
    json_object_set_new(tree, "probedNow", json_boolean(probe->is_fresh));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        json_object_set_new(tree, names[i],
                            status_json_instant(times_us[i] != 0 ? times_us[i] / 1000 : INT64_MIN));
    return tree;
}

static json_t *status_json_trigger(const struct status_trigger *trigger)
{
    json_t *tree = json_object();

    json_object_set_new(tree, "name", json_from_text(trigger->name));
    json_object_set_new(tree, "host", json_from_text(trigger->host));
    json_object_set_new(tree, "lastTickAt", status_json_instant(trigger->last_tick_at_ms));
    json_object_set_new(tree, "silent", json_boolean(trigger->is_silent));
    return tree;
}

json_t *status_tree(const struct status *status, enum status_view view)
{
    json_t *tree = json_object();
    json_t *triggers = json_array();
    json_t *integrations = json_array();
    json_t *probes = json_array();

    for (size_t i = 0; i < status->trigger_count; i++)
        json_array_append_new(triggers, status_json_trigger(&status->triggers[i]));
    for (size_t i = 0; i < status->count; i++) {
        const struct status_integration *integration = &status->integrations[i];
        const struct probe_finding *probe = integration->probe;
        json_t *object = status_json_integration(integration);

        if (view != STATUS_HEALTH)
            status_json_add_schedule(integration, object);
        if (status->probe_count > 0)
            json_object_set_new(
                object, "probe",
                json_from_text(probe != NULL ? probe_condition_name(probe->condition) : NULL));
        json_array_append_new(integrations, object);
    }
    for (size_t i = 0; i < status->probe_count; i++)
        json_array_append_new(probes, status_json_probe(&status->probes[i]));
    json_object_set_new(tree, "now", status_json_instant(status->now_us / 1000));
    json_object_set_new(tree, "ticking", json_boolean(status->is_ticking));
    json_object_set_new(tree, "triggers", triggers);
    json_object_set_new(tree, "integrations", integrations);
    if (status->probe_count > 0)
        json_object_set(tree, "probes", probes);
    json_decref(probes);
    return tree;
}

void status_add_report(const struct status *status, enum status_view view, bool is_json,
                       struct text *out)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO);
    json_t *tree = status_tree(status, view);

    if (is_json) {
        json_add_line(out, tree);
        text_add(out, "\n");
        return;
    }
    status_add_text(tree, view, &terminal, out);
    json_decref(tree);
}
