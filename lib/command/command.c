#include "command/command.h"

#include "base/json.h"
#include "base/log.h"
#include "base/output.h"
#include "base/secret.h"
#include "plan/timetable.h"
#include "time/clock.h"
#include "time/instant.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What getopt_long() answers; the options have the numbers of their settings behind these. */
enum { ANSWER_OPERAND = 1, ANSWER_OPTION = 1000 };

enum { COMMAND_WAIT_MS = 2000 };

/* ---- Help ---- */

static int command_finish_output(void)
{
    struct error err;

    return command_write("", &err) ? 0 : command_fail(&err);
}

static int command_print_version(void)
{
    puts("syncsched " SYNCSCHED_VERSION);
    return command_finish_output();
}

static int command_print_help(enum command_name command)
{
    const struct command_text *text = &command_texts[command];

    printf("usage: syncsched %s [OPTIONS]%s%s\n\n%s\n\n", text->name,
           text->operands != NULL ? " " : "", text->operands != NULL ? text->operands : "",
           text->summary);
    for (const struct setting *s = settings; s < settings + SETTINGS; s++) {
        char left[64];

        if (s->help[command] == NULL)
            continue;
        snprintf(left, sizeof left, "--%s%s%s", s->option, s->argument != NULL ? " " : "",
                 s->argument != NULL ? s->argument : "");
        printf("  %-20s %s\n", left, s->help[command]);
    }
    return command_finish_output();
}

static int command_print_commands(void)
{
    printf("usage: syncsched COMMAND [OPTIONS]\n\n"
           "Calls the exports that are due by the schedules in a PostgreSQL database.\n\n");
    for (enum command_name command = 0; command < COMMANDS; command++)
        printf("  %-12s %s\n", command_texts[command].name, command_texts[command].summary);
    printf("\nThe options of a command: syncsched COMMAND --help; all else: man syncsched.\n");
    return command_finish_output();
}

/* ---- Parsing ---- */

static bool command_refuse(const struct command_text *text, int answer, char *argv[],
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
    return error_hint(err, "see syncsched %s --help", text->name);
}

/* ---- The format of messages ---- */

static void command_stamp(char *text, size_t size)
{
    char now[INSTANT_TEXT_SIZE];

    instant_format(clock_host_us(), now);
    snprintf(text, size, "%s", now);
}

/* Leaves messages as they are unless it is one of the formats. */
static void command_set_log_format(const char *format)
{
    if (format != NULL && strcmp(format, "json") == 0)
        log_use_json(command_stamp);
    else if (format != NULL && strcmp(format, "text") == 0)
        log_use_json(NULL);
}

/* ---- A command ---- */

/* argv[0] is the command's name. Stops at --help and --version: what follows does not matter. */
static bool command_parse(struct command_line *line, int argc, char *argv[], struct error *err)
{
    const struct command_text *text = &command_texts[line->command->name];
    struct option longs[SETTINGS + 1] = {0};
    struct option *next = longs;
    int answer;

    for (enum setting_name name = 0; name < SETTINGS; name++)
        if (settings[name].help[line->command->name] != NULL)
            *next++ = (struct option){settings[name].option, settings[name].argument != NULL, NULL,
                                      ANSWER_OPTION + (int)name};
    opterr = 0;
    /* "-": options may follow operands, also under POSIXLY_CORRECT; ":": tells missing values. */
    while ((answer = getopt_long(argc, argv, "-:", longs, NULL)) != -1) {
        if (answer == ANSWER_OPERAND) {
            argv[line->operand_count++] = optarg; /* over what was read before */
            continue;
        }
        if (answer < ANSWER_OPTION)
            return command_refuse(text, answer, argv, err);
        line->given[answer - ANSWER_OPTION] = optarg != NULL ? optarg : "1";
        command_set_log_format(line->given[SETTING_LOG_FORMAT]); /* checked in its turn */
        if (line->given[SETTING_HELP] != NULL || line->given[SETTING_VERSION] != NULL)
            return true;
    }
    while (optind < argc)
        argv[line->operand_count++] = argv[optind++]; /* what follows "--" */
    line->operands = argv;
    if (line->operand_count == 0 || text->operands != NULL)
        return true;
    error_set(err, ERROR_USAGE, "'%.80s' is one argument too many", argv[0]);
    return error_hint(err, "see syncsched %s --help", text->name);
}

/* ---- Values ---- */

/* Option, else environment, else file, else default; of each that the command takes, checked. */
static bool command_read_value(struct command_line *line, enum setting_name name, struct error *err)
{
    const struct setting *setting = &settings[name];
    struct setting_value *value = &line->values[name];
    enum command_name command = line->command->name;
    bool is_read = setting->help[command] != NULL || line->command->judges_config;

    value->text = line->given[name];
    if (value->text == NULL && setting->obeyed == SETTING_ANYWHERE)
        value->text = config_get(&line->config, setting->variable);
    value->is_given = value->text != NULL;
    if (!value->is_given)
        value->text = setting->fallback;
    if (value->text != NULL)
        return !is_read || setting_read(setting, value, err) ||
               error_prefix(err, "%s%s", setting->option != NULL ? "--" : "",
                            setting->option != NULL ? setting->option : setting->variable);
    if ((setting->needed_by & 1U << command) == 0)
        return true;
    error_set(err, ERROR_USAGE, "--%s is needed", setting->option);
    return error_hint(err, "such as: syncsched %s --%s %s", command_texts[command].name,
                      setting->option, setting->example);
}

