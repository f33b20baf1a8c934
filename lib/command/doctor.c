#include "inspect/doctor.h"

#include "base/secret.h"
#include "command/command.h"
#include "command/doctor_settings.h"
#include "command/settings.h"
#include "report/doctor.h"

#include <stdlib.h>
#include <unistd.h>

enum { DOCTOR_READ_MS = 20000 };

static const struct command_option doctor_options[] = {
    {"json", NULL, "print a JSON object"},
    SETTINGS_DATABASE_OPTIONS,
    {0},
};

/* Settings that are wrong become findings, and the rest is examined without them. */
static void doctor_examine_all(const struct command_line *line, struct findings *findings)
{
    struct doctor_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + DOCTOR_READ_MS,
    };
    struct text tick = {0};
    struct text migrate = {0};
    char *key = NULL;
    char *url = NULL;

    doctor_judge_settings(line, &options.wants_retries, findings);
    doctor_add_tick(line, &tick);
    doctor_add_migrate(line, &migrate);
    options.tick = text_string(&tick);
    options.migrate = text_string(&migrate);
    if (settings_key(&line->config, &key, &options.key_error))
        options.key = key;
    if (!settings_function_address(&line->config, &options.function, &url, &options.address_error))
        options.function.url = NULL;
    doctor_examine(&options, findings);
    secret_free(key);
    free(url);
    text_free(&tick);
    text_free(&migrate);
}

static int doctor_main(const struct command_line *line)
{
    struct terminal terminal = terminal_look(STDOUT_FILENO);
    struct findings findings = {0};
    struct text out = {0};
    struct error err = {0};
    bool is_json;
    bool ok = command_switch(line, "json", &is_json, &err);
    bool is_ready;

    if (ok) {
        doctor_examine_all(line, &findings);
        doctor_report(&findings, is_json, &terminal, &out);
        ok = command_write(out.data, &err);
    }
    is_ready = findings_count(&findings, NULL, FINDING_FAIL) == 0;
    text_free(&out);
    findings_free(&findings);
    return !ok ? command_fail(&err) : is_ready ? 0 : 1;
}

const struct command command_doctor = {
    .name = "doctor",
    .summary = "Check what a tick needs, and say what to do. Writes nothing.",
    .options = doctor_options,
    .judges_config = true,
    .run = doctor_main,
};
