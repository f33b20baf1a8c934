/*
 * What an examination has come to: a list of findings, each with what to do about it. Pure.
 */
#ifndef SYNCSCHED_INSPECT_FINDINGS_H
#define SYNCSCHED_INSPECT_FINDINGS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum finding_state {
    FINDING_OK,
    FINDING_WARNING, /* a tick would work, but a person should know */
    FINDING_FAIL,    /* a tick would not work, or not keep what it promises */
    FINDING_UNASKED, /* another finding keeps it from being asked */
};

/* "ok", "warning", "fail", "not_asked"; FINDING_UNASKED for any other word. */
const char *finding_state_name(enum finding_state state);
enum finding_state finding_state_parse(const char *name);

/* One line for a person: clean text, as text_add_clean() makes it. */
struct finding {
    const char *check; /* what was looked at: a plain word; static */
    enum finding_state state;
    char *message; /* as an error's: lower case, no full stop */
    char *hint;    /* to be pasted, or a sentence; NULL: there is nothing to do */
};

struct findings {
    struct finding *list;
    size_t count;
    size_t capacity;
};

void findings_add(struct findings *findings, const char *check, enum finding_state state,
                  const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Gives the last one its hint. */
void findings_hint(struct findings *findings, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An error as a finding, its own hint first; else hint, which may be NULL. */
void findings_add_error(struct findings *findings, const char *check, enum finding_state state,
                        const struct error *err, const char *hint);

void findings_copy(struct findings *findings, const struct finding *finding);

/* How many there are of this check and state; check NULL: of whichever. */
size_t findings_count(const struct findings *findings, const char *check, enum finding_state state);

void findings_free(struct findings *findings);

#endif
