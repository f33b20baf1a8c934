/*
 * The settings that several commands share: the database and the function (design section 7).
 */
#ifndef SYNCSCHED_COMMAND_SETTINGS_H
#define SYNCSCHED_COMMAND_SETTINGS_H

#include "base/config.h"
#include "base/error.h"
#include "call/function.h"
#include "command/command.h"
#include "store/database.h"

/* What a command that uses the database has among its options. */
#define SETTINGS_DATABASE_OPTIONS                                                                  \
    {                                                                                              \
        "db-role", "ROLE", "become this role in the database, such as service_role"                \
    }

/* SUPABASE_DB_URL and --db-role. Borrowed from the command line, its configuration, environment. */
struct database_address settings_database(const struct command_line *line);

/*
 * Where and by what way the function is called, checked, without a key. The caller frees *url,
 * which address borrows, after a failure too. ERROR_CONFIG, naming the setting.
 */
bool settings_function_address(const struct config *config, struct function_address *address,
                               char **url, struct error *err);

/* Where and with what the function is called, and the texts that address borrows. */
struct settings_function {
    struct function_address address;
    char *url;
    char *key;
};

/*
 * Reads and checks it; settings_function_free() releases it, after a failure too. ERROR_CONFIG,
 * naming the setting.
 */
bool settings_function(const struct config *config, struct settings_function *function,
                       struct error *err);
void settings_function_free(struct settings_function *function);

#endif
