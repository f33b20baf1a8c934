#include "store/org_names.h"

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "plan/run.h"
#include "sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A name is worth no waiting. */
enum { ORG_NAMES_LOCK_MS = 200 };

struct org_name {
    char org_id[RUN_UUID_SIZE];
    char *name;     /* NULL: not known */
    char *timezone; /* the same */
};

void org_names_want(struct org_names *names, const char *org_id)
{
    struct org_name *name;

    if (org_id == NULL || *org_id == '\0')
        return;
    names->list = memory_grow(names->list, names->count, &names->capacity, sizeof *names->list);
    name = &names->list[names->count++];
    *name = (struct org_name){0};
    snprintf(name->org_id, sizeof name->org_id, "%s", org_id);
}

static int org_names_compare(const void *left, const void *right)
{
    const struct org_name *a = left;
    const struct org_name *b = right;

    return strcmp(a->org_id, b->org_id);
}

static struct org_name *org_names_search(const struct org_names *names, const char *org_id)
{
    struct org_name wanted = {0};

    snprintf(wanted.org_id, sizeof wanted.org_id, "%s", org_id != NULL ? org_id : "");
    return names->count > 0
               ? bsearch(&wanted, names->list, names->count, sizeof *names->list, org_names_compare)
               : NULL;
}

/* Puts them in order, each once. */
static void org_names_sort(struct org_names *names)
{
    size_t kept = 1;

    qsort(names->list, names->count, sizeof *names->list, org_names_compare);
    for (size_t i = 1; i < names->count; i++)
        if (strcmp(names->list[i].org_id, names->list[kept - 1].org_id) != 0)
            names->list[kept++] = names->list[i];
    names->count = kept;
}

/* The first row speaks where several have the same id. */
static void org_names_read_row(void *context, const struct database_row *row)
{
    const char *name = database_row_text(row, "organization");
    const char *timezone = database_row_text(row, "timezone");
    struct org_name *found = org_names_search(context, database_row_text(row, "org_id"));

    if (found != NULL && found->name == NULL && name != NULL && *name != '\0')
        found->name = memory_copy_text(name);
    if (found != NULL && found->timezone == NULL)
        found->timezone = memory_copy_text(timezone);
}

bool org_names_read(struct database *db, struct org_names *names, int64_t deadline_ms,
                    struct error *err)
{
    struct text ids = {0};
    const char *values[1];
    struct database_statement statement = {sql_org_names, 1, values, org_names_read_row, names};
    bool ok;

    if (names->count == 0)
        return true;
    org_names_sort(names);
    for (size_t i = 0; i < names->count; i++)
        text_addf(&ids, "%s%s", i == 0 ? "{" : ",", names->list[i].org_id);
    text_add(&ids, "}");
    values[0] = ids.data;
    ok = database_transact(db, &statement, 1, ORG_NAMES_LOCK_MS, deadline_ms, err);
    text_free(&ids);
    return ok;
}

const char *org_names_find(const struct org_names *names, const char *org_id)
{
    const struct org_name *found = org_names_search(names, org_id);

    return found != NULL ? found->name : NULL;
}

const char *org_names_find_zone(const struct org_names *names, const char *org_id)
{
    const struct org_name *found = org_names_search(names, org_id);

    return found != NULL ? found->timezone : NULL;
}

void org_names_warn(const struct subject *about, const char *run_id, const char *message,
                    const char *hint)
{
    json_t *members = subject_members(about);
    struct text line = {0};

    if (run_id != NULL)
        json_object_set_new(members, "runId", json_string(run_id));
    subject_add(about, &line);
    if (run_id != NULL)
        text_addf(&line, ", run %.8s", run_id);
    text_addf(&line, ": %s", message);
    log_warning_about(members, line.data, hint);
    text_free(&line);
}

void org_names_free(struct org_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        free(names->list[i].name);
        free(names->list[i].timezone);
    }
    free(names->list);
    *names = (struct org_names){0};
}
