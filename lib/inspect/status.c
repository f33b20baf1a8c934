#include "inspect/status.h"

#include "base/log.h"
#include "base/memory.h"
#include "plan/policy.h"
#include "sql.h"
#include "store/schedules.h"
#include "store/schema.h"
#include "time/instant.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATUS_LOCK_MS = 5000, STATUS_WAITING_MS = 60 * 1000 };

/* ---- Reading ---- */

/* Keeps a copy of a text as long as the status. NULL gives NULL. */
static const char *status_keep_text(struct status *status, const char *text)
{
    if (text == NULL)
        return NULL;
    status->texts = memory_grow(status->texts, status->text_count, &status->text_capacity,
                                sizeof *status->texts);
    return status->texts[status->text_count++] = memory_copy_text(text);
}

static const char *status_read_text(struct status *status, const struct database_row *row,
                                    const char *column)
{
    return status_keep_text(status, database_row_text(row, column));
}

/* A minute, or an instant in milliseconds. */
static int64_t status_read_time(const struct database_row *row, const char *column)
{
    return database_row_number(row, column, INT64_MIN);
}

static void status_read_triggers(void *context, const struct database_row *row)
{
    struct status *status = context;

    if (!schema_check(row))
        return;
    status->now_us = database_row_number(row, "now_us", 0);
    status->triggers = status_read_text(status, row, "triggers");
    status->throttled = status_read_text(status, row, "throttled");
    status->is_ticking = database_row_is_true(row, "is_ticking");
}

static struct condition_slots status_read_slots(const struct database_row *row, const char *count,
                                                const char *first, const char *last)
{
    return (struct condition_slots){.count = database_row_number(row, count, 0),
                                    .first = status_read_time(row, first),
                                    .last = status_read_time(row, last)};
}

static void status_read_integration(void *context, const struct database_row *row)
{
    struct status *status = context;
    const char *organization = database_row_text(row, "organization");
    struct status_integration *read;
    struct schedule schedule;

    if (!schedule_read_row(row, &status->repeated, &schedule))
        return;
    status->integrations = memory_grow(status->integrations, status->count, &status->capacity,
                                       sizeof *status->integrations);
    read = &status->integrations[status->count++];
    *read = (struct status_integration){
        .schedule = schedule,
        .organization = status_keep_text(status, organization != NULL ? organization : ""),
        .state_since = status_read_time(row, "since"),
        .last_success_at_ms = status_read_time(row, "last_success_at"),
        .pending_slot = status_read_time(row, "pending_slot"),
        .pending_since_ms = status_read_time(row, "pending_since"),
        .is_left = database_row_is_true(row, "is_left"),
        .takes_ms = database_row_number(row, "takes_ms", INT64_MIN),
        .accepted_since_ms = status_read_time(row, "accepted_since"),
        .runs = status_read_text(status, row, "runs"),
        .facts = {.last_success = status_read_time(row, "last_success"),
                  .well_since = status_read_time(row, "well_since")},
    };
    read->schedule.integration_type = status_keep_text(status, read->schedule.integration_type);
    read->schedule.cron_schedule = status_keep_text(status, read->schedule.cron_schedule);
    read->schedule.timezone = status_keep_text(status, read->schedule.timezone);
    read->schedule.state_text = status_keep_text(status, read->schedule.state_text);
    read->facts.log = (struct condition_log){
        .in_row = status_read_slots(row, "in_row", "in_row_first", "in_row_last"),
        .unknown = status_read_slots(row, "unknown", "unknown_first", "unknown_last"),
        .given_up = status_read_slots(row, "given_up", "given_up_first", "given_up_last"),
        .failed = status_read_slots(row, "failed", "failed_first", "failed_last"),
        .early = status_read_slots(row, "early", "early_first", "early_last"),
    };
    database_row_copy(row, "last_code", read->facts.log.last_code,
                      sizeof read->facts.log.last_code);
}

