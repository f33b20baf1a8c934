#include "report/overview_json.h"

#include "base/text.h"

#include <string.h>

/* ---- Values ---- */

/* JSON escapes what a terminal would obey; only what is no UTF-8 must be replaced. */
json_t *overview_json_text(const char *text)
{
    struct text clean = {0};
    json_t *string;

    if (text == NULL)
        return json_null();
    string = json_string(text);
    if (string == NULL) {
        text_add_clean(&clean, text, strlen(text), SIZE_MAX);
        string = json_string(text_string(&clean));
        text_free(&clean);
    }
    return string;
}

json_t *overview_json_minute(int64_t minute)
{
    char text[INSTANT_TEXT_SIZE];

    if (minute == INT64_MIN)
        return json_null();
    instant_format_minute(minute, text);
    return json_string(text);
}

json_t *overview_json_instant(int64_t instant_ms)
{
    char text[INSTANT_TEXT_SIZE];

    if (instant_ms == INT64_MIN)
        return json_null();
    instant_format_second(instant_ms, text);
    return json_string(text);
}

/* ---- The head ---- */

json_t *overview_json(const struct overview *overview)
{
    json_t *triggers = json_array();

    for (size_t i = 0; i < overview->trigger_count; i++) {
        const struct overview_trigger *trigger = &overview->triggers[i];

        json_array_append_new(triggers, json_pack("{s:o, s:o, s:o, s:b}", "name",
                                                  overview_json_text(trigger->name), "host",
                                                  overview_json_text(trigger->host), "lastTickAt",
                                                  overview_json_instant(trigger->last_tick_at_ms),
                                                  "silent", (int)trigger->is_silent));
    }
    return json_pack("{s:o, s:b, s:o, s:[]}", "now", overview_json_instant(overview->now_us / 1000),
                     "ticking", (int)overview->is_ticking, "triggers", triggers, "integrations");
}

/* ---- An integration ---- */

static json_t *overview_json_reasons(const struct overview_integration *integration)
{
    const struct condition *condition = &integration->condition;
    json_t *reasons = json_array();

    for (size_t i = 0; i < condition->count; i++) {
        const struct condition_finding *finding = &condition->findings[i];
        struct text words = {0};

        condition_explain(&integration->facts, finding, &words);
        json_array_append_new(reasons, json_pack("{s:s, s:s, s:o, s:o, s:I, s:o}", "reason",
                                                 condition_reason_name(finding->reason),
                                                 "condition", condition_state_name(finding->state),
                                                 "since", overview_json_minute(finding->since),
                                                 "last", overview_json_minute(finding->last),
                                                 "slots", (json_int_t)finding->slots, "text",
                                                 overview_json_text(words.data)));
        text_free(&words);
    }
    return reasons;
}

json_t *overview_json_integration(const struct overview_integration *integration)
{
    return json_pack("{s:s, s:o, s:s, s:o, s:s, s:o, s:o, s:o}", "orgId", integration->org_id,
                     "organization", overview_json_text(integration->organization), "integrationId",
                     integration->integration_id, "integrationType",
                     overview_json_text(integration->integration_type), "condition",
                     condition_state_name(integration->condition.state), "since",
                     overview_json_minute(integration->condition.since), "reasons",
                     overview_json_reasons(integration), "lastSuccessAt",
                     overview_json_instant(integration->last_success_at_ms));
}
