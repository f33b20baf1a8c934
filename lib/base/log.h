/*
 * What a person reads on stderr: warnings, errors, and on a terminal one live line.
 *
 * The only user of stderr. Each message is one line, "syncsched: warning: ...", written with one
 * write(2) so that the lines of several workers never mix; control characters and broken UTF-8 in
 * it are made harmless. Results do not go here but to stdout.
 */
#ifndef SYNCSCHED_BASE_LOG_H
#define SYNCSCHED_BASE_LOG_H

#include "base/error.h"

void log_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The error on one line: "syncsched: error: message (hint)". */
void log_failure(const struct error *err);

/* The same as a warning, for a failure that does not stop what goes on. */
void log_failure_as_warning(const struct error *err);

/* Whether there is a live line: stderr is a terminal. */
bool log_has_live_line(void);

/* Replaces the live line; "" removes it. Does nothing unless stderr is a terminal. */
void log_live_line(const char *line);

#endif
