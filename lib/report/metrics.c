#include "report/metrics.h"

#include "report/status.h"
#include "time/instant.h"

#include <inttypes.h>
#include <string.h>

/* An integration with its tree, in which the times of its runs are. */
struct metrics_source {
    const struct status_integration *integration;
    const json_t *tree;
};

/* ---- Samples ---- */

/* A text of any bytes as the value of a label. */
static void metrics_add_label(struct text *out, const char *name, const char *value)
{
    struct text clean = {0};

    text_addf(out, "%s%s=\"", out->data[out->length - 1] == '{' ? "" : ",", name);
    text_add_clean(&clean, value != NULL ? value : "", value != NULL ? strlen(value) : 0, SIZE_MAX);
    for (const char *at = text_string(&clean); *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            text_add(out, "\\");
        text_append(out, at, 1);
    }
    text_add(out, "\"");
    text_free(&clean);
}

static void metrics_add_family(struct text *out, const char *name, const char *unit,
                               const char *help)
{
    text_addf(out, "# TYPE syncsched_%s gauge\n", name);
    if (unit != NULL)
        text_addf(out, "# UNIT syncsched_%s %s\n", name, unit);
    text_addf(out, "# HELP syncsched_%s %s\n", name, help);
}

/* Milliseconds as seconds. */
static void metrics_add_seconds(struct text *out, int64_t ms)
{
    int64_t second = instant_divide_down(ms, 1000);

    text_addf(out, " %" PRId64 ".%03d\n", second, (int)(ms - second * 1000));
}

/* ---- Each integration ---- */

static int64_t metrics_time(const json_t *run, const char *key)
{
    const char *text = json_string_value(json_object_get(run, key));
    struct error err;
    int64_t us;

    return text != NULL && instant_parse(text, &us, &err) ? us / 1000 : INT64_MIN;
}

/* The last completed run of those that are known; NULL: none of them is. */
static const json_t *metrics_last_completed(const struct metrics_source *source)
{
    size_t i;
    json_t *run;

    json_array_foreach(json_object_get(source->tree, "runs"), i, run)
    {
        if (strcmp(json_string_value(json_object_get(run, "status")), "completed") == 0)
            return run;
    }
    return NULL;
}

static int64_t metrics_last_success(const struct metrics_source *source)
{
    return source->integration->last_success_at_ms;
}

static int64_t metrics_last_duration(const struct metrics_source *source)
{
    const json_t *run = metrics_last_completed(source);
    int64_t started = metrics_time(run, "startedAt");
    int64_t ended = metrics_time(run, "completedAt");

    return started != INT64_MIN && ended != INT64_MIN ? ended - started : INT64_MIN;
}

static int64_t metrics_last_records(const struct metrics_source *source)
{
    const json_t *records = json_object_get(metrics_last_completed(source), "recordsExported");

    return json_is_integer(records) ? json_integer_value(records) : INT64_MIN;
}

static int64_t metrics_condition(const struct metrics_source *source)
{
    static const int64_t numbers[CONDITION_STATES] = {[CONDITION_HEALTHY] = 0,
                                                      [CONDITION_DEGRADED] = 1,
                                                      [CONDITION_UNHEALTHY] = 2,
                                                      [CONDITION_DISABLED] = INT64_MIN};

    return numbers[source->integration->condition.state];
}

static int64_t metrics_open(const struct metrics_source *source)
{
    size_t i;
    json_t *run;

    json_array_foreach(json_object_get(source->tree, "runs"), i, run)
    {
        const char *status = json_string_value(json_object_get(run, "status"));

        if (strcmp(status, "pending") == 0 || strcmp(status, "running") == 0)
            return 1;
    }
    return source->integration->pending_slot != INT64_MIN ||
           source->integration->accepted_since_ms != INT64_MIN;
}

static int64_t metrics_unknown(const struct metrics_source *source)
{
    return source->integration->facts.log.unknown.count;
}

static int64_t metrics_failed(const struct metrics_source *source)
{
    return source->integration->facts.log.in_row.count;
}

static int64_t metrics_next(const struct metrics_source *source)
{
    int64_t minute = source->integration->next_slot;

    return minute != INT64_MIN ? minute * 60000 : INT64_MIN;
}

/* A value of INT64_MIN: the integration has no such sample. Those in seconds are milliseconds. */
static const struct metrics_family {
    const char *name;
    const char *unit;
    const char *help;
    int64_t (*value)(const struct metrics_source *source);
} metrics_families[] = {
    {"integration_condition", NULL, "0: healthy, 1: degraded, 2: unhealthy.", metrics_condition},
    {"integration_last_success_timestamp_seconds", "seconds",
     "When the last slot that was exported was completed.", metrics_last_success},
    {"integration_last_duration_seconds", "seconds",
     "How long the call of the last completed run took, in whole seconds.", metrics_last_duration},
    {"integration_last_records", NULL, "How many records the last completed run exported.",
     metrics_last_records},
    {"integration_next_slot_timestamp_seconds", "seconds", "When the next slot is due.",
     metrics_next},
    {"integration_failed_slots", NULL, "Slots that failed since the last success, at most 100.",
     metrics_failed},
    {"integration_unknown_slots", NULL,
     "Slots with an unknown outcome that nobody has settled: of 7 days, or since the last success; "
     "at most 100.",
     metrics_unknown},
    {"integration_open_runs", NULL, "Whether a run is pending or running.", metrics_open},
};

