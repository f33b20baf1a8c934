#include "store/schema.h"

#include "sql.h"

#include <inttypes.h>
#include <string.h>

/* What states of version 1 before its first release called themselves: up to this. */
enum { SCHEMA_EARLIER_MAX = 4, SCHEMA_LOCK_TIMEOUT_MS = 10 * 1000 };

const char *schema_text(void)
{
    return sql_schema;
}

struct text schema_text_without_transaction(void)
{
    struct text text = {0};

    for (const char *line = sql_schema; *line != '\0';) {
        size_t length = strcspn(line, "\n");

        length += line[length] == '\n' ? 1 : 0;
        if (strncmp(line, "BEGIN;\n", length) != 0 && strncmp(line, "COMMIT;\n", length) != 0)
            text_addf(&text, "%.*s", (int)length, line);
        line += length;
    }
    return text;
}

struct schema_look {
    schema_table_reader *read_table;
    void *context;
};

static void schema_read_table(void *context, const struct database_row *row)
{
    const struct schema_look *look = context;
    struct schema_table table = {
        .name = database_row_text(row, "name"),
        .database = database_row_text(row, "database"),
        .role = database_row_text(row, "role"),
        .home = database_row_text(row, "home"),
        .schema = database_row_text(row, "schema"),
        .is_owned = database_row_is_true(row, "is_owned"),
        .gets_a_timezone = database_row_is_true(row, "gets_a_timezone"),
    };

    table.is_own = strncmp(table.name, "sync_", strlen("sync_")) == 0;
    look->read_table(look->context, &table);
}

bool schema_look(struct database *db, schema_table_reader *read_table, void *context,
                 int64_t deadline_ms, struct error *err)
{
    struct schema_look look = {read_table, context};
    const struct database_statement statement = {
        .sql = sql_migration, .read_row = schema_read_table, .context = &look};

    return database_transact(db, &statement, 1, SCHEMA_LOCK_TIMEOUT_MS, deadline_ms, err);
}

bool schema_apply(struct database *db, int64_t deadline_ms, struct error *err)
{
    if (database_run_script(db, sql_schema, deadline_ms, err))
        return true;
    if (!database_has_refused(db))
        return error_hint(err, "nobody knows whether it was applied: apply it again");
    error_prefix(err, "nothing was changed");
    if (database_is_denied(db))
        error_hint(err, "connect as the owner of the tables that exist, who may also create in the "
                        "schema (on Supabase: postgres)");
    return false;
}

bool schema_check(const struct database_row *row)
{
    int64_t version = database_row_number(row, "schema_version", 0);
    struct error refused;

    if (version == SCHEMA_VERSION)
        return true;
    error_set(&refused, ERROR_DATABASE,
              "database: the schema is of version %" PRId64 ", this program works with version %d",
              version, SCHEMA_VERSION);
    error_hint(&refused, "%s",
               version > SCHEMA_EARLIER_MAX
                   ? "update syncsched"
                   : "bring the schema up to date: syncsched schema --apply");
    database_row_refuse(row, &refused);
    return false;
}
