/*
 * The settings that several commands share, and those that take some reading: the database, the
 * function, the external systems (design section 7).
 */
#ifndef SYNCSCHED_COMMAND_SETTINGS_H
#define SYNCSCHED_COMMAND_SETTINGS_H

#include "base/error.h"
#include "call/http_client.h"
#include "command/command.h"
#include "inspect/probe.h"
#include "store/database.h"

/* SUPABASE_DB_URL and --db-role. Borrowed from the command line, its configuration, environment. */
struct database_address settings_database(const struct command_line *line);

/*
 * SYNCSCHED_PING_URL, checked, and the way there; url is NULL where there is none, and with a
 * warning where there is a wrong one: no tick fails because a monitor is missing. Borrowed.
 */
struct http_target settings_monitor(const struct command_line *line);

/*
 * The key, from wherever it is set, unchecked; secret_free() releases it; and the setting's name.
 * ERROR_CONFIG, naming the setting.
 */
bool settings_key(const struct command_line *line, char **key, const char **name,
                  struct error *err);

/* Where and with what the function is called, and the texts that address borrows. */
struct settings_function {
    struct http_target address;
    char *url;
    char *key;
};

/*
 * Reads and checks all of it. settings_function_free() releases it, after a failure too.
 * ERROR_CONFIG, naming the setting.
 */
bool settings_function(const struct command_line *line, struct settings_function *function,
                       struct error *err);

/* The same for the address and the way there, without a key. The function has no address yet. */
bool settings_function_address(const struct command_line *line, struct settings_function *function,
                               struct error *err);
void settings_function_free(struct settings_function *function);

/*
 * What is to be probed, a target a type of integration: its address (SYNCSCHED_HEALTH_URL_<TYPE>),
 * by the same way as the function's, and whether it is to be left alone (SYNCSCHED_HEALTH_PASSIVE,
 * the types separated by commas). Borrowed from the line. ERROR_CONFIG, naming the
 * setting.
 */
bool settings_probe(const struct command_line *line, struct probe_target targets[PROBE_TYPES],
                    struct error *err);

#endif
