/*
 * Runs every suite; exits with 1 when a test failed. CK_FORK, CK_RUN_SUITE and CK_VERBOSITY work as
 * the Check manual says.
 */
#include "suites.h"

#include <stddef.h>
#include <stdlib.h>

static Suite *(*const suites[])(void) = {
    suite_quote,       suite_instant,   suite_duration,    suite_stopwatch,  suite_posix_tz,
    suite_tzif,        suite_zone,      suite_zones,       suite_cron_parse, suite_cron_fault,
    suite_expressions, suite_cron,      suite_cron_zones,  suite_cron_jumps, suite_cron_report,
    suite_cron_words,  suite_cron_text, suite_cron_warn,   suite_due,        suite_audit,
    suite_reply,       suite_config,    suite_secret,      suite_text,       suite_error,
    suite_credentials, suite_summary,   suite_address,     suite_pool,       suite_claim,
    suite_fuzz_corpus, suite_errand,    suite_remedy,      suite_conninfo,   suite_response,
    suite_terminal,    suite_condition, suite_retry_after, suite_probe,      suite_helper,
    suite_monitor,     suite_alert,     suite_shell,       suite_doctor,
};

int main(void)
{
    SRunner *runner = srunner_create(NULL);
    int failed;

    for (size_t i = 0; i < sizeof suites / sizeof suites[0]; i++)
        srunner_add_suite(runner, suites[i]());
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
