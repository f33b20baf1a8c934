/*
 * The judge's tests: cron_next() held against a machine of another shape, and against Debian's cron
 * itself where that can be asked.
 */
#ifndef TESTS_JUDGE_SUITES_H
#define TESTS_JUDGE_SUITES_H

#include <check.h>

Suite *suite_judge(void);
Suite *suite_zones(void);

/*
 * Asks Debian's cron through that script, for a minute or so; what cannot be asked is said on
 * stdout and is no test.
 */
Suite *suite_debian(const char *ask_cron);

#endif
