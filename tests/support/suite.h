/*
 * Suites that register themselves: the file that holds a suite is the only place that names it.
 *
 *     SUITE(tick_marks)
 *     {
 *         TCase *tcase = tcase_create("marks");
 *
 *         tcase_add_test(tcase, test_mark);
 *         suite_add_tcase(suite, tcase);
 *     }
 *
 * The body fills "suite", a Suite of that name, and runs only when that suite is to run.
 */
#ifndef SYNCSCHED_TESTS_SUPPORT_SUITE_H
#define SYNCSCHED_TESTS_SUPPORT_SUITE_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>

#define SUITE(name) SUITE_WHEN(name, NULL)

/* A suite that the program has only when is_possible() says so. */
#define SUITE_WHEN(name, is_possible)                                                              \
    static void suite_fill_##name(Suite *suite);                                                   \
    __attribute__((constructor)) static void suite_register_##name(void)                           \
    {                                                                                              \
        static struct suite_entry entry = {#name, suite_fill_##name, is_possible, NULL};           \
                                                                                                   \
        suite_register(&entry);                                                                    \
    }                                                                                              \
    static void suite_fill_##name(Suite *suite)

struct suite_entry {
    const char *name;
    void (*fill)(Suite *suite);
    bool (*is_possible)(void); /* NULL: always */
    struct suite_entry *next;
};

void suite_register(struct suite_entry *entry);

/*
 * The rest of main(): runs all suites in alphabetical order, or prints their names for --suites.
 *
 * CK_RUN_SUITE and CK_RUN_CASE choose among them, and Check's other variables work, as its manual
 * says. A test that hangs is ended after CK_DEFAULT_TIMEOUT seconds, here 300: that bound guards
 * against hanging and decides nothing else. Returns the exit status: 0 when at least one test ran
 * and none failed, 2 for a suite or an argument that does not exist.
 */
int suite_main(int argc, char **argv);

#endif
