#include "report/status_json.h"

#include "cron/cron_text.h"
#include "report/overview_json.h"
#include "report/run_cells.h"

#include <stdlib.h>

static const char *status_name(enum run_status status)
{
    static const char *const names[] = {
        [RUN_PENDING] = "pending",
        [RUN_RUNNING] = "running",
        [RUN_COMPLETED] = "completed",
        [RUN_FAILED] = "failed",
    };

    return status < RUN_GONE ? names[status] : NULL;
}

/* -1: nothing is known. */
static json_t *status_json_count(int64_t count)
{
    return count >= 0 ? json_integer(count) : json_null();
}

static json_t *status_json_run(const struct standing_run *run)
{
    json_t *object =
        json_pack("{s:s, s:o, s:o, s:i, s:o, s:o, s:o, s:o}", "runId", run->run_id, "scheduledFor",
                  overview_json_minute(run->scheduled_for), "coversFrom",
                  overview_json_minute(run->covers_from), "attempt", run->attempt, "status",
                  overview_json_text(status_name(run->status)), "triggeredBy",
                  overview_json_text(run->triggered_by), "triggerName",
                  overview_json_text(run->trigger_name), "host", overview_json_text(run->host));
    json_t *rest = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "createdAt",
                             overview_json_instant(run->created_at_ms), "startedAt",
                             overview_json_instant(run->started_at_ms), "completedAt",
                             overview_json_instant(run->completed_at_ms), "failedAt",
                             overview_json_instant(run->failed_at_ms), "driftSeconds",
                             status_json_count(run_drift_seconds(run)), "recordsExported",
                             status_json_count(run->records_exported), "errorClass",
                             overview_json_text(outcome_class_name(run->error_class)), "errorCode",
                             overview_json_text(run->error_code), "errorMessage",
                             overview_json_text(run->error_message));

    json_object_update(object, rest);
    json_decref(rest);
    return object;
}

static json_t *status_json_description(const struct overview_integration *integration)
{
    struct text words = {0};
    json_t *description;

    if (!integration->facts.is_active || integration->fault != NULL)
        return json_null();
    cron_describe(&integration->timetable.cron, &words);
    description = overview_json_text(text_string(&words));
    text_free(&words);
    return description;
}

static json_t *status_json_integration(const struct overview_integration *integration)
{
    json_t *object = overview_json_integration(integration);
    json_t *runs = json_array();

    for (size_t i = 0; i < integration->run_count; i++)
        json_array_append_new(runs, status_json_run(&integration->runs[i].run));
    json_object_set_new(object, "schedule", overview_json_text(integration->cron_schedule));
    json_object_set_new(object, "description", status_json_description(integration));
    json_object_set_new(object, "timezone", overview_json_text(integration->timezone));
    json_object_set_new(object, "nextSlot", overview_json_minute(integration->next_slot));
    json_object_set_new(object, "lastSuccessFor",
                        overview_json_minute(integration->facts.last_success));
    json_object_set_new(object, "runs", runs);
    return object;
}

void status_add_json(const struct overview *overview, struct text *out)
{
    json_t *status = overview_json(overview);
    json_t *integrations = json_object_get(status, "integrations");
    char *json;

    for (size_t i = 0; i < overview->count; i++)
        json_array_append_new(integrations, status_json_integration(&overview->integrations[i]));
    json = json_dumps(status, JSON_COMPACT);
    text_addf(out, "%s\n", json);
    free(json);
    json_decref(status);
}
