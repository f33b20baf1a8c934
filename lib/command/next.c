#include "base/json.h"
#include "base/log.h"
#include "command/asked.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/upcoming.h"
#include "report/upcoming.h"

#include <stdio.h>
#include <unistd.h>

#define NEXT_HOUR_MS INT64_C(3600000)

enum { NEXT_BUDGET_MS = 50000 };

/* Prints slot after slot: there may be millions. */
static bool next_print(struct upcoming *upcoming, const struct terminal *terminal,
                       struct error *err)
{
    struct when when = {.now_us = upcoming->now_us};
    struct text out = {0};
    bool is_first = true;
    bool ok = true;
    json_t *slot;

    for (; ok && (slot = upcoming_first(upcoming)) != NULL; upcoming_advance(upcoming)) {
        text_clear(&out);
        if (terminal == NULL) {
            text_add(&out, is_first ? "[" : ",\n ");
            json_add_line(&out, json_incref(slot));
        } else {
            if (is_first)
                upcoming_add_heading(terminal, &out);
            upcoming_add_line(terminal, &when, slot, &out);
        }
        is_first = false;
        ok = fwrite(out.data, 1, out.length, stdout) == out.length;
    }
    text_free(&out);
    when_free(&when);
    return command_write(terminal != NULL ? "" : is_first ? "[]\n" : "]\n", err);
}

int command_next(const struct command_line *line)
{
    struct upcoming_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + NEXT_BUDGET_MS,
        .ahead_ms = line->values[SETTING_HOURS].number * NEXT_HOUR_MS,
    };
    struct terminal terminal = terminal_look(STDOUT_FILENO, line->values[SETTING_WIDTH].number);
    struct upcoming upcoming = {0};
    struct asked asked;
    struct error err = {0};
    bool ok = asked_read(line, options.deadline_ms, false, &asked, &err);

    options.org_id = asked.org_id;
    options.integration_id = asked.integration_id;
    ok = ok && upcoming_read(&options, &upcoming, &err);
    if (ok && upcoming.matched == 0)
        log_warning("no schedule is enabled%s",
                    options.org_id != NULL || options.integration_id != NULL
                        ? " for what was asked for"
                        : "");
    ok = ok && next_print(&upcoming, line->values[SETTING_JSON].is_given ? NULL : &terminal, &err);
    upcoming_free(&upcoming);
    asked_free(&asked);
    return ok ? 0 : command_fail(&err);
}
