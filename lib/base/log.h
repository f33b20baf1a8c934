/*
 * The only user of stderr: warnings, errors, and on a terminal one live line.
 *
 * Each message is one line, "syncsched: warning: ...". One write(2) writes it, so the lines of
 * several workers never mix. Control characters and broken UTF-8 are replaced. A reader that hangs
 * costs a process a second, and then what it does not take.
 *
 * If stderr is a stream of systemd's journal, a line of text begins with "<4>" for a warning and
 * "<3>" for an error. The journal removes that and keeps it as the message's priority.
 *
 * Source: sd-daemon(3) and, for $JOURNAL_STREAM, systemd.exec(5).
 */
#ifndef SYNCSCHED_BASE_LOG_H
#define SYNCSCHED_BASE_LOG_H

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>

void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error on one line: "syncsched: error: message (hint)". */
void log_failure(const struct error *err);

/* The same as a warning, for a failure that stops nothing. */
void log_failure_as_warning(const struct error *err);

/*
 * The same about what has ids: a line of JSON has these members, too. Takes them over. hint "":
 * none.
 */
void log_warning_about(json_t *members, const char *message, const char *hint);

/* Writes the time into text, because this room has no clock. */
typedef void log_stamp(char *text, size_t size);

/*
 * From now on each message is a line of JSON, in this process and in those that it forks:
 * {"time":"...","level":"warning"|"error","message":"...","hint":"..."}, without hint if there is
 * none. NULL: text again, as at the start.
 */
void log_use_json(log_stamp *stamp);

/* Whether there is a live line: stderr is a terminal, and messages are text. */
bool log_has_live_line(void);

/* Replaces the live line; "" removes it. Does nothing if log_has_live_line() is false. */
void log_live_line(const char *line);

#endif
