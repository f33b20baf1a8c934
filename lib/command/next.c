#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/upcoming.h"
#include "time/instant.h"

#include <stdio.h>
#include <string.h>

#define NEXT_HOUR_MS INT64_C(3600000)

enum { NEXT_BUDGET_MS = 50000 };

/* The name of the day that a wall clock shows, 2026-11-24T02:00:00+01:00. */
static const char *next_weekday(const char *local)
{
    char as_utc[INSTANT_TEXT_SIZE];
    struct error err;
    int64_t us = 0;

    snprintf(as_utc, sizeof as_utc, "%.19sZ", local);
    instant_parse(as_utc, &us, &err);
    return civil_weekday_names[civil_from_minute(us / INSTANT_US_PER_MINUTE).weekday];
}

/* 2026-11-24T01:00:00Z  Tue 02:00 +01:00  xledger   ORG INTEGRATION  0 2 * * * */
static void next_add_text(json_t *slot, struct text *out)
{
    const char *utc;
    const char *local;
    const char *type;
    const char *org_id;
    const char *integration_id;
    const char *cron;

    json_unpack(slot, "{s:s, s:s, s:s, s:s, s:s, s:s}", "scheduledFor", &utc, "localTime", &local,
                "integrationType", &type, "orgId", &org_id, "integrationId", &integration_id,
                "schedule", &cron);
    text_addf(out, "%s  %.3s %.5s %s  %-8s  %s  %s  ", utc, next_weekday(local),
              local + strlen("2026-11-24T"), local + strlen("2026-11-24T02:00:00"), type, org_id,
              integration_id);
    text_add_clean(out, cron, strlen(cron), SIZE_MAX);
    text_add(out, "\n");
}

/* Prints slot after slot: there may be millions. */
static bool next_print(struct upcoming *upcoming, bool is_json, struct error *err)
{
    struct text out = {0};
    bool is_first = true;
    bool ok = true;
    json_t *slot;

    for (; ok && (slot = upcoming_first(upcoming)) != NULL; upcoming_advance(upcoming)) {
        text_clear(&out);
        if (is_json) {
            text_add(&out, is_first ? "[" : ",\n ");
            json_add_line(&out, json_incref(slot));
        } else {
            next_add_text(slot, &out);
        }
        is_first = false;
        ok = fwrite(out.data, 1, out.length, stdout) == out.length;
    }
    text_free(&out);
    return command_write(!is_json ? "" : is_first ? "[]\n" : "]\n", err);
}

int command_next(const struct command_line *line)
{
    struct upcoming_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + NEXT_BUDGET_MS,
        .ahead_ms = line->values[SETTING_HOURS].number * NEXT_HOUR_MS,
    };
    struct upcoming upcoming = {0};
    struct asked asked;
    struct error err = {0};
    bool ok = asked_read(line, options.deadline_ms, false, &asked, &err);

    options.org_id = asked.org_id;
    options.integration_id = asked.integration_id;
    ok = ok && upcoming_read(&options, &upcoming, &err);
    if (ok && upcoming.matched == 0)
        log_warning("no schedule is enabled%s",
                    options.org_id != NULL || options.integration_id != NULL
                        ? " for what was asked for"
                        : "");
    ok = ok && next_print(&upcoming, line->values[SETTING_JSON].is_given, &err);
    upcoming_free(&upcoming);
    asked_free(&asked);
    return ok ? 0 : command_fail(&err);
}