enum { METRICS_FAMILIES = sizeof metrics_families / sizeof *metrics_families };

static void metrics_add_sample(const struct metrics_family *family,
                               const struct metrics_source *source, struct text *out)
{
    const struct schedule *schedule = &source->integration->schedule;
    int64_t value = family->value(source);

    if (value == INT64_MIN)
        return;
    text_addf(out, "syncsched_%s{", family->name);
    metrics_add_label(out, "org_id", schedule->org_id);
    metrics_add_label(out, "organization", source->integration->organization);
    metrics_add_label(out, "integration_id", schedule->integration_id);
    metrics_add_label(out, "integration_type", schedule->integration_type);
    text_add(out, "}");
    if (family->unit != NULL)
        metrics_add_seconds(out, value);
    else
        text_addf(out, " %" PRId64 "\n", value);
}

/* The samples of a family come together; each integration has one tree for all of them. */
static int64_t metrics_add_integrations(const struct status *status, struct text *out)
{
    struct text families[METRICS_FAMILIES] = {{0}};
    int64_t set_aside = 0;

    for (size_t i = 0; i < METRICS_FAMILIES; i++)
        metrics_add_family(&families[i], metrics_families[i].name, metrics_families[i].unit,
                           metrics_families[i].help);
    for (size_t n = 0; n < status->count; n++) {
        json_t *tree = status_integration_tree(status, n, STATUS_LIST);
        struct metrics_source source = {&status->integrations[n], tree};
        bool is_set_aside = source.integration->schedule.set_aside != NULL;

        for (size_t i = 0; i < METRICS_FAMILIES && !is_set_aside; i++)
            metrics_add_sample(&metrics_families[i], &source, &families[i]);
        set_aside += is_set_aside ? 1 : 0;
        json_decref(tree);
    }
    for (size_t i = 0; i < METRICS_FAMILIES; i++) {
        text_add(out, text_string(&families[i]));
        text_free(&families[i]);
    }
    return set_aside;
}

/* ---- The whole ---- */

static void metrics_add_triggers(const json_t *head, struct text *out)
{
    size_t i;
    json_t *trigger;

    metrics_add_family(out, "trigger_last_tick_timestamp_seconds", "seconds",
                       "When the trigger ticked last.");
    json_array_foreach(json_object_get(head, "triggers"), i, trigger)
    {
        if (json_is_true(json_object_get(trigger, "fromFuture")))
            continue; /* no sign of life */
        text_add(out, "syncsched_trigger_last_tick_timestamp_seconds{");
        metrics_add_label(out, "trigger_name", json_string_value(json_object_get(trigger, "name")));
        metrics_add_label(out, "host", json_string_value(json_object_get(trigger, "host")));
        text_add(out, "}");
        metrics_add_seconds(out, metrics_time(trigger, "lastTickAt"));
    }
}

static void metrics_add_pending(const struct status *status, struct text *out)
{
    int64_t oldest = INT64_MAX;
    int64_t count = 0;

    for (size_t i = 0; i < status->count; i++) {
        int64_t slot = status->integrations[i].pending_slot;

        if (slot == INT64_MIN)
            continue;
        count++;
        oldest = slot < oldest ? slot : oldest;
    }
    metrics_add_family(out, "pending_runs", NULL, "Runs that wait to begin.");
    text_addf(out, "syncsched_pending_runs %" PRId64 "\n", count);
    metrics_add_family(out, "oldest_pending_slot_timestamp_seconds", "seconds",
                       "The oldest slot whose run waits to begin.");
    if (count > 0) {
        text_add(out, "syncsched_oldest_pending_slot_timestamp_seconds");
        metrics_add_seconds(out, oldest * 60000);
    }
}

void metrics_add(const struct status *status, struct text *out)
{
    json_t *head = status_head_tree(status);
    int64_t set_aside;

    metrics_add_family(out, "build_info", NULL, "The version of the program.");
    text_add(out, "syncsched_build_info{version=\"" SYNCSCHED_VERSION "\"} 1\n");
    metrics_add_family(out, "read_timestamp_seconds", "seconds",
                       "When this was read, by the database's clock.");
    text_add(out, "syncsched_read_timestamp_seconds");
    metrics_add_seconds(out, status->now_us / 1000);
    metrics_add_family(out, "ticking", NULL, "Whether any trigger has ticked within 3 minutes.");
    text_addf(out, "syncsched_ticking %d\n", status->is_ticking ? 1 : 0);
    metrics_add_triggers(head, out);
    metrics_add_pending(status, out);
    set_aside = metrics_add_integrations(status, out);
    metrics_add_family(out, "set_aside_integrations", NULL,
                       "Integrations without samples: their ids are NULL, or those of other rows.");
    text_addf(out, "syncsched_set_aside_integrations %" PRId64 "\n# EOF\n", set_aside);
    json_decref(head);
}
