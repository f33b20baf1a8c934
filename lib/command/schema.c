#include "store/schema.h"
#include "command/command.h"

int command_schema(const struct command_line *line)
{
    struct error err = {0};

    (void)line;
    return command_write(schema_text(), &err) ? 0 : command_fail(&err);
}
