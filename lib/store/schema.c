#include "store/schema.h"

#include "sql.h"

#include <inttypes.h>

/* What states of version 1 before its first release called themselves: up to this. */
enum { SCHEMA_EARLIER_MAX = 4 };

const char *schema_text(void)
{
    return sql_schema;
}

bool schema_check(int64_t version, struct error *err)
{
    if (version == SCHEMA_VERSION)
        return true;
    error_set(err, ERROR_DATABASE,
              "database: the schema is of version %" PRId64 ", this program works with version %d",
              version, SCHEMA_VERSION);
    error_hint(err, "%s",
               version > SCHEMA_EARLIER_MAX
                   ? "update syncsched"
                   : "bring the schema up to date: syncsched schema | psql");
    return false;
}

bool schema_settle(bool ok, const struct error *refused, struct error *err)
{
    if (refused->kind == ERROR_NONE)
        return ok;
    *err = *refused;
    return false;
}
