/*
 * integration [--suites]: runs the integration tests against the PostgreSQL server that libpq's PG*
 * environment names, or prints the names of their suites.
 */
#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    /* The tests create roles and drop databases: never on a server that was not named. */
    if (argc == 1 && (getenv("PGHOST") == NULL || getenv("PGPORT") == NULL)) {
        fputs("PGHOST and PGPORT must name a throwaway server: run this under "
              "scripts/dev/with-postgresql\n",
              stderr);
        return EXIT_FAILURE;
    }
    return suite_main(argc, argv);
}
