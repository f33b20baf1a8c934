#include "store/schema.h"
#include "base/log.h"
#include "command/command.h"
#include "command/settings.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* An index over a log of many years takes its time. */
enum { SCHEMA_BUDGET_MS = 30 * 60 * 1000, SCHEMA_ANSWER_SIZE = 16, SCHEMA_NAME_MAX = 64 };

/* What the migration will do, in words, and what is in its way. */
struct schema_forecast {
    const char *host;
    struct text words;
    struct error refused;
};

static const char *schema_say_fate(const struct schema_table *table)
{
    if (table->schema == NULL)
        return "is made";
    if (table->is_own)
        return "exists: is brought up to date; its rows and its grants stay";
    if (table->gets_a_timezone)
        return "exists: gets the column timezone, and is left as it is otherwise";
    return "exists: is left as it is";
}

/* A name of the server's, which may hold anything. */
static void schema_add(struct schema_forecast *forecast, const char *before, const char *name)
{
    text_add(&forecast->words, before);
    text_add_clean(&forecast->words, name, strlen(name), SCHEMA_NAME_MAX);
}

static void schema_forecast_table(void *context, const struct schema_table *table)
{
    struct schema_forecast *forecast = context;

    if (forecast->words.length == 0) {
        schema_add(forecast, "database ", table->database);
        schema_add(forecast, " at ", forecast->host);
        schema_add(forecast, ", as ", table->role);
        schema_add(forecast, "; what is made goes to the schema ",
                   table->home != NULL ? table->home : "(none)");
        text_add(&forecast->words, "\n");
    }
    text_addf(&forecast->words, "  %-25s  %s\n", table->name, schema_say_fate(table));
    if (table->home == NULL && forecast->refused.kind == ERROR_NONE) {
        error_set(&forecast->refused, ERROR_DATABASE,
                  "the search path names no schema that exists");
        error_hint(&forecast->refused,
                   "type: CREATE SCHEMA public; or correct the role's search_path");
    }
    if (table->gets_a_timezone && !table->is_owned && forecast->refused.kind == ERROR_NONE) {
        error_set(&forecast->refused, ERROR_DATABASE,
                  "%s does not own the table %s.organizations, which lacks the column timezone",
                  table->role, table->schema);
        error_hint(&forecast->refused,
                   "let its owner type: ALTER TABLE %s.organizations ADD COLUMN "
                   "timezone text",
                   table->schema);
    }
}

/* Whether the person at the terminal says yes, or said so before. */
static bool schema_is_wanted(const struct command_line *line, struct error *err)
{
    char answer[SCHEMA_ANSWER_SIZE] = "";

    if (line->values[SETTING_YES].is_given)
        return true;
    if (isatty(STDIN_FILENO) == 0) {
        error_set(err, ERROR_USAGE, "nothing was changed: there is no terminal to ask on");
        return error_hint(err, "look at the list above, then give --yes, too");
    }
    fputs("Apply the migration? [y/N] ", stderr);
    if (fgets(answer, sizeof answer, stdin) != NULL && strchr("yY", *answer) != NULL &&
        *answer != '\0')
        return true;
    return error_set(err, ERROR_INVALID, "nothing was changed, as you wish");
}

static bool schema_migrate(const struct command_line *line, struct error *err)
{
    int64_t deadline_ms = line->started_at_ms + SCHEMA_BUDGET_MS;
    struct database_address address = settings_database(line);
    struct schema_forecast forecast = {0};
    struct database *db;
    bool ok;

    address.role = NULL; /* who owns the tables applies it, not who uses them */
    db = database_open(&address, deadline_ms, err);
    if (db == NULL)
        return false;
    forecast.host = database_host(db);
    ok = schema_look(db, schema_forecast_table, &forecast, deadline_ms, err) &&
         command_write(forecast.words.data, err);
    if (ok && forecast.refused.kind != ERROR_NONE) {
        *err = forecast.refused;
        ok = false;
    }
    ok = ok && schema_is_wanted(line, err) && schema_apply(db, deadline_ms, err) &&
         command_print("applied: the schema is of version " SCHEMA_VERSION_TEXT, err);
    text_free(&forecast.words);
    database_close(db);
    return ok;
}

int command_schema(const struct command_line *line)
{
    bool is_bare = line->values[SETTING_NO_TRANSACTION].is_given;
    bool is_applied = line->values[SETTING_APPLY].is_given;
    struct text text = {0};
    struct error err = {0};
    bool ok;

    if (is_applied && is_bare)
        ok = error_set(&err, ERROR_USAGE, "choose one of --apply and --no-transaction");
    else if (is_applied)
        ok = schema_migrate(line, &err);
    else if (line->values[SETTING_YES].is_given)
        ok = error_set(&err, ERROR_USAGE, "--yes needs --apply");
    else if (is_bare) {
        text = schema_text_without_transaction();
        ok = command_write(text.data, &err);
    } else
        ok = command_write(schema_text(), &err);
    text_free(&text);
    return ok ? 0 : command_fail(&err);
}
