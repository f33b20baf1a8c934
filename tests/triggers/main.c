/*
 * triggers [--suites]: tries the triggers of scripts/share/triggers, or prints the suites' names. To be run
 * by tests/triggers/apart and scripts/dev/with-postgresql. CK_RUN_SUITE and CK_RUN_CASE choose among
 * them, as Check documents.
 */
#include "triggers/suites.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NAMED(name) #name, suite_##name

struct suite {
    const char *name;
    Suite *(*create)(void);
};

/* The longest first: so scripts/dev/in-shards takes them. */
static const struct suite suites[] = {
    {NAMED(pg_cron)}, {NAMED(side_by_side)}, {NAMED(systemd)}, {NAMED(cron)}, {NAMED(kubernetes)},
};

enum { SUITES = sizeof suites / sizeof *suites };

static int print_names(void)
{
    for (int i = 0; i < SUITES; i++)
        puts(suites[i].name);
    return EXIT_SUCCESS;
}

/* Each creates only what is to run: creating one finds out whether it can. */
static bool is_wanted(const struct suite *suite)
{
    const char *chosen = getenv("CK_RUN_SUITE");

    return chosen == NULL || strcmp(chosen, suite->name) == 0;
}

int main(int argc, char **argv)
{
    SRunner *runner = srunner_create(NULL);
    int failed;

    if (argc > 1 && strcmp(argv[1], "--suites") == 0)
        return print_names();
    for (int i = 0; i < SUITES; i++)
        if (is_wanted(&suites[i]))
            srunner_add_suite(runner, suites[i].create());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
