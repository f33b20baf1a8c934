#include "command/doctor_settings.h"

#include "command/run.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What is no option; of some the value may be seen. */
static const struct {
    const char *name;
    bool is_shown;
} doctor_settings[] = {
    {"SUPABASE_DB_URL", false},
    {"PGHOST", true},
    {"PGHOSTADDR", true},
    {"PGPORT", true},
    {"PGDATABASE", true},
    {"PGUSER", true},
    {"PGPASSWORD", false},
    {"PGPASSFILE", false},
    {"PGSERVICE", true},
    {"PGSSLMODE", true},
    {"PGSSLROOTCERT", true},
    {"PGOPTIONS", false},
    {"SUPABASE_URL", false},
    {"SUPABASE_SERVICE_ROLE_KEY", false},
    {"SUPABASE_SECRET_KEY", false},
    {"SUPABASE_SERVICE_ROLE_KEY_FILE", false},
    {"SYNCSCHED_FUNCTION", true},
    {"SYNCSCHED_FUNCTION_URL", false},
    {"SYNCSCHED_ALLOW_HTTP", true},
    {"SYNCSCHED_PROXY", false},
    {"SYNCSCHED_CA_FILE", true},
    {"TZDIR", true},
};

enum { DOCTOR_SETTINGS = sizeof doctor_settings / sizeof *doctor_settings };

/* ---- Commands ---- */

/* Adds a word as a shell takes it for one. */
static void doctor_add_word(struct text *command, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+:,@";

    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        text_add(command, word);
        return;
    }
    text_add(command, "'");
    for (const char *c = word; *c != '\0'; c++) {
        if (*c == '\'')
            text_add(command, "'\\''");
        else
            text_append(command, c, 1);
    }
    text_add(command, "'");
}

/* The program by its whole path: a crontab's own is short. */
static void doctor_add_program(struct text *command)
{
    char *path = realpath("/proc/self/exe", NULL);

    doctor_add_word(command, path != NULL ? path : "/usr/local/bin/syncsched");
    free(path);
}

static void doctor_add_file(const struct command_line *line, struct text *command)
{
    char *path = realpath(line->config.path, NULL);

    doctor_add_word(command, path != NULL ? path : line->config.path);
    free(path);
}

void doctor_add_tick(const struct command_line *line, struct text *command)
{
    const char *role = command_value(line, "db-role");
    char variable[COMMAND_VARIABLE_SIZE];

    doctor_add_program(command);
    text_add(command, " run");
    if (strcmp(line->config.path, CONFIG_DEFAULT_PATH) != 0) {
        text_add(command, " --config ");
        doctor_add_file(line, command);
    }
    command_variable("db-role", variable);
    if (role != NULL && role != config_get(&line->config, variable)) {
        text_add(command, " --db-role ");
        doctor_add_word(command, role);
    }
}

void doctor_add_migrate(const struct command_line *line, struct text *command)
{
    bool has_variables = false;

    for (size_t i = 0; i < DOCTOR_SETTINGS; i++)
        has_variables =
            has_variables || (strncmp(doctor_settings[i].name, "PG", 2) == 0 &&
                              config_source(&line->config, doctor_settings[i].name) == CONFIG_FILE);
    doctor_add_program(command);
    text_add(command, " schema | ");
    if (has_variables) {
        text_add(command, "env $(grep ^PG ");
        doctor_add_file(line, command);
        text_add(command, ") ");
    }
    text_add(command, "psql -v ON_ERROR_STOP=1");
    if (config_source(&line->config, "SUPABASE_DB_URL") == CONFIG_FILE) {
        text_add(command, " \"$(sed -n 's/^SUPABASE_DB_URL=//p' ");
        doctor_add_file(line, command);
        text_add(command, " | tr -d \\\"\\')\"");
    } else if (config_get(&line->config, "SUPABASE_DB_URL") != NULL) {
        text_add(command, " \"$SUPABASE_DB_URL\"");
    }
}

/* Gives the last finding the command that takes a setting away from where it stands. */
static void doctor_hint_unsetting(const struct command_line *line, const char *name,
                                  struct findings *findings)
{
    struct text file = {0};

    doctor_add_file(line, &file);
    if (config_source(&line->config, name) == CONFIG_ENVIRONMENT)
        findings_hint(findings, "unset %s", name);
    else
        findings_hint(findings, "sed -i '/^[[:blank:]]*%s[[:blank:]]*=/d' %s", name,
                      text_string(&file));
    text_free(&file);
}

/* ---- Where they come from ---- */

static void doctor_add_setting(const struct command_line *line, const char *name, bool is_shown,
                               struct text *list)
{
    text_addf(list, "%s%s", list->length > 0 ? ", " : "", name);
    if (is_shown)
        text_addf(list, "=%s", config_get(&line->config, name));
}

/* All that come from there, as a list. */
static void doctor_list_settings(const struct command_line *line, enum config_source source,
                                 struct text *list)
{
    char variable[COMMAND_VARIABLE_SIZE];

    for (size_t i = 0; i < DOCTOR_SETTINGS; i++)
        if (config_source(&line->config, doctor_settings[i].name) == source)
            doctor_add_setting(line, doctor_settings[i].name, doctor_settings[i].is_shown, list);
    for (const struct command_option *o = command_run.options; o->name != NULL; o++) {
        command_variable(o->name, variable);
        if (config_source(&line->config, variable) == source)
            doctor_add_setting(line, variable, true, list);
    }
}

