#include "command/command.h"

#include "base/json.h"
#include "base/log.h"
#include "base/secret.h"
#include "time/clock.h"
#include "time/duration.h"
#include "time/instant.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command_option command_common[] = {
    {"config", "FILE", "read settings from FILE (default " CONFIG_DEFAULT_PATH ")"},
    {"log-format", "FORMAT", "write messages as text or json (default text)"},
    {"help", NULL, "show this help"},
    {"version", NULL, "show the version"},
    {0},
};

enum { COMMAND_COMMON = sizeof command_common / sizeof *command_common - 1 };

#define COMMAND_LOG_FORMAT "SYNCSCHED_LOG_FORMAT"

/* What getopt_long() answers; a command's own options count from ANSWER_OPTION. */
enum {
    ANSWER_OPERAND = 1,
    ANSWER_OPTION = 1000,
    ANSWER_CONFIG = 2000,
    ANSWER_LOG_FORMAT,
    ANSWER_HELP,
    ANSWER_VERSION
};

/* ---- Help ---- */

static void command_print_options(const struct command_option *options)
{
    for (; options != NULL && options->name != NULL; options++) {
        char left[64];

        snprintf(left, sizeof left, "--%s%s%s", options->name, options->argument != NULL ? " " : "",
                 options->argument != NULL ? options->argument : "");
        printf("  %-20s %s\n", left, options->help);
    }
}

static void command_print_help(const struct command *command)
{
    printf("usage: syncsched %s [OPTIONS]%s%s\n\n%s\n\n", command->name,
           command->operands != NULL ? " " : "", command->operands != NULL ? command->operands : "",
           command->summary);
    command_print_options(command->options);
    command_print_options(command_common);
}

static void command_print_overview(const struct command *commands)
{
    printf("usage: syncsched COMMAND [OPTIONS]\n\n"
           "Calls the exports that are due by the schedules in a PostgreSQL database.\n\n");
    for (const struct command *c = commands; c->name != NULL; c++)
        printf("  %-12s %s\n", c->name, c->summary);
    printf("\nsyncsched COMMAND --help tells more; so does man syncsched.\n");
}

/* ---- Parsing ---- */

/* The table as getopt_long() wants it; the values are those above. */
static void command_make_long_options(const struct command *command, struct option *longs)
{
    size_t n = 0;

    for (int i = 0; command->options != NULL && command->options[i].name != NULL; i++)
        longs[n++] = (struct option){command->options[i].name, command->options[i].argument != NULL,
                                     NULL, ANSWER_OPTION + i};
    for (int i = 0; command_common[i].name != NULL; i++)
        longs[n++] = (struct option){command_common[i].name, command_common[i].argument != NULL,
                                     NULL, ANSWER_CONFIG + i};
    longs[n] = (struct option){0};
}

static bool command_refuse(const struct command *command, int answer, char *argv[],
                           struct error *err)
{
    const char *given = optind > 1 ? argv[optind - 1] : "";
    char letter[] = {'-', (char)optopt, '\0'};

    if (optopt > ' ' && optopt <= '~')
        given = letter; /* of a cluster, such as -xyz, which optind has not passed yet */
    if (answer == ':')
        error_set(err, ERROR_USAGE, "option '%s' needs a value", given);
    else
        error_set(err, ERROR_USAGE, "unknown option '%.80s'", given);
    return error_hint(err, "see syncsched %s --help", command->name);
}

/* ---- The format of messages ---- */

static void command_stamp(char *text, size_t size)
{
    char now[INSTANT_TEXT_SIZE];

    instant_format(clock_host_us(), now);
    snprintf(text, size, "%s", now);
}

/* False when it is neither of the formats, or NULL, which leaves messages as they are. */
static bool command_set_log_format(const char *format)
{
    bool is_json = format != NULL && strcmp(format, "json") == 0;

    if (!is_json && (format == NULL || strcmp(format, "text") != 0))
        return false;
    log_use_json(is_json ? command_stamp : NULL);
    return true;
}

/* The option's, else that of environment or file. */
static bool command_choose_log_format(const struct command_line *line, struct error *err)
{
    const char *format = line->log_format;

    if (format == NULL)
        format = config_get(&line->config, COMMAND_LOG_FORMAT);
    if (format == NULL || command_set_log_format(format))
        return true;
    error_set(err, ERROR_USAGE, "--log-format: '%.40s' is neither text nor json", format);
    return error_hint(err, "text is for people, json for what collects logs");
}

