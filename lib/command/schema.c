#include "store/schema.h"
#include "command/command.h"

static int schema_main(const struct command_line *line)
{
    struct error err = {0};

    (void)line;
    return command_write(schema_text(), &err) ? 0 : command_fail(&err);
}

const struct command command_schema = {
    .name = COMMAND_SCHEMA,
    .is_offline = true,
    .run = schema_main,
};
