#include "base/json.h"
#include "command/command.h"
#include "command/settings.h"
#include "inspect/upcoming.h"
#include "time/clock.h"

#include <stdlib.h>

enum { WARM_READ_MS = 20000 };

/* Whether a slot is due soon, by the database's clock. */
static bool warm_is_needed(const struct upcoming_options *options, bool *is_needed,
                           struct error *err)
{
    struct upcoming upcoming = {0};
    bool ok = upcoming_read(options, &upcoming, err);

    *is_needed = ok && upcoming_first(&upcoming) != NULL;
    upcoming_free(&upcoming);
    return ok;
}

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

static bool warm_function(const struct http_target *address, const struct upcoming_options *options,
                          struct error *err)
{
    struct http_ping ping = {0};
    bool is_needed;

    if (!warm_is_needed(options, &is_needed, err) ||
        (is_needed && !http_client_ping(address, clock_now_ms() + HTTP_PING_MS, &ping, err)) ||
        !warm_print(is_needed, &ping, err))
        return false;
    return !is_needed || ping.status != 0 ||
           error_set(err, ERROR_INVALID, "the function was not reached: %s", ping.failure);
}

int command_warm(const struct command_line *line)
{
    struct upcoming_options options = {
        .database = settings_database(line),
        .deadline_ms = line->started_at_ms + WARM_READ_MS,
        .ahead_ms = line->values[SETTING_AHEAD].number,
    };
    struct http_target address;
    struct error err = {0};
    char *url = NULL;
    bool ok = settings_function_address(line, &address, &url, &err) &&
              warm_function(&address, &options, &err);

    free(url);
    return ok ? 0 : command_fail(&err);
}
