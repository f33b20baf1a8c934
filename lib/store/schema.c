#include "store/schema.h"

#include "sql.h"

const char *schema_text(void)
{
    return sql_schema;
}
