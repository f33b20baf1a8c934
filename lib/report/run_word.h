/* What a run came to, in a word with its colour; and the colours of other words of reports. */
#ifndef SYNCSCHED_REPORT_RUN_WORD_H
#define SYNCSCHED_REPORT_RUN_WORD_H

#include "report/terminal.h"

#include <jansson.h>

struct run_word {
    const char *word; /* NULL: any other word, which is plain */
    enum terminal_colour colour;
    char mark; /* in a strip of runs */
};

/* Never NULL. */
const struct run_word *run_word_find(const char *word);

/*
 * The word for a run, of its members status, startedAt, acceptedAt, errorClass and errorCode:
 * "completed", "failed", "unknown", "given up", "cancelled", "running", "accepted" or "pending".
 */
const char *run_word_of(const json_t *run);

#endif
