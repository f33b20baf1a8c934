/*
 * `syncsched run` that names what to send: --org, --integration (design section 4, "By name").
 */
#ifndef SYNCSCHED_COMMAND_BY_HAND_H
#define SYNCSCHED_COMMAND_BY_HAND_H

#include "base/error.h"
#include "command/command.h"
#include "tick/tick.h"

/* Whether the line names an organisation or an integration. */
bool by_hand_is_named(const struct command_line *line);

/* Checks what goes together of --at, --from, --to, --now, --again and the like, named or not. */
bool by_hand_check_options(const struct command_line *line, struct error *err);

/*
 * Does it, or prints what it would do (then the result is not complete). False as tick_run().
 */
bool by_hand_run(const struct command_line *line, const struct tick_options *options,
                 struct tick_result *result, struct error *err);

#endif
