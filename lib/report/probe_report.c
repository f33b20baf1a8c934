#include "report/probe_report.h"

#include "time/instant.h"

static const struct {
    const char *word;
    enum terminal_colour colour;
} probe_words[] = {
    [PROBE_IS_REACHABLE] = {"reachable", TERMINAL_GOOD},
    [PROBE_IS_UNREACHABLE] = {"unreachable", TERMINAL_WARN},
    [PROBE_IS_WAITING] = {"waiting", TERMINAL_PLAIN},
    [PROBE_IS_THROTTLED] = {"passive", TERMINAL_PLAIN},
    [PROBE_IS_PASSIVE] = {"passive", TERMINAL_PLAIN},
    [PROBE_IS_NOT_CONFIGURED] = {"not configured", TERMINAL_PLAIN},
    [PROBE_IS_UNKNOWN] = {"unknown", TERMINAL_WARN},
};

const char *probe_report_word(enum probe_condition condition)
{
    return probe_words[condition].word;
}

enum terminal_colour probe_report_colour(enum probe_condition condition)
{
    return probe_words[condition].colour;
}

/* ---- For a person ---- */

static void probe_report_add_time(const char *before, int64_t instant_us, struct text *out)
{
    char time[INSTANT_TEXT_SIZE];

    instant_format_second(instant_us / 1000, time);
    text_addf(out, "%s%s", before, time);
}

static void probe_report_add_result(const struct probe_finding *finding, struct text *out)
{
    probe_report_add_time(" since ", finding->since_us, out);
    text_addf(out, ", last %s", finding->code);
    probe_report_add_time(" at ", finding->probed_at_us, out);
    probe_report_add_time("; next probe from ", finding->until_us, out);
}

void probe_report_add(const struct probe_finding *finding, const struct terminal *terminal,
                      struct text *out)
{
    text_addf(out, "%s: ", finding->integration_type);
    terminal_paint(terminal, out, probe_report_colour(finding->condition),
                   probe_report_word(finding->condition));
    switch (finding->condition) {
    case PROBE_IS_REACHABLE:
    case PROBE_IS_UNREACHABLE:
        probe_report_add_result(finding, out);
        break;
    case PROBE_IS_WAITING:
        probe_report_add_time(" until ", finding->until_us, out);
        text_add(out, ": no probe has told anything yet");
        break;
    case PROBE_IS_THROTTLED:
        probe_report_add_time(" until ", finding->until_us, out);
        text_addf(out, ": it answered %s", finding->code);
        break;
    case PROBE_IS_PASSIVE:
        text_add(out, ": SYNCSCHED_HEALTH_PASSIVE says so");
        break;
    case PROBE_IS_NOT_CONFIGURED:
        text_add(out, ": it has no SYNCSCHED_HEALTH_URL");
        break;
    case PROBE_IS_UNKNOWN:
        text_add(out, ": the state of its probes could not be read");
        break;
    }
    text_add(out, "\n");
}

/* ---- For a program ---- */

static json_t *probe_report_json_time(int64_t instant_us)
{
    char time[INSTANT_TEXT_SIZE];

    if (instant_us == 0)
        return json_null();
    instant_format_second(instant_us / 1000, time);
    return json_string(time);
}

json_t *probe_report_json(const struct probe_finding *finding)
{
    return json_pack("{s:s, s:s, s:o, s:b, s:o, s:o, s:o}", "integrationType",
                     finding->integration_type, "probe", probe_condition_name(finding->condition),
                     "code", *finding->code != '\0' ? json_string(finding->code) : json_null(),
                     "probedNow", (int)finding->is_fresh, "probedAt",
                     probe_report_json_time(finding->probed_at_us), "since",
                     probe_report_json_time(finding->since_us), "nextProbeAt",
                     probe_report_json_time(finding->until_us));
}
