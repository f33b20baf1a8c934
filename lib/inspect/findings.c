#include "inspect/findings.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const finding_states[] = {"ok", "warning", "fail", "not_asked"};

const char *finding_state_name(enum finding_state state)
{
    return finding_states[state];
}

enum finding_state finding_state_parse(const char *name)
{
    enum finding_state state = FINDING_OK;

    while (state < FINDING_UNASKED && strcmp(finding_states[state], name) != 0)
        state++;
    return state;
}

__attribute__((format(printf, 1, 0))) static char *findings_format(const char *format,
                                                                   va_list arguments)
{
    struct text clean = {0};
    va_list again;
    int length;
    char *raw;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    raw = memory_allocate(length > 0 ? (size_t)length + 1 : 1, 1);
    if (length > 0)
        vsnprintf(raw, (size_t)length + 1, format, arguments);
    text_add_clean(&clean, raw, strlen(raw), SIZE_MAX);
    free(raw);
    return clean.data != NULL ? clean.data : memory_copy_text("");
}

void findings_add(struct findings *findings, const char *check, enum finding_state state,
                  const char *format, ...)
{
    va_list arguments;

    findings->list =
        memory_grow(findings->list, findings->count, &findings->capacity, sizeof *findings->list);
    va_start(arguments, format);
    findings->list[findings->count++] = (struct finding){
        .check = check, .state = state, .message = findings_format(format, arguments)};
    va_end(arguments);
}

void findings_hint(struct findings *findings, const char *format, ...)
{
    struct finding *last = &findings->list[findings->count - 1];
    va_list arguments;

    free(last->hint);
    va_start(arguments, format);
    last->hint = findings_format(format, arguments);
    va_end(arguments);
}

void findings_add_error(struct findings *findings, const char *check, enum finding_state state,
                        const struct error *err, const char *hint)
{
    findings_add(findings, check, state, "%s", err->message);
    if (*err->hint != '\0')
        findings_hint(findings, "%s", err->hint);
    else if (hint != NULL)
        findings_hint(findings, "%s", hint);
}

void findings_copy(struct findings *findings, const struct finding *finding)
{
    findings_add(findings, finding->check, finding->state, "%s", finding->message);
    if (finding->hint != NULL)
        findings_hint(findings, "%s", finding->hint);
}

size_t findings_count(const struct findings *findings, const char *check, enum finding_state state)
{
    size_t count = 0;

    for (size_t i = 0; i < findings->count; i++)
        count += findings->list[i].state == state &&
                         (check == NULL || strcmp(findings->list[i].check, check) == 0)
                     ? 1
                     : 0;
    return count;
}

void findings_free(struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        free(findings->list[i].message);
        free(findings->list[i].hint);
    }
    free(findings->list);
    *findings = (struct findings){0};
}
