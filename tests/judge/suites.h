/*
 * The judge's tests: cron_next() held against a machine of another shape.
 */
#ifndef TESTS_JUDGE_SUITES_H
#define TESTS_JUDGE_SUITES_H

#include <check.h>

Suite *suite_judge(void);
Suite *suite_zones(void);

#endif
