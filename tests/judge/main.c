/*
 * judge: compares every minute with an independent judge. Exits with 1 when a test failed; CK_FORK,
 * CK_RUN_SUITE and CK_VERBOSITY work as the Check manual says.
 */
#include "judge/suites.h"

#include <stdlib.h>

int main(void)
{
    SRunner *runner = srunner_create(suite_judge());
    int failed;

    srunner_add_suite(runner, suite_zones());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
