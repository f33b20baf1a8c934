/*
 * What the doctor found: a JSON array, as `doctor --json` prints it, of objects with the check, its
 * state, a message and a hint. Pure.
 */
#ifndef SYNCSCHED_INSPECT_FINDINGS_H
#define SYNCSCHED_INSPECT_FINDINGS_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

enum finding_state {
    FINDING_OK,
    FINDING_WARNING, /* a tick would work, but a person should know */
    FINDING_FAIL,    /* a tick would not work, or not keep what it promises */
    FINDING_UNASKED, /* another finding keeps it from being asked */
};

/* ok, warning, fail; FINDING_UNASKED for not_asked and any other word. */
enum finding_state finding_state_parse(const char *name);

/*
 * Adds one. The message is as an error's: lower case, no full stop. The hint is something to paste,
 * or a sentence; NULL: none.
 */
void findings_add(json_t *findings, const char *check, enum finding_state state, const char *hint,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Gives the last one another hint. */
void findings_hint(json_t *findings, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* An error as a finding, with its own hint, else with this one, which may be NULL. */
void findings_add_error(json_t *findings, const char *check, enum finding_state state,
                        const struct error *err, const char *hint);

/* A member of one finding: check, state, message or hint; NULL for none. */
const char *finding_text(const json_t *finding, const char *member);

/* How many there are of this check and state; check NULL: of any. */
size_t findings_count(const json_t *findings, const char *check, enum finding_state state);

#endif
