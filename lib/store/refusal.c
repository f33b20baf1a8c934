#include "store/refusal.h"

#include <string.h>

static bool remedy_is(const char *text, const char *expected)
{
    return text != NULL && strcmp(text, expected) == 0;
}

/* Row level security would hide rows, and a schedule that is hidden looks like none at all. */
static bool remedy_is_hidden_rows(const struct remedy_complaint *complaint)
{
    return remedy_is(complaint->function, "check_enable_rls");
}

static const char *remedy_for_privileges(const struct remedy_complaint *complaint)
{
    if (complaint->is_of_role)
        return "--db-role must name a role that the user who connects may become: GRANT ROLE TO "
               "USER";
    if (remedy_is_hidden_rows(complaint))
        return "row level security would hide rows from this role, and nothing would seem to be "
               "due: connect as service_role, or give --db-role service_role, or let the role see "
               "all rows: ALTER ROLE name BYPASSRLS";
    return "this role lacks a privilege: connect as service_role, or give --db-role service_role, "
           "and apply the migration: syncsched schema | psql; on tables that were there before it "
           "GRANT SELECT";
}

const char *remedy_for(const struct remedy_complaint *complaint)
{
    const char *state = complaint->state;

    if (remedy_is(state, "42P01") || remedy_is(state, "42703") || remedy_is(state, "3F000"))
        return "apply the migration first, also over an older one: syncsched schema | psql";
    /* An operator has the same state, and another type of somebody's column as its cause. */
    if (remedy_is(state, "42883") && !remedy_is(complaint->function, "op_error"))
        return "bring the schema up to date: syncsched schema --from 1 | psql";
    if (remedy_is(state, "42501"))
        return remedy_for_privileges(complaint);
    if (remedy_is(state, "22023") && complaint->is_of_role)
        return "--db-role must name a role that exists, such as service_role";
    if (remedy_is(state, "57014") || remedy_is(state, "55P03"))
        return "another session holds a lock, or the server is overloaded";
    return "";
}
