/*
 * `doctor`: where the settings of a tick come from, what is wrong with them, and the commands by
 * which a person corrects them. inspect/doctor.h does the rest.
 */
#include "inspect/doctor.h"

#include "base/text.h"
#include "command/command.h"
#include "command/settings.h"
#include "report/doctor.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DOCTOR_READ_MS = 20000 };

/* ---- Commands ---- */

/* Adds a word as a shell takes it for one. */
static void doctor_add_word(const char *word, struct text *command)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "/._-+:,@";

    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        text_add(command, word);
        return;
    }
    text_add(command, "'");
    for (const char *c = word; *c != '\0'; c++)
        text_append(command, *c == '\'' ? "'\\''" : c, *c == '\'' ? 4 : 1);
    text_add(command, "'");
}

/* A file by its whole path. */
static void doctor_add_path(const char *name, const char *otherwise, struct text *command)
{
    char *path = realpath(name, NULL);

    doctor_add_word(path != NULL ? path : otherwise, command);
    free(path);
}

/* Whether one of libpq's own variables comes from there. */
static bool doctor_has_variable(const struct command_line *line, enum config_source source)
{
    for (const struct setting *s = settings; s < settings + SETTINGS; s++)
        if (strncmp(s->variable, "PG", 2) == 0 &&
            config_source(&line->config, s->variable) == source)
            return true;
    return false;
}

/* Whether systemd runs this machine, and has been given our timer. */
static bool doctor_has_timer(void)
{
    static const char *const places[] = {"/etc", "/usr/local/lib", "/usr/lib", "/lib"};
    char path[64];

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        snprintf(path, sizeof path, "%s/systemd/system/syncsched.timer", places[i]);
        if (access("/run/systemd/system", F_OK) == 0 && access(path, F_OK) == 0)
            return true;
    }
    return false;
}

/* Who is to tick: the service's own user where it is there, else who asks. */
static const char *doctor_find_user(void)
{
    const struct passwd *user = getpwnam("syncsched");

    if (user == NULL)
        user = getpwuid(geteuid());
    return user != NULL ? user->pw_name : "syncsched";
}

/*
 * What starts ticks: the timer, or a line of /etc/cron.d, with the whole path, since a crontab's
 * own is short; and what applies the schema to the database of the settings.
 */
static void doctor_add_commands(const struct command_line *line, struct text *crontab,
                                struct text *migrate)
{
    struct text program = {0};
    struct text file = {0};

    doctor_add_path("/proc/self/exe", "/usr/local/bin/syncsched", &program);
    doctor_add_path(line->config.path, line->config.path, &file);
    text_addf(crontab, "* * * * *  %s  %s run", doctor_find_user(), program.data);
    if (strcmp(line->config.path, settings[SETTING_CONFIG].fallback) != 0)
        text_addf(crontab, " --config %s", file.data);
    if (line->given[SETTING_DB_ROLE] != NULL) {
        text_add(crontab, " --db-role ");
        doctor_add_word(line->given[SETTING_DB_ROLE], crontab);
    }
    text_add(crontab, " >/dev/null # in /etc/cron.d/syncsched");
    if (doctor_has_timer()) {
        text_free(crontab);
        text_add(crontab, "systemctl enable --now syncsched.timer");
    }
    text_addf(migrate, "%s schema --apply", program.data);
    if (strcmp(line->config.path, settings[SETTING_CONFIG].fallback) != 0)
        text_addf(migrate, " --config %s", file.data);
    text_free(&program);
    text_free(&file);
}

/* Gives the last finding the command that shows a setting, or takes it from this shell. */
static void doctor_hint_setting(const struct command_line *line, const char *name, json_t *findings)
{
    struct text file = {0};

    doctor_add_path(line->config.path, line->config.path, &file);
    if (config_source(&line->config, name) == CONFIG_ENVIRONMENT)
        findings_hint(findings, "unset %s", name);
    else
        findings_hint(findings, "grep -n '^[[:blank:]]*%s[[:blank:]]*=' %s # correct or remove it",
                      name, file.data);
    text_free(&file);
}

/* ---- Where they come from ---- */

/* Adds all that come from there, as a list. */
static void doctor_add_source(const struct command_line *line, enum config_source source,
                              const char *where, json_t *findings)
{
    const struct config *config = &line->config;
    struct text list = {0};

    for (const struct setting *s = settings; s < settings + SETTINGS; s++) {
        if (config_source(config, s->variable) != source || s->obeyed == SETTING_ONCE ||
            (s->obeyed == SETTING_ENVIRONMENT && source != CONFIG_ENVIRONMENT))
            continue;
        text_addf(&list, "%s%s", list.length > 0 ? ", " : "", s->variable);
        if (s->secrecy == SETTING_OPEN)
            text_addf(&list, "=%s", config_get(config, s->variable));
    }
    if (list.length > 0)
        findings_add(findings, "settings", FINDING_OK, NULL, "from %s: %s", where,
                     text_string(&list));
    text_free(&list);
}