/* Reads on after a wrong value, and keeps the first error. */
static void command_read_values(struct command_line *line)
{
    struct error err;

    for (enum setting_name name = 0; name < SETTINGS; name++) {
        if (command_read_value(line, name, &err) || line->options_error.kind != ERROR_NONE)
            continue;
        line->options_error = err;
        line->wrong_option = name;
    }
    command_set_log_format(line->values[SETTING_LOG_FORMAT].text);
}

/* More types than those that are known; no row is read before. */
static void command_add_types(struct command_line *line)
{
    const char *types = line->values[SETTING_TYPES].text;
    struct error err;

    if (types == NULL || line->command->is_offline || timetable_add_types(types, &err) ||
        line->options_error.kind != ERROR_NONE)
        return;
    error_prefix(&err, "%s", settings[SETTING_TYPES].variable);
    line->options_error = err;
    line->wrong_option = SETTING_TYPES;
}

void command_warn_of_names(const struct command_line *line)
{
    const char *stranger;
    json_t *unused;

    json_object_foreach(line->config.strangers, stranger, unused)
    {
        struct error warning;

        config_explain_stranger(stranger, &warning);
        log_failure_as_warning(&warning);
    }
}

static int command_carry_out(const struct command *command, int argc, char *argv[],
                             int64_t started_at_ms)
{
    struct command_line line = {.command = command, .started_at_ms = started_at_ms};
    struct error err = {0};
    const struct error *failure = NULL;
    int status;

    if (!command_parse(&line, argc, argv, &err))
        return command_fail(&err);
    if (line.given[SETTING_HELP] != NULL)
        return command_print_help(command->name);
    if (line.given[SETTING_VERSION] != NULL)
        return command_print_version();
    config_read(&line.config, line.given[SETTING_CONFIG],
                !command->is_offline || line.given[SETTING_APPLY] != NULL, &line.config_error);
    command_read_values(&line);
    command_add_types(&line);
    if (line.config_error.kind != ERROR_NONE && !command->judges_config)
        failure = &line.config_error;
    else if (line.options_error.kind != ERROR_NONE && !command->judges_options)
        failure = &line.options_error;
    if (failure != NULL || !command->warns_of_names)
        command_warn_of_names(&line);
    status = failure != NULL ? command_fail(failure) : command->run(&line);
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
    unsetenv("SSLKEYLOGFILE"); /* else libraries write there what decrypts every connection */
    json_set_memory();
    command_secure_descriptors();
    command_set_log_format(getenv(settings[SETTING_LOG_FORMAT].variable)); /* for early errors */
    signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error to report, not a death */
    if (name != NULL && strcmp(name, "--help") == 0)
        return command_print_commands();
    if (name != NULL && strcmp(name, "--version") == 0)
        return command_print_version();
    for (const struct command *c = commands; name != NULL && c->run != NULL; c++)
        if (strcmp(command_texts[c->name].name, name) == 0)
            return command_carry_out(c, argc - 1, argv + 1, started_at_ms);
    if (name == NULL)
        error_set(&err, ERROR_USAGE, "no command given");
    else
        error_set(&err, ERROR_USAGE, "unknown command '%.80s'", name);
    error_hint(&err, "see syncsched --help");
    return command_fail(&err);
}

/* ---- The end ---- */

int command_fail(const struct error *err)
{
    log_failure(err);
    return error_exit_status(err);
}

/* Its reader has seen enough, as in `| head`: it ends there as any other program does. */
static void command_end_at_pipe(void)
{
    signal(SIGPIPE, SIG_DFL);
    raise(SIGPIPE);
}

bool command_write(const char *text, struct error *err)
{
    if (fputs(text, stdout) >= 0 && fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno == EPIPE)
        command_end_at_pipe();
    return error_set(err, ERROR_INTERNAL, "cannot write to standard output: %s", strerror(errno));
}

bool command_print(const char *text, struct error *err)
{
    (void)fputs(text, stdout); /* command_write() looks at the stream's error, and flushes once */
    return command_write("\n", err);
}

bool command_print_summary(json_t *value, struct error *err)
{
    struct text out = {0};
    bool ok;

    json_add_line(&out, value);
    text_add(&out, "\n");
    ok = output_write(STDOUT_FILENO, out.data, out.length, COMMAND_WAIT_MS);
    text_free(&out);
    return ok || error_set(err, ERROR_INTERNAL, "cannot write to standard output: %s",
                           errno == EAGAIN ? "its reader hangs" : strerror(errno));
}

bool command_print_json(json_t *value, struct error *err)
{
    struct text out = {0};
    bool ok;

    json_add_line(&out, value);
    ok = command_print(out.data, err);
    text_free(&out);
    return ok;
}
