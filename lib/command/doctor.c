#include "inspect/doctor.h"

#include "base/secret.h"
#include "command/command.h"
#include "command/doctor_settings.h"
#include "command/settings.h"
#include "report/terminal.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DOCTOR_READ_MS = 20000,
    DOCTOR_STATE_COLUMNS = 10, /* the state's word, and a blank */
    DOCTOR_CHECK_COLUMNS = 13, /* the check's */
    DOCTOR_INDENT = DOCTOR_STATE_COLUMNS + DOCTOR_CHECK_COLUMNS,
    DOCTOR_MESSAGE_LEAST = 30, /* on a narrow terminal the message still has so much room */
};

static const struct command_option doctor_options[] = {
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

/* How a state is written for a person, and for a program. */
static const struct {
    const char *word;
    const char *json;
    enum terminal_colour colour;
} doctor_states[] = {
    [FINDING_OK] = {"ok", "ok", TERMINAL_GOOD},
    [FINDING_WARNING] = {"warning", "warning", TERMINAL_WARN},
    [FINDING_FAIL] = {"FAIL", "fail", TERMINAL_BAD},
    [FINDING_UNASKED] = {"not asked", "not_asked", TERMINAL_PLAIN},
};

/* ---- Text ---- */

static void doctor_add_blanks(struct text *out, size_t from, size_t to)
{
    for (; from < to; from++)
        text_add(out, " ");
}

/* Adds a clean message, broken between words so that it fits; a longer word stands out. */
static void doctor_add_wrapped(const struct terminal *terminal, struct text *out,
                               const char *message)
{
    size_t room = terminal->columns > DOCTOR_INDENT + DOCTOR_MESSAGE_LEAST
                      ? terminal->columns - DOCTOR_INDENT
                      : DOCTOR_MESSAGE_LEAST;
    size_t used = 0;
    struct text word = {0};

    while (*message != '\0') {
        size_t length = strcspn(message, " ");
        size_t width;

        text_clear(&word);
        text_append(&word, message, length);
        width = terminal_width(text_string(&word));
        if (used > 0 && used + 1 + width > room) {
            text_add(out, "\n");
            doctor_add_blanks(out, 0, DOCTOR_INDENT);
            used = 0;
        }
        text_add(out, used > 0 ? " " : "");
        text_add(out, text_string(&word));
        used += width + (used > 0 ? 1 : 0);
        message += length;
        message += strspn(message, " ");
    }
    text_free(&word);
}

/* The hint is never broken: it is to be pasted. */
static void doctor_add_finding(const struct terminal *terminal, const struct finding *finding,
                               struct text *out)
{
    const char *word = doctor_states[finding->state].word;
    struct text message = {0};

    terminal_add_clean(&message, finding->message);
    terminal_paint(terminal, out, doctor_states[finding->state].colour, word);
    doctor_add_blanks(out, strlen(word), DOCTOR_STATE_COLUMNS);
    text_add(out, finding->check);
    doctor_add_blanks(out, strlen(finding->check), DOCTOR_CHECK_COLUMNS);
    doctor_add_wrapped(terminal, out, text_string(&message));
    text_add(out, "\n");
    if (finding->hint != NULL) {
        doctor_add_blanks(out, 0, DOCTOR_STATE_COLUMNS);
        terminal_add_clean(out, finding->hint);
        text_add(out, "\n");
    }
    text_free(&message);
}

static void doctor_add_text(const struct findings *findings, struct text *out)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO);
    size_t failed = findings_count(findings, NULL, FINDING_FAIL);
    size_t warned = findings_count(findings, NULL, FINDING_WARNING);

    for (size_t i = 0; i < findings->count; i++)
        doctor_add_finding(&terminal, &findings->list[i], out);
    text_add(out, "\n");
    terminal_paint(&terminal, out, failed > 0 ? TERMINAL_BAD : TERMINAL_GOOD,
                   failed > 0 ? "a tick would not work" : "a tick would work");
    text_addf(out, ": %zu failed, %zu warning%s\n", failed, warned, warned == 1 ? "" : "s");
}

/* ---- JSON ---- */

/* Any bytes as a string of JSON. */
static json_t *doctor_string(const char *string)
{
    struct text clean = {0};
    json_t *value;

    if (string == NULL)
        return json_null();
    text_add_clean(&clean, string, strlen(string), SIZE_MAX);
    value = json_string(text_string(&clean));
    text_free(&clean);
    return value;
}

static void doctor_add_json(const struct findings *findings, struct text *out)
{
    json_t *list = json_array();
    json_t *object;
    char *json;

    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->list[i];

        json_array_append_new(list, json_pack("{s:s, s:s, s:o, s:o}", "check", finding->check,
                                              "state", doctor_states[finding->state].json,
                                              "message", doctor_string(finding->message), "hint",
                                              doctor_string(finding->hint)));
    }
    object = json_pack("{s:b, s:o}", "ready", findings_count(findings, NULL, FINDING_FAIL) == 0,
                       "findings", list);
    json = json_dumps(object, JSON_COMPACT);
    text_add(out, json);
    text_add(out, "\n");
    free(json);
    json_decref(object);
}

/* ---- The command ---- */

/* Settings that are wrong become findings, and the rest is examined without them. */
static void doctor_examine_all(const struct command_line *line, struct findings *findings)
{
    struct doctor_question question = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + DOCTOR_READ_MS,
    };
    struct text tick = {0};
    struct text migrate = {0};
    char *key = NULL;
    char *url = NULL;

    doctor_judge_settings(line, &question.wants_retries, findings);
    doctor_add_tick(line, &tick);
    doctor_add_migrate(line, &migrate);
    question.tick = text_string(&tick);
    question.migrate = text_string(&migrate);
    if (settings_key(&line->config, &key, &question.key_error))
        question.key = key;
    if (!settings_function_address(&line->config, &question.function, &url,
                                   &question.address_error))
        question.function.url = NULL;
    doctor_examine(&question, findings);
    secret_free(key);
    free(url);
    text_free(&tick);
    text_free(&migrate);
}

static int doctor_main(const struct command_line *line)
{
    struct findings findings = {0};
    struct text out = {0};
    struct error err = {0};
    bool is_json;
    bool ok = command_switch(line, "json", &is_json, &err);
    bool is_ready;

    if (ok) {
        doctor_examine_all(line, &findings);
        if (is_json)
            doctor_add_json(&findings, &out);
        else
            doctor_add_text(&findings, &out);
        ok = command_write(out.data, &err);
    }
    is_ready = findings_count(&findings, NULL, FINDING_FAIL) == 0;
    text_free(&out);
    findings_free(&findings);
    return !ok ? command_fail(&err) : is_ready ? 0 : 1;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "Check what a tick needs, and say what to do. Writes nothing.",
    .options = doctor_options,
    .judges_config = true,
    .run = doctor_main,
};