/*
 * What is wrong with the command line or the configuration is told in the right format as well, as
 * far as it is known by then.
 */
static void command_foresee_log_format(void)
{
    (void)command_set_log_format(getenv(COMMAND_LOG_FORMAT));
}

/* ---- A command ---- */

enum command_answer { COMMAND_GO_ON, COMMAND_DONE, COMMAND_REFUSED };

/* argv[0] is the command's name. */
static enum command_answer command_parse(struct command_line *line, int argc, char *argv[],
                                         struct error *err)
{
    struct option longs[COMMAND_OPTIONS_MAX + COMMAND_COMMON + 1];
    int answer;

    command_make_long_options(line->command, longs);
    opterr = 0;
    /* "-": options may follow operands, also under POSIXLY_CORRECT; ":": tells missing values. */
    while ((answer = getopt_long(argc, argv, "-:", longs, NULL)) != -1) {
        if (answer == ANSWER_HELP) {
            command_print_help(line->command);
            return COMMAND_DONE;
        }
        if (answer == ANSWER_VERSION) {
            puts("syncsched " SYNCSCHED_VERSION);
            return COMMAND_DONE;
        }
        if (answer == ANSWER_OPERAND)
            argv[line->operand_count++] = optarg; /* over what was read before */
        else if (answer == ANSWER_CONFIG)
            line->config_path = optarg;
        else if (answer == ANSWER_LOG_FORMAT)
            (void)command_set_log_format(line->log_format = optarg); /* checked in its turn */
        else if (answer == '?' || answer == ':') {
            command_refuse(line->command, answer, argv, err);
            return COMMAND_REFUSED;
        } else {
            line->values[answer - ANSWER_OPTION] = optarg != NULL ? optarg : "1";
        }
    }
    while (optind < argc)
        argv[line->operand_count++] = argv[optind++]; /* what follows "--" */
    line->operands = argv;
    if (line->operand_count > 0 && line->command->operands == NULL) {
        error_set(err, ERROR_USAGE, "'%.80s' is one argument too many", argv[0]);
        error_hint(err, "see syncsched %s --help", line->command->name);
        return COMMAND_REFUSED;
    }
    return COMMAND_GO_ON;
}

static int command_finish_output(void)
{
    struct error err;

    return command_write("", &err) ? 0 : command_fail(&err);
}

static int command_carry_out(const struct command *command, int argc, char *argv[],
                             int64_t started_at_ms)
{
    struct command_line line = {.command = command, .started_at_ms = started_at_ms};
    struct error err = {0};
    int status;

    switch (command_parse(&line, argc, argv, &err)) {
    case COMMAND_DONE:
        return command_finish_output();
    case COMMAND_REFUSED:
        return command_fail(&err);
    case COMMAND_GO_ON:
        break;
    }
    if (config_read(&line.config, line.config_path, !command->is_offline, &line.config_error))
        command_choose_log_format(&line, &line.config_error);
    if (line.config_error.kind != ERROR_NONE && !command->judges_config)
        status = command_fail(&line.config_error);
    else
        status = command->run(&line);
    config_free(&line.config);
    return status;
}

/*
 * A standard descriptor that the caller closed would be given to the next socket, and a warning
 * would be written into the database's stream. stdout is taken up for reading, so that writing a
 * result to it still fails.
 */
static void command_secure_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
}

int command_main(int argc, char *argv[], const struct command *commands)
{
    int64_t started_at_ms = clock_now_ms();
    const char *name = argc > 1 ? argv[1] : NULL;
    struct error err;

    secret_hide_memory();
    json_set_memory();
    command_secure_descriptors();
    command_foresee_log_format();
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error to report, not a death */
    if (name != NULL && strcmp(name, "--help") == 0) {
        command_print_overview(commands);
        return command_finish_output();
    }
    if (name != NULL && strcmp(name, "--version") == 0) {
        puts("syncsched " SYNCSCHED_VERSION);
        return command_finish_output();
    }
    for (const struct command *c = commands; name != NULL && c->name != NULL; c++)
        if (strcmp(c->name, name) == 0)
            return command_carry_out(c, argc - 1, argv + 1, started_at_ms);
    if (name == NULL)
        error_set(&err, ERROR_USAGE, "no command given");
    else
        error_set(&err, ERROR_USAGE, "unknown command '%.80s'", name);
    error_hint(&err, "see syncsched --help");
    return command_fail(&err);
}

