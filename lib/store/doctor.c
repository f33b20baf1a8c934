#include "store/doctor.h"

#include "sql.h"
#include "store/schema.h"

enum { DOCTOR_LOCK_MS = 5000 };

static void doctor_read_row(void *context, const struct database_row *row)
{
    const struct doctor_reading *reading = context;
    struct doctor_row found = {
        .about = database_row_text(row, "about"),
        .state = database_row_text(row, "state"),
        .message = database_row_text(row, "message"),
        .hint = database_row_text(row, "hint"),
        .age_s = database_row_number(row, "age_s", INT64_MIN),
    };

    reading->read(reading->context, &found);
}

bool doctor_read(struct database *db, const struct doctor_reading *reading, struct error *err)
{
    struct doctor_reading copy = *reading;
    const char *values[] = {reading->role, SCHEMA_VERSION_TEXT};
    struct database_statement statement = {.sql = sql_doctor,
                                           .parameters = 2,
                                           .values = values,
                                           .read_row = doctor_read_row,
                                           .context = &copy};
    struct database_transaction transaction = {.statements = &statement,
                                               .count = 1,
                                               .lock_timeout_ms = DOCTOR_LOCK_MS,
                                               .is_role_less = reading->is_role_less};

    database_run(db, &transaction, 1, reading->deadline_ms);
    if (!transaction.done)
        *err = transaction.error;
    return transaction.done;
}
