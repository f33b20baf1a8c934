/*
 * syncsched: calls the exports that are due by the schedules in a PostgreSQL database.
 * This is the table of its commands. lib/README.md is the map of the rest.
 */
#include "command/command.h"

int main(int argc, char *argv[])
{
    const struct command commands[] = {
        command_run,    command_due,    command_next,       command_audit,
        command_status, command_health, command_check_cron, command_prune,
        command_warm,   command_doctor, command_schema,     {0},
    };

    return command_main(argc, argv, commands);
}
