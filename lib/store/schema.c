#include "store/schema.h"

#include "sql.h"

#include <inttypes.h>
#include <stddef.h>

/* What makes each version of the one before it, from 2 on. */
static const char *const schema_steps[] = {sql_upgrade_2, sql_upgrade_3, sql_upgrade_4};

_Static_assert(sizeof schema_steps / sizeof *schema_steps == SCHEMA_VERSION - 1,
               "a version without the step that makes it");

const char *schema_text(void)
{
    return sql_schema;
}

void schema_add_upgrade(int from, struct text *sql)
{
    if (from < 1 || from >= SCHEMA_VERSION)
        return;
    text_add(sql, sql_upgrade_begin);
    for (int version = from + 1; version <= SCHEMA_VERSION; version++)
        text_add(sql, schema_steps[version - 2]);
    text_add(sql, sql_upgrade_end);
}

bool schema_check(int64_t version, struct error *err)
{
    if (version == SCHEMA_VERSION)
        return true;
    error_set(err, ERROR_DATABASE,
              "database: the schema is of version %" PRId64 ", this program works with version %d",
              version, SCHEMA_VERSION);
    if (version > SCHEMA_VERSION)
        error_hint(err, "update syncsched");
    else
        error_hint(err, "bring the schema up to date: syncsched schema --from %" PRId64 " | psql",
                   version > 0 ? version : 1);
    return false;
}

bool schema_settle(bool ok, const struct error *refused, struct error *err)
{
    if (refused->kind == ERROR_NONE)
        return ok;
    *err = *refused;
    return false;
}
