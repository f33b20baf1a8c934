/*
 * What a person reads on stderr: warnings, errors, and on a terminal one live line.
 *
 * The only user of stderr. Each message is one line, "syncsched: warning: ...", written with one
 * write(2) so that the lines of several workers never mix; control characters and broken UTF-8 in
 * it are made harmless. Results do not go here but to stdout.
 *
 * Where stderr is a stream of systemd's journal, a line of text begins with "<4>" for a warning and
 * "<3>" for an error, which the journal takes off and keeps as the message's priority.
 *
 * Source: sd-daemon(3) and, for $JOURNAL_STREAM, systemd.exec(5).
 */
#ifndef SYNCSCHED_BASE_LOG_H
#define SYNCSCHED_BASE_LOG_H

#include "base/error.h"

#include <stddef.h>

void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error on one line: "syncsched: error: message (hint)". */
void log_failure(const struct error *err);

/* The same as a warning, for a failure that does not stop what goes on. */
void log_failure_as_warning(const struct error *err);

/* Writes the time into text; this room has no clock. */
typedef void log_stamp(char *text, size_t size);

/*
 * From now on each message is a line of JSON for a machine to read, in this process and those that
 * it forks: {"time":"...","level":"warning"|"error","message":"...","hint":"..."}, hint where there
 * is one. NULL: text again, as at the start.
 */
void log_use_json(log_stamp *stamp);

/* Whether there is a live line: stderr is a terminal, and nobody asked for JSON. */
bool log_has_live_line(void);

/* Replaces the live line; "" removes it. Does nothing unless there is one. */
void log_live_line(const char *line);

#endif