static bool status_read(const struct status_options *options, struct status *status,
                        struct error *err)
{
    char runs[DATABASE_NUMBER_SIZE];
    const char *values[] = {options->org_id, options->integration_id,
                            database_number(runs, options->runs),
                            options->wants_messages ? "t" : "f"};
    struct database_statement statements[] = {
        {.sql = sql_triggers, .read_row = status_read_triggers, .context = status},
        {.sql = sql_repeated, .read_row = schedules_read_repeated, .context = &status->repeated},
        {sql_status, 4, values, status_read_integration, status},
    };
    struct database *db = database_open(&options->database, options->deadline_ms, err);
    bool ok;

    if (db == NULL)
        return false;
    ok = database_transact(db, statements, 3, STATUS_LOCK_MS, options->deadline_ms, err) ||
         error_prefix(err, "reading the log");
    if (ok && status->count == 0)
        ok = schedules_check_choice(
            db, &(struct schedules_choice){options->org_id, options->integration_id},
            options->deadline_ms, err);
    database_close(db);
    return ok;
}

/* ---- Judging ---- */

/* The first slot that no run covers, or whose run has waited for too long; else INT64_MIN. */
static int64_t status_find_waiting(const struct status_integration *integration)
{
    const struct schedule *schedule = &integration->schedule;
    int64_t now = integration->facts.now;
    int64_t slot;

    if (integration->pending_slot != INT64_MIN &&
        integration->pending_since_ms < (now - POLICY_LATE_MINUTES) * 60000)
        return integration->pending_slot;
    /* Slots wait for the end of an accepted run, which is abandoned if it takes too long. */
    if (integration->accepted_since_ms >=
        (now - POLICY_ABANDONED_MINUTES - POLICY_LATE_MINUTES) * 60000)
        return INT64_MIN;
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

    if (timetable_read(&integration->schedule, &status->zones, &integration->timetable, &err)) {
        facts->waiting = status_find_waiting(integration);
        if (condition_last_failed(facts) != INT64_MIN &&
            !timetable_next(&integration->timetable, condition_last_failed(facts), &facts->follows))
            facts->follows = INT64_MIN;
        facts->fires = timetable_next(&integration->timetable, facts->now, &integration->next_slot);
        return;
    }
    snprintf(text, sizeof text, err.hint[0] != '\0' ? "%s (%s)" : "%s%s", err.message, err.hint);
    facts->error = status_keep_text(status, text);
    if (state_text != NULL && *state_text == '\0') /* a tick closed its state */
        facts->error_since = integration->state_since;
}

static void status_judge_integration(struct status *status, struct status_integration *integration)
{
    struct condition_facts *facts = &integration->facts;
    const char *type = integration->schedule.integration_type;

    facts->now = instant_divide_down(status->now_us, INSTANT_US_PER_MINUTE);
    facts->is_active = integration->schedule.is_active;
    facts->error_since = facts->waiting = facts->follows = INT64_MIN;
    integration->next_slot = INT64_MIN;
    if (facts->is_active)
        status_judge_schedule(status, integration);
    for (size_t i = 0; i < status->probe_count && type != NULL; i++) {
        const struct probe_finding *probe = &status->probes[i];

        if (strcmp(probe->integration_type, type) != 0)
            continue;
        integration->probe = probe;
        if (probe->condition == PROBE_IS_UNREACHABLE) {
            facts->unreachable_code = probe->state.code;
            facts->unreachable_since =
                instant_divide_down(probe->state.since_us, INSTANT_US_PER_MINUTE);
        }
    }
    condition_judge(facts, &integration->condition);
    status->conditions[integration->condition.state]++;
}

/* ---- What does not fit ---- */

static size_t status_type(const struct status_integration *integration)
{
    return timetable_find_type(integration->schedule.integration_type);
}

/* Their mean; or else this. */
static int64_t status_mean_ms(const struct forecast_calls *calls, int64_t otherwise_ms)
{
    return calls->count > 0 ? calls->work_ms / (int64_t)calls->count : otherwise_ms;
}

