/*
 * rows STATEMENT [PARAMETER...]: the least that a program on libpq can do to list what log, status,
 * audit, report and stats read. Runs their own statement in single-row mode ("runs", "status",
 * "audit", "stats", "stats_days"; a parameter "-" is NULL) and prints each row, its columns separated
 * by commas.
 */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern const char sql_audit[];
extern const char sql_runs[];
extern const char sql_stats[];
extern const char sql_stats_days[];
extern const char sql_status[];

static const struct {
    const char *name;
    const char *sql;
} statements[] = {{"audit", sql_audit},
                  {"runs", sql_runs},
                  {"stats", sql_stats},
                  {"stats_days", sql_stats_days},
                  {"status", sql_status}};

static void print_row(const PGresult *result)
{
    for (int column = 0; column < PQnfields(result); column++) {
        if (column > 0)
            putchar(',');
        fputs(PQgetvalue(result, 0, column), stdout);
    }
    putchar('\n');
}

int main(int argc, char *argv[])
{
    PGconn *connection = PQconnectdb("");
    const char *sql = NULL;
    PGresult *result;
    long rows = 0;

    for (size_t i = 0; argc > 1 && i < sizeof statements / sizeof *statements; i++)
        if (strcmp(statements[i].name, argv[1]) == 0)
            sql = statements[i].sql;
    for (int i = 2; i < argc; i++)
        if (strcmp(argv[i], "-") == 0)
            argv[i] = NULL;
    if (sql != NULL && PQsendQueryParams(connection, sql, argc - 2, NULL,
                                         (const char *const *)argv + 2, NULL, NULL, 0) == 1)
        PQsetSingleRowMode(connection);
    while (sql != NULL && (result = PQgetResult(connection)) != NULL) {
        if (PQresultStatus(result) == PGRES_SINGLE_TUPLE) {
            print_row(result);
            rows++;
        }
        PQclear(result);
    }
    fputs(PQerrorMessage(connection), stderr);
    PQfinish(connection);
    return rows > 0 && fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
