/*
 * The options of `run`, for whoever wants to know whether a tick would take them.
 */
#ifndef SYNCSCHED_COMMAND_RUN_H
#define SYNCSCHED_COMMAND_RUN_H

#include "command/command.h"
#include "tick/tick.h"

/* Reads them from command line, environment and file. The error names the option. */
bool run_read_options(const struct command_line *line, struct tick_options *options,
                      struct error *err);

#endif
