#include "store/prune.h"
#include "base/log.h"
#include "base/text.h"
#include "command/command.h"
#include "command/settings.h"
#include "time/instant.h"

#include <inttypes.h>

/* Time for the batches; the last one, and the count of what was kept, have some more. */
enum { PRUNE_BUDGET_MS = 50000, PRUNE_GRACE_MS = 10000 };

_Static_assert(SETTING_OLDER_THAN_LEAST == PRUNE_OLDER_THAN_LEAST_MS, "as the store needs it");

/* What was deleted, as one value, from which JSON and text are both made. */
static bool prune_print(const struct prune_options *options, const struct prune_result *result,
                        bool is_json, struct error *err)
{
    json_t *kept = result->kept >= 0 ? json_integer(result->kept) : json_null();
    char pruned_before[INSTANT_TEXT_SIZE];
    char cutoff[INSTANT_TEXT_SIZE];
    struct text out = {0};
    json_t *value;
    int64_t deleted;
    bool is_dry;
    bool ok;

    instant_format_minute(result->pruned_before, pruned_before);
    instant_format_minute(result->cutoff, cutoff);
    value = json_pack("{s:I, s:o, s:s, s:s, s:b, s:b}", "deleted", (json_int_t)result->deleted,
                      "kept", kept, "prunedBefore", pruned_before, "slotsBefore", cutoff, "dryRun",
                      (int)options->is_dry, "complete", (int)result->is_complete);
    if (is_json)
        return command_print_json(value, err);
    is_dry = json_is_true(json_object_get(value, "dryRun"));
    deleted = json_integer_value(json_object_get(value, "deleted"));
    text_addf(&out, "%s %" PRId64 " run%s of slots before %s", is_dry ? "would delete" : "deleted",
              deleted, deleted == 1 ? "" : "s",
              json_string_value(json_object_get(value, "slotsBefore")));
    if (!json_is_null(kept))
        text_addf(&out, ", %s %" PRId64, is_dry ? "keep" : "kept",
                  (int64_t)json_integer_value(kept));
    json_decref(value);
    ok = command_print(out.data, err);
    text_free(&out);
    return ok;
}

int command_prune(const struct command_line *line)
{
    struct prune_options options = {.stop_at_ms = line->started_at_ms + PRUNE_BUDGET_MS,
                                    .deadline_ms =
                                        line->started_at_ms + PRUNE_BUDGET_MS + PRUNE_GRACE_MS,
                                    .older_than_ms = line->values[SETTING_OLDER_THAN].number,
                                    .is_dry = line->values[SETTING_DRY_RUN].is_given};
    struct database_address address = settings_database(line);
    struct prune_result result = {0};
    struct database *db = NULL;
    struct error err = {0};
    struct error unprinted;
    bool is_json = line->values[SETTING_JSON].is_given;
    bool ok = (db = database_open(&address, options.stop_at_ms, &err)) != NULL &&
              prune_execute(db, &options, &result, &err);

    database_close(db);
    /* What was deleted is printed also when it broke off then. */
    if (result.has_begun && !prune_print(&options, &result, is_json, &unprinted) && ok) {
        err = unprinted;
        ok = false;
    }
    if (ok && !result.is_complete)
        log_warning("the time was up before everything was deleted; the next call goes on");
    return ok ? 0 : command_fail(&err);
}