static void doctor_add_sources(const struct command_line *line, json_t *findings)
{
    if (line->given[SETTING_DB_ROLE] != NULL)
        findings_add(findings, "settings", FINDING_OK, NULL, "from the command line: --db-role=%s",
                     line->given[SETTING_DB_ROLE]);
    doctor_add_source(line, CONFIG_ENVIRONMENT, "the environment", findings);
    doctor_add_source(line, CONFIG_FILE, line->config.path, findings);
    if (!line->values[SETTING_FUNCTION_URL].is_given && !line->values[SETTING_FUNCTION].is_given)
        findings_add(findings, "settings", FINDING_OK, NULL, "by default: %s=%s",
                     settings[SETTING_FUNCTION].variable, settings[SETTING_FUNCTION].fallback);
    if (!line->values[SETTING_SUPABASE_DB_URL].is_given &&
        !doctor_has_variable(line, CONFIG_ENVIRONMENT) && !doctor_has_variable(line, CONFIG_FILE))
        findings_add(findings, "settings", FINDING_OK, NULL,
                     "by default: the database that libpq finds by itself");
}

/* ---- What is wrong with them ---- */

/* Names without effect, settings that exclude each other, and values that hide others. */
static void doctor_judge_conflicts(const struct command_line *line, json_t *findings)
{
    static const enum setting_name rivals[][2] = {
        {SETTING_SUPABASE_SERVICE_ROLE_KEY, SETTING_SUPABASE_SECRET_KEY},
        {SETTING_FUNCTION_URL, SETTING_FUNCTION},
    };
    const char *stranger;
    json_t *unused;

    json_object_foreach(line->config.strangers, stranger, unused)
    {
        struct error err;

        config_explain_stranger(stranger, &err);
        findings_add(findings, "settings", FINDING_WARNING, NULL, "%s%s%s%s", err.message,
                     *err.hint != '\0' ? " (" : "", err.hint, *err.hint != '\0' ? ")" : "");
        doctor_hint_setting(line, stranger, findings);
    }
    for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++) {
        const char *first = settings[rivals[i][0]].variable;
        const char *second = settings[rivals[i][1]].variable;

        if (!line->values[rivals[i][0]].is_given || !line->values[rivals[i][1]].is_given)
            continue;
        findings_add(findings, "settings", FINDING_WARNING, NULL,
                     "both %s and %s are set: the first one is used", first, second);
        doctor_hint_setting(line, second, findings);
    }
    for (const struct setting *s = settings; s < settings + SETTINGS; s++) {
        if (s->obeyed != SETTING_ANYWHERE || !config_is_hidden(&line->config, s->variable))
            continue;
        findings_add(findings, "settings", FINDING_WARNING, NULL,
                     "%s has one value in the environment, which is used, and another in %s",
                     s->variable, line->config.path);
        doctor_hint_setting(line, s->variable, findings);
    }
}

static void doctor_judge_settings(const struct command_line *line, json_t *findings)
{
    const char *path = line->config.path;

    if (line->config_error.kind != ERROR_NONE)
        findings_add_error(findings, "config", FINDING_FAIL, &line->config_error,
                           "write KEY=value lines, or name another file with --config");
    else
        findings_add(findings, "config", FINDING_OK, NULL,
                     access(path, F_OK) != 0
                         ? "there is no %s: settings come from the environment alone"
                         : "%s can be read, and shows no secret to others",
                     path);
    doctor_add_sources(line, findings);
    doctor_judge_conflicts(line, findings);
    if (line->options_error.kind == ERROR_NONE) {
        findings_add(findings, "options", FINDING_OK, NULL, "the value of each option can be used");
    } else {
        findings_add_error(findings, "options", FINDING_FAIL, &line->options_error, NULL);
        doctor_hint_setting(line, settings[line->wrong_option].variable, findings);
    }
}

/* ---- The command ---- */

/* Settings that are wrong become findings, and the rest is examined without them. */
static void doctor_examine_all(const struct command_line *line, json_t *findings)
{
    struct doctor_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + DOCTOR_READ_MS,
        .wants_retries = line->values[SETTING_MAX_ATTEMPTS].number > 1,
        .is_half_read = line->config.is_half_read,
    };
    struct text crontab = {0};
    struct text migrate = {0};
    struct settings_function function = {0};

    if (line->config.is_unread) { /* what follows would be about other settings */
        findings_add_error(findings, "config", FINDING_FAIL, &line->config_error,
                           "name another file with --config");
        findings_add(findings, "options", FINDING_UNASKED, NULL,
                     "nothing else can be looked at without the settings of that file");
        return;
    }
    doctor_judge_settings(line, findings);
    doctor_add_commands(line, &crontab, &migrate);
    options.crontab = text_string(&crontab);
    options.migrate = text_string(&migrate);
    if (settings_key(line, &function.key, &options.key_name, &options.key_error))
        options.key = function.key;
    if (settings_function_address(line, &function, &options.address_error))
        options.function = function.address;
    doctor_examine(&options, findings);
    settings_function_free(&function);
    text_free(&crontab);
    text_free(&migrate);
}

int command_doctor(const struct command_line *line)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO, 0);
    json_t *findings = json_array();
    struct text out = {0};
    struct error err = {0};
    bool is_ready;
    bool ok;

    doctor_examine_all(line, findings);
    doctor_report(findings, line->values[SETTING_JSON].is_given, &terminal, &out);
    ok = command_write(out.data, &err);
    is_ready = findings_count(findings, NULL, FINDING_FAIL) == 0;
    text_free(&out);
    json_decref(findings);
    return !ok ? command_fail(&err) : is_ready ? 0 : 1;
}
