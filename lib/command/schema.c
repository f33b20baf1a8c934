#include "store/schema.h"
#include "base/log.h"
#include "command/command.h"

static const struct command_option schema_options[] = {
    {"from", "N", "print only what takes a schema of version N to this one"},
    {0},
};

/* 0: the whole migration. Where there is nothing to apply nothing is printed, for psql to take. */
static bool schema_print(int from, struct error *err)
{
    struct text sql = {0};
    bool ok;

    if (from == 0)
        return command_write(schema_text(), err);
    if (from == SCHEMA_VERSION)
        log_warning("version %d is this program's own: there is nothing to apply", from);
    schema_add_upgrade(from, &sql);
    ok = command_write(text_string(&sql), err);
    text_free(&sql);
    return ok;
}

static int schema_main(const struct command_line *line)
{
    struct error err = {0};
    int from;

    return command_number(line, "from", 0, 1, SCHEMA_VERSION, &from, &err) &&
                   schema_print(from, &err)
               ? 0
               : command_fail(&err);
}

const struct command command_schema = {
    .name = "schema",
    .summary = "Print the migration for psql. Safe to apply twice.",
    .options = schema_options,
    .is_offline = true,
    .run = schema_main,
};
