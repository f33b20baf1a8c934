#include "support/suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct suite_entry *entries; /* by name */

void suite_register(struct suite_entry *entry)
{
    struct suite_entry **place = &entries;

    while (*place != NULL && strcmp((*place)->name, entry->name) < 0)
        place = &(*place)->next;
    entry->next = *place;
    *place = entry;
}

static bool is_possible(const struct suite_entry *entry)
{
    return entry->is_possible == NULL || entry->is_possible();
}

static int print_names(void)
{
    for (const struct suite_entry *entry = entries; entry != NULL; entry = entry->next)
        if (is_possible(entry))
            puts(entry->name);
    return EXIT_SUCCESS;
}

/* A runner with what was chosen, or NULL when there is no such suite. */
static SRunner *make_runner(const char *chosen)
{
    SRunner *runner = NULL;

    for (const struct suite_entry *entry = entries; entry != NULL; entry = entry->next) {
        Suite *suite;

        if (!is_possible(entry) || (chosen != NULL && strcmp(chosen, entry->name) != 0))
            continue;
        suite = suite_create(entry->name);
        entry->fill(suite);
        if (runner == NULL)
            runner = srunner_create(suite);
        else
            srunner_add_suite(runner, suite);
    }
    return runner;
}

static int run(const char *chosen)
{
    SRunner *runner = make_runner(chosen);
    bool passed;

    if (runner == NULL) {
        fprintf(stderr, "there is no suite \"%s\": --suites lists them\n", chosen);
        return 2;
    }
    srunner_run_all(runner, CK_ENV);
    passed = srunner_ntests_run(runner) > 0 && srunner_ntests_failed(runner) == 0;
    if (srunner_ntests_run(runner) == 0)
        fputs("no test ran\n", stderr);
    srunner_free(runner);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

int suite_main(int argc, char **argv)
{
    const char *chosen = getenv("CK_RUN_SUITE");

    if (argc == 2 && strcmp(argv[1], "--suites") == 0)
        return print_names();
    if (argc > 1) {
        fprintf(stderr, "usage: %s [--suites]\n", argv[0]);
        return 2;
    }
    setenv("CK_DEFAULT_TIMEOUT", "300", 0);
    return run(chosen);
}
