#include "report/run_word.h"

#include <string.h>

static const struct run_word run_words[] = {
    {"completed", TERMINAL_GOOD, '.'},  {"failed", TERMINAL_BAD, 'x'},
    {"unknown", TERMINAL_WARN, '?'},    {"given up", TERMINAL_WARN, '!'},
    {"cancelled", TERMINAL_PLAIN, '-'}, {"running", TERMINAL_PLAIN, '>'},
    {"accepted", TERMINAL_PLAIN, '~'},  {"pending", TERMINAL_PLAIN, ':'},
    {"healthy", TERMINAL_GOOD, 0},      {"degraded", TERMINAL_WARN, 0},
    {"unhealthy", TERMINAL_BAD, 0},     {"ticking", TERMINAL_GOOD, 0},
    {"silent", TERMINAL_BAD, 0},        {"not ticking", TERMINAL_BAD, 0},
    {"reachable", TERMINAL_GOOD, 0},    {"unreachable", TERMINAL_WARN, 0},
    {"behind", TERMINAL_WARN, 0},       {"too full", TERMINAL_WARN, 0},
    {"throttled", TERMINAL_WARN, 0},    {NULL, TERMINAL_PLAIN, 0},
};

const struct run_word *run_word_find(const char *word)
{
    const struct run_word *found = run_words;

    while (found->word != NULL && strcmp(found->word, word) != 0)
        found++;
    return found;
}

static bool run_word_is(const json_t *run, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(run, key));

    return text != NULL && strcmp(text, value) == 0;
}

const char *run_word_of(const json_t *run)
{
    bool is_unknown = run_word_is(run, "errorClass", "unknown");

    if (run_word_is(run, "status", "running"))
        return json_is_string(json_object_get(run, "acceptedAt")) ? "accepted" : "running";
    if (run_word_is(run, "status", "completed"))
        return "completed";
    if (!run_word_is(run, "status", "failed"))
        return "pending";
    if (!json_is_string(json_object_get(run, "startedAt")) && !is_unknown)
        return run_word_is(run, "errorCode", "GIVEN_UP") ? "given up" : "cancelled";
    return is_unknown ? "unknown" : "failed";
}
