#include "store/schema.h"
#include "command/command.h"

static int schema_main(const struct command_line *line)
{
    struct error err;

    (void)line;
    return command_write(schema_text(), &err) ? 0 : command_fail(&err);
}

const struct command command_schema = {
    .name = "schema",
    .summary = "Print the migration for psql. Safe to apply twice.",
    .is_offline = true,
    .run = schema_main,
};
