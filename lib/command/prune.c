#include "store/prune.h"
#include "base/log.h"
#include "command/command.h"
#include "command/settings.h"
#include "time/instant.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

/* Time for the batches; the last one, and the count of what was kept, have some more. */
enum { PRUNE_BUDGET_MS = 50000, PRUNE_GRACE_MS = 10000 };

#define PRUNE_OLDER_THAN_MOST_MS (INT64_C(3660) * 24 * 3600 * 1000)

static const struct command_option prune_options[] = {
    {"older-than", "D", "delete runs of slots older than this, at least 2d"},
    {"dry-run", NULL, "count them only; write nothing"},
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

static bool prune_read_options(const struct command_line *line, struct prune_plan *plan,
                               bool *is_json, struct error *err)
{
    if (command_value(line, "older-than") == NULL) {
        error_set(err, ERROR_USAGE, "--older-than: it must be said how much history is kept");
        return error_hint(err, "such as: syncsched prune --older-than 90d");
    }
    if (!command_duration(line, "older-than", 0, 0, PRUNE_OLDER_THAN_MOST_MS, &plan->older_than_ms,
                          err) ||
        !command_switch(line, "dry-run", &plan->is_dry, err) ||
        !command_switch(line, "json", is_json, err))
        return false;
    if (plan->older_than_ms >= PRUNE_OLDER_THAN_LEAST_MS)
        return true;
    error_set(err, ERROR_USAGE, "--older-than: %.40s is too short",
              command_value(line, "older-than"));
    return error_hint(err, "at least 2d: what failed may be attempted again for a day");
}

/* deleted 1234 runs of slots before 2026-08-23T14:00:00Z, kept 3 */
static bool prune_print_text(const struct prune_plan *plan, const struct prune_result *result,
                             struct error *err)
{
    char cutoff[INSTANT_TEXT_SIZE];
    char kept[40] = "";
    char text[160];

    instant_format_minute(result->cutoff, cutoff);
    if (result->kept >= 0)
        snprintf(kept, sizeof kept, ", %s %" PRId64, plan->is_dry ? "keep" : "kept", result->kept);
    snprintf(text, sizeof text, "%s %" PRId64 " run%s of slots before %s%s",
             plan->is_dry ? "would delete" : "deleted", result->deleted,
             result->deleted == 1 ? "" : "s", cutoff, kept);
    return command_print(text, err);
}

/* {"deleted","kept","prunedBefore","complete"}; kept is null where it was not counted. */
static bool prune_print_json(const struct prune_result *result, struct error *err)
{
    char pruned_before[INSTANT_TEXT_SIZE];
    json_t *object;
    char *text;
    bool ok;

    instant_format_minute(result->pruned_before, pruned_before);
    object = json_pack("{s:I, s:o, s:s, s:b}", "deleted", (json_int_t)result->deleted, "kept",
                       result->kept >= 0 ? json_integer(result->kept) : json_null(), "prunedBefore",
                       pruned_before, "complete", (int)result->is_complete);
    text = json_dumps(object, JSON_COMPACT);
    ok = command_print(text, err);
    free(text);
    json_decref(object);
    return ok;
}

static int prune_main(const struct command_line *line)
{
    struct prune_plan plan = {.stop_at_ms = line->started_at_ms + PRUNE_BUDGET_MS,
                              .deadline_ms =
                                  line->started_at_ms + PRUNE_BUDGET_MS + PRUNE_GRACE_MS};
    struct database_address address = settings_database(line);
    struct prune_result result = {0};
    struct database *db = NULL;
    struct error err = {0};
    struct error unprinted;
    bool is_json = false;
    bool ok = prune_read_options(line, &plan, &is_json, &err) &&
              (db = database_open(&address, plan.stop_at_ms, &err)) != NULL &&
              prune_execute(db, &plan, &result, &err);

    database_close(db);
    /* What was deleted is told also when it broke off then. */
    if (result.has_begun &&
        !(is_json ? prune_print_json(&result, &unprinted)
                  : prune_print_text(&plan, &result, &unprinted)) &&
        ok) {
        err = unprinted;
        ok = false;
    }
    if (ok && !result.is_complete)
        log_warning("the time was up before everything was deleted; the next call goes on");
    return ok ? 0 : command_fail(&err);
}

const struct command command_prune = {
    .name = "prune",
    .summary = "Delete old runs from the log.",
    .options = prune_options,
    .run = prune_main,
};
