#include "report/status.h"

#include "base/json.h"
#include "cron/cron_text.h"
#include "time/instant.h"

#include <string.h>

/* ---- Values ---- */

static json_t *status_json_instant(int64_t instant_ms)
{
    char text[INSTANT_TEXT_SIZE];

    if (instant_ms == INT64_MIN)
        return json_null();
    instant_format_second(instant_ms, text);
    return json_string(text);
}

/* null where it is NULL, as it may be in a table that is somebody else's. */
static json_t *status_json_id(const char *id)
{
    return *id != '\0' ? json_string(id) : json_null();
}

static json_t *status_json_minute(int64_t minute)
{
    return status_json_instant(minute != INT64_MIN ? minute * 60000 : INT64_MIN);
}

/* An array of objects as the database wrote it; its strings may be hostile. NULL: an empty one. */
static json_t *status_json_array(const char *text)
{
    json_t *array = json_loads(text != NULL ? text : "[]", 0, NULL);
    size_t i;
    json_t *object;
    const char *key;
    json_t *value;

    json_array_foreach(array, i, object)
    {
        json_object_foreach(object, key, value)
        {
            if (json_is_string(value))
                json_object_set_new(object, key, json_from_text(json_string_value(value)));
        }
    }
    return array;
}

/* ---- An integration ---- */

static json_t *status_json_reason(const struct status_integration *integration, size_t i)
{
    const struct condition_reason *reason = &integration->condition.reasons[i];
    struct text words = {0};
    json_t *tree;

    condition_explain(&integration->facts, reason, &words);
    tree = json_pack("{s:s, s:s, s:o, s:o, s:I, s:o}", "reason", condition_code_name(reason->code),
                     "condition", condition_state_name(reason->state), "since",
                     status_json_minute(reason->slots.first), "last",
                     status_json_minute(reason->slots.last), "slots",
                     (json_int_t)reason->slots.count, "text", json_from_text(words.data));
    text_free(&words);
    return tree;
}

/* The schedule and the last runs, which only status shows. */
static void status_json_add_schedule(const struct status_integration *integration, json_t *tree)
{
    const struct schedule *schedule = &integration->schedule;
    const struct condition_facts *facts = &integration->facts;
    const char *cron = schedule->cron_schedule;
    struct text words = {0};

    if (facts->is_active && facts->error == NULL)
        cron_describe(&integration->timetable.cron, &words);
    json_object_set_new(tree, "schedule", json_from_text(cron != NULL ? cron : ""));
    json_object_set_new(tree, "description", json_from_text(words.data));
    json_object_set_new(tree, "nextSlot", status_json_minute(integration->next_slot));
    json_object_set_new(tree, "lastSuccessFor", status_json_minute(facts->last_success));
    json_object_set_new(tree, "runs", status_json_array(integration->runs));
    text_free(&words);
}

json_t *status_integration_tree(const struct status *status, size_t i, enum status_view view)
{
    const struct status_integration *integration = &status->integrations[i];
    const struct condition *condition = &integration->condition;
    const struct schedule *schedule = &integration->schedule;
    const struct probe_finding *probe = integration->probe;
    const char *type = schedule->integration_type;
    json_t *reasons = json_array();
    json_t *tree;

    for (size_t n = 0; n < condition->count; n++)
        json_array_append_new(reasons, status_json_reason(integration, n));
    tree = json_pack(
        "{s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o}", "orgId", status_json_id(schedule->org_id),
        "organization", json_from_text(integration->organization), "integrationId",
        status_json_id(schedule->integration_id), "integrationType",
        json_from_text(type != NULL ? type : ""), "condition",
        condition_state_name(condition->state), "since", status_json_minute(condition->since),
        "reasons", reasons, "lastSuccessAt", status_json_instant(integration->last_success_at_ms));
    json_object_set_new(tree, "timezone",
                        json_from_text(schedule->timezone != NULL ? schedule->timezone : "UTC"));
    if (view != STATUS_HEALTH)
        status_json_add_schedule(integration, tree);
    if (status->probe_count > 0)
        json_object_set_new(
            tree, "probe",
            json_from_text(probe != NULL ? probe_condition_name(probe->condition) : NULL));
    return tree;
}

