#include "store/schema.h"
#include "command/command.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int schema_main(const struct command_line *line)
{
    struct error err;

    (void)line;
    if (fputs(schema_text(), stdout) >= 0 && fflush(stdout) == 0)
        return 0;
    error_set(&err, ERROR_INTERNAL, "cannot write to standard output: %s", strerror(errno));
    return command_fail(&err);
}

const struct command command_schema = {
    .name = "schema",
    .summary = "Print the migration for psql. Safe to apply twice.",
    .run = schema_main,
};
