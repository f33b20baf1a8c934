#include "inspect/status.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *overview_copy(const char *text)
{
    return memory_copy_text(text != NULL ? text : "");
}

/* ---- What was read ---- */

static void overview_read_trigger(void *context, const struct standing_trigger *trigger)
{
    struct overview *overview = context;
    bool is_silent = overview->now_us / 1000 - trigger->last_tick_at_ms > OVERVIEW_SILENCE_MS;

    overview->triggers = memory_grow(overview->triggers, overview->trigger_count,
                                     &overview->trigger_capacity, sizeof *overview->triggers);
    overview->triggers[overview->trigger_count++] = (struct overview_trigger){
        .name = overview_copy(trigger->name),
        .host = overview_copy(trigger->host),
        .last_tick_at_ms = trigger->last_tick_at_ms,
        .is_silent = is_silent,
    };
    overview->is_ticking = overview->is_ticking || !is_silent;
}

/* Whether the ticks go by the text that the row has now; until then nothing of it is owed. */
static bool overview_is_in_force(const struct schedule *schedule)
{
    return schedule->state_text != NULL && timetable_has_text(schedule, schedule->state_text);
}

/* The first slot that no run covers, or whose run nobody has begun for too long; else INT64_MIN. */
static int64_t overview_find_waiting(const struct standing_integration *read,
                                     const struct timetable *timetable, int64_t now)
{
    int64_t begun_by = (now - CONDITION_OVERDUE_MINUTES) * 60000;
    int64_t slot;

    if (read->pending_slot != INT64_MIN && read->pending_since_ms < begun_by)
        return read->pending_slot;
    if (read->schedule.mark != INT64_MIN && overview_is_in_force(&read->schedule) &&
        timetable_next(timetable, read->schedule.mark, &slot) && slot <= now)
        return slot;
    return INT64_MIN;
}

static void overview_set_fault(struct overview_integration *integration, const struct error *fault)
{
    char text[ERROR_MESSAGE_SIZE + ERROR_HINT_SIZE + 4];

    snprintf(text, sizeof text, fault->hint[0] != '\0' ? "%s (%s)" : "%s%s", fault->message,
             fault->hint);
    integration->fault = memory_copy_text(text);
}

/* What the row's own text says: whether it is valid, and its slots around now. */
static void overview_read_schedule(struct overview *overview,
                                   const struct standing_integration *read,
                                   struct overview_integration *integration)
{
    const char *seen = read->schedule.state_text;
    struct condition_facts *facts = &integration->facts;
    struct error fault = {0};

    if (!read->schedule.is_active)
        return;
    if (!timetable_check(&read->schedule, &overview->zones, &integration->timetable, &fault)) {
        overview_set_fault(integration, &fault);
        facts->fault = integration->fault;
        facts->fault_since = seen != NULL && *seen == '\0' ? read->state_since : INT64_MIN;
        return;
    }
    facts->waiting = overview_find_waiting(read, &integration->timetable, facts->now);
    facts->fires = timetable_next(&integration->timetable, facts->now, &integration->next_slot);
}

/* What the probe of the integration's type said, if there was one. */
static void overview_read_probe(const struct overview *overview,
                                struct overview_integration *integration)
{
    for (size_t i = 0; i < overview->probe_count; i++) {
        const struct probe_finding *probe = &overview->probes[i];

        if (strcmp(probe->integration_type, integration->integration_type) != 0)
            continue;
        integration->probe = probe;
        if (probe->condition != PROBE_IS_UNREACHABLE)
            continue;
        integration->facts.unreachable_code = probe->code;
        integration->facts.unreachable_since =
            instant_divide_down(probe->since_us, INSTANT_US_PER_MINUTE);
    }
}

