#include "store/doctor.h"

#include "base/memory.h"
#include "sql.h"
#include "store/schema.h"

#include <stdlib.h>
#include <string.h>

enum { CHECKUP_LOCK_MS = 5000 };

static char *checkup_copy(const struct database_row *row, const char *column)
{
    const char *text = database_row_text(row, column);

    return memory_copy_text(text != NULL ? text : "");
}

static void checkup_read_row(void *context, const struct database_row *row)
{
    struct checkup_facts *facts = context;

    facts->list = memory_grow(facts->list, facts->count, &facts->capacity, sizeof *facts->list);
    facts->list[facts->count++] = (struct checkup_fact){
        .kind = checkup_copy(row, "kind"),
        .relation = checkup_copy(row, "relation"),
        .name = checkup_copy(row, "name"),
        .wanted = checkup_copy(row, "wanted"),
        .found = checkup_copy(row, "found"),
    };
}

bool checkup_read(struct database *db, const char *role, bool is_role_less, int64_t deadline_ms,
                  struct checkup_facts *facts, struct error *err)
{
    const char *values[] = {role, SCHEMA_VERSION_TEXT};
    struct database_statement statement = {.sql = sql_doctor,
                                           .parameters = 2,
                                           .values = values,
                                           .read_row = checkup_read_row,
                                           .context = facts};
    struct database_transaction transaction = {.statements = &statement,
                                               .count = 1,
                                               .lock_timeout_ms = CHECKUP_LOCK_MS,
                                               .is_role_less = is_role_less};

    *facts = (struct checkup_facts){0};
    database_run(db, &transaction, 1, deadline_ms);
    if (!transaction.done)
        *err = transaction.error;
    return transaction.done;
}

void checkup_free(struct checkup_facts *facts)
{
    for (size_t i = 0; i < facts->count; i++) {
        free(facts->list[i].kind);
        free(facts->list[i].relation);
        free(facts->list[i].name);
        free(facts->list[i].wanted);
        free(facts->list[i].found);
    }
    free(facts->list);
    *facts = (struct checkup_facts){0};
}

const struct checkup_fact *checkup_find(const struct checkup_facts *facts, const char *kind)
{
    for (size_t i = 0; i < facts->count; i++)
        if (strcmp(facts->list[i].kind, kind) == 0)
            return &facts->list[i];
    return NULL;
}
