#include "notify/alert.h"

#include "base/json.h"
#include "base/text.h"
#include "store/org_names.h"
#include "time/clock.h"
#include "time/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALERT_NAMES_MS = 3000 };

struct alert_events {
    json_t *list; /* NULL: none so far */
    size_t omitted;
    bool *goes_on; /* of each */
};

/* A text that is not empty; else null. */
static json_t *alert_text(const char *text)
{
    return json_from_text(text != NULL && *text != '\0' ? text : NULL);
}

/* An event of this kind about the run, to be completed; NULL when there have been enough. */
static json_t *alert_add(struct alert_events *events, const char *kind, const struct run *run)
{
    char scheduled_for[INSTANT_TEXT_SIZE];
    char covers_from[INSTANT_TEXT_SIZE];
    char period_start[INSTANT_TEXT_SIZE];
    json_t *event;

    if (events->list == NULL)
        events->list = json_array();
    if (json_array_size(events->list) == ALERT_EVENTS_MAX) {
        events->omitted++;
        return NULL;
    }
    instant_format_minute(run->scheduled_for, scheduled_for);
    instant_format_minute(run->covers_from, covers_from);
    event = json_pack("{s:s, s:s, s:s, s:n, s:s, s:o, s:s, s:s, s:s?, s:i}", "event", kind, "runId",
                      run->run_id, "orgId", run->org_id, "organization", "integrationId",
                      run->integration_id, "integrationType", alert_text(run->integration_type),
                      "scheduledFor", scheduled_for, "coversFrom", covers_from, "periodStart",
                      run_format_period_start(run, period_start), "attempt", run->attempt);
    events->goes_on[json_array_size(events->list)] = run->failed_before > 0;
    json_array_append_new(events->list, event);
    return event;
}

/* What is known of a run that no worker of this tick ended. */
static const struct worker_note alert_abandoned = {
    .error_class = OUTCOME_UNKNOWN,
    .error_code = "ABANDONED",
    .error_message = "no answer was recorded within 30 minutes",
};

static const struct worker_note alert_unreported = {
    .error_class = OUTCOME_UNKNOWN,
    .error_code = "ABANDONED",
    .error_message = "accepted, but no report within 30 minutes",
};

/* Its worker died, or could not store what it knew. */
static const struct worker_note alert_unknown = {
    .error_class = OUTCOME_UNKNOWN,
    .error_message = "its worker did not tell what became of it; see the log",
};

static const struct worker_note alert_restored = {
    .error_class = OUTCOME_UNKNOWN,
    .error_code = "RESTORED",
    .error_message = "it may have been served before the database was restored",
};

static void alert_add_failed(struct alert_events *events, const struct run *run,
                             const struct worker_note *note)
{
    json_t *event = alert_add(events, "failed", run);
    json_t *status = note->http_status != 0 ? json_integer(note->http_status) : json_null();
    json_t *duration = note->took_ms > 0 ? json_integer(note->took_ms) : json_null();

    json_object_set_new(event, "errorClass", alert_text(outcome_class_name(note->error_class)));
    json_object_set_new(event, "errorCode", alert_text(note->error_code));
    json_object_set_new(event, "errorMessage", alert_text(note->error_message));
    json_object_set_new(event, "httpStatus", status);
    json_object_set_new(event, "requestId", alert_text(note->request_id));
    json_object_set_new(event, "durationMs", duration);
}

/* What became of a run that was dispatched. note NULL: nothing is known but the verdict. */
static void alert_add_run(struct alert_events *events, const struct tick_result *result,
                          const struct run *run, int verdict, const struct worker_note *note)
{
    bool is_known = note != NULL && note->error_class != OUTCOME_NONE;

    if (verdict == WORKER_COMPLETED && run->failed_before > 0)
        alert_add(events, "works-again", run);
    if (worker_has_failed(verdict) && run_failure_is_news(run))
        alert_add_failed(events, run, is_known ? note : &alert_unknown);
    if (note != NULL && note->late_us > 0 && !result->is_late_known)
        json_object_set_new(alert_add(events, "late", run), "lateSeconds",
                            json_integer(note->late_us / INSTANT_US_PER_SECOND));
    if (note != NULL && note->was_cold && !result->is_cold_known)
        alert_add(events, "cold-start", run);
}