/* ---- Values ---- */

void command_variable(const char *name, char variable[COMMAND_VARIABLE_SIZE])
{
    static const char prefix[] = "SYNCSCHED_";
    size_t n = sizeof prefix - 1;

    memcpy(variable, prefix, n);
    for (const char *c = name; *c != '\0' && n + 1 < COMMAND_VARIABLE_SIZE; c++)
        variable[n++] = *c == '-' ? '_' : (char)toupper((unsigned char)*c);
    variable[n] = '\0';
}

const char *command_value(const struct command_line *line, const char *name)
{
    char variable[COMMAND_VARIABLE_SIZE];

    for (size_t i = 0; line->command->options != NULL && line->command->options[i].name != NULL;
         i++)
        if (strcmp(line->command->options[i].name, name) == 0 && line->values[i] != NULL)
            return line->values[i];
    command_variable(name, variable);
    return config_get(&line->config, variable);
}

bool command_switch(const struct command_line *line, const char *name, bool *is_on,
                    struct error *err)
{
    static const char *const words[] = {"0", "1", "false", "true", "no", "yes", "off", "on"};
    const char *value = command_value(line, name);

    *is_on = false;
    if (value == NULL)
        return true;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (strcmp(value, words[i]) == 0) {
            *is_on = i % 2 == 1;
            return true;
        }
    }
    return error_set(err, ERROR_CONFIG, "--%s is a switch: set its variable to 1 or 0", name);
}

bool command_duration(const struct command_line *line, const char *name, int64_t fallback_ms,
                      int64_t least_ms, int64_t most_ms, int64_t *value_ms, struct error *err)
{
    const char *value = command_value(line, name);

    *value_ms = fallback_ms;
    if (value == NULL)
        return true;
    if (!duration_parse(value, value_ms, err))
        return error_prefix(err, "--%s", name);
    if (*value_ms >= least_ms && *value_ms <= most_ms)
        return true;
    error_set(err, ERROR_USAGE, "--%s: %.40s is out of range", name, value);
    return error_hint(err, "from %lld to %lld seconds", (long long)(least_ms / 1000),
                      (long long)(most_ms / 1000));
}

bool command_number(const struct command_line *line, const char *name, int fallback, int least,
                    int most, int *value, struct error *err)
{
    const char *text = command_value(line, name);
    char *end;
    long number;

    *value = fallback;
    if (text == NULL)
        return true;
    errno = 0;
    number = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || errno != 0 || number < least || number > most)
        return error_set(err, ERROR_USAGE, "--%s: '%.40s' is not a whole number from %d to %d",
                         name, text, least, most);
    *value = (int)number;
    return true;
}

bool command_id(const struct command_line *line, const char *name, const char **id,
                struct error *err)
{
    static const char pattern[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    bool ok;

    *id = command_value(line, name);
    ok = *id == NULL || strlen(*id) == strlen(pattern);
    for (size_t i = 0; ok && *id != NULL && pattern[i] != '\0'; i++)
        ok = pattern[i] == '-' ? (*id)[i] == '-' : isxdigit((unsigned char)(*id)[i]) != 0;
    if (ok)
        return true;
    error_set(err, ERROR_USAGE, "--%s: \"%.80s\" is not a UUID", name, *id);
    return error_hint(err, "write it as %s", "123e4567-e89b-12d3-a456-426614174000");
}

bool command_time(const struct command_line *line, const char *name, bool *has_value,
                  int64_t *instant_us, struct error *err)
{
    const char *value = command_value(line, name);

    *has_value = value != NULL;
    return value == NULL || instant_parse(value, instant_us, err) ||
           error_prefix(err, "--%s", name);
}

/* ---- The end ---- */

int command_fail(const struct error *err)
{
    log_failure(err);
    return error_exit_status(err);
}

bool command_write(const char *text, struct error *err)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0 && !ferror(stdout))
        return true;
    return error_set(err, ERROR_INTERNAL, "cannot write to standard output: %s", strerror(errno));
}

bool command_print(const char *text, struct error *err)
{
    (void)fputs(text, stdout); /* command_write() looks at the stream's error, and flushes once */
    return command_write("\n", err);
}
