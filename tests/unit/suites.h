/*
 * The unit tests: one suite a module, each in its own file; main.c runs them all.
 */
#ifndef SYNCSCHED_TESTS_UNIT_SUITES_H
#define SYNCSCHED_TESTS_UNIT_SUITES_H

#include <check.h>

Suite *suite_quote(void);
Suite *suite_instant(void);
Suite *suite_duration(void);
Suite *suite_stopwatch(void);
Suite *suite_posix_tz(void);
Suite *suite_tzif(void);
Suite *suite_zone(void);
Suite *suite_zones(void);
Suite *suite_cron_parse(void);
Suite *suite_cron_fault(void);
Suite *suite_expressions(void);
Suite *suite_cron(void);
Suite *suite_cron_zones(void);
Suite *suite_cron_jumps(void);
Suite *suite_cron_report(void);
Suite *suite_cron_words(void);
Suite *suite_cron_text(void);
Suite *suite_cron_warn(void);
Suite *suite_due(void);
Suite *suite_audit(void);
Suite *suite_reply(void);
Suite *suite_response(void);
Suite *suite_terminal(void);
Suite *suite_condition(void);
Suite *suite_retry_after(void);
Suite *suite_probe(void);
Suite *suite_config(void);
Suite *suite_secret(void);
Suite *suite_text(void);
Suite *suite_error(void);
Suite *suite_credentials(void);
Suite *suite_summary(void);
Suite *suite_address(void);
Suite *suite_pool(void);
Suite *suite_helper(void);
Suite *suite_monitor(void);
Suite *suite_alert(void);
Suite *suite_shell(void);
Suite *suite_errand(void);
Suite *suite_remedy(void);
Suite *suite_conninfo(void);
Suite *suite_claim(void);
Suite *suite_fuzz_corpus(void);
Suite *suite_doctor(void);

#endif
