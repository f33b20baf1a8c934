#include "report/doctor.h"

#include "base/json.h"

#include <string.h>

enum {
    DOCTOR_STATE_COLUMNS = 10, /* the state's word, and a blank */
    DOCTOR_CHECK_COLUMNS = 13, /* the check's */
    DOCTOR_INDENT = DOCTOR_STATE_COLUMNS + DOCTOR_CHECK_COLUMNS,
    DOCTOR_MESSAGE_LEAST = 30, /* on a narrow terminal the message still has so much room */
};

/* How a state is written for a person. */
static const struct {
    const char *name;
    const char *word;
    enum terminal_colour colour;
} doctor_states[] = {
    {"ok", "ok", TERMINAL_GOOD},
    {"warning", "warning", TERMINAL_WARN},
    {"fail", "FAIL", TERMINAL_BAD},
    {"not_asked", "not asked", TERMINAL_PLAIN},
};

static json_t *doctor_value(const struct findings *findings)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:s?}", "check", finding->check,
                                              "state", finding_state_name(finding->state),
                                              "message", finding->message, "hint", finding->hint));
    }
    return json_pack("{s:b, s:o}", "ready", findings_count(findings, NULL, FINDING_FAIL) == 0,
                     "findings", list);
}

/* ---- Text ---- */

/* The message is broken between words so that it fits; the hint never is: it is to be pasted. */
static void doctor_add_finding(const json_t *finding, const struct terminal *terminal,
                               struct text *out)
{
    const char *state = json_string_value(json_object_get(finding, "state"));
    const char *check = json_string_value(json_object_get(finding, "check"));
    const char *hint = json_string_value(json_object_get(finding, "hint"));
    size_t room = terminal->columns > DOCTOR_INDENT + DOCTOR_MESSAGE_LEAST
                      ? terminal->columns - DOCTOR_INDENT
                      : DOCTOR_MESSAGE_LEAST;
    struct text message = {0};
    size_t s = 0;

    while (strcmp(doctor_states[s].name, state) != 0)
        s++;
    terminal_paint(terminal, out, doctor_states[s].colour, doctor_states[s].word);
    text_addf(out, "%*s%-*s", DOCTOR_STATE_COLUMNS - (int)strlen(doctor_states[s].word), "",
              DOCTOR_CHECK_COLUMNS, check);
    terminal_add_clean(&message, json_string_value(json_object_get(finding, "message")));
    for (const char *line = text_string(&message); *line != '\0';) {
        size_t length = terminal_break(line, room);

        text_addf(out, "%*s", line > message.data ? DOCTOR_INDENT : 0, "");
        text_append(out, line, length);
        text_add(out, "\n");
        line += length;
        line += strspn(line, " ");
    }
    if (hint != NULL) {
        text_addf(out, "%*s", DOCTOR_STATE_COLUMNS, "");
        terminal_add_clean(out, hint);
        text_add(out, "\n");
    }
    text_free(&message);
}

static size_t doctor_count(const json_t *findings, const char *state)
{
    size_t count = 0;

    for (size_t i = 0; i < json_array_size(findings); i++) {
        const json_t *finding = json_array_get(findings, i);

        count += strcmp(json_string_value(json_object_get(finding, "state")), state) == 0 ? 1 : 0;
    }
    return count;
}

static void doctor_add_text(const json_t *value, const struct terminal *terminal, struct text *out)
{
    const json_t *findings = json_object_get(value, "findings");
    bool is_ready = json_is_true(json_object_get(value, "ready"));
    size_t warnings = doctor_count(findings, "warning");

    for (size_t i = 0; i < json_array_size(findings); i++)
        doctor_add_finding(json_array_get(findings, i), terminal, out);
    text_add(out, "\n");
    terminal_paint(terminal, out, is_ready ? TERMINAL_GOOD : TERMINAL_BAD,
                   is_ready ? "a tick would work" : "a tick would not work");
    text_addf(out, ": %zu failed, %zu warning%s\n", doctor_count(findings, "fail"), warnings,
              warnings == 1 ? "" : "s");
}

void doctor_report(const struct findings *findings, bool is_json, const struct terminal *terminal,
                   struct text *out)
{
    json_t *value = doctor_value(findings);

    if (is_json) {
        json_add_line(out, value);
        text_add(out, "\n");
        return;
    }
    doctor_add_text(value, terminal, out);
    json_decref(value);
}
