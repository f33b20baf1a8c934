/*
 * fault [SCENARIO]...: runs the fault suite and prints its table; all of it without arguments.
 *
 * FAULT_SEED=N repeats the chances of an earlier run, FAULT_TICKS=N and FAULT_MINUTES=N make it
 * shorter. The server comes from libpq's PG* environment, is meant to be thrown away, and is killed
 * on the way.
 */
#include "fault/fault.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { FAULT_SCENARIOS_MAX = 32 };

static const struct fault_scenario *scenarios[FAULT_SCENARIOS_MAX];
static int scenario_count;
static uint64_t seed;

uint64_t fault_seed(void)
{
    return seed;
}

static void read_seed(void)
{
    const char *text = getenv("FAULT_SEED");
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    seed = text != NULL && *text != '\0' ? strtoull(text, NULL, 10)
                                         : (uint64_t)(now.tv_sec ^ now.tv_nsec) % 1000000;
}

static void collect(const struct fault_scenario *(*file)(size_t place))
{
    const struct fault_scenario *scenario;

    for (size_t i = 0; (scenario = file(i)) != NULL && scenario_count < FAULT_SCENARIOS_MAX; i++)
        scenarios[scenario_count++] = scenario;
}

START_TEST(test_scenario)
{
    fault_run(scenarios[_i]);
}
END_TEST

/* Whether a case was asked for by name, or nothing was. */
static bool is_chosen(const char *name, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc == 1;
}

static void add_case(Suite *suite, TCase *tcase, const char *name, int argc, char **argv)
{
    if (is_chosen(name, argc, argv))
        suite_add_tcase(suite, tcase);
}

static Suite *make_suite(int argc, char **argv)
{
    Suite *suite = suite_create("fault");

    suite_add_tcase(suite, tcase_tally());
    for (int i = 0; i < scenario_count; i++) {
        TCase *tcase = tcase_create(scenarios[i]->name);

        tcase_set_timeout(tcase, 3600);
        tcase_add_loop_test(tcase, test_scenario, i, i + 1);
        add_case(suite, tcase, scenarios[i]->name, argc, argv);
    }
    add_case(suite, tcase_frozen(), "frozen", argc, argv);
    add_case(suite, tcase_outages(), "outages", argc, argv);
    add_case(suite, tcase_simulation(), "simulation", argc, argv);
    return suite;
}

static bool is_name(const char *name)
{
    for (int n = 0; n < scenario_count; n++)
        if (strcmp(scenarios[n]->name, name) == 0)
            return true;
    return strcmp(name, "outages") == 0 || strcmp(name, "frozen") == 0 ||
           strcmp(name, "simulation") == 0;
}

static bool check_names(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (is_name(argv[i]))
            continue;
        fprintf(stderr, "fault: there is no scenario \"%s\"\n", argv[i]);
        return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    SRunner *runner;
    int failed;

    if (getenv("PGHOST") == NULL || getenv("PGPORT") == NULL) {
        fputs("fault: PGHOST and PGPORT must name a throwaway server: make check-fault does\n",
              stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF,
            0); /* rows appear as they are measured; none twice after a fork */
    read_seed();
    collect(fault_kills);
    collect(fault_databases);
    collect(fault_resources);
    collect(fault_denials);
    collect(fault_syscalls);
    collect(fault_memory);
    if (!check_names(argc, argv))
        return 2;
    fault_print_head();
    runner = srunner_create(make_suite(argc, argv));
    srunner_set_fork_status(runner, CK_FORK);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
