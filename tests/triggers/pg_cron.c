#include "triggers/pg_cron.h"

#include "support/testdb.h"
#include "triggers/machine.h"

#include <stdio.h>
#include <stdlib.h>

/* Outside of any test: asserts nothing. */
bool pg_cron_is_there(const char *what)
{
    bool is_there =
        system("psql -X -d postgres -Atc 'SHOW shared_preload_libraries' | grep -q pg_cron") == 0;

    if (!is_there)
        printf("%s: not asked: this server has no pg_cron (Debian package postgresql-*-cron)\n",
               what);
    return is_there;
}

static void pg_cron_apply(const char *name)
{
    char line[128];

    snprintf(line, sizeof line,
             "cd \"${TEST_SOURCE:-.}\";"
             " psql -X -q -v ON_ERROR_STOP=1 -d postgres -f scripts/share/triggers/pg_cron/%s",
             name);
    machine_do(line);
}

void pg_cron_schedule(void)
{
    pg_cron_apply("schedule.sql");
}

void pg_cron_unschedule(void)
{
    pg_cron_apply("unschedule.sql");
}

void pg_cron_do(const char *sql)
{
    PGconn *connection = testdb_connect("postgres");
    PGresult *result = PQexec(connection, sql);

    ck_assert_msg(PQresultStatus(result) == PGRES_COMMAND_OK, "%s", PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
}
