#include "base/json.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/upcoming.h"
#include "time/clock.h"

enum { WARM_READ_MS = 20000 };

/* {"pinged":true,"status":204,"milliseconds":812}; null where the function did not answer. */
static bool warm_print(bool is_pinged, const struct http_ping *ping, struct error *err)
{
    bool is_answered = ping->status != 0;
    struct text out = {0};
    bool ok;

    json_add_line(&out,
                  json_pack("{s:b, s:o, s:o}", "pinged", is_pinged, "status",
                            is_answered ? json_integer(ping->status) : json_null(), "milliseconds",
                            is_answered ? json_integer(ping->ms) : json_null()));
    ok = command_print(out.data, err);
    text_free(&out);
    return ok;
}

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
    bool ok = settings_function_address(line, &function, &err) &&
              upcoming_read(&options, &upcoming, &err);
    bool is_due_soon = ok && upcoming_first(&upcoming) != NULL;

    upcoming_free(&upcoming);
    if (is_due_soon)
        ok = http_client_ping(&function.address, clock_now_ms() + HTTP_PING_MS, &ping, &err);
    ok = ok && warm_print(is_due_soon, &ping, &err);
    if (ok && is_due_soon && ping.status == 0)
        ok = error_set(&err, ERROR_INVALID, "the function was not reached: %s", ping.failure);
    settings_function_free(&function);
    return ok ? 0 : command_fail(&err);
}
