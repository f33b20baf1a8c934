#include "store/doctor.h"

#include "sql.h"
#include "store/schema.h"

enum { DOCTOR_LOCK_MS = 5000 };

bool doctor_read(struct database *db, const struct doctor_reading *reading, struct error *err)
{
    const char *values[] = {reading->role, SCHEMA_VERSION_TEXT, schema_text()};
    struct database_statement statement = {.sql = sql_doctor,
                                           .parameters = 3,
                                           .values = values,
                                           .read_row = reading->read_row,
                                           .context = reading->context};
    struct database_transaction transaction = {.statements = &statement,
                                               .count = 1,
                                               .lock_timeout_ms = DOCTOR_LOCK_MS,
                                               .is_role_less = reading->is_role_less};

    database_run(db, &transaction, 1, reading->deadline_ms);
    if (!transaction.done)
        *err = transaction.error;
    return transaction.done;
}
