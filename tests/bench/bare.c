/*
 * bare [PARAMETER...]: the least that a program on libpq can do for an idle tick. Connects with
 * libpq's own variables, runs the tick's own reading in single-row mode, and prints how many rows
 * came.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

extern const char sql_read[];

int main(int argc, char *argv[])
{
    PGconn *connection = PQconnectdb("");
    const char *const *values = (const char *const *)argv + 1;
    PGresult *result;
    long rows = 0;

    if (PQsendQueryParams(connection, sql_read, argc - 1, NULL, values, NULL, NULL, 0) == 1)
        PQsetSingleRowMode(connection);
    while ((result = PQgetResult(connection)) != NULL) {
        rows += PQntuples(result);
        PQclear(result);
    }
    fputs(PQerrorMessage(connection), stderr);
    printf("%ld\n", rows);
    PQfinish(connection);
    return rows > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
