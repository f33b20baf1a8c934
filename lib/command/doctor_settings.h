/*
 * Where the settings of a tick come from, what is wrong with them, and the commands by which a
 * person corrects them; for doctor.c alone.
 */
#ifndef SYNCSCHED_COMMAND_DOCTOR_SETTINGS_H
#define SYNCSCHED_COMMAND_DOCTOR_SETTINGS_H

#include "base/text.h"
#include "command/command.h"
#include "inspect/findings.h"

/*
 * Adds findings about the configuration file and the settings. No value that could be a secret is
 * shown.
 */
void doctor_judge_settings(const struct command_line *line, struct findings *findings);

/* What a crontab should start, and what applies the schema to the database of the settings. */
void doctor_add_tick(const struct command_line *line, struct text *command);
void doctor_add_migrate(const struct command_line *line, struct text *command);

#endif
