/*
 * syncsched: calls the exports that are due by the schedules in a PostgreSQL database.
 * This is the table of its commands. lib/README.md is the map of the rest.
 */
#include "command/command.h"

int main(int argc, char *argv[])
{
    const struct command commands[] = {
        {.name = COMMAND_RUN,
         .run = command_run,
         .judges_options = true, /* a monitor hears of wrong ones */
         .warns_of_names = true},
        {.name = COMMAND_DUE, .run = command_due},
        {.name = COMMAND_NEXT, .run = command_next},
        {.name = COMMAND_AUDIT, .run = command_audit},
        {.name = COMMAND_LOG, .run = command_log},
        {.name = COMMAND_STATS, .run = command_stats},
        {.name = COMMAND_REPORT, .run = command_report},
        {.name = COMMAND_CHANGES, .run = command_changes},
        {.name = COMMAND_STATUS, .run = command_status},
        {.name = COMMAND_HEALTH, .run = command_health},
        {.name = COMMAND_METRICS, .run = command_metrics},
        {.name = COMMAND_CHECK_CRON, .run = command_check_cron, .is_offline = true},
        {.name = COMMAND_RESOLVE, .run = command_resolve},
        {.name = COMMAND_PRUNE, .run = command_prune},
        {.name = COMMAND_WARM, .run = command_warm},
        {.name = COMMAND_DOCTOR,
         .run = command_doctor,
         .judges_config = true,
         .judges_options = true,
         .warns_of_names = true},
        {.name = COMMAND_SCHEMA, .run = command_schema, .is_offline = true},
        {0},
    };

    return command_main(argc, argv, commands);
}
