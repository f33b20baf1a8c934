/*
 * bench [NAME]...: measures and prints a table; all of it without arguments, but for what takes long
 * (capacity, history, hosts, looks, pages) or needs valgrind (instructions).
 *
 * The PostgreSQL server comes from libpq's PG* environment and is meant to be thrown away. Exit
 * status 1 means that the work went wrong, never that it was slow.
 */
#include "bench.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    void (*run)(void);
    bool is_special; /* only when it is asked for by name */
} benches[] = {
    {"busy", bench_busy, false},
    {"busy-many", bench_busy_many, false},
    {"busy-quick", bench_busy_quick, false},
    {"capacity", bench_capacity, true},
    {"claim", bench_claim, false},
    {"idle", bench_idle, false},
    {"instructions", bench_instructions, true},
    {"looks", bench_looks, true},
    {"pages", bench_pages, true},
    {"parse", bench_parse, false},
    {"start", bench_start, false},
    {"history", bench_history, true},
    {"hosts", bench_hosts, true},
};

enum { BENCH_COUNT = sizeof benches / sizeof benches[0] };

START_TEST(bench_one)
{
    benches[_i].run();
}
END_TEST

/* The place of a name among the benchmarks, -1 when there is no such. */
static int bench_find(const char *name)
{
    for (int i = 0; i < BENCH_COUNT; i++)
        if (strcmp(benches[i].name, name) == 0)
            return i;
    return -1;
}

static void bench_print_machine(void)
{
    FILE *file = fopen("/proc/cpuinfo", "re");
    char line[256];
    char model[256] = "unknown processor";

    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');

        if (strncmp(line, "model name", strlen("model name")) != 0 || colon == NULL)
            continue;
        snprintf(model, sizeof model, "%s", colon + 1 + strspn(colon + 1, " "));
        model[strcspn(model, "\n")] = '\0';
        break;
    }
    if (file != NULL)
        fclose(file);
    printf("machine: %ld x %s\n\n", sysconf(_SC_NPROCESSORS_ONLN), model);
}

/* Runs the chosen ones in the order of the table; returns how many went wrong. */
static int bench_run_all(const bool chosen[BENCH_COUNT])
{
    Suite *suite = suite_create("bench");
    SRunner *runner = srunner_create(suite);
    TestResult **failures;
    int failed;

    for (int i = 0; i < BENCH_COUNT; i++) {
        TCase *tcase = chosen[i] ? tcase_create(benches[i].name) : NULL;

        if (tcase == NULL)
            continue;
        tcase_set_timeout(tcase, 0);
        tcase_add_loop_test(tcase, bench_one, i, i + 1);
        suite_add_tcase(suite, tcase);
    }
    srunner_set_fork_status(runner, CK_FORK); /* what one leaves behind does not slow the next */
    srunner_run_all(runner, CK_SILENT);
    failed = srunner_ntests_failed(runner);
    failures = srunner_failures(runner);
    for (int i = 0; i < failed; i++)
        fprintf(stderr, "bench: %s: %s\n", tr_tcname(failures[i]), tr_msg(failures[i]));
    free(failures);
    srunner_free(runner);
    return failed;
}

int main(int argc, char *argv[])
{
    bool chosen[BENCH_COUNT];

    for (int i = 0; i < BENCH_COUNT; i++)
        chosen[i] = argc == 1 && !benches[i].is_special;
    for (int i = 1; i < argc; i++) {
        int found = bench_find(argv[i]);

        if (found < 0) {
            fprintf(stderr, "bench: \"%s\" is none of", argv[i]);
            for (int n = 0; n < BENCH_COUNT; n++)
                fprintf(stderr, " %s", benches[n].name);
            fputc('\n', stderr);
            return 2;
        }
        chosen[found] = true;
    }
    if (getenv("PGHOST") == NULL || getenv("PGPORT") == NULL) {
        fputs("bench: PGHOST and PGPORT must name a throwaway server: make bench does\n", stderr);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF,
            0); /* rows appear as they are measured; none twice after a fork */
    bench_print_machine();
    bench_print_head();
    return bench_run_all(chosen) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