/* What its function reported of a run of an earlier tick. */
static void alert_add_reported(struct alert_events *events, const struct reported_run *reported)
{
    const struct outcome *outcome = &reported->outcome;
    struct worker_note note = {.error_class = outcome->error_class,
                               .http_status = outcome->http_status};

    memcpy(note.error_code, outcome->error_code, sizeof note.error_code);
    memcpy(note.request_id, outcome->request_id, sizeof note.request_id);
    snprintf(note.error_message, sizeof note.error_message, "%s",
             outcome->message != NULL ? outcome->message : "");
    if (reported_is_failure(reported) && run_failure_is_news(&reported->run))
        alert_add_failed(events, &reported->run, &note);
    else if (reported_works_again(reported))
        alert_add(events, "works-again", &reported->run);
}

static const char *alert_org_id(const json_t *event)
{
    return json_string_value(json_object_get(event, "orgId"));
}

/* Whatever becomes of it: an alert without names is an alert. */
static void alert_add_names(const json_t *events, struct org_names *names,
                            const struct database_address *database)
{
    int64_t deadline_ms = clock_now_ms() + ALERT_NAMES_MS;
    struct database_address address = *database;
    struct database *db;
    struct error ignored;

    for (size_t i = 0; i < json_array_size(events); i++)
        org_names_want(names, alert_org_id(json_array_get(events, i)));
    address.warn = NULL; /* the tick has warned already */
    db = database_open(&address, deadline_ms, &ignored);
    if (db != NULL)
        (void)org_names_read(db, names, deadline_ms, &ignored);
    database_close(db);
    for (size_t i = 0; i < json_array_size(events); i++) {
        json_t *event = json_array_get(events, i);
        const char *name = org_names_find(names, alert_org_id(event));

        json_object_set_new(event, "organization", alert_text(name));
    }
}

static void alert_collect(struct alert_events *events, const struct tick_result *result)
{
    const struct claim_result *claim = &result->claim;

    for (size_t i = 0; i < claim->abandoned_count; i++)
        if (run_failure_is_news(&claim->abandoned[i].run))
            alert_add_failed(events, &claim->abandoned[i].run,
                             claim->abandoned[i].was_accepted ? &alert_unreported
                                                              : &alert_abandoned);
    for (size_t i = 0; i < result->reported.count; i++)
        alert_add_reported(events, &result->reported.runs[i]);
    for (size_t i = 0; i < claim->run_count; i++)
        if (claim->runs[i].verdict == CLAIM_RUN_GIVEN_UP)
            alert_add(events, "given-up", &claim->runs[i].run);
        else if (claim->runs[i].verdict == CLAIM_RUN_RESTORED)
            alert_add_failed(events, &claim->runs[i].run, &alert_restored);
    for (size_t i = 0; i < result->count; i++) {
        int verdict = result->verdicts[i];

        /* What a lost worker noted may be half of it. */
        if (verdict != WORKER_LEFT)
            alert_add_run(events, result, &result->runs[i].run, verdict,
                          result->notes != NULL && verdict != POOL_LOST ? &result->notes[i] : NULL);
    }
}

void alert_make(struct alert *alert, const struct tick_result *result, const char *tick_id,
                const struct trigger *trigger, const struct database_address *database)
{
    struct alert_events events = {.goes_on = alert->goes_on};

    alert_collect(&events, result);
    if (events.list == NULL)
        return;
    if (database != NULL)
        alert_add_names(events.list, &alert->names, database);
    alert->value = json_pack(
        "{s:s, s:o, s:o, s:{s:I, s:I, s:I}, s:o, s:I}", "tickId", tick_id, "triggerName",
        alert_text(trigger->name), "host", alert_text(trigger->host), "summary", "triggered",
        (json_int_t)result->triggered, "skipped", (json_int_t)result->skipped, "failed",
        (json_int_t)result->failed, "events", events.list, "omitted", (json_int_t)events.omitted);
}

void alert_free(struct alert *alert)
{
    json_decref(alert->value);
    org_names_free(&alert->names);
}
