/*
 * The words for what is wrong with a cron expression: what, and the spelling that works everywhere.
 */
#ifndef SYNCSCHED_CRON_CRON_MESSAGE_H
#define SYNCSCHED_CRON_CRON_MESSAGE_H

#include "cron/cron_error.h"

enum { CRON_VALUE_SIZE = 64, CRON_MESSAGE_SIZE = 256, CRON_HINT_SIZE = 256 };

/* All of it is printable ASCII, whatever the expression holds. */
struct cron_message {
    const char *field;               /* "minute", ... "day-of-week"; NULL: the whole line */
    char value[CRON_VALUE_SIZE];     /* the refused part; a long one is cut and ends in "..." */
    char message[CRON_MESSAGE_SIZE]; /* FIELD "VALUE" what is wrong */
    char hint[CRON_HINT_SIZE];
};

/* Says what cron_parse() found wrong with that text. */
void cron_message_make(const char *text, const struct cron_error *error,
                       struct cron_message *message);

#endif