/* ---- The head ---- */

static json_t *status_json_probe(const struct probe_finding *probe)
{
    const struct probe_state *state = &probe->state;
    const int64_t times_us[] = {state->probed_at_us, state->since_us, state->next_probe_at_us};
    static const char *const names[] = {"probedAt", "since", "nextProbeAt"};
    json_t *tree = json_pack("{s:s, s:s, s:o, s:b}", "integrationType", probe->integration_type,
                             "probe", probe_condition_name(probe->condition), "code",
                             json_from_text(*state->code != '\0' ? state->code : NULL), "probedNow",
                             (int)probe->is_fresh);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        json_object_set_new(tree, names[i],
                            status_json_instant(times_us[i] != 0 ? times_us[i] / 1000 : INT64_MIN));
    return tree;
}

static json_t *status_json_load(const struct status_capacity *capacity, const char *name,
                                int64_t minute, const struct forecast_load *load)
{
    int64_t span_ms = forecast_span_ms(load, &capacity->limits);

    return json_pack("{s:o, s:I, s:I, s:I}", name, status_json_minute(minute), "runs",
                     (json_int_t)load->all.count, "workSeconds",
                     (json_int_t)((load->all.work_ms + 500) / 1000), "spanSeconds",
                     (json_int_t)((span_ms + 500) / 1000));
}

/* NULL: it is not known. */
static json_t *status_json_capacity(const struct status_capacity *capacity)
{
    json_t *minutes;

    if (!capacity->is_known)
        return NULL;
    minutes = json_array();
    for (size_t i = 0; i < capacity->full_count && i < STATUS_FULL_MAX; i++)
        json_array_append_new(minutes,
                              status_json_load(capacity, "minute", capacity->full[i].minute,
                                               &capacity->full[i].load));
    return json_pack(
        "{s:I, s:i, s:b, s:o, s:I, s:o}", "budgetSeconds", (json_int_t)(capacity->budget_ms / 1000),
        "workers", capacity->limits.workers, "limited", (int)forecast_is_limited(&capacity->limits),
        "waiting",
        capacity->waiting.all.count > 0
            ? status_json_load(capacity, "oldestSlot", capacity->waiting_since, &capacity->waiting)
            : json_null(),
        "fullMinutes", (json_int_t)capacity->full_count, "firstFullMinutes", minutes);
}

json_t *status_head_tree(const struct status *status)
{
    json_t *probes = status->probe_count > 0 ? json_array() : NULL;

    for (size_t i = 0; i < status->probe_count; i++)
        json_array_append_new(probes, status_json_probe(&status->probes[i]));
    return json_pack("{s:o, s:b, s:o, s:o, s:o*, s:o*}", "now",
                     status_json_instant(status->now_us / 1000), "ticking", (int)status->is_ticking,
                     "triggers", status_json_array(status->triggers), "throttled",
                     status_json_array(status->throttled), "capacity",
                     status_json_capacity(&status->tick_capacity), "probes", probes);
}

void status_add_report(const struct status *status, enum status_view view,
                       const struct terminal *terminal, struct text *out)
{
    if (terminal != NULL) {
        status_add_text(status, view, terminal, out);
        return;
    }
    json_add_line(out, status_head_tree(status));
    out->data[out->length - 1] = ','; /* the object goes on with its integrations */
    text_add(out, "\"integrations\":[");
    for (size_t i = 0; i < status->count; i++) {
        text_add(out, i > 0 ? "," : "");
        json_add_line(out, status_integration_tree(status, i, view));
    }
    text_add(out, "]}\n");
}