static void overview_read_integration(void *context, const struct standing_integration *read)
{
    struct overview *overview = context;
    struct overview_integration *integration;

    overview->integrations = memory_grow(overview->integrations, overview->count,
                                         &overview->capacity, sizeof *overview->integrations);
    integration = &overview->integrations[overview->count++];
    *integration = (struct overview_integration){
        .organization = overview_copy(read->organization),
        .integration_type = overview_copy(read->schedule.integration_type),
        .cron_schedule = overview_copy(read->schedule.cron_schedule),
        .timezone =
            memory_copy_text(read->schedule.timezone != NULL ? read->schedule.timezone : "UTC"),
        .next_slot = INT64_MIN,
        .last_success_at_ms = read->last_success_at_ms,
        .facts = {.now = instant_divide_down(overview->now_us, INSTANT_US_PER_MINUTE),
                  .is_active = read->schedule.is_active,
                  .fault_since = INT64_MIN,
                  .last_success = read->last_success,
                  .well_since = read->well_since,
                  .waiting = INT64_MIN,
                  .log = read->log},
    };
    memcpy(integration->org_id, read->schedule.org_id, sizeof integration->org_id);
    memcpy(integration->integration_id, read->schedule.integration_id,
           sizeof integration->integration_id);
    overview_read_schedule(overview, read, integration);
    overview_read_probe(overview, integration);
    condition_judge(&integration->facts, &integration->condition);
    overview->by_state[integration->condition.state]++;
}

static void overview_read_run(void *context, const struct standing_run *read)
{
    struct overview *overview = context;
    struct overview_integration *integration = &overview->integrations[overview->count - 1];
    struct overview_run *run;

    integration->runs = memory_grow(integration->runs, integration->run_count,
                                    &integration->run_capacity, sizeof *integration->runs);
    run = &integration->runs[integration->run_count++];
    *run = (struct overview_run){
        .run = *read,
        .triggered_by = memory_copy_text(read->triggered_by),
        .trigger_name = memory_copy_text(read->trigger_name),
        .host = memory_copy_text(read->host),
        .error_code = memory_copy_text(read->error_code),
        .error_message = memory_copy_text(read->error_message),
    };
    run->run.triggered_by = run->triggered_by;
    run->run.trigger_name = run->trigger_name;
    run->run.host = run->host;
    run->run.error_code = run->error_code;
    run->run.error_message = run->error_message;
}

/* ---- The whole ---- */

/* What needs a person first; then by name, so that one organisation's stand together. */
static int overview_compare(const void *left, const void *right)
{
    const struct overview_integration *a = left;
    const struct overview_integration *b = right;
    int order = condition_compare(&a->condition, &b->condition);

    if (order == 0)
        order = strcmp(a->organization, b->organization);
    if (order == 0)
        order = strcmp(a->org_id, b->org_id);
    if (order == 0)
        order = strcmp(a->integration_type, b->integration_type);
    return order != 0 ? order : strcmp(a->integration_id, b->integration_id);
}

bool overview_read(const struct overview_options *options, struct overview *overview,
                   struct error *err)
{
    struct standing_reader reader = {overview_read_trigger, overview_read_integration,
                                     overview_read_run, overview};
    struct database *db;
    bool ok;

    *overview = (struct overview){.probes = options->probes, .probe_count = options->probe_count};
    db = database_open(&options->database, options->deadline_ms, err);
    if (db == NULL)
        return false;
    ok = standing_read(db, &options->question, options->deadline_ms, &reader, &overview->now_us,
                       err) ||
         error_prefix(err, "reading the log");
    database_close(db);
    if (overview->count > 1)
        qsort(overview->integrations, overview->count, sizeof *overview->integrations,
              overview_compare);
    return ok;
}

static void overview_free_integration(struct overview_integration *integration)
{
    for (size_t i = 0; i < integration->run_count; i++) {
        struct overview_run *run = &integration->runs[i];

        free(run->triggered_by);
        free(run->trigger_name);
        free(run->host);
        free(run->error_code);
        free(run->error_message);
    }
    free(integration->runs);
    free(integration->organization);
    free(integration->integration_type);
    free(integration->cron_schedule);
    free(integration->timezone);
    free(integration->fault);
}

void overview_free(struct overview *overview)
{
    for (size_t i = 0; i < overview->trigger_count; i++) {
        free(overview->triggers[i].name);
        free(overview->triggers[i].host);
    }
    for (size_t i = 0; i < overview->count; i++)
        overview_free_integration(&overview->integrations[i]);
    free(overview->triggers);
    free(overview->integrations);
    zones_free(&overview->zones);
    *overview = (struct overview){0};
}
