#include "base/log.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/upcoming.h"
#include "time/clock.h"

enum { WARM_READ_MS = 20000 };

int command_warm(const struct command_line *line)
{
    struct upcoming_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + WARM_READ_MS,
        .ahead_ms = line->values[SETTING_AHEAD].number,
    };
    struct upcoming upcoming = {0};
    struct settings_function function = {0};
    struct http_ping ping = {0};
    struct error err = {0};
    struct error warning;
    bool ok = settings_function_address(line, &function, &err) &&
              upcoming_read(&options, &upcoming, &err);
    bool is_due_soon = ok && upcoming_first(&upcoming) != NULL;
    bool is_answered;

    upcoming_free(&upcoming);
    if (is_due_soon)
        ok = http_client_ping(&function.address, clock_now_ms() + HTTP_PING_MS, &ping, &err);
    is_answered = ping.status != 0;
    if (http_client_was_cold(&ping, line->values[SETTING_COLD_START_AFTER].number)) {
        http_client_explain_cold_start(ping.ms, &warning);
        log_failure_as_warning(&warning);
    }
    /* {"pinged":true,"status":204,"milliseconds":812}; null where the function did not answer. */
    ok = ok && command_print_json(json_pack("{s:b, s:o, s:o}", "pinged", (int)is_due_soon, "status",
                                            is_answered ? json_integer(ping.status) : json_null(),
                                            "milliseconds",
                                            is_answered ? json_integer(ping.ms) : json_null()),
                                  &err);
    if (ok && is_due_soon && !is_answered)
        ok = error_set(&err, ERROR_INVALID, "the function was not reached: %s", ping.failure);
    settings_function_free(&function);
    return ok ? 0 : command_fail(&err);
}