/* Integrations without a call in the log: as others of their type, else as all. */
static void status_guess_calls(struct status *status)
{
    struct forecast_load known = {0};

    for (size_t i = 0; i < status->count; i++)
        if (status->integrations[i].takes_ms != INT64_MIN)
            forecast_add(&known, status_type(&status->integrations[i]),
                         status->integrations[i].takes_ms);
    for (size_t i = 0; i < status->count; i++) {
        struct status_integration *integration = &status->integrations[i];
        size_t type = status_type(integration);
        int64_t all_ms = status_mean_ms(&known.all, 0);

        if (integration->takes_ms == INT64_MIN)
            integration->takes_ms =
                type < RUN_TYPES ? status_mean_ms(&known.of[type], all_ms) : all_ms;
    }
}

static void status_weigh_minutes(struct status *status)
{
    struct status_capacity *capacity = &status->tick_capacity;
    int64_t now = instant_divide_down(status->now_us, INSTANT_US_PER_MINUTE);
    struct forecast_load *loads = memory_allocate(FORECAST_MINUTES, sizeof *loads);
    struct forecast_schedule *schedules = memory_allocate(status->count, sizeof *schedules);
    size_t count = 0;

    for (size_t i = 0; i < status->count; i++) {
        const struct status_integration *integration = &status->integrations[i];
        const struct schedule *schedule = &integration->schedule;

        if (integration->facts.is_active && integration->facts.error == NULL)
            schedules[count++] = (struct forecast_schedule){
                &integration->timetable, schedule->cron_schedule, schedule->timezone,
                status_type(integration), integration->takes_ms};
    }
    forecast_day(schedules, count, now, loads);
    for (size_t i = 0; i < FORECAST_MINUTES; i++) {
        if (forecast_span_ms(&loads[i], &capacity->limits) <= capacity->budget_ms)
            continue;
        if (capacity->full_count < STATUS_FULL_MAX)
            capacity->full[capacity->full_count] =
                (struct status_minute){now + 1 + (int64_t)i, loads[i]};
        capacity->full_count++;
    }
    free(schedules);
    free(loads);
}

/* What waits, and which minutes of the coming day have more due than a tick has time for. */
static void status_weigh(const struct status_options *options, struct status *status)
{
    struct status_capacity *capacity = &status->tick_capacity;
    int64_t waits_since_ms = status->now_us / 1000 - STATUS_WAITING_MS;

    *capacity = (struct status_capacity){.is_known = true,
                                         .budget_ms = options->budget_ms,
                                         .limits = options->limits,
                                         .waiting_since = INT64_MAX};
    status_guess_calls(status);
    for (size_t i = 0; i < status->count; i++) {
        const struct status_integration *integration = &status->integrations[i];

        if (integration->pending_slot == INT64_MIN ||
            (!integration->is_left && integration->pending_since_ms > waits_since_ms))
            continue;
        forecast_add(&capacity->waiting, status_type(integration), integration->takes_ms);
        if (integration->pending_slot < capacity->waiting_since)
            capacity->waiting_since = integration->pending_slot;
    }
    status_weigh_minutes(status);
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
    *status = (struct status){.probes = probes, .probe_count = probe_count};
    if (!status_read(options, status, err))
        return false;
    for (size_t i = 0; i < status->count; i++)
        status_judge_integration(status, &status->integrations[i]);
    if (options->budget_ms > 0 && options->org_id == NULL && options->integration_id == NULL)
        status_weigh(options, status);
    if (status->count > 1)
        qsort(status->integrations, status->count, sizeof *status->integrations, status_compare);
    if (status->count == 0)
        log_warning("there is no integration");
    return true;
}

void status_free(struct status *status)
{
    for (size_t i = 0; i < status->text_count; i++)
        free(status->texts[i]);
    free(status->integrations);
    free(status->texts);
    schedules_repeated_free(&status->repeated);
    zones_free(&status->zones);
    *status = (struct status){0};
}
