#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "tick/tick.h"
#include "time/instant.h"

#include <strings.h>

enum { DUE_BUDGET_MS = 50000 };

static bool due_is_asked_for(const struct asked *asked, const struct claim_key *key)
{
    return (asked->org_id == NULL || strcasecmp(asked->org_id, key->org_id) == 0) &&
           (asked->integration_id == NULL ||
            strcasecmp(asked->integration_id, key->integration_id) == 0);
}

/* Prints [{"orgId","integrationId","integrationType","scheduledFor"}], in key order. */
int command_due(const struct command_line *line)
{
    struct tick_options options = {
        .database = settings_database(line),
        .started_at_ms = line->started_at_ms,
        .policy = {.budget_ms = DUE_BUDGET_MS},
        .has_at = line->values[SETTING_AT].is_given,
        .at_us = line->values[SETTING_AT].number,
    };
    struct claim claim = {0};
    struct asked asked = {0};
    struct error err = {0};
    json_t *list = json_array();
    bool ok = asked_check_at(line, &err) &&
              asked_read(line, line->started_at_ms + DUE_BUDGET_MS, true, &asked, &err) &&
              tick_read_due(&options, &claim, &err);

    for (size_t i = 0; ok && i < claim.key_count; i++) {
        const struct claim_key *key = &claim.keys[i];
        char scheduled_for[INSTANT_TEXT_SIZE];

        if (!due_is_asked_for(&asked, key))
            continue;
        instant_format_minute(key->window_slot, scheduled_for);
        json_array_append_new(list,
                              json_pack("{s:s, s:s, s:s, s:s}", "orgId", key->org_id,
                                        "integrationId", key->integration_id, "integrationType",
                                        key->integration_type, "scheduledFor", scheduled_for));
    }
    ok = ok && command_print_json(json_incref(list), &err);
    json_decref(list);
    claim_free(&claim);
    asked_free(&asked);
    return ok ? 0 : command_fail(&err);
}
