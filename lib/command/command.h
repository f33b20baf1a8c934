/*
 * The command line: which options a command takes, and their values, by the table of settings
 * (setting.h).
 */
#ifndef SYNCSCHED_COMMAND_COMMAND_H
#define SYNCSCHED_COMMAND_COMMAND_H

#include "base/error.h"
#include "command/config.h"
#include "command/setting.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct command_line;

struct command {
    enum command_name name;
    bool is_offline;     /* asks neither the database nor the function, without --apply */
    bool judges_config;  /* runs with a wrong configuration, too, and reads all settings */
    bool judges_options; /* runs with wrong options, too */
    bool warns_of_names; /* itself, of those that belong to no setting */
    int (*run)(const struct command_line *line);
};

/* A command line that was read. */
struct command_line {
    const struct command *command;
    const char *given[SETTINGS]; /* the options as they were given; NULL: not */
    /*
     * Each setting: option, else environment, else file, else default. Checked are those that the
     * command takes as options; the others are texts.
     */
    struct setting_value values[SETTINGS];
    struct config config;
    struct error config_error;  /* what is wrong with it; only of a command that judges it */
    struct error options_error; /* what is wrong with the first wrong value; the same */
    enum setting_name wrong_option;
    int64_t started_at_ms; /* monotonic clock: when the process started */
    char *const *operands;
    int operand_count;
};

/* main() in all but name: commands ends with an empty one. Returns the exit status. */
int command_main(int argc, char *argv[], const struct command *commands);

/* Warns of each name of the configuration that belongs to no setting. */
void command_warn_of_names(const struct command_line *line);

/* Prints the error and returns its exit status. */
int command_fail(const struct error *err);

/*
 * Writes text to stdout as it is, all of it: a result that did not get out is an error. Where the
 * reader has gone the process ends at once, without a word, by SIGPIPE.
 */
bool command_write(const char *text, struct error *err);

/* The same with a line end. command_print_json() releases the value. */
bool command_print(const char *text, struct error *err);
bool command_print_json(json_t *value, struct error *err);

/* The same for a tick, which goes on whatever its reader does: gone or hanging is an error. */
bool command_print_summary(json_t *value, struct error *err);

/* Each does the work of the command of its name, and returns the exit status. */
int command_run(const struct command_line *line);
int command_due(const struct command_line *line);
int command_next(const struct command_line *line);
int command_audit(const struct command_line *line);
int command_log(const struct command_line *line);
int command_stats(const struct command_line *line);
int command_report(const struct command_line *line);
int command_changes(const struct command_line *line);
int command_status(const struct command_line *line);
int command_health(const struct command_line *line);
int command_metrics(const struct command_line *line);
int command_check_cron(const struct command_line *line);
int command_resolve(const struct command_line *line);
int command_prune(const struct command_line *line);
int command_warm(const struct command_line *line);
int command_doctor(const struct command_line *line);
int command_schema(const struct command_line *line);

#endif
