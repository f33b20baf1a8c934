/*
 * Runs a user's command with sh -c, as cron does, with a text on its standard input and a time
 * limit. The one module that starts programs.
 *
 * The command is a stranger. It may hang, flood, ignore its input, die, or leave children behind
 * that hold what they inherited. None of that takes longer than its time and a moment to end it. So
 * it has its own process group, its standard output goes nowhere, and only the first line or so of
 * its standard error output is kept for the message. Background processes of a command that ends in
 * time are left alone.
 *
 * Its environment holds no secret: config.h has removed them from ours, except PGPASSWORD, which
 * libpq needs, and this module leaves that out.
 */
#ifndef SYNCSCHED_NOTIFY_SHELL_H
#define SYNCSCHED_NOTIFY_SHELL_H

#include "base/error.h"

#include <stdint.h>

/* After SIGTERM a command has this long until SIGKILL. */
enum { SHELL_GRACE_MS = 1000 };

/* What it gets besides its input, one line: in its environment, as SYNCSCHED_SUBJECT. */
#define SHELL_SUBJECT "SYNCSCHED_SUBJECT"

/*
 * Runs the command and waits for its end. After limit_ms, or when this process gets SIGTERM or
 * SIGINT, its process group gets SIGTERM and later SIGKILL. False (ERROR_INTERNAL) unless the
 * command ends with status 0. The message says how it ended, and does not quote the command.
 */
bool shell_run(const char *command, const char *subject, const char *input, int64_t limit_ms,
               struct error *err);

#endif
