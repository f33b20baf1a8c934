/*
 * Runs a command of the user's by sh -c, as cron does, with a text on its standard input and for so
 * long; the one module that starts programs.
 *
 * The command is a stranger: it may hang, flood, ignore its input, die, or leave children behind
 * that hold on to what they inherited. None of that takes longer than the time it is given and a
 * moment to end it, and nothing of it gets out but how it ended. So it has a process group of its
 * own, its standard output goes nowhere, and of its standard error output the first line or so is
 * kept for the message. What it leaves in the background when it ends in time is left alone.
 *
 * Not a secret in its environment: those have been taken out by config.h, and PGPASSWORD, which
 * libpq still needs in ours, is left out of its.
 */
#ifndef SYNCSCHED_NOTIFY_SHELL_H
#define SYNCSCHED_NOTIFY_SHELL_H

#include "base/error.h"

#include <stdint.h>

/* After SIGTERM a command has this long until SIGKILL. */
enum { SHELL_GRACE_MS = 1000 };

/*
 * Runs the command and waits for its end. After limit_ms, or as soon as this process is told to end
 * (SIGTERM, SIGINT), its process group is told to, and killed if it does not. SIGPIPE must be
 * ignored. False (ERROR_INTERNAL) unless it ended with status 0; the message says how it ended, and
 * does not quote the command.
 */
bool shell_run(const char *command, const char *input, int64_t limit_ms, struct error *err);

#endif
