#include "report/doctor.h"

#include "base/json.h"

#include <string.h>

enum {
    DOCTOR_STATE_COLUMNS = 10, /* the state's word, and a blank */
    DOCTOR_CHECK_COLUMNS = 13, /* the check's */
    DOCTOR_INDENT = DOCTOR_STATE_COLUMNS + DOCTOR_CHECK_COLUMNS,
    DOCTOR_MESSAGE_LEAST = 30, /* on a narrow terminal the message still has so much room */
};

/* The message is broken between words so that it fits; the hint never is: it is to be pasted. */
static void doctor_add_finding(const json_t *finding, const struct terminal *terminal,
                               struct text *out)
{
    static const struct {
        const char *word; /* for a person */
        enum terminal_colour colour;
    } states[] = {
        [FINDING_OK] = {"ok", TERMINAL_GOOD},
        [FINDING_WARNING] = {"warning", TERMINAL_WARN},
        [FINDING_FAIL] = {"FAIL", TERMINAL_BAD},
        [FINDING_UNASKED] = {"not asked", TERMINAL_PLAIN},
    };
    enum finding_state state = finding_state_parse(finding_text(finding, "state"));
    const char *hint = finding_text(finding, "hint");
    size_t room = terminal->columns > DOCTOR_INDENT + DOCTOR_MESSAGE_LEAST
                      ? terminal->columns - DOCTOR_INDENT
                      : DOCTOR_MESSAGE_LEAST;
    struct text message = {0};

    terminal_paint(terminal, out, states[state].colour, states[state].word);
    text_addf(out, "%*s%-*s", DOCTOR_STATE_COLUMNS - (int)strlen(states[state].word), "",
              DOCTOR_CHECK_COLUMNS, finding_text(finding, "check"));
    terminal_add_clean(&message, finding_text(finding, "message"));
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

void doctor_report(const json_t *findings, bool is_json, const struct terminal *terminal,
                   struct text *out)
{
    size_t failed = findings_count(findings, NULL, FINDING_FAIL);
    size_t warned = findings_count(findings, NULL, FINDING_WARNING);

    if (is_json) {
        json_add_line(out, json_pack("{s:b, s:O}", "ready", failed == 0, "findings", findings));
        text_add(out, "\n");
        return;
    }
    for (size_t i = 0; i < json_array_size(findings); i++)
        doctor_add_finding(json_array_get(findings, i), terminal, out);
    text_add(out, "\n");
    terminal_paint(terminal, out, failed > 0 ? TERMINAL_BAD : TERMINAL_GOOD,
                   failed > 0 ? "a tick would not work" : "a tick would work");
    text_addf(out, ": %zu failed, %zu warning%s\n", failed, warned, warned == 1 ? "" : "s");
}
