#include "store/schema.h"

#include "sql.h"

#include <inttypes.h>

/* What states of version 1 before its first release called themselves: up to this. */
enum { SCHEMA_EARLIER_MAX = 4 };

const char *schema_text(void)
{
    return sql_schema;
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
                   : "bring the schema up to date: syncsched schema | psql");
    database_row_refuse(row, &refused);
    return false;
}
