/*
 * The command line: commands and their options as tables, from which parsing, --help and the
 * environment's SYNCSCHED_<OPTION> variables all come.
 */
#ifndef SYNCSCHED_COMMAND_COMMAND_H
#define SYNCSCHED_COMMAND_COMMAND_H

#include "base/config.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum { COMMAND_OPTIONS_MAX = 16 };

/* One long option. Every command has --config, --log-format, --help and --version besides its own.
 */
struct command_option {
    const char *name;
    const char *argument; /* what --help calls its value; NULL for a switch */
    const char *help;
};

struct command_line;

struct command {
    const char *name;
    const char *operands; /* what --help calls them; NULL: it takes none */
    const char *summary;
    const struct command_option *options; /* ends with a NULL name; may be NULL */
    bool is_offline;                      /* asks neither the database nor the function */
    bool judges_config; /* runs with a configuration that is wrong, too: see config_error */
    /* Does the work; returns the exit status. */
    int (*run)(const struct command_line *line);
};

/* A command line that was read. */
struct command_line {
    const struct command *command;
    const char *values[COMMAND_OPTIONS_MAX]; /* as given, in the order of the options; or NULL */
    const char *config_path;                 /* --config; NULL: not given */
    const char *log_format;                  /* --log-format; the same */
    struct config config;
    struct error config_error; /* what is wrong with it; only of a command that judges it */
    int64_t started_at_ms;     /* monotonic clock: when the process started */
    char *const *operands;
    int operand_count;
};

/* main() in all but name: commands ends with a NULL name. Returns the exit status. */
int command_main(int argc, char *argv[], const struct command *commands);

/* An option's value: command line, else SYNCSCHED_<NAME> of environment or file; NULL: not given.
 */
const char *command_value(const struct command_line *line, const char *name);

/* SYNCSCHED_<NAME>, the variable of an option, in a buffer of this size. */
enum { COMMAND_VARIABLE_SIZE = 64 };

void command_variable(const char *name, char variable[COMMAND_VARIABLE_SIZE]);

/* A switch: given, or SYNCSCHED_<NAME> set to 1, true, yes or on (0, false, no, off: not). */
bool command_switch(const struct command_line *line, const char *name, bool *is_on,
                    struct error *err);

/* A duration within limits; fallback_ms where it is not given. The error names the option. */
bool command_duration(const struct command_line *line, const char *name, int64_t fallback_ms,
                      int64_t least_ms, int64_t most_ms, int64_t *value_ms, struct error *err);

/* A whole number within limits; fallback where it is not given. */
bool command_number(const struct command_line *line, const char *name, int fallback, int least,
                    int most, int *value, struct error *err);

/* An id: a UUID in any case, NULL where it is not given. Borrowed. */
bool command_id(const struct command_line *line, const char *name, const char **id,
                struct error *err);

/* A time (instant.h); has_value is false, and instant_us left alone, where it is not given. */
bool command_time(const struct command_line *line, const char *name, bool *has_value,
                  int64_t *instant_us, struct error *err);

/* Prints the error and returns its exit status. */
int command_fail(const struct error *err);

/* Writes text to stdout as it is, all of it: a result that did not get out is an error. */
bool command_write(const char *text, struct error *err);

/* The same with a line end. */
bool command_print(const char *text, struct error *err);

extern const struct command command_run;
extern const struct command command_due;
extern const struct command command_next;
extern const struct command command_audit;
extern const struct command command_status;
extern const struct command command_health;
extern const struct command command_check_cron;
extern const struct command command_prune;
extern const struct command command_warm;
extern const struct command command_doctor;
extern const struct command command_schema;

#endif