static void doctor_add_source(const struct command_line *line, enum config_source source,
                              const char *where, struct findings *findings)
{
    struct text list = {0};

    doctor_list_settings(line, source, &list);
    if (list.length > 0)
        findings_add(findings, "settings", FINDING_OK, "from %s: %s", where, text_string(&list));
    text_free(&list);
}

static void doctor_add_sources(const struct command_line *line, struct findings *findings)
{
    const struct config *config = &line->config;
    const char *role = command_value(line, "db-role");
    char variable[COMMAND_VARIABLE_SIZE];
    bool has_database = false;

    command_variable("db-role", variable);
    if (role != NULL && role != config_get(config, variable))
        findings_add(findings, "settings", FINDING_OK, "from the command line: --db-role=%s", role);
    doctor_add_source(line, CONFIG_ENVIRONMENT, "the environment", findings);
    doctor_add_source(line, CONFIG_FILE, config->path, findings);
    if (config_get(config, "SYNCSCHED_FUNCTION_URL") == NULL &&
        config_get(config, "SYNCSCHED_FUNCTION") == NULL)
        findings_add(findings, "settings", FINDING_OK,
                     "by default: SYNCSCHED_FUNCTION=run-integration");
    for (size_t i = 0; i < DOCTOR_SETTINGS; i++)
        has_database = has_database || ((strcmp(doctor_settings[i].name, "SUPABASE_DB_URL") == 0 ||
                                         strncmp(doctor_settings[i].name, "PG", 2) == 0) &&
                                        config_get(config, doctor_settings[i].name) != NULL);
    if (!has_database)
        findings_add(findings, "settings", FINDING_OK,
                     "by default: the database that libpq finds by itself");
}

/* ---- What is wrong with them ---- */

static void doctor_judge_file(const struct command_line *line, struct findings *findings)
{
    if (line->config_error.kind != ERROR_NONE) {
        findings_add_error(findings, "config", FINDING_FAIL, &line->config_error,
                           "write KEY=value lines, or name another file with --config");
    } else if (access(line->config.path, F_OK) != 0) {
        findings_add(findings, "config", FINDING_OK, "there is no %s: the environment alone counts",
                     line->config.path);
    } else {
        findings_add(findings, "config", FINDING_OK,
                     "%s can be read, and shows no secret to others", line->config.path);
    }
}

static void doctor_judge_hidden(const struct command_line *line, const char *name,
                                struct findings *findings)
{
    if (!config_is_hidden(&line->config, name))
        return;
    findings_add(findings, "settings", FINDING_WARNING,
                 "%s is one thing in the environment, which counts, and another in %s", name,
                 line->config.path);
    findings_hint(findings, "unset %s", name);
}

static void doctor_judge_conflicts(const struct command_line *line, struct findings *findings)
{
    static const char *const pairs[][2] = {
        {"SUPABASE_SERVICE_ROLE_KEY", "SUPABASE_SECRET_KEY"},
        {"SYNCSCHED_FUNCTION_URL", "SYNCSCHED_FUNCTION"},
    };
    char variable[COMMAND_VARIABLE_SIZE];

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (config_get(&line->config, pairs[i][0]) == NULL ||
            config_get(&line->config, pairs[i][1]) == NULL)
            continue;
        findings_add(findings, "settings", FINDING_WARNING,
                     "both %s and %s are set: the first one counts", pairs[i][0], pairs[i][1]);
        doctor_hint_unsetting(line, pairs[i][1], findings);
    }
    for (size_t i = 0; i < DOCTOR_SETTINGS; i++)
        doctor_judge_hidden(line, doctor_settings[i].name, findings);
    for (const struct command_option *o = command_run.options; o->name != NULL; o++) {
        command_variable(o->name, variable);
        doctor_judge_hidden(line, variable, findings);
    }
}

/* An error about an option begins with its name. */
static void doctor_hint_option(const struct command_line *line, const struct error *err,
                               struct findings *findings)
{
    char variable[COMMAND_VARIABLE_SIZE];

    for (const struct command_option *o = command_run.options; o->name != NULL; o++) {
        size_t length = strlen(o->name);

        if (strncmp(err->message, "--", 2) == 0 &&
            strncmp(err->message + 2, o->name, length) == 0 &&
            strchr(": ", err->message[2 + length]) != NULL) {
            command_variable(o->name, variable);
            doctor_hint_unsetting(line, variable, findings);
        }
    }
}

static void doctor_judge_options(const struct command_line *line, bool *wants_retries,
                                 struct findings *findings)
{
    struct tick_options options = {0};
    struct error err = {0};

    if (run_read_options(line, &options, &err)) {
        findings_add(findings, "options", FINDING_OK, "a tick takes all of its options");
    } else {
        findings_add_error(findings, "options", FINDING_FAIL, &err, NULL);
        doctor_hint_option(line, &err, findings);
    }
    *wants_retries = options.max_attempts > 1;
}

void doctor_judge_settings(const struct command_line *line, bool *wants_retries,
                           struct findings *findings)
{
    doctor_judge_file(line, findings);
    doctor_add_sources(line, findings);
    doctor_judge_conflicts(line, findings);
    doctor_judge_options(line, wants_retries, findings);
}
