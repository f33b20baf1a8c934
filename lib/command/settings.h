/*
 * The settings that several commands share: the database and the function (design section 7).
 */
#ifndef SYNCSCHED_COMMAND_SETTINGS_H
#define SYNCSCHED_COMMAND_SETTINGS_H

#include "base/config.h"
#include "base/error.h"
#include "call/function.h"

/* SUPABASE_DB_URL, or NULL for libpq's own variables. Borrowed from config or environment. */
const char *settings_database_url(const struct config *config);

/*
 * Where and with what the function is called, checked. *url receives the address, which the caller
 * frees and which address borrows. ERROR_CONFIG, naming the setting.
 */
bool settings_function(const struct config *config, struct function_address *address, char **url,
                       struct error *err);

#endif
