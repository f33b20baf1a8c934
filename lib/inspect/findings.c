#include "inspect/findings.h"

#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

static const char *const finding_states[] = {"ok", "warning", "fail", "not_asked"};

enum finding_state finding_state_parse(const char *name)
{
    enum finding_state state = FINDING_OK;

    while (state < FINDING_UNASKED && strcmp(finding_states[state], name) != 0)
        state++;
    return state;
}

/* Sets a member of the last one. */
__attribute__((format(printf, 3, 0))) static void
findings_set(json_t *findings, const char *member, const char *format, va_list arguments)
{
    json_t *last = json_array_get(findings, json_array_size(findings) - 1);
    struct text raw = {0};
    struct text clean = {0};

    text_addv(&raw, format, arguments);
    text_add_clean(&clean, text_string(&raw), raw.length, SIZE_MAX);
    json_object_set_new(last, member, json_string(text_string(&clean)));
    text_free(&raw);
    text_free(&clean);
}

void findings_add(json_t *findings, const char *check, enum finding_state state, const char *hint,
                  const char *format, ...)
{
    json_t *finding = json_pack("{s:s, s:s, s:n, s:n}", "check", check, "state",
                                finding_states[state], "message", "hint");
    va_list arguments;

    json_array_append_new(findings, finding);
    va_start(arguments, format);
    findings_set(findings, "message", format, arguments);
    va_end(arguments);
    if (hint != NULL)
        findings_hint(findings, "%s", hint);
}

void findings_hint(json_t *findings, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    findings_set(findings, "hint", format, arguments);
    va_end(arguments);
}

void findings_add_error(json_t *findings, const char *check, enum finding_state state,
                        const struct error *err, const char *hint)
{
    findings_add(findings, check, state, *err->hint != '\0' ? err->hint : hint, "%s", err->message);
}

const char *finding_text(const json_t *finding, const char *member)
{
    return json_string_value(json_object_get(finding, member));
}

size_t findings_count(const json_t *findings, const char *check, enum finding_state state)
{
    size_t count = 0;
    json_t *finding;
    size_t i;

    json_array_foreach(findings, i, finding)
    {
        if ((check == NULL || strcmp(finding_text(finding, "check"), check) == 0) &&
            strcmp(finding_text(finding, "state"), finding_states[state]) == 0)
            count++;
    }
    return count;
}
