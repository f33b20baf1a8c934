/*
 * judge [ASK-CRON]: compares every minute with an independent judge, and with Debian's cron when
 * the script that asks it (tests/judge/ask-cron) is named. Exits with 1 when a test failed; CK_FORK,
 * CK_RUN_SUITE and CK_VERBOSITY work as the Check manual says.
 */
#include "judge/suites.h"

#include <stdlib.h>

int main(int argc, char **argv)
{
    SRunner *runner = srunner_create(suite_judge());
    int failed;

    srunner_add_suite(runner, suite_zones());
    if (argc > 1)
        srunner_add_suite(runner, suite_debian(argv[1]));
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
