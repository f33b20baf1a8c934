#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/upcoming.h"
#include "time/instant.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEXT_HOUR_MS INT64_C(3600000)

enum { NEXT_BUDGET_MS = 50000, NEXT_HOURS = 24, NEXT_HOURS_MAX = 366 * 24 };

static const struct command_option next_options[] = {
    {"org", "ID", "only the schedules of this organisation"},
    {"integration", "ID", "only the schedules of this integration"},
    {"hours", "N", "how far to look ahead (default 24)"},
    {"json", NULL, "print a JSON array"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

/* 2026-11-24T01:00:00Z  Tue 02:00 +01:00  xledger   ORG INTEGRATION  0 2 * * * */
static void next_add_text(const struct coming_schedule *schedule, struct text *out)
{
    char utc[INSTANT_TEXT_SIZE];
    char local[INSTANT_TEXT_SIZE];
    const char *weekday = zone_format_local(&schedule->timetable.zone, schedule->slot, local);

    instant_format_minute(schedule->slot, utc);
    text_addf(out, "%s  %.3s %.5s %s  %-8s  %s  %s  ", utc, weekday, local + strlen("2026-11-24T"),
              local + strlen("2026-11-24T02:00:00"), schedule->integration_type, schedule->org_id,
              schedule->integration_id);
    text_add_clean(out, schedule->cron_schedule, strlen(schedule->cron_schedule), SIZE_MAX);
    text_add(out, "\n");
}

static void next_add_json(const struct coming_schedule *schedule, bool is_first, struct text *out)
{
    char utc[INSTANT_TEXT_SIZE];
    char local[INSTANT_TEXT_SIZE];
    json_t *object;
    char *json;

    instant_format_minute(schedule->slot, utc);
    zone_format_local(&schedule->timetable.zone, schedule->slot, local);
    object = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "orgId", schedule->org_id,
                       "integrationId", schedule->integration_id, "integrationType",
                       schedule->integration_type, "scheduledFor", utc, "localTime", local,
                       "schedule", schedule->cron_schedule, "timezone", schedule->timezone);
    json = json_dumps(object, JSON_COMPACT);
    text_add(out, is_first ? "[" : ",\n ");
    text_add(out, json);
    free(json);
    json_decref(object);
}

/* Prints slot after slot: there may be millions. */
static bool next_print(struct coming *coming, bool is_json, struct error *err)
{
    const struct coming_schedule *schedule;
    struct text out = {0};
    bool is_first = true;
    bool ok = true;

    for (; ok && (schedule = coming_first(coming)) != NULL; coming_advance(coming)) {
        text_clear(&out);
        if (is_json)
            next_add_json(schedule, is_first, &out);
        else
            next_add_text(schedule, &out);
        is_first = false;
        ok = fwrite(out.data, 1, out.length, stdout) == out.length;
    }
    text_free(&out);
    return command_write(!is_json ? "" : is_first ? "[]\n" : "]\n", err);
}

static int next_main(const struct command_line *line)
{
    struct coming_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + NEXT_BUDGET_MS,
    };
    struct coming coming = {0};
    struct error err = {0};
    int hours;
    bool is_json;
    bool ok = command_id(line, "org", &options.org_id, &err) &&
              command_id(line, "integration", &options.integration_id, &err) &&
              command_number(line, "hours", NEXT_HOURS, 1, NEXT_HOURS_MAX, &hours, &err) &&
              command_switch(line, "json", &is_json, &err);

    options.ahead_ms = ok ? hours * NEXT_HOUR_MS : 0;
    ok = ok && coming_read(&options, &coming, &err);
    if (ok && coming.matched == 0)
        log_warning("no schedule is enabled%s",
                    options.org_id != NULL || options.integration_id != NULL
                        ? " for what was asked for"
                        : "");
    ok = ok && next_print(&coming, is_json, &err);
    coming_free(&coming);
    return ok ? 0 : command_fail(&err);
}

const struct command command_next = {
    .name = "next",
    .summary = "List the coming slots of the schedules. Writes nothing.",
    .options = next_options,
    .run = next_main,
};
