/*
 * bare FILE [PARAMETER...]: the least that a program on libpq can do for an idle tick. Connects with
 * libpq's own variables, runs the statement in FILE in single-row mode, and prints how many rows came.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

static char *bare_read(const char *path)
{
    FILE *file = fopen(path, "r");
    char *sql = NULL;
    size_t size = 0;

    if (file == NULL || getdelim(&sql, &size, '\0', file) <= 0) {
        perror(path);
        exit(EXIT_FAILURE);
    }
    fclose(file);
    return sql;
}

int main(int argc, char *argv[])
{
    PGconn *connection = PQconnectdb("");
    char *sql = bare_read(argc > 1 ? argv[1] : "");
    const char *const *values = (const char *const *)argv + 2;
    PGresult *result;
    long rows = 0;

    if (PQsendQueryParams(connection, sql, argc - 2, NULL, values, NULL, NULL, 0) == 1)
        PQsetSingleRowMode(connection);
    while ((result = PQgetResult(connection)) != NULL) {
        rows += PQntuples(result);
        PQclear(result);
    }
    fputs(PQerrorMessage(connection), stderr);
    printf("%ld\n", rows);
    PQfinish(connection);
    free(sql);
    return rows > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
