#include "inspect/doctor.h"

#include "base/secret.h"
#include "command/command.h"
#include "command/doctor_settings.h"
#include "command/settings.h"
#include "report/doctor.h"

#include <stdlib.h>
#include <unistd.h>

enum { DOCTOR_READ_MS = 20000 };

/* Settings that are wrong become findings, and the rest is examined without them. */
static void doctor_examine_all(const struct command_line *line, struct findings *findings)
{
    struct doctor_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + DOCTOR_READ_MS,
        .wants_retries = line->values[SETTING_MAX_ATTEMPTS].number > 1,
    };
    struct text tick = {0};
    struct text migrate = {0};
    char *key = NULL;
    char *url = NULL;

    doctor_judge_settings(line, findings);
    doctor_add_tick(line, &tick);
    doctor_add_migrate(line, &migrate);
    options.tick = text_string(&tick);
    options.migrate = text_string(&migrate);
    if (settings_key(line, &key, &options.key_error))
        options.key = key;
    if (!settings_function_address(line, &options.function, &url, &options.address_error))
        options.function.url = NULL;
    doctor_examine(&options, findings);
    secret_free(key);
    free(url);
    text_free(&tick);
    text_free(&migrate);
}

int command_doctor(const struct command_line *line)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO);
    struct findings findings = {0};
    struct text out = {0};
    struct error err = {0};
    bool is_ready;
    bool ok;

    doctor_examine_all(line, &findings);
    doctor_report(&findings, line->values[SETTING_JSON].is_given, &terminal, &out);
    ok = command_write(out.data, &err);
    is_ready = findings_count(&findings, NULL, FINDING_FAIL) == 0;
    text_free(&out);
    findings_free(&findings);
    return !ok ? command_fail(&err) : is_ready ? 0 : 1;
}
