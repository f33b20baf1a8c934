#include "store/doctor.h"

#include "sql.h"
#include "store/schema.h"

enum { DOCTOR_LOCK_MS = 5000 };

bool doctor_read(struct database *db, const char *role, int64_t deadline_ms,
                 database_row_reader *read_row, void *context, struct error *err)
{
    const char *values[] = {role, SCHEMA_VERSION_TEXT, schema_text()};
    struct database_statement statement = {.sql = sql_doctor,
                                           .parameters = 3,
                                           .values = values,
                                           .read_row = read_row,
                                           .context = context};
    struct database_transaction transaction = {
        .statements = &statement, .count = 1, .lock_timeout_ms = DOCTOR_LOCK_MS};

    database_run(db, &transaction, deadline_ms);
    if (transaction.done)
        return true;
    *err = transaction.error;
    transaction.is_role_less = true;
    if (role != NULL)
        database_run(db, &transaction, deadline_ms);
    return false;
}
